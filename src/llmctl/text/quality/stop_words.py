"""Stop words: how many different ones a text has, and how much of it they are, by the lists of its own language.

A list belongs to a language label (lid.176). `stop_words` counts those that the caller gives, and has a list of its own
for English alone, Gopher's eight. `stop_word_ratio` needs more: all function words of a language (stop_words.toml), and a
list that is given where there is none. A stop word of several words (or letters, in scripts without spaces) is looked for
as that sequence. In a text whose language has no list, or is not known, the value is missing. One table serves all
languages; time is linear.
"""

from __future__ import annotations

import pkgutil
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from llmctl.text.hash_table import mix, place, table_size
from llmctl.text.quality.gopher import STOP_WORDS
from llmctl.text.quality.repetition import STEP
from llmctl.text.quality.segments import Segments, Values, hash_lower, share
from llmctl.text.segment import find_words, utf8

GOPHER = {"en": STOP_WORDS}


class Index(NamedTuple):
    """The stop words of all languages in one open table, and for each language the longest in words."""

    table: npt.NDArray[np.uint64]
    which: npt.NDArray[np.int64]
    longest: npt.NDArray[np.int64]


@lru_cache(maxsize=1)
def function_words() -> dict[str, list[str]]:
    """The function words of each language (stop_words.toml)."""
    packaged = pkgutil.get_data("llmctl.text.quality", "stop_words.toml")
    assert packaged is not None, "stop_words.toml is part of the package"
    return {lang: words.split() for lang, words in tomllib.loads(packaged.decode()).items()}


def spellings(word: str) -> list[str]:
    """The ways to write a word that mean the same: composed and decomposed letters, both apostrophes."""
    forms = (unicodedata.normalize(form, word) for form in ("NFC", "NFD"))
    return list(dict.fromkeys(spelled for form in forms for spelled in (form, form.replace("'", "\u2019"))))


@njit(cache=True, nogil=True)
def _fill(language: Any, word: Any, rows: Any, lowered: Any, table: Any, which: Any, longest: Any) -> None:
    for k in range(len(rows) - 1):
        h = np.uint64(language[k] + 1)
        if rows[k] == rows[k + 1]:
            continue
        for j in range(rows[k], rows[k + 1]):
            h = h * STEP + mix(lowered[j])
        key = mix(h)
        at = place(table, len(table), key)
        if table[at] == 0:  # two ways to write it are one word, and so is a word that is listed twice
            table[at], which[at] = key, word[k]
        longest[language[k]] = max(longest[language[k]], rows[k + 1] - rows[k])


def index(lists: Mapping[str, Sequence[str]]) -> Index:
    """Look-up for stop words; language i is the i-th of `lists`. A word without a letter or digit is never found."""
    entries = [(i, word) for i, words in enumerate(lists.values()) for word in words]
    spelled = [(i, k, form) for k, (i, word) in enumerate(entries) for form in spellings(word)]
    language, which_word = np.array([(i, k) for i, k, _ in spelled], np.int64).reshape(-1, 2).T
    batch = utf8([form for _, _, form in spelled])
    words = find_words(batch)
    size = table_size(len(spelled))
    table, which = np.zeros(size, np.uint64), np.zeros(size, np.int64)
    longest = np.zeros(max(len(lists), 1), np.int64)
    _fill(language, which_word, words.rows, hash_lower(batch, words), table, which, longest)
    return Index(table, which, longest)


@njit(cache=True, nogil=True)
def _count(rows: Any, lowered: Any, language: Any, table: Any, which: Any, longest: Any, out: Any) -> None:
    seen = np.full(which.max() + 1, -1, np.int64)
    for row in range(len(rows) - 1):
        done, most = 0, longest[language[row]] if language[row] >= 0 else 0
        for j in range(rows[row], rows[row + 1]):
            h = np.uint64(language[row] + 1)
            for k in range(j, min(j + most, rows[row + 1])):
                h = h * STEP + mix(lowered[k])
                key = mix(h)
                at = place(table, len(table), key)
                if table[at] != key:
                    continue
                out[row, 0] += seen[which[at]] != row
                seen[which[at]] = row
                out[row, 1] += max(k + 1 - max(done, j), 0)
                done = max(done, k + 1)


def count_stop_words(text: Segments, lists: Mapping[str, Sequence[str]]) -> tuple[Values, Values]:
    """Per text: its different stop words, and its words that stand in one; NaN where there is no list."""
    known = {lang: i for i, lang in enumerate(lists)}
    language = np.array([known.get(lang or "", -1) for lang in text.languages], np.int64)
    out = np.zeros((len(language), 2), np.int64)
    _count(text.words.rows, text.lowered, language, *index(lists), out)
    missing = language < 0
    return np.where(missing, np.nan, out[:, 0]), np.where(missing, np.nan, out[:, 1])


def stop_words(text: Segments) -> dict[str, Values]:
    """Different stop words of the text's language, whatever their case."""
    return {"stop_words": count_stop_words(text, {**GOPHER, **text.stop_words})[0]}


def stop_word_ratio(text: Segments) -> dict[str, Values]:
    """The share of the words that are function words of the text's language."""
    _, covered = count_stop_words(text, {**text.stop_words, **function_words()})
    return {"stop_word_ratio": share(covered, np.diff(text.words.rows))}
