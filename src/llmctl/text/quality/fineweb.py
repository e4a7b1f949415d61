"""The four numbers that FineWeb's own rules read, counted as FineWebQualityFilter of datatrove 0.10 does.

Lines stand between `\\n` as they are, white space at their ends included; blank ones are left out. The FineWeb paper
(2406.17557, section 3.5) found these rules by comparing many signals of good and bad snapshots.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from llmctl.text.characters import SENTENCE_TERMINAL, TERMINAL_NOT_DATATROVE, character_classes, code_points
from llmctl.text.hash_table import place, table_size
from llmctl.text.quality.repetition import hash_and_length
from llmctl.text.quality.segments import Segments, Values, share
from llmctl.text.segment import code_point, strip

SHORT_LINE = 30  # characters; fineweb_quality_filter.py short_line_length
TERMINAL_BEYOND = "17d6 17d9-17da"  # datatrove's TERMINAL_PUNCTUATION has them, Sentence_Terminal of today has not


@lru_cache(maxsize=1)
def terminal_marks() -> npt.NDArray[np.bool_]:
    """Whether each code point ends a line in datatrove (utils/text.py TERMINAL_PUNCTUATION)."""
    table = np.zeros(0x110000, np.bool_)
    table[code_points(SENTENCE_TERMINAL) + code_points(TERMINAL_BEYOND)] = True
    table[code_points(TERMINAL_NOT_DATATROVE)] = False
    table.flags.writeable = False
    return table


@njit(cache=True, nogil=True)
def line_end(data: Any, i: int, stop: int) -> int:
    """Where the line that begins at i ends."""
    while i < stop and data[i] != 10:
        i += 1
    return i


@njit(cache=True, nogil=True)
def ends_in_mark(data: Any, stop: int, marks: Any) -> bool:
    """Whether the code point before `stop` ends a line."""
    i = stop - 1
    while data[i] & 0xC0 == 0x80:
        i -= 1
    return bool(marks[code_point(data, i)[0]])


@njit(cache=True, nogil=True)
def _lines(data: Any, offsets: Any, classes: Any, marks: Any, out: Any) -> None:
    for row in range(len(offsets) - 1):
        i, stop, breaks = offsets[row], offsets[row + 1], 0
        for k in range(i, stop):
            breaks += data[k] == 10
        size = table_size(breaks + 1)
        table = np.zeros(size, np.uint64)
        while i < stop:
            first, end = i, line_end(data, i, stop)
            i = end + 1
            bare, last = strip(data, first, end, classes)
            if bare == last:
                continue
            key, chars = hash_and_length(data, first, end)
            at = place(table, size, key)
            out[row, 0] += 1
            out[row, 1] += ends_in_mark(data, end, marks)
            out[row, 2] += chars <= SHORT_LINE
            out[row, 3] += chars if table[at] == key else 0
            table[at] = key
        out[row, 4] = breaks


def line_shares(text: Segments) -> dict[str, Values]:
    """Of the lines with content: those that end in a mark, those of 30 characters or less; characters in copies."""
    out = np.zeros((len(text.batch.offsets) - 1, 5), np.int64)
    _lines(text.batch.data, text.batch.offsets, character_classes(), terminal_marks(), out)
    lines, ended, short, copies, breaks = out.T
    return {
        "datatrove_terminal_lines": share(ended, lines),
        "datatrove_short_lines": share(short, lines),
        "datatrove_line_copies": share(copies, text.characters[:, 0] - breaks),
        "datatrove_newlines_per_word": share(breaks, np.diff(text.spacy_words.rows)),
    }
