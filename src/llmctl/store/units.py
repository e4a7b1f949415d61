"""The plan of a row stage: units of work of a bounded size, decided by the input alone.

Small inputs are cut fine (every core works and a kill loses little), large ones coarse (files stay few).
"""

from __future__ import annotations

import base64
import dataclasses
import functools
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from llmctl.engine import ENGINES
from llmctl.errors import UserError
from llmctl.settings.how import How
from llmctl.store import documents
from llmctl.store.artifacts import Draft
from llmctl.store.documents import Batch, SourceFile, Span

UNITS_WANTED = 64
FEWER = 48  # units of a stage of many passes, each of which leaves files of its own
SMALLEST, LARGEST = 64_000, 64_000_000  # bytes of a unit, unless shard_bytes says otherwise


@dataclass(frozen=True)
class Reader:
    """How a family of stages finds and reads its records: documents, or raw files."""

    find: Callable[[str], list[Path]]
    spans_of: Callable[[SourceFile, Path, int], list[Span]]
    columns_of: Callable[[Span], dict[str, pa.DataType]]
    read: Callable[[Span, pa.Schema], Iterator[Batch]]
    schema_of: Callable[[Sequence[dict[str, pa.DataType]]], pa.Schema]

    def files(self, sources: Sequence[str]) -> list[list[SourceFile]]:
        """The files of each source; derived ids stay unique across all of them."""
        found = documents.source_files(sources, self.find)
        grouped, start = [], 0
        for source in sources:
            count = len(self.find(source))
            grouped.append(found[start : start + count])
            start += count
        return grouped


DOCUMENTS = Reader(documents.find, documents.spans_of, documents.columns_of, documents.read, documents.unify)


@dataclass(frozen=True)
class Unit:
    """One piece of work: some consecutive ranges of files, and how many rows of them at most."""

    index: int
    spans: tuple[Span, ...]
    limit: int | None = None

    @property
    def name(self) -> str:
        """The number in the names of its files: `part-00007.parquet`."""
        return f"{self.index:05d}"


@dataclass(frozen=True)
class Plan:
    """All units of a run, and the columns that every one of them has."""

    units: tuple[Unit, ...]
    schema: pa.Schema


