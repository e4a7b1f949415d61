"""What a stage would do, before it does it: a preview on sampled rows, and an estimate that reads no content."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from llmctl.settings.how import How
from llmctl.settings.knobs import plain
from llmctl.store.artifacts import Outcome, counts_line
from llmctl.store.units import LARGEST, SMALLEST, UNITS_WANTED, Reader

OBJECTIVES = 3  # of each rule
Facts = dict[str, Any]  # Any: JSON
Build = Callable[[str, How], Outcome]
# (a built sample, its settings, the reasons that removed something) -> (facts, lines)
Illustrate = Callable[[Path, Any, Sequence[str]], tuple[Facts, list[str]]]

# (settings, sources, how) -> (facts for the estimate, lines for a person), or None
Foresee = Callable[[Any, Sequence[str], How], tuple[Facts, Sequence[str]] | None]


def preview(
    name: str, settings: Any, sources: Sequence[str], how: How, build: Build, illustrate: Illustrate | None
) -> Outcome:
    """Judge a sample spread over the input: how many go by each rule, with examples. Writes nothing."""
    with tempfile.TemporaryDirectory(prefix="llmctl-") as place:
        eased = replace(how, max_unreadable=1.0, max_removed=None)
        out = f"{place}/out"
        outcome = build(out, eased)
        if outcome.manifest["counts"]["in"] < (how.preview or 0) and "-" not in sources:
            # some of the sampled units held less than their share: the input is small, so take its first rows
            out = f"{place}/first"
            outcome = build(out, replace(eased, preview=None, limit=how.preview))
        counts = outcome.manifest["counts"]
        rules = removals(Path(out), counts["by_reason"])
        more, drawn = illustrate(Path(out), settings, list(rules)) if illustrate else ({}, [])
    shown = {
        "stage": name,
        "preview": how.preview,
        "settings": plain(settings),
        "counts": counts,
        "rules": rules,
        **more,
    }
    lines = [f"{name} (preview): {counts_line(shown)}", *rule_lines(rules, counts["in"]), *drawn]
    return Outcome(None, shown, "\n".join(lines))


def removals(path: Path, by_reason: Mapping[str, int]) -> dict[str, Facts]:
    """For every reason how many rows it removes, how many it alone, and the first rows that it does."""
    found: dict[str, Facts] = {reason: {"removed": n, "alone": 0, "examples": []} for reason, n in by_reason.items()}
    for part in sorted((path / "_removed").glob("part-*.parquet")):
        for batch in pq.ParquetFile(part).iter_batches(batch_size=256):
            for row in batch.to_pylist():
                for reason in row["removed_by"]:
                    found[reason]["alone"] += len(row["removed_by"]) == 1
                    if len(found[reason]["examples"]) < OBJECTIVES:
                        found[reason]["examples"].append(_example(row, reason))
    return found


def _example(row: Facts, reason: str) -> Facts:
    breach: Facts = next((b for b in row["breaches"] if b["rule"] == reason), {})
    text = (row.get("text") or "")[:200]
    return {
        "id": row["id"],
        "text": text,
        **{k: breach[k] for k in ("value", "low", "high") if breach.get(k) is not None},
    }


def rule_lines(rules: Mapping[str, Facts], rows: int) -> list[str]:
    """The rules as lines: the share that goes, and examples with the value that broke it."""
    lines = []
    for name, facts in rules.items():
        share = facts["removed"] / max(rows, 1)
        lines.append(f"{name}: {facts['removed']:,} of {rows:,} ({share:.1%}), {facts['alone']:,} by it alone")
        for example in facts["examples"]:
            value = f" {example['value']:.4g}" if "value" in example else ""
            lines.append(f"    {example['id']}{value}: {' '.join(example['text'].split())[:90]!r}")
    return lines


def estimate(
    name: str,
    reader: Reader,
    settings: Any,
    sources: Sequence[str],
    out: str | None,
    foreseen: tuple[Facts, Sequence[str]] | None,
    smallest: int = SMALLEST,
) -> Outcome:
    """What a run would read and where it would write; reads no text itself; `foreseen` says more."""
    facts, lines = foreseen or ({}, ())
    paths = [p for s in sources if s != "-" for p in reader.find(s)]
    size = sum(p.stat().st_size for p in paths)
    units = max(1, size // (getattr(settings, "shard_bytes", 0) or min(max(size // UNITS_WANTED, SMALLEST), LARGEST)))
    plan = {
        "stage": name,
        "dry_run": True,
        "settings": plain(settings),
        "files": len(paths),
        "bytes": size,
        "units": units,
        **facts,
    }
    headline = f"{name} (dry run): {len(paths):,} files, {size:,} bytes, about {units:,} units of work -> {out}"
    return Outcome(out, plan, "\n".join([headline, *lines]))
