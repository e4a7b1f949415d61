"""Context words: what says, beside a number, what the number is."""

from __future__ import annotations

import functools
import re

BEFORE, AFTER = 60, 20  # code points that are looked at; presidio's enhancer looks at five words before and one behind


def announced(text: str, start: int, end: int, words: tuple[str, ...]) -> bool:
    """Whether one of the words stands within BEFORE code points before `start` or AFTER behind `end`, in the paragraph.

    A word in capitals is looked for as written, others in any case. Substrings first: sixty of them are looked for in
    less time than one expression of sixty branches takes.
    """
    before = text[max(0, start - BEFORE) : start]
    behind = text[end : end + AFTER].partition("\n")[0]
    near = "\0".join([before[before.rfind("\n\n") + 1 :].replace("\n", " "), behind])
    lowered = near.lower()
    return any(
        (word in near if word.isupper() else word.lower() in lowered) and _alone(word).search(near) for word in words
    )


@functools.lru_cache(maxsize=2048)
def _alone(word: str) -> re.Pattern[str]:
    """Not within a longer word, in scripts that have spaces (Chinese, Japanese and Thai have none)."""
    if max(word) >= "\u3000" or "\u0e00" <= word[0] <= "\u0e7f":
        return re.compile(re.escape(word))
    folded = 0 if word.isupper() and word.isascii() else re.IGNORECASE
    return re.compile(rf"(?<![^\W\d_]){re.escape(word)}(?![^\W\d_])", folded)
