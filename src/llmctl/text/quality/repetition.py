"""Repetition in a document: how much of it stands in repeated lines, paragraphs and n-grams (Gopher, Table A1).

The paper (2112.11446, A1.1) counts the characters contained in all duplicates, each character once: every copy counts,
the first included, and a share is a share of the characters of the pieces themselves. Repetition is found with 64-bit
hashes in one open table a document (two different n-grams meet with a chance below 1e-6 in a million words). An n-gram
can only repeat where both its (n-1)-grams do, so the longer ones cost next to nothing. Time is linear in the text.
Where letters count as words (text without spaces), an n-gram is as long as n words of that script are.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from llmctl.text.hash_table import mix, place, table_size
from llmctl.text.segment import BASE, ONE, Spans, Utf8, Words

Floats = npt.NDArray[np.float64]
LONGEST_N_GRAM = 10
STEP = np.uint64(0xD6E8FEB86659FD93)  # odd; what an n-gram's hash is multiplied with before its next word is added


@njit(cache=True, nogil=True)
def longest(rows: Any) -> int:
    """The most spans that one text has, for tables that serve all of them."""
    most = 1
    for row in range(len(rows) - 1):
        most = max(most, rows[row + 1] - rows[row])
    return most


@njit(cache=True, nogil=True)
def hash_and_length(data: Any, start: int, end: int) -> tuple[Any, int]:
    """The hash of a span and its length in code points."""
    h, chars = np.uint64(0), 0
    for i in range(start, end):
        h = h * BASE + (np.uint64(data[i]) + ONE)
        chars += data[i] & 0xC0 != 0x80
    return mix(h), chars


@njit(cache=True, nogil=True)
def _repeated_spans(data: Any, rows: Any, start: Any, end: Any, out: Any) -> None:
    for row in range(len(rows) - 1):
        first, n = rows[row], rows[row + 1] - rows[row]
        size = table_size(n)
        table, count, at, lengths = np.zeros(size, np.uint64), np.zeros(size, np.int64), np.empty(n, np.int64), 0
        length = np.empty(n, np.int64)
        for j in range(n):
            key, length[j] = hash_and_length(data, start[first + j], end[first + j])
            at[j] = place(table, size, key)
            table[at[j]] = key
            count[at[j]] += 1
            lengths += length[j]
        for j in range(n):
            if count[at[j]] > 1:
                out[row, 0] += 1
                out[row, 1] += length[j]
        out[row, 0] /= max(n, 1)
        out[row, 1] /= max(lengths, 1)


def repeated_spans(batch: Utf8, spans: Spans) -> Floats:
    """Per text (a row each): the share of its spans that stand there more than once, and of their characters."""
    out = np.zeros((len(spans.rows) - 1, 2))
    _repeated_spans(batch.data, spans.rows, spans.start, spans.end, out)
    return out


@njit(cache=True, nogil=True)
def mark_repeated(grams: Any, n: int, may: Any, table: Any, size: int, count: Any, at: Any) -> int:
    """Leave in `may[:n]` the n-grams that occur more than once; the result is the place of the most frequent one."""
    table[:size] = 0
    top = -1
    for j in range(n):
        if may[j]:
            key = mix(grams[j])
            at[j] = place(table, size, key)
            if table[at[j]] == 0:
                count[at[j]] = 0
            table[at[j]] = key
            count[at[j]] += 1
    for j in range(n):
        may[j] = may[j] and count[at[j]] > 1
        if may[j] and (top < 0 or count[at[j]] > count[at[top]]):
            top = j
    return at[top] if top >= 0 else -1


@njit(cache=True, nogil=True)
def covered(may: Any, at: Any, only: int, n_grams: int, width: int, chars: Any) -> int:
    """The characters of the words that lie in a marked n-gram (with `only`, in that one), each counted once."""
    total, done = 0, 0
    for j in range(n_grams):
        if may[j] and (only < 0 or at[j] == only):
            for k in range(max(done, j), j + width):
                total += chars[k]
            done = j + width
    return total


@njit(cache=True, nogil=True)
def _repeated_n_grams(rows: Any, chars: Any, hashes: Any, letters: Any, out: Any) -> None:
    most = longest(rows)
    table, count = np.empty(table_size(most), np.uint64), np.empty(table_size(most), np.int32)
    at, may, grams = np.empty(most, np.int64), np.empty(most + 1, np.bool_), np.empty(most, np.uint64)
    for row in range(len(rows) - 1):
        first, m = rows[row], rows[row + 1] - rows[row]
        words, size, total, width = chars[first : first + m], table_size(m), 0, 1
        for j in range(m):
            may[j], grams[j] = True, mix(hashes[first + j])
            total += words[j]
        for n in range(1, LONGEST_N_GRAM + 1):
            target = int(np.ceil(n * letters[row] - 1e-9)) if n > 1 else 1
            if m < target:
                break
            while width < target:
                for j in range(m - width):
                    may[j] = may[j] and may[j + 1]
                    grams[j] = grams[j] * STEP + mix(hashes[first + j + width])
                width += 1
            top = mark_repeated(grams, m - width + 1, may, table, size, count, at)
            if top < 0:
                break
            if n > 1:
                out[row, n] = covered(may, at, top if n < 5 else -1, m - width + 1, width, words) / total


def repeated_n_grams(words: Words, letters_per_word: Floats) -> Floats:
    """Column n (2 to 10) per text: the share of its words' characters in repeated n-grams.

    Below 5 words in the most frequent one, from 5 in all that occur more than once. n words are n * letters_per_word
    units of `words`, which are letters in scripts without spaces.
    """
    out = np.zeros((len(words.rows) - 1, LONGEST_N_GRAM + 1))
    _repeated_n_grams(words.rows, words.chars, words.hash, letters_per_word, out)
    return out
