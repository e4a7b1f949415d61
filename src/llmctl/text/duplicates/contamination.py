"""Which documents hold an entry of an evaluation set, where, and how much of it.

In: a batch of texts and the entries. Out: hits with a measure, a score and a place. Rare 5-grams lead to an entry, one
look-up a word of the document; only there is it compared (`holding`). Where two entries were found at one place, what is
less like its entry is explained by the other: the sibling of a question is not held. Numba, above 100 MB/s a core on text
that holds nothing.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from llmctl.text.duplicates.evaluation import SEED, Entries
from llmctl.text.duplicates.holding import NOTHING, Limits, held_at
from llmctl.text.duplicates.shingles import BASE, Hashes, finish, words
from llmctl.text.segment import Longs, Utf8

SIZE_BITS = 2  # a table has at least four places for each seed


class Hits(NamedTuple):
    """One row a place where a document holds an entry: the strongest measure there, and the place in code points."""

    row: Longs
    entry: Longs
    measure: Longs
    score: npt.NDArray[np.float64]
    start: Longs
    end: Longs
    place: Longs  # the word of the entry with which an n-gram begins


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
def _search(rows: Any, word: Any, entries: Any, table: Any, limits: Any, out: Any, score: Any) -> int:
    """Fill `out` (row, entry, measure, first word, end, place) and `score`; the number of hits, which may be more."""
    entry_rows, entry_word, telling, weight, sorted_word, sorted_weight, _, seed_entry, seed_place = entries
    key, first, last = table
    mask, n = len(key) - 1, 0
    power = np.uint64(1)
    for _ in range(SEED):
        power *= BASE
    judged_row = np.full(len(entry_rows), -1, np.int64)  # of each entry the row and the shift that were judged last
    judged_shift = np.zeros(len(entry_rows), np.int64)
    for row in range(len(rows) - 1):
        doc = word[rows[row] : rows[row + 1]]
        h = np.uint64(0)
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
                if judged_row[e] == row and judged_shift[e] == at - seed_place[s]:
                    continue
                judged_row[e], judged_shift[e] = row, at - seed_place[s]
                a, b = entry_rows[e], entry_rows[e + 1]
                measure, found, begin, end, place = held_at(
                    doc, at, seed_place[s], entry_word[a:b], telling[a:b], weight[a:b], sorted_word[a:b],
                    sorted_weight[a:b], limits,
                )  # fmt: skip
                if measure != NOTHING:
                    if n < len(out):
                        out[n, 0], out[n, 1], out[n, 2], out[n, 3], out[n, 4], out[n, 5] = (
                            row,
                            e,
                            measure,
                            begin,
                            end,
                            place,
                        )
                        score[n] = found
                    n += 1
    return n


@njit(cache=True, nogil=True)
def _explained(row: Any, entry: Any, start: Any, end: Any, score: Any, gone: Any) -> None:
    """Mark the hits (in the order of their places) of which another covers half: of the same entry a hit that is no
    better, of any other a better one."""
    for i in range(len(row)):
        j = i + 1
        while j < len(row) and row[j] == row[i] and start[j] < end[i]:
            shared = min(end[i], end[j]) - start[j]
            same, more = entry[i] == entry[j], score[i] - score[j]
            if 2 * shared >= end[j] - start[j] and (more > 0 or (same and more == 0)):
                gone[j] = True
            elif 2 * shared >= end[i] - start[i] and more < 0:
                gone[i] = True
            j += 1


@njit(cache=True, nogil=True)
def _points(data: Any, zero: Any, at: Any, out: Any) -> None:
    """For bytes `at` of texts that begin at `zero`, both ascending, how many code points stand before them."""
    i = n = 0
    for k in range(len(at)):
        if k == 0 or zero[k] != zero[k - 1]:
            i, n = zero[k], 0
        while i < at[k]:
            n += data[i] & 0xC0 != 0x80
            i += 1
        out[k] = n


def _code_points(batch: Utf8, row: Longs, at: Longs) -> Longs:
    """The places of bytes in their texts, in code points."""
    order, out = np.lexsort((at, row)), np.empty_like(at)
    found = np.empty_like(at)
    _points(batch.data, batch.offsets[row[order]], at[order], found)
    out[order] = found
    return out


def search(batch: Utf8, entries: Entries, table: Table, limits: Limits) -> Hits:
    """Every place where a text of the batch holds an entry, in the order of the texts and places."""
    found = words(batch)
    most = 1024 + len(batch.offsets)
    while True:
        out, score = np.empty((most, 6), np.int64), np.empty(most, np.float64)
        n = _search(found.rows, found.hashes, entries, table, limits, out, score)
        if n <= most:
            break
        most = n
    order = np.lexsort((out[:n, 1], -out[:n, 4], out[:n, 3], out[:n, 0]))
    row, entry, measure, first, end, place = np.ascontiguousarray(out[order].T)
    gone = np.zeros(n, np.bool_)
    _explained(row, entry, first, end, score[order], gone)
    row, entry, measure, first, end, place = np.ascontiguousarray(out[order[~gone]].T)
    begin = _code_points(batch, row, found.start[found.rows[row] + first])
    stop = _code_points(batch, row, found.end[found.rows[row] + end - 1])
    return Hits(row, entry, measure, score[order[~gone]], begin, stop, place)


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
