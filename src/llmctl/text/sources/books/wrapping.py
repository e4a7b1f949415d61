"""Hard-wrapped lines -> paragraphs: a line break of the typist goes, one of the author stays.

A break is the typist's where the next word would not have fitted into the width of the page. A block (lines between
empty ones) is joined as a whole where that holds for most of its breaks; verse (most lines begin with a capital and end
early), tables (gaps inside lines) and lines that are indented further than their block stay as they are. Where most
lines are longer than any page is wide, lines are paragraphs and nothing is joined. Linear in the text.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

NARROWEST, WIDEST = (
    25,
    110,
)  # characters of a typed page; Project Gutenberg asks for 60 to 75, Chinese files have 30 to 38
SLACK = 8  # characters; typists broke earlier than they had to: of seven real books 97 % of the breaks lie within it
QUOTES = "\"'\u2018\u201c(["
HALF = 0.6  # of the width; verses that go on in small letters are shorter
MOSTLY = 0.6  # of the breaks of a block must be the typist's
VERSE = 0.8  # of the lines of a block begin with a capital: one in two would by chance, prose has one in five
STANZA = 5  # lines with capitals that are no chance (one in 600) even where each is as wide as the page
GAP = re.compile(r"\S(?: {3,}|\t)\S")  # inside a line: columns
PERCENTILE = 0.9  # of the lengths of broken lines is the width of the page


def unwrap(lines: Sequence[str], width: int) -> list[str]:
    """Lines with what was broken at a width joined."""
    out: list[str] = []
    start = 0
    while start < len(lines):
        end = start + 1
        while lines[start].strip() and end < len(lines) and lines[end].strip():
            end += 1
        out += _joined(lines[start:end], width)
        start = end
    return out


def page_width(lines: Sequence[str]) -> int | None:
    """The width that lines were broken at; None where they were not."""
    broken = sorted(
        _columns(line.rstrip()) for line, after in itertools.pairwise(lines) if line.strip() and after.strip()
    )
    filled = sum(1 for line in lines if line.strip())
    if not broken or len(broken) * 3 < filled:
        return None
    width = broken[int(PERCENTILE * (len(broken) - 1))]
    return width if NARROWEST <= width <= WIDEST else None


def _joined(block: Sequence[str], width: int) -> list[str]:
    if len(block) == 1 or _is_table(block) or not _is_wrapped(block, width):
        return [line.rstrip() for line in block]
    lines = [line.strip() for line in block]
    gaps = [_between(a, b) for a, b in itertools.pairwise(lines)]
    return ["".join(piece for pair in zip(["", *gaps], lines, strict=True) for piece in pair)]


def _between(before: str, after: str) -> str:
    """Nothing after a hyphen or dash (typists of Gutenberg broke no words), nor in scripts without spaces."""
    if before.endswith(("-", "\u2014")) and before[-2:-1].strip():
        return ""
    return "" if _is_wide(before[-1]) and _is_wide(after[0]) else " "


def _is_wide(character: str) -> bool:
    return (
        "\u2e80" <= character <= "\u9fff"
        or "\uff00" <= character <= "\uff60"
        or character in "\u201d\u201c\u2014\u2026"
    )


def _is_table(block: Sequence[str]) -> bool:
    return sum(bool(GAP.search(line.strip())) for line in block) * 2 > len(block)


def _is_wrapped(block: Sequence[str], width: int) -> bool:
    """Whether most breaks of a block are where the page ended."""
    indents = [_indent(line) for line in block[1:]]
    capitals = sum(line.strip().lstrip(QUOTES)[:1].isupper() for line in block)
    margin = min(indents) + (0 if capitals > VERSE * len(block) else 1)
    if sum(indent > margin for indent in indents) * 5 > len(block):
        return False  # lines set in by different amounts: verse, addresses
    breaks = list(itertools.pairwise(block))
    full = sum(_is_typists(a.rstrip(), b.strip(), width) for a, b in breaks)
    is_sure = full < len(breaks) or min(indents) > 0 or len(block) >= STANZA
    is_verse = len(block) > 2 and capitals > VERSE * len(block) and is_sure
    return full >= MOSTLY * len(breaks) and not is_verse


def _is_typists(line: str, after: str, width: int) -> bool:
    """The next word would not have fitted; or a sentence goes on in small letters after more than half a line."""
    length = _columns(line)
    return length + 1 + _columns(_first_word(after)) > width - SLACK or (after[0].islower() and length > HALF * width)


def _columns(line: str) -> int:
    """The width of a line on a typed page: characters of East Asia take two columns (Unicode Standard Annex 11)."""
    return len(line) if line.isascii() else len(line) + sum("\u2e80" <= c <= "\uff60" for c in line)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _first_word(line: str) -> str:
    word = line.split(None, 1)[0]
    return word[0] if _is_wide(word[0]) else word
