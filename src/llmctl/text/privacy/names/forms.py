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

from llmctl.text.privacy.names.announced import BLANKS, behind, is_title, named
from llmctl.text.privacy.names.capitals import MIN_UNLISTED, in_capitals
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
ENDS = re.compile(r"[ \t\xa0]*(?:$|[\r\n|;<(\[\]\"'/,]|\\n|[ \t\xa0]{2}|\t)|\.(?:\s|$)")
OWNER_BEFORE = re.compile(r"(?:([^\W\d_]+)(?:['\u2019]s)?[ \xa0])$")
OPENS_VALUE = re.compile(r" {0,2}[\"']")
ADDRESSED = re.compile(r"[^<>@\n]{1,64}<(?:[0-9A-Za-z._+-]+@|<?EMAIL>)")
PERSONAL = re.compile("[Pp]r\u00e9nom|PR\u00c9NOM|PRENOM|[Pp]renom")  # a form that asks for a person
TAXON = re.compile("(?i:.+(?:aceae|idae|inae|oideae|viridae|virales))")  # families of organisms: ICN 18, ICZN 29
OPENS = frozenset("\n\r\t|;,>*-\u2022#(.\"'")


def labelled(text: str, start: int, end: int, options: Options) -> Found:
    """What stands behind the label of a form."""
    at = _value_start(text, start, end)
    if not at:
        return []
    label = text[start : end - 1].strip().lower()
    if label in words()["name_labels"]:
        owner = _owner(text, start)
        if owner is None:
            return []
        label = f"{owner} {label}".strip()
    elif not _begins(text, start):
        return []
    if label in words()["things_too"] and not _asks_for_person(text, start, end, at):
        return _capitalised(text, at, whole=False, sure=False)
    addressed = ADDRESSED.match(text, at, at + 2 * VALUE) is not None
    name = _value(text, at, turned=addressed and text[at - 1] == '"')
    single, personal = label in words()["name_parts"], addressed or label not in words()["weak_labels"]
    if name and _is_name(name, single=single, personal=personal, owned=label != "name"):
        return [(name[0].start, name[-1].end)]
    sure = label != "name" and label not in words()["weak_labels"]
    found = _capitalised(text, at, whole=bool(name), sure=sure)
    return found or (in_capitals(text, at, certain=False) if sure else [])


def _asks_for_person(text: str, start: int, end: int, at: int) -> bool:
    """Whether a form of persons stands around, or the value alone is in capitals, as French has family names."""
    value = PART.match(text, at, at + VALUE)
    capital = value is not None and value[0].isupper() and not text[start:end].isupper()
    return capital or PERSONAL.search(text, max(0, start - VALUE), end + 2 * VALUE) is not None


def _value_start(text: str, start: int, end: int) -> int:
    """Where the value begins behind a label, or 0: behind a blank, a quotation mark; in forms without either (`Name:Ann`)."""
    at = behind(text, start, end)
    if not at and text[start].isupper() and text[end : end + 1].isupper() and not text[start - 1 : start].isalnum():
        at = end
    return at + (text[at : at + 1] == '"') if at else 0


def recorded(text: str, start: int, end: int, options: Options) -> Found:
    """What stands in quotation marks behind a key of a record."""
    opens = OPENS_VALUE.match(text, end, end + 4)
    name = _value(text, opens.end(), turned=True) if opens else []
    if not opens or not name or text[name[-1].end : name[-1].end + 1] != text[opens.end() - 1]:
        return []
    single = "full" not in text[start:end].lower()
    return [(name[0].start, name[-1].end)] if _is_name(name, single=single, personal=True, owned=True) else []


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


def _value(text: str, at: int, *, turned: bool = False) -> list[Token]:
    """The words of the value, the comma behind the first of two told by a gap; none where more than a name stands there.

    `turned`: a comma stands between two parts of a name only.
    """
    found: list[Token] = []
    stop = at + VALUE
    while len(found) < 5 and (match := PART.match(text, at, stop)) is not None:
        word, end = match.group(), match.end()
        if word[-1] == "." and len(word) > 2 and word not in words()["suffixes"]:
            word, end = word[:-1], end - 1
        found.append(Token(match.start(), end, word))
        at = end
        if (
            text[at : at + 1] == ","
            and len(found) <= 2
            and text[at + 1 : at + 3].strip()
            and _goes_on(text, at, found, turned)
        ):
            at += 1
        if text[at : at + 1] not in (" ", "\xa0") or not text[at + 1 : at + 2].isalpha():
            break
        at += 1
    if found and text[at : at + 1] == ":":  # the next label
        found.pop()
        while found and found[-1].word.lower() in words()["owners"]:
            found.pop()
        return found
    if len(found) > 1 and is_title(found[0].word):
        found = found[1:]
    return found if ENDS.match(text, at, at + 4) or at >= len(text) else []