def plan_units(
    files: Sequence[SourceFile], draft: Draft, settings: Any, how: How, reader: Reader, *, unpacked: bool = False
) -> Plan:
    """Split the files into units (kept in the draft, so that a resumed run does not look at the input again).

    `unpacked`: Parquet files count as large as their columns are unpacked, which is what their units are measured by.
    """
    known = draft.finished("plan")
    places = [str(draft.path), *(str(f.path) for f in files)]  # `record.file` and the spans say them as they were given
    if known and known.get("places") == places:
        return _thaw(known)
    draft.clear()
    size = sum(documents.unpacked_size(f.path) if unpacked else f.path.stat().st_size for f in files)
    target = getattr(settings, "shard_bytes", 0) or min(
        max(size // (FEWER if unpacked else UNITS_WANTED), SMALLEST), LARGEST
    )
    split = functools.partial(_split, reader, draft.work / "spool", target)
    spans = dict(_mapped(split, list(enumerate(files)), how, "plan"))
    ordered = [span for i in range(len(files)) for span in spans[i]]
    groups = documents.group(ordered, target)
    if how.limit is not None and ordered:
        groups = [tuple(ordered)]
    units = tuple(Unit(i, g, how.limit) for i, g in enumerate(groups)) or (Unit(0, ()),)
    if how.preview is not None:
        units = _sampled(units, how.preview)
    columns = dict(_mapped(functools.partial(_columns, reader), list(enumerate(ordered)), how, "columns"))
    plan = Plan(units, reader.schema_of([columns[i] for i in range(len(ordered))]))
    draft.finish("plan", {**_freeze(plan), "places": places})
    return plan


def _split(reader: Reader, spool: Path, target: int, item: tuple[int, SourceFile]) -> list[Span]:
    return reader.spans_of(item[1], spool, target)


def _columns(reader: Reader, item: tuple[int, Span]) -> dict[str, pa.DataType]:
    return reader.columns_of(item[1])


def _mapped(
    work: Callable[[tuple[int, Any]], Any], items: list[tuple[int, Any]], how: How, what: str
) -> Iterator[tuple[int, Any]]:
    """(number, result) of each numbered item; in this process where there is little to do."""
    paths = [item[1].path for item in items]
    heavy = (
        sum(getattr(i[1], "size", 0) or Path(p).stat().st_size for i, p in zip(items, paths, strict=True)) > 200_000_000
    )
    workers = (how.workers or 2) if heavy else 1
    for done, (item, result) in enumerate(ENGINES[how.engine](work, items, workers=workers)):
        how.progress(done + 1, len(items), what)
        yield item[0], result


def _sampled(units: tuple[Unit, ...], rows: int) -> tuple[Unit, ...]:
    """`rows` rows from up to 16 units spread evenly over the input."""
    count = min(16, len(units), rows)
    chosen = [units[i * len(units) // count] for i in range(count)]
    return tuple(
        dataclasses.replace(u, index=i, limit=rows // count + (i < rows % count)) for i, u in enumerate(chosen)
    )


def read_unit(unit: Unit, reader: Reader, schema: pa.Schema, beside: str | None = None) -> Iterator[Batch]:
    """The batches of a unit, its limit kept, with the columns that an earlier pass laid beside its rows."""
    left = unit.limit
    laid = pq.read_table(Path(beside) / f"{unit.name}.parquet") if beside else None
    row = 0
    for span in unit.spans:
        for batch in reader.read(span, schema):
            if left is not None:
                batch = _first(batch, left)
                left -= batch.rows.num_rows + len(batch.unreadable)
            if laid is not None:
                batch = dataclasses.replace(batch, rows=_joined(batch.rows, laid.slice(row, batch.rows.num_rows)))
                row += batch.rows.num_rows
            yield batch
            if left is not None and left <= 0:
                return


def read_documents(sources: Sequence[str], spool: Path) -> Iterator[pa.Table]:
    """The readable rows of documents beside the input (a reference, positives), in batches; packed files go to `spool`."""
    for file in documents.source_files(sources):
        for span in documents.spans_of(file, spool, LARGEST):
            schema = documents.unify([documents.columns_of(span)])
            for batch in documents.read(span, schema):
                yield batch.rows


@contextmanager
def as_parquet(path: Path) -> Iterator[Path]:
    """A file of documents for those that read rows by number: itself, or where it is JSON Lines a copy that goes again."""
    if path.is_dir() or path.suffix == ".parquet":
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="llmctl-") as place:
        copy = Path(place) / "documents.parquet"
        writer: pq.ParquetWriter | None = None
        with ExitStack() as held:
            for rows in read_documents([str(path)], Path(place)):
                rows = rows.select([name for name in ("id", "text", "source", "lang") if name in rows.column_names])
                if rows.num_rows:
                    writer = writer or held.enter_context(pq.ParquetWriter(copy, rows.schema))
                    writer.write_table(rows)
        if writer is None:
            raise UserError(f"{path} holds no documents that can be read")
        yield copy


def _first(batch: Batch, count: int) -> Batch:
    rows = batch.rows.slice(0, count)
    return Batch(rows, batch.unreadable[: max(0, count - rows.num_rows)])


def _joined(rows: pa.Table, laid: pa.Table) -> pa.Table:
    for name in laid.column_names:
        rows = rows.append_column(name, laid[name])
    return rows


def _freeze(plan: Plan) -> dict[str, Any]:
    units = [{"limit": u.limit, "spans": [dataclasses.astuple(s) for s in u.spans]} for u in plan.units]
    return {"units": units, "schema": base64.b64encode(plan.schema.serialize().to_pybytes()).decode()}


def _thaw(known: dict[str, Any]) -> Plan:
    units = tuple(Unit(i, tuple(Span(*s) for s in u["spans"]), u["limit"]) for i, u in enumerate(known["units"]))
    return Plan(units, pa.ipc.read_schema(pa.py_buffer(base64.b64decode(known["schema"]))))
