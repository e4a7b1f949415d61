"""The signals of Gopher's rules, counted exactly as datatrove counts them.

GopherQualityFilter and GopherRepetitionFilter of datatrove 0.10 (pipeline/filters): symbols are told by its own list,
lines are those of `str.splitlines` for marks and lie between runs of `\\n` for repetition, only second and later copies
count, and shares are shares of all characters, spaces included. Its words are those of spaCy's English tokenizer unless
a language is given, and so are ours (`spacy`).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from llmctl.text.characters import LETTER, SYMBOL_FREE, character_classes
from llmctl.text.hash_table import mix, place, table_size
from llmctl.text.quality.gopher import STOP_WORDS, mark_lines
from llmctl.text.quality.repetition import STEP, hash_and_length, longest
from llmctl.text.quality.segments import Segments, Values, per_text, share
from llmctl.text.segment import BASE, ONE, find_lines, find_words, strip, utf8

BULLETS = "\u2022-"  # gopher_quality_filter.py


@njit(cache=True, nogil=True)
def _ellipses(data: Any, offsets: Any, out: Any) -> None:
    for row in range(len(offsets) - 1):
        dots = 0
        for i in range(offsets[row], offsets[row + 1]):
            dots = dots + 1 if data[i] == 46 else 0
            out[row] += dots > 0 and dots % 3 == 0
            out[row] += data[i] == 0xE2 and data[i + 1] == 0x80 and data[i + 2] == 0xA6


def sizes(text: Segments) -> dict[str, Values]:
    """Words that are no symbol, their length, words with a letter, and the larger of hashes and ellipses a word."""
    words = text.spacy_words
    full, total = words.kinds & SYMBOL_FREE > 0, np.diff(words.rows)
    n = per_text(full, words.rows)
    length = share(per_text(np.where(full, words.chars, 0), words.rows), n)
    ellipses = np.zeros(len(total), np.int64)
    _ellipses(text.batch.data, text.batch.offsets, ellipses)
    return {
        "datatrove_words": n,
        "datatrove_mean_word_length": np.where(n == 0, np.nan, length),
        "datatrove_alphabetic_words": share(per_text(words.kinds & LETTER > 0, words.rows), total),
        "datatrove_symbol_ratio": share(np.maximum(text.characters[:, 6], ellipses), total),
    }


def line_marks(text: Segments) -> dict[str, Values]:
    """Shares of all lines, blank ones included, that begin with a bullet or end with an ellipsis."""
    total = np.diff(find_lines(text.batch, every_break=True, content=False).rows)
    marks = mark_lines(text.batch, find_lines(text.batch, every_break=True), BULLETS)
    return {"datatrove_bullet_lines": share(marks[:, 0], total), "datatrove_ellipsis_lines": share(marks[:, 1], total)}


def stop_words(text: Segments) -> dict[str, Values]:
    """Different English stop words, in lower case alone."""
    known = find_words(utf8(list(STOP_WORDS))).hash
    out = np.zeros(len(text.batch.offsets) - 1, np.int64)
    for stop_word in known:
        out += per_text(text.spacy_words.hash == stop_word, text.spacy_words.rows) > 0
    return {"datatrove_stop_words": out}


@njit(cache=True, nogil=True)
def _later_copies(data: Any, rows: Any, start: Any, end: Any, out: Any) -> None:
    for row in range(len(rows) - 1):
        size = table_size(rows[row + 1] - rows[row])
        table = np.zeros(size, np.uint64)
        for j in range(rows[row], rows[row + 1]):
            if start[j] == end[j]:
                continue
            key, length = hash_and_length(data, start[j], end[j])
            at = place(table, size, key)
            out[row, 0] += 1
            out[row, 1] += table[at] == key
            out[row, 2] += length if table[at] == key else 0
            table[at] = key


@njit(cache=True, nogil=True)
def _paragraphs(data: Any, offsets: Any, classes: Any, rows: Any, start: Any, end: Any) -> int:
    n = 0
    for row in range(len(offsets) - 1):
        i, stop = strip(data, offsets[row], offsets[row + 1], classes)
        first, breaks = i, 0
        while i < stop:
            if data[i] != 10:
                if breaks > 1:
                    start[n], end[n], first = first, i - breaks, i
                    n += 1
                breaks = 0
            else:
                breaks += 1
            i += 1
        if first < stop:
            start[n], end[n] = first, stop
            n += 1
        rows[row + 1] = n
    return n


def line_repetition(text: Segments) -> dict[str, Values]:
    """Second and later copies of lines (`\\n+`) and paragraphs (`\\n{2,}` of the stripped text)."""
    data, offsets = text.batch
    n, chars = len(offsets) - 1, text.characters[:, 0]
    lines, paragraphs = np.zeros((n, 3), np.int64), np.zeros((n, 3), np.int64)
    raw = find_lines(text.batch, content=False)
    _later_copies(data, raw.rows, raw.start, raw.end, lines)
    # `re.split` gives an empty line before a leading break and after a trailing one; the two are copies of each other
    full = np.diff(offsets) > 0
    leading, trailing = np.zeros(n, bool), np.zeros(n, bool)
    leading[full], trailing[full] = data[offsets[:-1][full]] == 10, data[offsets[1:][full] - 1] == 10
    total = lines[:, 0] + leading + trailing
    most = int(offsets[-1] - offsets[0]) // 3 + n + 1
    rows, start, end = np.zeros(n + 1, np.int64), np.empty(most, np.int64), np.empty(most, np.int64)
    _paragraphs(data, offsets, character_classes(), rows, start, end)
    _later_copies(data, rows, start, end, paragraphs)
    return {
        "datatrove_duplicate_lines": share(lines[:, 1] + (leading & trailing), total),
        "datatrove_duplicate_line_chars": share(lines[:, 2], chars),
        "datatrove_duplicate_paragraphs": share(paragraphs[:, 1], paragraphs[:, 0]),
        "datatrove_duplicate_paragraph_chars": share(paragraphs[:, 2], chars),
    }


@njit(cache=True, nogil=True)
def _power(length: int) -> Any:
    power, base = ONE, BASE
    while length:
        power = power * base if length & 1 else power
        base, length = base * base, length >> 1
    return power


@njit(cache=True, nogil=True)
def _top(grams: Any, m: int, n: int, chars: Any, table: Any, size: int, count: Any, at: Any) -> int:
    """Characters of the first of the most frequent n-grams, joined with spaces, times its occurrences (1 included)."""
    table[:size], best, found = 0, 0, 0
    for j in range(m):
        key = mix(grams[j])
        at[j] = place(table, size, key)
        if table[at[j]] == 0:
            table[at[j]], count[at[j]] = key, 0
        count[at[j]] += 1
    for j in range(m):
        if count[at[j]] > best:
            best = count[at[j]]
            found = (chars[j : j + n].sum() + n - 1) * best
    return found


@njit(cache=True, nogil=True)
def _greedy(grams: Any, m: int, n: int, chars: Any, table: Any, size: int) -> int:
    """Characters of the n-grams seen before, from left to right, jumping over each that is found."""
    table[:size], total, j = 0, 0, 0
    while j < m:
        key = mix(grams[j])
        at = place(table, size, key)
        if table[at] == key:
            total += chars[j : j + n].sum()
            j += n
        else:
            table[at] = key
            j += 1
    return total


@njit(cache=True, nogil=True)
def _n_grams(rows: Any, start: Any, end: Any, chars: Any, hashes: Any, out: Any) -> None:
    most = longest(rows)
    table, count, at = (
        np.empty(table_size(most), np.uint64),
        np.empty(table_size(most), np.int64),
        np.empty(most, np.int64),
    )
    grams, joined, powers = np.empty(most, np.uint64), np.empty(most, np.uint64), np.empty(most, np.uint64)
    for row in range(len(rows) - 1):
        first, m = rows[row], rows[row + 1] - rows[row]
        words, size = chars[first : first + m], table_size(m)
        for j in range(m):
            grams[j], joined[j] = mix(hashes[first + j]), hashes[first + j]
            powers[j] = _power(end[first + j] - start[first + j])
        for n in range(2, min(m, 10) + 1):
            k = m - n + 1
            for j in range(k):
                grams[j] = grams[j] * STEP + mix(hashes[first + j + n - 1])
                # datatrove looks a gram up as its words written without spaces, so "ab c" equals "a bc"
                joined[j] = joined[j] * powers[j + n - 1] + hashes[first + j + n - 1]
            if n < 5:
                out[row, n] = _top(grams, k, n, words, table, size, count, at)
            else:
                out[row, n] = _greedy(joined, k, n, words, table, size)


def n_gram_repetition(text: Segments) -> dict[str, Values]:
    """The most frequent 2- to 4-gram, and second copies of 5- to 10-grams, as shares of all characters."""
    words = text.spacy_words
    out = np.zeros((len(words.rows) - 1, 11), np.int64)
    _n_grams(words.rows, words.start, words.end, words.chars, words.hash, out)
    chars = text.characters[:, 0]
    return {f"datatrove_{'top' if n < 5 else 'duplicate'}_{n}_grams": share(out[:, n], chars) for n in range(2, 11)}
