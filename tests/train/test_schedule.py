"""The order of passes is torch's, and the bubble that follows from it is the paper's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import distributed, nn
from torch.distributed.pipelining import PipelineStage, Schedule1F1B, ScheduleGPipe, ScheduleInterleaved1F1B
from torch.testing._internal.distributed.fake_pg import FakeStore

from llmctl.train.schedule import Pass, bubble, orders, times

TORCH: dict[str, Any] = {"gpipe": ScheduleGPipe, "1f1b": Schedule1F1B, "interleaved": ScheduleInterleaved1F1B}
SHAPES = [("gpipe", 2, 1, 4), ("gpipe", 4, 1, 8), ("1f1b", 2, 1, 2), ("1f1b", 4, 1, 4), ("1f1b", 4, 1, 9),
          ("interleaved", 2, 2, 4), ("interleaved", 4, 2, 8), ("interleaved", 2, 3, 6), ("interleaved", 4, 2, 10),
          ("interleaved", 4, 3, 4)]  # fmt: skip
shapes = pytest.mark.parametrize(("schedule", "pipeline", "chunks", "pieces"), SHAPES)


@pytest.fixture
def world() -> Iterator[None]:
    """A process group that sends nothing."""
    distributed.init_process_group("fake", store=FakeStore(), rank=0, world_size=4)
    yield
    distributed.destroy_process_group()


def of_torch(schedule: str, pipeline: int, chunks: int, pieces: int) -> list[list[Pass]]:
    group = distributed.new_group(list(range(pipeline)))
    one, numbers = nn.Identity(), torch.empty(1)
    stages = [
        PipelineStage(one, chunk * pipeline, chunks * pipeline, torch.device("cpu"), numbers, numbers, group=group)
        for chunk in range(chunks)
    ]
    made = TORCH[schedule](stages if schedule == "interleaved" else stages[0], pieces, loss_fn=lambda x, y: x)
    return [numbered(made.pipeline_order[rank]) for rank in range(pipeline)]


def numbered(actions: list[Any]) -> list[Pass]:
    """Torch's list for 1F1B begins at micro-batch 1 on the last process, which it never does in a step: count anew."""
    kinds, seen = {"FORWARD": True, "FULL_BACKWARD": False}, Counter[tuple[bool, int]]()
    found = []
    for item in actions:
        if item is not None and item.computation_type.name in kinds:
            kind = kinds[item.computation_type.name], item.stage_index
            found.append(Pass(*kind, seen[kind]))
            seen[kind] += 1
    return found


@shapes
@pytest.mark.usefixtures("world")
def test_the_order_of_passes_is_torch_s(schedule: str, pipeline: int, chunks: int, pieces: int) -> None:
    assert orders(schedule, pipeline, chunks, pieces) == of_torch(schedule, pipeline, chunks, pieces)


def test_1f1b_of_two_processes_and_three_micro_batches() -> None:
    first, second = orders("1f1b", 2, 1, 3)
    assert "".join("FB"[not p.forward] + str(p.piece) for p in first) == "F0F1B0F2B1B2"
    assert "".join("FB"[not p.forward] + str(p.piece) for p in second) == "F0B0F1B1F2B2"


def test_all_begin_when_what_they_read_is_there() -> None:
    assert times(orders("gpipe", 2, 1, 2), 2) == [[0, 1, 5, 7], [1, 2, 3, 5]]


@pytest.mark.parametrize(("schedule", "pipeline", "chunks", "pieces"), [s for s in SHAPES if s[3] % s[1] == 0])
def test_the_bubble_is_the_share_of_time_that_nothing_is_done_in(
    schedule: str, pipeline: int, chunks: int, pieces: int
) -> None:
    each = orders(schedule, pipeline, chunks, pieces)
    end = max(start + (1 if item.forward else 2) for order, starts in zip(each, times(each, pipeline * chunks), strict=True)
              for item, start in zip(order, starts, strict=True))  # fmt: skip
    work = chunks * pieces * 3
    assert bubble(schedule, pipeline, chunks, pieces) == pytest.approx((end - work) / end)


def test_the_bubble_of_the_paper_s_figure() -> None:
    """arXiv:2104.04473, figure 3: 4 devices, 8 micro-batches; figure 4 with two chunks each."""
    assert bubble("gpipe", 4, 1, 8) == bubble("1f1b", 4, 1, 8) == 3 / 11
    assert bubble("interleaved", 4, 2, 8) == 3 / 19
