"""Records of every kind, of which some give several documents: counts, units, kills and packings under the contract."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from contract import sources
from contract.corpus import content, draft, finished_units

WORDS = ("--unit", "chapter", "--extract", "fast", "--set", "shard_bytes=20000", "--set", "book.unwrap=false")
KILLS = 4


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that holds the tree and its packings."""
    place = tmp_path_factory.mktemp("sources")
    sources.write_tree(place / "tree")
    return place


@pytest.fixture(scope="module")
def made(tree: Path, run) -> Path:
    """The tree by two workers."""
    run("crawl-ingest", "tree", *WORDS, "-o", "two", "-j", "2", cwd=tree)
    return tree / "two"


def rows(out: Path, folder: str = "") -> list[dict[str, Any]]:
    return pq.read_table(out / folder).to_pylist()


def test_one_worker_and_two_write_the_same_bytes_in_forty_units(made: Path, tree: Path, run) -> None:
    run("crawl-ingest", "tree", *WORDS, "-o", "one", "-j", "1", cwd=tree)
    assert content(tree / "one") == content(made)
    assert len({p.name for p in made.rglob("part-*.parquet")}) >= 40


def test_records_are_counted_and_documents_stand_beside_them(made: Path) -> None:
    counts = json.loads((made / "_manifest.json").read_text())["counts"]
    kinds = Counter(row["source"] for row in rows(made))
    assert counts["documents"] == len(rows(made)) == sum(kinds.values())
    assert (counts["in"], counts["removed"]) == (counts["kept"] + counts["removed"], len(rows(made, "_removed")))
    records = Counter(row["record"]["file"] + str(row["record"]["offset"]) for row in rows(made))
    assert counts["kept"] == len(records) < counts["documents"]
    assert kinds == {
        "conversation": sources.CHATS + sources.TURNS,
        "web": sources.PAGES,
        "code": sources.MODULES,
        "book": sources.BOOKS * (sources.CHAPTERS + 1),  # the line in front of the first chapter
        "scientific": 1,
        "qa": sources.QUESTIONS,
        "other": 1,  # the licence itself
    }


def test_every_id_is_one_documents_and_says_which_record_it_is_of(made: Path) -> None:
    ids = [row["id"] for row in rows(made)]
    assert len(set(ids)) == len(ids)
    chapters = [row for row in rows(made) if row["source"] == "book"]
    assert {id.partition("/")[0] for id in (row["id"] for row in chapters)} == {
        row["id"].partition("/")[0] for row in chapters
    }
    assert len({row["id"].partition("/")[0] for row in chapters}) == sources.BOOKS


def test_what_is_no_document_goes_with_its_reason(made: Path) -> None:
    gone = {Path(row["record"]["file"]).name: row["removed_by"] for row in rows(made, "_removed")}
    assert gone["torn.html.gz"] == ["unreadable:broken_archive"]
    assert gone["picture.png"] == ["type"]
    of_dump = Counter(row["removed_by"][0] for row in rows(made, "_removed") if row["record"]["file"].endswith(".xml"))
    assert of_dump == {"orphan": 1, "type": 1, "unreadable:xml": 1}


def test_inputs_of_a_paper_and_the_licence_of_a_repository_reach_their_records(made: Path) -> None:
    paper = next(row for row in rows(made) if row["source"] == "scientific")
    assert "$x^2 \\ge 0$" in paper["text"] and "nobody reads this" not in paper["text"]
    assert {row["license"] for row in rows(made) if row["source"] == "code"} == {"MIT"}
    assert not any("sections/one.tex" in row["record"]["file"] for row in [*rows(made), *rows(made, "_removed")])


def test_answers_follow_their_question_wherever_they_lie(made: Path) -> None:
    threads = [row for row in rows(made) if row["source"] == "qa"]
    assert all(row["record"]["file"].endswith("Posts.xml") for row in threads)
    assert len({row["record"]["offset"] for row in threads}) == sources.QUESTIONS
    answered = [row for row in threads if len(json.loads(row["metadata"]).get("answers", ())) == 2]
    assert len(answered) == sources.QUESTIONS - sources.QUESTIONS // 6


@pytest.mark.parametrize("pack", [sources.write_tar, sources.write_zip], ids=["tar.gz", "zip"])
def test_an_archive_gives_what_its_files_give(pack: Any, made: Path, tree: Path, tmp_path: Path, run) -> None:
    name = "tree.tar.gz" if pack is sources.write_tar else "tree.zip"
    pack(tmp_path / name)
    for workers in (1, 2):
        run("crawl-ingest", name, *WORDS, "-o", f"out{workers}", "-j", str(workers), cwd=tmp_path)
    assert content(tmp_path / "out1") == content(tmp_path / "out2")
    found = rows(tmp_path / "out2")
    elsewhere = ("chat/talk.jsonl", "qa/Posts.xml")  # files of many records: an archive hides them
    expected = [row for row in rows(made) if not row["record"]["file"].endswith(elsewhere)]
    assert Counter((r["source"], r["text"], r["license"]) for r in found) == Counter(
        (r["source"], r["text"], r["license"]) for r in expected
    )
    gone = Counter(row["removed_by"][0] for row in rows(tmp_path / "out2", "_removed"))
    others = (row for row in rows(made, "_removed") if not row["record"]["file"].endswith(elsewhere))
    assert gone == {"nested": len(elsewhere), **Counter(row["removed_by"][0] for row in others)}
    assert all(row["record"]["file"] == name for row in found)


def test_killed_at_any_moment_and_run_again_it_gives_the_same_bytes(made: Path, tree: Path, run) -> None:
    expected = content(made)
    units = len({p.name for p in made.rglob("part-*.parquet")})
    chance = random.Random(3)
    out = tree / "killed"
    for kill in range(KILLS):
        words = [
            sys.executable,
            "-m",
            "llmctl",
            "crawl-ingest",
            "tree",
            *WORDS,
            "-o",
            out.name,
            "-j",
            str(1 + kill % 2),
        ]
        process = subprocess.Popen(words, cwd=tree, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        goal = finished_units(out) + chance.randint(1, max(1, (units - 5 - finished_units(out)) // 2))
        until = time.monotonic() + 100
        while finished_units(out) < goal and process.poll() is None:
            assert time.monotonic() < until
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert not out.exists() and finished_units(out) >= 1
    run("crawl-ingest", "tree", *WORDS, "-o", out.name, cwd=tree)
    assert content(out) == expected
    assert not draft(out).exists()


def test_other_kinds_of_knobs_make_another_artifact(made: Path, tree: Path, run) -> None:
    refused = run("crawl-ingest", "tree", *WORDS, "--unit", "book", "-o", made.name, cwd=tree, expect=3)
    assert refused.err.count("\n") == 1
