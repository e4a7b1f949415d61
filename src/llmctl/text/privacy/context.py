"""Context words: what says, beside a number, what the number is."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence

BEFORE, AFTER = 60, 20  # code points that are looked at; presidio's enhancer looks at five words before and one behind
SPACED = re.compile(r"[^\W\d_]")


@functools.lru_cache(maxsize=256)
def _any_of(words: Sequence[str]) -> re.Pattern[str]:
    """Words stand alone where their script has spaces; in Chinese and Japanese they stand anywhere."""
    alone = [re.escape(word) for word in words if word.isascii() or not _is_unspaced(word)]
    anywhere = [re.escape(word) for word in words if not (word.isascii() or not _is_unspaced(word))]
    options = [rf"(?<![^\W\d_])(?:{'|'.join(alone)})(?![^\W\d_])"] if alone else []
    return re.compile("|".join([*options, *anywhere]), re.IGNORECASE)


def _is_unspaced(word: str) -> bool:
    return any("\u3040" <= char <= "\u30ff" or "\u3400" <= char <= "\u9fff" for char in word)


def announced(text: str, start: int, end: int, words: tuple[str, ...]) -> bool:
    """Whether one of the words stands within BEFORE code points before `start` or AFTER behind `end`, in the paragraph."""
    before = text[max(0, start - BEFORE) : start]
    after = text[end : end + AFTER]
    pattern = _any_of(words)
    return bool(pattern.search(before[before.rfind("\n\n") + 1 :]) or pattern.search(after.partition("\n")[0]))
