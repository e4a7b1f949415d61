"""Two nodes, each with a torchrun and an address of its own on this machine, train together; one may be lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from elastic_runs import (
    CLOSE,
    LOOPBACK,
    Kill,
    difference,
    finish,
    kill_all,
    last_step,
    on_nodes,
    started,
    starts,
    strike,
    undisturbed,
    wait_for,
)


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run of one process, with the tokens beside it."""
    return undisturbed(tmp_path_factory.mktemp("nodes"))


def test_two_nodes_train_together_and_start_again_when_a_worker_is_killed(reference: Path) -> None:
    with started(reference.parent, "two", on_nodes(LOOPBACK)) as run:
        strike(run, Kill(rank=1, step=21))
        finish(run)
    assert difference(run.run, reference) < CLOSE
    (first, second) = starts(run.run)
    assert first == ("start", 0, 2)
    assert second[::2] == ("resume", 2) and second[1] >= 20


def test_a_run_of_one_or_two_nodes_goes_on_with_one_when_the_other_is_lost(reference: Path) -> None:
    with started(reference.parent, "fewer", on_nodes(LOOPBACK, "1:2")) as run:
        wait_for(lambda: last_step(run.run) >= 21, run, "step 21")
        kill_all(run.nodes[1])
        finish(run, run.nodes[:1])
    assert difference(run.run, reference) < CLOSE
    (first, second) = starts(run.run)
    assert first == ("start", 0, 2)
    assert second[::2] == ("resume", 1) and second[1] >= 20
