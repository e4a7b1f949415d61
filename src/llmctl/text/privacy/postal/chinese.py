"""Postal addresses in Chinese and Japanese: where one begins in text without spaces, and where it ends.

A number and what it counts behind the name of a street or an estate (`路12号`, `小区3栋`) propose one; so do labels
(`地址`) and the prefectures of Japan. An address is written from the large to the small, so it begins at the first name
of a province or a city before the street, else behind the last word that addresses follow, else where the clause begins;
it goes on over the numbers of buildings, stairs and rooms. A city or a province alone is a place and no address.
"""

from __future__ import annotations

import re

from llmctl.text.privacy.packaged import packaged_toml
from llmctl.text.privacy.spans import Detector, Found, Options

WORDS = packaged_toml("postal", "chinese.toml")
BEFORE, AFTER = 44, 60  # code points; the longest real addresses have some forty


def _any(key: str) -> str:
    """The words of a key, longer ones first."""
    return "|".join(sorted(map(re.escape, WORDS[key].split()), key=len, reverse=True))


HAN = "\u3400-\u9fff\u3007"
SIDES = "\u4e2d\u4e1c\u897f\u5357\u5317\u6771"  # centre, east, west, south, north
NUMBER = "(?:[0-9\uff10-\uff19A-Za-z]{1,5}(?:[-\uff0d\u4e4b][0-9A-Za-z]{1,5}){0,3}|[{numerals}]{1,5})".replace(
    "{numerals}",
    "\u4e00\u4e8c\u4e09\u56db\u4e94\u516d\u4e03\u516b\u4e5d\u5341\u767e\u96f6\u3007\u7532\u4e59\u4e19\u4e01",
)
TAIL = f"[{WORDS['streets']}{WORDS['estates']}][{SIDES}]? ?(?:[\u7532\u4e59]?){NUMBER} ?(?:{_any('units')})"
FIRSTS = "".join(sorted({name[0] for key in ("provinces", "cities") for name in WORDS[key].split()}))
PLACE = re.compile(  # the first letters spare most of the alternatives
    rf"(?=[{FIRSTS}])"
    rf"(?:(?:{_any('provinces')})(?:{_any('province_kinds')})?|(?:{_any('cities')})(?:{_any('city_kinds')})?)"
)
RUN = re.compile(rf"(?:[{HAN}0-9\uff10-\uff19]| (?=[{WORDS['admin_ends']}]))*")  # of the text before, read backwards
OF_A_STREET = re.compile(rf"[\u4e1c\u897f\u5357\u5317\u4e2d\u5927\u6771]?[{WORDS['streets']}]")  # `Shanghai Road`
CUES = tuple(word for word in WORDS["cues"].split() if len(word) > 1)
CUE = re.compile("|".join(CUES))
WEAK_CUE = re.compile(f"{WORDS['weak_cues']}")
ADMIN = re.compile(WORDS["admin"])
FUNCTION = re.compile(f"[{WORDS['function']}]")
NO_STREET = tuple(WORDS["no_street"].split())
NO_NUMBER = re.compile(f" ?(?:{_any('no_number')})")
DWELLING_END = tuple(WORDS["dwellings"].split())
COUNTED = re.compile(
    "[\u4e00-\u5341\u767e] ?(?:\u5ea7|\u680b|\u5e62|\u68df|\u6bb5|\u5c42|\u697c|\u6237)$"
)  # `one building`
UNIT = rf" ?\u9644?{NUMBER} ?(?:{_any('units')})"
DWELLING = rf" ?[{HAN}A-Za-z]{{2,10}}?(?:{_any('dwellings')})(?={UNIT}|$|[^{HAN}])(?:[A-Z]\u5854)?"
NUMBERED = "\u5355\u5143|\u53f7\u697c|\u697c|\u5c42|\u5ba4|\u5ea7|\u680b|\u6a13|\u68df"  # stairs, building, floor, room
NAMED = f" ?(?:(?![{WORDS['function']}])[{HAN}A-Za-z]){{2,9}}?(?=[0-9-]{{1,6}}(?:{NUMBERED}))"
MORE = re.compile(
    rf"(?:[\u7532\u4e59]?{UNIT}|\u4e4b[0-9]{{1,3}}|{DWELLING}|{NAMED}"
    rf"| ?[0-9]{{3,4}}(?![0-9A-Za-z:.%-]|[{WORDS['measures']}])| ?[0-9]{{1,2}}F\b)+"
)
LABEL_GAP = re.compile(r"(?:\u662f|\u4e3a|\u70ba|\u5728|\u4e8e)?[\s:\uff1a\u3010\u3011\]\"\u201c]{0,3}")
CHAIN = re.compile(rf"[{HAN}0-9]{{4,30}}(?![{HAN}0-9A-Za-z])")
JAPANESE = re.compile(
    rf" ?[{HAN}\u3040-\u30ff]{{2,24}}?[0-9\uff10-\uff19\u4e00-\u4e5d\u5341]{{1,4}}"
    r"(?:\u4e01\u76ee ?[0-9\uff10-\uff19]{1,4}(?:\u756a\u5730?)?|\u756a\u5730?|[-\u2010\u2212\uff0d][0-9\uff10-\uff19]{1,4})"
    r"(?:[-\u2010\u2212\uff0d\u306e]?[0-9\uff10-\uff19]{1,4}\u53f7?){0,3}"
)
POSTAL_JP = re.compile(r"\u3012 ?[0-9]{3}-?[0-9]{4}\s?$")


