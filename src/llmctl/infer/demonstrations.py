"""Demonstrations and the prompt that holds them (survey, in-context learning; Brown et al. 2020, arXiv:2005.14165).

In: a task's template and its rows. Out: k demonstrations and, for each test example, the text that the model reads:
demonstrations (`query + label_prefix + label`) joined by the separator, then the query. How demonstrations are chosen
is a row of SELECTORS. No example of the test set is ever a demonstration.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from llmctl.errors import UserError
from llmctl.infer.templates import Template, compile_template
from llmctl.store.tasks import Row, Task


@dataclass(frozen=True)
class Example:
    """One row of a task: what is asked, and the gold label (or answer text)."""

    id: str
    query: str
    gold: str


Selector = Callable[[Sequence[Example], int], Sequence[Example]]  # (pool, seed) -> the pool in order of choice


def by_position(pool: Sequence[Example], seed: int) -> Sequence[Example]:
    """The order of the file."""
    return pool


def by_chance(pool: Sequence[Example], seed: int) -> Sequence[Example]:
    """A random order: by a hash of seed and id. The 4 demonstrations of a seed are the first 4 of its 8."""
    return sorted(pool, key=lambda example: hashlib.blake2b(f"{seed}\n{example.id}".encode(), digest_size=16).digest())


SELECTORS: dict[str, Selector] = {"first": by_position, "random": by_chance}


def template_of(task: Task) -> Template:
    """The task's template, checked."""
    return compile_template(task.template, f"{task.path}: template")


def examples(task: Task, rows: Sequence[Row], source: str) -> list[Example]:
    """The rows of a task as examples; a row that does not fit exits 1 and is named."""
    template = template_of(task)
    if task.id != "id" and rows and not any(task.id in row for row in rows):
        raise UserError(
            f"{source}: no row has the column {task.id!r} that id names in {task.path}; name one of its columns"
        )
    found = [_example(task, template, row, f"{source}#{number}") for number, row in enumerate(rows)]
    if len({example.id for example in found}) < len(found):
        raise UserError(f"{source}: the column {task.id!r} repeats an id; name another column with id in {task.path}")
    return found


def _example(task: Task, template: Template, row: Row, place: str) -> Example:
    gold = row.get(task.label)
    if gold is None:
        raise UserError(f"{place} has no {task.label!r}; set label in {task.path} to one of: {', '.join(row)}")
    if task.labels and str(gold) not in task.labels:
        raise UserError(f"{place}: {task.label} is {str(gold)!r}, and the labels are {', '.join(task.labels)}")
    named = row.get(task.id)
    try:
        return Example(place if named is None else str(named), template.render(row), str(gold))
    except UserError as error:
        raise UserError(f"{error}, in {place} (columns: {', '.join(row)})") from None


def choose(
    task: Task, pool: Sequence[Example], tests: Sequence[Example], *, shots: int, select: str, seed: int
) -> list[Example]:
    """`shots` demonstrations for all test examples, none of which is among them."""
    if shots == 0:
        return []
    asked = {test.id for test in tests}
    free = [example for example in pool if example.id not in asked]
    if len(free) < shots:
        where = task.pool or f"{task.path} (it names no pool)"
        raise UserError(f"{shots} shots need as many demonstrations, and {where} has {len(free)} outside the test set")
    return list(SELECTORS[select](free, seed)[:shots])


def prompt_of(task: Task, demonstrations: Sequence[Example], query: str) -> str:
    """What the model reads before the label."""
    shown = [f"{d.query}{task.label_prefix}{d.gold}" for d in demonstrations]
    return task.separator.join([*shown, query])
