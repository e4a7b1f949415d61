"""Where and how fast work runs, and what is done around it: the options that every stage shares.

Only `limit` and `seed` can change a byte, and only they go into an artifact's key (where a stage uses them).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from llmctl.settings.knobs import Size, knob

Progress = Callable[[int, int, str], None]  # (units done, units in all, what is being done)
Notice = Callable[[Sequence[str], Sequence[str]], None]  # (lines for a person at a terminal, warnings for everybody)


def silent(done: int, total: int, what: str) -> None:
    """The progress of a caller who does not want to see any."""


def unheard(lines: Sequence[str], warnings: Sequence[str]) -> None:
    """The notice of a caller who reads the manifest instead."""


@dataclass(frozen=True)
class How:
    """The shared options; long work calls `notice` before it begins and `progress` as it goes on."""

    engine: str = knob("local", "where work runs", option=True, choices=("local",), keyed=False)
    workers: int = knob(0, "worker processes (0: one a core)", option=True, low=0, keyed=False, metavar="N")
    memory: Size | None = knob(None, "upper bound for the process tree", option=True, keyed=False, metavar="SIZE")
    seed: int = knob(0, "the one recorded seed", option=True, metavar="N")
    limit: int | None = knob(None, "only the first N rows or examples", option=True, low=1, metavar="N")
    preview: int | None = knob(
        None,
        "judge N sampled rows and show what would happen; writes nothing",
        option=True,
        low=1,
        keyed=False,
        metavar="N",
    )
    max_unreadable: float = knob(
        0.05, "fail above this share of unreadable records", option=True, low=0, high=1, keyed=False, metavar="SHARE"
    )
    max_removed: float | None = knob(
        None,
        "gate: exit 4 when a larger share of rows is removed",
        option=True,
        low=0,
        high=1,
        keyed=False,
        metavar="SHARE",
    )
    removed: str | None = knob(
        None, "with -o -: keep the removed rows here (JSON Lines)", option=True, keyed=False, metavar="PATH"
    )
    dry_run: bool = knob(False, "say what would be done, with an estimate", option=True, keyed=False)
    force: bool = knob(False, "replace an output that holds a different run", option=True, keyed=False)
    progress: Progress = silent
    notice: Notice = unheard
