"""Texts that are the same but for capitals and white space."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pyarrow as pa
from real_text import declarations

from llmctl.text.duplicates.exact import exact_hashes
from llmctl.text.segment import utf8


def hashed(*texts: str) -> list[tuple[int, int]]:
    exact = exact_hashes(utf8(pa.array(texts, pa.large_string())))
    return list(zip(exact.low.tolist(), exact.high.tolist(), strict=True))


def normal(text: str) -> str:
    """The definition."""
    return "".join(c.lower()[0] for c in " ".join(text.split()))


def test_capitals_and_white_space_do_not_count() -> None:
    a, b, c, d = hashed("The sea\n\n  and a Town ", "the SEA and a town", "the sea and a town.", "the sea anda town")
    assert a == b and len({a, c, d}) == 3


def test_no_text_is_like_no_text() -> None:
    assert len(set(hashed("", "  \n", "\u00a0"))) == 1


def test_equal_hashes_are_equal_texts_of_every_script(data: Path) -> None:
    texts = [t[:400] for t in declarations(data).values()]
    texts += [t.upper() for t in texts] + [t.replace(" ", "\n\n") for t in texts] + [t + "!" for t in texts]
    groups: dict[tuple[int, int], set[str]] = defaultdict(set)
    for text, pair in zip(texts, hashed(*texts), strict=True):
        groups[pair].add(normal(text))
    assert all(len(group) == 1 for group in groups.values())
    assert len(groups) == len(set(map(normal, texts)))
