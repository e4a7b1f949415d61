"""Repetition within one document: second copies of a piece of text, and sentences made of the same phrase again and again.

In: the spans of sentences, lines or paragraphs (`text.segment`). Out: a mark for each. Two pieces are the same where they
agree in lower case with every run of white space as one. A phrase that returns close by is counted as Gopher counts
duplicate n-grams (2112.11446, A1.1: each unit of text once, however many n-grams hold it), but within a sentence and
without the first copy, so that the value says what the sentence could lose. Time is linear in the text.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from llmctl.text.characters import CASED, LETTER, LOWER, SPACE, TERMINAL, UNSPACED, character_classes, lower_case
from llmctl.text.hash_table import mix, place, table_size
from llmctl.text.segment import Spans, Utf8, Words, code_point

Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Hashes = npt.NDArray[np.uint64]
Longs = npt.NDArray[np.int64]
Fold = npt.NDArray[np.int32]

STEP = np.uint64(0x9E3779B97F4A7C15)  # odd multiplier (splitmix64)
ONE = np.uint64(1)
GONE = -1  # in a fold: a character that does not count

PHRASE = 2  # words of a phrase
LETTERS = 6  # and letters, in scripts without spaces: two words of three (text.quality.segments: 1.5 to 3 a word)
NEAR = 50  # words within which a phrase returns; further apart, common pairs ("of the") return in any prose
SHORTEST = 4  # words of a sentence that can be repetitive
CRY = 12  # words up to which punctuated repetition is a cry: "There she blows! there! there! she blows!" (Moby Dick)
WRAPPED = 40  # bytes from which on a line can be one that was broken for its width
LETTERS_A_WORD = 2  # in scripts without spaces: "he said" of a Chinese novel is no sentence of three words
# Words whose full stop ends no sentence before a name or number (some of the suppressions of CLDR's segments/en.xml).
TITLES = "Capt Col Dr Gen Hon Lt Maj Messrs Mme Mr Mrs Ms No Prof Rev Sen Sgt Sr St Vol vs"
TITLE_KEYS = np.array([int.from_bytes(title.encode(), "big") for title in TITLES.split()], np.uint64)


@lru_cache(maxsize=1)
def plain_fold() -> Fold:
    """Lower case for every code point, and a space for white space."""
    fold = np.arange(0x110000, dtype=np.int32)
    fold[:CASED] = lower_case()
    fold[(character_classes() & SPACE) > 0] = 32
    fold.flags.writeable = False
    return fold


@njit(cache=True, nogil=True)
def _hash_pieces(data: Any, start: Any, end: Any, fold: Any, collapse: bool, empty: Any, out: Any) -> None:
    step, one = STEP, ONE
    for j in range(len(start)):
        i, h, spaced = start[j], np.uint64(0), False
        while i < end[j]:
            c, size = code_point(data, i)
            i += size
            letter = fold[c]
            if letter < 0 or (collapse and letter == 32 and spaced):
                continue
            spaced = letter == 32
            h = h * step + (np.uint64(letter) + one)
        empty[j] = h == 0
        out[j] = mix(h)


def hash_pieces(batch: Utf8, spans: Spans | Words) -> Hashes:
    """A 64-bit hash of each piece in lower case, every run of white space as one; never 0."""
    return hash_folded(batch, spans, plain_fold(), collapse=True)[0]


def hash_folded(batch: Utf8, spans: Spans | Words, fold: Fold, *, collapse: bool) -> tuple[Hashes, Flags]:
    """A 64-bit hash of each piece after the fold of its characters, and whether nothing was left of it."""
    out, empty = np.empty(len(spans.start), np.uint64), np.empty(len(spans.start), np.bool_)
    _hash_pieces(batch.data, spans.start, spans.end, fold, collapse, empty, out)
    return out, empty


@njit(cache=True, nogil=True)
def _copies(rows: Any, hashes: Any, may: Any, out: Any) -> None:
    for row in range(len(rows) - 1):
        size = table_size(rows[row + 1] - rows[row])
        table = np.zeros(size, np.uint64)
        for j in range(rows[row], rows[row + 1]):
            if may[j]:
                at = place(table, size, hashes[j])
                out[j] = table[at] != 0
                table[at] = hashes[j]


def copies(rows: Longs, hashes: Hashes, may: Flags | None = None) -> Flags:
    """Which pieces stand earlier in their text too; with `may`, of those alone."""
    out = np.zeros(len(hashes), np.bool_)
    _copies(rows, hashes, np.ones(len(hashes), np.bool_) if may is None else may, out)
    return out


def words_within(words: Words, spans: Spans) -> tuple[Longs, Longs]:
    """The first word of each span, and the one behind its last."""
    return np.searchsorted(words.start, spans.start), np.searchsorted(words.start, spans.end)


@njit(cache=True, nogil=True)
def _count_words(first: Any, last: Any, kinds: Any, out: Any) -> None:
    for j in range(len(first)):
        unspaced = 0
        for k in range(first[j], last[j]):
            unspaced += kinds[k] & UNSPACED != 0
        out[j] = last[j] - first[j] - unspaced + unspaced // LETTERS_A_WORD


def count_words(words: Words, spans: Spans) -> Longs:
    """The words of each span; in scripts without spaces LETTERS_A_WORD letters are one."""
    out = np.empty(len(spans.start), np.int64)
    _count_words(*words_within(words, spans), words.kinds, out)
    return out


@njit(cache=True, nogil=True)
def _runs_on(data: Any, rows: Any, start: Any, end: Any, hashes: Any, classes: Any, out: Any) -> None:
    for row in range(len(rows) - 1):
        for j in range(rows[row], rows[row + 1] - 1):
            if end[j] - start[j] < WRAPPED or hashes[j] == hashes[j + 1]:
                continue
            if not classes[code_point(data, start[j + 1])[0]] & LOWER:
                continue
            breaks = 0
            for i in range(end[j], start[j + 1]):
                breaks += data[i] == 10
            last = end[j] - 1
            while data[last] & 0xC0 == 0x80:
                last -= 1
            out[j] = breaks == 1 and not classes[code_point(data, last)[0]] & TERMINAL


def runs_on(batch: Utf8, lines: Spans, hashes: Hashes) -> Flags:
    """Which lines were broken for their width: a long one without an end mark, and a small letter begins the next."""
    out = np.zeros(len(lines.start), np.bool_)
    _runs_on(batch.data, lines.rows, lines.start, lines.end, hashes, character_classes(), out)
    return out


@njit(cache=True, nogil=True)
def _end_in_titles(data: Any, start: Any, end: Any, titles: Any, out: Any) -> None:
    for j in range(len(start)):
        i, word, shift = end[j] - 2, np.uint64(0), np.uint64(0)
        if data[end[j] - 1] != 46:
            continue
        while i >= start[j] and shift < np.uint64(56) and 97 <= data[i] | 32 <= 122:
            word |= np.uint64(data[i]) << shift
            shift += np.uint64(8)
            i -= 1
        out[j] = np.any(titles == word)


def end_in_titles(batch: Utf8, sentences: Spans) -> Flags:
    """Which sentences break off behind a title ("My dear Mr."): they and the next are parts of one."""
    out = np.zeros(len(sentences.start), np.bool_)
    _end_in_titles(batch.data, sentences.start, sentences.end, TITLE_KEYS, out)
    return out


@njit(cache=True, nogil=True)
def is_cry(data: Any, word_start: Any, word_end: Any, first: int, last: int, classes: Any) -> bool:
    """Whether punctuation parts the words of a short sentence."""
    if last - first >= CRY:
        return False
    for k in range(first, last - 1):
        i = word_end[k]
        while i < word_start[k + 1]:
            c, size = code_point(data, i)
            if not classes[c] & SPACE:
                return True
            i += size
    return False


@njit(cache=True, nogil=True)
def _repeated_share(data: Any, word_start: Any, word_end: Any, first: Any, last: Any, hashes: Any, kinds: Any,
                    classes: Any, out: Any) -> None:  # fmt: skip
    most = 1
    for j in range(len(first)):
        most = max(most, last[j] - first[j])
    table, at_word = np.empty(table_size(most), np.uint64), np.empty(table_size(most), np.int64)
    for j in range(len(first)):
        m, unspaced = last[j] - first[j], 0
        for k in range(first[j], last[j]):
            unspaced += kinds[k] & UNSPACED != 0
        wide = 2 * unspaced > m
        width, near = (LETTERS, 3 * NEAR) if wide else (PHRASE, NEAR)
        if m < SHORTEST or m <= width:
            continue
        size, total, done = table_size(m), 0, 0
        table[:size] = 0
        for k in range(m - width + 1):
            h, kind = np.uint64(0), np.int64(0)
            for w in range(first[j] + k, first[j] + k + width):
                h = h * STEP + hashes[w]
                kind |= np.int64(kinds[w])
            key = mix(h)
            at = place(table, size, key)
            if table[at] == key and k - at_word[at] <= near and kind & LETTER:
                total += k + width - max(done, k)
                done = k + width
            table[at], at_word[at] = key, k
        if total and not is_cry(data, word_start, word_end, first[j], last[j], classes):
            out[j] = total / m


def repeated_share(batch: Utf8, words: Words, sentences: Spans) -> Floats:
    """The share of each sentence's words that lie in a phrase which stood at most NEAR words before.

    A phrase is PHRASE words with a letter in them (in scripts without spaces LETTERS letters, NEAR thrice as far).
    Sentences of fewer than SHORTEST words and cries count as 0.
    "very very very very": 3 of 4; "click here click here click here": 4 of 6.
    """
    out = np.zeros(len(sentences.start))
    hashes, within = hash_pieces(batch, words), words_within(words, sentences)
    _repeated_share(batch.data, words.start, words.end, *within, hashes, words.kinds, character_classes(), out)
    return out
