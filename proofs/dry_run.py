"""What `pretrain --dry-run --world-size N` says against what N processes really hold, and how long a pipeline really waits.

Bytes of weights, gradients and moments are those of a rank's tensors after a step. The worst moment of a step is counted operation
by operation (tests/alive.py): all tensors that are made in it, so what is said of activations, gradients and what is gathered.
What a DTensor's operation makes and lets go inside itself is not seen: the loss over divided logits needs more than is counted.
A pipeline's waiting comes from the time of a step T(m) with m and 3m equal micro-batches, one thread a rank: t (m + p - 1) has
the slope t, and what T(m) has above m t is waiting. Shortest of several steps, since the machine has other work.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
from measuring import ENVIRONMENT, ROOT, remember, remembered

sys.path.insert(0, str(ROOT / "tests"))

ACCUMULATED = {"train__microbatch": 2}
LAYOUTS: dict[str, tuple[int, dict[str, Any]]] = {
    "data": (2, ACCUMULATED),
    "zero 1": (4, {"parallel__zero": 1, **ACCUMULATED}),
    "zero 2": (4, {"parallel__zero": 2, **ACCUMULATED}),
    "zero 3": (4, {"parallel__zero": 3, **ACCUMULATED}),
    "zero 3, recompute full": (2, {"parallel__zero": 3, "train__recompute": "full", **ACCUMULATED}),
    "hsdp": (4, {"parallel__zero": 2, "parallel__shard": 2, **ACCUMULATED}),
    "tensor": (2, {"parallel__tensor": 2}),
    "tensor, sequence": (2, {"parallel__tensor": 2, "parallel__sequence": True}),
    "gpipe": (2, {"parallel__pipeline": 2, "parallel__schedule": "gpipe"}),
    "1f1b": (2, {"parallel__pipeline": 2}),
    "interleaved": (2, {"parallel__pipeline": 2, "parallel__schedule": "interleaved"}),
    "tensor x pipeline": (4, {"parallel__tensor": 2, "parallel__pipeline": 2}),
}
SMALL = {"model__layers": 4, "model__hidden": 64, "model__heads": 4, "data__sequence": 64, "data__batch": 16}
DEEP = {"model__layers": 8, "model__hidden": 192, "model__heads": 4, "data__sequence": 128, "parallel__pipeline": 2}
PIECES, STEPS = 4, 40  # micro-batches, and steps that are timed
BELOW, ABOVE, NEAR = 0.75, 1.1, 0.06


def run(place: Path, data: Path) -> tuple[dict[str, Any], dict[str, bool]]:
    """Start each layout, ask each rank."""
    memory = {name: answers(place, f"memory {name}", size, {**SMALL, **keys}) for name, (size, keys) in LAYOUTS.items()}
    waiting = {schedule: waits(place, schedule) for schedule in ("gpipe", "1f1b", "interleaved")}
    ranks = [rank for facts in memory.values() for rank in facts]
    return {"memory": memory, "waiting": waiting}, {
        f"weights, gradients and moments of {len(ranks)} ranks of {len(memory)} layouts are what is said, to the byte": all(
            rank["held"] == {name: rank["said"][name] for name in rank["held"]} for rank in ranks
        ),
        f"the worst moment of a step is at most {ABOVE - 1:.0%} above and {1 - BELOW:.0%} below what is said, on every rank": all(
            BELOW <= rank["worst"] / worst_said(rank["said"]) <= ABOVE for rank in ranks
        ),
        f"a pipeline of two waits as long as is said, within {NEAR:.0%} of a step, under each schedule": all(
            abs(facts["measured"] - facts["said"]) <= NEAR for facts in waiting.values()
        ),
    }


def worst_said(said: dict[str, int]) -> int:
    """What a step makes, by the dry run: the weights and moments were there before."""
    return said["activations"] + said["gathered"] + said["gradients"]


def waits(place: Path, schedule: str) -> dict[str, float]:
    """Said and measured shares of a step with PIECES micro-batches."""
    ranks = answers(place, f"time {schedule}", 2, {**DEEP, "parallel__schedule": schedule})
    short, long = (max(rank["seconds"][n] for rank in ranks) for n in range(2))
    slope = (long - short) / (2 * PIECES)
    return {"said": ranks[0]["said"], "measured": round(1 - PIECES * slope / short, 4), "seconds": round(short, 4)}


def answers(place: Path, name: str, size: int, keys: dict[str, Any]) -> list[dict[str, Any]]:
    """What each rank found out, remembered."""
    folder = place / name.replace(" ", "-").replace(",", "")
    known: list[dict[str, Any]] | None = remembered(folder / "all.json")
    if known is None:
        folder.mkdir(parents=True, exist_ok=True)
        words = ["torch.distributed.run", "--standalone", "--nproc-per-node", str(size), __file__, str(folder)]
        subprocess.run(
            [sys.executable, "-m", *words, name.split()[0], json.dumps(keys)], env=ENVIRONMENT, check=True, timeout=600
        )
        known = [json.loads((folder / f"{rank}.json").read_text()) for rank in range(size)]
        remember(folder / "all.json", known)
    return known


def on_a_rank(folder: Path, kind: str, keys: dict[str, Any]) -> None:
    """What one process of torchrun does."""
    import torch

    from llmctl.train.world import joined

    torch.set_num_threads(1)
    with joined(check=lambda _size: None) as world:
        found = {"memory": memory_of, "time": time_of}[kind](world, keys)
        (folder / f"{world.rank}.json").write_text(json.dumps(found))


def spread_of(world: Any, keys: dict[str, Any]) -> tuple[Any, Any, dict[str, Any]]:
    """The model spread over the processes, a batch for this one, and what the dry run says."""
    import torch
    from courses import course_of

    from llmctl.model.initialisation import initialise
    from llmctl.train.batches import Batch
    from llmctl.train.estimate import estimate
    from llmctl.train.layout import layout_of
    from llmctl.train.parallel import Spread

    course = course_of(500, train__dtype="fp32", **keys)
    layout = layout_of(course.settings, world.size)
    rows, tokens = layout.rows(course.settings.data.batch), course.settings.data.sequence
    ids_BT = torch.arange(rows * tokens).view(rows, tokens) % 500
    spread = Spread(course, world, layout, lambda model: initialise(model, 0))
    return spread, Batch(ids_BT, ids_BT, ids_BT), estimate(course, layout)


def memory_of(world: Any, keys: dict[str, Any]) -> dict[str, Any]:
    """Bytes after a step, and at its worst moment."""
    from alive import Alive, numbers_of

    from llmctl.train.gradients import local
    from llmctl.train.optim import optimizer_of

    spread, batch, facts = spread_of(world, keys)
    optimizers = [optimizer_of(section, spread.course.settings.optim) for section in spread.sections]
    weights = [item.weight for item in spread.held]
    for _ in range(2):
        with Alive(numbers_of(weight) for weight in weights) as alive:
            spread.gradients(batch, lambda _rows: None, 1.0)
        for optimizer in optimizers:
            optimizer.step()
    moments = [m for o in optimizers for state in o.state.values() for name, m in state.items() if name != "step"]
    kinds = {"weights": weights, "gradients": [weight.grad for weight in weights], "optimizer": moments}
    held = {name: sum(local(tensor).nbytes for tensor in tensors) for name, tensors in kinds.items()}
    resident = psutil.Process().memory_info().rss  # torch, its libraries and what the allocator keeps come with it
    return {"held": held, "worst": alive.most, "resident": resident, "said": said_of(facts, world.rank)}


def time_of(world: Any, keys: dict[str, Any]) -> dict[str, Any]:
    """The shortest step with PIECES micro-batches and with three times as many, in turn."""
    sizes = [{**keys, "data__batch": 2 * n, "parallel__microbatches": n} for n in (PIECES, 3 * PIECES)]
    made = [spread_of(world, size) for size in sizes]
    seconds = [math.inf, math.inf]
    for _ in range(STEPS):
        for n, (spread, batch, _) in enumerate(made):
            began = time.perf_counter()
            spread.gradients(batch, lambda _rows: None, 1.0)
            seconds[n] = min(seconds[n], time.perf_counter() - began)
    return {"seconds": seconds, "said": made[0][2]["bubble"]}


def said_of(facts: dict[str, Any], rank: int) -> dict[str, int]:
    """The entry of a rank."""
    for entry in facts["ranks"]:
        spans = [[int(end) for end in part.split("-")] for part in entry["ranks"].split(",")]
        if any(span[0] <= rank <= span[-1] for span in spans):
            memory: dict[str, int] = entry["memory"]
            return memory
    raise AssertionError(f"no entry for rank {rank}")


if __name__ == "__main__":
    assert "RANK" in os.environ, "torchrun starts this; `make prove NAME=dry_run` starts torchrun"
    on_a_rank(Path(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3]))
