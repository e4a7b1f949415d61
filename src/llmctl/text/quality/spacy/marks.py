"""The marks that spaCy's tokenizer splits off: before a word, behind it, and inside it.

Its expressions (lang/punctuation.py, lang/en/punctuation.py) as functions of a position: how many bytes go. Each looks
at most at the neighbours of a mark, or at the run of equal marks that it takes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from llmctl.text.hash_table import place
from llmctl.text.quality.repetition import hash_and_length
from llmctl.text.quality.spacy.characters import ALPHA, BEFORE_DOT, DIGIT, ICON, LOWER, PREFIX, QUOTE, SUFFIX, UPPER
from llmctl.text.segment import code_point

LONGEST_UNIT = 10  # bytes


@njit(cache=True, nogil=True)
def before(data: Any, start: int, i: int, table: Any) -> Any:
    """The classes of the code point that ends at i, 0 where the span begins. (Any: numba's integers.)"""
    if i <= start:
        return np.int64(0)
    i -= 1
    while data[i] & 0xC0 == 0x80:
        i -= 1
    return np.int64(table[code_point(data, i)[0]])


@njit(cache=True, nogil=True)
def after(data: Any, i: int, stop: int, table: Any) -> Any:
    """The classes of the code point at i, 0 at the end of the span."""
    return np.int64(table[code_point(data, i)[0]]) if i < stop else np.int64(0)


@njit(cache=True, nogil=True)
def repeats(data: Any, i: int, stop: int, byte: int) -> int:
    """How often the byte stands in a row from i on."""
    n = 0
    while i + n < stop and data[i + n] == byte:
        n += 1
    return n


@njit(cache=True, nogil=True)
def prefix_bytes(data: Any, i: int, stop: int, table: Any) -> int:
    """The bytes that are split off the front: one mark, two or more dots, a plus that is no sign, `US$`."""
    c, size = code_point(data, i)
    if c == 46:
        dots = repeats(data, i, stop, 46)
        return dots if dots > 1 else 0
    if c == 43:
        return 0 if after(data, i + 1, stop, table) & DIGIT else 1
    if table[c] & PREFIX:
        return size
    if c == 85 and i + 2 < stop and data[i + 1] == 83 and data[i + 2] == 36:
        return 3
    return 2 if (c == 65 or c == 67) and i + 1 < stop and data[i + 1] == 36 else 0


@njit(cache=True, nogil=True)
def dot_suffix(data: Any, i: int, stop: int, table: Any) -> int:
    """The dots split off the end: a run, or one behind a small letter, a digit, a mark or two capitals."""
    dots = 1
    while stop - dots > i and data[stop - dots - 1] == 46:
        dots += 1
    if dots > 1:
        return dots
    kind = before(data, i, stop - 1, table)
    if kind & BEFORE_DOT:
        return 1
    last = stop - 2
    while last > i and data[last] & 0xC0 == 0x80:
        last -= 1
    if kind & UPPER and before(data, i, last, table) & UPPER:
        return 1
    degree = last - i > 1 and data[last - 1] == 0xB0 and data[last - 2] == 0xC2
    return 1 if degree and data[last] in (67, 70, 75, 99, 102, 107) else 0


@njit(cache=True, nogil=True)
def unit_suffix(data: Any, i: int, stop: int, units: Any) -> int:
    """The bytes of a unit or currency behind a digit at the end."""
    for size in range(1, LONGEST_UNIT + 1):
        at = stop - size - 1
        if at < i:
            return 0
        if 48 <= data[at] <= 57:
            key, _ = hash_and_length(data, stop - size, stop)
            return size if units[place(units, len(units), key)] == key else 0
    return 0


@njit(cache=True, nogil=True)
def suffix_bytes(data: Any, i: int, stop: int, table: Any, units: Any) -> int:
    """The bytes that are split off the end; the longest that matches, as a search from the left finds it."""
    if i >= stop:
        return 0
    last = data[stop - 1]
    if last == 46:
        return dot_suffix(data, i, stop, table)
    if last == 115 or last == 83:  # 's
        if stop - i > 1 and data[stop - 2] == 39:
            return 2
        curly = stop - i > 3 and data[stop - 4] == 0xE2 and data[stop - 3] == 0x80 and data[stop - 2] == 0x99
        return 4 if curly else 0
    if last == 43:
        return 1 if before(data, i, stop - 1, table) & DIGIT else 0
    size = 1
    while data[stop - size] & 0xC0 == 0x80:
        size += 1
    c, _ = code_point(data, stop - size)
    if c == 0x2026 and stop - i >= 6 and data[stop - 6] == 0xE2 and code_point(data, stop - 6)[0] == 0x2026:
        return 6
    if table[c] & SUFFIX:
        return size
    currency = table[c] & PREFIX and last != 37 and before(data, i, stop - size, table) & DIGIT
    return size if currency and c != 61 and c != 0xA7 else unit_suffix(data, i, stop, units)


@njit(cache=True, nogil=True)
def hyphen_bytes(data: Any, i: int, stop: int, c: int, table: Any) -> int:
    """The bytes of dashes at i with a letter behind them: up to three `-`, up to two em dashes, one en dash or tilde."""
    if c == 45:
        dashes = repeats(data, i, stop, 45)
        return dashes if dashes < 4 and after(data, i + dashes, stop, table) & ALPHA else 0
    if c == 126:
        return 1 if after(data, i + 1, stop, table) & ALPHA else 0
    if c != 0x2013 and c != 0x2014:
        return 0
    if after(data, i + 3, stop, table) & ALPHA:
        return 3
    double = c == 0x2014 and i + 6 < stop and code_point(data, i + 3)[0] == 0x2014
    return 6 if double and after(data, i + 6, stop, table) & ALPHA else 0


@njit(cache=True, nogil=True)
def infix_bytes(data: Any, i: int, stop: int, c: int, kind: int, size: int, ahead: int, table: Any) -> int:
    """The bytes of a mark at i that splits the word it stands in (`ahead`: the classes of what is before it)."""
    if c == 46:
        dots = repeats(data, i, stop, 46)
        if dots > 1:
            return dots
        return 1 if ahead & (LOWER | QUOTE) and after(data, i + 1, stop, table) & (UPPER | QUOTE) else 0
    if kind & ICON or c == 0x2026:
        return size
    if c in (42, 43, 45, 94) and ahead & DIGIT and i + 1 < stop and (data[i + 1] == 45 or 48 <= data[i + 1] <= 57):
        return 1
    if c == 44:
        return 1 if ahead & ALPHA and after(data, i + 1, stop, table) & ALPHA else 0
    if not ahead & (ALPHA | DIGIT):
        return 0
    if c in (47, 58, 60, 61, 62):
        return 1 if after(data, i + 1, stop, table) & ALPHA else 0
    return hyphen_bytes(data, i, stop, c, table)
