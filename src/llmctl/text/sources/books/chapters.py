"""The lines of a book -> its chapters: which of the lines that look like headings are headings.

One line never decides. Headings of one kind must rise in number (the longest rising chain is taken, from one to one);
tables of contents are none (`contents`); bare numbers are chapters only where no better heading is, or where they
carry on its numbers. Time is n log n in the lines.
"""

from __future__ import annotations

import bisect
import itertools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from llmctl.text.sources.books.contents import RUN, tables_of_contents
from llmctl.text.sources.books.headings import CHAPTER, LONGEST, PART, Heading, heading
from llmctl.text.sources.books.numerals import folded

UNDERLINE = re.compile(r"([*=~#^-])\1{2,200}")
BLOCK = 3  # lines that a heading may take; the longest of seven real books takes two
TITLED = (
    2 / 3
)  # of the headings of a kind must have a short block below for it to be a title; a few begin with a letter
TITLE = 80  # characters of such a block: a line of a page
BARE_CHAIN = 3  # bare numbers in a row at the least: two are a pair of notes
BARE_STEPS = 0.8  # of them rise by one, and stand below a finished sentence: page numbers stand in the middle of one
BARE_TEXT = 500  # characters between them on average: lists have fewer, the sections of a story some thousands
SENTENCE_ENDS = tuple(".!?\"')]*\u201d\u2019\u2014-_:;\u3002\uff01\uff1f")


@dataclass
class Found:
    """The headings of a book in order, and the lines (half open) of its tables of contents."""

    headings: list[Heading] = field(default_factory=list)
    contents: list[tuple[int, int]] = field(default_factory=list)

    @property
    def chapters(self) -> list[Heading]:
        return [one for one in self.headings if one.level == CHAPTER]


def find(lines: Sequence[str]) -> Found:
    """The headings of a book; where it has parts and no chapters, the parts are the chapters."""
    candidates = _candidates(lines)
    if not candidates:
        return Found()
    contents = tables_of_contents(lines, candidates)
    inside = {i for first, last in contents for i in range(first, last)}
    left = [one for one in candidates if one.line not in inside and not one.is_paged]
    parts = _chains([one for one in left if one.level == PART], [])
    chapters = _chapters([one for one in left if one.level == CHAPTER], parts, lines)
    if not chapters:
        parts, chapters = [], [replace(one, level=CHAPTER) for one in parts]
    return Found(_with_titles(sorted([*parts, *chapters], key=lambda one: one.line), lines), contents)


def _candidates(lines: Sequence[str]) -> list[Heading]:
    found: list[Heading] = []
    start = 0
    while start < len(lines):
        if not lines[start].strip():
            start += 1
            continue
        end = start
        while end < len(lines) and lines[end].strip():
            end += 1
        found += _of_block(lines, start, end)
        start = end
    return found


def _of_block(lines: Sequence[str], start: int, end: int) -> list[Heading]:
    """A heading is a short block, or stands first in one; where lines are paragraphs it may stand anywhere."""
    found: list[Heading] = []
    for at in range(start, end):
        one = heading(lines[at], at)
        if one is None:
            continue
        follows = bool(found) and found[-1].end == at
        if at == start or follows or _is_eastern(lines[at]) or one.is_paged:
            found.append(one)
    if len(found) == 1 and found[0].line == start and 1 < end - start <= BLOCK:
        _take_block(found[0], lines, end)
    if end - start > BLOCK:
        found = [one for one in found if (not one.is_bare and (_is_eastern(one.text) or not one.title or one.text.isupper()))
                 or one.is_paged or len(found) >= RUN]  # fmt: skip
    return found


def _take_block(one: Heading, lines: Sequence[str], end: int) -> None:
    """A title that was wrapped goes on to the end of its block; one that is underlined is sure, and its rule goes."""
    if end == one.line + 2 and (rule := UNDERLINE.fullmatch(lines[one.line + 1].strip())):
        one.end, one.kind = end, f"{one.kind.rstrip('.')}{rule[1]}" if one.is_bare else one.kind
        return
    whole = " ".join(" ".join(lines[i].split()) for i in range(one.line, end))
    if len(whole) <= LONGEST and not _is_eastern(lines[one.line]):
        more = heading(whole, one.line)
        if more is not None and more.number == one.number:
            one.end, one.text, one.title = end, more.text, more.title


def _is_eastern(line: str) -> bool:
    return "\u2e80" <= line.strip().lstrip("#*_ ")[:1] <= "\uffef"


def _chains(found: Sequence[Heading], parts: Sequence[Heading]) -> list[Heading]:
    """Of each kind the longest rising chain, if it has two members."""
    breaks = [part.line for part in parts]
    chains: list[Heading] = []
    for kind in dict.fromkeys(one.kind for one in found):
        of_kind = [one for one in found if one.kind == kind]
        chain = [one for segment in _segments(of_kind, breaks) for one in _rising(segment)]
        chains += chain if len(chain) > 1 else []
    return chains


def _segments(found: Sequence[Heading], breaks: Sequence[int]) -> list[list[Heading]]:
    """Numbers begin anew at one, and may do so below a part."""
    segments: list[list[Heading]] = []
    for one in found:
        last = segments[-1][-1] if segments else None
        below = last is not None and bisect.bisect(breaks, last.line) != bisect.bisect(breaks, one.line)
        if last is None or below or (one.number == 1 and last.number != 1):
            segments.append([])
        segments[-1].append(one)
    return segments


