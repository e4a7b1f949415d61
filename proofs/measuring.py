"""Run the program as a user does and measure it: seconds, and the memory of every process of its tree."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "OMP_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Measured:
    """A finished command."""

    code: int
    out: str
    err: str
    seconds: float
    tree: int  # peak of the sum of resident bytes over the process tree (pages that are shared count for each)
    peaks: dict[int, int]  # peak resident bytes of each process
    busy: dict[int, float]  # CPU seconds of each process

    @property
    def json(self) -> Any:  # Any: what the command printed
        return json.loads(self.out)


def start(*words: str | Path, cwd: Path | None = None, **more: Any) -> subprocess.Popen[str]:
    """`llmctl WORDS` in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "llmctl", *map(str, words)],
        cwd=cwd, env=ENVIRONMENT, text=True, **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more},
    )  # fmt: skip


def measured(*words: str | Path, cwd: Path | None = None, every: float = 0.05) -> Measured:
    """Run `llmctl WORDS` to its end, looking at its processes `every` so many seconds."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:  # a pipe would fill up unread
        began = time.monotonic()
        process = start(*words, cwd=cwd, stdout=out, stderr=err)
        tree, peaks, busy = watched(process, every)
        seconds = round(time.monotonic() - began, 2)
        out.seek(0)
        err.seek(0)
        return Measured(process.returncode, out.read(), err.read(), seconds, tree, peaks, busy)


def watched(process: subprocess.Popen[str], every: float) -> tuple[int, dict[int, int], dict[int, float]]:
    """Look at a process tree until it ends: (peak of the sum, peak of each, CPU seconds of each)."""
    tree, peaks, busy = 0, {}, {}
    while process.poll() is None:
        together = 0
        for member in family(process.pid):
            with contextlib.suppress(psutil.Error, OSError):
                together += member.memory_info().rss
                peaks[member.pid] = max(peaks.get(member.pid, 0), high_water(member.pid))
                times = member.cpu_times()
                busy[member.pid] = times.user + times.system
        tree = max(tree, together)
        time.sleep(every)
    return tree, peaks, busy


def family(pid: int) -> list[psutil.Process]:
    """A process and all below it."""
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    return []


def high_water(pid: int) -> int:
    """The kernel's own record of a process's peak of resident bytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def ran(*words: str | Path, cwd: Path | None = None) -> Measured:
    """`measured`, which must succeed."""
    done = measured(*words, cwd=cwd)
    if done.code:
        raise SystemExit(f"llmctl {' '.join(map(str, words))}: exit {done.code}\n{done.err[-4000:]}")
    return done


def remembered(path: Path) -> Any:  # Any: JSON
    """What an earlier run of the proof left, or None."""
    return json.loads(path.read_text()) if path.exists() else None


def remember(path: Path, value: Any) -> None:
    """Leave it for the next run."""
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps(value, indent=1))
    temporary.replace(path)
