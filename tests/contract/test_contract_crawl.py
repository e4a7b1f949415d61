"""`crawl-ingest` on a real crawl: ranges of records as units, every record accounted for, truth kept."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from contract.corpus import content

WARC = "legacy.example.warc.gz"


@pytest.fixture(scope="module")
def raw(data: Path, tmp_path_factory: pytest.TempPathFactory, run) -> Path:
    """The documents of one crawl, by two workers, in many units."""
    place = tmp_path_factory.mktemp("crawl")
    for workers in (1, 2):
        words = ("--set", "shard_bytes=20000", "--extract", "fast", "-j", str(workers))
        run("crawl-ingest", data / "web" / "crawl" / WARC, *words, "-o", f"raw-{workers}", cwd=place)
    return place / "raw-2"


def test_one_worker_and_two_write_the_same_bytes_of_one_warc_in_forty_units(raw: Path) -> None:
    assert content(raw) == content(raw.with_name("raw-1"))
    assert len({p.name for p in raw.rglob("part-*.parquet")}) >= 40


def test_every_response_is_a_document_or_has_the_reason_that_is_true_of_it(raw: Path, data: Path) -> None:
    truth = [r for r in pq.read_table(data / "web" / "crawl_truth.parquet").to_pylist() if r["warc"] == WARC]
    kept = {row["record"]["offset"] for row in pq.read_table(raw, columns=["record"]).to_pylist()}
    gone = {row["record"]["offset"]: row["removed_by"] for row in pq.read_table(raw / "_removed").to_pylist()}
    reasons = {"http_404": ["status"], "asset": ["type"], "autoindex": ["listing"]}
    for row in truth:
        if row["kind"] in reasons:
            assert gone[row["offset"]] == reasons[row["kind"]], row["url"]
        else:
            assert row["offset"] in kept, row["url"]
