"""Documents to training sequences, as pure functions of an index: nothing is kept but where each document starts.

All documents of a source, each with one end token after it, form one stream of ids. Window w of S predicted tokens is
`stream[w*S : w*S + S + 1]`: neighbours share one id, which is predicted in the first and read in the second. An epoch
visits every window once, in an order that a keyed permutation gives without a table (O(1) memory at any size).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from llmctl.errors import UserError

Longs = NDArray[np.int64]

END_TOKENS = ("<|endoftext|>", "</s>", "<|end_of_text|>", "[SEP]")  # GPT-2, Llama 2, Llama 3, BERT
ROUNDS = 6  # of the Feistel network; Luby and Rackoff 1988 prove 4 enough for ideal round functions


def end_token_of(vocabulary: Mapping[str, int], wanted: str | None) -> int:
    """The id of `data.end_token`, or of the first usual name that the vocabulary has."""
    names = END_TOKENS if wanted is None else (wanted,)
    for name in names:
        if name in vocabulary:
            return vocabulary[name]
    tried = ", ".join(names)
    raise UserError(f"the vocabulary has no end token ({tried}); set data.end_token to the token that ends a document")


def starts_of(lengths_N: Longs) -> Longs:
    """Where each document starts in the stream, and where the stream ends (N + 1 offsets, end tokens counted)."""
    return np.concatenate(([0], np.cumsum(lengths_N + 1, dtype=np.int64)))


def append_ends(ids: NDArray[np.unsignedinteger], lengths_N: Longs, end: int) -> NDArray[np.unsignedinteger]:
    """Documents' ids laid end to end -> the same with the end token after each document."""
    return np.insert(ids, np.cumsum(lengths_N), end)


def full_windows(stream: int, sequence: int) -> int:
    """Windows of `sequence` predicted tokens that a stream of so many ids fills; a shorter rest is not trained on."""
    return max(0, (stream - 1) // sequence)


def shuffled(index_N: Longs, size: int, key: int) -> Longs:
    """Where a keyed permutation of range(size) sends each index.

    A Feistel network over the next even power of two, walked until it lands inside (Black and Rogaway 2002, section 3);
    expected steps are below four.
    """
    half = max(1, ((size - 1).bit_length() + 1) // 2)
    place_N = index_N.astype(np.uint64)
    outside_N = np.ones(len(place_N), dtype=bool)
    while outside_N.any():
        place_N[outside_N] = _feistel(place_N[outside_N], half, key)
        outside_N = place_N >= np.uint64(size)
    return place_N.astype(np.int64)


def _feistel(value_N: NDArray[np.uint64], half: int, key: int) -> NDArray[np.uint64]:
    bits, mask = np.uint64(half), np.uint64((1 << half) - 1)
    left_N, right_N = value_N >> bits, value_N & mask
    for turn in range(ROUNDS):
        mixed_N = _mix(right_N ^ np.uint64(key_of(key, turn))) & mask
        left_N, right_N = right_N, left_N ^ mixed_N
    return (left_N << bits) | right_N


def _mix(value_N: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The finaliser of SplitMix64 (Steele, Lea and Flood 2014, figure 17, variant 13)."""
    value_N = (value_N ^ (value_N >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value_N = (value_N ^ (value_N >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value_N ^ (value_N >> np.uint64(31))


def key_of(*parts: int | str) -> int:
    """A 63-bit number that depends on every part and their order; the same on every machine."""
    text = ",".join(map(str, parts)).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little") >> 1


def spans(starts_N: Longs, begin: int, end: int) -> list[tuple[int, int, int]]:
    """The documents in `stream[begin:end]`: (document, from, until), offsets within it, end tokens left out."""
    first = int(np.searchsorted(starts_N, begin, side="right")) - 1
    found = []
    for document in range(first, len(starts_N) - 1):
        start, length = int(starts_N[document]), int(starts_N[document + 1] - starts_N[document]) - 1
        if start >= end:
            break
        piece = (document, max(0, begin - start), min(length, end - start))
        if piece[1] < piece[2]:
            found.append(piece)
    return found


def unskipped(index_N: Longs, skips: Sequence[tuple[int, int]]) -> Longs:
    """The global position of the n-th sequence that is not skipped; `skips` are half-open ranges of positions."""
    position_N = index_N.copy()
    for start, until in sorted(skips):
        position_N[position_N >= start] += until - start
    return position_N
