"""Which documents of one component go for an earlier one: an exact similarity join, greedy in the order given.

In: sets of shingles, documents in the order in which they want to stay. Out: for each its twin (or -1) and the score.
A document goes for the most similar kept document at or above the threshold, never through a neighbour. Small
components compare all pairs; in large ones only those pairs are compared that share one of their rarest shingles, which
no pair at the threshold escapes (prefix filter: Bayardo, Ma, Srikant 2007; positions: PPJoin, Xiao et al. 2008), so that
50,000 pages of one template with changing words cost no 50,000 x 50,000 comparisons.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

Longs = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]
ALL_PAIRS = 32  # documents up to which comparing all is cheaper than an index
EPSILON = 1e-9  # of sizes: 0.8 * 10 must not ask for 9


class Sets(NamedTuple):
    """Sets of shingles: set i is hashes[starts[i]:starts[i + 1]], sorted and distinct."""

    starts: Longs
    hashes: Hashes


class Match(NamedTuple):
    """For each document its kept twin (-1: it stays) and the similarity."""

    twin: Longs
    score: npt.NDArray[np.float64]


@njit(cache=True, nogil=True)
def _distinct(starts: Any, hashes: Any, new_starts: Any) -> int:
    n = 0
    for i in range(len(starts) - 1):
        hashes[starts[i] : starts[i + 1]].sort()
        first = n
        for k in range(starts[i], starts[i + 1]):
            if n == first or hashes[k] != hashes[n - 1]:
                hashes[n] = hashes[k]
                n += 1
        new_starts[i + 1] = n
    return n


def distinct(starts: Longs, hashes: Hashes) -> Sets:
    """Sets from shingles in reading order; `hashes` is sorted in place."""
    new_starts = np.zeros_like(starts)
    size = _distinct(starts, hashes, new_starts)
    return Sets(new_starts, hashes[:size])


@njit(cache=True, nogil=True)
def _common(tokens: Any, a: int, a_end: int, b: int, b_end: int, wanted: int) -> int:
    """Elements that two sorted ranges share; 0 as soon as `wanted` is out of reach."""
    common = 0
    while a < a_end and b < b_end:
        if tokens[a] == tokens[b]:
            common, a, b = common + 1, a + 1, b + 1
        elif tokens[a] < tokens[b]:
            a += 1
            if common + a_end - a < wanted:
                return 0
        else:
            b += 1
            if common + b_end - b < wanted:
                return 0
    return common


@njit(cache=True, nogil=True)
def _wanted(size: int, other: int, threshold: float, contained: bool) -> int:
    """The shared shingles from which a document of `size` goes for one of size `other`."""
    if contained:
        return max(1, math.ceil(threshold * size - EPSILON))
    return max(1, math.ceil(threshold / (1 + threshold) * (size + other) - EPSILON))


@njit(cache=True, nogil=True)
def _similarity(common: int, size: int, other: int, contained: bool) -> float:
    return common / size if contained else common / (size + other - common)


@njit(cache=True, nogil=True)
def _all_pairs(starts: Any, tokens: Any, begin: int, end: int, threshold: float, contained: bool, fixed: Any,
               twin: Any, score: Any) -> None:  # fmt: skip
    for i in range(begin, end):
        size = starts[i + 1] - starts[i]
        for j in range(begin, i):
            if twin[j] >= 0 or not size or fixed[i]:
                continue
            other = starts[j + 1] - starts[j]
            wanted = _wanted(size, other, threshold, contained)
            common = _common(tokens, starts[i], starts[i + 1], starts[j], starts[j + 1], wanted)
            if common >= wanted and _similarity(common, size, other, contained) > score[i]:
                twin[i], score[i] = j, _similarity(common, size, other, contained)


@njit(cache=True, nogil=True)
def _small_components(starts: Any, tokens: Any, bounds: Any, most: int, threshold: float, contained: bool,
                      fixed: Any, twin: Any, score: Any) -> None:  # fmt: skip
    for c in range(len(bounds) - 1):
        if bounds[c + 1] - bounds[c] <= most:
            _all_pairs(starts, tokens, bounds[c], bounds[c + 1], threshold, contained, fixed, twin, score)


@njit(cache=True, nogil=True)
def _indexed(starts: Any, tokens: Any, often: Any, threshold: float, contained: bool, fixed: Any, twin: Any,
             score: Any) -> None:  # fmt: skip
    """The join through an index of the kept documents' rarest tokens (of all their tokens, for containment)."""
    documents, nodes = len(starts) - 1, 0
    head = np.full(len(often), -1, np.int64)
    node_next, node_document = np.empty(len(tokens), np.int64), np.empty(len(tokens), np.int64)
    node_place = np.empty(len(tokens), np.int64)
    shared, seen = np.zeros(documents, np.int64), np.empty(documents, np.int64)
    for i in range(documents):
        begin, end = starts[i], starts[i + 1]
        size, found = end - begin, 0
        prefix = size - math.ceil(threshold * size - EPSILON) + 1 if size else 0
        for place in range(0 if fixed[i] else min(prefix, size)):
            token = tokens[begin + place]
            node = head[token] if often[token] > 1 else -1
            while node >= 0:
                j = node_document[node]
                other = starts[j + 1] - starts[j]
                if shared[j] == 0:
                    seen[found] = j
                    found += 1
                left = min(size - place, other - node_place[node])
                possible = shared[j] >= 0 and shared[j] + left >= _wanted(size, other, threshold, contained)
                shared[j] = shared[j] + 1 if possible else -1
                node = node_next[node]
        for k in range(found):
            j = seen[k]
            other = starts[j + 1] - starts[j]
            if shared[j] > 0:
                wanted = _wanted(size, other, threshold, contained)
                common = _common(tokens, begin, end, starts[j], starts[j + 1], wanted)
                now = _similarity(common, size, other, contained)
                if common >= wanted and (now > score[i] or (now == score[i] and j < twin[i])):
                    twin[i], score[i] = j, now
            shared[j] = 0
        if twin[i] < 0:
            for place in range(size if contained else min(prefix, size)):
                token = tokens[begin + place]
                if often[token] > 1:
                    node_next[nodes], node_document[nodes], node_place[nodes] = head[token], i, place
                    head[token] = nodes
                    nodes += 1


