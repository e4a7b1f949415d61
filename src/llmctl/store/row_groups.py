"""Rows of a Parquet row group by number, decoded once where they are asked for in order.

A row group can only be decoded from its beginning. Units of work are smaller than row groups, and a worker does them in
order: the row group that it read last stays open, and the next rows of it are read from where it stopped.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

BUFFER_BYTES = 1 << 20  # without a buffer Arrow reads the whole column chunk of a row group at once
Key = tuple[str, int, int, int]


class RowGroup:
    """An open row group, and how far it is read."""

    def __init__(self, key: Key, rows_each: int) -> None:
        self.key, self.position = key, 0
        file = pq.ParquetFile(key[0], pre_buffer=False, buffer_size=BUFFER_BYTES)
        self.stream = file.iter_batches(batch_size=rows_each, row_groups=[key[3]], use_threads=False)
        self.waiting: pa.RecordBatch | None = None  # decoded, from `position` on

    def rows(self, start: int, end: int) -> Iterator[tuple[int, pa.RecordBatch]]:
        """(number of the first row, rows) of the rows [start, end), which begin at `position` or after it."""
        while self.position < end:
            batch = self.waiting or next(self.stream, None)
            if batch is None:
                return
            first, stop = self.position, min(self.position + batch.num_rows, end)
            self.position, rest = stop, batch.slice(stop - first)
            self.waiting = rest if rest.num_rows else None
            if stop > start:
                skip = max(0, start - first)
                yield first + skip, batch.slice(skip, stop - first - skip)


_last: list[RowGroup] = []  # of this process, one at most


def rows_of(path: str, group: int, start: int, end: int, rows_each: int) -> Iterator[tuple[int, pa.RecordBatch]]:
    """The rows [start, end) of a row group, `rows_each` at a time or fewer; what Arrow raises ends the row group."""
    stat = Path(path).stat()
    key = (path, stat.st_mtime_ns, stat.st_size, group)
    if not _last or _last[0].key != key or _last[0].position > start:
        _last[:] = [RowGroup(key, rows_each)]
    try:
        yield from _last[0].rows(start, end)
    except (pa.ArrowException, OSError):
        _last.clear()
        raise
