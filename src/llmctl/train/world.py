"""Several processes as one trainer: who we are under torchrun, and what rank 0 decides for all.

Alone, everything here is the identity, so that a run of one process is plain torch. Gloo connects CPUs, NCCL GPUs. An error
speaks once.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from torch import Tensor, distributed
from torch.distributed.distributed_c10d import Store
from torch.distributed.rendezvous import rendezvous

from llmctl.engine.local import follow_parent
from llmctl.errors import BUG, FIXABLE, UserError
from llmctl.train.attempt import store_of_attempt

T = TypeVar("T")

PEER_GONE = (
    "connection",
    "by peer",
    "timed out",
    "timeout",
    "broken pipe",
    "socket",
    "remote process",
)  # gloo's and NCCL's words
SILENCE = 10.0  # seconds that a rank leaves rank 0 to say what is wrong


@dataclass(frozen=True)
class World:
    """This process among those that train together."""

    rank: int = 0
    size: int = 1
    local_rank: int = 0
    local_size: int = 1
    store: Store | None = None  # shared by all ranks

    @property
    def device(self) -> torch.device:
        return torch.device("cuda", self.local_rank) if torch.cuda.is_available() else torch.device("cpu")


@contextmanager
def joined(check: Callable[[int], object]) -> Iterator[World]:
    """The world of this process: alone, or one rank of those that torchrun started.

    `check` refuses a number of processes before any group exists; rank 0 says why.
    """
    environment = os.environ
    if "TORCHELASTIC_RUN_ID" in environment:
        follow_parent(os.getppid())  # killed with SIGKILL, torchrun leaves workers behind, and they would hold the run
    if int(environment.get("WORLD_SIZE", "1")) == 1 or "RANK" not in environment:
        check(1)
        yield World()
        return
    try:
        check(int(environment["WORLD_SIZE"]))
    except UserError as error:
        if int(environment["RANK"]):
            time.sleep(SILENCE)  # torchrun ends us when rank 0 has spoken
            raise SystemExit(error.exit_code) from None
        raise
    store, rank, size = next(iter(rendezvous("env://")))
    store = store_of_attempt(store, rank, size)
    backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
    distributed.init_process_group(backend, store=store, rank=rank, world_size=size)
    world = World(
        rank, size, int(environment.get("LOCAL_RANK", "0")), int(environment.get("LOCAL_WORLD_SIZE", "1")), store
    )
    try:
        with speaking_once(world):
            yield world
    finally:
        distributed.destroy_process_group()


@contextmanager
def speaking_once(world: World) -> Iterator[None]:
    """The rank whose error comes first raises it; the others, whose peer is gone, end without a word."""
    try:
        yield
    except Exception as error:
        if not _first_to_speak(world):
            raise SystemExit(error.exit_code if isinstance(error, UserError) else FIXABLE) from None
        if isinstance(error, (distributed.DistBackendError, RuntimeError)) and _is_of_a_peer(error):
            raise UserError(f"another process of this run ended; {_what_next()}") from error
        raise


def _what_next() -> str:
    restarts, most = (int(os.environ.get(f"TORCHELASTIC_{name}", "0")) for name in ("RESTART_COUNT", "MAX_RESTARTS"))
    return "torchrun starts all again" if restarts < most else "run the same command again to resume"


def _first_to_speak(world: World) -> bool:
    try:
        return world.store is None or world.store.add("spoken", 1) == 1
    except RuntimeError:  # the process that kept the store is gone
        return world.rank == 0


def _is_of_a_peer(error: Exception) -> bool:
    text = str(error).lower()
    return any(word in text for word in PEER_GONE)


def decided(world: World, decide: Callable[[], T]) -> T:
    """What rank 0 finds out (or does), known to all; its error ends all, told once."""
    if world.size == 1:
        return decide()
    box: list[Any] = [None, None]  # the result, the exit code of an error
    error: Exception | None = None
    if world.rank == 0:
        try:
            box[0] = decide()
        except Exception as raised:
            error, box[1] = raised, raised.exit_code if isinstance(raised, UserError) else BUG
    distributed.broadcast_object_list(box, src=0)
    if error:
        raise error
    if box[1] is not None:
        raise SystemExit(box[1])
    found: T = box[0]
    return found


def total(value: Tensor, world: World) -> Tensor:
    """The sum over all ranks (in place)."""
    if world.size > 1:
        distributed.all_reduce(value)
    return value


def prepare_device(world: World, threads: int) -> int:
    """Threads and determinism of this process; returns how many threads it uses.

    Equal numbers of threads give equal bits on a CPU. On a GPU only the deterministic kernels do.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    set_by_user = os.environ.get("OMP_NUM_THREADS", "") if world.size == 1 else ""  # torchrun sets it to 1 by itself
    torch.set_num_threads(threads or (int(set_by_user) if set_by_user.isdigit() else max(1, cores // world.local_size)))
    if world.device.type == "cuda":
        torch.cuda.set_device(world.device)
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.use_deterministic_algorithms(True, warn_only=True)
    return torch.get_num_threads()
