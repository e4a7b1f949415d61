"""Lines and spans of sentences across documents: what one unit of work counts, and what is known when all is counted.

In: a batch of texts with the addresses and the numbers of their documents. Out: a small table a kind, sorted by a 64-bit
key and with one row for each: how many documents (of spans: places) have it, and the first of them. Tables add up
(`combine`), so it does not matter how the corpus is split. Kinds: `lines` by CCNet's hash (Wenzek et al. 2020, cc_net
text_normalizer.py `normalize_for_dedup`, with another 64-bit hash than SHA-1's first half), `host_lines` by host and line
as it stands (lower case, white space as one: "Chapter 4" is not "Chapter 5"), `hosts` with their pages, `spans` of
sentences (C4: Raffel et al. 2020, 2.2, "all but one of any three-sentence span"). A line counts once a document.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import numpy as np
import numpy.typing as npt
import xxhash
from numba import njit

from llmctl.text.characters import DIGIT, character_classes
from llmctl.text.duplicates.repetition import (
    GONE,
    STEP,
    Flags,
    Fold,
    Hashes,
    Longs,
    copies,
    hash_folded,
    hash_pieces,
    plain_fold,
)
from llmctl.text.hash_table import mix
from llmctl.text.segment import Spans, Utf8, find_lines, find_sentences, utf8

KINDS = ("lines", "hosts", "host_lines", "spans")
KEY, COUNT, FIRST, HOST = range(4)  # rows of a table; only `host_lines` has a host
NOBODY = np.uint64(2**64 - 1)  # the first document where none of those that have it stays
Table = npt.NDArray[np.uint64]

# cc_net text_normalizer.py UNICODE_PUNCT: what its dedup takes out; ASCII punctuation stays. (Its list has U+FF11 too, a
# digit, which is a 0 by then.)
PUNCTUATION = (
    "\u00ab\u00b4\u00bb\u2013\u2014\u2019\u201c\u201d\u201e\u2026\u2236\u2501\u25ba\u3001\u3002\u3008\u3009\u300a\u300b"
    "\u300c\u300d\u3010\u3011\uff01\uff05\uff08\uff09\uff0c\uff0e\uff1a\uff1b\uff1f\uff5e"
)
CONTROLS = (*range(32), *range(127, 160))  # NON_PRINTING_CHARS_RE


class Found(NamedTuple):
    """Keys that stand too often, sorted, and the first document of each."""

    key: Hashes
    first: Hashes


class Frequent(NamedTuple):
    """What is cut wherever it stands (but for the first document, where that keeps it)."""

    lines: Found
    host_lines: Found
    spans: Found


NOTHING_FREQUENT = Frequent(*(Found(np.empty(0, np.uint64), np.empty(0, np.uint64)) for _ in range(3)))


@lru_cache(maxsize=1)
def ccnet_fold() -> Fold:
    """CCNet's normalisation of a line that is stripped: lower case, digits 0, its punctuation and controls gone."""
    fold = plain_fold().copy()
    whole = np.arange(0x110000, dtype=np.int32)
    fold[fold == 32] = whole[fold == 32]  # white space stays as it is
    fold[(character_classes() & DIGIT) > 0] = ord("0")
    fold[[ord(c) for c in PUNCTUATION]] = GONE
    fold[list(CONTROLS)] = GONE
    fold.flags.writeable = False
    return fold


def host_of(url: str | None) -> str:
    """The host of an address in lower case, without user and port; empty where there is none."""
    try:
        return (urlsplit(url).hostname or "") if url else ""
    except ValueError:  # a bracket that opens no IPv6 address
        return ""


def host_keys(urls: Sequence[str | None]) -> Hashes:
    """A hash of each address's host; 0 where it has none."""
    hosts = [host_of(url) for url in urls]
    known = {host: xxhash.xxh3_64_intdigest(host.encode()) or 1 if host else 0 for host in set(hosts)}
    return np.array([known[host] for host in hosts], np.uint64)


@njit(cache=True, nogil=True)
def _pair_keys(one: Any, two: Any, out: Any) -> None:
    for j in range(len(one)):
        out[j] = mix(one[j] * STEP + two[j])


def pair_keys(hosts: Hashes, lines: Hashes) -> Hashes:
    """One key for a host and a line of it."""
    out = np.empty(len(lines), np.uint64)
    _pair_keys(hosts, lines, out)
    return out


