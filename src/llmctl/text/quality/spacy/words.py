"""Words as spaCy's English tokenizer finds them, as numba kernels over the bytes.

In: a batch of texts. Out: `Words`. Each run between white space is split as spaCy documents it ("Linguistic features:
how the tokenizer works"): special strings are looked up, marks go from both ends one at a time, URLs stay whole, and
what is left is split at marks between letters; then special strings that fell apart are put together again. The words of
a run lie end to end, so `ends` is all that splitting writes. Most runs are plain letters and cost one look-up; the words
of others are remembered (about 100 MB/s a core). What differs from spaCy is listed in docs/dialects.md.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numba import njit

from llmctl.text.characters import SPACE
from llmctl.text.hash_table import mix, place
from llmctl.text.quality.repetition import hash_and_length
from llmctl.text.quality.spacy.characters import ALPHA, DIGIT, HARD, spacy_classes
from llmctl.text.quality.spacy.marks import after, before, infix_bytes, prefix_bytes, suffix_bytes
from llmctl.text.quality.spacy.specials import Specials, entries, key_of, table_of
from llmctl.text.quality.spacy.urls import is_url
from llmctl.text.segment import BASE, ONE, Utf8, Words, code_point, utf8

KINDS = 0xFFFF  # the bits of `text.characters`
ROOM = 4096  # bytes of a run that need no new scratch array
MEMORY = 1 << 14  # runs whose words are remembered: most of those with marks come again


@njit(cache=True, nogil=True)
def may_be_special(data: Any, i: int, stop: int, shapes: Any) -> bool:
    """Whether a special string has the length, the first and the last byte of the span."""
    return 0 < stop - i < 32 and bool(shapes[data[i], data[stop - 1]] >> (stop - i) & 1)


@njit(cache=True, nogil=True)
def find_special(data: Any, i: int, stop: int, shapes: Any, keys: Any) -> int:
    """Where the span stands in the table of special strings, -1 where it does not."""
    if not may_be_special(data, i, stop, shapes):
        return -1
    key, _ = hash_and_length(data, i, stop)
    at = place(keys, len(keys), key)
    return at if keys[at] == key else -1


@njit(cache=True, nogil=True)
def add_special(i: int, stop: int, cuts: Any, at: int, ends: Any, n: int) -> int:
    """Write where the pieces of a special string end; the number of ends then."""
    for k in range(2):
        if cuts[at, k]:
            ends[n] = i + cuts[at, k]
            n += 1
    ends[n] = stop
    return n + 1


@njit(cache=True, nogil=True)
def is_plain(data: Any, i: int, stop: int, table: Any) -> bool:
    """Whether no mark that could split a word stands in the span."""
    while i < stop:
        c, size = code_point(data, i)
        if table[c] & HARD:
            return False
        i += size
    return True


@njit(cache=True, nogil=True)
def split_inside(data: Any, i: int, stop: int, table: Any, ends: Any, n: int) -> int:
    """Write where words and the marks between them end."""
    first, j = i, i
    ahead: Any = np.int64(0)
    while j < stop:
        c, size = code_point(data, j)
        kind: Any = np.int64(table[c])
        mark = infix_bytes(data, j, stop, c, kind, size, ahead, table) if kind & HARD else 0
        if mark and j > i:
            if first < j:
                ends[n] = j
                n += 1
            ends[n] = first = j + mark
            n += 1
        j += max(mark, size)
        ahead = before(data, i, j, table) if mark else kind
    if first < stop:
        ends[n] = stop
        n += 1
    return n


@njit(cache=True, nogil=True)
def split_run(data: Any, i: int, stop: int, seen: int, specials: Any, table: Any, ends: Any) -> int:
    """Write where the words of a run without white space end (`seen`: its classes); their number.

    Suffixes wait at the far end of `ends`. Calls that are plainly in vain are not made: numba counts the references of
    every array at each.
    """
    n, waiting, top, size, at = 0, 0, len(ends) - 1, -1, -1
    shapes, keys = specials.shapes, specials.keys
    while i < stop and stop - i != size:
        if may_be_special(data, i, stop, shapes):
            at = find_special(data, i, stop, shapes, keys)
            if at >= 0:
                break
        size = stop - i
        front = back = 0
        if after(data, i, stop, table) & HARD or data[i] in (65, 67, 85):  # A$ C$ US$
            front = prefix_bytes(data, i, stop, table)
            if front and may_be_special(data, i + front, stop, shapes):
                at = find_special(data, i + front, stop, shapes, keys)
        if at < 0 and (before(data, i, stop, table) & HARD or data[stop - 1] in (83, 115) or seen & DIGIT):  # 's, 5km
            back = suffix_bytes(data, i + front, stop, table, specials.units)
            if back and may_be_special(data, i, stop - back, shapes):
                at = find_special(data, i, stop - back, shapes, keys)
                front = front if at < 0 else 0
        if front:
            ends[n] = i + front
            n += 1
        if back:
            ends[top - waiting] = stop
            waiting += 1
        i, stop = i + front, stop - back
        if at >= 0:
            break
    if at >= 0:
        n = add_special(i, stop, specials.cuts, at, ends, n)
    elif i < stop and (is_plain(data, i, stop, table) or is_url(data, i, stop, table)):
        ends[n] = stop
        n += 1
    elif i < stop:
        n = split_inside(data, i, stop, table, ends, n)
    for k in range(waiting - 1, -1, -1):
        ends[n] = ends[top - k]
        n += 1
    return n


@njit(cache=True, nogil=True)
def entry_words(data: Any, first: int, ends: Any, j: int, n: int, length: int, specials: Any) -> int:
    """Where the special string stands that words j to j + length make up, -1 where they make none."""
    if j + length > n:
        return -1
    i = ends[j - 1] if j else first
    at = find_special(data, i, ends[j + length - 1], specials.shapes, specials.keys)
    return at if at >= 0 and specials.cuts[at, 2] == length else -1


@njit(cache=True, nogil=True)
def may_have_entry(data: Any, first: int, ends: Any, n: int, begins: Any) -> bool:
    """Whether two of the words begin as those of a special string of several words do."""
    i = first
    for j in range(n - 1):
        if begins[data[i], data[ends[j]]]:
            return True
        i = ends[j]
    return False


@njit(cache=True, nogil=True)
def join_specials(data: Any, first: int, ends: Any, n: int, specials: Any) -> int:
    """Put special strings together that the marks of a run split (`):` behind a bracket): long ones first."""
    seen, joined = np.zeros(n, np.bool_), np.zeros(n, np.int64)
    for length in range(specials.most, 1, -1):
        for j in range(n):
            if entry_words(data, first, ends, j, n, length, specials) >= 0:
                if not seen[j] and not seen[j + length - 1]:
                    joined[j] = length
                seen[j : j + length] = True
    o, j, i = 0, 0, first
    while j < n:
        length = max(joined[j], 1)
        stop = ends[j + length - 1]
        if length > 1:
            at = find_special(data, i, stop, specials.shapes, specials.keys)
            o = add_special(i, stop, specials.cuts, at, ends, o)
        else:
            ends[o] = stop
            o += 1
        j, i = j + length, stop
    return o


@njit(cache=True, nogil=True)
def split_words(data: Any, i: int, stop: int, seen: int, specials: Any, table: Any, ends: Any) -> int:
    """Write where the words of a run end, special strings together; their number."""
    n = split_run(data, i, stop, seen, specials, table, ends)
    return join_specials(data, i, ends, n, specials) if may_have_entry(data, i, ends, n, specials.begins) else n


@njit(cache=True, nogil=True)
def read_run(data: Any, i: int, stop: int, table: Any) -> tuple[int, int, Any, Any]:
    """Where the run that begins at i ends (at white space or `stop`), its code points, classes or-ed, and hash."""
    seen: Any = np.int64(0)
    h, chars = np.uint64(0), 0
    while i < stop:
        c, size = code_point(data, i)
        kind: Any = np.int64(table[c])
        if kind & SPACE:
            break
        seen |= kind
        chars += 1
        for _ in range(size):
            h = h * BASE + (np.uint64(data[i]) + ONE)
            i += 1
    return i, chars, seen, h


@njit(cache=True, nogil=True)
def _words(data: Any, offsets: Any, specials: Any, table: Any, rows: Any, words: Any) -> int:
    n, keys, memory = 0, np.zeros(MEMORY, np.uint64), np.empty((MEMORY, 3), np.int64)
    ends = np.empty(ROOM, np.int64)
    for row in range(len(offsets) - 1):
        i, stop = offsets[row], offsets[row + 1]
        while i < stop:
            first, (last, chars, seen, h) = i, read_run(data, i, stop, table)
            i = last
            i += code_point(data, i)[1] if i < stop else 0
            whole = not (seen & HARD or (seen & DIGIT and seen & ALPHA))
            if whole and may_be_special(data, first, last, specials.shapes):
                whole = find_special(data, first, last, specials.shapes, specials.keys) < 0
            if whole:
                words.start[n], words.end[n], words.chars[n] = first, last, chars
                words.kinds[n], words.hash[n] = seen & KINDS, h
                n += first < last
                continue
            key = mix(h)
            slot: Any = np.int64(key & np.uint64(MEMORY - 1))
            if keys[slot] == key:  # the same run as before: the same words, elsewhere
                shift = first - memory[slot, 2]
                for k in range(memory[slot, 0], memory[slot, 1]):
                    words.start[n], words.end[n] = words.start[k] + shift, words.end[k] + shift
                    words.chars[n], words.kinds[n], words.hash[n] = words.chars[k], words.kinds[k], words.hash[k]
                    n += 1
                continue
            if last - first + 2 > len(ends):
                ends = np.empty(2 * (last - first), np.int64)
            keys[slot], memory[slot, 0], memory[slot, 2] = key, n, first
            for k in range(split_words(data, first, last, seen, specials, table, ends)):
                words.start[n], words.end[n] = first, ends[k]
                first, words.chars[n], seen, words.hash[n] = read_run(data, first, ends[k], table)
                words.kinds[n] = seen & KINDS
                n += 1
            memory[slot, 1] = n
        rows[row + 1] = n
    return n


@lru_cache(maxsize=1)
def english() -> Specials:
    """The special strings, and which of them the other rules split into several words."""
    specials, strings = table_of(entries()), sorted(entry.replace("|", "").replace("\0", "|") for entry in entries())
    split = find_words(utf8(strings), table_of([]))
    counts, most = np.diff(split.rows), 1
    for k, string in enumerate(strings):
        at, text = place(specials.keys, len(specials.keys), key_of(string.encode())), string.encode()
        pieces = 1 + np.count_nonzero(specials.cuts[at, :2])
        if counts[k] > 1 and counts[k] >= pieces:
            specials.cuts[at, 2], most = counts[k], max(most, int(counts[k]))
            second = split.end[split.rows[k]] - split.start[split.rows[k]]
            specials.begins[text[0], text[second]] = True
    return specials._replace(most=most)


def find_words(batch: Utf8, specials: Specials | None = None) -> Words:
    """The words of a batch (`core` is not counted: no rule of datatrove reads it)."""
    most = int(batch.offsets[-1] - batch.offsets[0]) + 2
    empty = np.empty(0, np.int32)
    words = Words(
        np.zeros(len(batch.offsets), np.int64), np.empty(most, np.int64), np.empty(most, np.int64),
        np.empty(most, np.int32), empty, np.empty(most, np.uint16), np.empty(most, np.uint64),
    )  # fmt: skip
    n = _words(batch.data, batch.offsets, specials or english(), spacy_classes(), words.rows, words)
    rows, start, end, chars, _, kinds, hashes = words
    return Words(rows, start[:n], end[:n], chars[:n], empty, kinds[:n], hashes[:n])
