"""One process of two: for each case, the gradients of a layout beside those that this process works out alone.

`torchrun --nproc-per-node 2 gradients_of_layouts.py ANSWERS`: rank N writes ANSWERS/N.json, for each case the largest difference
of a number of a gradient that lies here, of the norm and of the loss, and how large gradients and losses are. One start for all
cases: they take a second each, torch's start takes ten.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from courses import course_of
from torch import distributed
from torch.distributed.tensor import DTensor

from llmctl.train.course import Course, first_weights
from llmctl.train.dropout import noise_of
from llmctl.train.gradients import norm_of
from llmctl.train.layout import Layout, layout_of
from llmctl.train.loss import IGNORED
from llmctl.train.objectives import draws_of
from llmctl.train.parallel import Spread
from llmctl.train.world import World, joined, total

TENSOR = {"parallel__tensor": 2}
SEQUENCE = {**TENSOR, "parallel__sequence": True}
PIPELINE = {"parallel__pipeline": 2, "model__layers": 4}
INTERLEAVED = {**PIPELINE, "parallel__schedule": "interleaved"}
SPANS = {  # t5 does not divide its scores, so that large weights make sharp ones, and large rounding
    "model__architecture": "encoder-decoder", "model__position": "t5", "objective__name": "span-corruption",
    "model__init_std": 0.1,
}  # fmt: skip
PREFIX = {"model__architecture": "prefix", "objective__name": "prefix-lm"}
BIASES = {"model__norm": "layernorm", "model__bias": True, "model__activation": "gelu"}
CASES: dict[str, dict[str, Any]] = {
    "one key head, tensor": {**TENSOR, "model__kv_heads": 1},
    "one key head, sequence": {**SEQUENCE, "model__kv_heads": 1},
    "biases, sequence": {**SEQUENCE, **BIASES},
    "post-norm, sequence": {**SEQUENCE, "model__norm": "deepnorm"},
    "alibi, tensor": {**TENSOR, "model__position": "alibi"},
    "untied, odd vocabulary, tensor": {**TENSOR, "model__tied": False},
    "spans, sequence": {**SEQUENCE, **SPANS},
    "spans, pipeline": {**PIPELINE, **SPANS, "model__layers": 2, "parallel__schedule": "gpipe"},
    "spans, interleaved": {**INTERLEAVED, **SPANS},
    "prefix, dropout, pipeline": {**PIPELINE, **PREFIX, "model__dropout": 0.2},
    "dropout, sequence": {**SEQUENCE, "model__dropout": 0.2},
    "dropout, recomputed": {"model__dropout": 0.2, "train__recompute": "full"},
    "untied, interleaved": {**INTERLEAVED, "model__tied": False},
    "prefix, zero 1 in pieces": {**PREFIX, "parallel__zero": 1, "train__microbatch": 1},
    "prefix, zero 2 in pieces": {**PREFIX, "parallel__zero": 2, "train__microbatch": 1},
    "recomputed, zero 3": {"parallel__zero": 3, "train__recompute": "selective"},
}
ROWS, VOCABULARY = 7, 67  # rows that two processes cannot share evenly


def gradients(course: Course, world: World, layout: Layout) -> tuple[Spread, float, float]:
    """The model after one backward pass, the loss, the gradient's norm."""
    spread = Spread(course, world, layout, lambda model: first_weights(course, model))
    rows = range(ROWS)[layout.share(ROWS, spread.data_rank)]
    ids_BL = np.random.default_rng(5).integers(0, 60, (ROWS, course.settings.data.sequence + 1))[rows.start : rows.stop]
    batch = course.batch(list(ids_BL), [draws_of(1, 2, row) for row in rows], None)
    predicted = (batch.targets_BT != IGNORED).sum()
    count = float(total(predicted if spread.speaks else torch.zeros_like(predicted), world))
    parts = layout.tensor if course.settings.parallel.sequence else 1

    def noise(chosen: range) -> Any:
        numbers = [rows.start + row for row in chosen]
        return noise_of(1, 2, numbers, part=spread.place["tensor"] if parts > 1 else 0, parts=parts)

    loss = float(total(spread.gradients(batch, noise, 1 / count), world)) / count
    return spread, loss, norm_of(spread.held, lambda own: total(own, world))


def compared(keys: dict[str, Any], world: World) -> dict[str, float]:
    """A layout beside one process."""
    plain = {name: value for name, value in keys.items() if not name.startswith(("parallel", "train"))}
    shape = {"data__batch": ROWS, "data__sequence": 24, "model__hidden": 32, "model__heads": 4, "model__init_std": 0.2}
    alone, loss, norm = gradients(course_of(VOCABULARY, **{**shape, **plain}), World(), Layout())
    course = course_of(VOCABULARY, **{**shape, **keys})
    spread, its_loss, its_norm = gradients(course, world, layout_of(course.settings, world.size))
    known = {item.name: item.weight.grad for item in alone.held}
    difference = 0.0
    for item in spread.held:
        grad, expected = item.weight.grad, known[item.name]
        assert grad is not None and expected is not None, item.name
        whole = grad.full_tensor() if isinstance(grad, DTensor) else grad
        difference = max(difference, float((whole - expected).abs().max()))
    largest = max(float(grad.abs().max()) for grad in known.values() if grad is not None)
    return {"gradient": difference, "norm": abs(its_norm - norm), "loss": abs(its_loss - loss), "largest": largest}


def main() -> None:
    """All cases."""
    torch.set_num_threads(1)
    with joined(check=lambda _size: None) as world:
        found = {name: compared(keys, world) for name, keys in CASES.items()}
        (Path(sys.argv[1]) / f"{world.rank}.json").write_text(json.dumps(found))
        distributed.barrier()


if __name__ == "__main__":
    main()
