"""`dedup --dry-run`: rows, memory, disk and time from a sample, before anything is written."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from near_copies import documents, page, written


def test_what_is_small_is_read_whole_and_counted_exactly(tmp_path: Path, run) -> None:
    rows = documents(50)
    found = run("dedup", written(tmp_path / "d.jsonl", rows), "-o", "out", "-n", "--json", cwd=tmp_path).json
    assert found["dry_run"] and (found["estimate"]["rows"], found["estimate"]["sampled_rows"]) == (50, 50)
    assert found["estimate"]["text_bytes"] == sum(len(row["text"].encode()) for row in rows)
    assert [p.name for p in tmp_path.iterdir()] == ["d.jsonl"]


def long_rows(count: int) -> list[dict]:
    """More of a row is beside its text than in it."""
    chance = random.Random(1)
    return [{"id": f"d{n:05d}", "text": page(chance), "note": f"{n:05d}" * 200} for n in range(count)]


@pytest.mark.parametrize("form", ["jsonl", "jsonl.gz", "parquet"])
def test_rows_of_a_large_input_are_foreseen_from_a_part(form: str, tmp_path: Path, run) -> None:
    """12,000 rows, of which a few thousand are read: within two per cent."""
    rows = long_rows(12_000)
    docs = tmp_path / f"d.{form}"
    plain = written(tmp_path / "plain.jsonl", rows)
    if form == "jsonl":
        docs = plain
    elif form == "jsonl.gz":
        docs.write_bytes(gzip.compress(plain.read_bytes(), 1))
    else:
        pq.write_table(pa.Table.from_pylist(rows), docs, row_group_size=1000)
    found = run("dedup", docs, "-o", tmp_path / "out", "-n", "--json").json["estimate"]
    assert found["rows"] == pytest.approx(12_000, rel=0.02) and found["disk"] > 12_000 * 8
    if form != "parquet":
        assert found["sampled_rows"] < 12_000


@pytest.mark.parametrize("words", [("--keep", "best=quality"), ("--within", "dump")])
def test_columns_that_the_documents_have_are_known(words: tuple[str, str], tmp_path: Path, run) -> None:
    rows = [{**row, "quality": 1.0, "dump": "May"} for row in documents(5)]
    docs = written(tmp_path / "d.jsonl", rows)
    assert run("dedup", docs, "-o", tmp_path / "out", "-n", *words, "--json").json["estimate"]["rows"] == 5
    ran = run("dedup", docs, "-o", tmp_path / "out", "-n", "--keep", "best=shelf", expect=1)
    assert "no column 'shelf'" in ran.err and ran.err.count("\n") == 1


def test_more_workers_take_more_memory(tmp_path: Path, run) -> None:
    docs = written(tmp_path / "d.jsonl", long_rows(6000))
    one, four = (run("dedup", docs, "-o", tmp_path / "o", "-n", "-j", n, "--json").json["estimate"] for n in "14")
    assert four["memory"] > 2 * one["memory"]


def test_a_pipe_is_not_read(run) -> None:
    found = run("dedup", "-", "-o", "out", "-n", "--json", stdin=b'{"id": "a", "text": "one"}\n').json
    assert found["estimate"]["rows"] == 0
