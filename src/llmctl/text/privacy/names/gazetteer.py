"""Word lists of names: what a word may be. Sources and licences: names.md beside this file."""

from __future__ import annotations

import functools
from enum import IntFlag

import zstandard

from llmctl.text.privacy.packaged import packaged, packaged_toml


class Kind(IntFlag):
    """What lists a word is in; a name that is also a word or a place needs more evidence."""

    GIVEN = 1
    SURNAME = 2
    WORD = 4
    PLACE = 8
    MANY_GIVEN = 16  # very many people have it as given name, whatever else it is
    MANY_SURNAMES = 32
    PERSON = 64  # alone it means a person nearly always


LISTS = (
    ("given_names", Kind.GIVEN), ("surnames", Kind.SURNAME), ("places", Kind.PLACE),
    ("frequent_given", Kind.MANY_GIVEN), ("frequent_surnames", Kind.MANY_SURNAMES),
)  # fmt: skip


def listed(name: str) -> list[str]:
    data = packaged("names", f"{name}.txt.zst")
    return zstandard.ZstdDecompressor().decompress(data).decode().split("\n")


@functools.lru_cache(maxsize=1)
def words() -> dict[str, frozenset[str]]:
    """The tables of words.toml, as sets."""
    tables = packaged_toml("names", "words.toml")
    return {name: frozenset(value.split() if isinstance(value, str) else value) for name, value in tables.items()}


@functools.lru_cache(maxsize=1)
def common() -> frozenset[str]:
    """English words, in lower case."""
    return frozenset(listed("words"))


@functools.lru_cache(maxsize=1)
def kinds() -> dict[str, int]:
    """Of each listed name, as written, its kinds."""
    known: dict[str, int] = {}
    for which, kind in LISTS:
        for name in listed(which):
            known[name] = known.get(name, 0) | int(kind)
    english, tables = common(), words()
    for name in tables["chinese_surnames"]:
        known[name] = known.get(name, 0) | int(Kind.SURNAME)
    for name in (*tables["more_given"], *cyrillic_given()):
        known[name] = known.get(name, 0) | int(Kind.GIVEN)
    for name in known:
        if name.lower() in english:
            known[name] |= int(Kind.WORD)
    for name in tables["people"] & known.keys() - tables["weak"]:
        known[name] |= int(Kind.PERSON)
    for name in tables["weak"] & known.keys():
        known[name] |= int(Kind.WORD | Kind.MANY_GIVEN) if known[name] & Kind.GIVEN else int(Kind.WORD)
    for name in tables["cities"] & known.keys():
        known[name] |= int(Kind.WORD)
    for name in tables["foreign"] & known.keys():
        many = (Kind.GIVEN, Kind.MANY_GIVEN), (Kind.SURNAME, Kind.MANY_SURNAMES)
        known[name] |= int(Kind.WORD) | sum(int(frequent) for listed, frequent in many if known[name] & listed)
    for name in tables["never"] - tables["chinese_surnames"]:
        known[name] = int(Kind.WORD)
    return known


@functools.lru_cache(maxsize=1)
def announced_kinds() -> dict[str, int]:
    """The same where a person is announced: frequent words that some people are called are names there."""
    known = dict(kinds())
    for which, kind in (("rare_given", Kind.GIVEN), ("rare_surnames", Kind.SURNAME)):
        for name in listed(which):
            known[name] = known.get(name, 0) | int(kind | Kind.WORD)
    for name in words()["announced_given"]:
        known[name] = int(Kind.GIVEN | Kind.MANY_GIVEN | Kind.WORD)
    return known


RUSSIAN_ENDINGS = (  # of a given name: its ending, what it loses, the endings of the six cases (Rusgram 1172-1205)
    ("ия", 1, ("я", "и", "ю", "ей")), ("ья", 1, ("я", "и", "е", "ю", "ей")), ("я", 1, ("я", "и", "е", "ю", "ей")),
    ("ка", 1, ("а", "и", "е", "у", "ой")), ("га", 1, ("а", "и", "е", "у", "ой")),
    ("ха", 1, ("а", "и", "е", "у", "ой")), ("ша", 1, ("а", "и", "е", "у", "ей")), ("жа", 1, ("а", "и", "е", "у", "ей")),
    ("ца", 1, ("а", "ы", "е", "у", "ей")), ("ш", 0, ("", "а", "у", "ем", "е")), ("ж", 0, ("", "а", "у", "ем", "е")),
    ("ц", 0, ("", "а", "у", "ем", "е")), ("а", 1, ("а", "ы", "е", "у", "ой")),
    ("ий", 1, ("й", "я", "ю", "ем", "и")), ("й", 1, ("й", "я", "ю", "ем", "е")), ("вь", 1, ("ь", "и", "ью")),
    ("ь", 1, ("ь", "я", "ю", "ем", "е")), ("ел", 2, ("ел", "ла", "лу", "лом", "ле")),
    ("ётр", 3, ("ётр", "етра", "етру", "етром", "етре")),
    ("", 0, ("", "а", "у", "ом", "е")),
)  # fmt: skip


def russian_cases(name: str) -> set[str]:
    """The forms of a given name; vowels but `a` and `ya` take none."""
    if name[-1] in "иоуеэы":
        return {name}
    _, lost, endings = next(row for row in RUSSIAN_ENDINGS if name.endswith(row[0]))
    return {name[: len(name) - lost] + ending for ending in endings}


@functools.lru_cache(maxsize=1)
def cyrillic_given() -> frozenset[str]:
    """Given names in Cyrillic letters, in all cases."""
    tables = packaged_toml("names", "cyrillic.toml")
    names = f"{tables['given']} {tables['short']}".split()
    return frozenset(form for name in names for form in russian_cases(name))


@functools.lru_cache(maxsize=1)
def proposing() -> tuple[str, ...]:
    """Names that may begin or end a person's name; not those of cyrillic.py."""
    named, others = int(Kind.GIVEN | Kind.SURNAME), cyrillic_given()
    return tuple(sorted(name for name, kind in kinds().items() if kind & named and name not in others))
