"""eval-icl: which tasks, under which conditions."""

from __future__ import annotations

from dataclasses import dataclass

from llmctl.settings.knobs import BadValue, knob

SELECTS = ("first", "random")


@dataclass(frozen=True)
class EvalIcl:
    """The conditions of an evaluation: every model on every task with every number of shots and every selection."""

    task: tuple[str, ...] = knob(
        (), "task file, repeatable", option=True, keyed=False, metavar="TASK.toml", split=False
    )
    shots: tuple[int, ...] = knob((0,), "demonstrations in the prompt: one condition a number", option=True, low=0)
    select: tuple[str, ...] = knob(
        ("random",), "how demonstrations are chosen, one set a condition", option=True, choices=SELECTS
    )
    min_accuracy: float | None = knob(
        None, "gate: exit 4 when the first condition is less accurate", option=True, keyed=False, low=0, high=1,
        metavar="SHARE",
    )  # fmt: skip
    batch: int = knob(16, "sequences of one forward pass (decides rounding)", low=1)

    def __post_init__(self) -> None:
        for name, values in (("task", self.task), ("shots", self.shots), ("select", self.select)):
            if len(set(values)) != len(values):
                raise BadValue(f"{name} repeats a value; name each condition once")
        if not self.shots or not self.select:
            raise BadValue("shots and select each take at least one value")
