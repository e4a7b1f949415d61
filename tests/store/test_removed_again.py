"""What a stage removed can be given to a stage as documents."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest


@pytest.mark.parametrize("stage", ["filter", "dedup", "scrub"])
def test_removed_rows_go_through_a_stage_again(stage: str, run, tmp_path: Path) -> None:
    docs = tmp_path / "docs.jsonl"
    docs.write_text("".join(json.dumps({"id": f"d{n}", "text": "too short", "score": "mine"}) + "\n" for n in range(3)))
    run("filter", docs, "-o", tmp_path / "clean", "--preset", "gopher")
    again, extra = (
        tmp_path / "again",
        {"filter": ["--signals", "--lang", "en,zh,xx", "--set", "min_lang_score=0"]}.get(stage, []),
    )
    run(stage, tmp_path / "clean" / "_removed", "-o", again, *extra)
    kept = pq.read_table(again)
    assert "removed_by" not in kept.column_names and set(kept["score"].to_pylist()) == {"mine"}
    counts = json.loads((again / "_manifest.json").read_text())["counts"]
    assert counts["in"] == 3 == kept.num_rows + pq.read_table(again / "_removed").num_rows
