"""Rules: rows of a table that say between which limits a signal must lie.

In: the values of signals and a table of rules. Out: for each text the rules that it breaks, with value and limits, in
the order of the table. A rule's name is the removal reason, so it says what was broken. A missing value breaks no rule.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

BREACH = pa.struct([("rule", pa.string()), ("value", pa.float64()), ("low", pa.float64()), ("high", pa.float64())])


@dataclass(frozen=True)
class Rule:
    """`low <= signal <= high` holds for a good document; an absent limit does not bind."""

    name: str
    signal: str
    low: float | None = None
    high: float | None = None
    source: str = ""


def breaks(values: npt.NDArray[np.float64], rule: Rule) -> npt.NDArray[np.bool_]:
    """Which values lie outside the rule's limits; NaN compares false and so never does."""
    below = values < rule.low if rule.low is not None else np.zeros(len(values), bool)
    above = values > rule.high if rule.high is not None else np.zeros(len(values), bool)
    return np.asarray(below | above)


def broken(
    values: Mapping[str, npt.NDArray[np.float64]], rules: Sequence[Rule], rows: int
) -> tuple[pa.Array, pa.Array]:
    """(removed_by list<string>, breaches list<struct<rule, value, low, high>>), one list for each of `rows` texts."""
    columns = [np.asarray(values[rule.signal], np.float64) for rule in rules]
    hits = np.zeros((rows, len(rules)), bool)
    for k, rule in enumerate(rules):
        hits[:, k] = breaks(columns[k], rule)
    row, which = np.nonzero(hits)  # row by row, and in each in the order of the table
    offsets = pa.array(np.concatenate([[0], np.cumsum(hits.sum(axis=1))]), pa.int32())
    names = pa.array([rule.name for rule in rules], pa.string()).take(pa.array(which))
    found = np.array([columns[k][i] for i, k in zip(row, which, strict=True)], np.float64)
    lows = pa.array([rule.low for rule in rules], pa.float64()).take(pa.array(which))
    highs = pa.array([rule.high for rule in rules], pa.float64()).take(pa.array(which))
    breaches = pa.StructArray.from_arrays([names, pa.array(found), lows, highs], fields=list(BREACH))
    return pa.ListArray.from_arrays(offsets, names), pa.ListArray.from_arrays(offsets, breaches)
