"""Who of a component stays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from llmctl.text.duplicates.exact import Exact
from llmctl.text.duplicates.survivors import Fates, Ranked, fates, first_copies

TEN = set(range(10))
NEAR_TEN = set(range(1, 11))  # shares 9 of 11


def decided(
    sets: Sequence[set[int]], *, component: Sequence[int] | None = None, rank: Sequence[float] | None = None,
    text: Sequence[int] | None = None, fixed: Sequence[bool] | None = None, near: bool = True, tie: Sequence[int] | None = None,
) -> dict[int, tuple[int, float, bool]]:  # fmt: skip
    n = len(sets)
    ranked = Ranked(
        np.array(component or [0] * n),
        np.array(rank or [0.0] * n),
        np.array(tie or [0] * n),
        np.array(fixed or [False] * n),
    )
    low = np.array(text or range(n), np.uint64)
    starts = np.cumsum([0, *map(len, sets)])
    hashes = np.array([h for s in sets for h in s], np.uint64)
    found: Fates = fates(ranked, Exact(low, low), starts, hashes, 0.8, contained=False, near=near)
    return {d: (t, round(s, 3), same) for d, t, s, same in zip(*(column.tolist() for column in found), strict=True)}


def test_the_smallest_rank_stays_then_the_smallest_tie_then_the_first() -> None:
    assert decided([TEN, NEAR_TEN]) == {1: (0, 0.818, False)}
    assert decided([TEN, NEAR_TEN], tie=[9, 3]) == {0: (1, 0.818, False)}
    assert decided([TEN, NEAR_TEN], tie=[9, 3], rank=[1, 2]) == {1: (0, 0.818, False)}
    assert decided([TEN, NEAR_TEN], rank=[5, 1]) == {0: (1, 0.818, False)}


def test_a_copy_goes_for_the_first_of_its_text() -> None:
    assert decided([TEN, {77}, TEN], text=[1, 2, 1]) == {2: (0, 1.0, True)}


def test_a_copy_of_a_document_that_goes_names_the_one_that_stays() -> None:
    assert decided([TEN, NEAR_TEN, NEAR_TEN], text=[1, 2, 2]) == {1: (0, 0.818, False), 2: (0, 0.818, False)}


def test_other_components_and_same_texts_alone() -> None:
    assert decided([TEN, TEN], component=[0, 1], text=[1, 1]) == {}
    assert decided([TEN, NEAR_TEN, TEN], text=[1, 2, 1], near=False) == {2: (0, 1.0, True)}


def test_what_is_fixed_stays_and_comes_first() -> None:
    assert decided([TEN, NEAR_TEN, TEN], rank=[0, 5, 9], text=[1, 2, 3], fixed=[False, True, True]) == {
        0: (2, 1.0, False)
    }


def test_texts_without_a_shingle_go_only_as_copies() -> None:
    assert decided([set(), set(), set()], text=[1, 1, 2]) == {1: (0, 1.0, True)}


def test_first_copies_of_many_against_a_dictionary() -> None:
    rng = np.random.default_rng(0)
    component, low, high = (rng.integers(0, n, 500) for n in (5, 9, 3))
    seen: dict[tuple[int, ...], int] = {}
    expected = [
        seen.setdefault((int(c), int(a), int(b)), i)
        for i, (c, a, b) in enumerate(zip(component, low, high, strict=True))
    ]
    assert first_copies(component, Exact(low.astype(np.uint64), high.astype(np.uint64))).tolist() == expected
