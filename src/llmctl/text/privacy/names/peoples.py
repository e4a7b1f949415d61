"""Nations, religions and signs of the zodiac: people say them of themselves behind `I am`, and they are no names."""

from __future__ import annotations

import re

from llmctl.text.privacy.names.evidence import MANY_GIVEN, is_given
from llmctl.text.privacy.names.gazetteer import kinds, words
from llmctl.text.privacy.postal.places import countries, regions

ADJECTIVAL = re.compile(r"[A-Z].+(?:[ie]an|ese|ist)")
ENDINGS = ("n", "an", "er", "i", "ic", "ish", "ite", "o")  # behind the name of a country
STEM_ENDS = ("", "a", "e", "o", "y", "ia", "land", "istan", "en", "s")  # what it loses: `Mexico`, `Iceland`, `Texas`


def is_people(word: str) -> bool:
    """One of those that are made of nothing; of words that nobody has as a given name, by the ending or the country."""
    kind = kinds().get(word, 0)
    if word in words()["peoples"] and not kind & MANY_GIVEN:
        return True
    if is_given(kind):
        return False
    stems = [word, *(word.removesuffix(ending) for ending in ENDINGS if word.endswith(ending))]
    country = any(stem + end in lands for lands in (countries(), regions()) for stem in stems for end in STEM_ENDS)
    return country or ADJECTIVAL.fullmatch(word) is not None
