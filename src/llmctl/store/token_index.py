"""Random access to token shards: a document by its number or id, ids by their global position, no shard loaded for it.

A *position* counts the ids of all documents in shard order; separators belong to training and are not counted. A *number*
counts documents from 0. Footers say which row group holds a document; the flat column `tokens` says where each document
starts (4 bytes a document; where a shard lacks it, its `ids` are counted once, a batch in memory at a time). What is
asked for is then read from its row groups alone, piece by piece up to the last row needed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from llmctl.errors import UserError
from llmctl.store.tokens import documents, lengths_of, opened_shard, shards, tells_lengths
from llmctl.tokens.packing import Longs

NAMED = ("id", "url", "source", "lang")
BUFFER_BYTES = 1 << 20  # without a buffer Arrow reads the whole column of a row group at once
ROWS = 128  # documents decoded at once


@dataclass(frozen=True)
class Group:
    """A row group of a shard, and the number of its first document."""

    file: Path
    group: int
    first: int
    rows: int


@dataclass(frozen=True)
class Document:
    """One document; `named` has its id, url, source and lang, as far as there are such columns."""

    number: int
    ids: NDArray[np.unsignedinteger]
    named: dict[str, Any]  # Any: ids may be numbers


class TokenIndex:
    """A TOKENS directory, opened for random access."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.groups: list[Group] = []
        self.count = 0  # documents
        self.told = True  # do all shards tell the lengths of their documents?
        for file in shards(path):
            with opened_shard(file, path, ("ids",)) as (parquet, _):
                self.told = self.told and tells_lengths(parquet)
                for group in range(parquet.num_row_groups):
                    rows = parquet.metadata.row_group(group).num_rows
                    self.groups.append(Group(file, group, self.count, rows))
                    self.count += rows

    @cached_property
    def starts(self) -> Longs:
        """The position at which each document starts, and the number of positions (N + 1)."""
        return np.concatenate(([0], np.cumsum(lengths_of(self.path), dtype=np.int64)))

    def document(self, number: int) -> Document:
        """A document by its number; UserError where there is none."""
        if not 0 <= number < self.count:
            raise UserError(f"{self.path} has no document {number:,}; it holds {self.count:,}, counted from 0")
        return next(self.documents(number, number + 1))

    def place(self, position: int) -> tuple[int, int]:
        """The document that holds a position, and the offset in it; UserError beyond the last."""
        total = int(self.starts[-1])
        if not 0 <= position < total:
            raise UserError(f"{self.path} has no position {position:,}; it holds {total:,} ids, counted from 0")
        number = int(np.searchsorted(self.starts, position, side="right")) - 1
        return number, position - int(self.starts[number])

    def read(self, begin: int, end: int) -> NDArray[np.unsignedinteger]:
        """The ids at the positions [begin, end); UserError where they are not all there."""
        if begin >= end:
            return np.empty(0, np.uint16)
        (first, offset), (last, _) = self.place(begin), self.place(end - 1)
        flat = np.concatenate([document.ids for document in self.documents(first, last + 1)])
        return flat[offset : offset + end - begin]

    def number_of(self, id: str) -> int | None:
        """The number of the first document with this id; reads the column `id` of the row groups up to it."""
        for before, batch in self._batches(self.groups, ("id",)):
            names = batch.column(0).cast(pa.string()) if batch.num_columns else pa.nulls(0, pa.string())
            found = pc.index(names, id).as_py()
            if found >= 0:
                return before + int(found)
        return None

    def documents(self, first: int, end: int) -> Iterator[Document]:
        """The documents with the numbers [first, end), in order, from the row groups that hold them."""
        wanted = [group for group in self.groups if group.first < end and group.first + group.rows > first]
        for before, batch in self._batches(wanted, ("ids", *NAMED)):
            a, b = max(first, before), min(end, before + batch.num_rows)
            if a < b:
                yield from self._documents_of(batch.slice(a - before, b - a), a)
            if before + batch.num_rows >= end:
                return

    def _batches(self, groups: Sequence[Group], columns: tuple[str, ...]) -> Iterator[tuple[int, pa.RecordBatch]]:
        """The rows of some row groups, each batch with the number of its first document; a shard is opened once."""
        for file, run in groupby(groups, key=lambda group: group.file):
            inside = list(run)
            before = inside[0].first
            with opened_shard(file, self.path, columns, buffer=BUFFER_BYTES) as (parquet, have):
                numbers = [group.group for group in inside]
                for batch in parquet.iter_batches(batch_size=ROWS, row_groups=numbers, columns=have):
                    yield before, batch
                    before += batch.num_rows

    def _documents_of(self, batch: pa.RecordBatch, first: int) -> Iterator[Document]:
        ids, lengths_N = documents(batch, self.path)
        names = [name for name in NAMED if name in batch.schema.names]
        start = 0
        for row, named in enumerate(batch.select(names).to_pylist()):
            length, number = int(lengths_N[row]), first + row
            told = int(np.diff(self.starts[number : number + 2])[0]) if "starts" in self.__dict__ else length
            if told != length:
                raise UserError(
                    f"document {number:,} of {self.path} holds {length:,} ids and its column `tokens` says {told:,}; "
                    "tokenize again"
                )
            yield Document(number, ids[start : start + length], named)
            start += length
