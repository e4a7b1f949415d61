"""Killed at any moment, alone or among several processes, a run goes on as if nothing had happened."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import psutil
import pytest
from token_shards import encoded, write_tokens

from llmctl.store.runs import read_lines, read_metrics

KEYS = {
    "model.layers": 2, "model.hidden": 32, "model.heads": 4, "model.kv_heads": 2, "model.ffn": 64,
    "model.dropout": 0.1, "data.sequence": 32, "data.batch": 7, "optim.lr": 0.003, "optim.min_lr": 0.001,
    "optim.warmup": 3, "train.checkpoint_every": 5, "train.valid_every": 5, "train.threads": 1,
}  # fmt: skip
SETTINGS = [word for key, value in KEYS.items() for word in ("--set", f"{key}={value}")]
TWO = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "llmctl"]
ONE = [sys.executable, "-m", "llmctl"]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two sources and a validation set, with an undisturbed run of one process beside them."""
    place = tmp_path_factory.mktemp("interrupted")
    write_tokens(place / "web", encoded(0, 10))
    write_tokens(place / "code", encoded(10, 14))
    write_tokens(place / "valid", encoded(14, 16), sources=["web", "code"], shards=1)
    start(ONE, place, "undisturbed", ["web=0.7", "code=0.3"]).communicate()
    assert (place / "undisturbed" / "_manifest.json").exists()
    return place


def start(program: Sequence[str], place: Path, out: str, sources: Sequence[str]) -> subprocess.Popen[bytes]:
    words = ["pretrain", *sources, "-o", out, "--valid", "valid", "--max-steps", "23", *SETTINGS]
    return subprocess.Popen(
        [*program, *words], cwd=place, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )


def kill_after(lines: int, process: subprocess.Popen[bytes], run: Path) -> None:
    """SIGKILL the process and its children once so many lines of metrics are written."""
    until = time.monotonic() + 120
    while len(read_lines(run / "metrics.jsonl")) < lines:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.002)
    for member in [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]:
        member.kill()
    process.communicate()
    assert not (run / "_manifest.json").exists()


def finish(program: Sequence[str], place: Path, out: str) -> None:
    process = start(program, place, out, ["web=0.7", "code=0.3"])
    _, complaints = process.communicate(timeout=120)
    assert process.returncode == 0, complaints.decode()


def record(run: Path, *names: str) -> list[list[object]]:
    steps, evaluations = read_metrics(run)
    return [[line[name] for name in names] for line in steps.values()] + [
        [line["val_loss"], line["val_loss_by_source"]] for line in evaluations.values()
    ]


@pytest.mark.parametrize("lines", [3, 13])
def test_a_killed_run_resumes_to_the_bit(place: Path, lines: int) -> None:
    out = f"killed-{lines}"
    kill_after(lines, start(ONE, place, out, ["web=0.7", "code=0.3"]), place / out)
    finish(ONE, place, out)
    names = ("step", "loss", "grad_norm", "lr", "tokens", "batch_hash")
    assert record(place / out, *names) == record(place / "undisturbed", *names)
    weights = [(place / run / "model" / "model.safetensors").read_bytes() for run in (out, "undisturbed")]
    assert weights[0] == weights[1]
    assert not list((place / out).glob(".step-*"))


def test_a_run_of_two_killed_processes_is_finished_by_one(place: Path) -> None:
    kill_after(13, start(TWO, place, "two", ["web=0.7", "code=0.3"]), place / "two")
    finish(ONE, place, "two")
    events = read_lines(place / "two" / "events.jsonl")
    assert [(e["event"], e["processes"]) for e in events if "processes" in e] == [("start", 2), ("resume", 1)]
    assert next(e["step"] for e in events if e["event"] == "resume") in (5, 10)
    for found, expected in zip(*(read_metrics(place / run)[0].values() for run in ("two", "undisturbed")), strict=True):
        assert found["batch_hash"] == expected["batch_hash"]
        assert found["loss"] == pytest.approx(expected["loss"], abs=1e-5)
        assert found["grad_norm"] == pytest.approx(expected["grad_norm"], rel=1e-3)
    last = [read_metrics(place / run)[1][23]["val_loss"] for run in ("two", "undisturbed")]
    assert last[0] == pytest.approx(last[1], abs=1e-5)


def test_an_error_among_several_processes_is_told_once(place: Path) -> None:
    process = start(TWO, place, "none", ["web", "nowhere"])
    _, complaints = process.communicate(timeout=120)
    said = [line for line in complaints.decode().splitlines() if line.startswith("llmctl pretrain")]
    assert process.returncode == 1
    assert said == ["llmctl pretrain: nowhere does not exist; make it with llmctl tokenize"]
    assert not (place / "none").exists()


def test_a_second_process_on_a_living_run_is_refused(place: Path) -> None:
    first = start(ONE, place, "held", ["web"])
    while not (place / "held" / "_lock").exists():
        assert first.poll() is None
        time.sleep(0.01)
    os.kill(first.pid, signal.SIGSTOP)
    second = start(ONE, place, "held", ["web"])
    _, complaints = second.communicate(timeout=120)
    os.killpg(first.pid, signal.SIGKILL)
    first.communicate()
    assert second.returncode == 1
    assert "is being written by process" in complaints.decode()


def test_the_order_of_two_sources_follows_their_weights(place: Path) -> None:
    manifest = json.loads((place / "undisturbed" / "_manifest.json").read_text())
    assert manifest["counts"]["in"] == 14
    assert manifest["tokens"] == 23 * 7 * 32
