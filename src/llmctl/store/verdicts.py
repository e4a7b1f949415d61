"""What a judge says of a batch: the rows as they leave, why some go, and what lies beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from llmctl.store.documents import RECORD, Unreadable

REASONS = pa.list_(pa.string())
BREACH = pa.struct([("rule", pa.string()), ("value", pa.float64()), ("low", pa.float64()), ("high", pa.float64())])
BREACHES = pa.list_(BREACH)


@dataclass(frozen=True)
class Verdict:
    """`rows` as they leave the stage (one a row of the batch, in its order); a row with a non-empty `removed_by` goes.

    Where a row of the batch may leave as several, `judged` says how many the batch had: these are what counts.
    `evidence` are columns of the removed rows alone (dedup: `twin_id`, `score`); `sides` are tables laid beside the
    parts (`_spans`, `_cuts`); `counts` are added up into the manifest's counts (`where/...` into its `where`).
    """

    rows: pa.Table
    removed_by: pa.Array
    breaches: pa.Array
    evidence: Mapping[str, pa.Array] = field(default_factory=dict)
    sides: Mapping[str, pa.Table] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    judged: int | None = None

    def split(self) -> tuple[pa.Table, pa.Table]:
        """(kept rows, removed rows with their reasons and evidence).

        Rows that an earlier stage removed (`_removed` given as documents) bring reasons of their own: these are told anew.
        """
        goes = pc.greater(pc.list_value_length(self.removed_by), 0)
        rows = self.rows.drop_columns([n for n in ("removed_by", "breaches") if n in self.rows.column_names])
        whole = rows.append_column("removed_by", self.removed_by).append_column("breaches", self.breaches)
        for name, column in self.evidence.items():
            whole = replace_column(whole, name, column)
        if "record" not in whole.column_names:  # unreadable records say where they stand, whatever the stage keeps
            whole = whole.append_column("record", pa.nulls(whole.num_rows, RECORD))
        return rows.filter(pc.invert(goes)), whole.filter(goes)


Judge = Callable[[pa.Table, Any], Verdict]


def keep_all(rows: pa.Table, **more: Any) -> Verdict:
    """A verdict that removes nothing."""
    return Verdict(rows, reasons([()] * rows.num_rows), breaches([()] * rows.num_rows), **more)


def reasons(of_rows: Sequence[Sequence[str]]) -> pa.Array:
    """For each row the names of the rules it broke (none: it stays)."""
    return pa.array([list(r) for r in of_rows], REASONS)


def breaches(of_rows: Sequence[Sequence[Mapping[str, Any]]]) -> pa.Array:
    """For each row the rules it broke, with value, low and high."""
    return pa.array([list(b) for b in of_rows], BREACHES)


def removed_schema(nothing: Verdict) -> pa.Schema:
    """The columns of `_removed`, from the verdict on an empty batch."""
    return nothing.split()[1].schema


def unreadable_table(lost: Sequence[Unreadable], nothing: Verdict) -> pa.Table:
    """Records that never became a row: id, record and reason; all else null."""
    schema = removed_schema(nothing)
    known: dict[str, pa.Array] = {
        "id": pa.array([u.id for u in lost], pa.string()),
        "record": pa.array([{"file": u.file, "offset": u.offset} for u in lost], RECORD),
        "removed_by": reasons([(f"unreadable:{u.why}",) for u in lost]),
        "breaches": breaches([()] * len(lost)),
    }
    return pa.table([known[f.name] if f.name in known else pa.nulls(len(lost), f.type) for f in schema], schema=schema)


def replace_column(rows: pa.Table, name: str, column: pa.Array) -> pa.Table:
    """The rows with one column changed, or added at the end."""
    at = rows.schema.get_field_index(name)
    return rows.append_column(name, column) if at < 0 else rows.set_column(at, name, column)


def nested(counts: Mapping[str, int]) -> dict[str, Any]:
    """`{"by_language/zh/in": 3}` -> `{"by_language": {"zh": {"in": 3}}}`."""
    tree: dict[str, Any] = {}
    for name, count in counts.items():
        *folders, last = name.split("/")
        spot = tree
        for folder in folders:
            spot = spot.setdefault(folder, {})
        spot[last] = count
    return tree
