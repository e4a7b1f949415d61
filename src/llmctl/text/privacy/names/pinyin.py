"""Chinese names in Latin letters: a family name, and a given name of one or two syllables (`Zhou Tao`, `Ye Mingxuan`)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from llmctl.text.privacy.names.gazetteer import common, words

SYLLABLE = (  # Hanyu Pinyin, GB/T 16159: initials and finals
    r"(?:(?:zh|ch|sh|[bpmfdtnlgkhjqxzcsryw])?"
    r"(?:iang|iong|uang|ang|eng|ing|ong|iao|ian|uai|uan|ai|ei|ao|ou|an|en|in|un|ia|ie|iu|ua|uo|ui|ue|[aeiouv])|er)"
)
GIVEN = re.compile(rf"{SYLLABLE}{{1,2}}(?:[-'\u2019]?{SYLLABLE})?", re.IGNORECASE)


def is_surname(word: str) -> bool:
    return word in words()["chinese_surnames"]


def is_name(run: Sequence[str]) -> bool:
    """A family name first; not two English words (`Long Pan`)."""
    if len(run) != 2 or not is_surname(run[0]) or not GIVEN.fullmatch(run[1]) or len(run[1]) < 2:
        return False
    english = common()
    return run[1].lower() not in english or run[0].lower() not in english
