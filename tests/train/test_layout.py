"""Processes and layers are divided without loss, and what cannot be divided is refused by the setting's name."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmctl.errors import BadSettings
from llmctl.settings.knobs import nest, resolve
from llmctl.settings.pretrain import Pretrain
from llmctl.train.layout import Layout, divide, holders_of, layout_of, pieces_of, stages_of


def settings(**keys: Any) -> Pretrain:
    """Defaults but for `group__key=value`."""
    found: Pretrain = resolve(Pretrain, [nest({name.replace("__", "."): value for name, value in keys.items()})])
    return found


@given(st.integers(1, 50), st.integers(1, 3), st.integers(1, 3))
def test_shares_are_whole_disjoint_even_and_no_longer_than_rows(count: int, replicate: int, shard: int) -> None:
    layout = Layout(replicate=replicate, shard=shard)
    shares = [range(count)[layout.share(count, rank)] for rank in range(layout.data)]
    assert [row for share in shares for row in share] == list(range(count))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1
    assert max(map(len, shares)) == layout.rows(count)


@given(st.integers(1, 3), st.integers(1, 3), st.integers(1, 3), st.integers(1, 3))
def test_places_are_all_there_are_and_tensor_ranks_are_neighbours(p: int, r: int, s: int, t: int) -> None:
    layout = Layout(p, r, s, t)
    places = [tuple(layout.place(rank).values()) for rank in range(layout.world)]
    assert len(set(places)) == p * r * s * t
    assert [layout.place(rank)["tensor"] for rank in range(t)] == list(range(t))
    assert [layout.data_rank(rank) for rank in range(0, s * t, t)] == list(range(s))


def test_what_is_left_of_the_world_is_data_parallel() -> None:
    assert layout_of(settings(parallel__tensor=2, parallel__pipeline=2), 8) == Layout(2, 2, 1, 2)
    assert layout_of(settings(parallel__zero=3), 4) == Layout(1, 1, 4, 1)
    assert layout_of(settings(parallel__zero=3, parallel__shard=2), 8) == Layout(1, 4, 2, 1)


@pytest.mark.parametrize(
    ("keys", "world", "said"),
    [
        ({"parallel__tensor": 2}, 3, "parallel.tensor=2 times parallel.pipeline=1 does not divide the 3 processes"),
        ({"data__batch": 3}, 4, "data.batch=3 is smaller than the 4 processes of data parallelism"),
        ({"parallel__zero": 1, "parallel__shard": 3}, 4, "parallel.shard=3 does not divide the 4 processes"),
        ({"parallel__tensor": 8, "model__hidden": 256}, 8, "parallel.tensor=8 does not divide model.heads=4"),
        (
            {"parallel__tensor": 2, "model__heads": 6, "model__kv_heads": 3, "model__hidden": 192},
            2,
            "parallel.tensor=2 processes cannot share model.kv_heads=3",
        ),
        (
            {"parallel__tensor": 4, "model__ffn": 66},
            4,
            "parallel.tensor=4 does not divide the feed-forward width of 66",
        ),
        ({"parallel__pipeline": 8}, 8, "divides the model into 8 stages, and it has 4 blocks"),
        (
            {"parallel__pipeline": 4, "parallel__schedule": "interleaved"},
            4,
            "divides the model into 8 stages, and it has 4 blocks",
        ),
        ({"parallel__pipeline": 4, "data__batch": 3}, 4, "needs at least as many micro-batches, and there are 3"),
        ({"parallel__pipeline": 2, "parallel__microbatches": 40}, 2, "parallel.microbatches=40 is more than the 32"),
        (
            {"parallel__pipeline": 2, "parallel__schedule": "interleaved", "parallel__microbatches": 5},
            2,
            "takes micro-batches in rounds of equal size",
        ),
        (
            {"parallel__tensor": 2, "parallel__sequence": True, "model__position": "learned", "data__sequence": 33},
            2,
            "learned positions have no row for padding",
        ),
    ],
)
def test_what_does_not_fit_is_refused_by_name(keys: dict[str, Any], world: int, said: str) -> None:
    with pytest.raises(BadSettings) as refused:
        layout_of(settings(**keys), world)
    assert said in str(refused.value)


def test_settings_that_contradict_each_other_are_refused() -> None:
    for words, said in [
        ({"zero": 2, "pipeline": 2}, "set parallel.zero=1"),
        ({"shard": 2}, "shards nothing"),
        ({"sequence": True}, "set parallel.tensor"),
    ]:
        with pytest.raises(Exception, match=said):
            resolve(Pretrain, [{"parallel": words}])


@given(st.lists(st.floats(0.1, 9), min_size=1, max_size=7), st.integers(1, 4))
def test_the_most_expensive_stage_is_as_cheap_as_any_division_allows(costs: list[float], parts: int) -> None:
    if parts > len(costs):
        return

    def worst(lengths: list[int]) -> float:
        ends = [sum(lengths[:n]) for n in range(len(lengths) + 1)]
        return max(sum(costs[a:b]) for a, b in pairwise(ends))

    def all_divisions(items: int, parts: int) -> list[list[int]]:
        if parts == 1:
            return [[items]]
        return [[n, *rest] for n in range(1, items - parts + 2) for rest in all_divisions(items - n, parts - 1)]

    found = divide(costs, parts)
    assert sum(found) == len(costs)
    assert min(found) >= 1
    assert worst(found) == pytest.approx(min(worst(d) for d in all_divisions(len(costs), parts)))


def test_a_large_vocabulary_takes_blocks_from_the_last_stage() -> None:
    chosen = settings(parallel__pipeline=2, model__layers=6)
    small, large = (stages_of(chosen, size, (256, 0)) for size in (300, 50_000))
    assert [len(stage.decoder) for stage in small] == [3, 3]
    assert len(large[1].decoder) < 3


def test_an_encoder_comes_before_its_decoder_and_tables_are_held_where_they_are_read() -> None:
    chosen = settings(
        parallel__pipeline=3, model__architecture="encoder-decoder", model__position="t5", objective__name="ul2"
    )
    stages = stages_of(chosen, 300, (64, 64))
    assert [block for stage in stages for block in stage.encoder] == [0, 1, 2, 3]
    assert [block for stage in stages for block in stage.decoder] == [0, 1, 2, 3]
    holders = holders_of(chosen.model, stages)
    begins = next(stage.index for stage in stages if stage.decoder and stage.decoder.start == 0)
    assert holders["embedding.weight"] == sorted({0, begins, 2})
    assert holders["decoder.distances.weight"] == [stage.index for stage in stages if stage.decoder]


def test_micro_batches_are_up_to_four_a_stage_in_whole_rounds() -> None:
    two = Layout(pipeline=2)
    assert pieces_of(settings(parallel__pipeline=2), two) == 8
    assert pieces_of(settings(parallel__pipeline=2, data__batch=7), two) == 6
    assert pieces_of(settings(parallel__pipeline=2, data__batch=2), two) == 2
    assert pieces_of(settings(), Layout()) == 1
