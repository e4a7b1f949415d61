"""Names behind words that announce them: titles, introductions, offices, what somebody does or is to somebody.

Where a person is certain to follow (`Mr. Will Young`, `my name is Grace Field`) English words that people are called are
names; elsewhere they are words.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence

from llmctl.text.privacy.names import surroundings
from llmctl.text.privacy.names.capitals import in_capitals, kind_in_capitals
from llmctl.text.privacy.names.evidence import (
    AMBIGUOUS,
    GIVEN,
    MANY_GIVEN,
    MANY_SURNAMES,
    NAMED,
    SURNAME,
    extent,
    is_full_name,
    is_given,
    is_unlisted,
)
from llmctl.text.privacy.names.gazetteer import Kind, announced_kinds, common, kinds, words
from llmctl.text.privacy.names.lower_case import in_lower_case
from llmctl.text.privacy.names.peoples import is_people
from llmctl.text.privacy.names.runs import INITIAL, Token, run_from, words_before
from llmctl.text.privacy.spans import Detector, Found, Options

FILLED = 24  # code points that a line has at least which was broken because it was full
PLACE = int(Kind.PLACE)
GREETS = re.compile(r"\b(?:[Hh]ello|[Hh]i|[Hh]ey|[Mm]orning|[Aa]fternoon|[Ee]vening) ?[,.!]? ?$")
PEOPLE = "|".join(("friend", "boss", "colleague", "partner", "teacher", "neighbou?r", *sorted(words()["relatives"])))
PRESENTED = re.compile(f" (?:speaking|calling|here|reporting)\\b| ?, (?:my|his|her|our|your) (?:[a-z]+ )?(?:{PEOPLE})")
BLANKS = (" ", "\t", "\xa0")


def titled(text: str, start: int, end: int, options: Options) -> Found:
    """The capitalised words behind a title; behind one that is written small also small ones."""
    at = behind(text, start, end)
    if not at:
        return []
    if text[start].islower() and text[at : at + 1].islower():
        alone = not words_before(text, start)  # `Oak dr. miami`
        is_small = alone and at == end + 1 and text[start:end] in words()["small_titles"]
        return in_lower_case(text, at, certain=True) if is_small else []
    if text[start:end] in words()["abbreviated_ranks"] and surroundings.word_before(text, start).endswith("."):
        return []  # `Phys. Rev. Lett.`
    if text[start:end] in words()["capital_titles"]:
        is_listed = kind_in_capitals(surroundings.word_after(text, end)) & NAMED
        return in_capitals(text, at, certain=True) if is_listed else []
    return named(text, at, certain=True) or in_capitals(text, at, certain=True)


def introduced(text: str, start: int, end: int, options: Options) -> Found:
    """What stands behind `my name is`."""
    at = behind(text, start, end)
    if not at:
        return []
    cue, tables = text[start:end], words()
    if cue in tables["names_told"]:
        return (
            named(text, at, certain=True, whole=True)
            or in_lower_case(text, at, certain=True)
            or in_capitals(text, at, certain=False)
        )
    found = named(text, at, whole=True)
    if found and not _is_introduced(text, found[0], cue):
        return []
    return found or in_lower_case(text, at)


def _is_introduced(text: str, place: tuple[int, int], cue: str) -> bool:
    """Whether a person can be meant: people call themselves by their nation too, and things are shown (`This is Madrid`)."""
    run = run_from(text, place[0])
    name = [token for token in run if token.end <= place[1]]
    kinds_of = [kinds().get(token.word, 0) for token in name]
    if cue in words()["shown"]:
        many = bool(kinds_of[0] & MANY_GIVEN and not kinds_of[0] & PLACE) and name[0].word not in words()["weak"]
        clear = many or is_given(kinds_of[0]) or any(kind & NAMED and not kind & AMBIGUOUS for kind in kinds_of[1:])
        is_place = len(name) == 1 and bool(kinds_of[0] & PLACE)
        return clear or is_full_name(name) or (not is_place and _is_presented(text, place, cue))
    return len(name) > 1 or not is_people(name[0].word)


def _is_presented(text: str, place: tuple[int, int], cue: str) -> bool:
    """On the telephone, behind a greeting (`Hello, this is X`), or before who it is to somebody (`this is X, my boss`)."""
    greets = GREETS.search(text, max(0, place[0] - len(cue) - 13), place[0] - len(cue) - 1) is not None
    return greets or PRESENTED.match(text, place[1], place[1] + 40) is not None


def credited(text: str, start: int, end: int, options: Options) -> Found:
    """A full name behind `written by`."""
    at = behind(text, start, end)
    found = named(text, at) if at else []
    run = run_from(text, found[0][0]) if found else []
    if not run:
        return []
    name = extent(run, kinds())
    listed = kinds().get(run[0].word, 0) & GIVEN or is_full_name(name)
    return found if len(name) == len(run) and (listed or is_unlisted(name, 2)) else []


def described(text: str, start: int, end: int, options: Options) -> Found:
    """A name behind what its bearer does or is to somebody: `the painter X Y`, `his wife X`, `Senator X`."""
    if not text[end + 1 : end + 2].isupper():
        return []
    at = behind(text, start, end)
    found = named(text, at) if at else []
    run = run_from(text, found[0][0]) if found else []
    if not run or len(extent(run, kinds())) < len(run) or kinds().get(run[0].word, 0) & NAMED:
        return []  # listed names are asked
    tables = words()
    if text[start:end] in tables["ranks"]:
        is_body = surroundings.word_after(text, run[-1].end) in tables["institutions"]
        return found if is_unlisted(run, 1) and not is_body else []
    return found if len(run) > 1 or text[start:end] in tables["relatives"] else []


def behind(text: str, start: int, end: int) -> int:
    """Where the word behind the spaces behind an announcement begins, or 0."""
    if text[start - 1 : start].isalnum() or text[end : end + 1] not in (*BLANKS, *("\n" * (text[end - 1] == "."))):
        return 0
    at = end + 1
    if text[end] == "\n":  # a line that was filled
        return at if text[at : at + 1].isupper() and "\n" not in text[max(0, start - FILLED) : start] else 0
    while at < end + 8 and text[at : at + 1] in BLANKS:
        at += 1
    return at


def named(text: str, at: int, *, certain: bool = False, whole: bool = False) -> Found:
    """The name that begins at `at`, where one is announced; titles before it are not part of it.

    `whole`: a given name may have any English word for a surname (`I am James Wonder`); behind titles too.
    """
    tables, known = words(), announced_kinds() if certain else kinds()
    run: Sequence[Token] = run_from(text, at)
    if run and is_title(run[0].word):
        return []  # that title is asked
    while run and run[0].word in tables["offices"]:
        if certain and len(run) == 1 and known.get(run[0].word, 0) & MANY_SURNAMES:  # `Mrs. King`
            break
        run = run[1:]
    if not run or not run[0].word[0].isupper() or _is_institution(run, certain):
        return []
    first = run[0].word
    capitals = first.isupper() and INITIAL.fullmatch(first) is None
    if not known.get(first, 0) & NAMED and (first.lower() in common() or capitals):
        return []
    name = _to_family_name(extent(run, known), known)
    if (whole or certain) and len(name) == 1 and len(run) == 2 and kinds().get(first, 0) & GIVEN:
        name = run if run[1].word[1:].islower() else name
    is_whole = bool(name) and len(name[-1].word) > 1 and any(not INITIAL.fullmatch(token.word) for token in name)
    return [(name[0].start, name[-1].end)] if is_whole else []


def _to_family_name(name: Sequence[Token], known: Mapping[str, int]) -> Sequence[Token]:
    """Behind initials the first family name ends it (`Dr. S. A. Quolt Winter 2006`)."""
    if not name or not INITIAL.fullmatch(name[0].word):
        return name
    for i, token in enumerate(name):
        is_part = INITIAL.fullmatch(token.word) or token.word.lower() in words()["particles"] or token.word[-1] == "."
        kind = known.get(token.word, 0)
        if not is_part and not kind & GIVEN:
            suffix = i + 1 < len(name) and name[i + 1].word in words()["suffixes"]
            return name[: i + 1 + suffix]
    return name


def is_title(word: str) -> bool:
    return word in words()["titles"] or word + "." in words()["titles"]


def _is_institution(run: Sequence[Token], certain: bool) -> bool:
    """Words behind the first one that make an institution; where a person is certain, the last may be a family name."""
    bodies = words()["institutions"]
    if certain and announced_kinds().get(run[-1].word, 0) & SURNAME:
        run = run[:-1]
    return any(token.word.lower() in bodies for token in run[1:])


@functools.lru_cache(maxsize=1)
def _titles() -> tuple[str, ...]:
    kept = ("titles", "small_titles", "capital_titles", "abbreviated_ranks")
    return tuple(sorted(frozenset().union(*(words()[key] for key in kept))))


@functools.lru_cache(maxsize=1)
def _introductions() -> tuple[str, ...]:
    return tuple(sorted(words()["introductions"] | words()["names_told"]))


@functools.lru_cache(maxsize=1)
def _descriptions() -> tuple[str, ...]:
    occupations = words()["occupations"]
    return tuple(
        sorted(occupations | {word.capitalize() for word in occupations} | words()["relatives"] | words()["ranks"])
    )


@functools.lru_cache(maxsize=1)
def _credits() -> tuple[str, ...]:
    return tuple(sorted(words()["credits"]))


RELATED = (  # my sister is called ...
    "(?:mother|father|parents|sister|brother|son|daughter|wife|husband|grandmother|grandfather|aunt|uncle|cousin|niece|nephew"
    "|friend|boss|colleague|neighbou?r|teacher|doctor|girlfriend|boyfriend|partner|boy|girl|baby|man|woman) (?:is|was) "
    "(?:called|named)"
)
ROWS = (
    Detector("name", "title", titled, "usage: a title and a name", words=_titles),
    Detector("name", "introduction", introduced, "usage: people introduce themselves", words=_introductions),
    Detector("name", "introduction", introduced, "usage: people name others", pattern=RELATED),
    Detector("name", "label", credited, "usage: who made it", words=_credits),
    Detector("name", "description", described, "usage: occupations, ranks and relatives", words=_descriptions),
)
