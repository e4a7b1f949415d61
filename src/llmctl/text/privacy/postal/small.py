"""Addresses in texts that are written small: what a check says of the same passage with capitals.

No capital letter may stand within WINDOW code points, and no sign of code.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence

from llmctl.text.privacy.postal.localities import PARTICLE
from llmctl.text.privacy.postal.places import countries, regions
from llmctl.text.privacy.spans import Check, Found, Options

WINDOW = 160  # longer than sentences are: one of them would have begun with a capital
BEHIND = 240  # what may follow a street
BLOCK, EDGE = 128, 32  # what is given capitals begins and ends at a multiple, and so far beside it, to be known again
DIGIT = re.compile("[0-9]")
CODE = re.compile(r"[{}\[\]=<;_\\|]")
PIECE = re.compile(  # a unit, behind which no town follows without a comma; codes; a region and its code; a word
    r"\b(?P<unit>(?:apt|suite|flat|unit)\.? #?[0-9]{1,5}[a-z]?\b)(?: (?!(?:apt|suite|flat|unit)\b)[^\W\d_]+)?|[^\W\d_]{3,}|"
    r"\b(?:[a-z]{1,2}[0-9][0-9a-z]? [0-9][a-z]{2}|[a-z][0-9][a-z] ?[0-9][a-z][0-9]|[a-z]{2}(?=,? [0-9]{5}))\b|[^\W\d_]+"
)
SMALL = re.compile(  # words of the sentence, not of the address
    PARTICLE
    + r"|(?:and|st|nd|rd|th|at|on|near|is|are|was|were|to|with|it|its|his|her|my|our|your|me|you|please|for|from|by|"
    r"new|now|here|following|off|as|or|but|not|so|if|this|that|we|he|she|they|have|has|had|do|can|will|last|tonight|today|"
    r"after|before|until|about|over|under|into|than|then|all|some|more|less|people|times|minutes|hours|days)"
)


def countries_in_small() -> tuple[str, ...]:
    return tuple(sorted({name.lower() if len(name) > 2 else f" {name.lower()}" for name in countries()}))


def behind_blanks(words: Sequence[str]) -> tuple[str, ...]:
    """The blank belongs to what is looked for: `st` stands in a thousand words of a page, ` st` in a hundred."""
    return tuple(f" {word}" for word in words)


def behind_blank(check: Check) -> Check:
    """The check of the word itself."""
    return lambda text, start, end, options: check(text, start + 1, end, options)


def in_capitals(check: Check, *, numbered: bool = True) -> Check:
    """The check on the passage with capitals, where it has none; `numbered`: nothing is found where no figure stands."""

    def checked(text: str, start: int, end: int, options: Options) -> Found:
        start += text[start] == " "
        first = max(0, start - WINDOW)
        window = text[first : end + BEHIND]
        if (numbered and not DIGIT.search(window)) or window != window.lower() or CODE.search(window):
            return []
        large = _in_capitals(text, first, first + len(window))
        found = check(large, start - first, end - first, options)
        return [(begin + first, begin + first + len(_certain(large[begin:stop]))) for begin, stop in found]

    return checked


def _in_capitals(text: str, start: int, end: int) -> str:
    """The passage with capitals; proposals that stand close share the work."""
    origin = max(0, start - start % BLOCK - EDGE)
    large = _capitals(text[origin : end - end % BLOCK + BLOCK + EDGE])
    return large[start - origin : end - origin]


@functools.lru_cache(maxsize=16)
def _capitals(passage: str) -> str:
    return PIECE.sub(_capital, passage)


def _certain(address: str) -> str:
    """Without what stands behind the last comma, unless that is a region or a country, or has a number."""
    head, comma, tail = address.rpartition(", ")
    known = tail in countries() or tail in regions() or tail.upper() in regions()
    return address if known or not comma or "\n" in tail or any(map(str.isdigit, tail)) else head


def _capital(match: re.Match[str]) -> str:
    word = match.group()
    if match["unit"]:
        return word[0].upper() + word[1:]
    if not word.isalpha() or (len(word) == 2 and word.upper() in regions() and _is_coded(match)):
        return word.upper()
    return _large(word)


@functools.lru_cache(maxsize=4096)
def _large(word: str) -> str:
    large = word if SMALL.fullmatch(word) else word[0].upper() + word[1:]
    return large if len(large) == len(word) else word


def _is_coded(match: re.Match[str]) -> bool:
    return match.string[match.end() : match.end() + 7].lstrip(", ")[:5].isdigit()
