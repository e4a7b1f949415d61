"""What a detector finds, and what its checks need to know."""

from __future__ import annotations

from collections.abc import Callable
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


def is_ascii_alnum(char: str) -> bool:
    """Letters that would continue a word or a number; Chinese text may touch an address without a space."""
    return char.isascii() and char.isalnum()
