"""Replacing spans by typed placeholders or by pseudonyms, with the offsets before and after."""

from __future__ import annotations

from collections.abc import Sequence

from llmctl.text.privacy.spans import Span


def placeholder(entity: str) -> str:
    """`id-number` -> `<ID-NUMBER>`."""
    return f"<{entity.upper()}>"


def mask_spans(text: str, spans: Sequence[Span]) -> tuple[str, list[tuple[int, int]]]:
    """The text with a placeholder for each span; and each span's [start, end) in the new text, in code points."""
    return replace_spans(text, spans, [placeholder(span.entity) for span in spans])


def replace_spans(
    text: str, spans: Sequence[Span], replacements: Sequence[str | None]
) -> tuple[str, list[tuple[int, int]]]:
    """The text with each span replaced (None: as it stands); and each span's [start, end) in the new text."""
    pieces: list[str] = []
    moved: list[tuple[int, int]] = []
    position = length = 0
    for span, replacement in zip(spans, replacements, strict=True):
        before = text[position : span.start]
        inside = text[span.start : span.end] if replacement is None else replacement
        pieces += [before, inside]
        length += len(before)
        moved.append((length, length + len(inside)))
        length += len(inside)
        position = span.end
    return "".join([*pieces, text[position:]]), moved
