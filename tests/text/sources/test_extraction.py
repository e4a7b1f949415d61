"""Main text is found as well as the figures of docs/sources/web.md say, on pages on which nothing was tuned."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.extraction import (
    CONTESTANTS,
    SETS,
    Score,
    Segments,
    gold_of,
    half,
    load,
    score,
    segment_f1,
    segments,
    summary,
)

PAGES = 24  # of each set; benchmarks/extraction.py takes all


@pytest.mark.parametrize(
    ("gold", "found", "expected"),
    [
        ("a b c d e", "a b c d e", Score(1, 1)),
        ("a b c d e f", "x a b c d", Score(1 / 2, 1 / 3)),
        ("a b c d a b c d", "a b c d", Score(1, 1 / 5)),
        ("a b", "a b", Score(1, 1)),
        ("a b", "a", Score(0, 0)),
        ("a b c d", "", Score(None, 0)),
        ("", "a b c d", Score(0, None)),
        ("", "", Score(None, None)),
    ],
)
def test_a_page_is_scored_by_runs_of_four_words(gold: str, found: str, expected: Score) -> None:
    assert score(gold, found) == expected


def test_the_f1_of_pages_is_that_of_their_mean_precision_and_recall() -> None:
    f1, precision, recall = summary([Score(1, 0.5), Score(None, 0), Score(0.5, 1)])
    assert (precision, recall) == (0.75, 0.5)
    assert f1 == pytest.approx(0.6)


def test_segments_are_right_wrong_or_missing() -> None:
    row = {"must_have": ["one two", "three"], "must_not_have": ["four", "five"]}
    assert segments(row, "one\ntwo and four") == Segments(1, 1, 1)
    assert segment_f1([Segments(1, 1, 1), Segments(3, 0, 1)]) == pytest.approx(8 / 11)


@pytest.mark.parametrize(("name", "least"), [("llmctl careful", 0.955), ("llmctl fast", 0.90)])
def test_bodies_of_articles_are_found(data: Path, name: str, least: float) -> None:
    rows = [row for row in load(data / "extraction", SETS[0]) if half(row["id"]) == 1][:PAGES]
    scores = [score(gold_of(row), CONTESTANTS[name](row["html"])) for row in rows]
    assert summary(scores)[0] >= least


@pytest.mark.parametrize(("name", "least"), [("llmctl careful", 0.90), ("llmctl fast", 0.80)])
def test_segments_of_pages_are_found(data: Path, name: str, least: float) -> None:
    rows = [row for row in load(data / "extraction", SETS[1]) if half(row["id"]) == 1][: 2 * PAGES]
    assert segment_f1([segments(row, CONTESTANTS[name](row["html"])) for row in rows]) >= least
