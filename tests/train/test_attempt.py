"""Every start of all workers gets a store of its own, beside whatever an earlier start has left."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from torch.distributed import HashStore, PrefixStore

from llmctl.errors import UserError
from llmctl.train.attempt import store_of_attempt

SHORT = timedelta(seconds=0.3)


def meet(store: HashStore, ranks: int, wait: timedelta = timedelta(seconds=30)) -> list[PrefixStore]:
    with ThreadPoolExecutor(ranks) as pool:
        found = [pool.submit(store_of_attempt, store, rank, ranks, wait) for rank in reversed(range(ranks))]
        return [one.result() for one in reversed(found)]


def test_what_one_rank_writes_every_rank_reads() -> None:
    stores = meet(HashStore(), 3)
    stores[0].set("address", "here")
    assert [store.get("address") for store in stores] == [b"here"] * 3


def test_a_second_attempt_sees_nothing_of_the_first() -> None:
    shared = HashStore()
    first = meet(shared, 3)
    first[1].set("address", "stale")
    second = meet(shared, 3)
    assert not any(store.check(["address"]) for store in second)
    second[0].set("address", "fresh")
    assert [store.get("address") for store in second] == [b"fresh"] * 3


def test_a_second_attempt_may_have_another_size() -> None:
    shared = HashStore()
    assert [len(meet(shared, ranks)) for ranks in (3, 2, 4)] == [3, 2, 4]


def test_an_attempt_that_broke_off_while_meeting_is_not_taken_for_the_next() -> None:
    shared = HashStore()
    with pytest.raises(UserError, match="rank 0 did not meet the others"):
        store_of_attempt(shared, 0, 2, SHORT)  # rank 1 was killed before it came
    stores = meet(shared, 2)
    stores[0].set("address", "fresh")
    assert stores[1].get("address") == b"fresh"


def test_a_rank_that_nobody_hears_says_what_to_set() -> None:
    shared = HashStore()
    meet(shared, 2)
    with pytest.raises(UserError, match="set TORCH_DISABLE_SHARE_RDZV_TCP_STORE=1"):
        store_of_attempt(shared, 1, 2, SHORT)
