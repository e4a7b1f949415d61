"""Which records of a run are another fetch of an address that came before, before any is judged.

Every record with an address and a body that was served is known by a 64-bit hash of what addresses of one page share (8 bytes a
record in memory; of a billion addresses one is expected to be taken for another every 37 runs, n^2/2^65). The first in
the order of the input stays, so neither units nor workers decide.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import xxhash

from llmctl.settings.how import How
from llmctl.store.artifacts import Draft
from llmctl.store.exchange import write_beside
from llmctl.store.files import written_whole
from llmctl.store.rows import workers_for
from llmctl.store.units import Plan, Reader, Unit, read_unit
from llmctl.text.sources.urls import key_of

SEEN = "url_seen"  # the column laid beside the rows
Hashes = npt.NDArray[np.uint64]


def lay_beside(draft: Draft, plan: Plan, how: How, reader: Reader) -> Path:
    """Two passes: hash every address, then mark those that are not the first; the directory of what lies beside."""
    place = draft.work / "urls"
    place.mkdir(parents=True, exist_ok=True)
    hashed = functools.partial(_hash_unit, str(place), reader, plan.schema)
    draft.finish_all(hashed, plan.units, workers=workers_for(plan, how), what="urls-")
    if draft.finished("urls") is None:
        hashes = [np.load(place / f"{unit.name}.npy") for unit in plan.units]
        for unit, seen in zip(plan.units, later_ones(hashes), strict=True):
            write_beside(place, unit.name, pa.table({SEEN: seen}))
        draft.finish("urls", {})
    return place


def later_ones(hashes: Sequence[Hashes]) -> list[npt.NDArray[np.bool_]]:
    """For every unit which rows have a hash that stands before them; 0 is no address."""
    together = np.concatenate([*hashes, np.empty(0, np.uint64)])
    _, first = np.unique(together, return_index=True)
    seen = together != 0
    seen[first] = False
    edges = np.cumsum([len(unit) for unit in hashes])
    return np.split(seen, edges[:-1]) if hashes else []


def _hash_unit(place: str, reader: Reader, schema: pa.Schema, unit: Unit) -> dict[str, Any]:
    hashes = [_hash(row) for batch in read_unit(unit, reader, schema) for row in batch.rows.select(NEEDED).to_pylist()]
    with written_whole(Path(place) / f"{unit.name}.npy") as temporary, temporary.open("wb") as stream:
        np.save(stream, np.array(hashes, np.uint64))
    return {"rows": len(hashes)}


NEEDED = ["url", "problem", "warc_type", "http_status"]


def _hash(row: dict[str, Any]) -> int:
    served = row["http_status"] is None or 200 <= row["http_status"] <= 299
    if not row["url"] or row["problem"] or not served or row["warc_type"] == "revisit":
        return 0
    return xxhash.xxh3_64_intdigest(key_of(row["url"])) or 1
