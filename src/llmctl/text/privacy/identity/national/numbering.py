"""How a national number is described: its written forms, its check, and the words that announce it."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass

from llmctl.text.privacy.context import AFTER, BEFORE

HYPHENS = "\u2010\u2011\u2013-"
CLASSES = {"A": "A-Z", "X": "A-Z0-9", "K": "0-9KkXx"}
PARAGRAPH, LINE = "\n\n", "\n"
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


def is_announced(text: str, start: int, end: int, words: tuple[str, ...]) -> bool:
    """Whether one of the words stands within BEFORE code points before or AFTER behind, in the paragraph.

    Substrings first: sixty of them are looked for in less time than one expression of sixty branches takes.
    """
    before = text[max(0, start - BEFORE) : start]
    near = f"{before[before.rfind(PARAGRAPH) + 1 :]}\0{text[end : end + AFTER].partition(LINE)[0]}".replace(LINE, " ")
    lowered = near.lower()
    return any(word in (near if word.isupper() else lowered) and _alone(word).search(near) for word in words)


@functools.lru_cache(maxsize=1024)
def _alone(word: str) -> re.Pattern[str]:
    """Not within a longer word, in scripts that have spaces (Thai has none); a word in ASCII capitals as written."""
    if max(word) >= "\u3000" or "\u0e00" <= word[0] <= "\u0e7f":
        return re.compile(re.escape(word))
    folded = 0 if word.isupper() and word.isascii() else re.IGNORECASE
    return re.compile(rf"(?<![^\W\d_]){re.escape(word)}(?![^\W\d_])", folded)


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
