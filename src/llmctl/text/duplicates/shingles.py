"""A document as the set of its shingles: word n-grams (lower case, punctuation out), or character n-grams where most
letters are of scripts without spaces, each as a 64-bit hash (Broder 1997; two different shingles of a pair of documents
collide with probability below 1e-12 at 10,000 shingles).
"""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt
import xxhash

Hashes = npt.NDArray[np.uint64]
WORD = re.compile(r"\w+")
UNSPACED = re.compile(  # Han, Kana, Thai, Lao, Khmer, Burmese (Unicode blocks)
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f]"
)
LETTER = re.compile(r"[^\W\d_]")


def pieces_of(text: str) -> list[str]:
    """What n-grams are made of: words, or single characters where scripts without spaces prevail."""
    lowered = text.lower()
    unspaced = len(UNSPACED.findall(lowered))
    words = WORD.findall(lowered)
    if unspaced and unspaced * 2 > len(LETTER.findall(lowered)):
        return list("".join(words))
    return words


def shingles(text: str, n: int) -> Hashes:
    """The sorted distinct hashes of a text's n-grams; a shorter text is one shingle, an empty one none."""
    pieces = pieces_of(text)
    if not pieces:
        return np.empty(0, np.uint64)
    joined = [" ".join(pieces[i : i + n]).encode() for i in range(max(1, len(pieces) - n + 1))]
    digest = xxhash.xxh3_64_intdigest
    return np.unique(np.array([digest(piece) for piece in joined], np.uint64))


def jaccard(a: Hashes, b: Hashes) -> float:
    """|a and b| / |a or b| of two sorted sets."""
    if not len(a) or not len(b):
        return 0.0
    common = len(np.intersect1d(a, b, assume_unique=True))
    return common / (len(a) + len(b) - common)


BINS = 256  # of a histogram: 1 KB a document


def histogram(hashes: Hashes) -> npt.NDArray[np.uint32]:
    """How many of a set's hashes fall into each bin."""
    return np.bincount((hashes & np.uint64(BINS - 1)).astype(np.int64), minlength=BINS).astype(np.uint32)


def could_reach(threshold: float, one: npt.NDArray[np.uint32], others: npt.NDArray[np.uint32]) -> npt.NDArray[np.bool_]:
    """Which of the other sets might be that similar: common elements are at most the smaller count of each bin.

    Never wrong about a pair that is; it spares thousands of pages of one template most of their comparisons.
    """
    common = np.minimum(others, one).sum(axis=1, dtype=np.int64)
    union = one.sum(dtype=np.int64) + others.sum(axis=1, dtype=np.int64) - common
    return np.asarray(common >= threshold * union - 1e-6 * union)
