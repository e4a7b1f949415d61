"""Killed at any moment, by SIGKILL: the same command gives the bytes of an undisturbed run. Two runs never share an output."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from contract.corpus import CASES, Case, content, draft, finished_units


def start(case: Case, place: Path, out: str, workers: int) -> subprocess.Popen[bytes]:
    words = [case.name, "corpus.jsonl", *case.words, "-o", out, "-j", str(workers)]
    return subprocess.Popen(
        [sys.executable, "-m", "llmctl", *words],
        cwd=place, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a suite in the background ignores it
    )  # fmt: skip


def wait_for(count: int, process: subprocess.Popen[bytes], out: Path) -> None:
    """Until so many units are finished."""
    until = time.monotonic() + 200
    while finished_units(out) < count:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.002)


@pytest.mark.parametrize("workers", [1, 2])
def test_killed_and_run_again_with_other_workers_it_gives_the_same_bytes(
    case: Case, workers: int, artifact, place: Path, run
) -> None:
    expected = content(artifact(case))
    out = place / f"{case}-killed-{workers}"
    units = len(list(artifact(case).glob("part-*.parquet")))
    process = start(case, place, out.name, workers)
    wait_for(random.Random(f"{case} {workers}").randint(1, units - 5), process, out)
    children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert psutil.wait_procs(children, timeout=20)[1] == []  # workers end with their parent
    assert not out.exists() and finished_units(out) >= 1
    run(case.name, "corpus.jsonl", *case.words, "-o", out.name, "-j", str(3 - workers), cwd=place)
    assert content(out) == expected
    assert not draft(out).exists()


def test_a_second_run_into_a_living_output_exits_1(case: Case, place: Path, run) -> None:
    out = place / f"{case}-held"
    first = start(case, place, out.name, 1)
    wait_for(1, first, out)
    os.kill(first.pid, signal.SIGSTOP)
    refused = run(case.name, "corpus.jsonl", *case.words, "-o", out.name, cwd=place, expect=1)
    others = run(case.name, "corpus.jsonl", *case.other, "-o", out.name, "--force", cwd=place, expect=1)
    assert f"process {first.pid}" in refused.err and refused.err.count("\n") == 1
    assert f"process {first.pid}" in others.err
    os.kill(first.pid, signal.SIGCONT)
    _, complaints = first.communicate(timeout=200)
    assert first.returncode == 0, complaints.decode()


def test_a_draft_of_other_settings_is_not_continued(case: Case, place: Path, run) -> None:
    out = place / f"{case}-changed"
    process = start(case, place, out.name, 1)
    wait_for(2, process, out)
    process.kill()
    process.communicate()
    run(case.name, "small.jsonl", *case.other, "-o", out.name, cwd=place)
    run(case.name, "small.jsonl", *case.other, "-o", f"{out.name}-fresh", cwd=place)
    assert content(out) == content(place / f"{out.name}-fresh")


def test_a_file_that_moved_after_a_kill_is_read_where_it_is_now(case: Case, place: Path, tmp_path: Path, run) -> None:
    source = tmp_path / "before.jsonl"
    source.write_bytes((place / "corpus.jsonl").read_bytes())
    words = [case.name, *case.words, "-o", "out", "-j", "1"]
    process = subprocess.Popen([sys.executable, "-m", "llmctl", *words, source.name], cwd=tmp_path)
    wait_for(2, process, tmp_path / "out")
    process.kill()
    process.communicate()
    source.rename(tmp_path / "after.jsonl")
    found = run(*words, "after.jsonl", "--json", cwd=tmp_path).json
    run(*words[:-3], "fresh", "after.jsonl", cwd=tmp_path)
    assert found["counts"]["in"] == 11_500
    assert content(tmp_path / "out")["files"] == content(tmp_path / "fresh")["files"]


def test_ctrl_c_exits_130_and_the_same_command_goes_on(place: Path, artifact, run) -> None:
    case = next(case for case in CASES if case.name == "scrub")
    out = place / "scrub-interrupted"
    process = start(case, place, out.name, 2)
    wait_for(2, process, out)
    os.killpg(process.pid, signal.SIGINT)
    _, complaints = process.communicate(timeout=100)
    assert process.returncode == 130
    assert complaints.decode().count("\n") == 1 and "again" in complaints.decode()
    run("scrub", "corpus.jsonl", *case.words, "-o", out.name, cwd=place)
    assert content(out) == content(artifact(case))
