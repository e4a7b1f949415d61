"""Local processes: every item once, the first failure ends the map, a killed worker is one sentence."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from llmctl.engine.local import map_local
from llmctl.errors import UserError


def square(n: int) -> int:
    return n * n


def process(n: int) -> int:
    return os.getpid()


def fail_at_three(n: int) -> int:
    if n == 3:
        raise UserError("three is too many; give fewer")
    return n


def die_at_two(n: int) -> int:
    if n == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.05)
    return n


class Leave:
    """Work that leaves a file for each item."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def __call__(self, n: int) -> None:
        (self.place / str(n)).touch()
        fail_at_three(n)


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("count", [0, 1, 9])
def test_every_item_comes_back_once_with_its_result(count: int, workers: int) -> None:
    assert sorted(map_local(square, range(count), workers=workers)) == [(n, n * n) for n in range(count)]


def test_one_worker_is_this_process() -> None:
    assert {pid for _, pid in map_local(process, range(3), workers=1)} == {os.getpid()}


def test_two_workers_are_other_processes() -> None:
    assert os.getpid() not in {pid for _, pid in map_local(process, range(3), workers=2)}


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_of_the_work_is_raised_as_it_is(workers: int) -> None:
    with pytest.raises(UserError, match="three is too many; give fewer"):
        list(map_local(fail_at_three, range(9), workers=workers))


def test_after_a_failure_no_more_items_are_started(tmp_path: Path) -> None:
    with pytest.raises(UserError):
        list(map_local(Leave(tmp_path), range(1000), workers=2))
    assert len(list(tmp_path.iterdir())) < 50


def test_a_killed_worker_is_told_in_one_sentence() -> None:
    with pytest.raises(UserError, match="a worker process was killed"):
        list(map_local(die_at_two, range(6), workers=2))
