"""Names in forms: behind `Name:`, `Patient:`, `Surname:`, as people fill them in.

What stands behind the label up to the end of the line, a comma or a wide space must be a name as a whole, in whatever
letter case (`JOHN SMITH`, `SMITH, John A.`, `john smith`); a value that goes on in other words is none. The label stands
at the beginning of its line or cell, or behind a word that says whose name it is (`patient name:`): `file name:` asks for
no person's.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence

from llmctl.text.privacy.names.announced import BLANKS, behind, named
from llmctl.text.privacy.names.evidence import (
    AMBIGUOUS,
    GIVEN,
    MANY_GIVEN,
    MANY_SURNAMES,
    NAMED,
    SURNAME,
    WORD,
    extent,
    is_full_name,
    is_given,
    is_unlisted,
)
from llmctl.text.privacy.names.gazetteer import Kind, announced_kinds, common, kinds, words
from llmctl.text.privacy.names.runs import LETTER, Token, run_from
from llmctl.text.privacy.spans import Detector, Found, Options

PLACE = int(Kind.PLACE)
VALUE = 64  # code points of a value that are looked at
PART = re.compile(rf"{LETTER}+(?:['\u2019-]{LETTER}+)*\.?")
ENDS = re.compile(r"[ \t\xa0]*(?:$|[\r\n|;<(\[\]\"/,]|\\n|[ \t\xa0]{2}|\t)|\.(?:\s|$)")
OWNER_BEFORE = re.compile(r"(?:([^\W\d_]+)(?:['\u2019]s)?[ \xa0])$")
OPENS = frozenset("\n\r\t|;,>*-\u2022#(.\"'")


def labelled(text: str, start: int, end: int, options: Options) -> Found:
    """What stands behind the label of a form."""
    at = behind(text, start, end)
    if not at:
        return []
    label = text[start : end - 1].lower()
    if label in words()["name_labels"]:
        owner = _owner(text, start)
        if owner is None:
            return []
        label = f"{owner} {label}".strip()
    elif not _begins(text, start):
        return []
    single, personal = label in words()["name_parts"], label not in words()["weak_labels"]
    name = _value(text, at)
    if name and _is_name(name, single=single, personal=personal, owned=label != "name"):
        return [(name[0].start, name[-1].end)]
    return _capitalised(text, at, whole=bool(name), sure=personal and label != "name")


def _capitalised(text: str, at: int, *, whole: bool, sure: bool) -> Found:
    """A listed name within a longer value, or a given name alone; where places may stand, one that is no place."""
    found = named(text, at)
    run = run_from(text, at) if found else []
    if not run or found[0][0] != at:
        return []
    name = extent(run, kinds())
    if whole and len(name) < len(run):
        return []  # `Name: Rose Garden`
    kind = kinds().get(run[0].word, 0)
    is_lone_given = len(name) == 1 and bool(kind & GIVEN) and (sure or is_given(kind) or not kind & PLACE)
    return found if is_lone_given or is_full_name(name) else []


def _begins(text: str, start: int) -> bool:
    """Whether the label begins its line, cell or sentence."""
    at = start
    while at > start - 4 and text[at - 1 : at] in BLANKS:
        at -= 1
    return at == 0 or text[at - 1] in OPENS or at == start - 4


def _owner(text: str, start: int) -> str | None:
    """The word before `name:` that says whose it is; empty where the label begins; None for other things' names."""
    word = OWNER_BEFORE.search(text, max(0, start - 24), start)
    if word:
        return word[1].lower() if word[1].lower() in words()["owners"] else None
    return "" if _begins(text, start) else None


def _value(text: str, at: int) -> list[Token]:
    """The words of the value, the comma behind the first of two told by a gap; none where more than a name stands there."""
    found: list[Token] = []
    stop = at + VALUE
    while len(found) < 5 and (match := PART.match(text, at, stop)) is not None:
        word, end = match.group(), match.end()
        if word[-1] == "." and len(word) > 2 and word not in words()["suffixes"]:
            word, end = word[:-1], end - 1
        found.append(Token(match.start(), end, word))
        at = end
        if text[at : at + 1] == "," and len(found) <= 2 and text[at + 1 : at + 3].strip() and _goes_on(text, at, found):
            at += 1
        if text[at : at + 1] not in (" ", "\xa0") or not text[at + 1 : at + 2].isalpha():
            break
        at += 1
    if text[at : at + 1] == ":":  # the next label
        found.pop()
        while found and found[-1].word.lower() in words()["owners"]:
            found.pop()
        return found
    return found if ENDS.match(text, at, at + 4) or at >= len(text) else []


