"""What words in Cyrillic letters may be: given names, family names by their endings, towns, offices.

Source of the endings: Russian Grammar 1980, 1172-1205 (declension of names).
"""

from __future__ import annotations

import functools
import re

from llmctl.text.privacy.names import surroundings
from llmctl.text.privacy.names.gazetteer import cyrillic_given, russian_cases
from llmctl.text.privacy.packaged import packaged_toml

CAPITAL, SMALL, GAP = (
    "[\u0410-\u042f\u0401\u0404\u0406\u0407\u0490]",
    "[\u0430-\u044f\u0451\u0454\u0456\u0457\u0491]",
    "[ \u00a0]",
)
APOSTROPHE = "['\u2019]"
WORD = rf"{CAPITAL}(?:{SMALL}|{APOSTROPHE}{CAPITAL}){SMALL}*(?:-{CAPITAL}?{SMALL}+){{0,2}}"
PATRONYMIC = re.compile(
    rf"{CAPITAL}{SMALL}+(?:(?:[ое]вич|ьич)(?:а|у|ем|е|ей|ам|ами)?|(?:[ое]вн|[иі]чн|[ії]вн)(?:а|ы|е|у|ой|ою|и|і))"
    "|(?:Кузьмич|Фомич|Лукич|Ильич|Никитич|Саввич)(?:а|у|ом|ем|е)?"
)
SKY = "(?:ск|цк|ськ|цьк)(?:ий|ой|ого|ому|им|ом|ая|ую|ою|а|ої|ій|у)"
FAMILY = re.compile(
    rf"{CAPITAL}{SMALL}*(?:{SMALL}(?:ов|ев|ёв|ин|цын)(?:а|у|ым|е|ой|ою|ы|ых|ыми)?|{SMALL}{SKY}"
    rf"|енк(?:о|а|у|ом)|(?:ч|ю|щ)ук(?:а|у|ом|е)?|(?:ович|евич|євич)(?:а|у|ем|е)?|{SMALL}(?:[б-джзк-нп-тф-щ]|а)ян(?:а|у|ом|е)?|дзе|швили)"
)
DECLINED = re.compile(rf"({CAPITAL}{SMALL}+(?:ов|ев|ёв|ин|цын))(?:а|у|ым|е|ой|ою)?")
DECLINED_SKY = re.compile(rf"({CAPITAL}{SMALL}+(?:ск|цк))(?:ий|ого|ому|им|ом|ая|ой|ую)")
SKY_ENDS = ("ий", "ого", "ому", "им", "ом", "ая", "ой", "ую")
HARD = frozenset("бвгджзклмнпрстфхцчшщ")
IN_OV = re.compile(".*[оеё]в(?:а|у|ым|е|ой)?")  # `Иван Ростов`
IS_SKY = re.compile(rf".*{SKY}")
ADJECTIVE = re.compile(r".*(?:ый|ой|ий|ая|яя|ое|ее|ые|ие|ого|его|ому|ему|ым|им|ых|их|ую|юю|ою)")
CASE = re.compile("(?:[аеёиоуыэюяьйіїє]|[аеияо]м|ах|ях|ей|ами|ями){0,2}")
SENTENCE_ENDS = frozenset('.!?\n:;*#>-\u2013\u2014\u2022\u2026\u00ab\u201e"(')


@functools.lru_cache(maxsize=1)
def tables() -> dict[str, frozenset[str]]:
    """The tables of cyrillic.toml, as sets."""
    return {name: frozenset(text.split()) for name, text in packaged_toml("names", "cyrillic.toml").items()}


def is_given(word: str) -> bool:
    """`Жан-Поль` too."""
    known = cyrillic_given()
    return word in known or ("-" in word and word.partition("-")[0] in known and not IS_SKY.fullmatch(word))


def is_place(word: str) -> bool:
    places = tables()["places"]
    return any(
        word[:end] in places and CASE.fullmatch(word, end) for end in range(max(3, len(word) - 4), len(word) + 1)
    )


def is_family(word: str) -> bool:
    """An ending of family names, on a word that is neither a town nor the beginning of a sentence."""
    return FAMILY.fullmatch(word) is not None and is_free(word)


def is_free(word: str) -> bool:
    own = tables()
    return (
        len(word) > 1
        and word not in own["openers"]
        and word.lower() not in offices()
        and word.lower() not in bodies()
        and not is_place(word)
    )


def may_follow(word: str) -> bool:
    """Behind a given name."""
    if not word[0].isupper() or word[1:2] in ("", "."):
        return False
    return is_free(word) or IN_OV.fullmatch(word) is not None or word in tables()["names_too"]


def family_forms(word: str) -> tuple[str, ...]:
    """In which cases a family name that was found is looked for elsewhere; none where it may be a town or a word."""
    if not is_free(word) or is_given(word):
        return ()
    if declined := DECLINED.fullmatch(word):
        return tuple(dict.fromkeys([word, *(declined[1] + end for end in ("", "а", "у", "ым", "е", "ой"))]))
    if declined := DECLINED_SKY.fullmatch(word):
        return tuple(dict.fromkeys([word, *(declined[1] + end for end in SKY_ENDS)]))
    return (word, *(word + end for end in ("а", "у", "ом", "е"))) if word[-1] in HARD else (word,)


def is_adjective(text: str, start: int, end: int) -> bool:
    """A family name in -sky that belongs to a noun behind it: `Полоцкий район`."""
    return IS_SKY.fullmatch(text, start, end) is not None and not ends(text, end)


def begins(text: str, start: int) -> bool:
    """Whether a sentence begins here, so that the capital says nothing."""
    before = text[max(0, start - 3) : start].rstrip(" \u00a0")
    return not before or before[-1] in SENTENCE_ENDS


def ends(text: str, end: int) -> bool:
    """Whether no noun stands behind an adjective that may be a name: `философа Белинского и`, not `Московского завода`."""
    behind = surroundings.word_after(text, end) if text[end : end + 1] in surroundings.SPACES else ""
    return not behind or behind in tables()["closed"] or behind in done()


@functools.lru_cache(maxsize=1)
def offices() -> frozenset[str]:
    own = tables()
    return own["office_forms"].union(*map(russian_cases, own["offices"]))


@functools.lru_cache(maxsize=1)
def bodies() -> frozenset[str]:
    return frozenset[str]().union(*map(russian_cases, tables()["bodies"]))


@functools.lru_cache(maxsize=1)
def done() -> frozenset[str]:
    own = tables()
    women = (
        verb.replace("лся", "лас").replace("ёс", "есл") + ("ь" if verb.endswith("лся") else "а") for verb in own["done"]
    )
    return own["done"] | own["done_forms"] | frozenset(women)


@functools.lru_cache(maxsize=1)
def weak() -> frozenset[str]:
    """Given names that alone are as often something else, in all cases."""
    return tables()["weak_forms"].union(*map(russian_cases, tables()["weak"]))
