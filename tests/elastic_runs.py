"""A small run under torchrun whose workers are killed: what the tests of restarts and the long proof have in common.

A node is a torchrun process of its own, at an address of its own. The nodes of a run share a directory and meet at a port of
the first one's address.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil
from token_shards import encoded, write_tokens

from llmctl.store.runs import read_lines, read_metrics

KEYS = {
    "model.layers": 2, "model.hidden": 32, "model.heads": 4, "model.kv_heads": 2, "model.ffn": 64, "model.dropout": 0.1,
    "data.sequence": 32, "data.batch": 6, "optim.lr": 0.003, "optim.min_lr": 0.0003, "optim.warmup": 3,
    "train.checkpoint_every": 5, "train.threads": 1,
}  # fmt: skip
STEPS, PATIENCE = 60, 150  # steps of a run; seconds until it counts as hung
CLOSE = 1e-5  # a difference of losses that counts as none: fp32, summed in another order
SOURCE = Path(__file__).resolve().parents[1] / "src"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(SOURCE), "OMP_NUM_THREADS": "1"}
LLMCTL = [sys.executable, "-m", "llmctl"]
TORCHRUN = [sys.executable, "-m", "torch.distributed.run"]


@dataclass(frozen=True)
class Node:
    """A machine, as its torchrun sees it: `enter` is the command that runs another one there."""

    address: str
    interface: str
    enter: tuple[str, ...] = ()


LOOPBACK = (Node("127.0.0.1", "lo"), Node("127.0.0.2", "lo"))


@dataclass(frozen=True)
class Kill:
    """SIGKILL for the worker of a rank, `delay` seconds after the line of `step` was written (-1: after the run was made)."""

    rank: int
    step: int
    delay: float = 0.0


@dataclass(frozen=True)
class Started:
    """A run under way: its directory and the torchrun of each node."""

    run: Path
    nodes: list[subprocess.Popen[bytes]]

    def complaints(self) -> str:
        """What the nodes have said so far."""
        return "".join(log_of(self.run, number).read_text(errors="replace") for number in range(len(self.nodes)))


def log_of(run: Path, node: int) -> Path:
    """Where a node's output goes: a pipe would fill up unread."""
    return run.with_name(f"{run.name}-{node}.log")


def words(out: str) -> list[str]:
    """The command's words; `place`, where it runs, holds the tokens."""
    settings = [word for key, value in KEYS.items() for word in ("--set", f"{key}={value}")]
    return ["pretrain", "tokens", "-o", out, "--max-steps", str(STEPS), *settings]


def undisturbed(place: Path) -> Path:
    """Make the tokens, and train on them in one process."""
    write_tokens(place / "tokens", encoded(0, 10))
    subprocess.run([*LLMCTL, *words("undisturbed")], cwd=place, env=ENVIRONMENT, check=True, capture_output=True)
    return place / "undisturbed"


def on_one_machine(processes: int) -> list[list[str]]:
    """One torchrun that starts several processes."""
    return [[*TORCHRUN, "--standalone", "--nproc-per-node", str(processes), "--max-restarts", "3"]]