def _goes_on(text: str, at: int, found: Sequence[Token]) -> bool:
    """Whether a given name stands behind the comma behind a family name: `SMITH, John`."""
    match = PART.match(text, at + 2, at + 2 + VALUE) if text[at + 1 : at + 2] in (" ", "\xa0") else None
    if match is None or not _kind(match.group()) & GIVEN:
        return False
    kind = _kind(found[0].word)
    return bool(kind & SURNAME and (not kind & AMBIGUOUS or kind & MANY_SURNAMES)) or not kind & (GIVEN | AMBIGUOUS)


def _kind(word: str) -> int:
    """The kinds of a word in whatever letter case."""
    known = announced_kinds()
    if word in known or not (word.isupper() or word.islower()):
        return known.get(word, 0)
    return known.get(word.title(), 0)


def _is_name(name: Sequence[Token], *, single: bool, personal: bool, owned: bool) -> bool:
    """Whether the words of a value are a name as a whole."""
    tables = words()
    full = [token.word for token in name if len(token.word.strip(".")) > 1 and token.word not in tables["particles"]]
    known = [_kind(word) for word in full]
    if not full or any(word.lower() in tables["no_values"] for word in full):
        return False
    small = all(word.islower() for word in full)
    if len(full) == 1:
        return len(name) > 1 and not small and is_lone(full[0], known[0]) if not single else is_lone(full[0], known[0])
    if not small and any(word[0].islower() for word in full):
        return False
    bodies = [word.lower() in tables["institutions"] for word in full]
    if any(bodies[:-1]) or (bodies[-1] and not kinds().get(full[-1].capitalize(), 0) & SURNAME):
        return False
    if small and not (owned and personal) and not is_given(known[0]):
        return False  # `name: mark read`
    if full[0].lower() in tables["places_before"]:  # `SAN JOSE`
        return False
    is_turned = not small and _is_pair(known[-1], known[0], sure=False, turned=True)
    if is_turned or _is_pair(known[0], known[-1], sure=owned and personal):
        return all(
            kind & NAMED or word.lower() not in common() for word, kind in zip(full[1:-1], known[1:-1], strict=True)
        )
    if small:
        return False
    if any(
        not is_given(kind) and (word.lower() in common() or bool(kind & AMBIGUOUS))
        for word, kind in zip(full, known, strict=True)
    ):
        return False
    if any(word.isupper() for word in full):
        return any(map(is_given, known)) and min(map(len, full)) > 2
    return any(kind & NAMED for kind in known) or (personal and is_unlisted(name, 2))


def _is_pair(given: int, surname: int, *, sure: bool, turned: bool = False) -> bool:
    """A given and a family name: of two that are words too, many are called by one, and the given name stands first."""
    if not (given & GIVEN and surname & SURNAME):
        return False
    is_clear = not surname & AMBIGUOUS or bool(surname & MANY_SURNAMES)
    if turned:
        return is_given(given) and is_clear
    return is_given(given) or is_clear or (sure and bool(given & MANY_GIVEN))


def is_lone(word: str, kind: int) -> bool:
    """A family name or a given name alone, where the label asks for that."""
    if kind & NAMED:
        return not kind & WORD or word[0].isupper() or bool(kind & (MANY_GIVEN | MANY_SURNAMES))
    return word[0].isupper() and word[1:].islower() and len(word) > 2 and not kind and word.lower() not in common()


@functools.lru_cache(maxsize=1)
def _labels() -> tuple[str, ...]:
    """Labels as they are written: small, with a capital, with capitals, and in capitals."""
    tables = words()
    labels = tables["name_labels"] | tables["name_parts"] | tables["person_labels"]
    return tuple(
        sorted({f"{way}:" for label in labels for way in (label, label.capitalize(), label.title(), label.upper())})
    )


ROWS = (Detector("name", "label", labelled, "usage: forms", words=_labels),)
