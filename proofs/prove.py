"""`make prove NAME=...`: one long proof; its result is `proofs/NAME.json`.

A proof is a module with `run(place, data) -> (figures, claims)`: claims are sentences that are true or false. It keeps what
it has done in `place` (`.prove/NAME`, or below LLMCTL_PROOFS) and goes on from there when it is run again.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parents[1]
PROOFS = (
    "attention",
    "characters",
    "crawl",
    "dedup_scale",
    "dry_run",
    "elastic",
    "ids",
    "kill",
    "memory",
    "parallel",
    "prefix",
    "reshard",
    "startup",
    "switches",
)


def main() -> int:
    """Run the named proof; exit 0 when every claim holds."""
    if len(sys.argv) != 2 or sys.argv[1] not in PROOFS:
        print(f"python proofs/prove.py NAME; NAME is one of {', '.join(PROOFS)}", file=sys.stderr)
        return 2
    name = sys.argv[1]
    sys.path.append(str(ROOT))  # a proof may use what a benchmark measures with
    place = Path(os.environ.get("LLMCTL_PROOFS", ROOT / ".prove")).absolute() / name
    begin_anew_for_another_source(place)
    data = Path(os.environ.get("LLMCTL_TEST_DATA", ROOT.parent / "shared" / "data"))
    figures, claims = importlib.import_module(name).run(place, data)
    result = {"name": name, "command": f"make prove NAME={name}", "commit": commit(), "proved": all(claims.values()),
              "claims": claims, "figures": figures, "machine": machine()}  # fmt: skip
    (ROOT / "proofs" / f"{name}.json").write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    for claim, holds in claims.items():
        print(f"{'holds' if holds else 'FAILS'}  {claim}")
    return 0 if result["proved"] else 1


def begin_anew_for_another_source(place: Path) -> None:
    """A proof is of one state of `src`, `benchmarks` and `proofs/*.py`: what was done for another one is done again."""
    digest = hashlib.sha256()
    for path in sorted(
        [
            *(ROOT / "src").rglob("*.py"),
            *(ROOT / "src").rglob("*.toml"),
            *(ROOT / "proofs").glob("*.py"),
            *(ROOT / "benchmarks").glob("*.py"),
        ]
    ):
        digest.update(f"{path.relative_to(ROOT)} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    record = place / "source.txt"
    if not record.exists() or record.read_text() != digest.hexdigest():
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        record.write_text(digest.hexdigest())


def commit() -> str:
    """The commit that was proved; `+` when the source differs from it."""
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    changed = subprocess.run(
        ["git", "status", "--porcelain", "src"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return head.stdout.strip() + ("+" if changed.stdout.strip() else "")


def machine() -> dict[str, Any]:
    """What it ran on."""
    return {"python": platform.python_version(), "system": platform.platform(), "cores": len(os.sched_getaffinity(0)),
            "memory": psutil.virtual_memory().total}  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
