"""Documents on disk: find them, split them into units of work below the file, read them in batches bounded by bytes.

Sources are artifact directories, Parquet files or JSON Lines (`.gz`, `.zst` are unpacked into the draft once, so that
one large file still uses every core). A record that cannot be read becomes a recorded row, never a stop.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from llmctl.errors import UserError
from llmctl.store import jsonl
from llmctl.store.artifacts import manifest_of, require
from llmctl.store.files import sha256_of
from llmctl.store.row_groups import rows_of
from llmctl.store.utf8 import utf8_alone

BATCH_BYTES = 4 << 20
BATCH_ROWS = 1024
ROW_GROUP_PIECES = (
    16  # a row group is cut into at most so many ranges of rows (another worker decodes what lies before)
)

RECORD = pa.struct([("file", pa.string()), ("offset", pa.int64())])
COLUMNS = {  # the columns of a document, formats.md
    "id": pa.string(), "text": pa.large_string(), "source": pa.string(), "lang": pa.string(),
    "lang_score": pa.float64(), "url": pa.string(), "date": pa.string(), "license": pa.string(),
    "record": RECORD, "metadata": pa.string(),
}  # fmt: skip


@dataclass(frozen=True)
class Span:
    """A range of one file: bytes of a JSON Lines file, or rows [start, end) of one row group of a Parquet file."""

    path: str  # what is opened
    name: str  # what `record.file` says
    form: str  # parquet | jsonl | a raw form
    prefix: str  # of derived ids: the content's hash
    start: int
    end: int
    group: int = 0  # row group (Parquet)
    before: int = 0  # rows of the file before the row group (Parquet)
    size: int = 0  # bytes of work, about
    tree: str = ""  # the directory given as SOURCE that the file lies in, or "" (raw files)
    beside: str = ""  # a file of the draft that says what belongs to the records (raw files)


@dataclass(frozen=True)
class Unreadable:
    """A record that never became a row."""

    id: str
    file: str
    offset: int
    why: str


@dataclass(frozen=True)
class Batch:
    """Rows that could be read, and the records beside them that could not."""

    rows: pa.Table
    unreadable: tuple[Unreadable, ...] = ()


@dataclass(frozen=True)
class SourceFile:
    """One file of a source, with the hash of its content."""

    path: Path
    name: str
    digest: str
    tree: str = ""  # the directory given as SOURCE that it lies in


def find(source: str) -> list[Path]:
    """The document files of one SOURCE argument, in name order."""
    if "://" in source:
        raise UserError(f"{source}: remote sources are not offered yet; copy the files here first")
    place = require(source)
    if place.is_file():
        return [place]
    parts = sorted(place.glob("part-*.parquet"))
    manifest = manifest_of(place)
    if parts or manifest:
        if manifest and not parts:
            raise UserError(f"{source} holds no documents (it was made by {manifest['stage']})")
        return parts
    raise UserError(
        f"{source} is no artifact (no part-*.parquet in it); `llmctl crawl-ingest {source} -o DOCS` reads raw files"
    )


def source_files(sources: Sequence[str], finder: Callable[[str], list[Path]] = find) -> list[SourceFile]:
    """Every file of every source, hashed; the same content twice gets two prefixes, so derived ids stay unique."""
    seen: dict[str, int] = {}
    files = []
    for source in sources:
        tree = source if Path(source).is_dir() else ""
        for path in finder(source):
            _check_name(path)
            digest = _digest(path)
            seen[digest] = seen.get(digest, 0) + 1
            prefix = digest[:16] if seen[digest] == 1 else f"{digest[:16]}.{seen[digest]}"
            files.append(SourceFile(path, str(path), prefix, tree))
    return files


def _check_name(path: Path) -> None:
    try:
        str(path).encode("utf-8")
    except UnicodeEncodeError:
        raise UserError(f"the name of {str(path)!a} is not UTF-8, and no row could say it; rename the file") from None


def _digest(path: Path) -> str:
    """The content's hash; a part of an artifact that has a manifest is known by its key, without reading it."""
    manifest = manifest_of(path.parent)
    for fact in (manifest or {}).get("files", ()):
        if fact["path"] == path.name and fact["bytes"] == path.stat().st_size:
            return str(fact["sha256"])
    try:
        return sha256_of(path)
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}") from None


