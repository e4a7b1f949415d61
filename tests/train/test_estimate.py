"""What a layout is said to hold and send, against figures worked out by hand, and against what the trainer really makes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from alive import Alive
from courses import course_of
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import distributed
from torch.testing._internal.distributed.fake_pg import FakeStore

from llmctl.errors import BadSettings
from llmctl.model.initialisation import initialise
from llmctl.model.size import parameters
from llmctl.model.transformer import Transformer
from llmctl.train.batches import Batch
from llmctl.train.course import Course
from llmctl.train.estimate import estimate, runs_of
from llmctl.train.gradients import local
from llmctl.train.layout import Layout, division_of, holders_of, layout_of, stages_of
from llmctl.train.parallel import Spread
from llmctl.train.world import World

# 10 words of width 8; a block: 2 norms of 8, 4 matrices of 8 x 8, 3 of 8 x 16: 656 numbers; 1,400 in all
TINY: dict[str, Any] = {
    "model__layers": 2, "model__hidden": 8, "model__heads": 2, "model__ffn": 16, "data__sequence": 4, "data__batch": 4
}  # fmt: skip


def entries(world: int, **keys: Any) -> list[dict[str, Any]]:
    course = course_of(10, **{**TINY, **keys})
    found: list[dict[str, Any]] = estimate(course, layout_of(course.settings, world))["ranks"]
    return found


def test_one_process_holds_all_and_sends_nothing() -> None:
    (alone,) = entries(1)
    assert alone["parameters"] == 1400 and alone["blocks"] == ["decoder 0-1"]
    # a sequence: 2 blocks of 168 + 288 + 136, the last norm 68, ids 8, 32 that the head reads, 40 probabilities; and
    # gradients on their way through the last block, 4 tokens of 8 + 16
    assert alone["memory"] == {"weights": 5600, "gradients": 5600, "optimizer": 11200, "gathered": 0,
                               "activations": 16 * 1428, "together": 22400 + 16 * 1428}  # fmt: skip
    assert set(alone["sent"].values()) == {0}


def test_full_recomputation_keeps_the_inputs_of_blocks_and_one_block_whole() -> None:
    (alone,) = entries(1, train__recompute="full")
    assert alone["memory"]["activations"] == 16 * (2 * 32 + 68 + 8 + 32 + 40 + 592 - 32 + 96)


def test_ten_rows_over_four_processes_are_three_three_three_and_one() -> None:
    most, last = entries(4, parallel__zero=3)
    assert (most["ranks"], most["parameters"]) == ("0-2", 3 * 8 + 2 * 164 + 2)
    assert (last["ranks"], last["parameters"]) == ("3", 1 * 8 + 2 * 164 + 2)
    assert most["memory"]["optimizer"] == 8 * 354
    # two blocks and what is outside them, the gradients of one block, and a message each way
    assert most["memory"]["gathered"] == 4 * (2 * 656 + 88 + 656 + 2 * 656)
    # three of four parts of the whole; blocks once more in backward
    assert most["sent"]["all-gather"] == 3 * (1400 + 1312) and most["sent"]["reduce-scatter"] == 3 * 1400


def test_zero_1_gathers_once_a_step_and_zero_2_scatters_each_micro_batch() -> None:
    accumulated = {"data__batch": 8, "train__microbatch": 1}
    one, two = (entries(2, parallel__zero=zero, **accumulated)[0] for zero in (1, 2))
    assert one["sent"]["all-gather"] == two["sent"]["all-gather"] == 2 * 1400
    assert (one["sent"]["reduce-scatter"], two["sent"]["reduce-scatter"]) == (2 * 1400, 4 * 2 * 1400)
    assert (one["memory"]["gathered"], two["memory"]["gathered"]) == (4 * (2800 + 656), 4 * (1400 + 2 * 656))


def test_plain_data_parallelism_adds_all_gradients_up() -> None:
    (both,) = entries(2)
    assert both["sent"] == {"all-reduce": 5600, "reduce-scatter": 0, "all-gather": 0, "tensor": 0, "pipeline": 0}
    assert both["memory"]["gathered"] == 0  # they lie in the messages


def test_replicas_of_a_sharded_copy_add_up_their_parts() -> None:
    first, *_ = entries(4, parallel__zero=1, parallel__shard=2)
    assert first["ranks"] == "0-3" and first["parameters"] == 700
    assert first["sent"]["all-reduce"] == 4 * 700 and first["sent"]["reduce-scatter"] == 2 * 1400


def test_two_processes_share_each_matrix_and_repeat_the_norms() -> None:
    (both,) = entries(2, parallel__tensor=2)
    assert both["parameters"] == 40 + 2 * (16 + 128 + 192) + 8
    # 4 sequences of 32 numbers: 4 sums in each of 2 blocks, one of the embedding, one before the head, 3 of losses
    assert both["sent"]["tensor"] == 4 * 4 * ((2 * 4 + 2) * 32 + 3 * 4)


def test_full_recomputation_adds_up_attention_once_more() -> None:
    plain, again = (entries(2, parallel__tensor=2, train__recompute=how)[0] for how in ("none", "full"))
    assert again["sent"]["tensor"] - plain["sent"]["tensor"] == 4 * 4 * 2 * 32


@pytest.mark.parametrize(("schedule", "first"), [("1f1b", 2), ("gpipe", 4)])
def test_a_pipeline_keeps_as_many_micro_batches_as_its_schedule_has_in_flight(schedule: str, first: int) -> None:
    early, late = entries(2, parallel__pipeline=2, parallel__schedule=schedule)
    assert (early["parameters"], late["parameters"]) == (80 + 656, 656 + 8 + 80)  # the tied table twice
    # a micro-batch: ids 8, a block 592, what was sent 32; gradients on their way, and buffers for four of 32
    assert early["memory"]["activations"] == 4 * (first * (8 + 592 + 32) + 96 + 4 * 32)
    assert early["sent"]["pipeline"] == late["sent"]["pipeline"] == 4 * (4 * 32 + 80)


def test_the_last_stage_has_one_micro_batch_under_1f1b() -> None:
    _, late = entries(2, parallel__pipeline=2)
    assert late["memory"]["activations"] == 4 * (592 - 32 + 68 + 32 + 40 + 96 + 4 * 32)


def test_the_bubble_and_micro_batches_of_a_pipeline() -> None:
    course = course_of(10, **TINY, parallel__pipeline=2)
    facts = estimate(course, layout_of(course.settings, 4))
    assert (facts["micro_batches"], facts["rows"], facts["bubble"], facts["replicate"]) == (2, 1, 0.3333, 2)


def test_runs_of_ranks() -> None:
    assert runs_of([0, 1, 2, 5, 7, 8]) == "0-2,5,7-8"


def test_what_does_not_factor_is_refused() -> None:
    with pytest.raises(BadSettings, match="start a multiple of 2"):
        entries(3, parallel__tensor=2)


shapes = st.fixed_dictionaries(
    {
        "model__architecture": st.sampled_from(["causal", "encoder-decoder"]),
        "model__position": st.sampled_from(["rope", "t5", "learned"]),
        "model__tied": st.booleans(),
        "model__layers": st.integers(1, 5),
        "model__kv_heads": st.sampled_from([1, 2, 4]),
        "model__bias": st.booleans(),
        "parallel__tensor": st.sampled_from([1, 2, 4]),
        "parallel__pipeline": st.sampled_from([1, 2, 3]),
        "parallel__zero": st.integers(0, 1),
    }
)


@settings(max_examples=40, deadline=None)
@given(shapes, st.integers(1, 3))
def test_all_processes_hold_the_model_once_and_besides_what_is_repeated(keys: dict[str, Any], data: int) -> None:
    if keys["model__architecture"] == "encoder-decoder":
        keys = {**keys, "objective__name": "span-corruption"}
    course = course_of(10, **keys, model__hidden=8, model__heads=4, data__sequence=8, data__batch=12)
    tensor, pipeline = keys["parallel__tensor"], keys["parallel__pipeline"]
    try:
        layout = layout_of(course.settings, data * tensor * pipeline)
    except BadSettings:
        assume(False)
    facts = estimate(course, layout)
    whole = Transformer(course.settings.model, course.vocab_size)
    held = sum(entry["count"] * entry["parameters"] for entry in facts["ranks"]) / layout.replicate
    repeated = sum(
        copies_of(name, course, tensor, pipeline) * weight.numel() for name, weight in whole.named_parameters()
    )
    assert held == parameters(course.settings.model, course.vocab_size) + repeated
    assert sum(entry["count"] for entry in facts["ranks"]) == layout.world


def copies_of(name: str, course: Course, tensor: int, pipeline: int) -> int:
    """How often a weight is held beyond once, said from the papers and not from the code."""
    model = course.settings.model
    cut = ("query", "gate", "up.", "embedding.w", "head", "distances", "output.weight", "down.weight")
    divided = any(part in name for part in cut) or (
        name.split(".")[-2] in ("key", "value") and model.key_heads % tensor == 0
    )
    holders = holders_of(model, stages_of(course.settings, course.vocab_size, course.lengths))
    stages = len(holders.get(name, [0])) if pipeline > 1 else 1
    return stages * (1 if divided else tensor) - 1


@contextmanager
def fake_world(rank: int, size: int) -> Iterator[World]:
    """One rank of a world whose processes send nothing."""
    distributed.init_process_group("fake", store=FakeStore(), rank=rank, world_size=size)
    try:
        yield World(rank, size, rank, size)
    finally:
        distributed.destroy_process_group()


def fill(model: Transformer) -> None:
    initialise(model, 0)


LAYOUTS: dict[str, tuple[int, dict[str, Any]]] = {
    "ddp": (2, {}),
    "zero 1": (4, {"parallel__zero": 1}),
    "zero 3": (4, {"parallel__zero": 3}),
    "hsdp": (4, {"parallel__zero": 2, "parallel__shard": 2}),
    "tensor": (2, {"parallel__tensor": 2}),
    "one key head": (4, {"parallel__tensor": 4, "model__kv_heads": 1}),
    "tensor and zero": (4, {"parallel__tensor": 2, "parallel__zero": 3}),
    "rows that do not divide": (6, {"parallel__tensor": 2, "parallel__zero": 1, "model__hidden": 20, "model__head_width": 6}),
    "gpipe": (2, {"parallel__pipeline": 2, "parallel__schedule": "gpipe"}),
    "interleaved": (2, {"parallel__pipeline": 2, "parallel__schedule": "interleaved", "model__tied": False}),
    "all three": (8, {"parallel__pipeline": 2, "parallel__tensor": 2, "parallel__zero": 1, "parallel__sequence": True}),
    "two stacks": (4, {"parallel__pipeline": 2, "parallel__tensor": 2, "model__position": "t5", "data__sequence": 16,
                       "model__architecture": "encoder-decoder", "objective__name": "span-corruption"}),
    "learned, with biases": (4, {"parallel__tensor": 2, "parallel__zero": 1, "model__position": "learned",
                                 "model__norm": "layernorm", "model__activation": "gelu", "model__bias": True}),
}  # fmt: skip


@pytest.mark.parametrize("name", LAYOUTS)
def test_each_process_really_holds_what_is_said(name: str) -> None:
    size, keys = LAYOUTS[name]
    shape = {"model__layers": 4, "model__hidden": 24, "model__heads": 4, "data__sequence": 8, "data__batch": 8}
    course = course_of(50, **{**shape, **keys})
    layout = layout_of(course.settings, size)
    said = estimate(course, layout)["ranks"]
    for rank in range(size):
        with fake_world(rank, size) as world:
            spread = Spread(course, world, layout, fill)
            held = sum(local(item.weight).numel() for item in spread.held)
            assert (spread.piece, spread.rows if spread.pipeline else spread.share) == counted(course, layout)
        (mine,) = (entry for entry in said if rank in ranks_in(entry["ranks"]))
        assert mine["parameters"] == held


def counted(course: Course, layout: Layout) -> tuple[int, int]:
    rows, pieces = division_of(course, layout)
    return rows, rows * pieces if layout.pipeline > 1 else layout.rows(course.settings.data.batch)


def ranks_in(text: str) -> set[int]:
    spans = [part.split("-") for part in text.split(",")]
    return {rank for span in spans for rank in range(int(span[0]), int(span[-1]) + 1)}


@pytest.mark.parametrize("vocabulary", [64, 4000])
@pytest.mark.parametrize("how", ["none", "selective", "full"])
@pytest.mark.parametrize(
    "shape",
    [{}, {"position": "t5"}, {"norm": "layernorm", "activation": "gelu"}, {"attention": "window", "window": 16}],
)
def test_the_worst_moment_of_a_step_is_what_is_said(shape: dict[str, Any], how: str, vocabulary: int) -> None:
    course = course_of(vocabulary, model__layers=4, model__hidden=64, model__heads=4, data__sequence=64, data__batch=4,
                       train__recompute=how, **{f"model__{name}": value for name, value in shape.items()})  # fmt: skip
    layout = layout_of(course.settings, 1)
    spread = Spread(course, World(), layout, fill)
    weights = list(spread.module.parameters())
    for weight in weights:
        weight.grad = torch.zeros_like(weight)
    ids_BT = torch.arange(256).view(4, 64) % 64
    batch = Batch(ids_BT, ids_BT, ids_BT)
    with Alive([*weights, *(weight.grad for weight in weights if weight.grad is not None)]) as alive:
        spread._accumulated(batch, lambda _rows: None, 1.0)  # `gradients` would let those go that are there
    (entry,) = estimate(course, layout)["ranks"]
    assert entry["memory"]["activations"] == pytest.approx(alive.most, rel=0.08)
