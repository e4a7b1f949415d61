"""Rows of figures: a number beside others of its kind is one of a list, beside any other figures a part of a table.

Checks of one number say so surely that figures beside it which pass them too are no chance.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass

from llmctl.text.privacy.spans import is_ascii_alnum

MAX_LOOKED_AT = 3  # neighbours on each side; four numbers with check digits in a row are a list, whatever comes then
AFTER = re.compile("[ \u00a0\t,;|/]{1,3}")
BEFORE = re.compile(f"{AFTER.pattern}$")


@dataclass(frozen=True)
class Row:
    """[start, end) of numbers of a kind that stand side by side, and whether more may stand before or behind them."""

    start: int
    end: int
    open_before: bool
    open_after: bool


def row_around(text: str, start: int, end: int, lengths: Collection[int], is_one: Callable[[str], bool]) -> Row:
    """The numbers of the kind around [start, end): `lengths` in characters, as `is_one` knows them."""
    first, last, before, after = start, end, 0, 0
    while before < MAX_LOOKED_AT and (begin := _begin_before(text, first, lengths, is_one)) >= 0:
        first, before = begin, before + 1
    while after < MAX_LOOKED_AT and (stop := _end_after(text, last, lengths, is_one)) >= 0:
        last, after = stop, after + 1
    return Row(first, last, before == MAX_LOOKED_AT, after == MAX_LOOKED_AT)


def _begin_before(text: str, start: int, lengths: Collection[int], is_one: Callable[[str], bool]) -> int:
    joint = BEFORE.search(text, max(0, start - 3), start)
    if joint is None:
        return -1
    end = joint.start()
    begins = (
        end - length
        for length in lengths
        if length <= end and not is_ascii_alnum(text[end - length - 1 : end - length])
    )
    return next((begin for begin in begins if is_one(text[begin:end])), -1)


def _end_after(text: str, end: int, lengths: Collection[int], is_one: Callable[[str], bool]) -> int:
    joint = AFTER.match(text, end)
    if joint is None:
        return -1
    start = joint.end()
    stops = (start + length for length in lengths if not is_ascii_alnum(text[start + length : start + length + 1]))
    return next((stop for stop in stops if is_one(text[start:stop])), -1)
