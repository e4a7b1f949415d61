"""trace: a step of a run -> the documents (id, url, token range) that trained it.

Nothing is recorded while training: the batch is a pure function of the step, so it is computed again from the run's
identity, its skip list and the token shards. Costs one pass over the lengths of the shards' documents.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

from llmctl.errors import UserError
from llmctl.store.artifacts import input_of
from llmctl.store.runs import identity_of, read_metrics, read_skips
from llmctl.store.tokens import lengths_of, rows_at
from llmctl.tokens.mixture import batch_places, order_of
from llmctl.tokens.packing import spans, starts_of


def trace(run: str, step: int) -> dict[str, Any]:
    """`{step, batch_hash, documents:[{id, url, source, start, end}]}` in batch order, offsets in its tokens.

    A window's first token (which is read, not predicted) is included, so the ranges and the separators between them are
    exactly the ids that `batch_hash` stands for.
    """
    identity = identity_of(run)
    steps, _ = read_metrics(Path(run))
    if step not in steps:
        have = f"it has steps 0 to {max(steps)}" if steps else "it has none yet"
        raise UserError(f"{run} has no step {step}; {have}")
    settings, paths = identity["settings"], _sources(run, identity)
    starts = [starts_of(lengths_of(path)) for path in paths]
    sequence = settings["data"]["sequence"]
    order = order_of(
        settings["seed"],
        settings["data"]["batch"],
        sequence,
        [int(s[-1]) for s in starts],
        settings["weights"],
        settings["data"]["shuffle"],
    )
    pieces = [
        (place.source, *span)
        for place in batch_places(order, step, read_skips(Path(run)))
        for span in spans(starts[place.source], place.window * sequence, (place.window + 1) * sequence + 1)
    ]
    return {"step": step, "batch_hash": steps[step]["batch_hash"], "documents": _named(paths, pieces)}


def _sources(run: str, identity: dict[str, Any]) -> list[str]:
    given = identity["inputs"][: identity["settings"]["sources"]]
    for source in given:
        if not Path(source["path"]).exists():
            raise UserError(f"{source['path']}, which {run} was trained on, is not there; run trace from where it is")
        if input_of(source["path"]).key != source["key"]:
            raise UserError(f"{source['path']} is not what {run} was trained on any more; make it again first")
    return [source["path"] for source in given]


def _named(paths: list[str], pieces: list[tuple[int, int, int, int]]) -> list[dict[str, Any]]:
    wanted: defaultdict[int, set[int]] = defaultdict(set)
    for source, document, _, _ in pieces:
        wanted[source].add(document)
    rows = {source: rows_at(paths[source], numbers) for source, numbers in wanted.items()}
    return [{**rows[source][document], "start": start, "end": end} for source, document, start, end in pieces]
