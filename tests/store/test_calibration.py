"""`--calibrate`: recall and precision of planted copies beside the S-curve, and nothing is written."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from near_copies import page, written

from llmctl.settings.dedup import Dedup
from llmctl.store.calibration import s_curve, sample
from llmctl.store.signing import Scheme


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """900 documents of some 300 words."""
    place = tmp_path_factory.mktemp("calibrate")
    chance = random.Random(2)
    written(place / "docs.jsonl", [{"id": f"d{n}", "text": page(chance, 20)} for n in range(900)])
    return place


def test_what_is_proposed_lies_on_the_s_curve(place: Path, run) -> None:
    """Within three standard errors, wherever fifty pairs or more are measured; few bands, so that the curve is seen."""
    words = ("--calibrate", "--json", "--set", "near.bands=14", "--set", "near.rows=8")
    found = run("dedup", "docs.jsonl", *words, cwd=place).json
    rows = [row for row in found["table"] if row["pairs"] >= 50]
    assert found["calibrate"] == 900 and (found["bands"], found["rows"]) == (14, 8) and len(rows) >= 4
    assert min(row["theory"] for row in rows) < 0.6
    for row in rows:
        assert abs(row["proposed"] - row["theory"]) <= 3 * (row["theory"] * (1 - row["theory"]) / row["pairs"]) ** 0.5
        assert row["recall"]["low"] <= row["recall"]["value"] <= row["recall"]["high"]
    assert {row["precision"]["value"] for row in rows} == {1.0}  # no two pages are alike by themselves
    assert [p.name for p in place.iterdir()] == ["docs.jsonl"]


def test_a_person_reads_a_table(place: Path, run) -> None:
    lines = run("dedup", "docs.jsonl", "--calibrate", cwd=place).out.splitlines()
    assert lines[0] == ("dedup (calibrate): 900 documents of your corpus, each with an edited copy; 28 bands of 9 rows")
    assert len(lines) == 12 and [float(line.split()[0]) for line in lines[2:]][-3:] == [0.85, 0.9, 0.95]


def test_duplicates_of_your_own_are_no_planted_ones(tmp_path: Path, run) -> None:
    texts = [page(random.Random(n), 20) for n in range(90)]
    rows = [{"id": f"d{n}", "text": text} for n, text in enumerate([*texts, *texts[:45]])]
    found = run("dedup", written(tmp_path / "d.jsonl", rows), "--calibrate", "--json", cwd=tmp_path).json
    assert found["table"][-1]["precision"]["value"] < 1


def test_the_seed_plants_other_edits(place: Path, run) -> None:
    tables = [
        run("dedup", "docs.jsonl", "--calibrate", "--json", "--seed", seed, cwd=place).json["table"] for seed in "001"
    ]
    assert tables[0] == tables[1] != tables[2]


def test_without_a_document_of_some_words_there_is_nothing_to_plant_in(tmp_path: Path, run) -> None:
    docs = written(tmp_path / "d.jsonl", [{"id": "a", "text": "too short"}])
    ran = run("dedup", docs, "--calibrate", expect=1)
    assert "found no document" in ran.err and ran.err.count("\n") == 1


def test_the_s_curve_is_that_of_the_book() -> None:
    """Mining of Massive Datasets, example 3.12: 20 bands of 5 rows."""
    found = s_curve(np.array([0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]), Scheme(Dedup(), 20, 5))
    assert found.tolist() == pytest.approx([0.006, 0.047, 0.186, 0.470, 0.802, 0.975, 0.9996], abs=6e-4)


def test_the_sample_comes_from_all_files(tmp_path: Path) -> None:
    files = [
        written(
            tmp_path / f"{n:02}.jsonl",
            [{"id": f"{n}-{m}", "text": f"{n} {page(random.Random(m), 9)}"} for m in range(5)],
        )
        for n in range(16)
    ]
    texts = sample([str(file) for file in files], most=32)
    assert len(texts) == 32 and {text.split()[0] for text in texts} >= {"0", "5", "10"}
