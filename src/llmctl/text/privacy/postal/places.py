"""Words of postal addresses: countries and first-level divisions in English, what makes a street of a name."""

from __future__ import annotations

import functools

from llmctl.text.privacy.packaged import packaged


@functools.lru_cache(maxsize=1)
def countries() -> frozenset[str]:
    """English short names of ISO 3166-1, names in common use, and some countries' own names."""
    return frozenset(_lines("countries.txt"))


@functools.lru_cache(maxsize=1)
def regions() -> frozenset[str]:
    """Names and postal codes of the states and provinces of the United States, Canada and Australia."""
    return frozenset(part for line in _lines("regions.txt") for part in line.split("\t"))


@functools.lru_cache(maxsize=32)
def street_words(kind: str) -> tuple[str, ...]:
    """The words of one kind, which streets.txt explains."""
    rows = (line.split("\t") for line in _lines("streets.txt"))
    return tuple(word for row in rows if row[0] == kind for word in row[1:])


def _lines(name: str) -> list[str]:
    text = packaged("postal", name).decode()
    return [line for line in text.split("\n") if line and not line.startswith("#")]
