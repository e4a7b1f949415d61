"""Several sources in stated proportions: global position -> (source, how manieth of its sequences).

No random draw and no running count: the first source takes its share of the positions, evenly spread, the second its
share of what is left, and so on. After n positions each source has had its share to within one sequence a source,
and over a whole epoch of sources weighted by their size every window comes exactly once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

import numpy as np

from llmctl.tokens.packing import Longs, full_windows, key_of, shuffled, unskipped


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


def whole_shares(weights: Sequence[str | float]) -> tuple[int, ...]:
    """Weights as whole numbers in the same proportion, exactly: 0.7, 0.3 -> 7, 3."""
    exact = [Fraction(str(weight)) for weight in weights]
    common = lcm(*(weight.denominator for weight in exact))
    return tuple(int(weight * common) for weight in exact)


def turn(position: int, shares: Sequence[int]) -> tuple[int, int]:
    """Whose turn it is at a global position, and its how manieth."""
    left = sum(shares)
    for source, share in enumerate(shares[:-1]):
        before, after = ((2 * n * share + left) // (2 * left) for n in (position, position + 1))
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
    seed: int, batch: int, sequence: int, streams: Sequence[int], weights: Sequence[str | float] | None, shuffle: bool
) -> Order:
    """The order of sources whose streams hold so many ids; without weights each weighs as many windows as it has."""
    windows = tuple(full_windows(stream, sequence) for stream in streams)
    return Order(seed, batch, windows, windows if weights is None else whole_shares(weights), shuffle)
