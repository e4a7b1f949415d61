"""What the first pass of dedup leaves of every unit: a row a document, its shingles, and the keys it is proposed by.

`UNIT.arrow` is one record batch with a row a document, `UNIT.shingles` the 64-bit shingles of all of them one after
another, `UNIT.keys` and `UNIT.ids` keys in ascending order with the row they belong to, so that a range of keys is one
slice of each file. Columns and keys are read by memory map, shingles by `pread` (a map would count as memory).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from llmctl.store.files import written_whole

Longs = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]
HASH_BYTES = 8


def write_arrow(path: Path, table: pa.Table) -> None:
    """One Arrow IPC file with one record batch, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with (
        written_whole(path) as temporary,
        pa.OSFile(str(temporary), "wb") as sink,
        pa.ipc.new_file(sink, table.schema) as writer,
    ):
        for batch in table.combine_chunks().to_batches():
            writer.write_batch(batch)


def read_arrow(path: Path) -> pa.Table:
    """The table of an Arrow IPC file, by memory map."""
    return pa.ipc.open_file(pa.memory_map(str(path))).read_all()


class Keys(NamedTuple):
    """Keys and the rows that they belong to."""

    key: Hashes
    row: Longs


def write_keys(path: Path, keys: Sequence[Keys]) -> None:
    """Keys in ascending order."""
    key = np.concatenate([k.key for k in keys]) if keys else np.empty(0, np.uint64)
    row = np.concatenate([k.row for k in keys]) if keys else np.empty(0, np.int64)
    order = np.argsort(key, kind="stable")
    write_arrow(path, pa.table({"key": pa.array(key[order], pa.uint64()), "row": pa.array(row[order], pa.uint32())}))


class Signing:
    """The files of one unit while they are written: `add` takes a batch, leaving the block puts all under their names."""

    def __init__(self, directory: Path, unit: str, nothing: pa.Table) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.base = directory / unit
        self.tables, self.rows = [nothing], 0
        self.keys: list[Keys] = []
        self.stack = ExitStack()

    def __enter__(self) -> Signing:
        self.sink = self.stack.enter_context(written_whole(self.base.with_suffix(".shingles"))).open("wb")
        self.stack.callback(self.sink.close)
        return self

    def add(self, rows: pa.Table, shingles: Hashes, keys: Keys) -> None:
        """The documents of a batch: `rows` has `shingles` (how many each has), `keys.row` counts from the batch's first."""
        self.sink.write(np.ascontiguousarray(shingles).data)
        self.tables.append(rows)
        self.keys.append(Keys(keys.key, keys.row + self.rows))
        self.rows += rows.num_rows

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.sink.flush()
        self.stack.__exit__(kind, error, trace)
        if error is None:
            table = pa.concat_tables(self.tables)
            write_keys(self.base.with_suffix(".keys"), self.keys)
            write_arrow(self.base.with_suffix(".arrow"), table)


class Signatures:
    """The signed documents of many units as one numbered list."""

    def __init__(self, units: Sequence[Path]) -> None:
        self.units = list(units)  # without a suffix
        self._tables: list[pa.Table | None] = [None] * len(units)
        self.starts = np.cumsum([0, *(self.table(u).num_rows for u in range(len(units)))]).astype(np.int64)

    def __len__(self) -> int:
        return int(self.starts[-1])

    def table(self, unit: int) -> pa.Table:
        """The documents of a unit."""
        found = self._tables[unit]
        if found is None:
            found = self._tables[unit] = read_arrow(self.units[unit].with_suffix(".arrow"))
        return found

    def column(self, name: str) -> npt.NDArray[Any]:  # Any: the column's type
        """A numeric column over all documents."""
        return np.concatenate([self.table(u)[name].to_numpy() for u in range(len(self.units))] or [np.empty(0)])

    def by_unit(self, documents: Longs) -> Iterator[tuple[int, Longs, Longs]]:
        """(unit, places in `documents`, rows of the unit) for every unit that holds some of them."""
        units = np.searchsorted(self.starts, documents, side="right") - 1
        for unit in np.unique(units).tolist():
            places = np.flatnonzero(units == unit)
            yield unit, places, documents[places] - self.starts[unit]

    def take(self, documents: Longs, columns: Sequence[str]) -> pa.Table:
        """Rows of `documents`, in their order."""
        pieces, places = [], []
        for unit, at, rows in self.by_unit(documents):
            pieces.append(self.table(unit).select(columns).take(pa.array(rows)))
            places.append(at)
        if not pieces:
            return self.table(0).select(columns).slice(0, 0)
        order = np.argsort(np.concatenate(places), kind="stable")
        return pa.concat_tables(pieces).combine_chunks().take(pa.array(order))

    def shingles(self, documents: Longs) -> tuple[Longs, Hashes]:
        """(starts, hashes) of the shingles of `documents`, in their order."""
        sizes = self.take(documents, ["shingles"])["shingles"].to_numpy()
        starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        hashes = np.empty(starts[-1], np.uint64)
        for unit, places, rows in self.by_unit(documents):
            counts = self.table(unit)["shingles"].to_numpy()
            ends = np.cumsum(counts)
            with self.units[unit].with_suffix(".shingles").open("rb") as source:
                for place, row in zip(places.tolist(), rows.tolist(), strict=True):
                    raw = os.pread(
                        source.fileno(), int(counts[row]) * HASH_BYTES, int(ends[row] - counts[row]) * HASH_BYTES
                    )
                    hashes[starts[place] : starts[place + 1]] = np.frombuffer(raw, np.uint64)
        return starts, hashes


def key_range(part: int, parts: int) -> tuple[int, int]:
    """The smallest and the largest key of one of `parts` equal ranges of 64-bit keys."""
    return (part << 64) // parts, (((part + 1) << 64) // parts) - 1


def proposing_keys(unit: Path, low: int, high: int) -> Keys:
    """The keys of a unit in a range, by which its documents are proposed."""
    table = read_arrow(unit.with_suffix(".keys"))
    keys = table["key"].to_numpy()
    begin = np.searchsorted(keys, np.uint64(low), side="left")
    end = np.searchsorted(keys, np.uint64(high), side="right")
    return Keys(keys[begin:end].copy(), table["row"].to_numpy()[begin:end].astype(np.int64))


def id_keys(unit: Path, low: int, high: int) -> Keys:
    """The hashes of the ids of a unit in a range."""
    keys = read_arrow(unit.with_suffix(".arrow"))["id_hash"].to_numpy()
    row = np.flatnonzero((keys >= np.uint64(low)) & (keys <= np.uint64(high)))
    return Keys(keys[row], row)


def equal_keys(
    units: Sequence[Path], starts: Longs, keys_of: Callable[[Path, int, int], Keys], part: int, parts: int
) -> tuple[Longs, Longs]:
    """Documents next to each other among those of equal keys, as two columns, keys of one range alone.

    Of n documents with one key come n - 1 pairs. Memory: some 40 bytes a key of the range.
    """
    low, high = key_range(part, parts)
    found = [keys_of(unit, low, high) for unit in units]
    if not found:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    keys = np.concatenate([of.key for of in found])
    documents = np.concatenate([of.row + start for of, start in zip(found, starts.tolist(), strict=False)])
    order = np.argsort(keys, kind="stable")
    keys, documents = keys[order], documents[order]
    same = np.flatnonzero(keys[1:] == keys[:-1])
    return documents[same], documents[same + 1]


def counts_of(facts: Sequence[Mapping[str, Any]], name: str) -> int:  # Any: JSON
    """The sum of one figure over the facts of all units."""
    return sum(int(fact[name]) for fact in facts)