def _rising(found: Sequence[Heading]) -> list[Heading]:
    """The longest chain of rising numbers (patience sorting); of equal ones the first."""
    tails: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for i, one in enumerate(found):
        value = one.number or 0
        place = bisect.bisect_left(tails, value)
        before.append(ends[place - 1] if place else -1)
        if place == len(tails):
            tails.append(value)
            ends.append(i)
        elif tails[place] != value:
            tails[place], ends[place] = value, i
    chain, i = [], ends[-1] if ends else -1
    while i >= 0:
        chain.append(found[i])
        i = before[i]
    return chain[::-1]


def _chapters(found: Sequence[Heading], parts: Sequence[Heading], lines: Sequence[str]) -> list[Heading]:
    numbered = [one for one in found if one.number is not None and not one.is_bare]
    chain = sorted(_chains(numbered, parts), key=lambda one: one.line)
    bare = [one for one in found if one.is_bare]
    chain = _carried_on(chain, bare) if chain else _bare_chain(bare, parts, lines)
    return chain + _named(found, chain) if chain else []


def _carried_on(chain: list[Heading], bare: Sequence[Heading]) -> list[Heading]:
    """`CHAPTER VI` and then `VII. Title`: bare numbers with titles that carry on where the word was dropped."""
    last = chain[-1]
    for kind in ("roman.", "arabic."):
        tail = [one for one in bare if one.kind == kind and one.line > last.line]
        wanted = range((last.number or 0) + 1, (last.number or 0) + 1 + len(tail))
        if len(tail) > 1 and [one.number for one in tail] == list(wanted):
            return chain + [replace(one, kind=last.kind) for one in tail]
    return chain


def _bare_chain(bare: Sequence[Heading], parts: Sequence[Heading], lines: Sequence[str]) -> list[Heading]:
    """Chapters that have numbers alone: one style, from one, in steps of one, with text between and sentences ended."""
    best: list[Heading] = []
    breaks = [part.line for part in parts]
    for kind in ("roman", "roman.", "arabic", "arabic."):
        of_kind = [one for one in bare if one.kind == kind]
        chain = [one for segment in _segments(of_kind, breaks) for one in _rising(segment)]
        if len(chain) > max(len(best), BARE_CHAIN - 1) and _is_sound(chain, lines):
            best = chain
    return best


def _is_sound(chain: Sequence[Heading], lines: Sequence[str]) -> bool:
    numbers = [one.number or 0 for one in chain]
    steps = sum(b == a + 1 or b == 1 for a, b in itertools.pairwise(numbers))
    text = sum(len(line.strip()) for line in lines[chain[0].line :])
    ended = sum(_text_above(lines, one.line).endswith(SENTENCE_ENDS) for one in chain[1:])
    return (
        numbers[0] == 1
        and steps >= BARE_STEPS * (len(chain) - 1)
        and text >= BARE_TEXT * len(chain)
        and ended >= BARE_STEPS * (len(chain) - 1)
    )


def _text_above(lines: Sequence[str], line: int) -> str:
    return next((lines[at].strip() for at in range(line - 1, -1, -1) if lines[at].strip()), "")


def _named(found: Sequence[Heading], chain: Sequence[Heading]) -> list[Heading]:
    """Prefaces and the like; one in front of chapter one that stands again later was a line of the contents."""
    named = [one for one in found if one.kind == "named"]
    counts = Counter(folded(one.text) for one in named)
    first = min(one.line for one in chain)
    kept = []
    for one in named:
        counts[folded(one.text)] -= 1
        if one.line > first or not counts[folded(one.text)]:
            kept.append(one)
    return kept


def _with_titles(found: list[Heading], lines: Sequence[str]) -> list[Heading]:
    """Where most headings of a kind have a short block below them, that block is their title."""
    stops = [*(one.line for one in found[1:]), len(lines)][: len(found)]
    below = [
        None if one.title or one.number is None else _short_block(lines, one.end, stop)
        for one, stop in zip(found, stops, strict=True)
    ]
    for kind in {one.kind for one in found}:
        untitled = [i for i, one in enumerate(found) if one.kind == kind and not one.title and one.number is not None]
        having = [i for i in untitled if below[i]]
        if len(having) < max(TITLED * len(untitled), 2):
            continue
        for i in having:
            start, end = below[i] or (0, 0)
            title = " ".join(" ".join(lines[at].split()) for at in range(start, end))
            one = found[i]
            found[i] = replace(
                one, end=end, title=title.strip("_* "), text=f"{one.text.rstrip('.:')}. {title.strip('_* ')}"
            )
    return found


def _short_block(lines: Sequence[str], start: int, stop: int) -> tuple[int, int] | None:
    """One or two short lines between blank ones that are no speech and no heading, with text below them."""
    while start < stop and not lines[start].strip():
        start += 1
    end = start
    while end < stop and lines[end].strip() and end - start < BLOCK:
        end += 1
    if not any(line.strip() for line in lines[end:stop]):
        return None
    text = " ".join(line.strip() for line in lines[start:end])
    if end - start >= BLOCK or not 0 < len(text) <= TITLE or heading(lines[start]) or not text[0].isalnum():
        return None
    is_capital = text.isupper() or sum(word[:1].isupper() for word in text.split()) * 2 > len(text.split())
    return (start, end) if is_capital and not text.endswith((",", ";", ":", "?!")) else None
