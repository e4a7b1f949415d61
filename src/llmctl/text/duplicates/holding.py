"""How much of an entry a document holds at a place, and by which of the published measures.

In: the words of both as hashes, and a place where five of them are the same. Out: a measure, a score and the words of the
document that are the entry's. Equal words are followed to both ends (`ngram`: GPT-3, 2005.14165 C: 13 in a row);
n-grams are counted (`share`: PaLM, 2204.02311: 70 % of the 8-grams); and the entry is aligned with the words around
(`overlap`: the share of its words, weighted by IDF, that stand there in its order; others may be changed, missing or
between them; the limit of .8 is that of allenai/decon). An entry of fewer words than an n-gram is `contained` or not.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from llmctl.text.duplicates.evaluation import SEED

MEASURES = ("ngram", "share", "overlap", "contained")
NOTHING, NGRAM, SHARE, OVERLAP, CONTAINED = range(-1, 4)
PAD = 0.25  # of an entry's length: how far words may be from where they would stand without an edit
MIN_PAD, MAX_PAD = 3, 64  # words
ALMOST = 0.999  # the most that anything but all words in a row can score
TELLING = 0.5  # of an n-gram: how much of it must not be the set's template


class Limits(NamedTuple):
    """When an entry is held; 0 turns a test off (of `similarity` and `share`: above 1)."""

    ngram: int = 13
    share_ngram: int = 8
    share: float = 0.7
    similarity: float = 0.8


@njit(cache=True, nogil=True)
def bound(word: Any, weight: Any, window: Any) -> float:
    """What an alignment can reach at most: the words of an entry (ascending, the heavier first) that a window has."""
    whole = held = 0.0
    k = 0
    for j in range(len(word)):
        whole += weight[j]
        while k < len(window) and window[k] < word[j]:
            k += 1
        if k < len(window) and window[k] == word[j]:
            held += weight[j]
            k += 1
    return held / whole


@njit(cache=True, nogil=True)
def aligned(doc: Any, word: Any, weight: Any, shift: int, pad: int) -> tuple[float, int, int]:
    """The heaviest common subsequence within `pad` words of a shift: its share of the weight, first word, end.

    Cell k of row j: the best of word[:j + 1] and the document up to shift + j - pad + k.
    """
    width = 2 * pad + 1
    best, first, last = np.zeros(width + 1), np.full(width + 1, -1), np.full(width + 1, -1)
    whole = 0.0
    for j in range(len(word)):
        whole += weight[j]
        left, left_first, left_last = 0.0, np.int64(-1), np.int64(-1)
        for k in range(width):
            i = shift + j - pad + k
            value, begin, end = best[k + 1], first[k + 1], last[k + 1]  # without this word of the entry
            if left > value:  # or without this word of the document
                value, begin, end = left, left_first, left_last
            if 0 <= i < len(doc) and doc[i] == word[j] and best[k] + weight[j] > value:
                value, begin, end = best[k] + weight[j], (first[k] if first[k] >= 0 else i), np.int64(i)
            best[k], first[k], last[k] = value, begin, end
            left, left_first, left_last = value, begin, end
        best[width], first[width], last[width] = best[width - 1], first[width - 1], last[width - 1]
    return best[width - 1] / whole, first[width - 1], last[width - 1] + 1


@njit(cache=True, nogil=True)
def ngram_share(doc: Any, word: Any, telling: Any, shift: int, length: int) -> float:
    """The share of an entry's n-grams that stand in a document at this shift, each by its most telling word."""
    whole = held = 0.0
    run = 0
    for j in range(len(word)):
        at = shift + j
        run = run + 1 if 0 <= at < len(doc) and doc[at] == word[j] else 0
        if j >= length - 1:
            most = 0.0
            for k in range(j - length + 1, j + 1):
                most = max(most, telling[k])
            whole += most
            held += most if run >= length else 0.0
    return held / whole


@njit(cache=True, nogil=True)
def held_at(
    doc: Any,
    at: int,
    place: int,
    word: Any,
    telling: Any,
    weight: Any,
    sorted_word: Any,
    sorted_weight: Any,
    limits: Any,
) -> Any:
    """(measure, score, first word and end in the document, place in the entry) where `at` and `place` have equal words."""
    ngram, share_ngram, share, similarity = limits
    size, shift = len(word), at - place
    low, high = at, at + SEED
    while low > 0 and low > shift and doc[low - 1] == word[low - 1 - shift]:
        low -= 1
    while high < len(doc) and high - shift < size and doc[high] == word[high - shift]:
        high += 1
    if high - low == size:
        return (SHARE if size >= max(ngram, share_ngram) and share <= 1 else CONTAINED), 1.0, low, high, 0
    if size < ngram:
        return NOTHING, 0.0, 0, 0, 0
    measure, score, begin, end = NOTHING, 0.0, max(0, shift), min(len(doc), shift + size)
    if share <= 1 and size >= share_ngram and high - low >= share_ngram:
        part = ngram_share(doc, word, telling, shift, share_ngram)
        if part >= share:
            measure, score = SHARE, part
    pad = min(max(MIN_PAD, int(PAD * size)), MAX_PAD)
    if similarity <= 1:
        window = np.sort(doc[max(0, shift - pad) : min(len(doc), shift + size + pad)])
        if bound(sorted_word, sorted_weight, window) >= max(similarity, score):
            part, first, last = aligned(doc, word, weight, shift, pad)
            if part >= similarity and part > score:
                measure, score, begin, end = OVERLAP, part, first, last
    if measure != NOTHING:
        return measure, min(score, ALMOST), begin, end, 0
    if ngram and high - low >= ngram and telling[low - shift : high - shift].sum() >= TELLING * ngram:
        return NGRAM, (high - low) / size, low, high, low - shift
    return NOTHING, 0.0, 0, 0, 0
