"""Hold documents out before anything is trained: DOCS -> TRAIN (an artifact) and VALID (a directory of documents).

A tool of your own can stand between two stages: it reads Parquet, writes Parquet, and a `_manifest.json` with `key` and
`inputs` joins it to the chain that `llmctl show PATH funnel` and `llmctl why` follow. Which documents go is decided by a
hash of their text, so a page never changes sides; near copies are gone already (this comes after `dedup`).

usage: split.py DOCS TRAIN VALID SHARE
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq


def is_held_out(text: str, share: float) -> bool:
    """The same answer for the same text, always."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") < share * 2**64


def write(table: pa.Table, directory: Path) -> dict[str, Any]:
    """One part; returns what a manifest says about it."""
    directory.mkdir(parents=True)
    path = directory / "part-00000.parquet"
    pq.write_table(table, path, compression="zstd", row_group_size=1024)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return {"rows": table.num_rows, "bytes": path.stat().st_size, "sha256": digest}


def main() -> None:
    started = time.monotonic()
    docs, train, valid, share = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), float(sys.argv[4])
    for old in (train, valid):
        shutil.rmtree(old, ignore_errors=True)
    table = pq.read_table(docs)
    held = pa.array([is_held_out(text, share) for text in table["text"].to_pylist()])
    out = table.filter(held)
    removed = out.append_column("removed_by", pa.array([["held_out"]] * out.num_rows, pa.list_(pa.string())))
    write(out, valid)
    kept_fact = write(table.filter(pa.compute.invert(held)), train)
    removed_fact = write(removed, train / "_removed")
    above = json.loads((docs / "_manifest.json").read_text())["key"]
    settings = {"share": share}
    key = hashlib.sha256(json.dumps(["split", 1, settings, [above]]).encode()).hexdigest()[:32]
    counts = {
        "in": table.num_rows,
        "kept": kept_fact["rows"],
        "removed": out.num_rows,
        "by_reason": {"held_out": out.num_rows},
    }
    files = [{"path": "_removed/part-00000.parquet", **removed_fact}, {"path": "part-00000.parquet", **kept_fact}]
    manifest = {"stage": "split", "key": key, "version": 1, "settings": settings, "inputs": [{"path": str(docs), "key": above}],
                "counts": counts, "files": files, "seconds": round(time.monotonic() - started, 3)}  # fmt: skip
    (train / "_manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
    print(f"split: {table.num_rows} in = {kept_fact['rows']} to train on ({train}) + {out.num_rows} held out ({valid})")


if __name__ == "__main__":
    main()
