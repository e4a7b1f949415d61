"""What a tokenizer is trained on: shares that come true as far as there is text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmctl.tokens.balance import Cell, cell_of, rates

SIZES = {Cell("web", "en"): 900, Cell("web", "zh"): 50, Cell("code", "en"): 50}


def read(sizes: dict[Cell, int], found: dict[Cell, float]) -> dict[Cell, float]:
    return {cell: sizes[cell] * rate for cell, rate in found.items()}


def test_without_shares_all_is_one_cell_and_a_limit_thins_it() -> None:
    assert cell_of("web", "en", {}, {}) == Cell("all", "all")
    assert rates({Cell("all", "all"): 1000}, {}, {}, 0) == {Cell("all", "all"): 1.0}
    assert rates({Cell("all", "all"): 1000}, {}, {}, 250) == {Cell("all", "all"): 0.25}


def test_the_shortest_of_text_is_read_whole_and_decides_what_the_others_give() -> None:
    languages = {"zh": 0.5, "all": 0.5}
    sizes = {cell_of("web", lang, {}, languages): size for lang, size in (("en", 900), ("zh", 50))}
    assert read(sizes, rates(sizes, {}, languages, 0)) == {Cell("all", "all"): 50, Cell("all", "zh"): 50}
    assert sum(read(sizes, rates(sizes, {}, languages, 40)).values()) == pytest.approx(40)


def test_who_has_no_share_is_not_read() -> None:
    assert rates({Cell("all", "en"): 5, Cell("all", "all"): 9}, {}, {"en": 1.0}, 0) == {Cell("all", "en"): 1.0}
    assert rates({Cell("all", "all"): 9}, {}, {"fr": 1.0}, 0) == {}


def test_both_tables_multiply() -> None:
    sources, languages = {"web": 3.0, "code": 1.0}, {"en": 1.0, "zh": 2.0}
    got = read(SIZES, rates(SIZES, sources, languages, 0))
    assert got[Cell("web", "zh")] == 50
    assert got[Cell("web", "en")] == pytest.approx(25) and got[Cell("code", "en")] == pytest.approx(50 / 6)


@given(
    st.dictionaries(st.sampled_from("abcde"), st.integers(0, 10**9), min_size=1),
    st.dictionaries(st.sampled_from("abcde"), st.floats(0, 10), min_size=1),
    st.integers(0, 10**9),
)
def test_no_cell_is_read_twice_and_shares_hold(sizes: dict, shares: dict, most: int) -> None:
    cells = {Cell(name, "all"): size for name, size in sizes.items() if name in shares}
    found = rates(cells, shares, {}, most)
    assert all(0 <= rate <= 1 for rate in found.values())
    got = read(cells, found)
    assert not most or sum(got.values()) <= most * (1 + 1e-9)
    if got and (whole := sum(got.values())):
        weights = sum(shares[cell.source] for cell in got)
        assert all(got[cell] / whole == pytest.approx(shares[cell.source] / weights, abs=1e-6) for cell in got)
