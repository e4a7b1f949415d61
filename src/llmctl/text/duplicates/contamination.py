"""Which documents hold an entry of an evaluation set, where, and how much of it.

In: a batch of texts and the entries. Out: hits with a measure, a score and a place. Rare 5-grams lead to an entry; from
there equal words are followed to both ends, and the words around are compared:
`ngram` (GPT-3, 2005.14165 C: 13 words in a row), `share` (PaLM, 2204.02311: 70 % of the 8-grams), `overlap` (edits are
tolerated: the IDF-weighted share of the words in a window half as long again; allenai/decon: 0.8), and for entries of
fewer words than an n-gram `contained`: all of them in a row. Numba, one look-up a word of the document.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from llmctl.text.duplicates.evaluation import SEED, Entries
from llmctl.text.duplicates.shingles import BASE, Hashes, finish, words
from llmctl.text.segment import Longs, Utf8

MEASURES = ("ngram", "share", "overlap", "contained")
NGRAM, SHARE, OVERLAP, CONTAINED = range(4)
PAD = 0.25  # of an entry's length: how far a window reaches beyond both its ends
SIZE_BITS = 2  # a table has at least four places for each seed


class Limits(NamedTuple):
    """When an entry is held; 0 turns a test off (of `similarity` and `share`: above 1)."""

    ngram: int = 13
    share_ngram: int = 8
    share: float = 0.7
    similarity: float = 0.8


class Hits(NamedTuple):
    """One row a place where a document holds an entry: the strongest measure there, and the place in code points."""

    row: Longs
    entry: Longs
    measure: Longs
    score: npt.NDArray[np.float64]
    start: Longs
    end: Longs


class Table(NamedTuple):
    """The seeds of the entries as an open hash table: seeds first[p] to last[p] have the key of place p."""

    key: Hashes
    first: Longs
    last: Longs


@njit(cache=True, nogil=True)
def _fill(seed: Any, key: Any, first: Any, last: Any) -> None:
    mask = len(key) - 1
    k = 0
    while k < len(seed):
        begin = k
        while k < len(seed) and seed[k] == seed[begin]:
            k += 1
        p = np.int64(seed[begin] & np.uint64(mask))
        while last[p] > 0:
            p = (p + 1) & mask
        key[p], first[p], last[p] = seed[begin], begin, k


def table_of(entries: Entries) -> Table:
    """The hash table over the seeds."""
    size = 1 << max(4, math.ceil(math.log2(max(1, len(entries.seed)))) + SIZE_BITS)
    table = Table(np.zeros(size, np.uint64), np.zeros(size, np.int64), np.zeros(size, np.int64))
    _fill(entries.seed, *table)
    return table


@njit(cache=True, nogil=True)
def _overlap(word: Any, weight: Any, window: Any) -> float:
    """The weighted share of an entry's words (both ascending) that stand in a window, each as often as there."""
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
def _covered(doc: Any, word: Any, shift: int, length: int) -> int:
    """How many n-grams of an entry stand in a document at this shift."""
    covered = run = 0
    for j in range(len(word)):
        at = shift + j
        run = run + 1 if 0 <= at < len(doc) and doc[at] == word[j] else 0
        covered += run >= length
    return covered


@njit(cache=True, nogil=True)
def _judge(doc: Any, at: int, word: Any, sorted_word: Any, sorted_weight: Any, place: int, limits: Any) -> Any:
    """(measure or -1, score, first and last word in the document) of an entry that shares a seed at `at`."""
    ngram, share_ngram, share, similarity = limits
    size, shift = len(word), at - place
    if ngram and size < ngram:
        if shift >= 0 and shift + size <= len(doc) and (doc[shift : shift + size] == word).all():
            return CONTAINED, 1.0, shift, shift + size
        return -1, 0.0, 0, 0
    low, high = at, at + SEED
    while low > 0 and low - shift > 0 and doc[low - 1] == word[low - 1 - shift]:
        low -= 1
    while high < len(doc) and high - shift < size and doc[high] == word[high - shift]:
        high += 1
    pad = int(PAD * size)
    begin, end = max(0, shift - pad), min(len(doc), shift + size + pad)
    inner = max(0, shift), min(len(doc), shift + size)
    if share <= 1 and size >= share_ngram:
        part = _covered(doc, word, shift, share_ngram) / (size - share_ngram + 1)
        if part >= share:
            return SHARE, part, inner[0], inner[1]
    if similarity <= 1:
        found = _overlap(sorted_word, sorted_weight, np.sort(doc[begin:end]))
        if found >= similarity:
            return OVERLAP, found, inner[0], inner[1]
    if ngram and high - low >= ngram:
        return NGRAM, (high - low) / size, low, high
    return -1, 0.0, 0, 0


