"""Names of people in scripts with spaces: listed names, titles and introductions propose, the words around decide.

A listed given name with a capitalised word behind it is a name; alone it is one where it is neither an English word nor
a place. Family names need a given name, initials, a title, an office, or speech beside them. Words that make institutions
and places of names are looked for on both sides. What it costs: some four proposals in a kilobyte of English prose.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence

from llmctl.text.privacy.names import pinyin
from llmctl.text.privacy.names.gazetteer import Kind, common, kinds, proposing, words
from llmctl.text.privacy.names.runs import INITIAL, Token, last_word, run_from, words_before
from llmctl.text.privacy.spans import Detector, Found, Options

GIVEN, SURNAME, PERSON = int(Kind.GIVEN), int(Kind.SURNAME), int(Kind.PERSON)  # `&` of an enumeration is slow
MANY_GIVEN, MANY_SURNAMES = int(Kind.MANY_GIVEN), int(Kind.MANY_SURNAMES)
NAMED, AMBIGUOUS = GIVEN | SURNAME, int(Kind.WORD | Kind.PLACE)
PATRONYMIC = re.compile(  # endings that family names have and other words lack
    r"[^\W\d_]{2,}(?:sson|sd\u00f3ttir|d\u00f3ttir|[oe]vi[c\u0107]|i[\u0107\u010d]|[oe]v\u00e1|owicz|iewicz|[sc]k[ia]|czyk|enko|shvili|dze|yan"
    r"|sen|qvist|quist|gaard|[oe]va?|sky|skaya|ez|\u00e1k|\u010d\u00edk|opoulos|idis|akis)"
)
NEXT_WORD = re.compile(r"(?:['\u2019]s)?[ \xa0]?([^\W\d_]+\.?|&)")
HOUSE_NUMBER = re.compile(r"(?:^|[^\d.,])\d{1,5}[A-Za-z]?,? ?$")
NUMBER_AFTER = re.compile(r",? \d")
YEAR = re.compile(r"(?:1\d|20)\d\d,? ?$")
GLUE = frozenset("_/\\@#$=<{[|~^*+%")
GLUE_AFTER = frozenset("_/\\@#$=({[|~^*+%")
CONTRACTED = re.compile(r"['\u2019](?:t|ll|re|ve|d|m)(?![^\W\d_])")


def listed(text: str, start: int, end: int, options: Options) -> Found:
    """A listed name: the run of words that it belongs to, if that is a person's."""
    if _is_glued(text, start, end):
        return []
    known = kinds()
    if not _has_neighbours(text, start, end) and not _alone(text, start, end, known):
        return []
    earlier = words_before(text, start)
    if any(known.get(token.word, 0) & NAMED for token in earlier):
        return []  # that one is asked about the same run
    run = run_from(text, earlier[0].start if earlier else start)
    at = next((i for i, token in enumerate(run) if token.start == start), None)
    return [] if at is None else _of_run(text, run, at, known)


def _has_neighbours(text: str, start: int, end: int) -> bool:
    """Whether a word beside may belong to the name: capitalised, an initial, or a particle."""
    if text[end : end + 1] in (" ", "\xa0") and text[end + 1 : end + 2].isalpha():
        after = text[end + 1 : end + 5]
        if after[0].isupper() or after.rstrip().partition(" ")[0] in words()["particles"]:
            return True
    return start > 1 and text[start - 1] in (" ", "\xa0") and last_word(text, start - 1)[:1].isupper()


def _alone(text: str, start: int, end: int, known: dict[str, int]) -> bool:
    """The cheap half of what a lone name needs."""
    kind = known[text[start:end]]
    if kind & GIVEN and (not kind & AMBIGUOUS or kind & PERSON):
        return True
    return not kind & AMBIGUOUS and _is_spoken(_word_after(text, end), last_word(text, start - 1) if start else "")


def _is_spoken(behind: str, before: str) -> bool:
    return behind in words()["speech"] or before in ("said", "says", "asked", "replied", "cried")


def _is_glued(text: str, start: int, end: int) -> bool:
    """Whether the name is a piece of a word, a path, a handle or an identifier."""
    before, after = text[start - 1 : start], text[end : end + 1]
    if before.isalnum() or after.isalnum() or before in GLUE and before or after in GLUE_AFTER and after:
        return True
    if before in (".", "-", "'", "\u2019", ":") and text[start - 2 : start - 1].isalnum():
        return True
    if after in (".", ":") and text[end + 1 : end + 2].isalnum():
        return True
    return after in ("'", "\u2019") and CONTRACTED.match(text, end) is not None


def _of_run(text: str, run: list[Token], at: int, known: dict[str, int]) -> Found:
    tables = words()
    behind = _word_after(text, run[-1].end)
    if behind in tables["institutions"] or any(t.word.lower() in tables["institutions"] for t in run[at + 1 :]):
        return []
    while at > 0 and INITIAL.fullmatch(run[at - 1].word) and run[at - 1].word != "I":
        at -= 1
    before = run[at - 1].word if at else last_word(text, run[0].start - 1) if run[0].start > 0 else ""
    if before.lower() in tables["places_before"] or _is_address(text, run):
        return []
    name = _extent(run[at:], known)
    span = [(name[0].start, name[-1].end)] if name else []
    if len(name) > 1 and _is_full_name(name, known):
        return span
    if len(name) == 1 and len(run) == at + 1:
        unknown = at > 0 and before not in tables["offices"] and before.lower() not in common()
        return [] if unknown or not _is_lone_name(name[0], before, behind, known) else span
    return []


