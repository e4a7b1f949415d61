"""A text as a person reads it: figures and letters of full width and digits of any script as ASCII, what is invisible away.

`１３８…` is a number to a reader, and an address with a soft hyphen or a space of no width in it is an address; detectors see
what the reader sees, and spans are told in code points of the text as it is.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from typing import NamedTuple

WIDE = "@.+-_%&0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"  # what numbers and addresses are made of
BLANKS = "\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"  # of other widths
ALIKE = {  # Unicode: Halfwidth and Fullwidth Forms; decimal digits (general category Nd) of the basic plane
    **{chr(0xFEE0 + ord(char)): char for char in WIDE},
    **{char: str(unicodedata.digit(char)) for char in map(chr, range(128, 0x10000)) if char.isdecimal()},
    **dict.fromkeys(BLANKS, " "),
    "\u2212": "-",
}
INVISIBLE = frozenset(  # soft hyphen, characters of no width, marks of direction
    map(chr, (0xAD, 0x61C, 0x180E, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF))
)
MARKS = "\u0300-\u036f"  # combining diacritical marks
ODD = re.compile(f"[{MARKS}{''.join(sorted({*ALIKE, *INVISIBLE}))}]")
UNIT = re.compile(f"[^{MARKS}][{MARKS}]+|{ODD.pattern}")


class Reading(NamedTuple):
    """What is read, and the places in it before which the text has something more, in order."""

    text: str
    gaps: tuple[int, ...] = ()

    def placed(self, start: int, end: int) -> tuple[int, int]:
        """[start, end) of what is read, in code points of the text."""
        return start + bisect_right(self.gaps, start), end + bisect_right(self.gaps, end - 1)


def read(text: str) -> Reading:
    """The text as it is read; itself where nothing in it is odd."""
    if text.isascii() or not ODD.search(text):
        return Reading(text)
    pieces: list[str] = []
    gaps: list[int] = []
    at = length = 0
    for match in UNIT.finditer(text):
        unit = match.group()
        alike = "" if unit in INVISIBLE else ALIKE.get(unit) or unicodedata.normalize("NFC", unit)
        pieces += [text[at : match.start()], alike]
        length += match.start() - at + len(alike)
        gaps += [length] * (len(unit) - len(alike))
        at = match.end()
    return Reading("".join([*pieces, text[at:]]), tuple(gaps))


def with_marks(text: str, end: int) -> int:
    """Behind the marks that belong to the last letter before `end`."""
    while "\u0300" <= text[end : end + 1] <= "\u036f":
        end += 1
    return end


def divided(text: str) -> str:
    """The text with a blank for whatever is invisible in it: that may stand between two values too."""
    return ODD.sub(lambda match: " " if match[0] in INVISIBLE else ALIKE.get(match[0], match[0]), text)
