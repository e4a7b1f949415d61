"""Names of people in scripts with spaces: listed names, titles and introductions propose, the words around decide.

A listed given name with a capitalised word behind it is a name; alone it is one where it is neither an English word nor
a place. Family names need a given name, initials, a title, or speech beside them. Words that make institutions and places
of names are looked for on both sides. What it costs: some four proposals in a kilobyte of English prose.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence

from llmctl.text.privacy.names.gazetteer import Kind, common, kinds, proposing, words
from llmctl.text.privacy.names.runs import INITIAL, Token, last_word, run_from, words_before
from llmctl.text.privacy.spans import Detector, Found, Options

AMBIGUOUS = int(Kind.WORD | Kind.PLACE)
PATRONYMIC = re.compile(  # endings that family names have and other words lack
    r"[^\W\d_]{2,}(?:sson|sdottir|sd\u00f3ttir|d\u00f3ttir|ovi[c\u0107]|evi[c\u0107]|i[\u0107\u010d]|ov\u00e1|owicz|iewicz|wska|wski|cka|cki|czyk|enko"
    r"|shvili|dze|yan|sen|quist|qvist|gaard|ov|ova|ev|eva|sky|ski|ska|skaya|ski\u0439|ez|\u00e1k|\u010d\u00edk|opoulos|idis|akis)"
)
NEXT_WORD = re.compile(r"(?:['\u2019]s)?[ \xa0]?([^\W\d_]+\.?|&)")
GLUE = frozenset("_/\\@#$=<{[|~^*+%")
GLUE_AFTER = frozenset("_/\\@#$=({[|~^*+%")
SPEECH_BEFORE = re.compile(r"(?:said|says|asked|replied|cried|answered|writes|wrote)$")


def listed(text: str, start: int, end: int, options: Options) -> Found:
    """A listed name: the run of words that it belongs to, if that is a person's."""
    before, after = text[start - 1 : start], text[end : end + 1]
    if before.isalpha() or after.isalpha() or before in GLUE or after in GLUE_AFTER or before.isdigit() or after.isdigit():
        return []
    if before in (".", "-", "'", "\u2019", ":") and text[start - 2 : start - 1].isalnum():
        return []
    if after in (".", ":") and text[end + 1 : end + 2].isalnum():
        return []
    known = kinds()
    earlier = words_before(text, start)
    if any(_proposes(token.word, known) for token in earlier):
        return []  # that one is asked about the same run
    first = earlier[0].start if earlier else start
    run = run_from(text, first)
    at = next((i for i, token in enumerate(run) if token.start == start), None)
    if at is None:
        return []
    return _of_run(text, run, at, known)


def _proposes(word: str, known: dict[str, int]) -> bool:
    return bool(known.get(word, 0) & (Kind.GIVEN | Kind.SURNAME))


def _of_run(text: str, run: list[Token], at: int, known: dict[str, int]) -> Found:
    tables = words()
    behind = _word_after(text, run[-1].end)
    if behind in tables["institutions"] or any(t.word.lower() in tables["institutions"] for t in run[at + 1 :]):
        return []
    while at > 0 and INITIAL.fullmatch(run[at - 1].word) and run[at - 1].word != "I":
        at -= 1
    word_before = run[at - 1].word if at else last_word(text, run[0].start - 1) if run[0].start > 0 else ""
    if word_before.lower() in tables["places_before"]:
        return []
    name = _extent(run[at:], known)
    if not name:
        return []
    if len(name) > 1:
        return [(name[0].start, name[-1].end)] if _is_full_name(name, known) else []
    return [(name[0].start, name[0].end)] if _is_lone_name(text, name[0], run, at, word_before, behind, known) else []


def _extent(run: Sequence[Token], known: dict[str, int]) -> Sequence[Token]:
    """As far as words are names or unknown; an English word ends it unless many are named so."""
    english, suffixes = common(), words()["suffixes"]
    end = 0
    for i, token in enumerate(run):
        word = token.word
        kind = known.get(word, 0)
        if word[0].islower():  # a particle
            continue
        if i and not kind & (Kind.GIVEN | Kind.SURNAME) and word.lower() in english and word not in suffixes:
            break
        if kind & AMBIGUOUS and not kind & (Kind.GIVEN | Kind.SURNAME):
            break
        end = i + 1
    return run[:end]


def _is_full_name(name: Sequence[Token], known: dict[str, int]) -> bool:
    first, last = name[0].word, name[-1].word
    kind, end = known.get(first, 0), known.get(last, 0)
    if kind & Kind.GIVEN and (not kind & AMBIGUOUS or kind & Kind.PERSON):
        return True
    clear_end = bool(end & Kind.SURNAME and (not end & AMBIGUOUS or end & Kind.MANY_SURNAMES)) or bool(PATRONYMIC.fullmatch(last))
    if kind & Kind.GIVEN:
        return clear_end and bool(kind & Kind.MANY_GIVEN or not end & AMBIGUOUS)
    if INITIAL.fullmatch(first):
        return clear_end
    return bool(PATRONYMIC.fullmatch(last)) and first.lower() not in common() and not kind & AMBIGUOUS


def _is_lone_name(
    text: str, name: Token, run: Sequence[Token], at: int, before: str, behind: str, known: dict[str, int]
) -> bool:
    tables, kind = words(), known.get(name.word, 0)
    if len(run) > at + 1 or before.lower() in tables["prepositions"]:
        return False
    if kind & Kind.GIVEN and (not kind & AMBIGUOUS or kind & Kind.PERSON):
        return True
    spoken = behind in tables["speech"] or bool(SPEECH_BEFORE.search(before))
    return spoken and bool(kind & (Kind.GIVEN | Kind.SURNAME)) and not kind & AMBIGUOUS


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
    run = run_from(text, end + 1)
    if run and run[0].word in words()["titles"] and len(run) > 1:
        return []
    if not run or not run[0].word[0].isupper():
        return []
    if any(token.word.lower() in words()["institutions"] for token in run[1:]):
        return []
    name = _extent(run, kinds())
    return [(name[0].start, name[-1].end)] if name and name[0].word.lower() not in words()["prepositions"] else []


@functools.lru_cache(maxsize=1)
def _introductions() -> tuple[str, ...]:
    tables = words()
    return tuple(sorted({*tables["greetings"], *tables["introductions"], *tables["labels"]}))


def introduced(text: str, start: int, end: int, options: Options) -> Found:
    """What stands behind `my name is`, `Dear` or `Author:`."""
    at = end
    while at < end + 3 and text[at : at + 1] in (" ", "\t", "\xa0"):
        at += 1
    if at == end or text[start - 1 : start].isalpha():
        return []
    run = run_from(text, at)
    known, english = kinds(), common()
    if not run or run[0].word.lower() in english and not known.get(run[0].word, 0) & Kind.GIVEN:
        return []
    name = _extent(run, known)
    return [(name[0].start, name[-1].end)] if name else []


ROWS = (
    Detector("name", "title", titled, "usage: a title and a name", words=_titles),
    Detector("name", "introduction", introduced, "usage: greetings and introductions", words=_introductions),
    Detector("name", "name", listed, "US Census 1990, Wikidata: names that people have", words=proposing),
)
