"""What each stage makes of the golden corpus, as one hash; `python tests/golden/rows.py` writes `golden.json` anew.

It refuses to where the rows of a stage changed and its VERSION did not: whoever has an artifact must be able to trust its key.
Rows are hashed as values, so that another writer of Parquet is no other result.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

HERE = Path(__file__).resolve().parent
SOURCES = "../../examples/sources"
STAGES = {
    "crawl-ingest": ("corpus.jsonl",),
    **{f"crawl-ingest {kind}": (f"{SOURCES}/{kind}",) for kind in ("conversation", "scientific", "code", "qa")},
    "crawl-ingest web": (f"{SOURCES}/web", "--max-unreadable", "1"),
    "crawl-ingest book": (f"{SOURCES}/book", "--unit", "chapter"),
    "filter": ("corpus.jsonl", "--preset", "gopher"),
    "filter c4": ("corpus.jsonl", "--preset", "c4"),
    "dedup": ("corpus.jsonl", "--keep", "first"),
    "scrub": ("corpus.jsonl",),
    "tokenize": ("corpus.jsonl", "--train", "bpe", "--vocab-size", "320"),
}


def version_of(name: str) -> int:
    """The stage's VERSION."""
    module = importlib.import_module(f"llmctl.stages.{name.partition(' ')[0].replace('-', '_')}")
    return int(module.VERSION)


def rows_of(out: Path) -> dict[str, list[dict[str, Any]]]:
    """Every table of an artifact: kept rows under the empty name, then `_removed`, `_spans`, `_cuts`; floats to 4 digits."""
    folders = [out, *sorted(p for p in out.iterdir() if p.is_dir())]
    return {f.name if f != out else "": [_rounded(row) for row in pq.read_table(f).to_pylist()] for f in folders}


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4)  # the last digits of a language score depend on the processor
    if isinstance(value, dict):
        return {k: _rounded(v) for k, v in value.items()}
    return [_rounded(v) for v in value] if isinstance(value, list) else value


def build(name: str, place: Path) -> Path:
    """The artifact of one stage over the corpus."""
    words = [sys.executable, "-m", "llmctl", name.partition(" ")[0], *STAGES[name], "-o", str(place / "out")]
    subprocess.run(words, cwd=HERE, check=True, capture_output=True)
    return place / "out"


def hash_of(out: Path) -> str:
    """One hash of all rows and the tokenizer."""
    text = json.dumps(rows_of(out), ensure_ascii=False, sort_keys=True)
    tokenizer = out / "_tokenizer.json"
    text += tokenizer.read_text(encoding="utf-8") if tokenizer.exists() else ""
    return hashlib.sha256(text.encode()).hexdigest()


def main() -> int:
    """Write golden.json, unless bytes changed under an old VERSION."""
    golden = HERE / "golden.json"
    old = json.loads(golden.read_text()) if golden.exists() else {}
    new = {}
    for name in STAGES:
        with tempfile.TemporaryDirectory() as place:
            new[name] = {"version": version_of(name), "sha256": hash_of(build(name, Path(place)))}
        before = old.get(name)
        if before and before["sha256"] != new[name]["sha256"] and before["version"] == new[name]["version"]:
            print(f"{name}: the rows changed; raise VERSION in its stage first", file=sys.stderr)
            return 1
    golden.write_text(json.dumps(new, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
