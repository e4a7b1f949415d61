"""Flat memory: 1 GB of JSON Lines and 1 GB of Parquet (one row group, as `pq.write_table` leaves it) through `filter`.

Two workers, both busy, each below 1 GiB of resident memory at its peak (the kernel's own record, VmHWM).
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from measuring import ran, remember, remembered

GIGABYTE, LIMIT = 1_000_000_000, 1 << 30


def run(place: Path, data: Path) -> tuple[dict[str, Any], dict[str, bool]]:
    """Make the files, filter each, look at the workers."""
    documents = real_documents(place, data)
    made = {
        "jsonl": write_jsonl(place / "big.jsonl", documents),
        "parquet": write_parquet(place / "big.parquet", documents),
    }
    figures, claims = {}, {}
    for form, source in made.items():
        figures[form] = facts = filtered(place, form, source)
        claims[f"{form}: two busy workers (each has a core for 40 % of the wall time or more)"] = (
            facts["busy_workers"] == 2
        )
        claims[f"{form}: each worker below 1 GiB"] = max(facts["peak_memory_of_workers"]) < LIMIT
        claims[f"{form}: every row is kept or removed"] = facts["counts"]["in"] == facts["rows"]
    return figures, claims


def real_documents(place: Path, data: Path) -> list[str]:
    """The texts of the crawl."""
    raw = place / "raw"
    ran("crawl-ingest", *sorted((data / "web" / "crawl").glob("*.warc.gz")), "-o", raw, "--extract", "fast", "-j", "2")
    return [text for text in pq.read_table(raw, columns=["text"])["text"].to_pylist() if text]


def repeated(documents: list[str]) -> Iterator[str]:
    """The documents round and round; each round is told apart by its first line."""
    for turn in itertools.count():
        for text in documents:
            yield f"Copy {turn} of this page.\n{text}"


def write_jsonl(path: Path, documents: list[str]) -> Path:
    """One file of at least 1 GB."""
    if not path.exists():
        temporary, size = path.with_suffix(".tmp"), 0
        with temporary.open("wb") as stream:
            for text in repeated(documents):
                size += stream.write(json.dumps({"text": text}, ensure_ascii=False).encode() + b"\n")
                if size >= GIGABYTE:
                    break
        temporary.replace(path)
    return path


def write_parquet(path: Path, documents: list[str]) -> Path:
    """One row group of at least 1 GB on disk (uncompressed, so that 1 GB on disk is 1 GB of text)."""
    if not path.exists():
        texts, size = [], 0
        for text in repeated(documents):
            texts.append(text)
            size += len(text.encode())
            if size >= GIGABYTE:
                break
        temporary = path.with_suffix(".tmp")
        pq.write_table(pa.table({"text": pa.array(texts, pa.large_string())}), temporary, compression="none")
        temporary.replace(path)
    return path


def filtered(place: Path, form: str, source: Path) -> dict[str, Any]:
    """`filter -j 2` over one file."""
    kept = place / f"{form}.json"
    known = remembered(kept)
    if known:
        return dict(known)
    done = ran("filter", source, "-o", place / f"{form}-out", "-j", "2", "--preset", "gopher", "--json", "--force")
    # the busiest two are the workers; the parent and multiprocessing's resource tracker are not
    workers = sorted(done.busy, key=lambda pid: done.busy[pid], reverse=True)[:2]
    counts = done.json["counts"]
    facts = {"command": f"llmctl filter {source.name} -o OUT -j 2 --preset gopher", "bytes": source.stat().st_size,
             "rows": rows_of(form, source), "counts": counts, "seconds": done.seconds,
             "megabytes_per_second": round(source.stat().st_size / 1e6 / done.seconds, 1),
             "busy_workers": sum(done.busy[pid] > 0.4 * done.seconds for pid in workers),
        "cpu_seconds_of_workers": [round(done.busy[pid], 1) for pid in workers],
             "peak_memory_of_workers": [done.peaks[pid] for pid in workers],
             "peak_memory_tree": done.tree}  # fmt: skip
    remember(kept, facts)
    return facts


def rows_of(form: str, source: Path) -> int:
    """Rows, counted without llmctl."""
    if form == "parquet":
        return int(pq.read_metadata(source).num_rows)
    with source.open("rb") as stream:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: stream.read(1 << 24), b""))
