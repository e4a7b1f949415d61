"""A text as a person reads it: figures and letters of full width and digits of any script as ASCII, what is invisible away.

`１３８…` is a number to a reader, and an address with a soft hyphen or a space of no width in it is an address; detectors see
what the reader sees, and spans are told in code points of the text as it is.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

import numpy as np

WIDE = "@.+-_%&0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"  # what numbers and addresses are made of
ALIKE = {  # Unicode: Halfwidth and Fullwidth Forms; decimal digits (general category Nd) of the basic plane
    **{chr(0xFEE0 + ord(char)): char for char in WIDE},
    **{char: str(unicodedata.digit(char)) for char in map(chr, range(128, 0x10000)) if char.isdecimal()},
}
INVISIBLE = frozenset(  # soft hyphen, characters of no width, marks of direction
    map(chr, (0xAD, 0x61C, 0x180E, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2065), 0xFEFF))
)
ODD = re.compile(f"[{''.join(sorted({*ALIKE, *INVISIBLE}))}]")
IS_ODD = np.zeros(0x10000, bool)
IS_ODD[[ord(char) for char in (*ALIKE, *INVISIBLE)]] = True


class Reading(NamedTuple):
    """What is read, and of each of its code points where in the text it stands (None: at the same place)."""

    text: str
    places: list[int] | None = None

    def placed(self, start: int, end: int) -> tuple[int, int]:
        """[start, end) of what is read, in code points of the text."""
        return (start, end) if self.places is None else (self.places[start], self.places[end - 1] + 1)


def read(text: str) -> Reading:
    """The text as it is read; itself where nothing in it is odd."""
    if text.isascii() or not IS_ODD[np.frombuffer(text.encode("utf-16-le", "surrogatepass"), np.uint16)].any():
        return Reading(text)
    alike = ODD.sub(lambda match: ALIKE.get(match[0], match[0]), text)
    if INVISIBLE.isdisjoint(alike):
        return Reading(alike)
    places = [place for place, char in enumerate(alike) if char not in INVISIBLE]
    return Reading("".join(alike[place] for place in places), places)
