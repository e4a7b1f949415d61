"""Several processes as one trainer: who we are under torchrun, what rank 0 decides for all, and data parallelism.

Alone, everything here is the identity, so that a run of one process is plain torch. Under torchrun each rank holds the
whole model and reads its share of the global batch (DDP; gloo between CPUs, NCCL between GPUs). An error speaks once.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from torch import Tensor, distributed, nn
from torch.distributed.distributed_c10d import Store
from torch.distributed.rendezvous import rendezvous
from torch.nn.parallel import DistributedDataParallel

from llmctl.engine.local import follow_parent
from llmctl.errors import BUG, FIXABLE, BadSettings, UserError
from llmctl.train.attempt import store_of_attempt

T = TypeVar("T")


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
def joined() -> Iterator[World]:
    """The world of this process: alone, or one rank of those that torchrun started."""
    environment = os.environ
    if "TORCHELASTIC_RUN_ID" in environment:
        follow_parent(
            os.getppid()
        )  # killed with SIGKILL, torchrun leaves its workers behind, and they would hold the run
    if int(environment.get("WORLD_SIZE", "1")) == 1 or "RANK" not in environment:
        yield World()
        return
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
    return any(word in text for word in ("gloo", "nccl", "connection", "peer", "process group", "store"))


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


def share_of(count: int, world: World) -> slice:
    """This rank's slice of `count` sequences; slices differ by at most one."""
    return slice(count * world.rank // world.size, count * (world.rank + 1) // world.size)


def check_layout(batch: int, world: World) -> None:
    """Every process needs a sequence of each batch."""
    if batch < world.size:
        raise BadSettings(f"data.batch={batch} is smaller than the {world.size} processes; raise it or start fewer")


def spread(model: nn.Module, world: World) -> nn.Module:
    """The model, its gradients averaged over all ranks."""
    if world.size == 1:
        return model
    return DistributedDataParallel(model, device_ids=[world.local_rank] if world.device.type == "cuda" else None)


def without_exchange(model: nn.Module, last: bool) -> AbstractContextManager[None]:
    """Gradients are exchanged once a step: with the last micro-batch."""
    if last or not isinstance(model, DistributedDataParallel):
        return nullcontext()
    quiet: AbstractContextManager[None] = model.no_sync()
    return quiet


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
