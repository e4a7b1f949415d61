"""What stands around a street: what announces an address, what makes a figure no house, where the address begins."""

from __future__ import annotations

import re

from llmctl.text.privacy.postal import streets, units
from llmctl.text.privacy.postal.localities import WORD
from llmctl.text.privacy.pseudonyms import ENDINGS
from llmctl.text.privacy.spans import Check, Found, Options

NEAR = 40  # code points around an address in which the rest of a pseudonym stands
BACK = 72  # code points before a word in which its street begins
ANNOUNCED = re.compile(  # what says that an address follows
    r"(?:\b(?:at|on|near|address(?:es)?|located|lives?|lived|living|resid(?:es?|ed|ing)|visit|[Dd]eliver|[Ss]hip|[Ss]end|"
    r"[Ww]rite|sent|mail(?:ed)?|moved|taxi|return|off|Adresse|Anschrift|wohnt|wohnhaft|domicili\w+|adresse|direcci\u00f3n|domicilio|indirizzo|endere\u00e7o|adres|adress)"
    r"(?: is| are| was| to| at| in| with| it is| it's|:|,)*|:)\s{1,6}$"
)
ENDS = re.compile(r"[ \t]*(?:[\n;,!?)\]\"\u201d]|\.(?:\s|$)|$)")
NOUN = re.compile(r"[ -](?!is |was |has |does |as |its |this |plus |across |always |sits |stands |needs )[a-z]{3,}s\b")
NEXT_SUFFIX = re.compile(rf" (?:{WORD} ){{0,2}}(?:Street|Streets|Road|Avenue|Lane|Drive|Boulevard|St\.?|Rd|Ave)(?!\w)")
_WORD, _NUMBER = rf"[^\W\d_]{{6}}(?:{'|'.join(ENDINGS)})\b", "(?:00?|000[0-9]*)"
PSEUDONYM = tuple(  # figures before a word and behind one, both as a pseudonym of an address has them
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b(?:{_NUMBER}(?: ?[^\W\d_])?\b\W{{1,3}}){{1,3}}(?:[^\W\d_]\W{{1,2}}){{0,4}}{_WORD}",
        rf"\b(?:{_WORD}\W{{1,3}}){{1,4}}{_NUMBER}(?![0-9])",
    )
)


def whole(check: Check, behind_town: bool) -> Check:
    """The check, whose spans begin where the address does: at a unit, at the other street of a corner, at the town.

    What holds a piece of the pseudonym of an address was looked at before.
    """

    def begun(text: str, start: int, end: int, options: Options) -> Found:
        found = [(_begin(text, first, behind_town), last) for first, last in check(text, start, end, options)]
        return [(first, last) for first, last in found if not _holds_pseudonym(text, first, last)]

    return begun


def _holds_pseudonym(text: str, first: int, last: int) -> bool:
    return any(
        match.start() < last and first < match.end()
        for pattern in PSEUDONYM
        for match in pattern.finditer(text, max(0, first - NEAR), last + NEAR)
    )


def _begin(text: str, first: int, behind_town: bool) -> int:
    if before := units.BEFORE.search(text, max(0, first - BACK), first):
        return before.start()
    if behind_town and (town := streets.LOCALITY_BEFORE.search(text, max(0, first - BACK), first)):
        return town.start()
    other = streets.OTHER.search(text, max(0, first - 44), first)
    if other and ANNOUNCED.search(text, max(0, other.start() - 40), other.start()):
        return other.start()
    return first


def has_digit(text: str, start: int, back: int = BACK) -> bool:
    return streets.DIGIT.search(text, max(0, start - back), start) is not None


def has_number(text: str, start: int) -> bool:
    return streets.DIGIT_OR_SPELT.search(text, max(0, start - BACK), start) is not None


def is_no_house(text: str, first: int, name: int) -> bool:
    """`Chapter 12 The Lane`, `5 May Road`: a figure of something else."""
    return bool(streets.NO_STREET.search(text, max(0, first - 14), first) or streets.NO_NAME.match(text, name))
