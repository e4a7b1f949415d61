"""What a detector is, what it finds, and what its checks need to know."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Span:
    """[start, end) in code points of the text, what it is, and the rule that found it."""

    start: int
    end: int
    entity: str
    rule: str


@dataclass(frozen=True)
class Options:
    """What the checks need to know."""

    private_ips: bool = False
    regions: tuple[str, ...] = ("US",)


Found = list[tuple[int, int]]
Check = Callable[[str, int, int, Options], Found]


@dataclass(frozen=True)
class Detector:
    """One way to find one entity: something proposes places, a check disposes of them.

    Either `pattern` proposes (in the syntax that RE2 and `re` share; it never matches a line break and looks at nothing
    beside its match but `\\b`), or `words` do (a gazetteer: each word wherever it stands alone, as written; in scripts
    without spaces wherever it stands). `check(text, start, end, options)` gets the whole text and the proposal in code
    points, and answers with the spans that are personal, which may be shorter, longer or several; it looks a bounded
    distance around, so that hostile texts stay linear. With `context`, a check is asked only where one of these words
    stands close before the proposal or just behind it. `source` says who defines the shape.
    """

    entity: str
    rule: str  # the name in `_spans`
    check: Check
    source: str
    pattern: str = ""
    words: Callable[[], Sequence[str]] | None = None
    context: tuple[str, ...] = ()


def is_ascii_alnum(char: str) -> bool:
    """Letters that would continue a word or a number; Chinese text may touch an address without a space."""
    return char.isascii() and char.isalnum()


def as_found(text: str, start: int, end: int, options: Options) -> Found:
    """The check of a pattern that says it all."""
    return [(start, end)]
