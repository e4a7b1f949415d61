"""Strings of a table that are not UTF-8: Arrow does not look when it reads Parquet, and readers of text trip later.

Checked once a batch, at the speed of Arrow's own validation; only a column that fails is looked at value by value.
"""

from __future__ import annotations

import pyarrow as pa


def utf8_alone(table: pa.Table) -> tuple[pa.Table, set[int]]:
    """The table with nulls for strings that are not UTF-8, and the rows that held one. A binary `text` becomes text."""
    bad: set[int] = set()
    for i, field in enumerate(table.schema):
        kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
        binary = pa.types.is_binary(kind) or pa.types.is_large_binary(kind)
        if not (pa.types.is_string(kind) or pa.types.is_large_string(kind) or (field.name == "text" and binary)):
            continue
        raw = table.column(i).cast(kind).cast(pa.large_binary())
        try:
            raw.cast(pa.large_string())
        except pa.ArrowInvalid:
            values = [decoded(value) for value in raw.to_pylist()]
            bad.update(row for row, value in enumerate(values) if value is False)
            clean = pa.array([None if value is False else value for value in values], pa.large_string())
            table = table.set_column(i, field.name, pa.chunked_array([clean]))
    return table, bad


def decoded(value: bytes | None) -> str | bool | None:
    """The bytes as text; False where they are none."""
    try:
        return None if value is None else value.decode("utf-8")
    except UnicodeDecodeError:
        return False
