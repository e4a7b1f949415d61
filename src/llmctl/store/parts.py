"""Writing the parts of one unit: row groups by rows and bytes, whole files or none.

Row groups are filled from what arrives, so a filter that keeps three rows of each batch still writes proper row groups,
and the size of the batches read never shows in the bytes.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from types import TracebackType

import pyarrow as pa
import pyarrow.parquet as pq

from llmctl.store.files import written_whole
from llmctl.store.verdicts import Verdict, removed_schema

GROUP_ROWS = 1024  # rows of a row group (dependencies.md section 6)
GROUP_BYTES = 16 << 20
COMPRESSION, LEVEL = "zstd", 3


def dictionary_of(schema: pa.Schema) -> bool | list[str]:
    """Columns written with a dictionary: all but lists of numbers, which tokens are (without, a fifth smaller, twice as fast)."""
    numbers = [f.name for f in schema if pa.types.is_list(f.type) and pa.types.is_integer(f.type.value_type)]
    return [name for name in schema.names if name not in numbers] if numbers else True


class Part:
    """One Parquet file that is being written."""

    def __init__(self, path: Path, schema: pa.Schema, stack: contextlib.ExitStack) -> None:
        self.path, self.schema = path, schema
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = stack.enter_context(written_whole(path))
        self.writer = stack.enter_context(
            pq.ParquetWriter(
                temporary,
                schema,
                compression=COMPRESSION,
                compression_level=LEVEL,
                use_dictionary=dictionary_of(schema),
            )
        )
        self.waiting: list[pa.Table] = []
        self.rows = self.waiting_rows = self.waiting_bytes = 0

    def write(self, table: pa.Table) -> None:
        """Take rows; whole row groups go to the file."""
        table = table.cast(self.schema) if table.schema != self.schema else table
        self.rows += table.num_rows
        start = 0
        while start < table.num_rows:
            piece = table.slice(start, GROUP_ROWS - self.waiting_rows)
            start += piece.num_rows
            self.waiting.append(piece)
            self.waiting_rows += piece.num_rows
            self.waiting_bytes += piece.nbytes
            if self.waiting_rows >= GROUP_ROWS or self.waiting_bytes >= GROUP_BYTES:
                self.flush()

    def flush(self) -> None:
        """Write what waits as one row group."""
        if self.waiting_rows:
            self.writer.write_table(pa.concat_tables(self.waiting), row_group_size=GROUP_ROWS)
        self.waiting, self.waiting_rows, self.waiting_bytes = [], 0, 0


class Writers:
    """The files of one unit: kept rows, removed rows, and what lies beside them; opened when the first row comes.

    The first unit writes every file (`always`), so that a reader finds columns even where nothing was kept or removed.
    """

    def __init__(self, root: Path, unit: str, nothing: Verdict, *, always: bool) -> None:
        self.root, self.file = root, f"part-{unit}.parquet"
        self.schemas = {"": nothing.split()[0].schema, "_removed": removed_schema(nothing)}
        self.schemas |= {name: table.schema for name, table in nothing.sides.items()}
        self.stack = contextlib.ExitStack()
        self.parts: dict[str, Part] = {}
        if always:
            for name in self.schemas:
                self._part(name)

    def __enter__(self) -> Writers:
        self.stack.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        return self.stack.__exit__(kind, error, trace)

    def _part(self, name: str) -> Part:
        if name not in self.parts:
            self.parts[name] = Part(self.root / name / self.file, self.schemas[name], self.stack)
        return self.parts[name]

    def write(self, name: str, table: pa.Table) -> None:
        """Rows for the folder `name` (the empty name: kept rows)."""
        if table.num_rows:
            self._part(name).write(table)

    def close(self) -> list[tuple[Path, int]]:
        """Everything on disk under its final name: (path, rows) of each file."""
        for part in self.parts.values():
            part.flush()
        self.stack.close()
        return [(part.path, part.rows) for part in self.parts.values()]
