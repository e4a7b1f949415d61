"""The fast path equals the slow one: the same spans on real texts, on gold, and on texts made to confuse it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import re2
from hypothesis import given, settings
from hypothesis import strategies as st
from labelled_spans import REGIONS, jsonl
from slow_spans import find_spans_slowly

from llmctl.settings.scrub import ENTITIES
from llmctl.text.privacy.detectors import DETECTORS, detectors_of
from llmctl.text.privacy.masking import mask_spans
from llmctl.text.privacy.scan import find_spans
from llmctl.text.privacy.spans import Detector, Options, as_found

EVERY = detectors_of(ENTITIES)


def same(texts: list[str], detectors: tuple[Detector, ...] = EVERY) -> int:
    """How many spans there are, after making sure that they are the same."""
    fast = find_spans(texts, detectors, REGIONS)
    for text, spans in zip(texts, fast, strict=True):
        assert spans == find_spans_slowly(text, detectors, REGIONS), text[:200]
    return sum(map(len, fast))


def test_the_same_spans_on_gold(data: Path) -> None:
    texts = [row["text"] for name in ("presidio_synth_v2", "presidio_generated_large", "zh_generated")
             for row in jsonl(data / "pii" / f"{name}.jsonl.zst")[::3]]  # fmt: skip
    assert same(texts) > 900


def test_the_same_spans_on_long_prose_and_code(data: Path) -> None:
    prose = [row["text"] for row in jsonl(data / "pii" / "lifebench_prose.jsonl.zst")[:60]]
    code = [row["content"] for path in sorted((data / "code").glob("*.jsonl.zst"))[:1] for row in jsonl(path)[:40]]
    assert same(prose) > 10 and len(code) == 40
    same([text[:20_000] for text in code])


PIECES = st.sampled_from([
    "ann@mail.example", "8.8.8.8", "2001:4860:4860::8888", "+1 415 555 2671", "13812345678", "4111 1111 1111 1111",
    "DE89 3704 0044 0532 0130 00", "078-05-1120", "SSN", "手机", "电话", "AKIAIOSFODNN7ABCDEFG", "password = ", "@alice",
    "00:1A:2B:3C:4D:5E", "https://a:b@c.de/?token=abcdef123456",
    "Mr. ", "Mary Smith", "Zhou Tao", "张伟先生", "我叫王小明", "我叫欧阳明德", "欧阳明德", "Smith",
    "Zebrunko", "Mr. Zebrunko", "１３８１２３４５６７８", "\u200b", "ann＠mail.example",
    "12 Main Street", "北京市海淀区中关村大街1号", "born on 12 March 1975", "出生日期1980-09-23", " ", "\n", "\n\n", ", ", ".",
    ":", "<EMAIL>", "ü", "中", "\U0001f600", "\x00", "\r", "\u2028", "a", "0", "-", "\ud800",
])  # fmt: skip
CONFUSING = st.lists(PIECES, max_size=14).map("".join)


@settings(max_examples=400, deadline=None)
@given(st.lists(CONFUSING, max_size=5))
def test_the_same_spans_on_texts_made_to_confuse(texts: list[str]) -> None:
    assert same(texts) >= 0


@settings(max_examples=200, deadline=None)
@given(st.lists(CONFUSING, min_size=1, max_size=4))
def test_a_text_is_read_alike_alone_and_among_others(texts: list[str]) -> None:
    assert find_spans(texts, EVERY, REGIONS) == [find_spans([text], EVERY, REGIONS)[0] for text in texts]


@settings(max_examples=400, deadline=None)
@given(CONFUSING)
def test_masking_twice_masks_nothing_more(text: str) -> None:
    once = mask_spans(text, find_spans([text], EVERY, REGIONS)[0])[0]
    assert find_spans([once], EVERY, REGIONS) == [[]]


@pytest.mark.parametrize("detector", [d for d in DETECTORS if d.pattern], ids=lambda d: f"{d.entity}:{d.rule}")
def test_patterns_are_of_the_syntax_that_both_share(detector: Detector) -> None:
    """No look-around, no anchors, no match across lines, none of nothing."""
    assert re2.compile(detector.pattern) is not None and re.compile(detector.pattern, re.ASCII) is not None
    bare = re.sub(r"\\.|\[(?:\\.|[^\]\\])*\]", "", detector.pattern)
    assert not re.search(r"[$^]|\(\?[^:]", bare)
    assert not re.fullmatch(detector.pattern, "")
    assert all(
        re.search(r"[\n]", found) is None for found in re.findall(detector.pattern, "1\n2 a\nb @\n. 12345\n67890")
    )


def test_the_earlier_row_has_what_two_claim() -> None:
    first = Detector("email", "long", as_found, "made up", pattern=r"ab+")
    second = Detector("ip", "short", as_found, "made up", pattern=r"b+c?")
    told = [(s.start, s.end, s.rule) for s in find_spans(["abbc bbc"], (first, second), Options())[0]]
    assert told == [(0, 3, "long"), (5, 8, "short")]


def test_what_masking_uncovers_is_found_in_the_next_pass() -> None:
    """`bb` is a neighbour of letters until `aa` is masked."""
    first = Detector("email", "first", as_found, "made up", pattern=r"aa")
    second = Detector("ip", "second", as_found, "made up", pattern=r"\bbb\b")
    spans = find_spans(["xx aabb yy"], (first, second), Options())[0]
    assert [(s.start, s.end, s.rule) for s in spans] == [(3, 5, "first"), (5, 7, "second")]
