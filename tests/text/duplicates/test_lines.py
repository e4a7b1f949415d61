"""What a unit counts of lines and spans: CCNet's normalisation, hosts, once a document, and sums that do not care how."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmctl.text.duplicates.lines import (
    COUNT,
    FIRST,
    KEY,
    NOBODY,
    PUNCTUATION,
    Found,
    ccnet_keys,
    combine,
    count_batch,
    host_keys,
    host_of,
    look_up,
    span_keys,
)
from llmctl.text.segment import Spans, find_lines, utf8


def ccnet(line: str) -> str:
    """The rules of cc_net in their order: strip, lower case, digits, punctuation and control characters."""
    line = re.sub(r"\d", "0", line.strip().lower())
    return "".join(c for c in line if c not in PUNCTUATION and not (ord(c) < 32 or 127 <= ord(c) < 160))


def keys_of(*lines: str) -> list[int]:
    batch = utf8(list(lines))
    keys, _ = ccnet_keys(batch, find_lines(batch))
    return keys.tolist()


@pytest.mark.parametrize(
    ("line", "same"),
    [
        # cc_net tests/test_normalizer.py, re-derived: full-width digits, signs of other scripts, a control character
        ("\uff10\uff12\uff13\u00b4\u2236\uff1a\x10 | ;012 h\u00e8llo", "000 | ;000 h\u00e8llo"),
        ("  Copyright 2019 ", "copyright 1984"),
        ("\u4f60\u597d\u3002", "\u4f60\u597d"),
        ("\u201cYes\u201d", "yes"),
    ],
)
def test_lines_are_the_same_by_the_rules_of_ccnet(line: str, same: str) -> None:
    assert len(set(keys_of(line, same))) == 1


@pytest.mark.parametrize(
    ("line", "other"), [("hello.", "hello"), ("h\u00e8llo", "hello"), ("10 | 2", "100 | 2"), ("a b", "a  b")]
)
def test_ascii_signs_accents_and_spaces_make_a_difference_to_ccnet(line: str, other: str) -> None:
    assert len(set(keys_of(line, other))) == 2


@given(st.lists(st.text("aB\u00e91\uff11\u3002\u2026\x07\x85 |.", min_size=1).filter(lambda s: s.strip()), min_size=1))
def test_keys_are_equal_where_the_normal_forms_are(lines: list[str]) -> None:
    lines = [line.replace("\n", " ") for line in lines]
    forms, keys = [ccnet(line) for line in lines], keys_of(*lines)
    assert len(set(forms)) == len(set(keys)) == len(set(zip(forms, keys, strict=True)))


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://www.Example.com:8080/a?b", "www.example.com"),
        ("https://user@example.com", "example.com"),
        ("http://[::1]/x", "::1"),
        ("http://[broken", ""),
        ("a page", ""),
        (None, ""),
    ],
)
def test_the_host_of_an_address(url: str | None, host: str) -> None:
    assert host_of(url) == host
    assert (host_keys([url])[0] != 0) == bool(host)


def test_a_line_counts_once_a_document_and_for_its_host() -> None:
    texts = ["Menu\nMenu\nOne", "MENU\nTwo", "Menu", "menu"]
    urls = ["http://a.example/1", "http://a.example/2", "http://b.example/", None]
    tables = count_batch(texts, urls, [4, 5, 6, 7])
    assert Counter(tables["lines"][COUNT].tolist()) == {4: 1, 1: 2}
    assert Counter(tables["host_lines"][COUNT].tolist()) == {2: 1, 1: 3}
    assert Counter(tables["hosts"][COUNT].tolist()) == {2: 1, 1: 1}
    most = tables["lines"][COUNT].argmax()
    assert tables["lines"][FIRST][most] == 4


def test_a_line_of_signs_alone_is_not_counted_for_ccnet() -> None:
    assert count_batch(["\u3002\u2026", "\u3002"], [None, None], [0, 1])["lines"].shape == (3, 0)


def test_a_document_that_goes_counts_but_is_never_the_first() -> None:
    texts = ["Menu here\nA b c. D e f. G h i."] * 3
    tables = count_batch(texts, [None] * 3, [0, 1, 2], stays=[False, False, True])
    assert (tables["lines"][COUNT].tolist(), tables["lines"][FIRST].tolist()) == ([3, 3], [2, 2])
    assert (tables["spans"][COUNT].tolist(), tables["spans"][FIRST].tolist()) == ([1, 1], [2, 2])
    alone = count_batch(texts, [None] * 3, [0, 1, 2], stays=[False] * 3)
    assert alone["lines"][FIRST].tolist() == [NOBODY] * 2 and alone["spans"].shape == (3, 0)


@pytest.mark.parametrize(("length", "at"), [(1, [0, 1, 2, 3, 4, 5]), (2, [0, 1, 2, 4]), (3, [0, 1]), (4, [0]), (5, [])])
def test_spans_of_sentences_stay_within_their_text(length: int, at: list[int]) -> None:
    rows = np.array([0, 4, 4, 6])
    spans = Spans(rows, np.arange(6), np.arange(6) + 1)
    starts, keys = span_keys(spans, np.array([7, 8, 9, 7, 7, 8], np.uint64), length)
    assert starts.tolist() == at
    if length == 2:
        assert keys[0] == keys[3] and len(set(keys.tolist())) == 3


@given(st.lists(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 99)), max_size=20), min_size=1, max_size=6))
def test_tables_add_up_in_any_grouping(units: list[list[tuple[int, int]]]) -> None:
    tables = [
        np.array([[k for k, _ in unit], [1] * len(unit), [f for _, f in unit]], np.uint64).reshape(3, -1)
        for unit in units
    ]
    whole = combine(tables)
    assert np.array_equal(whole, combine([combine([table]) for table in reversed(tables)]))
    pairs = [pair for unit in units for pair in unit]
    assert whole[KEY].tolist() == sorted({k for k, _ in pairs})
    assert whole[COUNT].tolist() == [n for _, n in sorted(Counter(k for k, _ in pairs).items())]
    assert whole[FIRST].tolist() == [min(f for k, f in pairs if k == key) for key in whole[KEY].tolist()]


def test_a_look_up_tells_what_is_there_and_who_has_it_first() -> None:
    found = Found(np.array([3, 5, 2**64 - 1], np.uint64), np.array([30, 50, 70], np.uint64))
    hit, first = look_up(found, np.array([5, 4, 2**64 - 1, 5, 0], np.uint64))
    assert hit.tolist() == [True, False, True, True, False]
    assert first.tolist() == [50, NOBODY, 70, 50, NOBODY]
