"""Raw files as records: WARC by ranges of records, JSON Lines by bytes, Parquet by rows, any other file as one record.

The formats themselves live in `text.sources`; here files are found, opened, split and read in batches bounded by bytes.
Columns of a JSON Lines or Parquet source that a document has not are kept in its `metadata`.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa

from llmctl.errors import UserError
from llmctl.store import documents, jsonl
from llmctl.store.artifacts import manifest_of, require
from llmctl.store.documents import BATCH_BYTES, COLUMNS, Batch, SourceFile, Span, Unreadable
from llmctl.store.units import Reader
from llmctl.text.sources import warc
from llmctl.text.sources.formats import HEAD, Sniffed, sniff
from llmctl.text.sources.raw import RAW_SCHEMA, raw_row, whole_file

BATCH_RECORDS = 64


def reader(max_record_bytes: int) -> Reader:
    """The reader of raw records; a larger decoded record is cut and marked `too_large`."""
    return Reader(find, spans_of, columns_of, functools.partial(read, max_record_bytes), schema_of)


def find(source: str) -> list[Path]:
    """The files of one SOURCE: itself, the parts of an artifact, or every file below a directory, in name order."""
    if "://" in source:
        raise UserError(
            f"{source}: fetching is not offered yet; fetch into a WARC first (wget --warc-file) and give that"
        )
    place = require(source)
    if place.is_file():
        return [place]
    if manifest_of(place) or any(place.glob("part-*.parquet")):
        return documents.find(source)
    found = sorted(
        p for p in place.rglob("*") if p.is_file() and not any(q.startswith(".") for q in p.relative_to(place).parts)
    )
    if not found:
        raise UserError(f"{source} holds no files; check the path")
    return found


def spans_of(file: SourceFile, spool: Path, target: int) -> list[Span]:
    """The file cut into ranges of about `target` bytes."""
    sniffed = _sniff(file.path)
    base = Span(str(file.path), file.name, sniffed.format.reader, file.digest, 0, file.path.stat().st_size)
    base = replace(base, size=base.end)
    if sniffed.format.reader == "warc":
        return _record_ranges(file.path, base, target)
    if sniffed.format.reader == "whole":
        return [base]
    cut = documents.spans_of(file, spool, target)
    return [replace(span, form=f"raw_{span.form}") for span in cut]


def _sniff(path: Path) -> Sniffed:
    try:
        with path.open("rb") as stream:
            return sniff(path.name, stream.read(HEAD))
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}") from None


def _record_ranges(path: Path, base: Span, target: int) -> list[Span]:
    edges = [0]
    with path.open("rb") as stream:
        for record in warc.index(stream):
            if record.offset - edges[-1] >= target:
                edges.append(record.offset)
    edges.append(base.end)
    return [replace(base, start=a, end=b, size=b - a) for a, b in pairwise(edges)]


def columns_of(span: Span) -> dict[str, pa.DataType]:
    """Raw records have one schema; nothing is looked up."""
    return {}


def schema_of(found: Sequence[Mapping[str, pa.DataType]]) -> pa.Schema:
    """One schema for every format."""
    return RAW_SCHEMA


def read(max_record_bytes: int, span: Span, schema: pa.Schema) -> Iterator[Batch]:
    """The records of a span as rows of RAW_SCHEMA."""
    rows = {"warc": _warc, "whole": _whole, "raw_jsonl": _jsonl, "raw_parquet": _parquet}[span.form](
        span, max_record_bytes
    )
    held: list[dict[str, Any]] = []
    lost: list[Unreadable] = []
    size = 0
    for row in rows:
        if isinstance(row, Unreadable):
            lost.append(row)
            continue
        held.append(row)
        size += len(row["payload"] or b"") + len(row["text"] or "")
        if len(held) >= BATCH_RECORDS or size >= BATCH_BYTES:
            yield Batch(pa.Table.from_pylist(held, schema=RAW_SCHEMA), tuple(lost))
            held, lost, size = [], [], 0
    if held or lost:
        yield Batch(pa.Table.from_pylist(held, schema=RAW_SCHEMA), tuple(lost))


def _warc(span: Span, max_record_bytes: int) -> Iterator[dict[str, Any]]:
    with Path(span.path).open("rb") as stream:
        for record in warc.read(stream, span.start, span.end, max_record_bytes):
            yield raw_row(record, span.name, span.prefix)


def _whole(span: Span, max_record_bytes: int) -> Iterator[dict[str, Any]]:
    path = Path(span.path)
    sniffed = _sniff(path)
    packed = sniffed.packing in ("gzip", "zstd")
    try:
        with jsonl.opened(path) if packed else path.open("rb") as stream:
            payload = stream.read(max_record_bytes + 1)
    except (OSError, EOFError, ValueError):
        yield {**whole_file(b"", None, span.name, span.prefix), "problem": "unreadable:broken_archive"}
        return
    too_large = len(payload) > max_record_bytes
    yield whole_file(payload, sniffed.format.content_type, span.name, span.prefix, too_large)


def _jsonl(span: Span, max_record_bytes: int) -> Iterator[dict[str, Any] | Unreadable]:
    for rows, lost in jsonl.read(span.path, span.start, span.end, BATCH_RECORDS, BATCH_BYTES):
        for offset, why in lost:
            yield Unreadable(f"{span.prefix}:{offset}", span.name, offset, why)
        for offset, row in rows:
            yield _as_raw(row, f"{span.prefix}:{offset}", span.name, offset)


def _parquet(span: Span, max_record_bytes: int) -> Iterator[dict[str, Any] | Unreadable]:
    inner = replace(span, form="parquet")
    for batch in documents.read(inner, documents.unify([documents.columns_of(inner)])):
        yield from batch.unreadable
        for row in batch.rows.to_pylist():
            yield _as_raw(row, row["id"], row["record"]["file"], row["record"]["offset"])


def _as_raw(row: dict[str, Any], id: str, file: str, offset: int) -> dict[str, Any]:
    """A document as a raw row: its text as it is, what a document has no column for in `metadata`."""
    known = {name: _text(row.get(name)) for name in COLUMNS if name not in ("record", "metadata", "lang_score")}
    given = row.get("metadata")
    extra = {k: v for k, v in row.items() if k not in COLUMNS and v is not None}
    metadata = {**(_object(given) if given else {}), **extra}
    raw = dict.fromkeys(RAW_SCHEMA.names) | known
    score = row.get("lang_score")
    return raw | {
        "id": known["id"] or id,
        "record": {"file": file, "offset": offset},
        "lang_score": score if isinstance(score, float) else None,
        "metadata": json.dumps(metadata, ensure_ascii=False, sort_keys=True, default=str) if metadata else None,
    }


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else str(value)


def _object(given: Any) -> dict[str, Any]:
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except json.JSONDecodeError:
            return {"metadata": given}
    return given if isinstance(given, dict) else {"metadata": given}
