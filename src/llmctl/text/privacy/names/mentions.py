"""A name that was found is found again: the whole of it without what announced it, and the family name alone."""

from __future__ import annotations

import re
from collections.abc import Sequence

from llmctl.text.privacy.names import cyrillic_words, surroundings
from llmctl.text.privacy.names.evidence import AMBIGUOUS, GIVEN
from llmctl.text.privacy.names.gazetteer import common, kinds, words

NUMERAL = re.compile("[IVX]+")  # a ruler's
CYRILLIC = frozenset(map(chr, range(0x400, 0x500)))
MIN_HAN = 3  # ideographs: two of them are a word by chance too often


def mentions(name: str) -> tuple[str, ...]:
    """The forms in which a name that was found is looked for in the rest of its document."""
    if any(char >= "\u2e80" for char in name):
        return (name,) if len(name) >= MIN_HAN else ()
    parts = [part for part in name.split() if part not in words()["suffixes"]]
    last = parts[-1] if parts and not NUMERAL.fullmatch(parts[-1]) else ""
    family: Sequence[str] = [last] if last and _is_telling(last) else []
    if family and family[0][0] in CYRILLIC:
        family = cyrillic_words.family_forms(family[0])
    return tuple(dict.fromkeys([*([name] if len(parts) > 1 else []), *family]))


def _is_telling(word: str) -> bool:
    """Neither a word or a place nor a given name: of those each mention has to speak for itself."""
    ambiguous = kinds().get(word, 0) & (AMBIGUOUS | GIVEN) or word.lower() in common()
    return len(word) > 2 and word[0].isupper() and not ambiguous


def is_mention(text: str, start: int, end: int) -> bool:
    """Whether a form of a name stands for the person: not within a word, an institution's name, or somebody else's."""
    if text[start] >= "\u2e80":
        return True
    if surroundings.is_glued(text, start, end) or surroundings.is_street(text, start, end):
        return False
    if cyrillic_words.is_adjective(text, start, end):
        return False
    before, behind = surroundings.word_before(text, start), surroundings.word_after(text, end)
    if behind in words()["institutions"] or before.lower() in words()["places_before"]:
        return False
    if text[end : end + 1] in surroundings.SPACES and text[end + 1 : end + 2].isupper():
        return False
    if not before[:1].isupper() or before.lower() in common():
        return True
    return text[start] in CYRILLIC and cyrillic_words.begins(text, start - len(before) - 1)