@njit(cache=True, nogil=True)
def _span_keys(hashes: Any, at: Any, length: int, out: Any) -> None:
    for j in range(len(at)):
        h = np.uint64(0)
        for k in range(at[j], at[j] + length):
            h = h * STEP + hashes[k]
        out[j] = mix(h)


def span_keys(sentences: Spans, hashes: Hashes, length: int) -> tuple[Longs, Hashes]:
    """The number of the first sentence of every span of `length` sentences, and its key; spans stay within a text."""
    rows = sentences.rows
    inside = np.ones(len(hashes), np.bool_)
    for back in range(1, length):
        last = rows[1:] - back
        inside[last[last >= rows[:-1]]] = False
    at = np.flatnonzero(inside)
    out = np.empty(len(at), np.uint64)
    _span_keys(hashes, at, length, out)
    return at, out


def rows_of(spans: Spans) -> Longs:
    """The text of each span."""
    return np.repeat(np.arange(len(spans.rows) - 1), np.diff(spans.rows))


def ccnet_keys(batch: Utf8, lines: Spans) -> tuple[Hashes, Flags]:
    """CCNet's hash of each line, and whether its normalisation leaves nothing."""
    return hash_folded(batch, lines, ccnet_fold(), collapse=False)


def count_batch(
    texts: Any, urls: Sequence[str | None], documents: npt.ArrayLike, *, kinds: Sequence[str] = KINDS, span: int = 3,
    stays: npt.ArrayLike | None = None,
) -> dict[str, Table]:  # fmt: skip
    """The tables of these kinds for a batch. (`texts`: a string array, or a list of str.)

    `documents` are the numbers in the order in which documents come first. A document that does not stay (it goes as the
    duplicate of another) counts for lines, but is never the first, and its spans do not count.
    """
    batch, number = utf8(texts), np.asarray(documents, np.uint64)
    stay = np.ones(len(number), np.bool_) if stays is None else np.asarray(stays, np.bool_)
    first, tables = np.where(stay, number, NOBODY), {}
    if {"lines", "hosts", "host_lines"} & set(kinds):
        lines = find_lines(batch)
        row, hosts = rows_of(lines), host_keys(urls)
        keys, empty = ccnet_keys(batch, lines)
        once = ~copies(lines.rows, keys) & ~empty
        tables["lines"] = combine([table_of(keys[once], first[row[once]])])
        plain = hash_pieces(batch, lines)
        once = ~copies(lines.rows, plain) & (hosts[row] != 0)
        at = row[once]
        tables["host_lines"] = combine([table_of(pair_keys(hosts[at], plain[once]), first[at], hosts[at])])
        tables["hosts"] = combine([table_of(hosts[hosts != 0], first[hosts != 0])])
    if "spans" in kinds:
        sentences = find_sentences(batch)
        start, keys = span_keys(sentences, hash_pieces(batch, sentences), span)
        at = rows_of(sentences)[start]
        tables["spans"] = combine([table_of(keys[stay[at]], first[at[stay[at]]])])
    return {kind: tables[kind] for kind in kinds}


def table_of(keys: Hashes, first: Hashes, host: Hashes | None = None) -> Table:
    """A table with a row of one for each key, as it came."""
    columns = [keys, np.ones(len(keys), np.uint64), first]
    return np.stack(columns if host is None else [*columns, host])


def combine(tables: Sequence[Table]) -> Table:
    """One table, sorted by key: counts added up, the first of the first documents."""
    joined = tables[0] if len(tables) == 1 else np.concatenate(tables, axis=1)
    if not joined.shape[1]:
        return joined
    order = np.argsort(joined[KEY], kind="stable")
    key = joined[KEY][order]
    heads = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]]))
    out = np.empty((len(joined), len(heads)), np.uint64)
    out[KEY] = key[heads]
    out[COUNT] = np.add.reduceat(joined[COUNT][order], heads)
    for column in range(FIRST, len(joined)):  # a host is the same in all
        out[column] = np.minimum.reduceat(joined[column][order], heads)
    return out


def look_up(found: Found, keys: Hashes) -> tuple[Flags, Hashes]:
    """Which keys are among those found, and the first document of each (NOBODY where not)."""
    if not len(found.key) or not len(keys):
        return np.zeros(len(keys), np.bool_), np.full(len(keys), NOBODY)
    distinct, back = np.unique(keys, return_inverse=True)  # sorted look-ups walk the file from front to back
    at = np.minimum(np.searchsorted(found.key, distinct), len(found.key) - 1)
    hit = found.key[at] == distinct
    first = np.where(hit, found.first[at], NOBODY)
    return hit[back], first[back]