@njit(cache=True, nogil=True)
def _sort_each(starts: Any, tokens: Any) -> None:
    for i in range(len(starts) - 1):
        tokens[starts[i] : starts[i + 1]].sort()


def _large_component(sets: Sets, threshold: float, contained: bool, fixed: Flags) -> Match:
    """Tokens are numbered from the rarest to the most frequent, so that a prefix holds the rarest."""
    values, number, counts = np.unique(sets.hashes, return_inverse=True, return_counts=True)
    order = np.lexsort((values, counts))
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    tokens = rank[number]
    _sort_each(sets.starts, tokens)
    match = _nothing(len(sets.starts) - 1)
    _indexed(sets.starts, tokens, counts[order], threshold, contained, fixed, *match)
    return match


def _nothing(documents: int) -> Match:
    return Match(np.full(documents, -1, np.int64), np.zeros(documents, np.float64))


def matched(
    sets: Sets, bounds: Longs, threshold: float, *, contained: bool = False, fixed: Flags | None = None,
    all_pairs: int = ALL_PAIRS,
) -> Match:  # fmt: skip
    """The twin of every document; component c holds the documents bounds[c] to bounds[c + 1], in the order of keeping.

    `contained`: the score is the share of the shingles of the one that goes, else Jaccard's. Of equal scores the earliest
    counts. What is `fixed` never goes.
    """
    match = _nothing(len(sets.starts) - 1)
    fixed = np.zeros(len(match.twin), bool) if fixed is None else fixed
    _small_components(*sets, bounds, all_pairs, threshold, contained, fixed, *match)
    for c in np.flatnonzero(np.diff(bounds) > all_pairs):
        begin, end = bounds[c], bounds[c + 1]
        starts = sets.starts[begin : end + 1]
        one = Sets(starts - starts[0], sets.hashes[starts[0] : starts[-1]])
        twin, score = _large_component(one, threshold, contained, fixed[begin:end])
        match.twin[begin:end] = np.where(twin >= 0, twin + begin, -1)
        match.score[begin:end] = score
    return match