def _is_address(text: str, run: Sequence[Token]) -> bool:
    """A number before or behind that is no year: a street."""
    if NUMBER_AFTER.match(text, run[-1].end) and not re.match(r",? (?:1\d|20)\d\d(?!\d)", text[run[-1].end : run[-1].end + 8]):
        return True
    before = text[max(0, run[0].start - 8) : run[0].start]
    return before[-1:] == " " and before[-2:-1].isalnum() and HOUSE_NUMBER.search(before) is not None and not YEAR.search(before)


def _extent(run: Sequence[Token], known: dict[str, int]) -> Sequence[Token]:
    """As far as words are names or unknown; an English word or a place ends it unless it is a name too."""
    english, suffixes = common(), words()["suffixes"]
    end = 0
    for i, token in enumerate(run):
        word = token.word
        kind = known.get(word, 0)
        if word[0].islower():  # a particle
            continue
        joined = i and run[i - 1].word[0].islower()  # by a particle
        if not kind & NAMED and (kind & AMBIGUOUS or i and not joined and word.lower() in english and word not in suffixes):
            break
        end = i + 1
    return run[:end]


def _is_full_name(name: Sequence[Token], known: dict[str, int]) -> bool:
    first, last = name[0].word, name[-1].word
    kind, end = known.get(first, 0), known.get(last, 0)
    if pinyin.is_name([token.word for token in name]):
        return True
    if kind & GIVEN and (not kind & AMBIGUOUS or kind & PERSON):
        return True
    patronymic = PATRONYMIC.fullmatch(last) is not None and not end & AMBIGUOUS
    clear_end = bool(end & SURNAME and (not end & AMBIGUOUS or end & MANY_SURNAMES)) or patronymic
    if kind & GIVEN:
        return clear_end and bool(kind & MANY_GIVEN or not end & AMBIGUOUS)
    if INITIAL.fullmatch(first):
        return clear_end
    return patronymic and first.lower() not in common() and not kind & AMBIGUOUS


def _is_lone_name(name: Token, before: str, behind: str, known: dict[str, int]) -> bool:
    tables, kind = words(), known.get(name.word, 0)
    if len(name.word) < 3 and not kind & PERSON and before not in tables["offices"]:
        return False
    if before.lower() in tables["prepositions"]:
        return False
    if kind & GIVEN and (not kind & AMBIGUOUS or kind & PERSON):
        return True
    if before in tables["offices"]:
        return not kind & AMBIGUOUS or bool(kind & MANY_SURNAMES)
    return not kind & AMBIGUOUS and _is_spoken(behind, before)


def _word_after(text: str, end: int) -> str:
    match = NEXT_WORD.match(text, end, end + 24)
    return match.group(1).lower() if match else ""


@functools.lru_cache(maxsize=1)
def _titles() -> tuple[str, ...]:
    return tuple(sorted(words()["titles"]))


def titled(text: str, start: int, end: int, options: Options) -> Found:
    """The capitalised words behind a title."""
    if text[start - 1 : start].isalpha() or text[end : end + 1] not in (" ", "\xa0"):
        return []
    return _named(text, end + 1)


def _named(text: str, at: int) -> Found:
    """The name that begins at `at`, where one is announced; titles before it are not part of it."""
    tables, known, english = words(), kinds(), common()
    run = run_from(text, at)
    if run and (run[0].word in tables["titles"] or run[0].word + "." in tables["titles"]):
        return []  # that title is asked
    while run and run[0].word in tables["offices"]:
        run = run[1:]
    if not run or not run[0].word[0].isupper() or any(t.word.lower() in tables["institutions"] for t in run[1:]):
        return []
    if run[0].word.lower() in english and not known.get(run[0].word, 0) & NAMED:
        return []
    name = _extent(run, known)
    return [(name[0].start, name[-1].end)] if name and len(name[-1].word) > 1 else []


@functools.lru_cache(maxsize=1)
def _introductions() -> tuple[str, ...]:
    tables = words()
    return tuple(sorted({*tables["greetings"], *tables["introductions"], *tables["labels"]}))


def introduced(text: str, start: int, end: int, options: Options) -> Found:
    """What stands behind `my name is`, `Dear` or `Author:`."""
    if text[start - 1 : start].isalpha() or text[end : end + 1] not in (" ", "\t", "\xa0"):
        return []
    at = end + 1
    while at < end + 8 and text[at : at + 1] in (" ", "\t", "\xa0"):
        at += 1
    return _named(text, at) or _in_lower_case(text, at)


LOWER = re.compile(r"([a-z\u00df-\u017f]{3,24})(?: (?:[a-z]\. )?([a-z\u00df-\u017f]{3,24}))?(?![\w'\u2019@-]|\.\w)")


def _in_lower_case(text: str, at: int) -> Found:
    """`matthew pusaver` where all is written small: a listed given name that is no word, and what is no word behind it."""
    match = LOWER.match(text, at, at + 56)
    if match is None:
        return []
    known, english = kinds(), common()
    kind = known.get(match[1].capitalize(), 0)
    if not kind & GIVEN or (kind & AMBIGUOUS and not kind & PERSON):
        return []
    second = match[2]
    if second is not None and (second not in english or known.get(second.capitalize(), 0) & MANY_SURNAMES):
        return [(at, match.end(2))]
    return [(at, match.end(1))]


ROWS = (
    Detector("name", "title", titled, "usage: a title and a name", words=_titles),
    Detector("name", "introduction", introduced, "usage: greetings and introductions", words=_introductions),
    Detector("name", "name", listed, "US Census 1990, Wikidata: names that people have", words=proposing),
)
