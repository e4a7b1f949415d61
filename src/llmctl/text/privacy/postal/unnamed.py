"""Addresses whose street no word names: by their unit, their town with its code, their country, or what announces them."""

from __future__ import annotations

import re

from llmctl.text.privacy.postal import around, streets, units
from llmctl.text.privacy.postal.localities import UPPER, extended
from llmctl.text.privacy.spans import Found, Options

FILLER = re.compile(
    r"(?:es)?(?:[ \t,:?\"]|\n|\b(?:is|are|was|to|with|the|following|it|they|here|new|now|at|validate|my|me|please)\b){0,12}"
)
STOP = re.compile(r"[^\W\d_]{6}\.$")  # of a sentence: abbreviations are shorter
HOME = re.compile(
    r"\b(?:(?:[Ii]|[Ww]e|[Yy]ou|[Tt]hey|who|to) live|lives|lived|resides|residing) at$"
)  # no show is `live at 9 Eastern`
PARTED = re.compile("[,\n\r]")  # a street from its town


def with_unit(text: str, start: int, end: int, options: Options) -> Found:
    """`28 Edeby 55, Apt. 297`: a unit proposes; what stands before it, with a number, is the street."""
    unit = units.UNIT.match(text, start, start + 24)
    if unit is None or not around.has_digit(text, start):
        return []
    stop = start
    while stop > start - 12 and stop and text[stop - 1] in " ,\n\t>?|*":
        stop -= 1
    street = streets.GENERIC.search(text, max(0, stop - around.BACK), stop)
    if street is None or not (street["first"] or street["last"]) or stop == start:
        return []
    if around.is_no_house(text, street.start(), street.start("name")):
        return []
    if street["last"] and text[stop - 1] == "." and text[stop:start] == " ":
        return []  # `Symphony No. 9. Suite 3`
    if not street["last"] and not ({",", "\n"} & set(text[stop:start]) or text[start:end].lower() == "apt"):
        return []  # `Bach 5 Cello Suite 1`
    if text[start:end] in ("Unit", "UNIT") and stop == start - 1:
        return []  # `Apollo 13 Unit 5`
    last, sure = extended(text, stop)
    return [(street.start(), last)] if sure and last >= unit.end() else []


def with_unit_and_number(text: str, start: int, end: int, options: Options) -> Found:
    """The same in a text without capitals, which knows `python 3 apt 2` too."""
    return [(first, last) for first, last in with_unit(text, start, end, options) if text[first].isdigit()]


def ended(text: str, start: int, end: int, options: Options) -> Found:
    """`37 Parva Domus 96, Recco, Italy`: a country proposes, a street with a number before and one behind opens it."""
    return _ended(text, start, end, coded=False)


def coded(text: str, start: int, end: int, options: Options) -> Found:
    """`59 Melody, Springfield, IL 62704`: a region with its code, or a British code, proposes."""
    return _ended(text, start, end, coded=True)


def _ended(text: str, start: int, end: int, *, coded: bool) -> Found:
    begin = max(0, start - 2 * around.BACK)
    if not around.has_digit(text, start, 2 * around.BACK) or not PARTED.search(text, begin, start + 1):
        return []
    for street in streets.STREET.finditer(text, begin, start):
        year = street["last"] and streets.YEAR.fullmatch(street["last"])
        if not street["first"] or street["first"].strip() in ("1", "2", "3") or not (street["last"] or coded):
            continue
        if year or _is_report(street):
            continue
        if text[street.end() : street.end() + 1] not in (",", "\n", "\r"):
            continue
        if around.is_no_house(text, street.start(), street.start("name")):
            continue
        last, sure = extended(text, street.end())
        if sure and last >= end:
            return [(street.start(), last)]
    return []


def _is_report(street: re.Match[str]) -> bool:
    """`2014 SCC 62`, `347 U.S. 483`: volume or year, the letters of a court or reporter, page."""
    return street["name"].replace(".", "").replace(" ", "").isupper() and street["last"] is not None


def indian(text: str, start: int, end: int, options: Options) -> Found:
    """`No. 12, 3rd Cross, 5th Main, Indiranagar, Bangalore - 560038`: pieces in any number before a PIN code."""
    begin = max(0, start - 2 * around.BACK)
    if "," not in text[begin:start] or not around.has_digit(text, start, 2 * around.BACK):
        return []
    pieces = streets.PIECES.search(text, begin, start)
    if pieces is None or around.is_no_house(text, pieces.start(), pieces.start()):
        return []
    if not streets.OF_INDIA.search(text, pieces.start(), end):
        return []
    return [(pieces.start(), extended(text, end)[0])]


def announced(text: str, start: int, end: int, options: Options) -> Found:
    """`his address: 5366 Polna 27`: any name with a number, right behind what says so."""
    return _announced(text, start, end, _is_label(text, start, end))


def _is_label(text: str, start: int, end: int) -> bool:
    """Whether a street may be no more than a number and a name."""
    return text[start:end].lower().startswith("address") or HOME.search(text, max(0, start - 6), end) is not None


def announced_with_number(text: str, start: int, end: int, options: Options) -> Found:
    """The same in a text without capitals, where any word may seem a name."""
    return _announced(text, start, end, label=False)


def _announced(text: str, start: int, end: int, label: bool) -> Found:
    filler = FILLER.match(text, end, end + 40)
    at = filler.end() if filler else end
    if at == end or not (text[at : at + 1].isdigit() or text[at : at + 1] in UPPER):
        return []
    street = streets.SHAPE.match(text, at, at + around.BACK)
    if street is None or streets.NOT_ANNOUNCED.match(text, street.start("name")):
        return []
    first, number = street["first"], street["last"]
    if first is None and (number is None or streets.YEAR.fullmatch(number)):
        return []
    stop = street.end() - (number is None and STOP.search(street.group()) is not None)
    last, sure = extended(text, stop)
    if number is not None:
        return [(at, last)] if first or sure or around.ENDS.match(text, last, last + 2) else []
    return [(at, last)] if sure or (label and around.ENDS.match(text, last, last + 2)) else []
