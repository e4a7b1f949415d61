"""Where marked lines and sentences are cut from a text, and the text after.

In: the lines and sentences of a batch, each with the rule that takes it. Out: cuts in code points of the text as it came.
A line whose sentences all go goes with its line break and the blank lines that it would leave; a sentence goes with the
white space that parted it from the next. All else stays as it was, byte for byte. Time is linear in the text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from numba import njit

from llmctl.text.characters import ALNUM, character_classes, code_point
from llmctl.text.duplicates.repetition import Longs
from llmctl.text.segment import Spans, Utf8, utf8

Marks = npt.NDArray[np.int8]  # a rule's number for each piece; STAYS: none takes it
STAYS = 127


class Cuts(NamedTuple):
    """Cuts in the order of their places: text, start and end (code points) and rule."""

    row: Longs
    start: Longs
    end: Longs
    rule: list[str]


NO_CUTS = Cuts(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.int64), [])


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
        while k < last and rule[k] != STAYS:
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
        blank, cut, tail_rule = True, False, STAYS  # before this line: blank or nothing stays; a line was cut
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
                goes = goes and rule[k] != STAYS
                k += 1
            if line_rule[j] != STAYS or goes:
                why = line_rule[j] if line_rule[j] != STAYS else rule[first]
                tail_rule = why if tail_rule == STAYS else tail_rule
                out[n, 0], out[n, 1], out[n, 2], out[n, 3] = row, i, behind, why
                n, cut = n + 1, True
            else:
                n = _lay_sentences(start, end, rule, first, k, row, out, n)
                kept_end, kept_next, blank, cut, tail_rule = line_stop, behind, False, False, STAYS
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


def lay(
    batch: Utf8, lines: Spans, line_rule: Marks, sentences: Spans, sentence_rule: Marks, names: Sequence[str]
) -> Cuts:
    """The cuts that the marks amount to; where they overlap or touch they are one, under the rule of the first."""
    # a line or sentence gives a cut, a blank line one for the line break it is, and a text one for its end
    breaks = np.count_nonzero(batch.data[batch.offsets[0] : batch.offsets[-1]] == 10)
    most = len(lines.start) + len(sentences.start) + len(batch.offsets) + int(breaks)
    out = np.empty((most, 4), np.int64)
    n = _lay(*batch, *lines, line_rule, sentences.start, sentences.end, sentence_rule, out)
    cuts = out[:n][np.lexsort((out[:n, 1], out[:n, 0]))]
    cuts = cuts[: _merge(cuts)]
    _to_code_points(*batch, cuts)
    row, start, end, rule = cuts.T
    return Cuts(row.copy(), start.copy(), end.copy(), [names[r] for r in rule])


@njit(cache=True, nogil=True)
def _apply(
    data: Any, offsets: Any, row: Any, start: Any, end: Any, classes: Any, out: Any, bounds: Any, lost: Any
) -> int:
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


def united(one: Cuts, other: Cuts) -> Cuts:
    """The cuts of both; where they overlap or touch they are one, under the rule of the first."""
    found: list[tuple[int, int, int, str]] = []
    both = [
        cut
        for of in (one, other)
        for cut in zip(of.row.tolist(), of.start.tolist(), of.end.tolist(), of.rule, strict=True)
    ]
    for row, start, end, rule in sorted(both, key=lambda cut: cut[:2]):
        if found and found[-1][0] == row and start <= found[-1][2]:
            found[-1] = (row, found[-1][1], max(end, found[-1][2]), found[-1][3])
        else:
            found.append((row, start, end, rule))
    row, start, end = (np.array([cut[i] for cut in found], np.int64) for i in range(3))
    return Cuts(row, start, end, [cut[3] for cut in found])
