"""A name that was found is found again: the whole of it without what announced it, and the family name alone."""

from __future__ import annotations

import re
from collections.abc import Sequence

from llmctl.text.privacy.names import cyrillic_words, pinyin, surroundings
from llmctl.text.privacy.names.evidence import AMBIGUOUS, GIVEN, PATRONYMIC, SURNAME
from llmctl.text.privacy.names.gazetteer import common, kinds, words
from llmctl.text.privacy.names.runs import INITIAL

MIN_FAMILY, MIN_HAN = 3, 3  # letters; ideographs of a name that is found within a clause: two are a word by chance
NUMERAL = re.compile("[IVX]+")  # a ruler's
CYRILLIC = frozenset(map(chr, range(0x400, 0x500)))
GLUE_BEFORE, GLUE_AFTER = frozenset("_@\\#$"), frozenset("_@(=")
SURE = frozenset(
    {"title", "introduction", "label", "signature", "repeated"}
)  # a word of no list is a name behind these


def mentions(name: str, rule: str) -> tuple[str, ...]:
    """The forms in which a name that a rule found is looked for in the rest of its document."""
    if any(char >= "\u2e80" for char in name):
        return (name,)
    parts = [part for part in name.split() if part not in words()["suffixes"]]
    family: Sequence[str] = ()
    if parts and _is_telling(parts, rule):
        is_cyrillic = parts[-1][0] in CYRILLIC
        family = cyrillic_words.family_forms(parts[-1]) if is_cyrillic else (parts[-1], parts[-1].upper())
    return tuple(dict.fromkeys([*([name] if len(parts) > 1 else []), *family]))


def _is_telling(parts: Sequence[str], rule: str) -> bool:
    """Whether the last word alone means the person: neither a word or a place nor a given name, and surely a family name
    (in pinyin the given name, which stands last)."""
    first, last = kinds().get(parts[0], 0), kinds().get(parts[-1], 0)
    if len(parts[-1]) < MIN_FAMILY or not parts[-1][0].isupper() or NUMERAL.fullmatch(parts[-1]):
        return False
    if last & (AMBIGUOUS | GIVEN) or parts[-1].lower() in common():
        return False
    if parts[-1][0] in CYRILLIC or pinyin.is_name(list(parts)):
        return True
    is_named = bool(first & GIVEN and not first & AMBIGUOUS)
    return bool(last & SURNAME) or rule in SURE or is_named or PATRONYMIC.fullmatch(parts[-1]) is not None


def is_mention(text: str, start: int, end: int) -> bool:
    """Whether a form of a name stands for the person: not within a word, an institution's name, or somebody else's."""
    if text[start] >= "\u2e80":
        return end - start >= MIN_HAN or not (_is_han(text[start - 1 : start]) and _is_han(text[end : end + 1]))
    before, after = text[start - 1 : start], text[end : end + 1]
    if surroundings.joins(before) or surroundings.joins(after) or before in GLUE_BEFORE or after in GLUE_AFTER:
        return False
    if cyrillic_words.is_adjective(text, start, end):
        return False
    word, behind = surroundings.word_before(text, start), surroundings.word_after(text, end)
    if behind in words()["institutions"] or word.lower() in words()["places_before"]:
        return False
    following = text[end + 1 : end + 6].partition(" ")[0] if after in surroundings.SPACES else ""
    if following[:1].isupper() and following not in words()["suffixes"]:
        return False
    if word.endswith(".") or not word[:1].isupper():  # a sentence, or no name
        return True
    if INITIAL.fullmatch(word) or word.lower() in common():
        return True
    return text[start] in CYRILLIC and cyrillic_words.begins(text, start - len(word) - 1)


def _is_han(char: str) -> bool:
    return "\u3400" <= char <= "\u9fff"
