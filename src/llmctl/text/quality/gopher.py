"""The signals of Gopher's quality rules as the paper words them (2112.11446, A1.1), and the general ones beside them.

Words are those of UAX #29 with a letter or digit (letters where a script has no spaces), so signs lengthen none and
repeat with none. One measure reads the tokens between white space: the share of words with a letter is there to find
symbols that stand alone, and those are no words. Where the paper leaves a choice open, the one that depends least on the
tool is taken: an ellipsis is a run of dots. Measures are missing (NaN) where they mean nothing, so that no rule breaks.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from llmctl.text.characters import LETTER, code_point
from llmctl.text.hash_table import mix, place, table_size
from llmctl.text.quality.repetition import repeated_n_grams, repeated_spans
from llmctl.text.quality.segments import Segments, Values, count_tokens, per_text, share
from llmctl.text.segment import Spans, Utf8

# Gopher (2112.11446, A1.1).
STOP_WORDS = ("the", "be", "to", "of", "and", "that", "have", "with")
# RedPajama-Data v2 lists ten bullets (core/constants.py); datatrove adds "-", Dolma "*".
BULLETS = "\u2022\u2023\u25b6\u25c0\u25e6\u25a0\u25a1\u25aa\u25ab\u2013-*"


def sizes(text: Segments) -> dict[str, Values]:
    """How much there is: code points, words, lines with content, paragraphs."""
    words, lines = np.diff(text.words.rows), np.diff(text.lines.rows)
    tokens, with_letter = count_tokens(text.batch, text.words).T
    length = share(per_text(text.words.core, text.words.rows), words)
    # without spaces a token may be a whole sentence, so each letter stands for itself
    letters = np.where(text.unspaced, per_text(text.words.kinds & LETTER > 0, text.words.rows), with_letter)
    return {
        "chars": text.characters[:, 0],
        "words": words,
        "mean_word_length": np.where(text.unspaced | (words == 0), np.nan, length),
        "alphabetic_words": share(letters, letters + tokens - with_letter),
        "lines": lines,
        "paragraphs": np.diff(text.paragraphs.rows),
        "mean_line_length": share(text.characters[:, 0] - text.characters[:, 3], lines),
    }


def sentence_counts(text: Segments) -> dict[str, Values]:
    """How many sentences (`segment.find_sentences`)."""
    return {"sentences": np.diff(text.sentences.rows)}


def symbols(text: Segments) -> dict[str, Values]:
    """Signs per word or per character; `symbol_ratio` is the larger of the hash and the ellipsis per word (Gopher)."""
    chars, letters, _, spaces, upper, digits, hashes, ellipses = text.characters.T
    words = np.diff(text.words.rows)
    return {
        "symbol_ratio": share(np.maximum(hashes, ellipses), words),
        "hash_ratio": share(hashes, words),
        "ellipsis_ratio": share(ellipses, words),
        "letter_ratio": share(letters, chars - spaces),
        "uppercase_ratio": share(upper, letters),
        "digit_ratio": share(digits, chars - spaces),
    }


@njit(cache=True, nogil=True)
def _line_marks(data: Any, rows: Any, start: Any, end: Any, bullets: Any, out: Any) -> None:
    for row in range(len(rows) - 1):
        for j in range(rows[row], rows[row + 1]):
            first, _ = code_point(data, start[j])
            for bullet in bullets:
                out[row, 0] += bullet == first
            e = end[j]
            dots = e - start[j] > 2 and data[e - 1] == 46 and data[e - 2] == 46 and data[e - 3] == 46
            out[row, 1] += dots or (
                e - start[j] > 2 and data[e - 3] == 0xE2 and data[e - 2] == 0x80 and data[e - 1] == 0xA6
            )


def mark_lines(batch: Utf8, lines: Spans, bullets: str) -> npt.NDArray[np.int64]:
    """Per text: lines that begin with one of the bullets, lines that end with an ellipsis (lines are stripped)."""
    out = np.zeros((len(lines.rows) - 1, 2), np.int64)
    marks = np.array([ord(c) for c in bullets], np.int64)
    _line_marks(batch.data, lines.rows, lines.start, lines.end, marks, out)
    return out


def line_marks(text: Segments) -> dict[str, Values]:
    """Shares of the lines with content that begin with a bullet or end with an ellipsis."""
    marks, lines = mark_lines(text.batch, text.lines, BULLETS), np.diff(text.lines.rows)
    return {"bullet_lines": share(marks[:, 0], lines), "ellipsis_lines": share(marks[:, 1], lines)}


@njit(cache=True, nogil=True)
def _different(rows: Any, hashes: Any, out: Any) -> None:
    for row in range(len(rows) - 1):
        size = table_size(rows[row + 1] - rows[row])
        table = np.zeros(size, np.uint64)
        for j in range(rows[row], rows[row + 1]):
            key = mix(hashes[j])
            at = place(table, size, key)
            out[row] += table[at] != key
            table[at] = key


def different_words(text: Segments) -> dict[str, Values]:
    """The share of the words that are different, whatever their case."""
    out = np.zeros(len(text.words.rows) - 1, np.int64)
    _different(text.words.rows, text.lowered, out)
    return {"unique_words": share(out, np.diff(text.words.rows))}


def line_repetition(text: Segments) -> dict[str, Values]:
    """Repeated lines and paragraphs (Gopher, Table A1)."""
    lines, paragraphs = repeated_spans(text.batch, text.lines), repeated_spans(text.batch, text.paragraphs)
    return {
        "duplicate_lines": lines[:, 0],
        "duplicate_line_chars": lines[:, 1],
        "duplicate_paragraphs": paragraphs[:, 0],
        "duplicate_paragraph_chars": paragraphs[:, 1],
    }


def n_gram_repetition(text: Segments) -> dict[str, Values]:
    """Repeated n-grams (Gopher, Table A1)."""
    found = repeated_n_grams(text.words, text.letters_per_word)
    return {f"{'top' if n < 5 else 'duplicate'}_{n}_grams": found[:, n] for n in range(2, 11)}
