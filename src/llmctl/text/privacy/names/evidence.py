"""What the words of a run say by themselves: where a name ends, and whether it is one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from llmctl.text.privacy.names import pinyin
from llmctl.text.privacy.names.gazetteer import Kind, common, kinds, words
from llmctl.text.privacy.names.runs import INITIAL, Token

GIVEN, SURNAME, PERSON = int(Kind.GIVEN), int(Kind.SURNAME), int(Kind.PERSON)  # `&` of an enumeration is slow
MANY_GIVEN, MANY_SURNAMES = int(Kind.MANY_GIVEN), int(Kind.MANY_SURNAMES)
WORD = int(Kind.WORD)
NAMED, AMBIGUOUS = GIVEN | SURNAME, WORD | int(Kind.PLACE)
PATRONYMIC = re.compile(  # endings that family names have and other words lack
    r"[^\W\d_]{2,}(?:sson|sd\u00f3ttir|d\u00f3ttir|[oe]vi[c\u0107]|i[\u0107\u010d]|[oe]v\u00e1|owicz|iewicz|[sc]k[ia]|czyk|enko|shvili|dze|yan"
    r"|sen|qvist|quist|gaard|[oe]va?|sky|skaya|ez|\u00e1k|\u010d\u00edk|opoulos|idis|akis)"
)
ADJECTIVAL = ("ski", "cki", "ska", "cka", "sen")  # of places too, in Slavic languages; nouns, in German
LONGEST_NAME = 4  # words
MIXED = re.compile(r"[a-z\u00df-\u00ff][A-Z\u00c0-\u00de]")
MIXED_NAME = re.compile(r"(?:Mc|Mac|De|Di|La|Le|Du|Fitz|Van|Von|O['\u2019]|[DL]['\u2019])[A-Z][a-z]+")


def is_given(kind: int) -> bool:
    """A given name that alone means a person."""
    return bool(kind & GIVEN and (not kind & AMBIGUOUS or kind & PERSON))


def extent(run: Sequence[Token], known: Mapping[str, int]) -> Sequence[Token]:
    """As far as words are names or unknown; English words, places, abbreviations and joined words end it."""
    if len(run) > 1 and pinyin.is_name([run[0].word, run[1].word]):
        return run[:2]
    end = 0
    for i, token in enumerate(run):
        if token.word[0].islower() or (0 < i < len(run) - 1 and _is_particle(token.word, run[0].word)):
            continue
        joined = i > 0 and run[i - 1].word[0].islower()
        if not may_be_name(token.word, known.get(token.word, 0), first=i == 0 or joined):
            break
        end = i + 1 if token.word != "I" or i < len(run) - 1 else end  # a pronoun
    return run[:end]


def _is_particle(word: str, first: str) -> bool:
    """Within a name, with a capital: `Ursula Le Guin`; not the syllables of `Yun Da Xiao Qu`."""
    return word.lower() in words()["particles"] and pinyin.GIVEN.fullmatch(first) is None


def may_be_name(word: str, kind: int, *, first: bool) -> bool:
    if kind & NAMED or word in words()["suffixes"]:
        return True
    if kind & AMBIGUOUS or (not first and word.lower() in common()):
        return False
    if INITIAL.fullmatch(word):
        return True
    if (len(word) < 4 and word.isupper()) or _is_compound(word):
        return False
    return not MIXED.search(word) or MIXED_NAME.fullmatch(word) is not None


def _is_compound(word: str) -> bool:
    """Of words, the last an English one: `Kommentar-Feed`; families have double names too (`Tyson-Fury`)."""
    parts = word.split("-")
    return len(parts) > 1 and parts[-1].lower() in common() and not any(kinds().get(part, 0) & NAMED for part in parts)


def is_unlisted(name: Sequence[Token], least: int) -> bool:
    """Whether so many words or more, of which none need be in a list, can be a person's: none a mere word or place."""
    known, tables = kinds(), words()
    full = [token.word for token in name if len(token.word.strip(".")) > 1 and token.word[0].isupper()]
    full = [word for word in full if word not in tables["suffixes"]]
    if not least <= len(full) <= LONGEST_NAME or " ".join(full[:2]) in tables["phrases"]:
        return False
    if full[0] in tables["no_beginning"] or full[0].lower() in tables["places_before"]:
        return False
    if any(word.lower() in tables["institutions"] for word in full[:-1]):
        return False
    if not all(len(word) > 2 and may_be_name(word, known.get(word, 0), first=False) for word in full):
        return False
    kind, end = known.get(full[0], 0), full[-1].lower()
    if (end in tables["institutions"] and len(full) == 1) or any(word.isupper() for word in full):
        return False
    return not kind & WORD or bool(kind & GIVEN)


def _joined(word: str) -> int:
    """`Karl-Heinrich`: given names with a hyphen between."""
    parts = word.split("-") if "-" in word else ()
    return GIVEN if parts and all(is_given(kinds().get(part, 0)) for part in parts) else 0


def is_full_name(name: Sequence[Token]) -> bool:
    """Whether two words or more are the name of a person."""
    first, last = name[0].word, name[-1].word
    kind, end = kinds().get(first, 0) or _joined(first), kinds().get(last, 0)
    tables = words()
    if f"{first} {last}" in tables["phrases"] or (first in tables["foreign"] and last in tables["foreign"]):
        return False
    if is_given(kind) or pinyin.is_name([token.word for token in name]):
        return True
    patronymic = PATRONYMIC.fullmatch(last) is not None and not end & AMBIGUOUS
    clear_end = patronymic or bool(end & SURNAME and (not end & AMBIGUOUS or end & MANY_SURNAMES))
    if kind & GIVEN and not kind & (WORD | MANY_GIVEN) and not end and last.lower() not in common():
        return True  # a place, but no place has an unknown word behind it; of cities much is called (gazetteer)
    if kind & GIVEN:
        return clear_end and bool(kind & MANY_GIVEN or not end & AMBIGUOUS)
    if INITIAL.fullmatch(first):
        return clear_end
    return patronymic and not last.endswith(ADJECTIVAL) and first.lower() not in common() and not kind & AMBIGUOUS