def _goes_on(text: str, at: int, found: Sequence[Token], turned: bool) -> bool:
    """Whether a given name stands behind the comma behind a family name: `SMITH, John`."""
    match = PART.match(text, at + 2, at + 2 + VALUE) if text[at + 1 : at + 2] in (" ", "\xa0") else None
    if match is None or not (_kind(match.group()) & GIVEN or (turned and not _kind(match.group()))):
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
    if not full or full[0] in tables["greetings"] or any(word.lower() in tables["no_values"] for word in full):
        return False
    small, sure = all(word.islower() for word in full), owned and personal
    if len(full) == 1:
        return len(name) > 1 and not small and is_lone(full[0], known[0]) if not single else is_lone(full[0], known[0])
    if not small and any(word[0].islower() for word in full):
        return False
    bodies = [word.lower() in tables["institutions"] for word in full]
    if any(bodies[:-1]) or (bodies[-1] and not kinds().get(full[-1].capitalize(), 0) & SURNAME):
        return False
    if small and not sure and not is_given(known[0]):
        return False  # `name: mark read`
    if full[0].lower() in tables["places_before"]:  # `SAN JOSE`
        return False
    is_turned = not small and _is_pair(known[-1], known[0], sure=False, turned=True)
    is_turned = is_turned or bool(
        name[1].start > name[0].end + 1 and known[1] & MANY_GIVEN and _may_be_family(full[0], known[0])
    )
    if is_turned or _is_pair(known[0], known[-1], sure=sure):
        return all(
            kind & NAMED or word.lower() not in common() for word, kind in zip(full[1:-1], known[1:-1], strict=True)
        )
    if small:
        return False
    first, last = known[0], known[-1]
    if sure and len(full) == 2 and not last and first & MANY_GIVEN:
        return full[-1].lower() not in common()  # `Per Quolt`
    if sure and len(full) == 2 and is_given(first) and last & AMBIGUOUS == PLACE:
        return True
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


def _may_be_family(word: str, kind: int) -> bool:
    """Before a comma and a given name."""
    if kind & SURNAME:
        return not kind & AMBIGUOUS or bool(kind & MANY_SURNAMES)
    return not kind and word.lower() not in common()


def is_lone(word: str, kind: int) -> bool:
    """A family name or a given name alone, where the label asks for that."""
    if kind & NAMED:
        return not kind & WORD or word[0].isupper() or bool(kind & (MANY_GIVEN | MANY_SURNAMES))
    if max(map(len, re.split("['\u2019-]", word))) < 2:  # `I'm`
        return False
    written = (word[0].isupper() and word[1:].islower()) or (word.isupper() and len(word) >= MIN_UNLISTED)
    return written and len(word) > 2 and not kind and word.lower() not in common() and not TAXON.fullmatch(word)


@functools.lru_cache(maxsize=1)
def _labels() -> tuple[str, ...]:
    """Labels as they are written: small, with a capital, with capitals, and in capitals."""
    tables = words()
    labels = tables["name_labels"] | tables["name_parts"] | tables["person_labels"]
    spaced = {f"{label} " for label in tables["name_parts"] if " " not in label}  # as French has it: `Nom : X`
    return tuple(
        sorted(
            f"{way}:" for label in labels | spaced for way in {label, label.capitalize(), label.title(), label.upper()}
        )
    )


@functools.lru_cache(maxsize=1)
def _keys() -> tuple[str, ...]:
    return tuple(sorted(f"{mark}{key}{mark}:" for key in words()["name_keys"] for mark in "\"'"))


ROWS = (
    Detector("name", "label", labelled, "usage: forms", words=_labels),
    Detector("name", "label", recorded, "usage: keys of records", words=_keys),
)
