"""trace: a step of a run -> the documents (id, url, token range) that trained it.

Nothing is recorded while training: the batch is a pure function of the step, so it is computed again from the run's
identity, its skip list and the token shards. Costs one pass over the lengths of the shards' documents.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

from llmctl.errors import UserError
from llmctl.settings.knobs import resolve
from llmctl.settings.pretrain import Data
from llmctl.store.artifacts import input_of
from llmctl.store.runs import identity_of, read_metrics, read_skips
from llmctl.store.tokens import Tokens, open_tokens, rows_at
from llmctl.tokens.mixture import batch_places
from llmctl.tokens.packing import spans, starts_of
from llmctl.train.sources import streams_of


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
    settings, opened = identity["settings"], [open_tokens(path) for path in _sources(run, identity)]
    data = resolve(Data, [settings["data"]])
    streams = streams_of(opened, data, settings["weights"], settings["seed"])
    starts = [starts_of(tokens.lengths) for tokens in streams.tokens]
    pieces = [
        (streams.tokens[place.source], *span)
        for place in batch_places(streams.order, step, read_skips(Path(run)))
        for span in spans(starts[place.source], place.window * data.sequence, (place.window + 1) * data.sequence + 1)
    ]
    return {"step": step, "batch_hash": steps[step]["batch_hash"], "documents": _named(pieces)}


def _sources(run: str, identity: dict[str, Any]) -> list[str]:
    given = identity["inputs"][: identity["settings"]["sources"]]
    for source in given:
        if not Path(source["path"]).exists():
            raise UserError(f"{source['path']}, which {run} was trained on, is not there; run trace from where it is")
        if input_of(source["path"]).key != source["key"]:
            raise UserError(f"{source['path']} is not what {run} was trained on any more; make it again first")
    return [source["path"] for source in given]


def _named(pieces: list[tuple[Tokens, int, int, int]]) -> list[dict[str, Any]]:
    wanted: defaultdict[str, set[int]] = defaultdict(set)
    for tokens, document, _, _ in pieces:
        wanted[tokens.path].add(tokens.number(document))
    rows = {path: rows_at(path, numbers) for path, numbers in wanted.items()}
    return [
        {**rows[tokens.path][tokens.number(document)], "start": start, "end": end}
        for tokens, document, start, end in pieces
    ]
