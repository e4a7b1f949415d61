"""Counts of lines and spans on disk: a table a unit of work, and their merge within a given memory.

In: the tables of `text.duplicates.lines`, one file a unit and kind, sorted by key. Out: per kind the sorted keys that
stand too often with their first documents, as plain arrays that are mapped and not read. The merge takes one range of
keys at a time from all units; keys are hashes, so ranges of equal width hold equally many. The result does not depend on
units, ranges or workers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from llmctl.settings.dedup import Dedup
from llmctl.store.files import written_whole
from llmctl.store.units import DOCUMENTS, Unit, read_unit
from llmctl.text.duplicates.lines import (
    COUNT,
    FIRST,
    HOST,
    KEY,
    KINDS,
    Found,
    Frequent,
    Table,
    combine,
    count_batch,
    host_of,
)

Flags = npt.NDArray[np.bool_]
COPIES = (
    6  # of a range's rows that are in memory at the same time: slices, their join, its order, sorted columns, result
)
ROUNDING = 1e-12  # 0.29 * 100 must not be below 29
SMALL = 1024  # bytes of a file that is read whole; an empty table cannot be mapped
PAIR = ("key", "first")


def write_counts(directory: Path, unit: str, batches: Sequence[Mapping[str, Table]]) -> None:
    """The tables of a unit's batches as one file a kind."""
    directory.mkdir(parents=True, exist_ok=True)
    for kind in batches[0] if batches else ():
        with written_whole(counts_path(directory, unit, kind)) as temporary, temporary.open("wb") as sink:
            np.save(sink, combine([batch[kind] for batch in batches]))


def counts_path(directory: Path, unit: str, kind: str) -> Path:
    """Where the table of a unit lies."""
    return directory / f"{unit}.{kind}.npy"


def merge_counts(
    directory: Path, units: Sequence[str], out: Path, budget: int, *, min_count: int, host_share: float, host_pages: int
) -> None:
    """Write into `out` what stands too often in all units together, with at most about `budget` bytes of memory.

    `min_count` 0, `host_share` 1: off. Kinds that no unit counted have an empty result.
    """
    out.mkdir(parents=True, exist_ok=True)
    files = {kind: [p for unit in units if (p := counts_path(directory, unit, kind)).exists()] for kind in KINDS}

    def of_enough_pages(table: Table) -> Flags:
        return np.asarray(table[COUNT] >= host_pages)

    def on_many_pages(table: Table) -> Flags:
        pages = pages_of(hosts, table[HOST])
        return np.asarray((pages > 0) & (table[COUNT] > host_share * pages * (1 + ROUNDING)))

    merge(files["hosts"], out / "hosts", budget, of_enough_pages, ("key", "count"))
    hosts = mapped(out / "hosts.key"), mapped(out / "hosts.count")
    merge(files["lines"] if min_count else [], out / "lines", budget, lambda table: table[COUNT] >= min_count)
    merge(files["host_lines"] if host_share < 1 else [], out / "host_lines", budget, on_many_pages)
    merge(files["spans"], out / "spans", budget, lambda table: table[COUNT] >= 2)


def pages_of(hosts: tuple[Table, Table], keys: Table) -> npt.NDArray[np.float64]:
    """The pages of each host; 0 where it has too few."""
    known, pages = hosts
    if not len(known):
        return np.zeros(len(keys))
    at = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    return np.where(known[at] == keys, pages[at], 0).astype(np.float64)


def merge(
    files: Sequence[Path], out: Path, budget: int, chosen: Callable[[Table], Flags], columns: Sequence[str] = PAIR
) -> None:
    """The chosen rows of the combined tables, one file a column (`OUT.key`), whole or not at all."""
    at = {"key": KEY, "count": COUNT, "first": FIRST}
    with ExitStack() as stack:
        paths = [stack.enter_context(written_whole(out.with_name(f"{out.name}.{name}"))) for name in columns]
        sinks = [stack.enter_context(path.open("wb")) for path in paths]
        for table in combined(files, budget):
            kept = table[:, chosen(table)]
            for name, sink in zip(columns, sinks, strict=True):
                sink.write(kept[at[name]].tobytes())


def combined(files: Sequence[Path], budget: int) -> Iterator[Table]:
    """The combined table in ranges of keys, from the lowest on, each small enough for the budget."""
    size = sum(path.stat().st_size for path in files)
    ranges = max(1, math.ceil(size * COPIES / budget))
    edges = [(i << 64) // ranges for i in range(ranges)]
    for low, high in zip(edges, [*edges[1:], None], strict=True):
        slices = [part for path in files if (part := slice_of(path, low, high)).shape[1]]
        if slices:
            yield combine(slices)


def slice_of(path: Path, low: int, high: int | None) -> Table:
    """The rows of a file with keys from `low` to below `high`."""
    table = np.load(path, mmap_mode="r") if path.stat().st_size > SMALL else np.load(path)
    first = int(np.searchsorted(table[KEY], np.uint64(low)))
    last = table.shape[1] if high is None else int(np.searchsorted(table[KEY], np.uint64(high)))
    return np.array(table[:, first:last])


def mapped(path: Path) -> Table:
    """An array on disk, read where it is touched."""
    if not path.stat().st_size:
        return np.empty(0, np.uint64)
    return np.memmap(path, np.uint64, mode="r")


def open_frequent(out: Path) -> Frequent:
    """The result of a merge, for the judge."""
    kinds = ("lines", "host_lines", "spans")
    return Frequent(*(Found(mapped(out / f"{kind}.key"), mapped(out / f"{kind}.first")) for kind in kinds))


def count_unit(settings: Dedup, work: str, schema: pa.Schema, unit: Unit) -> dict[str, Any]:
    """The lines and spans of one unit, decisions beside its rows. Runs in a worker."""
    tables, pages = [], 0
    for batch in read_unit(unit, DOCUMENTS, schema, str(Path(work) / "decisions")):
        if batch.rows.num_rows:
            urls, stays = urls_of(batch.rows), batch.rows["_reason"].is_null()
            tables.append(
                count_batch(
                    batch.rows["text"], urls, batch.rows["_number"], kinds=kinds_of(settings), span=settings.sentence.span,
                    stays=stays,
                )
            )  # fmt: skip
            pages += sum(bool(host_of(url)) for url in urls)
    write_counts(Path(work) / "counts", unit.name, tables)
    return {"pages_with_host": pages}


def kinds_of(settings: Dedup) -> list[str]:
    """What must be counted across documents."""
    lines, hosts = "line" in settings.level, "line" in settings.level and settings.line.host_share < 1
    wanted = {
        "lines": lines and settings.line.min_count > 0, "hosts": hosts, "host_lines": hosts,
        "spans": "sentence" in settings.level and settings.sentence.span > 0,
    }  # fmt: skip
    return [kind for kind, is_wanted in wanted.items() if is_wanted]


def urls_of(rows: pa.Table) -> list[str | None]:
    """The addresses of the documents."""
    return rows["url"].to_pylist() if "url" in rows.column_names else [None] * rows.num_rows
