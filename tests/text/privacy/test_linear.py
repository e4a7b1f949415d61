"""Work grows as the text does, whatever the text: a curve over ten hostile texts for each row of the table.

Work is counted in calls, which is exact; and, for what happens within one call, in CPU seconds of eight times the text,
of which a quadratic check needs 64 times as many. A measurement that looks bad is taken again, the shortest of three.
The examples are made from the rows' own patterns and words, so that a row which is added is tried as well.
"""

from __future__ import annotations

import random
import re
import re._constants as op
import re._parser as parser
import string
import sys
import time
from collections.abc import Iterator

import pytest
from labelled_spans import REGIONS

from llmctl.text.privacy.detectors import DETECTORS
from llmctl.text.privacy.scan import find_spans
from llmctl.text.privacy.spans import Detector, Found, Options

SIZE = 1_000  # code points, at least, of the smaller text whose calls are counted; the larger has four times as many
SECONDS_SIZE = 2_000  # of the smaller that is timed; the larger has eight times as many
MAX_CALLS, MAX_SECONDS = 6, 24  # times the smaller's, for 4 and 8 times the text
NOISE_CALLS, NOISE_SECONDS = 200, 0.002  # what a text without a hit costs
POSITIVES = {  # by rule, where the pattern's own example is unlikely to pass the check
    "email": "ann.lee@mail.example.com", "ipv4": "8.8.8.8", "ipv6": "2001:4860:4860::8888", "phone": "+1 415 555 0132",
    "jwt": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0.q7Zk2mVx9Lp4Tr8Ws", "key": 'api_key = "q7Zk2mVx9Lp4Tr8WsB1n"',
    "password": "password: Tr0ub4dor&3",
    "private-key": "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMRE\n",
    "netrc": "machine a.org login ann password Vx8qqLm2w", "pgpass": "\nlocalhost:5432:shop:ann:Vx8qqLm2w\n",
}  # fmt: skip


def example(pattern: str, most: int = 1) -> str:
    """A text that the pattern matches, repetitions as few as allowed, or `most` of those without a limit."""
    return "".join(_pieces(parser.parse(pattern), most))


def _pieces(parsed: parser.SubPattern, most: int) -> Iterator[str]:
    for kind, value in parsed:
        if kind is op.LITERAL:
            yield chr(value)
        elif kind is op.IN:
            yield _member(value)
        elif kind is op.ANY:
            yield "a"
        elif kind in (op.MAX_REPEAT, op.MIN_REPEAT):
            fewest, limit, inner = value
            yield "".join(_pieces(inner, 1)) * max(fewest, min(limit, most))
        elif kind is op.SUBPATTERN:
            yield from _pieces(value[3], most)
        elif kind is op.BRANCH:
            yield from _pieces(value[1][0], most)


def _member(members: list) -> str:
    """A character of a class, a letter or digit if there is one."""
    found = []
    for kind, value in members:
        found += [value] if kind is op.LITERAL else [value[0], value[1]] if kind is op.RANGE else []
        if kind is op.NEGATE:
            return next(c for c in string.ascii_letters + string.punctuation if not _listed(c, members[1:]))
    return min(map(chr, found or [ord("1")]), key=lambda char: not (char.isascii() and char.isalnum()))


def _listed(char: str, members: list) -> bool:
    return any(
        value == ord(char) if kind is op.LITERAL else kind is op.RANGE and value[0] <= ord(char) <= value[1]
        for kind, value in members
    )


def examples(row: Detector) -> list[str]:
    """Whole positives, as far as they can be told from the row itself."""
    if row.words:
        words = sorted(row.words())
        return [*random.Random(1).sample(words, min(12, len(words))), max(words, key=len)]
    return [POSITIVES[row.rule]] if row.rule in POSITIVES else [example(row.pattern), example(row.pattern, 12)]


