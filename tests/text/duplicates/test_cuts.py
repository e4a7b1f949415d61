"""Where a marked line or sentence is cut, and what the text is afterwards."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmctl.text.duplicates.cuts import STAYS, Cuts, apply_cuts, lay, lost_share
from llmctl.text.segment import find_lines, find_sentences, utf8

GOES, ALSO = 0, 1
NAMES = ("first", "second")


def laid(text: str, lines: dict[int, int] | None = None, sentences: dict[int, int] | None = None) -> Cuts:
    """The cuts where these lines and sentences of the text are taken: {number: rule}."""
    batch = utf8([text])
    marks = []
    for spans, taken in ((find_lines(batch), lines), (find_sentences(batch), sentences)):
        rules = np.full(len(spans.start), STAYS, np.int8)
        for number, rule in (taken or {}).items():
            rules[number] = rule
        marks += [spans, rules]
    return lay(batch, *marks, NAMES)


def after(text: str, **taken: dict[int, int]) -> str:
    return apply_cuts([text], laid(text, **taken))[0].as_py()


@pytest.mark.parametrize(
    ("text", "line", "left"),
    [
        ("a\nb\nc", 1, "a\nc"),
        ("a\nb\nc", 2, "a\nb"),
        ("a\nb\n", 1, "a\n"),
        ("a\nb\n", 0, "b\n"),
        ("a\r\nb\r\nc", 1, "a\r\nc"),
        ("a\r\nb", 1, "a"),
        ("a\n\nb\n\nc", 1, "a\n\nc"),
        ("a\n\nb\nc", 1, "a\n\nc"),
        ("a\nb\n\nc", 1, "a\n\nc"),
        ("a\n\n\nb\n \n\nc\n", 1, "a\n\n\nc\n"),
        ("a\n\nb", 1, "a"),
        ("a\n\nb\n", 1, "a\n"),
        ("a\nb\n\n", 1, "a\n\n"),
        ("\n\na\n\nb", 0, "\n\nb"),
        ("a\n\nb", 0, "b"),
        ("  a\n\t b  \nc", 1, "  a\nc"),
        ("a", 0, ""),
        ("\n a \n\n", 0, ""),
    ],
)
def test_a_line_goes_with_its_break_and_leaves_no_blank_line(text: str, line: int, left: str) -> None:
    assert after(text, lines={line: GOES}) == left


@pytest.mark.parametrize(
    ("text", "sentences", "left"),
    [
        ("One a. Two b. Three c.", [0], "Two b. Three c."),
        ("One a. Two b. Three c.", [1], "One a. Three c."),
        ("One a. Two b. Three c.", [2], "One a. Two b."),
        ("One a. Two b. Three c.", [0, 2], "Two b."),
        ("One a. Two b.\nThree c.", [1, 2], "One a."),
        ("One a. Two b.\nThree c.", [0, 1], "Three c."),
        ("One a.  Two b.  \nThree c. Four d.\n", [1, 2], "One a.  \nFour d.\n"),
        ("\u4e00\u4e8c\u3002\u4e09\u56db\u3002\u4e94\u516d\u3002", [1], "\u4e00\u4e8c\u3002\u4e94\u516d\u3002"),
        ("\U0001f600 a. \u00c9t\u00e9 b. C.", [1], "\U0001f600 a. C."),
    ],
)
def test_a_sentence_goes_with_the_space_to_the_next(text: str, sentences: list[int], left: str) -> None:
    assert after(text, sentences=dict.fromkeys(sentences, GOES)) == left


def test_what_touches_is_one_cut_under_the_rule_of_the_first() -> None:
    cuts = laid("a\nb\nc\nd\ne", lines={1: ALSO, 2: GOES, 4: GOES})
    assert (cuts.start.tolist(), cuts.end.tolist(), cuts.rule) == ([2, 7], [6, 9], ["second", "first"])


def test_cuts_are_told_in_code_points_of_their_own_text() -> None:
    batch = utf8(["\u00e9\u4e2d\U0001f600\nb", "", "\U0001f600\u00e9\n\u4e2d\u4e2d\nc"])
    lines, sentences = find_lines(batch), find_sentences(batch)
    rules = np.array([STAYS, GOES, STAYS, GOES, STAYS], np.int8)
    cuts = lay(batch, lines, rules, sentences, np.full(5, STAYS, np.int8), NAMES)
    assert (cuts.row.tolist(), cuts.start.tolist(), cuts.end.tolist()) == ([0, 2], [3, 3], [5, 6])


def test_a_slice_of_a_column_is_cut_as_the_texts_alone() -> None:
    texts = pa.array(["x y z", "a\nb", "c\nd"]).slice(1)
    batch = utf8(texts)
    lines, sentences = find_lines(batch), find_sentences(batch)
    rules = np.array([STAYS, GOES, GOES, STAYS], np.int8)
    cuts = lay(batch, lines, rules, sentences, np.full(4, STAYS, np.int8), NAMES)
    assert apply_cuts(texts, cuts).to_pylist() == ["a", "d"]


LINES = st.lists(
    st.sampled_from(["", "  ", "\u4e2d\u3002 B c.", "a", "One. Two. Three.", "\U0001f600 x\r"]), max_size=12
)


def plain(text: str, gone: set[int]) -> str:
    """Lines without those that go, where content lines are numbered; blank lines that a cut would leave go too."""
    kept: list[str] = []
    number, cut = 0, False
    for line in text.splitlines(keepends=True):
        if line.strip():
            if number in gone:
                cut = True
            else:
                kept.append(line)
                cut = False
            number += 1
        elif not (cut and (not kept or not kept[-1].strip())):
            kept.append(line)
            cut = False
    if cut and (not text.endswith("\n") or not kept or not kept[-1].strip()):
        while kept and not kept[-1].strip():
            kept.pop()
        if kept and not text.endswith("\n"):
            kept[-1] = kept[-1].removesuffix("\n").removesuffix("\r")
    return "".join(kept)


@given(LINES, st.booleans(), st.sets(st.integers(0, 11)))
def test_laying_is_the_plain_walk_over_lines(lines: list[str], closed: bool, gone: set[int]) -> None:
    text = "\n".join(lines) + ("\n" if closed else "")
    contents = sum(bool(line.strip()) for line in lines)
    gone = {number for number in gone if number < contents}
    assert after(text, lines=dict.fromkeys(gone, GOES)) == plain(text, gone)


@given(LINES, st.sets(st.integers(0, 30)))
def test_applying_removes_the_code_points_of_the_cuts_and_no_others(lines: list[str], gone: set[int]) -> None:
    text = "\n".join(lines)
    sentences = len(find_sentences(utf8([text])).start)
    cuts = laid(text, sentences={number: GOES for number in gone if number < sentences})
    inside = {i for a, b in zip(cuts.start.tolist(), cuts.end.tolist(), strict=True) for i in range(a, b)}
    assert apply_cuts([text], cuts)[0].as_py() == "".join(c for i, c in enumerate(text) if i not in inside)
    letters = [i for i, c in enumerate(text) if c.isalnum()]
    lost = sum(i in inside for i in letters) / max(len(letters), 1)
    assert lost_share([text], cuts).tolist() == [pytest.approx(lost)]


def test_a_text_without_a_letter_loses_nothing() -> None:
    cuts = laid("--\n--", lines={1: GOES})
    assert lost_share(["--\n--"], cuts).tolist() == [0.0]