def numbered(text: str, start: int, end: int, options: Options) -> Found:
    """A street or an estate with a number: from where the address begins to the last room."""
    if NO_NUMBER.match(text, end) or COUNTED.search(text, start, end):
        return []
    first = _beginning(text, start + 1)
    head = start + 2 if text[start + 1] in SIDES else start + 1
    if first is None:
        return []
    more = MORE.match(text[head : head + AFTER])
    return [(first, head + more.end())] if more else []


def _beginning(text: str, head: int) -> int | None:
    """Where the address begins whose street ends before `head`; None where it is none."""
    low = max(0, head - BEFORE)
    backwards = RUN.match(text[low:head][::-1])
    first = head - (backwards.end() if backwards else 0)
    run = text[first:head]
    place = _first_place(run)
    if place is not None:
        return first + place
    cue = max((match.end() for match in CUE.finditer(run)), default=0)
    rest = run[cue:]
    if cue and len(rest) >= 2 and not FUNCTION.search(rest) and not rest.endswith(NO_STREET):
        return first + cue
    if not text[head : head + 2].strip()[:1].isascii():  # `a street of twelve houses`: people count in words
        return None
    weak = max((match.end() for match in WEAK_CUE.finditer(run)), default=0)
    rest = run[weak:]
    return first + weak if (weak or first > low or not low) and _stands_by_itself(rest) else None


def _first_place(run: str) -> int | None:
    """The first name of a province or a city from which on all is names of places."""
    places = [match for match in PLACE.finditer(run) if not OF_A_STREET.match(run, match.end())]
    for i, place in enumerate(places):
        rest = run[place.end() :]
        if not rest or FUNCTION.search(rest) or CUE.search(rest):
            continue
        if any(WEAK_CUE.fullmatch(run, later.start() - 1, later.start()) for later in places[i + 1 :]):
            continue
        return place.start()
    return None


def _stands_by_itself(chain: str) -> bool:
    """Whether a chain without a province or a word before it is an address: by a district, or a plain street."""
    if not 3 <= len(chain) <= 24 or FUNCTION.search(chain) or chain.endswith(NO_STREET):
        return False
    if chain.endswith(DWELLING_END) or ADMIN.search(chain, 1, len(chain) - 2):
        return True
    return len(chain) <= 7 and chain[-1] in "\u8def\u8857\u5df7\u5f04\u9053"


def labelled(text: str, start: int, end: int, options: Options) -> Found:
    """What a label announces, down to a street or an estate without a number."""
    gap = LABEL_GAP.match(text, end)
    first = gap.end() if gap else end
    chain = CHAIN.match(text, first)
    if chain is None or FUNCTION.search(chain.group()):
        return []
    value = chain.group()
    streets = value[-1] in WORDS["streets"] or value.endswith(DWELLING_END)
    if not streets or value.endswith(NO_STREET) or not (PLACE.match(value) or ADMIN.search(value, 1, len(value) - 2)):
        return []
    return [(first, chain.end())]


def japanese(text: str, start: int, end: int, options: Options) -> Found:
    """From the prefecture, or the postal code before it, to the number of the house."""
    rest = JAPANESE.match(text[end : end + AFTER])
    if rest is None:
        return []
    code = POSTAL_JP.search(text, max(0, start - 12), start)
    return [(code.start() if code else start, end + rest.end())]


ROWS = (
    Detector("address", "address-zh", numbered, "GB/T 23705, GB/T 2260", pattern=TAIL),
    Detector("address", "address-zh-labelled", labelled, "GB/T 2260", words=lambda: WORDS["labels"].split()),
    Detector("address", "address-ja", japanese, "JIS X 0401", words=lambda: WORDS["prefectures"].split()),
)
