"""Artifacts and what they were made from: the key chain walked backwards over what lies on disk."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from llmctl.errors import UserError
from llmctl.store.artifacts import manifest_of, require
from llmctl.store.files import read_json

Facts = dict[str, Any]  # Any: JSON
BATCH_ROWS = 128  # texts of a batch: their words take some 15 times the bytes of the text
BUFFER_BYTES = 1 << 20  # without a buffer Arrow reads the whole column chunk of a row group at once
PLACES = 64  # where rows are read that stand for all


@dataclass(frozen=True)
class Link:
    """One artifact of a chain; `path` is None where it is no longer on disk."""

    name: str
    path: Path | None
    manifest: Facts | None


def chain(path: str) -> list[Link]:
    """The artifact at `path` and everything it was made from, oldest first; raw files end a chain."""
    require(path)
    found: dict[str, Link] = {}

    def visit(place: Path, name: str) -> None:
        manifest = facts_of(place)
        if str(place) in found:
            return
        for made_from in (manifest or {}).get("inputs", ()):
            below = _located(made_from, place)
            if below is not None and (below.is_dir()):
                visit(below, made_from["path"])
            elif below is None:
                found.setdefault(made_from["path"], Link(made_from["path"], None, None))
        found[str(place)] = Link(name, place, manifest)

    visit(Path(path), path)
    return list(found.values())


def facts_of(place: Path) -> Facts | None:
    """The manifest; of a RUN that still grows, its identity."""
    manifest = manifest_of(place)
    if manifest is None and place.is_dir():
        growing = read_json(place / "_identity.json")
        return growing if isinstance(growing, dict) else None
    return manifest


def _located(made_from: Mapping[str, Any], child: Path) -> Path | None:
    """An input by the path that was given, or beside its child, if it still has the key (a RUN is known by its place)."""
    given = Path(str(made_from["path"]).partition("=")[0])
    for place in (given, child.parent / given.name, child.parent / given):
        for run in (place, place.parent):
            if (run / "metrics.jsonl").exists():
                return run
        manifest = facts_of(place) if place.is_dir() else None
        if place.exists() and (manifest is None or manifest.get("key") in (None, made_from["key"])):
            return place
    return None


def kind_of(path: Path) -> str:
    """What lies at `path`: the stage that made it, or `documents`, `tokens`, `file`."""
    manifest = facts_of(path)
    if manifest and "stage" in manifest:
        return str(manifest["stage"])
    if path.is_file():
        return "file"
    if (path / "metrics.jsonl").exists():
        return "pretrain"
    if any(path.glob("part-*.parquet")):
        return "tokens" if (path / "_tokenizer.json").exists() else "documents"
    raise UserError(f"{path} is no artifact: no _manifest.json and no part-*.parquet in it")


def parts(path: Path, folder: str = "") -> list[Path]:
    """The Parquet files of an artifact, or of one of its folders (`_removed`, `_spans`, `_cuts`)."""
    if path.is_file():
        return [path] if path.suffix == ".parquet" and not folder else []
    return sorted((path / folder).glob("part-*.parquet"))


def rows_with_id(path: Path, folder: str, id: str) -> list[Facts]:
    """The rows of an artifact's folder that belong to one document; other row groups are not kept in memory."""
    rows: list[Facts] = []
    for part in parts(path, folder):
        file = pq.ParquetFile(part)
        if "id" not in file.schema_arrow.names:
            continue
        for group in range(file.num_row_groups):
            hit = pc.equal(file.read_row_group(group, columns=["id"])["id"].cast(pa.string()), id)
            if pc.any(hit).as_py():
                rows += file.read_row_group(group).filter(hit).to_pylist()
    return rows


def first_rows(path: Path, folder: str, count: int) -> list[Facts]:
    """The first rows of an artifact's folder."""
    rows: list[Facts] = []
    for part in parts(path, folder):
        for batch in pq.ParquetFile(part).iter_batches(batch_size=max(1, count)):
            rows += batch.to_pylist()
            if len(rows) >= count:
                return rows[:count]
    return rows


def row_count(path: Path, folder: str = "") -> int:
    """Rows, from the footers alone."""
    return sum(pq.read_metadata(part).num_rows for part in parts(path, folder))


def removed_rows(path: Path, columns: tuple[str, ...] = ("id", "removed_by", "breaches")) -> Iterator[Facts]:
    """Removed rows, some columns of them, a row group at a time."""
    for part in parts(path, "_removed"):
        file = pq.ParquetFile(part)
        names = [c for c in columns if c in file.schema_arrow.names]
        for group in range(file.num_row_groups):
            yield from file.read_row_group(group, columns=names).to_pylist()


