"""Start-up: CPU time of help against an empty Python program, and seconds of a small filter, warm and on a fresh cache.

Each figure is the least of several runs: load of other programs only adds.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from measuring import ENVIRONMENT, ran

HEAVY = ("pyarrow", "numpy", "torch", "numba", "ray", "rich")
STAGES = ("crawl-ingest", "filter", "dedup", "scrub", "tokenize", "pretrain", "eval-icl", "prompt run", "prompt render")
RUNS = 9


def run(place: Path, data: Path) -> tuple[dict[str, Any], dict[str, bool]]:
    """Every help, then 100 documents."""
    empty = cpu([sys.executable, "-c", "pass"])
    helps = {"--help": ["--help"], "": [], "--version": ["--version"]}
    helps |= {f"{stage} --help": [*stage.split(), "--help"] for stage in STAGES}
    spent = {name: cpu([sys.executable, "-m", "llmctl", *words]) for name, words in helps.items()}
    ratios = {name: round(seconds / empty, 2) for name, seconds in spent.items()}
    loaded = {name: heavy(words) for name, words in helps.items()}
    warm, fresh = filter_seconds(place, data)
    figures = {
        "cpu_of_an_empty_program": empty,
        "cpu_ratio": ratios,
        "heavy_modules_loaded": loaded,
        "filter_100_documents_warm": dict(zip(("seconds", "cpu_seconds"), warm, strict=True)),
        "filter_100_documents_fresh_cache": dict(zip(("seconds", "cpu_seconds"), fresh, strict=True)),
        "load_of_the_machine": os.getloadavg()[0],
    }
    top, stage = ("--help", "", "--version"), [name for name in ratios if name.endswith(" --help")]
    return figures, {
        "top-level help costs at most 5 times an empty program": all(ratios[name] <= 5 for name in top),
        "STAGE --help costs at most 20 times an empty program": all(ratios[name] <= 20 for name in stage),
        f"no help loads any of {' '.join(HEAVY)}": not any(loaded.values()),
        "filter of 100 documents takes at most 3 s warm": warm[0] <= 3,
        "filter of 100 documents takes at most 15 s on a fresh cache": fresh[0] <= 15,
    }


def cpu(words: Sequence[str]) -> float:
    """The least CPU seconds (user and system) of several runs."""
    return round(min(cpu_once(words) for _ in range(RUNS)), 4)


def cpu_once(words: Sequence[str], **environment: str) -> float:
    """CPU seconds of one run, which must succeed."""
    with Path(os.devnull).open("wb") as nowhere:
        process = subprocess.Popen(list(words), env={**ENVIRONMENT, **environment}, stdout=nowhere, stderr=nowhere)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{' '.join(words)}: exit {process.returncode}")
    return usage.ru_utime + usage.ru_stime


def heavy(words: Sequence[str]) -> list[str]:
    """Which heavy packages a command line imports."""
    command = [sys.executable, "-X", "importtime", "-m", "llmctl", *words]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=True)
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    return sorted(imported.intersection(HEAVY))


def filter_seconds(place: Path, data: Path) -> tuple[tuple[float, float], tuple[float, float]]:
    """(wall, CPU) seconds of `filter` over 100 pages from the shell, warm and on an empty cache of compiled code."""
    raw = place / "raw"
    ran("crawl-ingest", data / "web" / "crawl" / "faq.example.warc.gz", "-o", raw)
    hundred = place / "hundred.parquet"
    pq.write_table(pq.read_table(raw).slice(0, 100), hundred)
    fresh = [seconds(place, hundred, place / f"cache-{n}", fresh=True) for n in range(3)]
    warm = [seconds(place, hundred, place / "cache-0") for _ in range(7)]
    print(f"(wall, CPU) seconds: fresh {fresh}, warm {warm}")
    return min(warm), min(fresh)


def seconds(place: Path, source: Path, cache: Path, *, fresh: bool = False) -> tuple[float, float]:
    """Wall and CPU seconds of one filter."""
    out = place / "clean"
    shutil.rmtree(out, ignore_errors=True)
    if fresh:
        shutil.rmtree(cache, ignore_errors=True)
    command = [
        sys.executable,
        "-m",
        "llmctl",
        "filter",
        str(source),
        "-o",
        str(out),
        "--preset",
        "gopher",
        "--preset",
        "c4",
    ]
    began = time.monotonic()
    spent = cpu_once(command, NUMBA_CACHE_DIR=str(cache))
    return round(time.monotonic() - began, 2), round(spent, 2)
