"""Names in texts that are written small: no capital letter stands within WINDOW code points, and no sign of code.

A listed given name that is no English word, with what stands behind it if that is no English word either, between words
that are English.
"""

from __future__ import annotations

import functools
import re

from llmctl.text.privacy.names import surroundings
from llmctl.text.privacy.names.evidence import AMBIGUOUS, GIVEN, MANY_SURNAMES, SURNAME, is_given
from llmctl.text.privacy.names.gazetteer import announced_kinds, common, kinds, words
from llmctl.text.privacy.spans import Found, Options

WINDOW = 150  # longer than sentences are: one of them would have begun with a capital
NAME = re.compile(r"([a-z\u00df-\u017f]{3,24})(?: (?:[a-z]\.? )?([a-z\u00df-\u017f]{3,24}))?(?!\w|['\u2019@.-]\w)")
CODE = re.compile(r"[{}\[\]=<;_\\|]")
BEGINNING = re.compile(r"(?:^|[.!?:\n] ?)\W*[a-z]")  # of a sentence
ENGLISH_BEFORE = re.compile(r"([^\W\d_]+)[^\w]*$")
MIN_LETTERS = 5  # shorter ones stand within too many words


@functools.lru_cache(maxsize=1)
def small_names() -> tuple[str, ...]:
    clear = (name for name, kind in kinds().items() if is_given(kind) and len(name) >= MIN_LETTERS)
    return tuple(sorted(name.lower() for name in clear if name.isascii() and name.isalpha()))


def small(text: str, start: int, end: int, options: Options) -> Found:
    """A listed given name in a text without capitals."""
    before, after = text[start - 1 : start], text[end : end + 1]
    if (before and before not in " \n\"'(") or (after and after not in " \n,.!?:'\")"):
        return []
    first = max(0, start - WINDOW)
    window = text[first : end + WINDOW]
    if window != window.lower() or CODE.search(window):
        return []
    if not BEGINNING.search(window[1 if first else 0 : start - first + 1]):
        return []
    word = ENGLISH_BEFORE.search(text, max(0, start - 20), start)
    if word and (word[1] in words()["prepositions"] or (len(word[1]) > 1 and word[1] not in common())):
        return []
    return in_lower_case(text, start)


def in_lower_case(text: str, at: int, *, certain: bool = False) -> Found:
    """The name that begins at `at`; where one is certain, words that many people are called are names too."""
    match = NAME.match(text, at, at + 56)
    if match is None:
        return []
    second = match[2]
    if not is_given(kinds().get(match[1].capitalize(), 0)) and not (certain and _is_named(match[1], second)):
        return []
    joined = second is not None and (second not in common() or kinds().get(second.capitalize(), 0) & MANY_SURNAMES)
    end = match.end(2) if joined else match.end(1)
    return [] if surroundings.word_after(text, end) in words()["institutions"] else [(at, end)]


def _is_named(first: str, second: str | None) -> bool:
    """A family name alone, or a given name that is a word too before a family name of many: `mr. elliott`, `will young`."""
    known = announced_kinds()
    kind, end = known.get(first.capitalize(), 0), known.get((second or "").capitalize(), 0)
    if kind & SURNAME and not kind & AMBIGUOUS:
        return True
    return bool(kind & GIVEN and end & SURNAME and (not end & AMBIGUOUS or end & MANY_SURNAMES))
