"""The similarity join of one component against brute force over sets."""

from __future__ import annotations

import numpy as np
import pytest

from llmctl.text.duplicates.join import Sets, distinct, matched


def greedy(documents: list[set[int]], threshold: float, contained: bool) -> tuple[list[int], list[float]]:
    """The definition: in order, each against every kept one; the most similar, of equals the earliest."""
    twins, scores = [], []
    for i, mine in enumerate(documents):
        kept = [j for j in range(i) if twins[j] < 0]
        found = [
            (len(mine & documents[j]) / (len(mine) if contained else len(mine | documents[j])), -j)
            for j in kept
            if mine
        ]
        score, other = max(found, default=(0.0, 0))
        twins.append(-other if score >= threshold else -1)
        scores.append(score if score >= threshold else 0.0)
    return twins, scores


def as_sets(documents: list[set[int]]) -> Sets:
    starts = np.cumsum([0, *map(len, documents)])
    return distinct(starts, np.array([h for d in documents for h in sorted(d, reverse=True)], np.uint64))


def edited(seed: int, documents: int, words: int) -> list[set[int]]:
    """Documents made of pieces of earlier ones, as edits make them: similarities of every size."""
    rng = np.random.default_rng(seed)
    made: list[set[int]] = [set()]
    for _ in range(documents):
        base = list(made[rng.integers(len(made))])
        kept = [w for w in base if rng.random() < rng.choice([0.5, 0.9, 0.99, 1.0])]
        added = rng.integers(0, 40 * words, rng.integers(0, words // 2) * (rng.random() < 0.5)).tolist()
        made.append({*kept, *added})
    return made


@pytest.mark.parametrize("contained", [False, True])
@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.8, 0.95, 1.0])
@pytest.mark.parametrize("all_pairs", [0, 1000])
def test_the_join_is_the_definition(threshold: float, contained: bool, all_pairs: int) -> None:
    goes = 0
    for seed in range(12):
        documents = edited(seed, 120, 40)
        match = matched(
            as_sets(documents), np.array([0, len(documents)]), threshold, contained=contained, all_pairs=all_pairs
        )
        twins, scores = greedy(documents, threshold, contained)
        assert match.twin.tolist() == twins and match.score.tolist() == scores
        goes += sum(t >= 0 for t in twins)
    assert goes > 20


def test_components_do_not_see_each_other() -> None:
    same = {1, 2, 3}
    match = matched(as_sets([same, same, same, same]), np.array([0, 1, 4]), 0.8)
    assert match.twin.tolist() == [-1, -1, 1, 1]


def test_no_document_goes_through_a_neighbour() -> None:
    """b is near a, c is near b, and c is not near a: c stays."""
    a, b, c = set(range(10)), set(range(1, 11)), set(range(2, 12))
    assert matched(as_sets([a, b, c]), np.array([0, 3]), 0.8, all_pairs=0).twin.tolist() == [-1, 0, -1]


def test_sets_without_shingles_are_near_nothing() -> None:
    assert matched(as_sets([set(), set(), {1}]), np.array([0, 3]), 0.5).twin.tolist() == [-1, -1, -1]


def test_templates_with_changing_words_are_compared_by_what_is_rare() -> None:
    """20,000 pages of 90 common shingles and 30 of their own: no pair reaches 0.8, and none is compared."""
    common = set(range(90))
    documents = [common | set(range(1000 + 30 * i, 1030 + 30 * i)) for i in range(20_000)]
    assert matched(as_sets(documents), np.array([0, len(documents)]), 0.8).twin.max() == -1
