"""The signals of BLOOM's corpus ROOTS: repetition of characters and words, special characters, long words.

Source: bigscience-workshop/data-preparation, 01b_oscar_cleaning_and_filtering/filtering.py (Laurencon et al. 2022,
arXiv 2303.03915, 3.2). The length of an n-gram is part of the signal's name, since the languages differ in it. Runs of
white space count as one space and none at the ends, as in the text that BLOOM's code has normalised by then. Its list of
special characters is what no alphabet holds: here everything but letters and marks. Words are ours. Time is linear.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from llmctl.text.characters import LETTER, MARK, SPACE, character_classes, code_point
from llmctl.text.hash_table import mix, place, table_size
from llmctl.text.quality.repetition import longest
from llmctl.text.quality.segments import Segments, Values, per_text, share
from llmctl.text.segment import BASE, ONE, Utf8, Words

LONG_WORD = 25  # parameters_filtering.py, length_word_max_cutoff of ar, en, es, hi and vi


@njit(cache=True, nogil=True)
def normalised(data: Any, i: int, stop: int, classes: Any, out: Any) -> int:
    """Fill `out` with the code points of a text, every run of white space a space; the result is their number."""
    n, space = 0, False
    while i < stop:
        c, size = code_point(data, i)
        i += size
        if classes[c] & SPACE:
            space = n > 0
            continue
        if space:
            out[n] = 32
            n += 1
        out[n], space = c, False
        n += 1
    return n


@njit(cache=True, nogil=True)
def count_grams(codes: Any, m: int, width: int, table: Any, count: Any) -> int:
    """Count the m - width + 1 n-grams of `codes` in an open table; the result is the size of the part that was used."""
    size, last = table_size(m), ONE
    table[:size] = 0
    for _ in range(width):
        last = last * BASE
    h = np.uint64(0)
    for j in range(m):
        h = h * BASE + codes[j] + ONE
        if j >= width:
            h -= (codes[j - width] + ONE) * last
        if j >= width - 1:
            key = mix(h)
            at = place(table, size, key)
            if table[at] == 0:
                table[at], count[at] = key, 0
            count[at] += 1
    return size


@njit(cache=True, nogil=True)
def sum_of_most_frequent(table: Any, count: Any, size: int) -> int:
    """Occurrences of the most frequent n-grams that repeat, as many as the root of the number of different ones."""
    different, once, top, total = 0, 0, 0, 0
    for at in range(size):
        if table[at]:
            different += 1
            once += count[at] == 1
            top = max(top, count[at])
    left = min(int(math.sqrt(different)), different - once)
    times = np.zeros(top + 1, np.int64)
    for at in range(size):
        if table[at]:
            times[count[at]] += 1
    while left > 0:
        some = min(left, times[top])
        total += some * top
        left, top = left - some, top - 1
    return total


@njit(cache=True, nogil=True)
def _character_repetition(data: Any, offsets: Any, classes: Any, width: int, out: Any) -> None:
    most = longest(offsets)
    codes = np.empty(most, np.uint64)
    table, count = np.empty(table_size(most), np.uint64), np.empty(table_size(most), np.int64)
    for row in range(len(offsets) - 1):
        m = normalised(data, offsets[row], offsets[row + 1], classes, codes)
        if m >= width:
            size = count_grams(codes, m, width, table, count)
            out[row] = sum_of_most_frequent(table, count, size) / (m - width + 1)


def character_repetition(batch: Utf8, width: int) -> npt.NDArray[np.float64]:
    """Per text: the share of its character n-grams that are among the most frequent repeated ones."""
    out = np.zeros(len(batch.offsets) - 1)
    _character_repetition(batch.data, batch.offsets, character_classes(), width, out)
    return out


@njit(cache=True, nogil=True)
def _word_repetition(rows: Any, lowered: Any, letters: Any, words: int, out: Any) -> None:
    most = longest(rows)
    codes = np.empty(most, np.uint64)
    table, count = np.empty(table_size(most), np.uint64), np.empty(table_size(most), np.int64)
    for row in range(len(rows) - 1):
        m, width = rows[row + 1] - rows[row], int(np.ceil(words * letters[row] - 1e-9))
        if m < width:
            continue
        for j in range(m):
            codes[j] = mix(lowered[rows[row] + j])  # else "ab cd" would meet "ac bd": both are polynomials in BASE
        size = count_grams(codes, m, width, table, count)
        for at in range(size):
            if table[at] and count[at] > 1:
                out[row] += count[at]
        out[row] /= m - width + 1


def word_repetition(text: Segments, words: int) -> npt.NDArray[np.float64]:
    """Per text: the share of its word n-grams that occur more than once; in scripts without spaces as many letters."""
    out = np.zeros(len(text.words.rows) - 1)
    _word_repetition(text.words.rows, text.lowered, text.letters_per_word, words, out)
    return out


def repetition_of_3_characters(text: Segments) -> dict[str, Values]:
    """BLOOM's repetition of characters in Chinese."""
    return {"char_repetition_3": character_repetition(text.batch, 3)}


