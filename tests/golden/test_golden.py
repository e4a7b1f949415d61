"""The corpus of this folder: why each document goes, and rows that change only with the VERSION of their stage."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from golden.rows import HERE, STAGES, build, hash_of, rows_of, version_of

EXPECTED = json.loads((HERE / "expected.json").read_text())
GOLDEN = json.loads((HERE / "golden.json").read_text())


@pytest.fixture(scope="module")
def artifact(tmp_path_factory: pytest.TempPathFactory):
    """Each stage over the corpus, made once."""
    made: dict[str, Path] = {}

    def of(name: str) -> Path:
        if name not in made:
            made[name] = build(name, tmp_path_factory.mktemp("golden"))
        return made[name]

    return of


def reasons(out: Path) -> dict[str, list[str]]:
    rows = rows_of(out)
    return {row["id"]: row.get("removed_by", []) for row in [*rows[""], *rows["_removed"]]}


@pytest.mark.parametrize("id", EXPECTED)
@pytest.mark.parametrize("preset", ["gopher", "c4"])
def test_a_document_goes_for_the_rules_that_it_was_written_to_break(preset: str, id: str, artifact) -> None:
    found = reasons(artifact("filter" if preset == "gopher" else "filter c4"))
    assert found[id] == EXPECTED[id][preset]


def test_c4_cuts_the_line_about_javascript_and_says_where(artifact) -> None:
    rows = rows_of(artifact("filter c4"))
    text = next(json.loads(line) for line in (HERE / "corpus.jsonl").open() if '"script"' in line)["text"]
    kept = next(row for row in rows[""] if row["id"] == "script")
    assert "Javascript" in text and "Javascript" not in kept["text"]
    cut = [row for row in rows["_cuts"] if row["id"] == "script"]
    assert any("Javascript" in text[row["start"] : row["end"]] for row in cut)


def test_dedup_removes_the_copy_and_the_near_copy_for_their_twin(artifact) -> None:
    gone = [(row["id"], row["removed_by"], row["twin_id"]) for row in rows_of(artifact("dedup"))["_removed"]]
    assert [row for row in gone if "copy" in row[0]] == [
        ("copy", ["exact_duplicate"], "ferry"),
        ("near copy", ["near_duplicate"], "ferry"),
    ]


def test_scrub_masks_the_contact_line(artifact) -> None:
    kept = next(row for row in rows_of(artifact("scrub"))[""] if row["id"] == "contact")
    assert kept["text"].endswith(
        "\nWrite to keeper@example.org or call <PHONE>, our server is <IP>."
    )  # RFC 2606: nobody's


@pytest.mark.parametrize("name", STAGES)
def test_rows_change_only_with_the_version_of_their_stage(name: str, artifact) -> None:
    found = {"version": version_of(name), "sha256": hash_of(artifact(name))}
    assert found == GOLDEN[name], f"raise VERSION of {name} if this is meant, then run python tests/golden/rows.py"
