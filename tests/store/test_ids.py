"""Ids that are given, missing, or empty."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq


def test_an_empty_id_is_a_missing_one(tmp_path: Path, run) -> None:
    (tmp_path / "a.jsonl").write_text('{"id":"","text":"one"}\n{"id":"","text":"two"}\n{"id":"x","text":"three"}\n')
    pq.write_table(pa.table({"id": ["", "y"], "text": ["four", "five"]}), tmp_path / "b.parquet")
    run("dedup", tmp_path / "a.jsonl", tmp_path / "b.parquet", "-o", tmp_path / "out")
    ids = pq.read_table(tmp_path / "out")["id"].to_pylist()
    assert len(set(ids)) == 5
    assert {"x", "y"} < set(ids) and "" not in ids


def test_removed_goes_with_a_stream_alone(tmp_path: Path, run) -> None:
    (tmp_path / "a.jsonl").write_text('{"text":"one"}\n')
    ran = run("scrub", tmp_path / "a.jsonl", "-o", tmp_path / "out", "--removed", tmp_path / "gone.jsonl", expect=2)
    assert "--removed goes with -o -" in ran.err
    assert not (tmp_path / "out").exists()
