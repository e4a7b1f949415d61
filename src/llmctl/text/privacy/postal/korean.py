"""Postal addresses in Korean, from province to house: by street and number, or by neighbourhood and lot.

A province or a metropolitan city proposes; districts, the street and the number of the house stand behind it, then the
building, the floor and the flat. A province or a district alone is a place and no address.
"""

from __future__ import annotations

import re

from llmctl.text.privacy.packaged import packaged_toml
from llmctl.text.privacy.spans import Detector, Found, Options

WORDS = packaged_toml("postal", "korean.toml")
AFTER = 80  # code points
HANGUL = "\uac00-\ud7a3"
CITY, COUNTY, DISTRICT, TOWN = "\uc2dc", "\uad70", "\uad6c", "\uc74d\uba74"  # what names of divisions end in
NUMBER = "[0-9]{1,4}(?:-[0-9]{1,4})?"


def _any(key: str) -> str:
    return "|".join(WORDS[key].split())


_LANE = "(?:[0-9]{1,4}\ubc88?\uae38 ?)?"
_STREET = f"[{HANGUL}0-9.]{{1,12}}(?:{_any('streets')}) ?{_LANE}{NUMBER}"
_LOT = f"[{HANGUL}0-9]{{1,8}}(?:{_any('lots')}) (?:\uc0b0 ?)?{NUMBER}(?:\ubc88\uc9c0)?"
_OPEN = f"(?:(?=(?:{_any('particles')}))|(?![{HANGUL}]))"
_END = rf"(?![0-9%-]|[.,][0-9]| ?(?:{_any('counted')})){_OPEN}"
_BELOW = f"(?: [{HANGUL}]{{1,5}}[{DISTRICT}{TOWN}]){{0,2}}"
_HOUSE = f" (?:{_STREET}|{_LOT}){_END}"
OF_CITY = re.compile(f" [{HANGUL}]{{1,4}}[{DISTRICT}{COUNTY}]{_BELOW}{_HOUSE}")
OF_PROVINCE = re.compile(f" [{HANGUL}]{{2,4}}[{CITY}{COUNTY}]{_BELOW}{_HOUSE}")
UNDIVIDED = re.compile(f"{_BELOW}{_HOUSE}")
MORE = re.compile(
    rf"(?:,? ?\([{HANGUL}0-9, ]{{2,24}}\)|"
    rf",? (?:[{HANGUL}A-Za-z0-9]{{2,12}} )?[0-9A-Z]{{1,4}}(?:{_any('rooms')}){_OPEN}){{0,4}}"
)
SHAPES = dict.fromkeys(WORDS["provinces"].split(), OF_PROVINCE) | dict.fromkeys(WORDS["undivided"].split(), UNDIVIDED)
CODE = re.compile(r"(?<![0-9-])(?:\([0-9]{5}\)|[0-9]{5}),? ?$")


def korean(text: str, start: int, end: int, options: Options) -> Found:
    """From the province, or the postal code before it, to the number of the house and the flat."""
    house = SHAPES.get(text[start:end], OF_CITY).match(text, end, end + AFTER)
    if house is None or "\uac00" <= text[start - 1 : start] <= "\ud7a3":
        return []
    more = MORE.match(text, house.end(), house.end() + AFTER)
    code = CODE.search(text, max(0, start - 12), start)
    return [(code.start() if code else start, more.end() if more else house.end())]


def places() -> list[str]:
    """What proposes: metropolitan cities and provinces, in full and short."""
    cities = WORDS["cities"].split()
    in_full = [city + kind for city in cities for kind in WORDS["city_kinds"].split()]
    return [*cities, *in_full, *WORDS["provinces"].split(), *WORDS["undivided"].split()]


ROWS = (Detector("address", "address-ko", korean, "Road Name Address Act of the Republic of Korea", words=places),)
