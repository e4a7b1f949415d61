"""Postal addresses in scripts with spaces: a house number with a street, a box, a military unit, a corner.

A rare word proposes (`Street`, `Apt`, `PO Box`, `rue`, `ul.`, a country), the words before it must read as a street with
its number, and `localities.extended` reads on to the town and the country. A street without a number, a town or a
country alone is no address. What also names other things (`Court`, `Place`) counts only where something certain follows
or the text says that an address does. Costs a few microseconds a proposal.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from llmctl.text.privacy.postal import around, continental, small, streets, units, unnamed
from llmctl.text.privacy.postal.localities import extended
from llmctl.text.privacy.postal.places import countries, street_words
from llmctl.text.privacy.spans import Check, Detector, Found, Options

ABBREVIATED = frozenset(street_words("short"))
DIRECTION = re.compile(
    r",? (?:North|South|East|West|[NSEW]\.?|[NS][EW])(?![\w.])|(?: (?:North|South)?(?:[Ee]ast|[Ww]est))(?!\w)"
)
SAINT = re.compile(r"\.? [A-Z]")
NO_ARTICLE = re.compile(r"The\b")  # `12 The Lane` may be a heading
MILITARY = re.compile(
    r"(?:(?:PSC|CMR|OPC|UMR|UPR|Unit) [0-9]{1,5}(?:,? |,?\r?\n)Box [0-9]{1,5}|(?:USS|USNS|USNV|USCGC|HMS|RMS) \w[\w' -]{1,30}),?"
    r"\s{1,3}(?:[>?]{1,3} )?$",
    re.IGNORECASE,
)
ZIP = re.compile(r",? [0-9]{5}(?:-[0-9]{4})?(?!\w)")
BOX_NUMBER = re.compile(r"\.? ?(?:#|[Nn]o\.? ?|n\u00ba ?)?[0-9]{1,6}(?: [0-9]{2}(?![0-9])){0,2}(?![\w%])")
IS_STREET = re.compile(r"\b(?:Street|St|Avenue|Ave|Road|Rd|Lane|Drive|Boulevard|Blvd)\b")
ROUTE_BOX = re.compile(r" (?:[Nn]o\.? ?|#)?[0-9]{1,4}(?:,? |,?\r?\n)(?:Box|BOX) #?[0-9]{1,5}-?[A-Z]?(?!\w)")


def numbered(text: str, start: int, end: int, options: Options) -> Found:
    """`12 Oak Street`, `2407 N. 5th Ave.`: the suffix proposes, number and name stand before it."""
    return _numbered(text, start, end, certain=True)


def numbered_if_sure(text: str, start: int, end: int, options: Options) -> Found:
    """`12 Oak Court`, where a unit, a code or a country follows or an address was announced."""
    return _numbered(text, start, end, certain=False)


def _numbered(text: str, start: int, end: int, *, certain: bool) -> Found:
    if (
        text[start - 1 : start] != " "
        or not around.has_number(text, start)
        or around.NEXT_SUFFIX.match(text, end, end + 40)
    ):
        return []
    street = streets.NUMBERED_NAME.search(text, max(0, start - around.BACK), start)
    if street is None:
        return _of_unit(text, start, end)
    if around.is_no_house(text, street.start(), street.start("name")):
        return []
    first = street.start()
    if "," in text[first : street.start("name")] and streets.NAME_OF_OTHER.search(text, max(0, first - 40), first):
        return []  # `Ferreiro 23, Selwyn Heights`
    if "," in text[first : street.start("name")] and streets.ORDINALS.fullmatch(street["name"]):
        return []  # `5 F.3d 1220, 9th Cir.`
    word = text[start:end]
    short = word in ABBREVIATED
    stop = end + 1 if short and text[end : end + 1] == "." else end
    if way := DIRECTION.match(text, stop, stop + 12):
        stop = way.end()
    last, sure = extended(text, stop)
    placed = around.ANNOUNCED.search(text, max(0, first - 40), first) is not None
    if not sure and (street["spelt"] or (not placed and NO_ARTICLE.match(street["name"]))):
        return []
    if not sure and not placed:
        if not certain or around.NOUN.match(text, last, last + 24) or (short and SAINT.match(text, end, end + 3)):
            return []
        if streets.YEAR.match(text, first) and not around.ENDS.match(text, last, last + 3):
            return []
    return [(first, last)]


def _of_unit(text: str, start: int, end: int) -> Found:
    """`Flat 4B, MG Road, Bengaluru 560001`: a unit in the place of the number, and something certain behind."""
    street = streets.NAME_BY_UNIT.search(text, max(0, start - around.BACK // 2), start)
    if street is None or not units.BEFORE.search(text, max(0, street.start() - around.BACK), street.start()):
        return []
    last, sure = extended(text, end)
    return [(street.start(), last)] if sure else []


def lower(text: str, start: int, end: int, options: Options) -> Found:
    """`i live at 12 oak street apt 3`: in lower case only where an address is announced."""
    if text[start - 1 : start] != " " or not around.has_digit(text, start, around.BACK // 2):
        return []
    street = streets.LOWER_NAME.search(text, max(0, start - around.BACK // 2), start)
    if street is None or not around.ANNOUNCED.search(text, max(0, street.start() - 40), street.start()):
        return []
    last, sure = extended(text, end)
    return [(street.start(), last)] if sure or not around.NOUN.match(text, end, end + 24) else []


def small_street(text: str, start: int, end: int, options: Options) -> Found:
    """`i live at 12 oak street, boston, ma 02134`, in a text without capitals."""
    if text[start - 1 : start] != " " or not around.has_digit(text, start, around.BACK // 2):
        return []
    if not streets.LOWER_NAME.search(text, max(0, start - around.BACK // 2), start) or around.NOUN.match(
        text, end, end + 24
    ):
        return []
    return in_capitals(text, start, end, options)


in_capitals = small.in_capitals(numbered_if_sure)


def box(text: str, start: int, end: int, options: Options) -> Found:
    """`PO Box 12, Springfield, IL 62704`."""
    number = BOX_NUMBER.match(text, end, end + 14)
    if number is None:
        return []
    leading = streets.LEADING_ONE.search(text, max(0, start - 8), start)
    return [(leading.start() if leading else start, extended(text, number.end())[0])]


def route(text: str, start: int, end: int, options: Options) -> Found:
    """`RR 2 Box 152, Salina, KS 67401` (USPS Publication 28, sections 24 and 25)."""
    number = ROUTE_BOX.match(text, end, end + 24)
    return [(start, extended(text, number.end())[0])] if number else []


def military(text: str, start: int, end: int, options: Options) -> Found:
    """`PSC 12, Box 34` or a ship, then `APO AE 09012` (USPS Publication 28, section 238)."""
    code = ZIP.match(text, end, end + 14)
    if code is None:
        return []
    unit = MILITARY.search(text, max(0, start - 48), start)
    return [(unit.start() if unit else start, code.end())]


def corner(text: str, start: int, end: int, options: Options) -> Found:
    """`the corner of Oak Street and 5th Avenue`."""
    streets_of = streets.CORNER.match(text, end, end + 2 * around.BACK)
    if streets_of is None:
        return []
    first = start - 4 if text[max(0, start - 4) : start].lower() == "the " else start
    stop = streets_of.end()
    return [
        (first, stop - (text[stop - 1] == "." and text[stop - 3 : stop] != "St." and text[stop - 4 : stop] != "Str."))
    ]


def corner_of_streets(text: str, start: int, end: int, options: Options) -> Found:
    """The same in a text without capitals, where any two things may have a corner."""
    return [(first, stop) for first, stop in corner(text, start, end, options) if IS_STREET.search(text, first, stop)]


def _row(
    rule: str, check: Check, words: Sequence[str] = (), pattern: str = "", *, behind_town: bool = False
) -> Detector:
    source = "USPS Publication 28; UPU S42"
    named_by = (lambda: words) if words else None
    return Detector(
        "address", f"address-{rule}", around.whole(check, behind_town), source, pattern=pattern, words=named_by
    )


ROWS = (
    _row("military", military, streets.MILITARY_STATES),
    _row("corner", corner, ("corner of",)),
    _row("compound", continental.compound, pattern=streets.COMPOUND, behind_town=True),
    _row("named", continental.named, street_words("before"), behind_town=True),
    _row("suffixed", continental.suffixed, street_words("behind"), behind_town=True),
    _row("numbered", numbered, street_words("strong")),
    _row("french", continental.french, street_words("french")),
    _row("box", box, street_words("box")),
    _row("route", route, street_words("route")),
    _row("unit", unnamed.with_unit, street_words("unit")),
    _row("small", small.behind_blank(small_street), small.behind_blanks(street_words("lower"))),
    _row("small-corner", small.in_capitals(corner_of_streets, numbered=False), ("corner of",)),
    _row("small-unit", small.in_capitals(unnamed.with_unit_and_number), street_words("small_unit")),
    _row("small-ended", small.in_capitals(unnamed.ended), small.countries_in_small()),
    _row("small-announced", small.in_capitals(unnamed.announced_with_number), street_words("announcer")),
    _row("lower", small.behind_blank(lower), small.behind_blanks(street_words("lower"))),
    _row("weak", numbered_if_sure, street_words("weak")),
    _row("ended", unnamed.ended, tuple(sorted(countries()))),
    _row("coded", unnamed.coded, pattern=streets.CODED),
    _row("placed", continental.placed, pattern=streets.PLACED),
    _row("indian", unnamed.indian, pattern=streets.PIN),
    _row("announced", unnamed.announced, street_words("announcer")),
)
