"""Addresses in texts that are written small: what a check says of the same passage with capitals.

No capital letter may stand within WINDOW code points, and no sign of code.
"""

from __future__ import annotations

import re

from llmctl.text.privacy.postal.localities import PARTICLE
from llmctl.text.privacy.postal.places import countries, regions
from llmctl.text.privacy.spans import Check, Found, Options

WINDOW = 160  # longer than sentences are: one of them would have begun with a capital
BEHIND = 240  # what may follow a street
CODE = re.compile(r"[{}\[\]=<;_\\|]")
PIECE = re.compile(  # a postal code of letters and figures; a region and its code; a word
    r"\b(?:[a-z]{1,2}[0-9][0-9a-z]? [0-9][a-z]{2}|[a-z][0-9][a-z] ?[0-9][a-z][0-9]|[a-z]{2}(?=,? [0-9]{5}))\b|[^\W\d_]+"
)
SMALL = re.compile(
    PARTICLE
    + r"|(?:and|st|nd|rd|th|at|on|near|is|are|was|were|to|with|it|its|his|her|my|our|your|me|you|please|for|from|by|new|"
    r"now|here|following|off|as|or|but|not|so|if|this|that|we|he|she|they|have|has|had|do|can|will|last|tonight|today|after|before|until|about|over|under|into|than|then|"
    r"all|some|more|less|people|times|minutes|hours|days)"
)
UNIT_BEFORE = re.compile(r"\b(?:apt|suite|flat|unit)\.? #?[0-9]{1,5}[a-z]? $")  # then no town follows without a comma


def countries_in_small() -> tuple[str, ...]:
    return tuple(sorted({name.lower() for name in countries()}))


def in_capitals(check: Check) -> Check:
    """The check on the passage with capitals, where it has none."""

    def checked(text: str, start: int, end: int, options: Options) -> Found:
        first = max(0, start - WINDOW)
        window = text[first : end + BEHIND]
        if window != window.lower() or CODE.search(window):
            return []
        large = PIECE.sub(_capital, window)
        found = check(large, start - first, end - first, options)
        return [(begin + first, begin + first + len(_certain(large[begin:stop]))) for begin, stop in found]

    return checked


def _certain(address: str) -> str:
    """Without what stands behind the last comma, unless that is a region or a country, or has a number."""
    head, comma, tail = address.rpartition(", ")
    known = tail in countries() or tail in regions() or tail.upper() in regions()
    return address if known or not comma or "\n" in tail or any(map(str.isdigit, tail)) else head


def _capital(match: re.Match[str]) -> str:
    word = match.group()
    if not word.isalpha() or (len(word) == 2 and word.upper() in regions() and _is_coded(match)):
        return word.upper()
    if SMALL.fullmatch(word) or UNIT_BEFORE.search(match.string, max(0, match.start() - 16), match.start()):
        return word
    large = word[0].upper() + word[1:]
    return large if len(large) == len(word) else word


def _is_coded(match: re.Match[str]) -> bool:
    return match.string[match.end() : match.end() + 7].lstrip(", ")[:5].isdigit()
