"""Who stays of each component, and why the others go.

In: documents by component, what each is worth, their exact hashes and shingles. Out: for each that goes its twin, the
score and the reason. The best of a component stays; copies of the same text go for the first of them; the others go for
a kept document that they match themselves (`join`).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from llmctl.text.duplicates.exact import Exact
from llmctl.text.duplicates.join import Longs, Match, distinct, matched

EXACT, NEAR = "exact_duplicate", "near_duplicate"


class Ranked(NamedTuple):
    """The documents of some components: component, and what decides who stays (small first)."""

    component: Longs
    rank: npt.NDArray[np.float64]
    tie: npt.NDArray[np.integer]  # decides between equal ranks; of equal ties the first given stays
    fixed: npt.NDArray[np.bool_]  # stays whatever it is like


class Fates(NamedTuple):
    """Places of documents that go and of their twins, with score and whether the texts are the same."""

    document: Longs
    twin: Longs
    score: npt.NDArray[np.float64]
    same: npt.NDArray[np.bool_]


def in_order(ranked: Ranked) -> Longs:
    """Places of the documents component by component, the best first."""
    return np.lexsort((ranked.tie, ranked.rank, ~ranked.fixed, ranked.component))


def first_copies(component: Longs, exact: Exact) -> Longs:
    """For documents in order: the first document of the component with the same text (itself, where it is that)."""
    order = np.lexsort((np.arange(len(component)), exact.high, exact.low, component))
    same = np.ones(max(len(order) - 1, 0), bool)
    for column in (component, exact.low, exact.high):
        same &= column[order][1:] == column[order][:-1]
    group = np.concatenate([[0], np.cumsum(~same)]).astype(np.int64)[: len(order)]
    firsts = np.flatnonzero(np.concatenate([[True], ~same]))[: group[-1] + 1 if len(group) else 0]
    out = np.empty(len(order), np.int64)
    out[order] = order[firsts][group]
    return out


def fates(
    ranked: Ranked, exact: Exact, starts: Longs, hashes: npt.NDArray[np.uint64], threshold: float, *, contained: bool,
    near: bool = True,
) -> Fates:  # fmt: skip
    """What becomes of the documents of some components, as places in the arrays given.

    `starts` and `hashes` hold their shingles in the order given; `hashes` may be changed. Without `near` same texts alone.
    """
    order = in_order(ranked)
    component = ranked.component[order]
    original = first_copies(component, Exact(exact.low[order], exact.high[order]))
    alone = np.flatnonzero(original == np.arange(len(order)))  # places in the order that are no copy
    twin, score = original.copy(), np.ones(len(order))
    twin[alone] = -1
    if near and len(alone):
        match = _near(component[alone], order[alone], ranked.fixed, starts, hashes, threshold, contained)
        twin[alone] = np.where(match.twin >= 0, alone[match.twin], -1)
        score[alone] = match.score
    copies = np.flatnonzero(original != np.arange(len(order)))
    gone_too = copies[twin[original[copies]] >= 0]  # copies of a document that goes itself go for its twin
    twin[gone_too], score[gone_too] = twin[original[gone_too]], score[original[gone_too]]
    goes = np.flatnonzero(twin >= 0)
    same = np.zeros(len(order), bool)
    same[copies] = True
    same[gone_too] = False
    return Fates(order[goes], order[twin[goes]], score[goes], same[goes])


def _near(
    component: Longs, order: Longs, fixed: npt.NDArray[np.bool_], starts: Longs, hashes: npt.NDArray[np.uint64],
    threshold: float, contained: bool,
) -> Match:  # fmt: skip
    sizes = np.diff(starts)[order]
    begins = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    ordered = np.empty(begins[-1], np.uint64)
    for place, document in enumerate(order.tolist()):
        ordered[begins[place] : begins[place + 1]] = hashes[starts[document] : starts[document + 1]]
    bounds = np.concatenate([[0], np.flatnonzero(np.diff(component)) + 1, [len(component)]]).astype(np.int64)
    return matched(distinct(begins, ordered), bounds, threshold, contained=contained, fixed=fixed[order])
