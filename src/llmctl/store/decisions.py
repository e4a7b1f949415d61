"""What was decided of every document, laid beside the rows of its unit for the last pass.

In: the fates of all tasks. On disk: for each unit a table with a row a document (LAID): why it goes, its twin and score,
or the size of the cluster that it heads; and the sizes and losses that the manifest tells.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from llmctl.store.evaluation_sets import UNIT_BITS
from llmctl.store.exchange import read_beside, write_beside
from llmctl.store.held_out import HELD_OUT
from llmctl.store.proposals import FATES
from llmctl.store.signatures import Longs, Signatures, read_arrow
from llmctl.store.units import Plan, Unit
from llmctl.text.duplicates.contamination import strongest

LAID = pa.schema([
    ("_reason", pa.string()), ("_twin", pa.string()), ("_score", pa.float64()), ("_cluster", pa.string()),
    ("_size", pa.int64()), ("_number", pa.int64()),
])  # fmt: skip
CONTAMINATED = "contaminated"
LARGEST = 10  # clusters that the manifest names


def all_fates(files: Sequence[Path]) -> pa.Table:
    """Every document that goes, in the order of the input."""
    table = pa.concat_tables([FATES.empty_table(), *(read_arrow(path) for path in files)]).combine_chunks()
    return table.take(pa.array(np.argsort(table["document"].to_numpy(), kind="stable")))


def cluster_sizes(gone: pa.Table) -> tuple[Longs, Longs]:
    """(documents that somebody goes for, ascending; how large their clusters are, they themselves counted)."""
    heads, counts = np.unique(gone["twin"].to_numpy(), return_counts=True)
    return heads, counts + 1


def lay_decisions(
    signatures: Signatures,
    gone: pa.Table,
    held: npt.NDArray[np.bool_] | None,
    plan: Plan,
    remembered_units: int,
    beside: Path,
) -> None:
    """For each unit of the plan a table with a row a document; those `held` out that would stay go as that."""
    heads, sizes = cluster_sizes(gone)
    documents = gone["document"].to_numpy()
    for unit, number in zip(plan.units, range(remembered_units, len(signatures.units)), strict=True):
        start, end = signatures.starts[number], signatures.starts[number + 1]
        a, b = np.searchsorted(documents, [start, end])
        rows = pa.array(documents[a:b] - start)
        mine = gone.slice(a, b - a)
        ids = signatures.table(number)["id"].combine_chunks()
        size = np.ones(end - start, np.int64)
        first, last = np.searchsorted(heads, [start, end])
        size[heads[first:last] - start] = sizes[first:last]
        size[documents[a:b] - start] = sizes[np.searchsorted(heads, mine["twin"].to_numpy())]
        reason, twin = _spread(rows, mine["reason"], end - start), _spread(rows, mine["twin_id"], end - start)
        score = _spread(rows, mine["score"], end - start)
        if held is not None:
            reason = pc.if_else(pc.and_(pc.is_null(reason), pa.array(held[start:end])), HELD_OUT, reason)
        columns = [reason, twin, score, pc.coalesce(twin, ids), pa.array(size), numbers(unit, end - start)]
        write_beside(beside, unit.name, pa.table(columns, schema=LAID))


def lay_nothing(unit: Unit, rows: int, beside: Path) -> None:
    """The table of a unit of which nothing was decided."""
    columns = [pa.nulls(rows, field.type) for field in LAID][:-1]
    write_beside(beside, unit.name, pa.table([*columns, numbers(unit, rows)], schema=LAID))


def lay_contaminated_rows(hits: pa.Table, names: Sequence[str], beside: Path, unit: Unit) -> Longs:
    """Let the rows with a hit go in the table of a unit, each for the entry that it holds most of; their numbers."""
    table = read_beside(beside, unit.name)
    best = strongest(hits["row"].to_numpy(), hits["entry"].to_numpy(), hits["score"].to_numpy(), table.num_rows)
    rows = np.flatnonzero(best >= 0)
    hit = best[rows]
    entries = hits["entry"].to_numpy()[hit]
    for name, values in (
        ("_reason", pa.array([CONTAMINATED] * len(rows), pa.string())),
        ("_twin", pa.array([names[e] for e in entries.tolist()], pa.string())),
        ("_score", pa.array(hits["score"].to_numpy()[hit])),
    ):
        laid = pc.coalesce(_spread(pa.array(rows), pa.chunked_array([values]), table.num_rows), table[name])
        table = table.set_column(table.schema.get_field_index(name), name, laid)
    write_beside(beside, unit.name, table)
    return rows


def numbers(unit: Unit, rows: int) -> pa.Array:
    """The numbers of a unit's documents: they ascend through the input, whatever other units hold."""
    return pa.array(np.arange(rows) + (unit.index << UNIT_BITS))


def _spread(rows: pa.Array, values: pa.ChunkedArray, length: int) -> pa.Array:
    """`values` at `rows`, null elsewhere."""
    at = np.full(length, -1, np.int64)
    at[np.asarray(rows)] = np.arange(len(rows))
    return values.combine_chunks().take(pa.array(at, mask=at < 0))


def largest_clusters(signatures: Signatures, gone: pa.Table) -> list[dict[str, Any]]:  # Any: JSON
    """The largest clusters: id of the document that stays, and how many documents it stands for."""
    heads, sizes = cluster_sizes(gone)
    order = np.lexsort((heads, -sizes))[:LARGEST]
    ids = signatures.take(heads[order], ["id"])["id"].to_pylist() if len(order) else []
    return [{"id": id, "size": int(size)} for id, size in zip(ids, sizes[order].tolist(), strict=True)]
