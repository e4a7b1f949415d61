"""Numbers that a state or its insurance gave to a person: one row of a table a kind, one scan for all of them.

The table (`national`) says how a number is written, how it is checked, and which words
announce it. Where the writing and the check say enough a number goes without such a word; elsewhere, as where nine
digits have one check digit, it goes only beside one. Papers without check digits are in `papers.py`.
"""

from __future__ import annotations

import functools
import re
import string
from dataclasses import dataclass

from llmctl.text.privacy.context import announced
from llmctl.text.privacy.identity import papers
from llmctl.text.privacy.identity.national import NUMBERS
from llmctl.text.privacy.identity.national.numbering import HYPHENS, Number, as_pattern, length_of
from llmctl.text.privacy.rows import row_around
from llmctl.text.privacy.spans import Detector, Found, Options, is_ascii_alnum

PLAIN = "[0-9]{8,20}"  # a run of digits is taken whole; its length says what it can be
JOINED_BEFORE = re.compile(rf"[0-9A-Za-z][.+#{HYPHENS}]$|[_/\\%@.$\u20ac]$")
JOINED_AFTER = re.compile(rf"[./{HYPHENS}]?[0-9A-Za-z]|[_%\u20ac$@\\]")
DIALLED = re.compile(rf"[+][0-9]{{1,3}}[ \u00a0{HYPHENS}]?$|[)] ?$")  # before the rest of a phone number
ROW_BEFORE, ROW_AFTER = re.compile("[0-9]{2}[ \u00a0]$"), re.compile("[ \u00a0][0-9]{2}")  # of figures
JOINTS = (" ", "\u00a0", "/")  # of a list, that join figures of a number too
SHAPE = str.maketrans(dict.fromkeys(string.ascii_letters + string.digits, "0"))
SEPARATORS = str.maketrans("", "", f" \u00a0./(){HYPHENS}")


@dataclass(frozen=True)
class _Candidates:
    """What may have one length: numbers that need no context, those that do, and all words that announce these."""

    strict: tuple[tuple[re.Pattern[str], Number], ...]
    announced: tuple[tuple[re.Pattern[str], Number], ...]
    words: tuple[str, ...]


def numbers(text: str, start: int, end: int, options: Options) -> Found:
    """The proposal, where it is a number of one of the countries and stands for itself or among its like."""
    candidates = _by_length().get(end - start)
    if candidates is None:
        return []
    alone = not (_continues_before(text, start, end) or _continues_after(text, start, end))
    if not alone and not _is_beside_alike(text, start, end):
        return []
    kind = _kind(text, start, end, candidates)
    return [(start, end)] if kind and (alone or _is_listed(text, start, end, *kind)) else []


def _kind(text: str, start: int, end: int, candidates: _Candidates) -> tuple[re.Pattern[str], Number] | None:
    """The form and the number of which this is one, by itself or by the words around."""
    value = text[start:end]
    compact = value.translate(SEPARATORS).upper()
    for form, number in candidates.strict:
        if form.fullmatch(value) and number.valid(compact):
            return form, number
    if not candidates.words or not announced(text, start, end, candidates.words):
        return None
    for form, number in candidates.announced:
        if form.fullmatch(value) and number.valid(compact) and announced(text, start, end, number.context):
            return form, number
    return None


def _is_beside_alike(text: str, start: int, end: int) -> bool:
    """Whether what is joined to it on either side has its groups."""
    shape, size = text[start:end].translate(SHAPE), end - start
    if text[end : end + 1] in JOINTS and text[end + 1 : end + 1 + size].translate(SHAPE) == shape:
        return True
    return text[start - 1 : start] in JOINTS and text[max(0, start - 1 - size) : start - 1].translate(SHAPE) == shape


def _is_listed(text: str, start: int, end: int, form: re.Pattern[str], number: Number) -> bool:
    """Whether the figures beside are numbers of the same kind, written alike."""

    def is_one(value: str) -> bool:
        return form.fullmatch(value) is not None and number.valid(value.translate(SEPARATORS).upper())

    row = row_around(text, start, end, (end - start,), is_one)
    before = row.open_before or not _continues_before(text, row.start, row.end)
    return before and (row.open_after or not _continues_after(text, row.start, row.end))


@functools.lru_cache(maxsize=1)
def _by_length() -> dict[int, _Candidates]:
    lengths = sorted({length_of(form) for number in NUMBERS for form in (*number.strict, *number.forms)})
    return {length: _candidates(length) for length in lengths}


def _candidates(length: int) -> _Candidates:
    strict = tuple((re.compile(as_pattern(f)), n) for n in NUMBERS for f in n.strict if length_of(f) == length)
    announced = tuple((re.compile(as_pattern(f)), n) for n in NUMBERS for f in n.forms if length_of(f) == length)
    words = dict.fromkeys(word for _, number in announced for word in number.context)
    return _Candidates(strict, announced, tuple(words))


def _continues_before(text: str, start: int, end: int) -> bool:
    """Whether the figures before belong to it, as in `0.123456789` or a row of numbers."""
    before = text[max(0, start - 5) : start]
    if is_ascii_alnum(before[-1:]) or JOINED_BEFORE.search(before) or DIALLED.search(before):
        return True
    return _is_spaced(text, start, end) and ROW_BEFORE.search(before) is not None


def _continues_after(text: str, start: int, end: int) -> bool:
    """Whether the figures behind belong to it, as in `12-345-678-9`."""
    if JOINED_AFTER.match(text, end, end + 2):
        return True
    return _is_spaced(text, start, end) and ROW_AFTER.match(text, end, end + 3) is not None


def _is_spaced(text: str, start: int, end: int) -> bool:
    return " " in text[start:end] or "\u00a0" in text[start:end]


def _proposing() -> str:
    """One pattern for all forms, long ones first, so that a part is not taken for the whole."""
    forms = {form for number in NUMBERS for form in (*number.strict, *number.forms) if not form.isdigit()}
    patterns = [as_pattern(form) for form in sorted(forms, key=lambda form: (-length_of(form), form))]
    in_brackets = [pattern for pattern in patterns if pattern.endswith(")")]
    others = [pattern for pattern in patterns if not pattern.endswith(")")]
    return rf"\b(?:{'|'.join(in_brackets)}|(?:{'|'.join(others)}|{PLAIN})\b)"


ROWS = (
    Detector("id-number", "national-number", numbers, "the authorities that the table names", pattern=_proposing()),
    *papers.ROWS,
)
