"""Evaluation sets and a corpus that holds some of their rows, through the command."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

FILLER = "on the hill above the town there stands a house whose door is open all day and where nobody was ever seen"
QUESTIONS = [
    "A farmer sells 12 baskets of red apples on Monday and half as many on Tuesday, how many baskets are sold?",
    "The town has 5 wells and each well gives 30 buckets of water in a day, how much water is that in a week?",
    "A train leaves the station at 7 and another one leaves 2 hours later but is twice as fast, when do they meet?",
    "There are 40 chairs in a hall and 3 rows of 8 are taken, how many more guests can sit down before it is full?",
]


def around(seed: int) -> str:
    words = FILLER.split()
    return " ".join(random.Random(seed).choices(words, k=150))


def corpus(place: Path) -> Path:
    """Forty clean documents; two hold question 0 (one is a copy of the other but for its last word), one question 2."""
    rows = [{"id": f"clean{i}", "text": around(i)} for i in range(40)]
    inside = f"{around(100)} {QUESTIONS[0]} {around(101)}"
    rows[10:10] = [{"id": "one", "text": inside}, {"id": "two", "text": f"{inside} end"}]
    rows.append({"id": "three", "text": QUESTIONS[2].upper()})
    path = place / "corpus.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    path = tmp_path / "set.jsonl"
    path.write_text("".join(json.dumps({"question": q, "answer": str(i)}) + "\n" for i, q in enumerate(QUESTIONS)))
    return path


def rows_of(path: Path) -> list[dict[str, Any]]:
    return pq.read_table(path).to_pylist()


def test_documents_that_hold_an_entry_go_and_name_it(tmp_path: Path, questions: Path, run) -> None:
    done = run("dedup", corpus(tmp_path), "-o", tmp_path / "out", "--against", questions, "--json").json
    gone = {r["id"]: (r["removed_by"], r["twin_id"], r["score"]) for r in rows_of(tmp_path / "out" / "_removed")}
    held = {i: (["contaminated"], f"{questions}#{row}", 1.0) for i, row in (("one", 0), ("two", 0), ("three", 2))}
    assert gone == held  # both near-duplicates go for the entry: neither is the other's twin
    assert done["counts"]["by_reason"] == {"contaminated": 3}
    assert done["against"] == [{"path": str(questions), "rows": 4, "searchable": 4, "too_short": 4, "held": 2}]


def test_the_rows_of_the_set_that_the_corpus_holds_are_marked(tmp_path: Path, questions: Path, run) -> None:
    run(
        "dedup", corpus(tmp_path), "-o", tmp_path / "out", "--against", questions, "-j", "2", "--set", "shard_bytes=4KB"
    )
    found = [(r["row"], r["column"], r["text"], r["documents"]) for r in rows_of(tmp_path / "out" / "_contaminated")]
    assert found == [(0, "question", QUESTIONS[0], 2), (2, "question", QUESTIONS[2], 1)]


def test_cutting_takes_the_entry_and_what_stands_around_it(tmp_path: Path, questions: Path, run) -> None:
    source = corpus(tmp_path)
    before = {r["id"]: r["text"] for r in map(json.loads, source.read_text().splitlines())}
    run("dedup", source, "-o", tmp_path / "out", "--against", questions, "--action", "cut")
    kept = {r["id"]: r["text"] for r in rows_of(tmp_path / "out")}
    cuts = {r["id"]: r for r in rows_of(tmp_path / "out" / "_cuts")}
    gone = {r["id"]: (r["removed_by"], r["twin_id"]) for r in rows_of(tmp_path / "out" / "_removed")}
    assert gone.pop("three") == (["contaminated"], f"{questions}#2")  # nothing was left of it
    assert set(gone) == {"one"} and gone["one"] == (["near_duplicate"], "two")  # the longer of two near copies stays
    start, end = cuts["two"]["start"], cuts["two"]["end"]
    at = before["two"].index(QUESTIONS[0])
    assert (start, end) == (at - 200, at + len(QUESTIONS[0]) - 1 + 200) and cuts["two"]["rule"] == "contaminated"
    assert kept["two"] == before["two"][:start] + before["two"][end:]
    assert all(kept[f"clean{i}"] == before[f"clean{i}"] for i in range(40))


def test_flagging_keeps_everything(tmp_path: Path, questions: Path, run) -> None:
    run("dedup", corpus(tmp_path), "-o", tmp_path / "out", "--against", questions, "--action", "flag")
    flags = {r["id"]: (r["contaminated"], r["contaminated_by"]) for r in rows_of(tmp_path / "out")}
    assert flags["two"] == (True, f"{questions}#0") and flags["three"] == (True, f"{questions}#2")
    assert {flags[f"clean{i}"] for i in range(40)} == {(False, None)}


def test_sets_are_files_artifacts_and_tasks(tmp_path: Path, questions: Path, run) -> None:
    docs = corpus(tmp_path)
    table = pa.table(
        {"id": ["a", "b"], "text": [QUESTIONS[0], QUESTIONS[1]], "url": ["http://x.example/a/b/c/d/e/f"] * 2}
    )
    pq.write_table(table, tmp_path / "set.parquet")
    task = tmp_path / "t.toml"
    task.write_text('name = "t"\ntest = "set.jsonl"\nextract = "number"\n')
    for against, twin in ((tmp_path / "set.parquet", "set.parquet#a"), (task, "t.toml#0")):
        run("dedup", docs, "-o", tmp_path / "out", "--against", against, "--force")
        assert {r["twin_id"] for r in rows_of(tmp_path / "out" / "_removed") if r["id"] == "one"} == {
            f"{tmp_path}/{twin}"
        }
    run("dedup", questions.with_name("corpus.jsonl"), "-o", tmp_path / "docs")
    run("dedup", docs, "-o", tmp_path / "none", "--against", tmp_path / "docs")
    assert rows_of(tmp_path / "none") == []


def test_a_set_of_other_content_is_another_run(tmp_path: Path, questions: Path, run) -> None:
    docs = corpus(tmp_path)
    run("dedup", docs, "-o", tmp_path / "out", "--against", questions)
    assert "already" in run("dedup", docs, "-o", tmp_path / "out", "--against", questions).out
    questions.write_text(json.dumps({"question": QUESTIONS[3]}) + "\n")
    run("dedup", docs, "-o", tmp_path / "out", "--against", questions, expect=3)


@pytest.mark.parametrize(
    ("content", "words", "said", "code"),
    [
        ('{"a": "yes", "b": 3}\n', (), "no text of 5 words", 1),
        ("", (), "holds no rows", 1),
        ("{broken\n", (), "byte 0", 1),
        ('{"a": "one two three four five six"}\n', ("--against-columns", "question"), "no column 'question'", 2),
    ],
)
def test_a_set_that_cannot_be_searched_for_is_one_sentence(
    content: str, words: tuple[str, ...], said: str, code: int, tmp_path: Path, run
) -> None:
    (tmp_path / "s.jsonl").write_text(content)
    ran = run("dedup", corpus(tmp_path), "-o", tmp_path / "out", "--against", tmp_path / "s.jsonl", *words, expect=code)
    assert said in ran.err and len(ran.err.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_a_document_that_holds_an_entry_is_nobodys_twin(tmp_path: Path, questions: Path, run) -> None:
    """Behind 1,500 others, so that rows are counted across batches: a long text with a question in it, and the same text
    without. They are alike, and the longer one would stay; it goes for the question, so the other has no twin."""
    words = [f"word{n}" for n in range(400)]
    rows = [{"id": f"other{n}", "text": f"note {n} of {n * 7}"} for n in range(1500)]
    rows += [
        {"id": "holds", "text": " ".join([*words[:200], QUESTIONS[1], *words[200:]])},
        {"id": "clean", "text": " ".join(words)},
    ]
    path = tmp_path / "many.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    run("dedup", path, "-o", tmp_path / "alike")
    assert [r["twin_id"] for r in rows_of(tmp_path / "alike" / "_removed")] == ["holds"]
    run("dedup", path, "-o", tmp_path / "out", "--against", questions, "--set", "shard_bytes=1GB")
    assert [(r["id"], r["removed_by"]) for r in rows_of(tmp_path / "out" / "_removed")] == [("holds", ["contaminated"])]
