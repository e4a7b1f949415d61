"""Names in letters: whom they greet, and who signs them.

Behind `Dear` a listed name; at the beginning of a line, before a comma or the end of the line, any word or two that are
neither English nor a place. Behind the line that closes a letter (`Kind regards,`) a line that is a name as a whole.
"""

from __future__ import annotations

import functools
import re

from llmctl.text.privacy.names.announced import behind, named
from llmctl.text.privacy.names.capitals import in_capitals
from llmctl.text.privacy.names.evidence import GIVEN, SURNAME, extent, is_full_name, is_unlisted
from llmctl.text.privacy.names.gazetteer import announced_kinds, kinds, words
from llmctl.text.privacy.names.runs import run_from
from llmctl.text.privacy.spans import Detector, Found, Options

GREETED = re.compile(r"[ \t]*(?:[,!:\n\r]|$|-+[ \n]|\\n)")
SIGNED = re.compile(r"[ \t]*\r?\n(?:[ \t>]*\r?\n)?[ \t>]*")  # the line break behind a closing, and an empty line
LINE_ENDS = re.compile(r"[ \t]*(?:[\r\n,<(|]|$)")
LINE_BEGINS = re.compile(r"(?:^|[\n\r>\"\u201c])[ \t>]{0,4}$")


def greeted(text: str, start: int, end: int, options: Options) -> Found:
    """A name behind `Dear`."""
    at = behind(text, start, end)
    found = named(text, at) if at else []
    run = run_from(text, found[0][0]) if found else []
    if not run:
        return in_capitals(text, at, certain=False) if at else []
    name = extent(run, kinds())
    if kinds().get(run[0].word, 0) & GIVEN or is_full_name(name):
        return found
    begins = LINE_BEGINS.search(text, max(0, start - 6), start) and GREETED.match(text, run[-1].end, run[-1].end + 20)
    is_english = text[start:end] in words()["english_greetings"]
    return found if begins and is_english and len(name) == len(run) < 3 and is_unlisted(name, 1) else []


def signed(text: str, start: int, end: int, options: Options) -> Found:
    """The line behind the closing of a letter, where it is a name as a whole."""
    if text[start - 1 : start].isalnum():
        return []
    line = SIGNED.match(text, end, end + 40)
    run = run_from(text, line.end()) if line else []
    if not run or len(run) > 4 or not LINE_ENDS.match(text, run[-1].end, run[-1].end + 20):
        return []
    known = announced_kinds()
    name = extent(run, known)
    if len(name) < len(run) or run[0].word.isupper():
        return []
    kind, last = known.get(name[0].word, 0), known.get(name[-1].word, 0)
    listed = bool(kind & GIVEN) and (len(name) == 1 or bool(last & SURNAME) or is_full_name(name))
    is_english = text[start : end - 1] in words()["closings"]
    return [(name[0].start, name[-1].end)] if listed or (is_english and is_unlisted(name, 1)) else []


@functools.lru_cache(maxsize=1)
def _greetings() -> tuple[str, ...]:
    return tuple(sorted(words()["greetings"] | words()["english_greetings"]))


@functools.lru_cache(maxsize=1)
def _closings() -> tuple[str, ...]:
    return tuple(sorted(f"{closing}," for closing in words()["closings"] | words()["foreign_closings"]))


ROWS = (
    Detector("name", "label", greeted, "usage: greetings", words=_greetings),
    Detector("name", "signature", signed, "usage: the end of letters", words=_closings),
)