@njit(cache=True, nogil=True)
def _search(rows: Any, word: Any, entries: Any, table: Any, limits: Any, out: Any, score: Any) -> int:
    """Fill `out` (row, entry, measure, first word, last word) and `score`; the number of hits, which may be more."""
    entry_rows, entry_word, _, sorted_word, sorted_weight, _, seed_entry, seed_place = entries
    key, first, last = table
    mask, n = len(key) - 1, 0
    power = np.uint64(1)
    for _ in range(SEED):
        power *= BASE
    done = np.full(len(entry_rows), -1, np.int64)  # per entry the shift that was judged last in this row
    for row in range(len(rows) - 1):
        doc = word[rows[row] : rows[row + 1]]
        h = np.uint64(0)
        done[:] = -(1 << 62)
        for k in range(len(doc)):
            h = h * BASE + doc[k]
            if k >= SEED:
                h -= power * doc[k - SEED]
            if k < SEED - 1:
                continue
            seed = finish(h)
            p = np.int64(seed & np.uint64(mask))
            while last[p] > 0 and key[p] != seed:
                p = (p + 1) & mask
            for s in range(first[p], last[p]):
                e, at = seed_entry[s], k - SEED + 1
                if done[e] == at - seed_place[s]:
                    continue
                done[e] = at - seed_place[s]
                a, b = entry_rows[e], entry_rows[e + 1]
                measure, found, begin, end = _judge(
                    doc, at, entry_word[a:b], sorted_word[a:b], sorted_weight[a:b], seed_place[s], limits
                )
                if measure >= 0:
                    if n < len(out):
                        out[n, 0], out[n, 1], out[n, 2], out[n, 3], out[n, 4] = row, e, measure, begin, end
                        score[n] = found
                    n += 1
    return n


@njit(cache=True, nogil=True)
def _points(data: Any, begin: int, end: int) -> int:
    """Code points of a range of bytes."""
    n = 0
    for i in range(begin, end):
        n += data[i] & 0xC0 != 0x80
    return n


def search(batch: Utf8, entries: Entries, table: Table, limits: Limits) -> Hits:
    """Every place where a text of the batch holds an entry, in the order of the texts."""
    found = words(batch)
    most = 1024
    while True:
        out, score = np.empty((most, 5), np.int64), np.empty(most, np.float64)
        n = _search(found.rows, found.hashes, entries, table, limits, out, score)
        if n <= most:
            break
        most = n
    row, entry, measure, first, last = out[:n].T
    begin = found.start[found.rows[row] + first]
    end = found.end[found.rows[row] + last - 1]
    zero = batch.offsets[row]
    start = np.array([_points(batch.data, a, b) for a, b in zip(zero, begin, strict=True)], np.int64)
    length = np.array([_points(batch.data, a, b) for a, b in zip(begin, end, strict=True)], np.int64)
    return Hits(row.copy(), entry.copy(), measure.copy(), score[:n].copy(), start, start + length)


def strongest(row: Longs, entry: Longs, score: npt.NDArray[np.float64], rows: int) -> Longs:
    """For each of `rows` texts the number of its strongest hit (the highest score, then the first entry), or -1."""
    order = np.lexsort((-entry, score, row))
    out = np.full(rows, -1, np.int64)
    out[row[order]] = order  # of several the last, which is the strongest
    return out


PIECE = 200  # characters: shorter pieces go (GPT-3, 2005.14165 C)
PIECES = 10  # a document split into more goes altogether (GPT-3, the same)


def pieces_without(chars: int, spans: list[tuple[int, int]], around: int) -> list[tuple[int, int]]:
    """What is left of a text of `chars` characters without the spans and `around` characters on both their sides.

    GPT-3's splitting: pieces under PIECE characters are dropped; nothing is left where there are more than PIECES.
    """
    pieces: list[tuple[int, int]] = []
    at = 0
    for start, end in sorted((max(0, a - around), min(chars, b + around)) for a, b in spans):
        if start > at:
            pieces.append((at, start))
        at = max(at, end)
    if at < chars:
        pieces.append((at, chars))
    pieces = [(a, b) for a, b in pieces if b - a >= PIECE]
    return pieces if len(pieces) <= PIECES else []
