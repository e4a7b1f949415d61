"""Columns that one pass of a stage lays beside the rows of a unit, for the last pass to find."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from llmctl.store.files import written_whole


def write_beside(directory: Path, unit: str, table: pa.Table) -> None:
    """Columns that the last pass finds beside the rows of a unit."""
    directory.mkdir(parents=True, exist_ok=True)
    with written_whole(directory / f"{unit}.parquet") as temporary:
        pq.write_table(table, temporary)


def read_beside(directory: Path, unit: str) -> pa.Table:
    """What a pass laid beside the rows of a unit."""
    return pq.read_table(directory / f"{unit}.parquet")