def tables(path: Path, columns: Sequence[str]) -> Iterator[pa.Table]:
    """Some columns of an artifact's kept rows, a file at a time; those that a file has not are left out."""
    for part in parts(path):
        file = pq.ParquetFile(part)
        yield file.read(columns=[n for n in dict.fromkeys(columns) if n in file.schema_arrow.names], use_threads=False)


def documents(path: Path, columns: Sequence[str], most: int | None = None) -> Iterator[tuple[bool, pa.Table]]:
    """(kept?, rows) of an artifact, some columns of them, in small batches; `most` rows of all at most, evenly.

    The kept and the removed rows are thinned alike, each to runs at so many places that few row groups are read.
    """
    folders = {"": row_count(path), "_removed": row_count(path, "_removed")}
    total = sum(folders.values())
    for folder, count in folders.items():
        wanted = count if most is None or most >= total else round(most * count / total)
        for table in _rows_of(path, folder, columns, spread(count, wanted)):
            yield folder == "", table


def kept_rows(path: Path, columns: Sequence[str], most: int) -> Iterator[pa.Table]:
    """Some columns of `most` of an artifact's kept rows at most, evenly spread, in small batches."""
    yield from _rows_of(path, "", columns, spread(row_count(path), most))


def column_bytes(path: Path, column: str) -> int:
    """Bytes of a column of the kept rows, unpacked but still encoded, from the footers alone."""
    found = 0
    for part in parts(path):
        metadata = pq.read_metadata(part)
        for group in range(metadata.num_row_groups):
            row_group = metadata.row_group(group)
            chunks = (row_group.column(index) for index in range(row_group.num_columns))
            found += sum(c.total_uncompressed_size for c in chunks if c.path_in_schema.split(".")[0] == column)
    return found


def spread(count: int, wanted: int, places: int = PLACES) -> list[tuple[int, int]]:
    """Runs [start, end) of `wanted` of `count` rows, at evenly spaced places."""
    if wanted >= count:
        return [(0, count)] if count else []
    places = max(1, min(places, wanted))
    bounds = pairwise(wanted * i // places for i in range(places + 1))
    gaps = ((count - wanted) * i // places for i in range(places))
    return [(gap + a, gap + b) for gap, (a, b) in zip(gaps, bounds, strict=True) if a < b]


def _rows_of(path: Path, folder: str, columns: Sequence[str], runs: Sequence[tuple[int, int]]) -> Iterator[pa.Table]:
    """The rows of the runs (in order), numbered through all parts of a folder."""
    before = 0
    for part in parts(path, folder):
        file = pq.ParquetFile(part, pre_buffer=False, buffer_size=BUFFER_BYTES)
        names = [c for c in columns if c in file.schema_arrow.names]
        for group in range(file.num_row_groups):
            end = before + file.metadata.row_group(group).num_rows
            inside = [(max(a, before), min(b, end)) for a, b in runs if a < end and b > before]
            for batch in file.iter_batches(BATCH_ROWS, row_groups=[group], columns=names) if inside else ():
                for a, b in inside:
                    first, last = max(a, before), min(b, before + batch.num_rows)
                    if first < last:
                        yield pa.Table.from_batches([batch.slice(first - before, last - first)])
                before += batch.num_rows
            before = end


def columns_of(path: Path) -> list[str]:
    """The columns of an artifact's rows."""
    return [name for part in parts(path)[:1] for name in pq.read_schema(part).names]


def column_values(path: Path, columns: Sequence[str]) -> dict[str, npt.NDArray[np.float64]]:
    """Columns of numbers over all rows of an artifact, the removed ones too; null is NaN."""
    found: dict[str, list[npt.NDArray[np.float64]]] = {}
    for part in (*parts(path), *parts(path, "_removed")):
        file = pq.ParquetFile(part)
        names = [name for name in dict.fromkeys(columns) if name in file.schema_arrow.names]
        table = file.read(columns=names)
        for name in names:
            found.setdefault(name, []).append(np.asarray(table[name].cast(pa.float64())))
    return {name: np.concatenate(values) for name, values in found.items()}


def json_lines(path: Path) -> list[Facts]:
    """A small JSON Lines file of ours; a torn last line is passed over."""
    found = []
    for line in path.read_text(encoding="utf-8").split("\n") if path.exists() else ():
        try:
            found.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return found
