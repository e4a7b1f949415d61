"""The figures of a finished demo, from its manifests: into `figures.json`, and on the screen.

usage: figures.py OUT --started SECONDS   (writes)
       figures.py OUT --show              (prints)
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

STAGES = ("raw/pages", "raw/code", "clean/pages", "clean/code", "unique", "safe", "train")
WIDTH = 40  # characters of the longest bar


def manifest(out: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((out / name / "_manifest.json").read_text())
    return found


def gather(out: Path, started: int) -> dict[str, Any]:
    """Everything worth telling, and the wall-clock seconds of the `make` that ended here."""
    lines = [json.loads(line) for line in (out / "run" / "metrics.jsonl").read_text().splitlines()]
    return {
        "funnel": {name: manifest(out, name)["counts"] for name in STAGES},
        "tokens": {name: manifest(out, name)["counts"].get("tokens") for name in ("tokens", "valid-tokens")},
        "unigram": json.loads((out / "unigram.json").read_text()),
        "val_loss": [line["val_loss"] for line in lines if "val_loss" in line][-1],
        "accuracy": manifest(out, "results")["summary"],
        "seconds": int(time.time()) - started,
    }


def bars(funnel: dict[str, dict[str, Any]]) -> list[str]:
    """The funnel as lines: the bar is what stays, the dots are what goes."""
    most = max(counts["in"] for counts in funnel.values())
    lines = []
    for name, counts in funnel.items():
        kept = round(WIDTH * counts["kept"] / most)
        gone = round(WIDTH * counts["in"] / most) - kept
        why = ", ".join(f"{r} {n}" for r, n in sorted(counts["by_reason"].items(), key=lambda rn: -rn[1])[:3])
        lines.append(
            f"  {name:<12}{'#' * kept + '.' * gone:<{WIDTH}} {counts['in']:>5} -> {counts['kept']:>5}  {why}".rstrip()
        )
    return lines


def show(out: Path, figures: dict[str, Any]) -> str:
    """The screen."""
    goal, loss = figures["unigram"], figures["val_loss"]
    below = 1 - loss / goal["entropy"]
    lines = ["", "what came in and what stayed", *bars(figures["funnel"]), ""]
    lines.append(f"tokens      {figures['tokens']['tokens']:,} to train on, {goal['tokens']:,} held out")
    lines.append(
        f"loss        {loss:.3f} nats a held-out token; token frequencies alone: {goal['entropy']:.3f} ({below:.0%} below)"
    )
    for row in figures["accuracy"]:
        name = f"{row['shots']} shots, accuracy {row['accuracy']:.3f} of {row['n']}"
        lines.append(f"next-word   {name} (95 % interval {row['low']:.3f} to {row['high']:.3f}; chance 0.25)")
    for row in pq.read_table(out / "answers").to_pylist():
        lines.append(f"prompt      {row['prompt']!r} -> {row['answer'][:80]!r}")
    lines += ["", f"everything lies in {out}/ (figures.json: {figures['seconds']} s in all). Look further:"]
    lines += [f"  {text}" for text in (
        f"open {out}/report.html", f".venv/bin/llmctl show {out}/clean/pages removed",
        f".venv/bin/llmctl show {out}/train funnel", f".venv/bin/llmctl trace {out}/run --step 100")]  # fmt: skip
    return "\n".join(lines)


def main() -> None:
    out = Path(sys.argv[1])
    place = out / "figures.json"
    if sys.argv[2] == "--started":
        place.write_text(json.dumps(gather(out, int(sys.argv[3])), indent=1) + "\n")
        return
    print(show(out, json.loads(place.read_text())))


if __name__ == "__main__":
    main()