def form_of(path: Path) -> str:
    """`parquet`, `jsonl`, `jsonl.gz` or `jsonl.zst`, by content first (a wrong suffix is common) and suffix second."""
    with path.open("rb") as stream:
        head = stream.read(4)
    if head == b"PAR1":
        return "parquet"
    if head[:2] == b"\x1f\x8b":
        return "jsonl.gz"
    if head == b"\x28\xb5\x2f\xfd":
        return "jsonl.zst"
    if path.suffix == ".parquet":
        raise UserError(f"{path} is not a Parquet file (it does not start with PAR1); fetch or make it again")
    if head[:1] in (b"{", b"", b"\n", b" ", b"\xef") or path.suffix in (".jsonl", ".json", ".ndjson"):
        return "jsonl"
    raise UserError(f"{path} is neither Parquet nor JSON Lines; `llmctl crawl-ingest {path} -o DOCS` reads raw files")


def spans_of(file: SourceFile, spool: Path, target: int, *, needs: Collection[str] = ("text",)) -> list[Span]:
    """The file cut into ranges of about `target` bytes of work; a Parquet file has one of the columns `needs`."""
    form = form_of(file.path)
    if form == "parquet":
        return _parquet_spans(file, target, needs)
    path = file.path
    if form != "jsonl":
        path = jsonl.unpack(file.path, spool / f"{file.digest}.jsonl")
    size = path.stat().st_size
    edges = [*range(0, size, target), size]
    base = Span(str(path), file.name, "jsonl", file.digest, 0, 0)
    return [replace(base, start=a, end=b, size=b - a) for a, b in pairwise(edges)]


def unpacked_size(path: Path) -> int:
    """Bytes of work of a file: of Parquet the size of its columns unpacked, else that of the file."""
    try:
        metadata = pq.read_metadata(path)
    except (pa.ArrowException, OSError):
        return path.stat().st_size
    return sum(metadata.row_group(group).total_byte_size for group in range(metadata.num_row_groups))