def repetition_of_10_characters(text: Segments) -> dict[str, Values]:
    """BLOOM's repetition of characters in all other languages."""
    return {"char_repetition_10": character_repetition(text.batch, 10)}


def repetition_of_5_words(text: Segments) -> dict[str, Values]:
    """BLOOM's repetition of words."""
    return {"word_repetition_5": word_repetition(text, 5)}


def repetition_of_7_words(text: Segments) -> dict[str, Values]:
    """BLOOM's repetition of words in Urdu."""
    return {"word_repetition_7": word_repetition(text, 7)}


@njit(cache=True, nogil=True)
def _special_characters(data: Any, offsets: Any, classes: Any, out: Any) -> None:
    for row in range(len(offsets) - 1):
        i, stop, special, chars, space = offsets[row], offsets[row + 1], 0, 0, False
        while i < stop:
            c, size = code_point(data, i)
            i += size
            if classes[c] & SPACE:
                space = chars > 0
                continue
            special += space + (classes[c] & (LETTER | MARK) == 0)  # the run of white space before, and itself
            chars += space + 1
            space = False
        out[row] = special / max(chars, 1)


def special_characters(text: Segments) -> dict[str, Values]:
    """The share of the characters that are no letters and no marks; a run of white space is one of them."""
    out = np.zeros(len(text.batch.offsets) - 1)
    _special_characters(text.batch.data, text.batch.offsets, character_classes(), out)
    return {"special_characters": out}


@njit(cache=True, nogil=True)
def _is_long(data: Any, start: Any, end: Any, chars: Any, classes: Any, out: Any) -> None:
    for j in range(len(start)):
        if chars[j] <= LONG_WORD:
            continue
        i, first, last, n = start[j], -1, -1, 0
        while i < end[j]:
            c, size = code_point(data, i)
            if classes[c] & (LETTER | MARK):
                first = n if first < 0 else first
                last = n
            n += 1
            i += size
        # a token of special characters alone is dropped by its whole length
        out[j] = first < 0 or last - first + 1 > LONG_WORD


def is_long(batch: Utf8, tokens: Words) -> npt.NDArray[np.bool_]:
    """Whether a token is longer than LONG_WORD without the special characters at its ends."""
    out = np.zeros(len(tokens.start), np.bool_)
    _is_long(batch.data, tokens.start, tokens.end, tokens.chars, character_classes(), out)
    return out


def long_words(text: Segments) -> dict[str, Values]:
    """The share of the tokens between white space that BLOOM's code drops; missing where a script has no spaces."""
    tokens = text.spaced_words
    found = share(per_text(is_long(text.batch, tokens), tokens.rows), np.diff(tokens.rows))
    return {"long_words": np.where(text.unspaced, np.nan, found)}
