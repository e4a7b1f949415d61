"""The reference of the fast path: one text, one row of the table, one pattern of `re` at a time, nothing shared but the
checks themselves. Names of the gazetteers are looked up place by place."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence

from llmctl.text.privacy import repeats
from llmctl.text.privacy.context import announced
from llmctl.text.privacy.pseudonyms import is_reserved
from llmctl.text.privacy.reading import divided, read, with_marks
from llmctl.text.privacy.scan import NEAR, PASSES
from llmctl.text.privacy.spans import Detector, Options, Span


def find_spans_slowly(text: str, detectors: Sequence[Detector], options: Options) -> list[Span]:
    """What `scan.find_spans` finds in one text."""
    reading = read(text)
    found = _find_in(reading.text, detectors, options)
    placed = [(reading.placed(span.start, span.end), span) for span in found]
    spans = [
        Span(start, with_marks(text, end) if reading.gaps else end, s.entity, s.rule) for (start, end), s in placed
    ]
    if reading.gaps:
        masked, origin = text, list(range(len(text) + 1))
        for span in reversed(spans):
            name = f"<{span.entity.upper()}>"
            masked = masked[: span.start] + name + masked[span.end :]
            origin[span.start : span.end] = [span.start] * len(name)
        for span in _find_in(divided(masked), detectors, options):
            spans.append(Span(origin[span.start], origin[span.end - 1] + 1, span.entity, span.rule))
    return sorted(spans, key=lambda span: span.start)


def _find_in(text: str, detectors: Sequence[Detector], options: Options) -> list[Span]:
    masked, origin = text, list(range(len(text) + 1))  # of each code point of the masked text where it came from
    found: list[Span] = []
    fresh = [True] * len(text)  # which code points of the masked text are near what was masked just now
    for _ in range(PASSES):
        new = _look_once(masked, fresh, detectors, options)
        if not new:
            break
        new = sorted([*new, *_repeated(masked, new)], key=lambda span: span.start)
        recent = set()
        for span in reversed(new):  # from the end, so that what is before stays where it is
            whole = Span(origin[span.start], origin[span.end - 1] + 1, span.entity, span.rule)
            found.append(whole)
            name = f"<{span.entity.upper()}>"
            recent.add(whole.start)
            masked = masked[: span.start] + name + masked[span.end :]
            origin[span.start : span.end] = [whole.start] * len(name)
        fresh = [False] * len(masked)
        for at, place in enumerate(origin[:-1]):
            if place in recent:
                fresh[max(0, at - NEAR) : at + NEAR + 1] = [True] * len(fresh[max(0, at - NEAR) : at + NEAR + 1])
    return sorted(found, key=lambda span: span.start)


def _look_once(text: str, fresh: Sequence[bool], detectors: Sequence[Detector], options: Options) -> list[Span]:
    owner: list[Detector | None] = [None] * len(text)
    spans: list[Span] = []
    for detector in detectors:
        for start, end in proposals(text, detector):
            if not any(fresh[start:end]):
                continue
            if detector.context and not announced(text, start, end, detector.context):
                continue
            for first, last in detector.check(text, start, end, options):
                if not any(owner[first:last]):
                    owner[first:last] = [detector] * (last - first)
                    spans.append(Span(first, last, detector.entity, detector.rule))
    told = [s for s in spans if s.entity and not is_reserved(s.entity, text[s.start : s.end])]
    return sorted(told, key=lambda span: span.start)


def _repeated(text: str, spans: Sequence[Span]) -> list[Span]:
    """The longest form of a value found, wherever one stands, from left to right."""
    forms = {
        form: span.entity
        for span in reversed(spans)
        for form in reversed(repeats.forms(span.entity, text[span.start : span.end], span.rule))
    }
    free = [True] * len(text)
    for span in spans:
        free[span.start : span.end] = [False] * (span.end - span.start)
    found = []
    for start in range(len(text)):
        for form in sorted(forms, key=len, reverse=True):
            end = start + len(form)
            free_form = text[start:end] == form and all(free[start:end])
            if free_form and repeats.stands(forms[form], text, start, end):
                free[start:end] = [False] * len(form)
                found.append(Span(start, end, forms[form], "repeated"))
    return found


def proposals(text: str, detector: Detector) -> Iterator[tuple[int, int]]:
    """Where one detector asks its check."""
    if detector.pattern:
        for match in re.finditer(detector.pattern, text, re.ASCII):
            yield match.span()
    if detector.words:
        words = _words(detector)
        for start in range(len(text)):
            for length in _lengths(detector):
                if (
                    start + length <= len(text)
                    and text[start : start + length] in words
                    and _stands_alone(text, start, start + length)
                ):
                    yield start, start + length


def _stands_alone(text: str, start: int, end: int) -> bool:
    """No ASCII letter or digit on both sides of a border."""
    around = f" {text} "
    left, right = around[start : start + 2], around[end : end + 2]
    return not any(all(c.isascii() and c.isalnum() for c in border) for border in (left, right))


@functools.cache
def _words(detector: Detector) -> frozenset[str]:
    assert detector.words is not None
    return frozenset(detector.words())


@functools.cache
def _lengths(detector: Detector) -> list[int]:
    return sorted({len(word) for word in _words(detector)}, reverse=True)
