"""`-`: JSON Lines through stdin and stdout, as any tool of the shell."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from contract.corpus import Case

QUERY = "import json, sys; print(json.load(sys.stdin)['counts']['kept'])"  # what `jq .counts.kept` does
LLMCTL = f"{sys.executable} -m llmctl"


def shell(line: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["bash", "-o", "pipefail", "-c", line], cwd=cwd, capture_output=True, text=True, check=False)


def test_stdin_to_stdout_gives_the_rows_of_the_artifact(case: Case, place: Path, tmp_path: Path, run) -> None:
    raw = (place / "small.jsonl").read_bytes()
    streamed = run(case.name, "-", *case.words, "-o", "-", "--removed", "gone.jsonl", stdin=raw, cwd=tmp_path)
    run(case.name, place / "small.jsonl", *case.words, "-o", "out", cwd=tmp_path)
    kept, gone = pq.read_table(tmp_path / "out").to_pylist(), pq.read_table(tmp_path / "out" / "_removed").to_pylist()
    name = "ids" if case.name == "tokenize" else "text"
    assert [(row["id"], row[name]) for row in map(json.loads, streamed.out.splitlines())] == [
        (r["id"], r[name]) for r in kept
    ]
    lines = (tmp_path / "gone.jsonl").read_text().splitlines()
    assert [(row["id"], row["removed_by"]) for row in map(json.loads, lines)] == [
        (r["id"], r["removed_by"]) for r in gone
    ]
    assert f"{len(kept) + len(gone)} in = {len(kept)} kept + {len(gone)} removed" in streamed.err


def test_stdin_into_an_artifact_and_an_artifact_to_stdout(case: Case, place: Path, tmp_path: Path, run) -> None:
    raw = (place / "small.jsonl").read_bytes()
    first = run(case.name, "-", *case.words, "-o", "out", "--json", stdin=raw, cwd=tmp_path).json
    again = run(case.name, "-", *case.words, "-o", "out", "--json", stdin=raw, cwd=tmp_path).json
    assert again == first
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out"]
    if case.name not in ("tokenize", "crawl-ingest"):
        assert set(pq.read_table(tmp_path / "out")["record"].combine_chunks().field("file").to_pylist()) == {"-"}
    printed = run(case.name, place / "small.jsonl", *case.words, "-o", "-", cwd=tmp_path)
    assert len(printed.out.splitlines()) == first["counts"]["kept"]


def test_the_pipe_of_the_documentation_works_as_written(place: Path, tmp_path: Path, run) -> None:
    (tmp_path / "docs.jsonl.gz").write_bytes(gzip.compress((place / "small.jsonl").read_bytes()))
    line = f"zcat docs.jsonl.gz | {LLMCTL} filter - -o - --preset gopher | {LLMCTL} scrub - -o - > clean.jsonl"
    done = shell(line, tmp_path)
    assert done.returncode == 0, done.stderr
    rows = [json.loads(text) for text in (tmp_path / "clean.jsonl").read_text().splitlines()]
    assert rows and not any("@harbour.example" in row["text"] for row in rows)
    assert any("<EMAIL>" in row["text"] and "<IP>" in row["text"] for row in rows)
    run("filter", place / "small.jsonl", "--preset", "gopher", "-o", "clean", cwd=tmp_path)
    run("scrub", "clean", "-o", "safe", cwd=tmp_path)
    assert [r["text"] for r in rows] == pq.read_table(tmp_path / "safe")["text"].to_pylist()


def test_a_reader_that_goes_away_is_no_bug(place: Path, tmp_path: Path) -> None:
    done = shell(f"{LLMCTL} scrub - -o - < {place / 'corpus.jsonl'} | head -1", tmp_path)
    assert done.stdout.count("\n") == 1 and "Traceback" not in done.stderr


@pytest.mark.parametrize("name", ["filter", "scrub"])
def test_broken_lines_of_a_stream_are_counted_and_kept(name: str, place: Path, tmp_path: Path, run) -> None:
    raw = (place / "small.jsonl").read_bytes() + b"{broken\n"
    words = (name, "-", "-o", "-", *(("--preset", "gopher") if name == "filter" else ()))
    done = run(*words, "--removed", "gone.jsonl", stdin=raw, cwd=tmp_path)
    gone = [json.loads(line) for line in (tmp_path / "gone.jsonl").read_text().splitlines()]
    lost = [row for row in gone if row["removed_by"] == ["unreadable:json"]]
    assert [row["record"]["offset"] for row in lost] == [len(raw) - 8]
    assert "121 in =" in done.err
    run(*words, stdin=b"{broken\n" * 9 + raw, cwd=tmp_path, expect=1)


def test_json_can_be_queried(place: Path, tmp_path: Path) -> None:
    asked = "jq .counts.kept" if shutil.which("jq") else f'{sys.executable} -c "{QUERY}"'
    done = shell(f"{LLMCTL} scrub {place / 'small.jsonl'} -o out --json | {asked}", tmp_path)
    assert done.stdout == "120\n"


def test_the_target_of_a_makefile_is_the_manifest(place: Path, tmp_path: Path) -> None:
    rule = f"out/_manifest.json: {place / 'small.jsonl'}\n\t{LLMCTL} scrub $< -o out\n"
    (tmp_path / "Makefile").write_text(rule)
    assert shell("make", tmp_path).returncode == 0
    assert "up to date" in shell("make", tmp_path).stdout
