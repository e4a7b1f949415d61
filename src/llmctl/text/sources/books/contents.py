"""The lines that look like headings -> the tables of contents among them.

A table is a run of headings with hardly any text between, most of which stand elsewhere too (or have page numbers).
Runs are taken one by one, so that of a table and its copy neither hides the headings themselves. Linear.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from llmctl.text.sources.books.headings import PART, Heading
from llmctl.text.sources.books.numerals import MOST, folded
from llmctl.text.sources.books.tables import TABLES

CONTENTS = frozenset(map(folded, TABLES["contents"].split()))
DENSE = 400  # characters between two lines of a table of contents with summaries; chapters of real books have thousands
EARLY = 0.1  # of a book is where a table of bare numbers and no word above it may lie
RUN = 3  # lines of a table of contents at the least
BEFORE = 12  # lines between the word `contents` and the first line of it


def _weights(lines: Sequence[str], candidates: Sequence[Heading]) -> list[int]:
    """Characters of text between each candidate and the next."""
    sums = [0]
    for line in lines:
        sums.append(sums[-1] + len(line.strip()))
    ends = [*(one.line for one in candidates[1:]), len(lines)]
    return [sums[max(end, one.end)] - sums[one.end] for one, end in zip(candidates, ends, strict=True)]


def tables_of_contents(lines: Sequence[str], found: Sequence[Heading]) -> list[tuple[int, int]]:
    """The lines (half open) of every table, with the word `contents` above it."""
    tables: list[tuple[int, int]] = []
    others = _Others(found)
    for first, last in _runs(found, _weights(lines, found)):
        members = list(found[first : last + 1])
        others.take(members)
        while members and not others.have(members[-1]):
            others.give(members.pop())
        while members and not others.have(members[0]):
            others.give(members.pop(0))
        start = _word_above(lines, members[0].line) if members else 0
        if (
            len(members) < RUN
            or 2 * sum(map(others.have, members)) <= len(members)
            or _is_list(members, start, len(lines))
        ):
            for one in members:
                others.give(one)
            continue
        between = "".join(lines[tables[-1][1] : start]) if tables else ""
        if tables and len(between.strip()) <= DENSE / 2:  # the tables of two parts, with the name of the second
            start = tables.pop()[0]
        tables.append((start, members[-1].end))
    return tables


def _is_list(members: Sequence[Heading], start: int, size: int) -> bool:
    """Whether a run of bare numbers is a list that stands twice in a text, and no table of contents."""
    are_bare = all(one.is_bare and not one.is_paged for one in members)
    return are_bare and start == members[0].line and start > EARLY * size


class _Others:
    """The headings outside a run: by kind and number, and by title; a line with a page number needs no proof."""

    def __init__(self, found: Sequence[Heading]) -> None:
        self.counts = Counter(key for one in found for key in self.keys(one))

    def keys(self, one: Heading) -> list[tuple[str, int | str]]:
        keys: list[tuple[str, int | str]] = [] if one.number is None or one.is_bare else [(one.kind, one.number)]
        return [*keys, ("title", folded(one.title or one.text))] if one.title or one.number is None else keys

    def take(self, members: Sequence[Heading]) -> None:
        self.counts.subtract(key for one in members for key in self.keys(one))

    def give(self, one: Heading) -> None:
        self.counts.update(self.keys(one))

    def have(self, one: Heading) -> bool:
        return one.is_paged or any(self.counts[key] > 0 for key in self.keys(one))


def _runs(found: Sequence[Heading], weights: Sequence[int]) -> list[tuple[int, int]]:
    """Stretches of candidates with little between them; a number that falls begins the next, and so does a part that
    stands behind chapters which stood under none."""
    runs: list[tuple[int, int]] = []
    first, parts, chapters = 0, dict[str, int](), dict[str, int]()
    for i, one in enumerate(found):
        seen = parts if one.level == PART else chapters
        falls = (one.number or MOST + 1) <= seen.get(one.kind, 0)
        if i and (weights[i - 1] > DENSE or falls or (one.level == PART and chapters and not parts)):
            runs.append((first, i - 1))
            first, parts, chapters = i, {}, {}
        if one.level == PART:
            chapters = {}
        (parts if one.level == PART else chapters)[one.kind] = one.number or 0
    return [*runs, (first, len(found) - 1)] if found else []


def _word_above(lines: Sequence[str], line: int) -> int:
    """The line of the word `contents` above a table, or the table's first line."""
    for at in range(line - 1, max(line - 2 * BEFORE, -1), -1):
        if folded("-".join(lines[at].strip(" .:_*[]").split())) in CONTENTS:
            return at
    return line