def _parquet_spans(file: SourceFile, target: int, needs: Collection[str]) -> list[Span]:
    try:
        metadata = pq.read_metadata(file.path)
        schema = pq.read_schema(file.path)
    except (pa.ArrowException, OSError) as error:
        raise UserError(
            f"{file.path} is a damaged Parquet file ({str(error).splitlines()[0][:120]}); fetch or make it again"
        ) from None
    if not set(needs).intersection(schema.names):
        wanted = " or ".join(map(repr, sorted(needs)))
        raise UserError(f"{file.path} has no column {wanted}; its columns are {', '.join(schema.names[:20])}")
    spans, before = [], 0
    for group in range(metadata.num_row_groups):
        rows, size = metadata.row_group(group).num_rows, metadata.row_group(group).total_byte_size
        pieces = max(1, min(ROW_GROUP_PIECES, -(-size // target), rows))
        edges = [rows * i // pieces for i in range(pieces + 1)]
        for a, b in pairwise(edges):
            work = size * (b - a) // max(rows, 1)
            spans.append(Span(str(file.path), file.name, "parquet", file.digest, a, b, group, before, work))
        before += rows
    return spans


def group(spans: Sequence[Span], target: int) -> list[tuple[Span, ...]]:
    """Units of work: consecutive spans of together about `target` bytes."""
    units: list[tuple[Span, ...]] = []
    current: list[Span] = []
    size = 0
    for span in spans:
        if current and size + span.size > target:
            units.append(tuple(current))
            current, size = [], 0
        current.append(span)
        size += span.size
    return [*units, tuple(current)] if current else units


def read(span: Span, schema: pa.Schema) -> Iterator[Batch]:
    """The documents of a span in batches of at most BATCH_ROWS rows and about BATCH_BYTES, as `schema`."""
    yield from READERS[span.form](span, schema)


def read_parquet(span: Span, schema: pa.Schema, *, needs_text: bool = True) -> Iterator[Batch]:
    """The rows of a range of a row group; with `needs_text` those without a text are unreadable."""
    rows_each = max(1, min(BATCH_ROWS, BATCH_BYTES // max(1, span.size // max(1, span.end - span.start))))
    stream, position = rows_of(span.path, span.group, span.start, span.end, rows_each), span.start
    while True:
        try:
            found = next(stream, None)
        except (pa.ArrowException, OSError):
            yield Batch(schema.empty_table(), _lost(span, position))
            return
        if found is None:
            return
        first, batch = found
        position = first + batch.num_rows
        kept, bad = utf8_alone(pa.Table.from_batches([batch]))
        yield from _sorted_out(complete(kept, span, span.before + first, schema), bad, needs_text)


def _lost(span: Span, start: int) -> tuple[Unreadable, ...]:
    rows = range(span.before + start, span.before + span.end)
    return tuple(Unreadable(f"{span.prefix}:{row}", span.name, row, "parquet") for row in rows)


def _given_or(ids: Any, derived: pa.Array) -> Any:
    """Given ids as text; a missing or empty one is derived."""
    if ids is None:
        return derived
    given = ids.cast(pa.string())
    return pc.coalesce(pc.if_else(pc.equal(given, ""), None, given), derived)


def complete(table: pa.Table, span: Span, first: int, schema: pa.Schema) -> pa.Table:
    """The table as `schema`: derived ids and records where they are missing, nulls for columns that it has not."""
    columns = {name: table[name] for name in table.column_names}
    rows = range(first, first + table.num_rows)
    derived = pa.array([f"{span.prefix}:{row}" for row in rows], pa.string())
    columns["id"] = _given_or(columns.get("id"), derived)
    names, offsets = pa.array([span.name] * len(rows), pa.string()), pa.array(rows, pa.int64())
    places = pa.StructArray.from_arrays([names, offsets], fields=list(RECORD))
    given = columns.get("record")
    if given is None or not pa.types.is_struct(given.type):  # a column of that name with a meaning of its own
        columns["record"] = places
    else:
        columns["record"] = pc.if_else(pc.is_valid(given), _as(given, schema.field("record"), span), places)
    arrays = []
    for field in schema:
        column = columns.get(field.name)
        arrays.append(pa.nulls(table.num_rows, field.type) if column is None else _as(column, field, span))
    return pa.table(arrays, schema=schema)


def _as(column: Any, field: pa.Field, span: Span) -> Any:
    if column.type == field.type:
        return column
    if pa.types.is_nested(column.type) and pa.types.is_string(field.type):  # as in a JSON Lines file: JSON text
        return pa.array(
            [v if v is None else json.dumps(v, ensure_ascii=False, default=str) for v in column.to_pylist()]
        )
    try:
        return column.cast(field.type)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        raise UserError(
            f"{span.name}: column {field.name!r} is {column.type}, which does not become {field.type}"
        ) from None


def _sorted_out(table: pa.Table, bad: set[int], needs_text: bool) -> Iterator[Batch]:
    """Rows without a text are unreadable, and so are the rows `bad`, which held what is not UTF-8."""
    missing: Any = pa.array([row in bad for row in range(table.num_rows)], pa.bool_())
    if needs_text:
        missing = pc.or_(pc.is_null(table["text"]), missing)
    if not pc.any(missing).as_py():
        yield Batch(table)
        return
    rows = [row for row, gone in enumerate(missing.to_pylist()) if gone]
    lost = zip(rows, table.filter(missing).select(["id", "record"]).to_pylist(), strict=True)
    gone = tuple(
        Unreadable(r["id"], r["record"]["file"], r["record"]["offset"], "utf8" if row in bad else "no_text")
        for row, r in lost
    )
    yield Batch(table.filter(pc.invert(missing)), gone)


def _read_jsonl(span: Span, schema: pa.Schema) -> Iterator[Batch]:
    for rows, lost in jsonl.read(span.path, span.start, span.end, BATCH_ROWS, BATCH_BYTES):
        gone = tuple(Unreadable(f"{span.prefix}:{offset}", span.name, offset, why) for offset, why in lost)
        yield Batch(_rows_to_table(rows, span, schema), gone)


def _rows_to_table(rows: list[tuple[int, dict[str, Any]]], span: Span, schema: pa.Schema) -> pa.Table:
    for offset, row in rows:
        row["id"] = str(row["id"]) if row.get("id") not in (None, "") else f"{span.prefix}:{offset}"
        if not isinstance(row.get("record"), dict):
            row["record"] = {"file": span.name, "offset": offset}
    columns = [jsonl.column([row.get(field.name) for _, row in rows], field.type) for field in schema]
    return pa.table(columns, schema=schema)


READERS: dict[str, Callable[[Span, pa.Schema], Iterator[Batch]]] = {"parquet": read_parquet, "jsonl": _read_jsonl}


def columns_of(span: Span) -> dict[str, pa.DataType]:
    """The columns that a span holds beside those of every document."""
    if span.form == "parquet":
        schema = pq.read_schema(span.path)
        return {f.name: _plain_type(f.type) for f in schema if f.name not in COLUMNS}
    return {name: kind for name, kind in jsonl.columns(span.path, span.start, span.end).items() if name not in COLUMNS}


def _plain_type(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def unify(found: Sequence[Mapping[str, pa.DataType]]) -> pa.Schema:
    """One schema for all units: the columns of a document, then unknown ones in the order in which they were met."""
    fields = dict(COLUMNS)
    for columns in found:
        for name, kind in columns.items():
            fields[name] = jsonl.wider(fields[name], kind) if name in fields else kind
    return pa.schema([(n, pa.string() if pa.types.is_null(k) else k) for n, k in fields.items()])


def content_key(files: Sequence[SourceFile]) -> str:
    """The key of raw input: the hashes of its files, in order."""
    return hashlib.sha256("\n".join(f.digest for f in files).encode()).hexdigest()[:32]
