"""The order in which a pipeline's processes work on micro-batches: per process, forward and backward passes of its stages.

The same orders as torch.distributed.pipelining's (the tests compare them), known without processes: `--dry-run` counts by them
what is kept at once, and docs/parallel.py draws them. GPipe: Huang et al. 2019 (arXiv:1811.06965, section 2.3); 1F1B with a
flush and interleaved: Narayanan et al. 2021 (arXiv:2104.04473, section 2.2).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

BACKWARD_COST = 2  # of a forward pass: gradients of inputs and of weights (arXiv:2104.04473, section 2.2, figure 3)


class Pass(NamedTuple):
    """One micro-batch goes through one stage."""

    forward: bool
    stage: int
    piece: int


Order = list[Pass]  # of one process


def orders(schedule: str, pipeline: int, chunks: int, pieces: int) -> list[Order]:
    """What each process of a pipeline does; `chunks` stages lie on each (1 but for interleaved)."""
    return [_paired(*SCHEDULES[schedule](rank, pipeline, chunks, pieces)) for rank in range(pipeline)]


def _gpipe(rank: int, pipeline: int, chunks: int, pieces: int) -> tuple[Order, Order, int]:
    forward = [Pass(True, rank, piece) for piece in range(pieces)]
    return forward, [Pass(False, rank, piece) for piece in range(pieces)], pieces


def _1f1b(rank: int, pipeline: int, chunks: int, pieces: int) -> tuple[Order, Order, int]:
    forward, backward, _ = _gpipe(rank, pipeline, chunks, pieces)
    return forward, backward, min(pieces, pipeline - rank - 1)


def _interleaved(rank: int, pipeline: int, chunks: int, pieces: int) -> tuple[Order, Order, int]:
    """In rounds of about `pipeline` micro-batches: all of a round through one chunk, then through the next."""
    size = pieces // max(1, pieces // pipeline)  # micro-batches of a round
    stages = [chunk * pipeline + rank for chunk in range(chunks)]
    rounds = [range(first, first + size) for first in range(0, pieces, size)]
    forward = [Pass(True, stage, piece) for pieces_ in rounds for stage in stages for piece in pieces_]
    backward = [Pass(False, stage, piece) for pieces_ in rounds for stage in reversed(stages) for piece in pieces_]
    return forward, backward, min(len(forward), (chunks - 1) * size + 2 * (pipeline - 1 - rank))


SCHEDULES: dict[str, Callable[[int, int, int, int], tuple[Order, Order, int]]] = {
    "gpipe": _gpipe,
    "1f1b": _1f1b,
    "interleaved": _interleaved,
}  # forward passes, backward passes, and how many of the first come before one goes forward, one backward


def _paired(forward: Order, backward: Order, ahead: int) -> Order:
    found = forward[:ahead]
    for one, other in zip(forward[ahead:], backward, strict=False):
        found += [one, other]
    return found + backward[len(forward) - ahead :]


def bubble(schedule: str, pipeline: int, chunks: int, pieces: int) -> float:
    """Share of a step in which a process waits: (p - 1) / (v m + p - 1) (arXiv:2104.04473, section 2.2)."""
    work = pieces * (chunks if schedule == "interleaved" else 1)
    return (pipeline - 1) / (work + pipeline - 1)


def times(each: Sequence[Order], stages: int, backward: float = BACKWARD_COST) -> list[list[float]]:
    """When each pass of each process begins: after the one before it, and after the pass that it needs; a forward pass takes 1."""
    ended: dict[Pass, float] = {}
    begun: list[list[float]] = [[] for _ in each]
    free = [0.0] * len(each)
    left = sum(len(order) for order in each)
    while left:
        before = left
        for rank, order in enumerate(each):
            while len(begun[rank]) < len(order):
                item = order[len(begun[rank])]
                needed = needed_by(item, stages)
                if needed is not None and needed not in ended:
                    break
                start = max(free[rank], 0.0 if needed is None else ended[needed])
                free[rank] = ended[item] = start + (1 if item.forward else backward)
                begun[rank].append(start)
                left -= 1
        assert left < before, "a pass waits for one that never comes"
    return begun


def needed_by(item: Pass, stages: int) -> Pass | None:
    """The pass whose result this one reads."""
    if item.forward:
        return Pass(True, item.stage - 1, item.piece) if item.stage else None
    last = item.stage == stages - 1
    return Pass(last, item.stage if last else item.stage + 1, item.piece)
