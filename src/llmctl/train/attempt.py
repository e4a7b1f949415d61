"""A store of its own for each start of all workers, whatever an earlier start has left in the shared one.

torchrun restarts its workers beside one store (pytorch#135712). What the attempt before wrote there, gloo's addresses above all,
is stale, and a worker that reads it fails or hangs. How often a worker was restarted names no attempt: over several machines
each torchrun counts for itself. So rank 0 draws a name, and every rank takes the name that answers it. An attempt's workers
start when all those of the one before have ended, so no two attempts ever speak at once.
"""

from __future__ import annotations

import time
from datetime import timedelta
from uuid import uuid4

from torch.distributed.distributed_c10d import PrefixStore, Store

from llmctl.errors import UserError

WAIT = timedelta(minutes=10)  # torch's own patience with a peer: default_pg_nccl_timeout
PAUSE = 0.05  # seconds between two looks


def store_of_attempt(store: Store, rank: int, size: int, wait: timedelta = WAIT) -> Store:
    """The part of the store that only the processes of this start write to; all of them call this."""
    mine = uuid4().hex
    name = _call(store, mine, size, wait) if rank == 0 else _answer(store, mine, rank, wait)
    if name is None:
        raise UserError(
            f"rank {rank} did not meet the others within {wait.total_seconds():g} s; where machines join or leave a run, "
            "set TORCH_DISABLE_SHARE_RDZV_TCP_STORE=1 for torchrun on each and start them again"
        )
    return PrefixStore(name, store)


def _call(store: Store, mine: str, size: int, wait: timedelta) -> str | None:
    """Rank 0: offer a name, and say who took it once all have."""
    store.set("attempt", mine)
    answers = [f"{mine}/{rank}" for rank in range(1, size)]
    try:
        store.wait(answers, wait)
    except RuntimeError:  # torch's DistStoreError and a store that is gone
        return None
    store.set(f"{mine}/taken", " ".join(store.get(answer).decode() for answer in answers))
    return mine


def _answer(store: Store, mine: str, rank: int, wait: timedelta) -> str | None:
    """Another rank: take the name on offer, until it is one whose owner has heard us."""
    until = time.monotonic() + wait.total_seconds()
    while time.monotonic() < until:
        if store.check(["attempt"]):
            name = store.get("attempt").decode()
            store.set(f"{name}/{rank}", mine)
            if store.check([f"{name}/taken"]) and mine.encode() in store.get(f"{name}/taken"):
                return name
        time.sleep(PAUSE)
    return None
