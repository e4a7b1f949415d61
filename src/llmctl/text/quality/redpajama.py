"""The signals of RedPajama-Data v2 that need no model, and FineWeb's of lines, counted in our words and lines.

RedPajama (app/src/core/quality_signals) gives a value for every line; here they become the share of the lines, or the
mean over them. Where its lists are English (full stops, the letters a to z) ours are Unicode's, so that Chinese lines
end too. What Gopher's signals already say (word count and length, symbols, bullets, ellipses, repetition) is not said
twice; words without a letter are the rest of `alphabetic_words`. One pass over the lines; time is linear.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

from llmctl.text.characters import CLOSER, DIGIT, LOWER, TERMINAL, UPPER, character_classes, code_point
from llmctl.text.hash_table import mix, place, table_size
from llmctl.text.quality.segments import Segments, Values, hash_lower, per_text, share
from llmctl.text.segment import find_words, utf8

SHORT_LINE = 30  # FineWeb: datatrove fineweb_quality_filter.py, short_line_length


def hash_of(word: str) -> np.uint64:
    """The hash of one word in lower case."""
    batch = utf8([word])
    return np.uint64(hash_lower(batch, find_words(batch))[0])


@njit(cache=True, nogil=True)
def _count_bytes(data: Any, offsets: Any, sign: int, out: Any) -> None:
    for row in range(len(offsets) - 1):
        found = 0
        for i in range(offsets[row], offsets[row + 1]):
            found += data[i] == sign
        out[row] = found


def count_bytes(text: Segments, sign: int) -> Values:
    """How often an ASCII character stands in each text."""
    out = np.zeros(len(text.batch.offsets) - 1, np.int64)
    _count_bytes(text.batch.data, text.batch.offsets, sign, out)
    return out


def content(text: Segments) -> dict[str, Values]:
    """Signs of templates: curly brackets and "lorem ipsum", a character of the text."""
    chars, lowered, rows = text.characters[:, 0], text.lowered, text.words.rows
    brackets = count_bytes(text, ord("{")) + count_bytes(text, ord("}"))
    pair = np.zeros(len(lowered), bool)
    pair[1:] = (lowered[:-1] == hash_of("lorem")) & (lowered[1:] == hash_of("ipsum"))
    pair[rows[:-1][np.diff(rows) > 0]] = False  # the first word of a text has none before it
    return {"curly_brackets": share(brackets, chars), "lorem_ipsum": share(per_text(pair, rows), chars)}


def capitals(text: Segments) -> dict[str, Values]:
    """The share of the words that are written in capitals alone."""
    kinds, rows = text.words.kinds, text.words.rows
    return {"caps_words": share(per_text((kinds & UPPER > 0) & (kinds & LOWER == 0), rows), np.diff(rows))}


@njit(cache=True, nogil=True)
def _entropy(rows: Any, lowered: Any, out: Any) -> None:
    for row in range(len(rows) - 1):
        n = rows[row + 1] - rows[row]
        size = table_size(n)
        table, count = np.zeros(size, np.uint64), np.zeros(size, np.int64)
        for j in range(rows[row], rows[row + 1]):
            key = mix(lowered[j])
            at = place(table, size, key)
            table[at] = key
            count[at] += 1
        for times in count:
            if times:
                out[row] -= times / n * math.log(times / n)


def entropy(text: Segments) -> dict[str, Values]:
    """The entropy of the distribution of the words in nats, whatever their case."""
    out = np.zeros(len(text.words.rows) - 1)
    _entropy(text.words.rows, text.lowered, out)
    return {"word_entropy": np.where(np.diff(text.words.rows) == 0, np.nan, out)}


@njit(cache=True, nogil=True)
def ends_in_full_stop(data: Any, start: int, end: int, classes: Any) -> bool:
    """Whether a terminal mark is the last character but for closing quotes and brackets."""
    while end > start:
        last = end - 1
        while data[last] & 0xC0 == 0x80:
            last -= 1
        c, _ = code_point(data, last)
        if classes[c] & TERMINAL:
            return True
        if not classes[c] & CLOSER:
            break
        end = last
    return False


@njit(cache=True, nogil=True)
def _lines(data: Any, classes: Any, rows: Any, start: Any, end: Any, out: Any) -> None:
    for row in range(len(rows) - 1):
        for j in range(rows[row], rows[row + 1]):
            i, chars, digits, upper = start[j], 0, 0, 0
            while i < end[j]:
                c, size = code_point(data, i)
                chars += 1
                digits += classes[c] & DIGIT != 0
                upper += classes[c] & UPPER != 0
                i += size
            out[row, 0] += ends_in_full_stop(data, start[j], end[j], classes)
            out[row, 1] += chars <= SHORT_LINE
            out[row, 2] += digits / chars
            out[row, 3] += upper / chars


@njit(cache=True, nogil=True)
def _lines_with(rows: Any, line_end: Any, word_rows: Any, word_start: Any, lowered: Any, word: Any, out: Any) -> None:
    for row in range(len(rows) - 1):
        k = word_rows[row]
        for j in range(rows[row], rows[row + 1]):
            found = False
            while k < word_rows[row + 1] and word_start[k] < line_end[j]:
                found = found or lowered[k] == word
                k += 1
            out[row] += found


def lines(text: Segments) -> dict[str, Values]:
    """Shares of the lines with content, and means over them."""
    spans, words = text.lines, text.words
    marks, javascript = np.zeros((len(spans.rows) - 1, 4)), np.zeros(len(spans.rows) - 1, np.int64)
    _lines(text.batch.data, character_classes(), spans.rows, spans.start, spans.end, marks)
    _lines_with(spans.rows, spans.end, words.rows, words.start, text.lowered, hash_of("javascript"), javascript)
    n = np.diff(spans.rows)
    return {
        "terminal_lines": share(marks[:, 0], n),
        "short_lines": share(marks[:, 1], n),
        "line_digits": share(marks[:, 2], n),
        "line_capitals": share(marks[:, 3], n),
        "javascript_lines": share(javascript, n),
        "mean_line_words": share(np.diff(words.rows), n),
    }


def newlines(text: Segments) -> dict[str, Values]:
    r"""`\n` a word (FineWeb's sign of a list)."""
    return {"newlines_per_word": share(count_bytes(text, ord("\n")), np.diff(text.words.rows))}
