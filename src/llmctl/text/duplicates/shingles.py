"""A document as its shingles: the hashes of its word n-grams, lower case, punctuation out (Broder 1997).

In: a batch of texts. Out: 64-bit hashes in reading order, repeats kept. Words are Python's `\\w+`, runs of letters,
digits and underscores; where most letters are of scripts without spaces, each of these
characters is a word. A shorter text is one shingle, one without words none. Two different shingles of a pair of documents
of 10,000 collide with a probability below 1e-11. Numba, one pass over the UTF-8 buffer, about 200 MB/s a core.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from llmctl.text.characters import ALNUM, LETTER, UNSPACED, character_classes, lower_case
from llmctl.text.segment import Longs, Utf8, code_point

Hashes = npt.NDArray[np.uint64]
BASE = np.uint64(0x9E3779B97F4A7C15)  # odd, of the polynomial over words
STEP = np.uint64(0xD6E8FEB86659FD93)  # odd, of the hash over the letters of a word
HALF = np.uint64(32)
FIRST, SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)  # splitmix64 (Steele et al. 2014)
UNDERSCORE, SIGMA, FINAL_SIGMA = 0x5F, 0x3C3, 0x3C2
ASCII = np.array([ord(chr(c).lower()) if chr(c).isalnum() or c == UNDERSCORE else 0 for c in range(0x80)], np.uint64)


class Words(NamedTuple):
    """The words of text i are those from rows[i] to rows[i + 1]: a hash each, and where they stand (bytes)."""

    rows: Longs
    hashes: Hashes
    start: Longs
    end: Longs


class Shingles(NamedTuple):
    """Those of text i are hashes[rows[i]:rows[i + 1]]."""

    rows: Longs
    hashes: Hashes


@functools.lru_cache(maxsize=1)
def _lower() -> npt.NDArray[np.int32]:
    """The lower case of every code point, both small sigmas one: which of them a capital becomes depends on its place."""
    table = lower_case().copy()
    table[FINAL_SIGMA] = SIGMA
    table.flags.writeable = False
    return table


@njit(cache=True, nogil=True)
def finish(h: Any) -> Any:
    """The finaliser of splitmix64: a bijection after which every bit depends on every bit."""
    h = (h ^ (h >> np.uint64(30))) * FIRST
    h = (h ^ (h >> np.uint64(27))) * SECOND
    return h ^ (h >> np.uint64(31))


@njit(cache=True, nogil=True)
def _mostly_unspaced(data: Any, i: int, stop: int, classes: Any) -> bool:
    """Are most letters of scripts without spaces? ASCII is passed over by the byte."""
    letters, unspaced = 0, 0
    while i < stop:
        b = data[i]
        if b < 0x80:
            letters += (b | 0x20) - 97 < 26 and (b | 0x20) >= 97
            i += 1
            continue
        c, size = code_point(data, i)
        letters += classes[c] & LETTER != 0
        unspaced += classes[c] & UNSPACED != 0
        i += size
    return unspaced * 2 > letters


@njit(cache=True, nogil=True)
def _words(data: Any, i: int, stop: int, classes: Any, lower: Any, out: Any) -> int:
    """The hashes of the words of one text, or -1 where a letter is of a script without spaces."""
    n, h, inside = 0, STEP, False
    while i < stop:
        b = data[i]
        if b < 0x80:  # most bytes of most texts
            letter = ASCII[b]
            i += 1
        else:
            c, size = code_point(data, i)
            if classes[c] & UNSPACED:
                return -1
            letter = np.uint64((lower[c] if c < len(lower) else c) if classes[c] & ALNUM else 0)
            i += size
        longer = (h ^ letter) * STEP
        longer ^= longer >> HALF
        out[n] = finish(h)
        n += inside and letter == 0  # a word ends every few bytes, which no processor foresees: no branch here
        inside = letter != 0
        h = longer if inside else STEP
    if inside:
        out[n] = finish(h)
        n += 1
    return n


@njit(cache=True, nogil=True)
def _unspaced_words(data: Any, i: int, stop: int, classes: Any, lower: Any, single: bool, out: Any) -> int:
    """The hashes of the words of a text that has such letters; `single`: each character is one."""
    n, h, inside = 0, STEP, False
    while i < stop:
        c, size = code_point(data, i)
        i += size
        letter = classes[c] & ALNUM != 0 or c == UNDERSCORE
        if letter:
            h = (h ^ np.uint64(lower[c] if c < len(lower) else c)) * STEP
            h ^= h >> HALF
            inside = True
        if inside and (single or not letter):
            out[n] = finish(h)
            n, h, inside = n + 1, STEP, False
    if inside:
        out[n] = finish(h)
        n += 1
    return n


@njit(cache=True, nogil=True)
def _place_words(data: Any, i: int, stop: int, classes: Any, lower: Any, out: Any, start: Any, end: Any) -> int:
    """The hashes and places of the words of one text; each character of a script without spaces is one."""
    n, h, inside = 0, STEP, False
    while i < stop:
        c, size = code_point(data, i)
        letter = classes[c] & ALNUM != 0 or c == UNDERSCORE
        single = classes[c] & UNSPACED != 0
        if inside and (single or not letter):
            out[n], end[n] = finish(h), i
            n, h, inside = n + 1, STEP, False
        if letter:
            if not inside:
                start[n], inside = i, True
            h = (h ^ np.uint64(lower[c] if c < len(lower) else c)) * STEP
            h ^= h >> HALF
        i += size
        if single and inside:
            out[n], end[n] = finish(h), i
            n, h, inside = n + 1, STEP, False
    if inside:
        out[n], end[n] = finish(h), stop
        n += 1
    return n


@njit(cache=True, nogil=True)
def _placed(data: Any, offsets: Any, classes: Any, lower: Any, rows: Any, out: Any, start: Any, end: Any) -> None:
    for row in range(len(offsets) - 1):
        n, begin, stop = rows[row], offsets[row], offsets[row + 1]
        rows[row + 1] = n + _place_words(data, begin, stop, classes, lower, out[n:], start[n:], end[n:])


def words(batch: Utf8) -> Words:
    """The words of every text of a batch; each character of a script without spaces is one, whatever prevails."""
    most = int(batch.offsets[-1] - batch.offsets[0]) + 1
    found = Words(np.zeros(len(batch.offsets), np.int64), np.empty(most, np.uint64), *np.empty((2, most), np.int64))
    _placed(*batch, character_classes(), lower_case(), *found)
    size = found.rows[-1]
    return Words(found.rows, found.hashes[:size], found.start[:size], found.end[:size])


@njit(cache=True, nogil=True)
def _shingles(data: Any, offsets: Any, classes: Any, lower: Any, n: int, rows: Any, out: Any) -> int:
    last = np.uint64(1)  # BASE ** n: what the oldest word of a window has grown to
    for _ in range(n):
        last *= BASE
    longest = 0
    for row in range(len(offsets) - 1):
        longest = max(longest, offsets[row + 1] - offsets[row])
    words = np.empty(longest + 1, np.uint64)
    size = 0
    for row in range(len(offsets) - 1):
        begin, stop = offsets[row], offsets[row + 1]
        count = _words(data, begin, stop, classes, lower, words)
        if count < 0:
            single = _mostly_unspaced(data, begin, stop, classes)
            count = _unspaced_words(data, begin, stop, classes, lower, single, words)
        h = np.uint64(0)
        for k in range(count):
            h = h * BASE + words[k]
            if k >= n:
                h -= last * words[k - n]
            if k >= n - 1 or k == count - 1:
                out[size] = finish(h)
                size += 1
        rows[row + 1] = size
    return size


def shingles(batch: Utf8, n: int) -> Shingles:
    """The n-grams of every text of a batch."""
    rows = np.zeros(len(batch.offsets), np.int64)
    out = np.empty(int(batch.offsets[-1] - batch.offsets[0]) + 1, np.uint64)
    size = _shingles(batch.data, batch.offsets, character_classes(), _lower(), n, rows, out)
    return Shingles(rows, out[:size].copy())


@njit(cache=True, nogil=True)
def _ngrams(rows: Any, word: Any, n: int, new_rows: Any, out: Any) -> int:
    last = np.uint64(1)
    for _ in range(n):
        last *= BASE
    size = 0
    for row in range(len(rows) - 1):
        h = np.uint64(0)
        for k in range(rows[row], rows[row + 1]):
            h = h * BASE + word[k]
            if k - rows[row] >= n:
                h -= last * word[k - n]
            if k - rows[row] >= n - 1:
                out[size] = finish(h)
                size += 1
        new_rows[row + 1] = size
    return size


def ngrams(of: Words, n: int) -> Shingles:
    """The n-grams of words in reading order; a text of fewer words has none."""
    rows, out = np.zeros_like(of.rows), np.empty(len(of.hashes), np.uint64)
    size = _ngrams(of.rows, of.hashes, n, rows, out)
    return Shingles(rows, out[:size].copy())
