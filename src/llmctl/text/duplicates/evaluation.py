"""The entries of evaluation sets, as what documents are searched for.

In: the texts of all entries. Out: their words, how telling each is, and the 5-grams that lead to them. An n-gram that
stands in many entries says nothing of any (template text of a set), so only rare ones lead to an entry; words weigh by
their inverse frequency over the entries (IDF: Sparck Jones 1972; used for contamination by allenai/decon).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from llmctl.text.duplicates.shingles import Hashes, ngrams, words
from llmctl.text.segment import Longs, utf8

SEED = 5  # words of the n-grams that lead to an entry (decon: 5)
COMMON = 16  # entries; a 5-gram of more says nothing


class Entries(NamedTuple):
    """Entry e has the words word[rows[e]:rows[e + 1]] with these weights; a 5-gram leads to (entry, place in it)."""

    rows: Longs
    word: Hashes
    weight: npt.NDArray[np.float64]
    sorted_word: Hashes  # each entry's words in ascending order, and their weights, for the overlap
    sorted_weight: npt.NDArray[np.float64]
    seed: Hashes  # sorted
    seed_entry: Longs
    seed_place: Longs

    def __len__(self) -> int:
        return len(self.rows) - 1


def searchable(texts: Sequence[str], short: int) -> npt.NDArray[np.bool_]:
    """Which texts have at least `short` words: shorter ones (ids, labels, numbers) stand everywhere."""
    return np.asarray(np.diff(words(utf8(list(texts))).rows) >= short)


def indexed(texts: Sequence[str]) -> Entries:
    """The index over entries of at least SEED words; shorter ones are never found."""
    found = words(utf8(pa.array(texts, pa.large_string())))
    entry = np.repeat(np.arange(len(texts)), np.diff(found.rows))
    weight = _idf(entry, found.hashes, len(texts))
    order = np.lexsort((found.hashes, entry))
    seeds = ngrams(found, SEED)
    seed_entry = np.repeat(np.arange(len(texts)), np.diff(seeds.rows))
    place = np.arange(len(seeds.hashes)) - seeds.rows[seed_entry]
    rare = _entries_with(seed_entry, seeds.hashes) <= COMMON
    by_hash = np.flatnonzero(rare)[np.argsort(seeds.hashes[rare], kind="stable")]
    return Entries(
        found.rows, found.hashes, weight, found.hashes[order], weight[order],
        seeds.hashes[by_hash], seed_entry[by_hash], place[by_hash],
    )  # fmt: skip


def _entries_with(entry: Longs, hashes: Hashes) -> Longs:
    """For every hash the number of entries that have it."""
    pairs = np.unique(np.stack([hashes, entry.astype(np.uint64)]), axis=1)
    distinct, counts = np.unique(pairs[0], return_counts=True)
    return np.asarray(counts[np.searchsorted(distinct, hashes)])


def _idf(entry: Longs, hashes: Hashes, entries: int) -> npt.NDArray[np.float64]:
    return np.log1p(entries / _entries_with(entry, hashes)) if len(hashes) else np.empty(0)
