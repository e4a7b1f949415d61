"""Detectors: a pattern that proposes and a check that disposes, one row an entity.

Patterns run in RE2 (linear time on hostile input) over the whole text; checks use the field's own parsers: `ipaddress`,
`phonenumbers`. Figures that look like personal data but are not (versions, dates, ISBNs, private addresses) are what
the checks are for.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import re2

from llmctl.text.privacy.addresses import EMAIL, IPV4, IPV6, emails, ipv4s, ipv6s
from llmctl.text.privacy.phones import PHONE, phones
from llmctl.text.privacy.spans import Check, Options, Span


@dataclass(frozen=True)
class Detector:
    """One way to find one entity: `hint` is a character without which a text cannot hold it."""

    entity: str
    rule: str
    pattern: str
    hint: str
    check: Check


DETECTORS = (
    Detector("email", "email", EMAIL, "@", emails),
    Detector("ip", "ipv6", IPV6, ":", ipv6s),
    Detector("ip", "ipv4", IPV4, ".", ipv4s),
    Detector("phone", "phone", PHONE, "", phones),
)


@functools.lru_cache(maxsize=64)
def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.never_nl = False
    options.log_errors = False
    return re2.compile(pattern, options)


def find_spans(text: str, entities: Sequence[str], options: Options) -> list[Span]:
    """The personal data of a text, in order and without overlaps (an earlier row of the table wins)."""
    taken: list[Span] = []
    for detector in DETECTORS:
        if detector.entity in entities and (not detector.hint or detector.hint in text):
            found = list(_spans_of(detector, text, options))
            taken = _merged(taken, found) if found else taken
            text = _without(text, found)
    return taken


def _spans_of(detector: Detector, text: str, options: Options) -> Iterator[Span]:
    for match in _compiled(detector.pattern).finditer(text):
        for start, end in detector.check(text, match.start(), match.end(), options):
            yield Span(start, end, detector.entity, detector.rule)


def _merged(taken: Sequence[Span], found: Sequence[Span]) -> list[Span]:
    return sorted([*taken, *found], key=lambda span: span.start)  # two sorted runs: linear


def _without(text: str, found: Sequence[Span]) -> str:
    """The text for the next detector: what is taken is nobody else's, and as good a border as a placeholder."""
    pieces: list[str] = []
    position = 0
    for span in found:
        pieces += [text[position : span.start], ">" * (span.end - span.start)]
        position = span.end
    return "".join([*pieces, text[position:]]) if found else text
