"""Numbers that a state or its insurance gave to a person: one row of a table a kind, one scan for all of them.

The table (`national`) says how a number is written, how it is checked, and which words
announce it. Where the writing and the check say enough a number goes without such a word; elsewhere, as where nine
digits have one check digit, it goes only beside one. Papers without check digits are in `papers.py`.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from llmctl.text.privacy.context import announced
from llmctl.text.privacy.identity import papers
from llmctl.text.privacy.identity.national import NUMBERS
from llmctl.text.privacy.identity.national.numbering import HYPHENS, Number, as_pattern, length_of
from llmctl.text.privacy.spans import Detector, Found, Options, is_ascii_alnum

PLAIN = "[0-9]{8,20}"  # a run of digits is taken whole; its length says what it can be
JOINED_BEFORE = re.compile(rf"[0-9A-Za-z][.+#{HYPHENS}]$|[_/\\%@.$\u20ac]$")
JOINED_AFTER = re.compile(rf"[./{HYPHENS}]?[0-9A-Za-z]|[_%\u20ac$@\\]")
DIALLED = re.compile(rf"[+][0-9]{{1,3}}[ \u00a0{HYPHENS}]?$|[)] ?$")  # before the rest of a phone number
ROW_BEFORE, ROW_AFTER = re.compile("[0-9]{2}[ \u00a0]$"), re.compile("[ \u00a0][0-9]{2}")  # of figures
SEPARATORS = str.maketrans("", "", f" \u00a0./(){HYPHENS}")


@dataclass(frozen=True)
class _Candidates:
    """What may have one length: numbers that need no context, those that do, and all words that announce these."""

    strict: tuple[tuple[re.Pattern[str], Number], ...]
    announced: tuple[tuple[re.Pattern[str], Number], ...]
    words: tuple[str, ...]


def numbers(text: str, start: int, end: int, options: Options) -> Found:
    """The proposal, where it is a number of one of the countries and stands for itself."""
    candidates = _by_length().get(end - start)
    if candidates is None or _continues(text, start, end):
        return []
    value = text[start:end]
    compact = value.translate(SEPARATORS).upper()
    if any(form.fullmatch(value) and number.valid(compact) for form, number in candidates.strict):
        return [(start, end)]
    if not candidates.words or not announced(text, start, end, candidates.words):
        return []
    for form, number in candidates.announced:
        if form.fullmatch(value) and number.valid(compact) and announced(text, start, end, number.context):
            return [(start, end)]
    return []


@functools.lru_cache(maxsize=1)
def _by_length() -> dict[int, _Candidates]:
    lengths = sorted({length_of(form) for number in NUMBERS for form in (*number.strict, *number.forms)})
    return {length: _candidates(length) for length in lengths}


def _candidates(length: int) -> _Candidates:
    strict = tuple((re.compile(as_pattern(f)), n) for n in NUMBERS for f in n.strict if length_of(f) == length)
    announced = tuple((re.compile(as_pattern(f)), n) for n in NUMBERS for f in n.forms if length_of(f) == length)
    words = dict.fromkeys(word for _, number in announced for word in number.context)
    return _Candidates(strict, announced, tuple(words))


def _continues(text: str, start: int, end: int) -> bool:
    """Whether the figures beside belong to it, as in `0.123456789`, `12-345-678-9` or a row of numbers."""
    before = text[max(0, start - 5) : start]
    if is_ascii_alnum(before[-1:]) or JOINED_BEFORE.search(before) or JOINED_AFTER.match(text, end, end + 2):
        return True
    if DIALLED.search(before):
        return True
    spaced = " " in text[start:end] or "\u00a0" in text[start:end]
    return spaced and bool(ROW_BEFORE.search(before) or ROW_AFTER.match(text, end, end + 3))


def _proposing() -> str:
    """One pattern for all forms, long ones first, so that a part is not taken for the whole."""
    forms = {form for number in NUMBERS for form in (*number.strict, *number.forms) if not form.isdigit()}
    patterns = [as_pattern(form) for form in sorted(forms, key=lambda form: (-length_of(form), form))]
    return rf"\b(?:{'|'.join(patterns)}|{PLAIN})"


ROWS = (
    Detector("id-number", "national-number", numbers, "the authorities that the table names", pattern=_proposing()),
    *papers.ROWS,
)
