"""What each process of a layout will hold and send, worked out before any of them exists: `pretrain --dry-run --world-size N`.

ZeRO (Rajbhandari et al. 2020, arXiv:1910.02054, section 3.1): training P numbers with AdamW in fp32 takes 4P bytes of weights,
4P of gradients and 8P of moments. The paper counts 16P with 16-bit weights and gradients: K = 12 bytes of states a number, of
which 4 are the fp32 master copy; here the weights are that copy. Over N processes stage 0 divides nothing, and all stages of
FSDP2 divide all three once a step is over: 4P/N + 4P/N + 8P/N. What is `gathered` for a while tells the stages apart: 1 and 2
have the whole weights beside their part of the master copy (4P/N) from the first forward to the last backward pass, 3 those
of two blocks and of what is outside blocks; 1 adds whole gradients up over the micro-batches (4P), 2 and 3 those of one block.
Messages count where they are a copy of a block: what it is gathered in, what its gradients are scattered from.

Weights, gradients and moments are exact, from shapes. Activations are those of the worst moment (`train/activations.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from llmctl.model.size import ADAM
from llmctl.settings.parallel import Parallel
from llmctl.train.activations import NUMBER, Flow, worst
from llmctl.train.course import Course
from llmctl.train.gradients import BUCKET
from llmctl.train.layout import AXES, Layout, Stage, division_of, holders_of, stages_of
from llmctl.train.schedule import bubble, orders
from llmctl.train.shapes import Holding, weights_of, weights_on
from llmctl.train.traffic import sent_in_a_step

PREFETCHED = (
    2  # blocks that FSDP2 has whole at once: the one at work and the next (torch, fsdp/_fully_shard/_fsdp_state.py)
)
MEMORY = ("weights", "gradients", "optimizer", "gathered", "activations")


@dataclass(frozen=True)
class Amount:
    """What a process holds (in bytes but for `parameters`) and sends."""

    blocks: tuple[str, ...]  # of each of its stages
    parameters: int
    memory: tuple[int, ...]  # as MEMORY
    sent: tuple[tuple[str, int], ...]  # bytes a step, by kind


def estimate(course: Course, layout: Layout) -> dict[str, Any]:
    """The layout, and what each of its processes holds and sends; equal ones are one entry."""
    parallel = course.settings.parallel
    rows, pieces = division_of(course, layout)
    waits = bubble(parallel.schedule, layout.pipeline, parallel.stages_each, pieces)
    found: dict[Amount, list[int]] = {}
    known = dict(_amounts(course, layout, rows, pieces))
    for rank in range(layout.world):
        place = layout.place(rank)
        found.setdefault(known[place["pipeline"], place["shard"], place["tensor"]], []).append(rank)
    return {
        "world": layout.world,
        **dict(zip(AXES, layout.sizes, strict=True)),
        "zero": parallel.zero,
        "schedule": parallel.schedule if layout.pipeline > 1 else None,
        "micro_batches": pieces,
        "rows": rows,
        "bubble": round(waits, 4),
        "ranks": [
            {
                "ranks": runs_of(ranks),
                "count": len(ranks),
                "blocks": list(amount.blocks),
                "parameters": amount.parameters,
                "memory": {**dict(zip(MEMORY, amount.memory, strict=True)), "together": sum(amount.memory)},
                "sent": dict(amount.sent),
            }
            for amount, ranks in found.items()
        ],
    }


def alone(course: Course) -> dict[str, int]:
    """Bytes of one process that trains the whole model."""
    course = replace(course, settings=replace(course.settings, parallel=Parallel()))
    (entry,) = estimate(course, Layout())["ranks"]
    return {name: entry["memory"][name] for name in MEMORY if name != "gathered"}


def _amounts(course: Course, layout: Layout, rows: int, pieces: int) -> Iterator[tuple[tuple[int, int, int], Amount]]:
    """By coordinate on the axes pipeline, shard, tensor; replicas are alike."""
    settings, parallel = course.settings, course.settings.parallel
    stages = stages_of(settings, course.vocab_size, course.lengths)
    shapes = weights_of(settings.model, course.vocab_size)
    flow = Flow(settings, course.vocab_size, rows, course.shape)
    copies = holders_of(settings.model, stages)
    holders = {name: len({index % layout.pipeline for index in indices}) for name, indices in copies.items()}
    each = orders(parallel.schedule, layout.pipeline, parallel.stages_each, pieces)
    for pipeline in range(layout.pipeline):
        mine = tuple(stage for stage in stages if stage.index % layout.pipeline == pipeline)
        weights = tuple(weight for stage in mine for weight in weights_on(stage, settings.model, shapes))
        kept = worst(each[pipeline], mine, flow, pieces)
        for shard in range(layout.shard):
            for tensor in range(layout.tensor):
                held = Holding(settings, layout, mine, weights, tensor, shard)
                sent = sent_in_a_step(held, flow, pieces, holders)
                yield (pipeline, shard, tensor), _amount(held, pieces, kept, tuple(sent.items()))


def _amount(held: Holding, pieces: int, kept: int, sent: tuple[tuple[str, int], ...]) -> Amount:
    own = held.numbers(held.weights, sharded=True)
    memory = NUMBER * own, NUMBER * own, NUMBER * ADAM * own, NUMBER * _gathered(held, pieces), kept
    return Amount(tuple(_blocks(stage) for stage in held.stages), own, memory, sent)


def _gathered(held: Holding, pieces: int) -> int:
    """Numbers that are here for a while beside the parts that stay: whole weights, gradients not divided yet, messages."""
    layout, zero = held.layout, held.settings.parallel.zero
    whole = held.numbers(held.weights, sharded=False)
    if layout.data == 1:
        return 0
    if not zero:
        ddp = layout.tensor == layout.pipeline == 1  # its gradients lie in its messages
        return 0 if ddp else min(whole, BUCKET // NUMBER)
    block, outside = _units(held)
    largest = max(block, outside)  # its gradients are whole, and copied into one message (_fsdp_collectives.py)
    if zero == 3:
        blocks = sum(len(stage.encoder) + len(stage.decoder) for stage in held.stages)
        return outside + (min(PREFETCHED, blocks) + 1) * block + 2 * largest  # 1: the message that a block came in
    return whole + (whole if zero == 1 and pieces > 1 else largest) + largest


def _units(held: Holding) -> tuple[int, int]:
    """Numbers of the largest block, and of what is outside blocks: FSDP's units."""
    one = {weight.name: replace(weight, count=1) for weight in held.blocks}
    sizes = [
        held.numbers([weight for name, weight in one.items() if name.startswith(stack)], sharded=False)
        for stack in ("encoder", "decoder")
    ]
    return max(sizes), held.numbers([weight for weight in held.weights if not weight.of_block], sharded=False)


def _blocks(stage: Stage) -> str:
    """The blocks of a stage as a reader would say it: `encoder 2-3, decoder 0`."""
    named = {"encoder": stage.encoder, "decoder": stage.decoder}
    return ", ".join(f"{name} {runs_of(list(blocks))}" for name, blocks in named.items() if blocks)


def runs_of(numbers: list[int]) -> str:
    """Ascending numbers as Slurm and cpusets write them: `0-3,6`."""
    found: list[list[int]] = []
    for number in numbers:
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in found)