def hostile(row: Detector) -> Iterator[tuple[str, str]]:
    """(what it is, a unit to repeat); the last three are one long run each."""
    whole = examples(row)
    joined, first = " ".join(whole), whole[0]
    said = " ".join(row.context[:40]) or "phone key password name born"
    marks = sorted({char for char in joined if not char.isalnum()} | set(" -.:/"))
    draw = random.Random(7)
    pieces = [*whole, first[:-1], first[: len(first) // 2], *marks, *row.context[:20], "\n", "\u4e2d", "1", "a"]
    yield "repeated", first
    yield "one a word", first + " "
    yield "one a line", "\n".join(whole) + "\n"
    yield "cut short", first[:-1] + " "
    yield "half of it", first[: max(1, len(first) // 2)]
    yield "announced", f"{said}: {joined}, "
    yield "context alone", said + " "
    yield "mixed", "".join(draw.choices(pieces, k=100))
    yield "separators", "".join(mark * 97 for mark in marks)
    yield "behind a run", first + first[-1] * 1_000


def times_over(unit: str, size: int, factor: int) -> str:
    """The unit as often as `size` code points take, times `factor`: whole units, so that every part weighs the same."""
    return unit * (-(-size // len(unit)) * factor)


def calls(text: str, rows: tuple[Detector, ...]) -> int:
    """Calls of functions, written in Python or in C, that it takes to find what the rows find."""
    count = 0

    def seen(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(seen)
    try:
        find_spans([text], rows, REGIONS)
    finally:
        sys.setprofile(before)
    return count


def seconds(text: str, rows: tuple[Detector, ...], times: int = 1) -> float:
    def once() -> float:
        start = time.process_time()
        find_spans([text], rows, REGIONS)
        return time.process_time() - start

    return min(once() for _ in range(times))


def is_linear(unit: str, rows: tuple[Detector, ...], before: str = "") -> tuple[bool, str]:
    few, many = (calls(before + times_over(unit, SIZE, factor), rows) for factor in (1, 4))
    if many > MAX_CALLS * max(few, NOISE_CALLS):
        return False, f"{few} calls, then {many}"
    small, large = (before + times_over(unit, SECONDS_SIZE, factor) for factor in (1, 8))
    for times in (1, 3):
        short, long = seconds(small, rows, times), seconds(large, rows, times)
        if long <= MAX_SECONDS * max(short, NOISE_SECONDS):
            return True, ""
    return False, f"{short:.4f} s, then {long:.4f} s"


@pytest.mark.parametrize("row", DETECTORS, ids=[f"{row.entity}-{row.rule}" for row in DETECTORS])
def test_four_times_the_text_is_four_times_the_work(row: Detector) -> None:
    find_spans([examples(row)[0]], (row,), REGIONS)  # what is compiled once is not counted
    grown = {name: is_linear(unit, (row,)) for name, unit in hostile(row)}
    assert {name: told for name, (linear, told) in grown.items() if not linear} == {}


def test_all_rows_together_are_linear() -> None:
    units = ["".join(unit[:200] for name, unit in hostile(row) if name in ("mixed", "one a line")) for row in DETECTORS]
    mixed = " ".join(units)
    find_spans([mixed], DETECTORS, REGIONS)
    assert is_linear(mixed, DETECTORS) == (True, "")


@pytest.mark.parametrize("unit", [
    "617-338-2910/", "13912345678/", "13912345678\n", "call 13912345678, ", "\u624b\u673a13912345678\u3001",
    "Tel. 96237271, ", "phone\n6173382910\n", "phone,a\n6173382910,phone\nphone,6173382910\n", "0003 699 7268 ",
    '"617,"338,6173382910\n',
])  # fmt: skip
@pytest.mark.parametrize("before", ["", "call ", "\u624b\u673a\n", "name,phone\nAnn,"])
def test_lists_and_columns_of_numbers_are_linear(before: str, unit: str) -> None:
    rows = tuple(row for row in DETECTORS if row.entity == "phone")
    assert is_linear(unit, rows, before) == (True, "")


def test_a_quadratic_check_is_caught() -> None:
    """The measure itself: checks that look at all before them, in Python or within one call."""

    def in_python(text: str, start: int, end: int, options: Options) -> Found:
        return [(0, 1) for char in text[:start] if char.isupper()]

    def in_one_call(text: str, start: int, end: int, options: Options) -> Found:
        return [(0, 1)] if (4 * text[:start]).casefold() == text[start:] else []

    for check in (in_python, in_one_call):
        assert not is_linear("ab\u4e2d ", (Detector("x", "x", check, "-", pattern="ab"),))[0]


@pytest.mark.parametrize("row", [row for row in DETECTORS if row.pattern], ids=lambda row: f"{row.entity}-{row.rule}")
def test_examples_are_made_that_match(row: Detector) -> None:
    assert re.search(row.pattern, example(row.pattern), re.ASCII)
