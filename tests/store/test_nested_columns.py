"""Parquet files whose columns have the names of a document's but other types."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq


def test_a_nested_metadata_becomes_json_text_and_a_record_of_another_kind_is_passed_over(run, tmp_path: Path) -> None:
    table = pa.table({"text": ["a b c", "d"], "record": ["x", "y"], "metadata": [{"title": "T"}, None]})
    pq.write_table(table, tmp_path / "docs.parquet")
    run("scrub", tmp_path / "docs.parquet", "-o", tmp_path / "safe")
    rows = pq.read_table(tmp_path / "safe").to_pylist()
    assert [row["metadata"] for row in rows] == ['{"title": "T"}', None]
    assert [row["record"]["offset"] for row in rows] == [0, 1]


def test_a_column_that_is_nested_in_one_file_and_flat_in_another_is_text(run, tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": ["a"], "extra": [{"q": 1}]}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"text": ["b"], "extra": [7]}), tmp_path / "b.parquet")
    run("scrub", tmp_path / "a.parquet", tmp_path / "b.parquet", "-o", tmp_path / "safe")
    assert pq.read_table(tmp_path / "safe")["extra"].to_pylist() == ['{"q": 1}', "7"]
