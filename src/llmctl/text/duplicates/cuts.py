"""What sentence and line level cut from a text, where, and the text after.

In: a batch of texts and what stands too often across documents (`lines.Frequent`). Out: cuts in code points of the text
as it came. Every rule marks whole lines or whole sentences, so a cut never ends within a word. A line whose sentences all
go goes with its line break and the blank lines that it would leave; a sentence goes with the white space that parted it
from the next. All rules see the text as it came, whatever another rule cuts from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from numba import njit

from llmctl.text.characters import ALNUM, character_classes, code_point
from llmctl.text.duplicates.lines import (
    Frequent,
    ccnet_keys,
    host_keys,
    look_up,
    pair_keys,
    rows_of,
    span_keys,
)
from llmctl.text.duplicates.repetition import (
    Flags,
    Hashes,
    Longs,
    copies,
    count_words,
    hash_pieces,
    place,
    repeated_share,
    runs_on,
    table_size,
)
from llmctl.text.segment import Spans, Utf8, Words, find_lines, find_paragraphs, find_sentences, find_words, utf8

RULES = (  # of two rules that take the same piece, the first is told
    "repeated_paragraph",
    "repeated_line",
    "repeated_sentence",
    "repetitive_sentence",
    "common_line",
    "host_line",
    "repeated_span",
)
(PARAGRAPH, LINE, SENTENCE, REPETITIVE, COMMON, HOST, SPAN), UNMARKED = range(7), 7
Marks = npt.NDArray[np.int8]


class Limits(NamedTuple):
    """Which levels cut, and from where on."""

    sentences: bool = True  # the rules within a document, and spans
    lines: bool = True
    min_words: int = 3  # shorter pieces may repeat within a document
    max_repetition: float = 0.5
    span: int = 3  # sentences; 0: off
    keep_first: bool = False  # of a common line or a host's line, the copy in the first document


class Cuts(NamedTuple):
    """Cuts in the order of their places: text, start and end (code points) and rule."""

    row: Longs
    start: Longs
    end: Longs
    rule: list[str]


class Pieces(NamedTuple):
    """The lines and sentences of a batch, and the rule that takes each (UNMARKED: none)."""

    batch: Utf8
    lines: Spans
    line_hash: Hashes
    line_rule: Marks
    sentences: Spans
    sentence_hash: Hashes
    sentence_rule: Marks


def cuts_of(
    texts: Any, urls: Sequence[str | None], documents: npt.ArrayLike, limits: Limits, frequent: Frequent
) -> Cuts:
    """What the rules take from each text. (`texts`: a string array, or a list of str.)

    `documents` are the numbers under which `lines.count_batch` saw them.
    """
    batch, number = utf8(texts), np.asarray(documents, np.uint64)
    lines, sentences = find_lines(batch), find_sentences(batch)
    marks = (np.full(len(spans.start), UNMARKED, np.int8) for spans in (lines, sentences))
    pieces = Pieces(
        batch, lines, hash_pieces(batch, lines), next(marks), sentences, hash_pieces(batch, sentences), next(marks)
    )
    if limits.sentences:
        mark_repetition(pieces, find_words(batch), limits)
        mark_spans(pieces, number, limits.span, frequent)
    if limits.lines:
        mark_lines(pieces, host_keys(urls), number, limits.keep_first, frequent)
    return laid(pieces)


def mark(rules: Marks, which: Flags, rule: int) -> None:
    """Give the pieces that a rule takes to it, where no earlier rule takes them."""
    rules[which] = np.minimum(rules[which], rule)


def mark_repetition(pieces: Pieces, words: Words, limits: Limits) -> None:
    """Second copies within a text, and sentences of repeated phrases.

    A line that was broken for its width is no piece of its own, nor is the part of a sentence at its end or beginning.
    """
    batch, lines, sentences = pieces.batch, pieces.lines, pieces.sentences
    paragraphs = find_paragraphs(batch, lines)
    long = count_words(words, paragraphs) >= limits.min_words
    again = copies(paragraphs.rows, hash_pieces(batch, paragraphs), long)
    mark(pieces.line_rule, again[np.searchsorted(paragraphs.start, lines.start, "right") - 1], PARAGRAPH)
    on = runs_on(batch, lines, pieces.line_hash)
    run = np.concatenate([[False], on[:-1]]) if len(on) else on  # the line before runs on into this one
    whole = ~on & ~run & (count_words(words, lines) >= limits.min_words)
    mark(pieces.line_rule, copies(lines.rows, pieces.line_hash, whole), LINE)
    line = np.searchsorted(lines.start, sentences.start, "right") - 1
    part = (run[line] & (sentences.start == lines.start[line])) | (on[line] & (sentences.end == lines.end[line]))
    whole = ~part & (count_words(words, sentences) >= limits.min_words)
    mark(pieces.sentence_rule, copies(sentences.rows, pieces.sentence_hash, whole), SENTENCE)
    mark(pieces.sentence_rule, repeated_share(batch, words, sentences) > limits.max_repetition, REPETITIVE)


def mark_lines(pieces: Pieces, hosts: Hashes, documents: Hashes, keep_first: bool, frequent: Frequent) -> None:
    """Lines that stand on many documents, or on many pages of their host."""
    row = rows_of(pieces.lines)
    keys, empty = ccnet_keys(pieces.batch, pieces.lines)
    for rule, keys_, found, may in (
        (COMMON, keys, frequent.lines, ~empty),
        (HOST, pair_keys(hosts[row], pieces.line_hash), frequent.host_lines, hosts[row] != 0),
    ):
        hit, first = look_up(found, keys_)
        mark(pieces.line_rule, hit & may & ~(keep_first & (first == documents[row])), rule)


@njit(cache=True, nogil=True)
def _mark_spans(rows: Any, at: Any, keys: Any, hit: Any, here: Any, length: int, out: Any) -> None:
    j = 0
    for row in range(len(rows) - 1):
        begin = j
        while j < len(at) and at[j] < rows[row + 1]:
            j += 1
        size = table_size(j - begin)
        table, kept = np.zeros(size, np.uint64), np.zeros(size, np.int64)
        for s in range(begin, j):
            if not hit[s]:
                continue
            first = at[s]
            if here[s]:  # its first place in this text stays
                p = place(table, size, keys[s])
                if table[p] == 0:
                    table[p], kept[p] = keys[s], at[s] + length
                    continue
                first = max(first, kept[p])
            for sentence in range(first, at[s] + length):
                out[sentence] = True


def mark_spans(pieces: Pieces, documents: Hashes, length: int, frequent: Frequent) -> None:
    """Spans of sentences that stand in an earlier document, or earlier in this one."""
    if not length or not len(frequent.spans.key):
        return
    at, keys = span_keys(pieces.sentences, pieces.sentence_hash, length)
    hit, first = look_up(frequent.spans, keys)
    here = first == documents[rows_of(pieces.sentences)[at]]
    taken = np.zeros(len(pieces.sentence_rule), np.bool_)
    _mark_spans(pieces.sentences.rows, at, keys, hit, here, length, taken)
    mark(pieces.sentence_rule, taken, SPAN)


@njit(cache=True, nogil=True)
def line_of(data: Any, i: int, stop: int) -> tuple[int, int]:
    """The end of the line at i, and where the next one begins."""
    while i < stop and data[i] != 10:
        i += 1
    return i, min(i + 1, stop)


@njit(cache=True, nogil=True)
def _lay_sentences(start: Any, end: Any, rule: Any, first: int, last: int, row: int, out: Any, n: int) -> int:
    """Cut runs of marked sentences from a line of which another sentence stays."""
    k = first
    while k < last:
        begin = k
        while k < last and rule[k] != UNMARKED:
            k += 1
        if k > begin:
            out[n, 0], out[n, 3] = row, rule[begin]
            out[n, 1], out[n, 2] = (start[begin], start[k]) if k < last else (end[begin - 1], end[k - 1])
            n += 1
        k += 1
    return n


@njit(cache=True, nogil=True)
def _lay(data: Any, offsets: Any, line_rows: Any, line_start: Any, line_end: Any, line_rule: Any, start: Any, end: Any,
         rule: Any, out: Any) -> int:  # fmt: skip
    """Cuts in bytes, (row, start, end, rule); the last of a text can begin before others."""
    n, k = 0, 0
    for row in range(len(offsets) - 1):
        i, stop, j = offsets[row], offsets[row + 1], line_rows[row]
        kept_end = kept_next = i  # of the last line that stays and has content
        blank, cut, tail_rule = True, False, UNMARKED  # before this line: blank or nothing stays; a line was cut
        while i < stop:
            line_stop, behind = line_of(data, i, stop)
            if j == line_rows[row + 1] or line_start[j] >= line_stop:  # a blank line
                if cut and blank:
                    out[n, 0], out[n, 1], out[n, 2], out[n, 3] = row, i, behind, tail_rule
                    n += 1
                else:
                    blank, cut = True, False
                i = behind
                continue
            first, goes = k, True
            while k < len(start) and start[k] < line_end[j]:
                goes = goes and rule[k] != UNMARKED
                k += 1
            if line_rule[j] != UNMARKED or goes:
                why = line_rule[j] if line_rule[j] != UNMARKED else rule[first]
                tail_rule = why if tail_rule == UNMARKED else tail_rule
                out[n, 0], out[n, 1], out[n, 2], out[n, 3] = row, i, behind, why
                n, cut = n + 1, True
            else:
                n = _lay_sentences(start, end, rule, first, k, row, out, n)
                kept_end, kept_next, blank, cut, tail_rule = line_stop, behind, False, False, UNMARKED
            i, j = behind, j + 1
        closed = stop > offsets[row] and data[stop - 1] == 10
        if cut and (blank or not closed):  # blank lines before a cut end, and the break if the text ended without one
            kept_end -= kept_end > offsets[row] and data[kept_end - 1] == 13
            out[n, 0], out[n, 1], out[n, 2], out[n, 3] = row, kept_next if closed else kept_end, stop, tail_rule
            n += 1
    return n


@njit(cache=True, nogil=True)
def _merge(cuts: Any) -> int:
    """Join what overlaps or touches, under the rule of the first; the result is how many are left."""
    n = 0
    for j in range(len(cuts)):
        if n and cuts[n - 1, 0] == cuts[j, 0] and cuts[j, 1] <= cuts[n - 1, 2]:
            cuts[n - 1, 2] = max(cuts[n - 1, 2], cuts[j, 2])
        else:
            cuts[n] = cuts[j]
            n += 1
    return n


@njit(cache=True, nogil=True)
def _to_code_points(data: Any, offsets: Any, cuts: Any) -> None:
    row, i, point = -1, 0, 0
    for j in range(len(cuts)):
        if cuts[j, 0] != row:
            row = cuts[j, 0]
            i, point = offsets[row], 0
        for column in (1, 2):
            while i < cuts[j, column]:
                point += data[i] & 0xC0 != 0x80
                i += 1
            cuts[j, column] = point


def laid(pieces: Pieces) -> Cuts:
    """The cuts that the marks amount to."""
    batch, lines, sentences = pieces.batch, pieces.lines, pieces.sentences
    # a line or sentence gives a cut, a blank line one for the line break it is, and a text one for its end
    most = 2 * len(lines.start) + len(sentences.start) + len(batch.offsets) + int(np.count_nonzero(batch.data == 10))
    out = np.empty((most, 4), np.int64)
    n = _lay(*batch, *lines, pieces.line_rule, sentences.start, sentences.end, pieces.sentence_rule, out)
    cuts = out[:n][np.lexsort((out[:n, 1], out[:n, 0]))]
    cuts = cuts[: _merge(cuts)]
    _to_code_points(*batch, cuts)
    row, start, end, rule = cuts.T
    return Cuts(row.copy(), start.copy(), end.copy(), [RULES[r] for r in rule])


@njit(cache=True, nogil=True)
def _apply(data: Any, offsets: Any, row: Any, start: Any, end: Any, classes: Any, out: Any, bounds: Any, lost: Any) -> int:
    """Copy what stays, and count the letters of each text: all of them, and those that go."""
    n, j = 0, 0
    for r in range(len(offsets) - 1):
        i, point = offsets[r], 0
        while i < offsets[r + 1]:
            while j < len(row) and row[j] == r and end[j] <= point:
                j += 1
            gone = j < len(row) and row[j] == r and start[j] <= point
            c, size = code_point(data, i)
            letter = classes[c] & ALNUM != 0
            lost[r, 0] += letter
            lost[r, 1] += letter and gone
            for b in range(i, i + size if not gone else i):
                out[n] = data[b]
                n += 1
            i, point = i + size, point + 1
        while j < len(row) and row[j] == r:
            j += 1
        bounds[r + 1] = n
    return n


def _applied(texts: Any, cuts: Cuts) -> tuple[pa.Array, npt.NDArray[np.int64]]:
    batch = utf8(texts)
    rows = len(batch.offsets) - 1
    out = np.empty(int(batch.offsets[-1] - batch.offsets[0]), np.uint8)
    bounds, lost = np.zeros(rows + 1, np.int64), np.zeros((rows, 2), np.int64)
    n = _apply(*batch, cuts.row, cuts.start, cuts.end, character_classes(), out, bounds, lost)
    buffers = [None, pa.py_buffer(bounds), pa.py_buffer(out[:n])]
    return pa.Array.from_buffers(pa.large_string(), rows, buffers), lost


def apply_cuts(texts: Any, cuts: Cuts) -> pa.Array:
    """The texts without what was cut, as large_string."""
    return _applied(texts, cuts)[0]


def lost_share(texts: Any, cuts: Cuts) -> npt.NDArray[np.float64]:
    """The share of each text's letters and digits that is cut."""
    lost = _applied(texts, cuts)[1]
    return np.asarray(lost[:, 1] / np.maximum(lost[:, 0], 1), np.float64)
