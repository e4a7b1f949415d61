"""Workers are killed under torchrun, which starts all of them again: the run goes on by itself, as if nothing had happened."""

from __future__ import annotations

from pathlib import Path

from elastic_runs import CLOSE, Kill, difference, finish, on_one_machine, started, starts, strike, undisturbed

KILLS = [Kill(rank=1, step=2), Kill(rank=0, step=21), Kill(rank=1, step=42)]


def test_a_run_whose_workers_are_killed_three_times_has_the_same_losses(tmp_path: Path) -> None:
    reference = undisturbed(tmp_path)
    with started(tmp_path, "killed", on_one_machine(2)) as run:
        for kill in KILLS:
            strike(run, kill)
        finish(run)
    assert difference(run.run, reference) < CLOSE
    found = starts(run.run)
    assert [(event, processes) for event, _, processes in found] == [("start", 2), ("start", 2), *[("resume", 2)] * 2]
    assert [step >= 5 * (kill.step // 5) for (_, step, _), kill in zip(found[1:], KILLS, strict=True)] == [True] * 3
