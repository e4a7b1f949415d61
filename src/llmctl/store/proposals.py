"""From keys on disk to fates: join equal keys, gather what they connect, and compare that exactly.

In: the signature files of all units. On disk: `edges/` (pairs of documents with an equal key, one file a range of keys),
`fates/` (of each task of whole components who goes, why and for whom). LSH only proposes: the join of a component compares
true sets. Memory: a range of keys, 8 bytes a document for the components, and one task a worker.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from llmctl.errors import UserError
from llmctl.settings.dedup import Dedup
from llmctl.store.artifacts import Draft
from llmctl.store.signatures import Longs, Signatures, equal_keys, id_keys, proposing_keys, read_arrow, write_arrow
from llmctl.text.duplicates.components import components, in_tasks, unite
from llmctl.text.duplicates.exact import Exact
from llmctl.text.duplicates.survivors import EXACT, NEAR, Ranked, fates

KEY_BYTES = 48  # of memory for a key while a range is sorted: key, document, order, and what sorting copies
MANY_KEYS = 20_000_000  # below, joining takes less than starting processes (each imports for more than a second)
FEW_TASKS = 4  # of comparing, the same
BY_ORDER = ("first", "source-order")  # policies that the order of the input decides; of equals by others an id does
TASK_SHINGLES = 4_000_000  # about 32 MB of shingles a task
FATES = pa.schema([
    ("document", pa.int64()), ("reason", pa.string()), ("twin", pa.int64()), ("twin_id", pa.string()), ("score", pa.float64()),
])  # fmt: skip


@dataclass(frozen=True)
class Piece:
    """One of so many pieces of a pass."""

    index: int
    of: int

    @property
    def name(self) -> str:
        """As in the names of its files and markers: a run that goes on with other pieces (more memory) takes none of these."""
        return f"{self.index:05d}-of-{self.of:05d}"


@dataclass(frozen=True)
class Place:
    """Where the passes work: the signature files, and how many documents of earlier runs stand before the others."""

    units: tuple[Path, ...]
    work: Path
    remembered: int


def find_fates(settings: Dedup, place: Place, draft: Draft, *, memory: int, workers: int) -> list[Path]:
    """All passes between signatures and decisions: the files of fates."""
    keys = sum(read_arrow(unit.with_suffix(".keys")).num_rows for unit in place.units)
    parts = max(1, -(-keys * KEY_BYTES * workers // memory))
    signatures = Signatures(place.units)
    starts = signatures.starts
    refuse_repeated_ids(signatures, parts, place.remembered)
    edges = [Piece(i, parts) for i in range(parts)]
    several = workers if keys > MANY_KEYS else 1
    draft.finish_all(functools.partial(propose, place, starts), edges, workers=several, what="pairs-")
    tasks = draft.finished("tasks")
    if tasks is None:
        tasks = {"tasks": lay_tasks(signatures, [place.work / "edges" / f"{e.name}.arrow" for e in edges], place.work)}
        draft.finish("tasks", tasks)
    pieces = [Piece(i, tasks["tasks"]) for i in range(tasks["tasks"])]
    several = workers if len(pieces) > FEW_TASKS else 1
    draft.finish_all(functools.partial(decide, settings, place), pieces, workers=several, what="twins-")
    return [place.work / "fates" / f"{p.name}.arrow" for p in pieces]


def propose(place: Place, starts: Longs, piece: Piece) -> dict[str, Any]:
    """The pairs of one range of keys. Runs in a worker."""
    one, other = equal_keys(place.units, starts, proposing_keys, piece.index, piece.of)
    write_arrow(place.work / "edges" / f"{piece.name}.arrow", pa.table({"one": one, "other": other}))
    return {"pairs": len(one)}


def lay_tasks(signatures: Signatures, edges: Sequence[Path], work: Path) -> int:
    """Whole components, some to a task: how many tasks."""
    parent = np.arange(len(signatures))
    for path in edges:
        pairs = read_arrow(path)
        unite(parent, pairs["one"].to_numpy(), pairs["other"].to_numpy())
    found = components(parent)
    weights = signatures.column("shingles")[found.documents] if len(found.documents) else np.empty(0, np.int64)
    tasks = in_tasks(found, weights + 1, TASK_SHINGLES)
    for index, task in enumerate(tasks):
        component = np.repeat(np.arange(len(task.bounds) - 1), np.diff(task.bounds))
        table = pa.table({"document": task.documents, "component": component})
        write_arrow(work / "tasks" / f"{Piece(index, len(tasks)).name}.arrow", table)
    return len(tasks)


def tasks_of(place: Place) -> list[Path]:
    """The files of tasks: documents and their components."""
    return sorted((place.work / "tasks").glob("*.arrow"))


def decide(settings: Dedup, place: Place, piece: Piece) -> dict[str, Any]:
    """Who of the components of one task goes, and for whom. Runs in a worker."""
    task = read_arrow(place.work / "tasks" / f"{piece.name}.arrow")
    documents, component = task["document"].to_numpy(), task["component"].to_numpy()
    signatures = Signatures(place.units)
    known = signatures.take(documents, ["id", "rank", "exact_low", "exact_high"])
    tie = documents if settings.keep in BY_ORDER else places_of(known["id"])
    ranked = Ranked(component, known["rank"].to_numpy(), tie, documents < place.remembered)
    exact = Exact(known["exact_low"].to_numpy(), known["exact_high"].to_numpy())
    starts, hashes = signatures.shingles(documents)
    found = fates(ranked, exact, starts, hashes, settings.threshold, contained=settings.measure == "containment",
                  near=not settings.exact_only)  # fmt: skip
    reasons = np.where(found.same, EXACT, NEAR)
    table = pa.table(
        [
            documents[found.document],
            reasons,
            documents[found.twin],
            known["id"].take(pa.array(found.twin)),
            found.score,
        ],
        schema=FATES,
    )
    new = documents[found.document] >= place.remembered  # what an earlier run kept is not judged again
    table = table.filter(pa.array(new))
    write_arrow(
        place.work / "fates" / f"{piece.name}.arrow", table.take(pa.array(np.argsort(table["document"].to_numpy())))
    )
    return {"gone": table.num_rows}


def places_of(ids: pa.ChunkedArray) -> Longs:
    """The place of each id among all, shorter ones first: `d9` stands before `d10`, a record before later ones of its file."""
    table = pa.table({"id": ids, "size": pc.binary_length(ids)})
    place = np.empty(len(ids), np.int64)
    place[np.asarray(pc.sort_indices(table, [("size", "ascending"), ("id", "ascending")]))] = np.arange(len(ids))
    return place


def refuse_repeated_ids(signatures: Signatures, parts: int, remembered: int) -> None:
    """Given ids are trusted, so the same one twice is an error of the input."""
    for part in range(parts):
        one, other = equal_keys(signatures.units, signatures.starts, id_keys, part, parts)
        for a, b in zip(one.tolist(), other.tolist(), strict=True):  # equal hashes: nearly always equal ids
            if a < remembered:  # seen again in a later run
                continue
            known = signatures.take(np.array([a, b]), ["id", "file", "offset"]).to_pylist()
            if known[0]["id"] == known[1]["id"]:
                places = [f"{row['file']}:{row['offset']}" for row in known]
                raise UserError(
                    f"the id {known[0]['id']!r} stands twice: at {places[0]} and at {places[1]}; "
                    "make ids unique, or leave them out"
                )
