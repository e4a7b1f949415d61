"""SIGKILL for one worker of a run under torchrun: all start again by themselves, and the losses are those of no kill at all.

Twenty runs of two processes on one machine, and some of two nodes (a torchrun each, in network namespaces where we may make
them, else at two loopback addresses), each killed once: rank 0 and rank 1 in turn, at moments spread over the run. The three
first fall before the first checkpoint. The reference is one process, undisturbed.
"""

from __future__ import annotations

import contextlib
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from measuring import ROOT, remember, remembered

sys.path.insert(0, str(ROOT / "tests"))
from elastic_runs import (
    CLOSE,
    KEYS,
    LOOPBACK,
    STEPS,
    Kill,
    Node,
    difference,
    finish,
    on_nodes,
    on_one_machine,
    started,
    starts,
    strike,
    undisturbed,
)

KILLS, KILLS_OF_NODES, EARLY = 20, 6, (-1, 1, 3)
NAMESPACES = ("llmctl-node-0", "llmctl-node-1")


def run(place: Path, data: Path) -> tuple[dict[str, Any], dict[str, bool]]:
    """Kill, wait, compare."""
    reference = place / "undisturbed"
    if not (reference / "_manifest.json").exists():
        undisturbed(place)
    with two_nodes() as (nodes, kind):
        figures = {
            "one machine": series(place, "one", KILLS, reference, None),
            "two nodes": {"kind": kind, **series(place, "nodes", KILLS_OF_NODES, reference, nodes)},
        }
    claims = {}
    for name, facts in figures.items():
        count = len(facts["kills"])
        claims[f"{name}: the same losses {count} of {count}"] = facts["same"] == count
        claims[f"{name}: no run but those killed before a step was on record began once only"] = all(
            kill["step"] < 0 or len(kill["starts"]) > 1 for kill in facts["kills"]
        )
    claims["one machine: at least 15 kills after the first checkpoint"] = figures["one machine"]["saved"] >= 15
    return figures, claims


def series(place: Path, name: str, count: int, reference: Path, nodes: Sequence[Node] | None) -> dict[str, Any]:
    """So many runs, each killed once; those of an earlier run of the proof are kept."""
    record = place / f"{name}.json"
    done: list[dict[str, Any]] = remembered(record) or []
    while len(done) < count:
        number = len(done)
        done.append(one(place, f"{name}-{number:02d}", moment(name, number, count), reference, nodes))
        remember(record, done)
        print(f"{name} {number + 1:2d}: {done[-1]}", flush=True)
    saved = sum(kill["step"] >= KEYS["train.checkpoint_every"] for kill in done)
    return {"same": sum(kill["same"] for kill in done), "saved": saved, "kills": done}


def moment(name: str, number: int, count: int) -> Kill:
    """Three early kills, then one in each equal part of the run."""
    chance = random.Random(f"{name} {number}")
    if number < len(EARLY):
        return Kill(number % 2, EARLY[number], chance.uniform(0, 2 if EARLY[number] < 0 else 0.01))
    first, part = int(KEYS["train.checkpoint_every"]), (STEPS - 10) / (count - len(EARLY))
    return Kill(number % 2, int(first + part * (number - len(EARLY) + chance.random())), chance.uniform(0, 0.01))


def one(place: Path, out: str, kill: Kill, reference: Path, nodes: Sequence[Node] | None) -> dict[str, Any]:
    """Train, kill, wait for the end, compare."""
    shutil.rmtree(place / out, ignore_errors=True)
    found: dict[str, Any] = {"rank": kill.rank, "step": kill.step}
    try:
        with started(place, out, on_nodes(nodes) if nodes else on_one_machine(2)) as under_way:
            strike(under_way, kill)
            finish(under_way)
    except AssertionError as error:
        return {**found, "same": False, "starts": starts(place / out), "error": str(error)[-1000:]}
    apart = difference(place / out, reference)
    return {**found, "same": apart < CLOSE, "largest difference": apart, "starts": starts(place / out)}


@contextlib.contextmanager
def two_nodes() -> Iterator[tuple[Sequence[Node], str]]:
    """Two network namespaces joined by a cable; where the system does not let us, two loopback addresses."""
    try:
        nodes = namespaces()
    except (subprocess.CalledProcessError, FileNotFoundError):
        remove_namespaces()
        yield LOOPBACK, "loopback addresses"
        return
    try:
        yield nodes, "network namespaces"
    finally:
        remove_namespaces()


def namespaces() -> list[Node]:
    """Make them; each end of the cable is called as its namespace's number is."""
    remove_namespaces()
    for name in NAMESPACES:
        ip("netns", "add", name)
    ip(
        "link",
        "add",
        "cable-0",
        "netns",
        NAMESPACES[0],
        "type",
        "veth",
        "peer",
        "name",
        "cable-1",
        "netns",
        NAMESPACES[1],
    )
    nodes = []
    for number, name in enumerate(NAMESPACES):
        ip("-n", name, "address", "add", f"10.77.0.{number + 1}/24", "dev", f"cable-{number}")
        ip("-n", name, "link", "set", f"cable-{number}", "up")
        ip("-n", name, "link", "set", "lo", "up")
        nodes.append(Node(f"10.77.0.{number + 1}", f"cable-{number}", ("ip", "netns", "exec", name)))
    return nodes


def remove_namespaces() -> None:
    """Those of an earlier run of the proof, or ours."""
    for name in NAMESPACES if shutil.which("ip") else ():
        subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)


def ip(*words: str) -> None:
    """`ip WORDS`."""
    subprocess.run(["ip", *words], check=True, capture_output=True)
