"""How a national number is described: its written forms, its check, and the words that announce it."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass

HYPHENS = "\u2010\u2011\u2013-"
CLASSES = {"A": "A-Z", "X": "A-Z0-9", "K": "0-9KkXx"}
PARTS = re.compile(r"([AXK][0-9])|([0-9]+)|(.)")


@dataclass(frozen=True)
class Number:
    """One kind of number of one country.

    A form counts digits: `3-2-4` is `123-45-6789`; `A2` are two capital letters, `X3` three capitals or digits, `K1` a
    digit or X or K. Of `strict` forms `valid` decides alone; `forms` need a word of `context` close by as well. `valid`
    gets the digits and letters alone, in capitals. A word in capitals is looked for as written, others in any case.
    """

    country: str  # ISO 3166-1
    name: str
    strict: tuple[str, ...]
    forms: tuple[str, ...]
    valid: Callable[[str], bool]
    context: tuple[str, ...]
    source: str


@functools.lru_cache(maxsize=512)
def as_pattern(form: str) -> str:
    """`3-2-4` as an expression; hyphens and spaces stand for their kin."""
    return "".join(map(_part, PARTS.findall(form)))


def _part(part: tuple[str, str, str]) -> str:
    kind, digits, mark = part
    if kind:
        return f"[{CLASSES[kind[0]]}]{{{kind[1]}}}"
    if digits:
        return f"[0-9]{{{digits}}}"
    return {" ": "[ \u00a0]", "-": f"[{HYPHENS}]"}.get(mark, f"\\{mark}")


def length_of(form: str) -> int:
    """How many characters a number of this form has."""
    return sum(int(kind[1:] or digits or 1) for kind, digits, _ in PARTS.findall(form))
