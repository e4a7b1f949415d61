"""Several sources in stated proportions: global position -> (source, how manieth of its sequences).

No random draw and no running count: the first source takes its share of the positions, evenly spread, the second its
share of what is left, and so on. After n positions each source has had its share to within one sequence a source,
and over a whole epoch of sources weighted by their size every window comes exactly once.

A temperature T divides a source into its languages: of n_l tokens, language l has a share that is proportional to
n_l^(1/T), so that small ones are read more often than their size says (Arivazhagan et al. 2019, arXiv:1907.05019: T = 5;
mT5, Xue et al. 2021, arXiv:2010.11934: alpha = 1/T = 0.3).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

import numpy as np

from llmctl.tokens.packing import Longs, full_windows, key_of, shuffled, unskipped

Weight = str | float | Fraction  # as text it is exact: "0.7" is 7/10

FINENESS = (
    10**6
)  # shares of languages are whole millionths of the largest one: equal on every machine, whatever its pow


@dataclass(frozen=True)
class Order:
    """All that decides which sequences a step reads."""

    seed: int
    batch: int  # sequences of a step
    windows: tuple[int, ...]  # of each source
    shares: tuple[int, ...]  # of each source, as whole numbers
    shuffle: bool = True


@dataclass(frozen=True)
class Place:
    """One sequence: a window of a source."""

    source: int
    window: int


@dataclass(frozen=True)
class Lot:
    """The documents of one language of a source."""

    source: int
    language: str
    tokens: int


def whole_shares(weights: Sequence[Weight]) -> tuple[int, ...]:
    """Weights as whole numbers in the same proportion, exactly: 0.7, 0.3 -> 7, 3."""
    exact = [Fraction(str(weight)) for weight in weights]
    common = lcm(*(weight.denominator for weight in exact))
    return tuple(int(weight * common) for weight in exact)


def flattened(tokens: Mapping[str, int], temperature: float) -> dict[str, Fraction]:
    """The share of each language by its tokens (above 0); together 1. T = 1 keeps proportions, a large T makes all equal."""
    largest = max(tokens.values())
    parts = {name: max(1, round(FINENESS * (count / largest) ** (1 / temperature))) for name, count in tokens.items()}
    return {name: Fraction(part, sum(parts.values())) for name, part in parts.items()}


def tempered(lots: Sequence[Lot], weights: Sequence[Weight] | None, temperature: float) -> list[Fraction]:
    """The weight of each lot: within a source's weight its languages have the shares of `flattened`.

    Without weights the sources count as one: a language's tokens are those of all sources, which divide its share by size.
    """
    if weights is None:
        of_language: Counter[str] = Counter()
        for lot in lots:
            of_language[lot.language] += lot.tokens
        shares = flattened(of_language, temperature)
        exact = [shares[lot.language] * Fraction(lot.tokens, of_language[lot.language]) for lot in lots]
        return [
            Fraction(max(1, round(FINENESS * share))) for share in exact
        ]  # else the numbers have hundreds of digits
    within = [{lot.language: lot.tokens for lot in lots if lot.source == n} for n in range(len(weights))]
    inside = [flattened(tokens, temperature) for tokens in within]
    return [Fraction(str(weights[lot.source])) * inside[lot.source][lot.language] for lot in lots]


def drawn(count: int, shares: Sequence[int]) -> list[int]:
    """How many of the first so many sequences come from each source: where `turn` stands then."""
    left, found = sum(shares), []
    for share in shares[:-1]:
        found.append(_had(count, share, left))
        count, left = count - found[-1], left - share
    return [*found, count]


def _had(count: int, share: int, left: int) -> int:
    """Of so many turns those of a source whose share is `share` of `left`: rounded to the nearest."""
    return (2 * count * share + left) // (2 * left)


def turn(position: int, shares: Sequence[int]) -> tuple[int, int]:
    """Whose turn it is at a global position, and its how manieth."""
    left = sum(shares)
    for source, share in enumerate(shares[:-1]):
        before, after = (_had(n, share, left) for n in (position, position + 1))
        if after > before:
            return source, before
        position, left = position - before, left - share
    return len(shares) - 1, position


def batch_places(order: Order, step: int, skips: Sequence[tuple[int, int]] = ()) -> list[Place]:
    """The sequences of a step, in batch order: a function of these values and nothing else."""
    index_B = np.arange(step * order.batch, (step + 1) * order.batch, dtype=np.int64)
    turns = [turn(int(position), order.shares) for position in unskipped(index_B, skips)]
    windows = np.empty(order.batch, dtype=np.int64)
    for source, size in enumerate(order.windows):
        mine = [row for row, (who, _) in enumerate(turns) if who == source]
        windows[mine] = visit(np.array([turns[row][1] for row in mine], dtype=np.int64), size, order, source)
    return [Place(who, int(window)) for (who, _), window in zip(turns, windows, strict=True)]


def visit(visits_N: Longs, size: int, order: Order, source: int) -> Longs:
    """The window of each visit to a source: without repetition within an epoch, every epoch in another order."""
    if not order.shuffle:
        return visits_N % size
    window_N = np.empty_like(visits_N)
    for epoch in np.unique(visits_N // size):
        now = visits_N // size == epoch
        window_N[now] = shuffled(visits_N[now] % size, size, key_of(order.seed, source, int(epoch)))
    return window_N


def order_of(
    seed: int, batch: int, sequence: int, streams: Sequence[int], weights: Sequence[Weight] | None, shuffle: bool
) -> Order:
    """The order of sources whose streams hold so many ids; without weights each weighs as many windows as it has."""
    windows = tuple(full_windows(stream, sequence) for stream in streams)
    return Order(seed, batch, windows, windows if weights is None else whole_shares(weights), shuffle)
