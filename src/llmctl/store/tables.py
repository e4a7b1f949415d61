"""Rows of JSON Lines and Parquet as raw records: what a document has a column for, the rest as `metadata`.

A row needs no text here: kinds of sources know rows of messages, or of a file's content.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from llmctl.store import documents, jsonl
from llmctl.store.documents import COLUMNS, Span, Unreadable
from llmctl.text.sources.formats import holds_text
from llmctl.text.sources.programs.expressions import joined
from llmctl.text.sources.raw import EMPTY

NOT_TEXT = ("record", "metadata", "lang_score")
Rows = Iterator[dict[str, Any] | Unreadable]


def read_jsonl(span: Span, limit: int) -> Rows:
    """The objects whose lines begin in a range of bytes."""
    with Path(span.path).open("rb") as stream:
        for offset, line in jsonl.lines(stream, span.start, span.end):
            row, why = jsonl.parse(line, first=offset == 0)
            id = f"{span.prefix}:{offset}"
            if row is None or not holds_text(row):
                yield Unreadable(id, span.name, offset, why or "no_text")
            else:
                yield as_raw(row, id, span.name, offset)


def read_parquet(span: Span, limit: int) -> Rows:
    """The rows of a range of a row group."""
    inner = replace(span, form="parquet")
    columns = documents.columns_of(inner)
    for batch in documents.read_parquet(inner, documents.unify([columns]), needs_text=False):
        yield from batch.unreadable
        for row in batch.rows.to_pylist():
            place = row["id"], row["record"]["file"], row["record"]["offset"]
            yield as_raw(row, *place) if holds_text(row) else Unreadable(*place, "no_text")


def as_raw(row: dict[str, Any], id: str, file: str, offset: int) -> dict[str, Any]:
    """A row as a raw record."""
    known = {name: _text(row.get(name)) for name in COLUMNS if name not in NOT_TEXT}
    known["text"] = row["text"] if isinstance(row.get("text"), str) else None
    known["license"] = _license(row.get("license"))
    given = row.get("metadata")
    extra = {k: v for k, v in row.items() if k not in COLUMNS and v is not None}
    metadata = {**(_object(given) if given else {}), **extra}
    score = row.get("lang_score")
    return EMPTY | known | {
        "id": known["id"] or id,
        "record": {"file": file, "offset": offset},
        "lang_score": score if isinstance(score, float) else None,
        "metadata": json.dumps(metadata, ensure_ascii=False, sort_keys=True, default=str) if metadata else None,
    }  # fmt: skip


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else str(value)


def _license(value: Any) -> str | None:
    """A list of licences as one expression by which all hold: what was found in a repository, nobody offers as a choice.

    Parquet brings a list as its JSON text.
    """
    if isinstance(value, str) and value.startswith("["):
        value = _listed(value)
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return joined(value) if value else None
    return _text(value)


def _listed(text: str) -> Any:
    try:
        return json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        return text


def _object(given: Any) -> dict[str, Any]:
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except json.JSONDecodeError:
            return {"metadata": given}
    return given if isinstance(given, dict) else {"metadata": given}