def on_nodes(nodes: Sequence[Node], count: str = "2") -> list[list[str]]:
    """One torchrun a node, each of which starts one process; `count` as in --nnodes."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # a node that is gone is missed after 2 s, and nobody is waited for longer than that
    conf = "keep_alive_interval=1,keep_alive_max_attempt=2,last_call_timeout=2,is_host={}"
    return [
        [*node.enter, "env", f"GLOO_SOCKET_IFNAME={node.interface}", *TORCHRUN, "--nnodes", count, "--nproc-per-node", "1",
         "--max-restarts", "3", "--rdzv-backend", "c10d", "--rdzv-id", f"run-{port}", "--local-addr", node.address,
         "--rdzv-endpoint", f"{nodes[0].address}:{port}", "--rdzv-conf", conf.format(int(node is nodes[0]))]
        for node in nodes
    ]  # fmt: skip


@contextlib.contextmanager
def started(place: Path, out: str, commands: Sequence[Sequence[str]]) -> Iterator[Started]:
    """A run of some torchruns; when we leave, nothing of it is left."""
    nodes = []
    try:
        for number, command in enumerate(commands):
            with log_of(place / out, number).open("wb") as log:
                nodes.append(
                    subprocess.Popen(
                        [*command, "-m", "llmctl", *words(out)], cwd=place, env=ENVIRONMENT, stdout=log, stderr=log
                    )
                )
        yield Started(place / out, nodes)
    finally:
        for node in nodes:
            kill_all(node)


def kill_all(node: subprocess.Popen[bytes]) -> None:
    """SIGKILL a node: torchrun and its workers."""
    with contextlib.suppress(psutil.NoSuchProcess):
        for member in [*psutil.Process(node.pid).children(recursive=True), psutil.Process(node.pid)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                member.kill()
    node.wait()


def wait_for(found: Callable[[], bool], started: Started, what: str) -> None:
    """Look until it is so."""
    until = time.monotonic() + PATIENCE
    while not found():
        assert time.monotonic() < until, f"no {what} within {PATIENCE} s: {started.complaints()[-4000:]}"
        alive = any(node.poll() is None for node in started.nodes)
        assert alive or found(), f"ended before {what}: {started.complaints()[-4000:]}"
        time.sleep(0.002)


def strike(started: Started, kill: Kill) -> None:
    """Kill the worker at its moment, before the run is finished."""
    wait_for(lambda: last_step(started.run) >= kill.step, started, f"step {kill.step}")
    time.sleep(kill.delay)
    wait_for(lambda: bool(workers(started, kill.rank)), started, f"worker of rank {kill.rank}")
    for worker in workers(started, kill.rank):
        worker.send_signal(signal.SIGKILL)
    assert not (started.run / "_manifest.json").exists(), "killed too late"


def last_step(run: Path) -> int:
    """The last step on the record; -1 where there is none, -2 where there is no run yet."""
    if not (run / "_lock").exists() and not (run / "metrics.jsonl").exists():
        return -2
    return max((line["step"] for line in read_lines(run / "metrics.jsonl")), default=-1)


def workers(started: Started, rank: int) -> list[psutil.Process]:
    """The living processes of a rank (one, or none between two starts)."""
    found = []
    for node in started.nodes:
        with contextlib.suppress(psutil.NoSuchProcess):
            found += psutil.Process(node.pid).children(recursive=True)
    return [worker for worker in found if rank_of(worker) == str(rank)]


def rank_of(worker: psutil.Process) -> str | None:
    """Its RANK; none of a process that is no worker or gone."""
    with contextlib.suppress(psutil.Error):
        return worker.environ().get("RANK") if worker.status() != psutil.STATUS_ZOMBIE else None
    return None


def finish(started: Started, nodes: Sequence[subprocess.Popen[bytes]] | None = None) -> None:
    """Wait until every node (or those that are left) has ended well."""
    nodes = nodes or started.nodes
    wait_for(lambda: all(node.poll() is not None for node in nodes), started, "end")
    assert [node.returncode for node in nodes] == [0] * len(nodes), started.complaints()[-4000:]


def difference(run: Path, reference: Path) -> float:
    """The largest difference of a loss; infinite where a step or a batch is another."""
    steps, expected = read_metrics(run)[0], read_metrics(reference)[0]
    if [(n, line["batch_hash"]) for n, line in steps.items()] != [(n, e["batch_hash"]) for n, e in expected.items()]:
        return float("inf")
    return max(abs(line["loss"] - expected[step]["loss"]) for step, line in steps.items())


def starts(run: Path) -> list[tuple[str, int, int]]:
    """(event, step, processes) of each start of the run."""
    return [(e["event"], e["step"], e["processes"]) for e in read_lines(run / "events.jsonl") if "processes" in e]
