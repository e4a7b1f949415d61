"""SIGKILL at random moments, the same command again, the same bytes: every document stage and `pretrain`.

A moment is a random number of finished units of work (checkpoints and metrics for `pretrain`) and a random fraction of a
second after it; three of twenty fall before the first unit is finished. Run again until one run goes through.
"""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pyarrow.parquet as pq
from measuring import ran, remember, remembered, start

KILLS, EARLY, WITHIN = 20, 3, 0.06  # kills a stage; those before the first unit; seconds after the last counted unit
VOLATILE = ("seconds", "versions", "where")  # formats.md: same bytes means all of the manifest but these
MODEL = {
    "model.layers": 2, "model.hidden": 48, "model.heads": 4, "model.kv_heads": 2, "model.ffn": 96, "model.dropout": 0.1,
    "data.sequence": 64, "data.batch": 8, "optim.warmup": 5, "train.checkpoint_every": 4, "train.valid_every": 8,
    "train.threads": 1,
}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A stage, its command, and how its progress is seen from outside."""

    stage: str
    words: Sequence[str | Path]
    workers: bool = True

    def command(self, out: Path, workers: int) -> list[str | Path]:
        """The command that makes `out`."""
        return [self.stage, *self.words, "-o", out, *(["-j", str(workers)] if self.workers else [])]


def run(place: Path, data: Path) -> tuple[dict[str, Any], dict[str, bool]]:
    """Every stage twenty times."""
    figures: dict[str, Any] = {}
    claims: dict[str, bool] = {}
    for case in cases(place, data):
        figures[case.stage] = facts = stage(place / "kills" / case.stage, case)
        claims[f"{case.stage}: same bytes {KILLS} of {KILLS}"] = facts["same"] == KILLS
        claims[f"{case.stage}: at least 15 kills between the first finished unit and publishing"] = (
            facts["between"] >= 15
        )
        claims[f"{case.stage}: at least 40 units of work"] = facts["units"] >= 40
    return figures, claims


def cases(place: Path, data: Path) -> list[Case]:
    """The inputs, made once: some thousand pages, and what each stage makes of them."""
    crawl = data / "web" / "crawl"
    raw, clean, tokens = place / "raw", place / "clean", place / "tokens"
    warcs = [crawl / f"{name}.example.warc.gz" for name in ("install", "faq", "git")]
    ran("crawl-ingest", *warcs, "-o", raw, "--extract", "fast", "-j", "2")
    ran("filter", raw, "-o", clean, "--preset", "gopher", "-j", "2")
    ran("tokenize", clean, "-o", tokens, "--train", "bpe", "--vocab-size", "1024", "-j", "2")
    unit = ("--set", f"shard_bytes={max(1000, size_of(raw) // 60)}")
    small = ("--set", f"shard_bytes={max(1000, size_of(clean) // 60)}")
    key = place / "key"
    key.write_bytes(b"as many bytes as a key needs")
    names = ("--entities", "all", "--mode", "pseudonym", "--key-file", key)
    keys = [word for name, value in MODEL.items() for word in ("--set", f"{name}={value}")]
    return [
        Case("crawl-ingest", (warcs[1], "--extract", "careful", "--set", "shard_bytes=20000")),
        Case("filter", (raw, "--preset", "gopher", "--preset", "c4", *unit)),
        Case("dedup", (clean, *small)),
        Case("scrub", (clean, *names, *small)),
        Case("tokenize", (clean, "--train", "bpe", "--vocab-size", "1024", *small)),
        Case("pretrain", (tokens, "--valid", tokens, "--max-steps", "48", *keys), workers=False),
    ]


def size_of(directory: Path) -> int:
    """Uncompressed bytes of a directory's Parquet files."""
    found = [pq.read_metadata(part) for part in directory.glob("part-*.parquet")]
    return sum(m.row_group(i).total_byte_size for m in found for i in range(m.num_row_groups))


def stage(place: Path, case: Case) -> dict[str, Any]:
    """Twenty kills of one stage; those that an earlier run of the proof made are kept."""
    place.mkdir(parents=True, exist_ok=True)
    undisturbed, record = place / "undisturbed", place / "kills.json"
    ran(*case.command(undisturbed, 1))
    expected, units = content(undisturbed, case), units_of(undisturbed, case)
    done: list[dict[str, Any]] = remembered(record) or []
    while len(done) < KILLS:
        number = len(done)
        done.append(one_kill(place / f"killed-{number:02d}", case, number, units, expected))
        remember(record, done)
        print(
            f"{case.stage} {number + 1:2d}: {done[-1]['where']}; {'same' if done[-1]['same'] else 'DIFFERENT'}",
            flush=True,
        )
    return {"command": "llmctl " + " ".join(w.name if isinstance(w, Path) else w for w in (case.stage, *case.words)),
            "units": units, "same": sum(k["same"] for k in done), "between": sum(k["between"] for k in done),
            "kills": done}  # fmt: skip


