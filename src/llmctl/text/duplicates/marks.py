"""Which lines and sentences of a text go, at sentence and at line level, and for which rule.

In: a batch of texts and what stands too often across documents (`lines.Frequent`). Out: cuts in code points of the text
as it came. Every rule marks whole lines or whole sentences, so a cut never ends within a word. All rules see the text as
it came, whatever another rule takes from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from llmctl.text.duplicates.cuts import STAYS, Cuts, Marks, lay
from llmctl.text.duplicates.lines import Frequent, ccnet_keys, host_keys, look_up, pair_keys, rows_of, span_keys
from llmctl.text.duplicates.repetition import (
    Flags,
    Hashes,
    copies,
    count_words,
    end_in_titles,
    hash_pieces,
    repeated_share,
    runs_on,
)
from llmctl.text.hash_table import place, table_size
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
PARAGRAPH, LINE, SENTENCE, REPETITIVE, COMMON, HOST, SPAN = range(7)


class Limits(NamedTuple):
    """Which levels cut, and from where on."""

    sentences: bool = True  # the rules within a document, and spans
    lines: bool = True
    min_words: int = 3  # shorter pieces may repeat within a document
    max_repetition: float = 0.5
    span: int = 3  # sentences; 0: off
    keep_first: bool = False  # of a common line or a host's line, the copy in the first document


class Pieces(NamedTuple):
    """The lines and sentences of a batch, and the rule that takes each (STAYS: none)."""

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
    marks = (np.full(len(spans.start), STAYS, np.int8) for spans in (lines, sentences))
    pieces = Pieces(
        batch, lines, hash_pieces(batch, lines), next(marks), sentences, hash_pieces(batch, sentences), next(marks)
    )
    if limits.sentences:
        mark_repetition(pieces, find_words(batch), limits)
        mark_spans(pieces, number, limits.span, frequent)
    if limits.lines:
        mark_lines(pieces, host_keys(urls), number, limits.keep_first, frequent)
    return lay(batch, lines, pieces.line_rule, sentences, pieces.sentence_rule, RULES)


def mark(rules: Marks, which: Flags, rule: int) -> None:
    """Give the pieces that a rule takes to it, where no earlier rule takes them."""
    rules[which] = np.minimum(rules[which], rule)


def mark_repetition(pieces: Pieces, words: Words, limits: Limits) -> None:
    """Second copies within a text, and sentences of repeated phrases.

    A line that was broken for its width is no piece of its own, nor is the part of a sentence at its end or beginning,
    or before and behind a title.
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
    titled = end_in_titles(batch, sentences)
    part |= titled
    part[1:] |= titled[:-1]
    whole = ~part & (count_words(words, sentences) >= limits.min_words)
    mark(pieces.sentence_rule, copies(sentences.rows, pieces.sentence_hash, whole), SENTENCE)
    mark(pieces.sentence_rule, repeated_share(batch, words, sentences) > limits.max_repetition, REPETITIVE)


def mark_lines(pieces: Pieces, hosts: Hashes, documents: Hashes, keep_first: bool, frequent: Frequent) -> None:
    """Lines that stand on many documents, or on many pages of their host."""
    row = rows_of(pieces.lines)
    keys, _ = ccnet_keys(pieces.batch, pieces.lines)
    for rule, wanted, found in (
        (COMMON, keys, frequent.lines),
        (HOST, pair_keys(hosts[row], pieces.line_hash), frequent.host_lines),
    ):
        hit, first = look_up(found, wanted)
        mark(pieces.line_rule, hit & ~(keep_first & (first == documents[row])), rule)


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
