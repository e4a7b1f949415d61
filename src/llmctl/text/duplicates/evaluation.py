"""The entries of evaluation sets, as what documents are searched for.

In: the texts of all entries. Out: their words, how telling each is, and the 5-grams that lead to them. Words weigh by
their inverse frequency over the entries (IDF: Sparck Jones 1972; used for contamination by allenai/decon). What many
entries of a set say in the same words (its template) says nothing of any: a word within such 5-grams weighs less, down to
nothing where all entries share it, and 5-grams of many entries lead to none. Time n log n in the words.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from numba import njit

from llmctl.text.characters import LETTER, character_classes, code_point
from llmctl.text.duplicates.shingles import BASE, Hashes, ngrams, words
from llmctl.text.segment import Longs, utf8

SEED = 5  # words of the n-grams that lead to an entry (decon: 5)
COMMON = 16  # entries; a 5-gram of more says nothing
ALWAYS = 2  # 5-grams that lead to an entry whatever they are, the rarest: of a template alone it has no others
SMALL_SET = 32  # entries; of a smaller set nobody knows what its template is
DISTINCT = 4  # different words of an entry (decon: 4)
LETTERED = 2  # of them that begin with a letter
LEAST = 0.01  # of a word's weight, where all entries of a set say it in the same words

Floats = npt.NDArray[np.float64]


class Entries(NamedTuple):
    """Entry e has the words word[rows[e]:rows[e + 1]]; a 5-gram leads to (entry, place in it)."""

    rows: Longs
    word: Hashes
    telling: Floats  # 1: no other entry of its set says it so; 0: all do
    weight: Floats  # telling, times the inverse frequency of the word
    sorted_word: Hashes  # each entry's words in ascending order, and their weights, the highest of a word first
    sorted_weight: Floats
    seed: Hashes  # sorted
    seed_entry: Longs
    seed_place: Longs

    def __len__(self) -> int:
        return len(self.rows) - 1


@njit(cache=True, nogil=True)
def _counted(data: Any, rows: Any, word: Any, start: Any, classes: Any, distinct: Any, lettered: Any) -> None:
    """Of each text the number of different words, and of those that begin with a letter."""
    for row in range(len(rows) - 1):
        order = np.argsort(word[rows[row] : rows[row + 1]]) + rows[row]
        for k in range(len(order)):
            if k == 0 or word[order[k]] != word[order[k - 1]]:
                distinct[row] += 1
                lettered[row] += classes[code_point(data, start[order[k]])[0]] & LETTER != 0


def searchable(texts: Sequence[str], short: int) -> npt.NDArray[np.bool_]:
    """Which texts have at least `short` words: shorter ones (ids, labels) stand everywhere, and so do rows of numbers."""
    batch = utf8(list(texts))
    found = words(batch)
    distinct, lettered = np.zeros((2, len(texts)), np.int64)
    _counted(batch.data, found.rows, found.hashes, found.start, character_classes(), distinct, lettered)
    return np.asarray((np.diff(found.rows) >= short) & (distinct >= DISTINCT) & (lettered >= LETTERED))


def same_words(texts: Sequence[str]) -> list[int]:
    """For each text the first of those with its words: a passage that many questions share is one entry."""
    found = words(utf8(list(texts)))
    first: dict[bytes, int] = {}
    bounds = zip(found.rows[:-1].tolist(), found.rows[1:].tolist(), strict=True)
    return [first.setdefault(found.hashes[a:b].tobytes(), e) for e, (a, b) in enumerate(bounds)]


def indexed(texts: Sequence[str], group: Sequence[int] | None = None) -> Entries:
    """The index over entries of at least SEED words, shorter ones are never found; those of a `group` share a template."""
    found = words(utf8(pa.array(texts, pa.large_string())))
    entry = np.repeat(np.arange(len(texts)), np.diff(found.rows))
    groups = np.zeros(len(texts), np.int64) if group is None else np.asarray(group, np.int64)
    seeds = ngrams(found, SEED)
    seed_entry = np.repeat(np.arange(len(texts)), np.diff(seeds.rows))
    place = np.arange(len(seeds.hashes)) - seeds.rows[seed_entry]
    shared = _entries_with(seed_entry, seeds.hashes + groups[seed_entry].astype(np.uint64) * BASE)
    telling = _telling(found.rows[seed_entry] + place, shared, np.bincount(groups, minlength=1)[groups[entry]])
    weight = telling * _idf(entry, found.hashes, len(texts))
    order = np.lexsort((-weight, found.hashes, entry))
    leads = _leading(seed_entry, seeds.hashes)
    by_hash = leads[np.argsort(seeds.hashes[leads], kind="stable")]
    return Entries(
        found.rows, found.hashes, telling, weight, found.hashes[order], weight[order],
        seeds.hashes[by_hash], seed_entry[by_hash], place[by_hash],
    )  # fmt: skip


def _leading(entry: Longs, hashes: Hashes) -> Longs:
    """The 5-grams that lead to an entry: the rare ones, and the rarest of each entry."""
    shared = _entries_with(entry, hashes)
    order = np.lexsort((shared, entry))
    rank = np.arange(len(order)) - np.searchsorted(entry, entry)[order] if len(order) else order
    rarest = np.zeros(len(order), bool)
    rarest[order] = rank < ALWAYS
    return np.flatnonzero((shared <= COMMON) | rarest)


def _telling(at: Longs, shared: Longs, size: Longs) -> Floats:
    """For every word how little its commonest 5-gram says: `shared` entries of its set, which has `size`, have it."""
    most = np.ones(len(size), np.int64)
    for k in range(SEED):
        most[at + k] = np.maximum(most[at + k], shared)
    whole = np.maximum(size, SMALL_SET)
    return np.maximum(LEAST, np.log(whole / most) / np.log(whole))


def _entries_with(entry: Longs, hashes: Hashes) -> Longs:
    """For every hash the number of entries that have it."""
    if not len(hashes):
        return np.empty(0, np.int64)
    order = np.lexsort((entry, hashes))
    h, e = hashes[order], entry[order]
    new = np.concatenate([[True], h[1:] != h[:-1]])
    first = np.flatnonzero(new)
    counts = np.add.reduceat(new | np.concatenate([[True], e[1:] != e[:-1]]), first, dtype=np.int64)
    out = np.empty(len(hashes), np.int64)
    out[order] = np.repeat(counts, np.diff(np.append(first, len(h))))
    return out


def _idf(entry: Longs, hashes: Hashes, entries: int) -> Floats:
    return np.log1p(entries / _entries_with(entry, hashes)) if len(hashes) else np.empty(0)