def one_kill(out: Path, case: Case, number: int, units: int, expected: Any) -> dict[str, Any]:
    """Kill one run at its moment, run again, compare."""
    chance = random.Random(f"{case.stage} {number}")
    early = number % (KILLS // EARLY) == 0 and number // (KILLS // EARLY) < EARLY
    after = 0 if early else chance.randint(1, units)
    clear(out)
    # other numbers of workers before and after: the bytes may not depend on them
    killed_at = kill(out, case, number % 2 + 1, after, chance.uniform(0, 1.5 if early else WITHIN))
    second = start(*case.command(out, (number + 1) % 2 + 1))
    _, complaints = second.communicate(timeout=600)
    same = second.returncode == 0 and content(out, case) == expected
    finished, published = killed_at
    where = "after publishing" if published else f"after {finished} of {units} units"
    found = {"where": where, "between": bool(finished and not published), "same": same}
    if same:
        clear(out)
    return found if second.returncode == 0 else {**found, "error": complaints[-500:]}


def kill(out: Path, case: Case, workers: int, after: int, delay: float) -> tuple[int, bool]:
    """SIGKILL the run and its workers once `after` units are finished and `delay` has passed: (units finished, published?)."""
    process = start(*case.command(out, workers), start_new_session=True)
    while finished(out, case) < after and process.poll() is None:
        time.sleep(0.002)
    time.sleep(delay)
    members = [psutil.Process(process.pid)] if process.poll() is None else []
    for member in [*members, *(child for m in members for child in m.children(recursive=True))]:
        try:
            member.send_signal(signal.SIGKILL)
        except psutil.NoSuchProcess:
            continue
    try:
        process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        raise SystemExit(f"{case.stage}: workers outlive their parent") from None
    return finished(out, case), published(out)


def finished(out: Path, case: Case) -> int:
    """Units whose marker is on disk; of `pretrain` the steps up to the newest checkpoint and after it."""
    if case.stage == "pretrain":
        metrics = out / "metrics.jsonl"
        return metrics.read_bytes().count(b'"loss"') if metrics.exists() and any(out.glob("step-*")) else 0
    done = out.with_name(f".{out.name}.draft") / "_work" / "done"
    return sum(path.suffix == ".json" and path.stem != "plan" for path in done.iterdir()) if done.exists() else 0


def units_of(out: Path, case: Case) -> int:
    """How many units the whole run has."""
    if case.stage == "pretrain":
        return finished(out, case)
    return len(remembered(out / "_manifest.json")["files"]) and markers(out, case)


def markers(out: Path, case: Case) -> int:
    """Markers of an undisturbed run, counted while a second one runs."""
    probe = out.with_name("probe")
    clear(probe)
    process, most = start(*case.command(probe, 1)), 0
    while process.poll() is None:
        most = max(most, finished(probe, case))
        time.sleep(0.002)
    clear(probe)
    return most


def published(out: Path) -> bool:
    """Is the artifact complete?"""
    return (out / "_manifest.json").exists()


def content(out: Path, case: Case) -> dict[str, Any]:
    """What must be the same: every file but logs, the manifest without what may differ; of `pretrain` every number."""
    manifest = {k: v for k, v in json.loads((out / "_manifest.json").read_text()).items() if k not in VOLATILE}
    if case.stage == "pretrain":
        steps = {}
        for line in (out / "metrics.jsonl").read_text().splitlines():
            row = json.loads(line)
            kind = "val" if "val_loss" in row else "train"
            steps[f"{kind} {row['step']}"] = [row.get(n) for n in ("loss", "grad_norm", "lr", "batch_hash", "val_loss")]
        return {"steps": steps, "weights": digest(out / "model" / "model.safetensors"), "key": manifest["key"]}
    files = {
        str(p.relative_to(out)): digest(p) for p in sorted(out.rglob("*")) if p.is_file() and p.name != "_manifest.json"
    }
    return {"files": files, "manifest": manifest}


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def clear(out: Path) -> None:
    """Remove an artifact and its draft."""
    for path in (out, out.with_name(f".{out.name}.draft")):
        shutil.rmtree(path, ignore_errors=True)
