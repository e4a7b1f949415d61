"""Documents with known spans: JSON Lines with `text` and `spans` (`start`, `end`, `type`, also called entity or label)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from llmctl.errors import UserError
from llmctl.store import jsonl
from llmctl.store.artifacts import require
from llmctl.text.privacy.gold import Gold, entity_of

LABEL = ("type", "entity", "label", "entity_type")


def read_gold(paths: Sequence[str]) -> tuple[list[Gold], Counter[str]]:
    """The documents of the files, and how often a label stands there that is none of our entities."""
    documents: list[Gold] = []
    others: Counter[str] = Counter()
    for path in paths:
        file = require(path)
        if file.is_dir():
            raise UserError(f"{path} is a directory; --evaluate reads JSON Lines with `text` and `spans`")
        with jsonl.opened(file) as stream:
            for number, line in enumerate(stream, 1):
                if line.strip():
                    row, why = jsonl.parse(line, first=number == 1)
                    documents.append(_document(row, f"{path}, line {number}", why, others))
    if not documents:
        raise UserError(f"{', '.join(paths)}: no document; --evaluate reads JSON Lines with `text` and `spans`")
    return documents, others


def _document(row: dict[str, Any] | None, where: str, why: str, others: Counter[str]) -> Gold:
    if row is None:
        raise UserError(f"{where}: {why}; each line is an object with `text` and `spans`")
    text, spans = row.get("text"), row.get("spans")
    if not isinstance(text, str) or not isinstance(spans, list):
        raise UserError(f"{where}: no `text` (a string) or no `spans` (a list of start, end and type)")
    return Gold(text, tuple(_span(span, text, where, others) for span in spans))


def _span(span: Any, text: str, where: str, others: Counter[str]) -> tuple[int, int, str]:
    label = next((span[k] for k in LABEL if isinstance(span.get(k), str)), None) if isinstance(span, dict) else None
    if label is None or not all(type(span.get(k)) is int for k in ("start", "end")):
        raise UserError(f"{where}: a span is an object with `start`, `end` (code points) and `type`")
    if (
        not 0 <= span["start"] < span["end"] <= len(text)
        or span.get("text", text[span["start"] : span["end"]]) != text[span["start"] : span["end"]]
    ):
        raise UserError(
            f"{where}: span {span['start']} to {span['end']} does not lie in the text, or its `text` differs"
        )
    entity = entity_of(label)
    others.update([] if entity else [label])
    return span["start"], span["end"], entity
