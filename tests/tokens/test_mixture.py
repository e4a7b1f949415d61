"""The batch as a pure function of the step, over one source and over several."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmctl.tokens.mixture import (
    Lot,
    Order,
    Place,
    batch_places,
    drawn,
    flattened,
    order_of,
    tempered,
    turn,
    whole_shares,
)

sizes = st.lists(st.integers(1, 40), min_size=1, max_size=4)
shares = st.lists(st.integers(1, 20), min_size=1, max_size=4)


@given(sizes, st.integers(0, 9), st.booleans())
def test_an_epoch_visits_every_window_of_every_source_once(windows: list[int], seed: int, shuffle: bool) -> None:
    order = Order(seed, 1, tuple(windows), tuple(windows), shuffle)
    seen = Counter(place for step in range(2 * sum(windows)) for place in batch_places(order, step))
    assert seen == {Place(source, w): 2 for source, size in enumerate(windows) for w in range(size)}


@given(shares, st.integers(0, 500))
def test_every_source_has_had_its_share_at_any_moment(weights: list[int], count: int) -> None:
    had = Counter(turn(position, weights)[0] for position in range(count))
    for source, share in enumerate(weights):
        assert abs(had[source] - count * share / sum(weights)) <= len(weights)


@pytest.mark.parametrize(
    "weights",
    [["0.7", "0.3"], ["0.5", "0.3", "0.15", "0.05"], ["1", "1", "1"], ["0.98", "0.02"], ["3.3", "1e-1", "7"]],
    ids=" ".join,
)
def test_over_200_steps_each_source_gives_its_weight_within_a_hundredth_of_it(weights: list[str]) -> None:
    order = order_of(7, 32, 10, [10 * n + 1 for n in (900, 40, 3000, 17)][: len(weights)], weights, True)
    had = Counter(place.source for step in range(200) for place in batch_places(order, step))
    for source, weight in enumerate(weights):
        share = float(weight) / sum(map(float, weights))
        assert had[source] / (200 * 32) == pytest.approx(share, rel=0.01)


@given(shares, st.integers(0, 500))
def test_what_is_drawn_is_the_count_of_turns(weights: list[int], count: int) -> None:
    had = Counter(turn(position, weights)[0] for position in range(count))
    assert drawn(count, weights) == [had[source] for source in range(len(weights))]


tokens = st.dictionaries(st.text("abcde", min_size=1), st.integers(1, 10**12), min_size=1, max_size=9)


@given(tokens, st.floats(1, 50))
def test_shares_of_languages_are_their_tokens_to_the_power_of_1_over_t(sizes: dict[str, int], T: float) -> None:
    whole = sum(size ** (1 / T) for size in sizes.values())
    found = flattened(sizes, T)
    assert sum(found.values()) == 1
    assert {name: float(share) for name, share in found.items()} == pytest.approx(
        {name: size ** (1 / T) / whole for name, size in sizes.items()}, abs=1e-5
    )


def test_languages_share_the_weight_of_their_source() -> None:
    lots = [Lot(0, "en", 8000), Lot(0, "zh", 1000), Lot(1, "en", 70)]
    assert tempered(lots, ["0.9", "0.1"], 3) == [
        Fraction(6, 10),
        Fraction(3, 10),
        Fraction(1, 10),
    ]  # cube roots: 2 to 1


def test_without_weights_a_language_is_weighed_over_all_sources() -> None:
    lots = [Lot(0, "en", 6000), Lot(1, "en", 2000), Lot(2, "zh", 1000)]
    found = [float(share) for share in tempered(lots, None, 3)]
    assert found == pytest.approx([500_000, 166_667, 333_333])


@given(shares)
def test_visits_of_a_source_are_numbered_without_gaps(weights: list[int]) -> None:
    turns = [turn(position, weights) for position in range(200)]
    for source in range(len(weights)):
        visits = [visit for who, visit in turns if who == source]
        assert visits == list(range(len(visits)))


@given(sizes, st.integers(0, 9), st.integers(1, 8))
def test_the_batch_size_does_not_change_the_order_of_sequences(windows: list[int], seed: int, batch: int) -> None:
    one = Order(seed, 1, tuple(windows), tuple(windows))
    many = Order(seed, batch, tuple(windows), tuple(windows))
    assert [p for step in range(4) for p in batch_places(many, step)] == [
        p for step in range(4 * batch) for p in batch_places(one, step)
    ]


def test_skipped_sequences_leave_the_order_of_the_others() -> None:
    order = Order(0, 2, (50,), (50,))
    plain = [place for step in range(10) for place in batch_places(order, step)]
    skipping = [place for step in range(8) for place in batch_places(order, step, [(4, 8)])]
    assert skipping == plain[:4] + plain[8:]


def test_epochs_and_seeds_have_different_orders() -> None:
    orders = [
        batch_places(Order(seed, 64, (64,), (64,)), epoch) for seed, epoch in ((0, 0), (0, 1), (1, 0))
    ]  # fmt: skip
    assert len({tuple(order) for order in orders}) == 3


def test_without_shuffling_the_file_order_is_kept() -> None:
    order = Order(5, 3, (4,), (4,), shuffle=False)
    assert [place.window for step in range(3) for place in batch_places(order, step)] == [0, 1, 2, 3, 0, 1, 2, 3, 0]


def test_weights_become_exact_whole_numbers() -> None:
    assert whole_shares(["0.7", "0.3"]) == (7, 3)
    assert whole_shares([1, "0.25", "2"]) == (4, 1, 8)


def test_sources_without_weights_count_by_their_windows() -> None:
    assert order_of(0, 8, 10, [101, 31], None, True).shares == (10, 3)
    assert order_of(0, 8, 10, [101, 31], ["1", "3"], True).shares == (1, 3)
