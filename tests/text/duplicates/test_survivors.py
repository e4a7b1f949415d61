"""Who stays, against a brute-force twin: every pair compared, nothing proposed."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from llmctl.text.duplicates.shingles import could_reach, histogram, jaccard
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
    gone = survivors(
        groups_of(sets), [list(range(len(sets)))], lambda a, bs: [similar(sets[a], sets[b]) for b in bs], threshold
    )
    assert set(range(len(sets))) - set(gone) == brute(sets, threshold)


@given(SETS, st.sampled_from([0.3, 0.5, 0.8]), st.data())
def test_whatever_is_proposed_each_that_goes_has_a_kept_twin_at_the_threshold(sets, threshold, draw) -> None:
    numbers = range(len(sets))
    buckets = [sorted(draw.draw(st.sets(st.sampled_from(numbers)))) for _ in range(4)] if sets else []
    gone = survivors(groups_of(sets), buckets, lambda a, bs: [similar(sets[a], sets[b]) for b in bs], threshold)
    for document, twin in gone.items():
        assert twin.of not in gone and twin.of < document
        assert twin.score == similar(sets[document], sets[twin.of]) >= threshold
        assert (twin.reason == "exact_duplicate") <= (twin.score == 1.0)


def test_no_chain_of_neighbours() -> None:
    sets = [frozenset(range(i, i + 9)) for i in range(9)]  # each 0.8 to the next, 0.64 to the one after
    gone = survivors([], [list(range(9))], lambda a, bs: [similar(sets[a], sets[b]) for b in bs], 0.8)
    assert sorted(gone) == [1, 3, 5, 7]


def test_a_bucket_of_thousands_of_near_copies_is_compared_once_each() -> None:
    calls = []
    survivors([], [list(range(5000))] * 8, lambda a, bs: calls.extend(bs) or [0.9] * len(bs), 0.8)
    assert len(calls) == 4999


def test_repeated_groups_in_document_order() -> None:
    keys = np.array([7, 3, 7, 9, 3, 7], np.uint64)
    assert repeated(keys) == [[1, 4], [0, 2, 5]]
    assert repeated(keys, np.array([0, 1, 0, 0, 2, 5], np.uint64)) == [[0, 2]]
    assert repeated(np.empty(0, np.uint64)) == []


@given(st.integers(0, 2**32), st.sampled_from([0.3, 0.5, 0.8, 0.95]))
def test_a_look_at_histograms_never_rules_out_a_pair_at_the_threshold(seed: int, threshold: float) -> None:
    random = np.random.default_rng(seed)
    pool = np.unique(random.integers(0, 2**63, 400, dtype=np.uint64))
    sets = [np.sort(random.choice(pool, random.integers(1, len(pool)), replace=False)) for _ in range(8)]
    possible = could_reach(threshold, histogram(sets[0]), np.stack([histogram(s) for s in sets]))
    assert all(maybe for s, maybe in zip(sets, possible, strict=True) if jaccard(sets[0], s) >= threshold)
