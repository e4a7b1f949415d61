"""Who stays, against a brute-force twin: every pair compared, nothing proposed."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from llmctl.text.duplicates.survivors import repeated, survivors

SETS = st.lists(st.frozensets(st.integers(0, 9), min_size=1, max_size=6), max_size=14)


def similar(a: frozenset, b: frozenset) -> float:
    return len(a & b) / len(a | b)


def brute(sets: list[frozenset], threshold: float) -> set[int]:
    """The documents that stay, in order, each compared with all that stayed before."""
    kept: list[int] = []
    for i, one in enumerate(sets):
        if all(similar(one, sets[j]) < threshold for j in kept):
            kept.append(i)
    return set(kept)


def groups_of(sets: list[frozenset]) -> list[list[int]]:
    return [g for s in dict.fromkeys(sets) if len(g := [i for i, other in enumerate(sets) if other == s]) > 1]


@given(SETS, st.sampled_from([0.3, 0.5, 0.8, 1.0]))
def test_with_every_pair_proposed_the_brute_force_survivors_stay(sets: list, threshold: float) -> None:
    gone = survivors(groups_of(sets), [list(range(len(sets)))], lambda a, b: similar(sets[a], sets[b]), threshold)
    assert set(range(len(sets))) - set(gone) == brute(sets, threshold)


@given(SETS, st.sampled_from([0.3, 0.5, 0.8]), st.data())
def test_whatever_is_proposed_each_that_goes_has_a_kept_twin_at_the_threshold(sets, threshold, draw) -> None:
    numbers = range(len(sets))
    buckets = [sorted(draw.draw(st.sets(st.sampled_from(numbers)))) for _ in range(4)] if sets else []
    gone = survivors(groups_of(sets), buckets, lambda a, b: similar(sets[a], sets[b]), threshold)
    for document, twin in gone.items():
        assert twin.of not in gone and twin.of < document
        assert twin.score == similar(sets[document], sets[twin.of]) >= threshold
        assert (twin.reason == "exact_duplicate") <= (twin.score == 1.0)


def test_no_chain_of_neighbours() -> None:
    sets = [frozenset(range(i, i + 9)) for i in range(9)]  # each 0.8 to the next, 0.64 to the one after
    gone = survivors([], [list(range(9))], lambda a, b: similar(sets[a], sets[b]), 0.8)
    assert sorted(gone) == [1, 3, 5, 7]


def test_a_bucket_of_thousands_of_near_copies_is_compared_once_each() -> None:
    calls = []
    survivors([], [list(range(5000))] * 8, lambda a, b: calls.append(1) or 0.9, 0.8)
    assert len(calls) == 4999


def test_repeated_groups_in_document_order() -> None:
    keys = np.array([7, 3, 7, 9, 3, 7], np.uint64)
    assert repeated(keys) == [[1, 4], [0, 2, 5]]
    assert repeated(keys, np.array([0, 1, 0, 0, 2, 5], np.uint64)) == [[0, 2]]
    assert repeated(np.empty(0, np.uint64)) == []
