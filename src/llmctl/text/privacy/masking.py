"""Replacing spans by typed placeholders, with the offsets before and after."""

from __future__ import annotations

from collections.abc import Sequence

from llmctl.text.privacy.spans import Span


def placeholder(entity: str) -> str:
    """`id-number` -> `<ID-NUMBER>`."""
    return f"<{entity.upper()}>"


def mask_spans(text: str, spans: Sequence[Span], masked: Sequence[bool]) -> tuple[str, list[tuple[int, int]]]:
    """The text with the masked spans replaced; and each span's [start, end) in the new text, in code points."""
    pieces: list[str] = []
    moved: list[tuple[int, int]] = []
    position = length = 0
    for span, replace in zip(spans, masked, strict=True):
        before = text[position : span.start]
        inside = placeholder(span.entity) if replace else text[span.start : span.end]
        pieces += [before, inside]
        length += len(before)
        moved.append((length, length + len(inside)))
        length += len(inside)
        position = span.end
    return "".join([*pieces, text[position:]]), moved
