"""why: one document's life, stage by stage."""

from __future__ import annotations

from pathlib import Path

from small_chain import DOCUMENTS, STAGES

TEXTS = {row["id"]: row["text"] for row in DOCUMENTS}


def test_a_removed_copy_and_the_twin_for_which_it_went(chained: Path, run) -> None:
    stages = run("why", "twin", "tokens", "--json", cwd=chained).json["stages"]
    assert [(Path(s["path"]).name, s["kept"]) for s in stages] == [(STAGES[0], True), ("unique", False)]
    gone = stages[1]
    assert gone["removed_by"] == ["near_duplicate"] and gone["breaches"][0]["high"] == 0.8
    assert gone["twin"]["id"] == "first" and 0.8 <= gone["twin"]["score"] < 1
    assert TEXTS["first"].startswith(gone["twin"]["text"])
    told = run("why", "twin", "tokens", cwd=chained).out
    assert "near_duplicate" in told and "first" in told and "0.8" in told


def test_every_rule_that_a_document_broke_with_value_and_limit(chained: Path, run) -> None:
    (stage,) = run("why", "<b>bold</b>", "tokens", "--json", cwd=chained).json["stages"]
    assert stage["removed_by"] == [breach["rule"] for breach in stage["breaches"]] and len(stage["breaches"]) >= 2
    assert {"rule": "words", "value": 5.0, "low": 50.0, "high": 100_000.0} in stage["breaches"]


def test_a_kept_document_shows_its_scrubbed_spans_and_no_value(chained: Path, run) -> None:
    stages = run("why", "personal", "tokens", "--json", cwd=chained).json["stages"]
    assert [Path(s["path"]).name for s in stages] == list(STAGES) and all(s["kept"] for s in stages)
    spans = stages[2]["_spans"]
    text = TEXTS["personal"]
    assert [(s["entity"], text[s["start"] : s["end"]]) for s in spans] == [
        ("email", "ann@mail.example"),
        ("phone", "415-555-2671"),
    ]
    told = run("why", "personal", "safe", cwd=chained).out
    assert "email" in told and "phone" in told


def test_an_artifact_named_twice_is_told_once(chained: Path, run) -> None:
    stages = run("why", "first", "unique", chained / "unique", STAGES[0], "--json", cwd=chained).json["stages"]
    assert [Path(s["path"]).name for s in stages] == [STAGES[0], "unique"]


def test_an_unknown_document_is_one_sentence(chained: Path, run) -> None:
    ran = run("why", "nobody", "tokens", cwd=chained, expect=1)
    assert "'nobody'" in ran.err and len(ran.err.strip().splitlines()) == 1
