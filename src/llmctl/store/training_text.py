"""The texts that a tokenizer is trained on, from the documents of a plan: all, or a balanced sample drawn by their ids.

The choice depends on ids, sizes, sources and languages alone, so neither workers nor the order of files change it. Memory:
a batch of documents.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from llmctl.errors import UserError
from llmctl.settings.tokenize import Tokenize
from llmctl.store.artifacts import Draft
from llmctl.store.units import DOCUMENTS, Plan, Unit, read_unit
from llmctl.tokens.balance import Cell, cell_of, rates

PACKED = 20  # a text's bytes are hardly more than so many times those of its file
SALT = 7  # so that the choice is nobody else's who hashes ids
Rates = Mapping[Cell, float]


def rates_of(settings: Tokenize, draft: Draft, plan: Plan, workers: int) -> Rates | None:
    """The share of the documents of each cell that is read; None where all are."""
    on_disk = sum(span.size for unit in plan.units for span in unit.spans)
    all_fits = not settings.train_bytes or on_disk * PACKED <= settings.train_bytes
    if all_fits and not settings.sources and not settings.languages:
        return None
    work = functools.partial(measure_unit, settings, plan.schema)
    sizes: Counter[Cell] = Counter()
    for fact in draft.finish_all(work, plan.units, workers=workers, what="texts-"):
        sizes.update({Cell(source, language): size for source, language, size in fact["cells"]})
    found = rates(sizes, settings.sources, settings.languages, settings.train_bytes)
    if not found:
        raise UserError(
            "no document has a source and language that sources and languages give a share; give one to `all`, or correct the names"
        )
    return found


def measure_unit(settings: Tokenize, schema: pa.Schema, unit: Unit) -> dict[str, Any]:
    """Bytes of text by source and language. Runs in a worker."""
    sizes: Counter[Cell] = Counter()
    for batch in read_unit(unit, DOCUMENTS, schema):
        lengths = pc.binary_length(batch.rows["text"]).to_pylist()
        for cell, size in zip(cells_of(batch.rows, settings), lengths, strict=True):
            sizes[cell] += size or 0
    return {"cells": [[*cell, size] for cell, size in sorted(sizes.items())]}


def cells_of(rows: pa.Table, settings: Tokenize) -> list[Cell]:
    """The cell of each document."""
    pairs = zip(rows["source"].to_pylist(), rows["lang"].to_pylist(), strict=True)
    return [cell_of(s or "other", g or "und", settings.sources, settings.languages) for s, g in pairs]


def texts_of(settings: Tokenize, plan: Plan, chosen: Rates | None, told: Counter[str]) -> Iterator[str]:
    """The texts to train on, a batch in memory at a time; `told` counts documents and bytes."""
    for unit in plan.units:
        for batch in read_unit(unit, DOCUMENTS, plan.schema):
            rows = batch.rows if chosen is None else batch.rows.filter(_drawn(batch.rows, settings, chosen))
            told.update(documents=rows.num_rows, bytes=pc.sum(pc.binary_length(rows["text"])).as_py() or 0)
            yield from rows["text"].to_pylist()


def _drawn(rows: pa.Table, settings: Tokenize, chosen: Rates) -> pa.Array:
    limits = [chosen.get(cell, 0.0) * 2.0**64 for cell in cells_of(rows, settings)]
    hashes = (xxhash.xxh3_64_intdigest(id.encode(), SALT) for id in rows["id"].to_pylist())
    return pa.array([value < limit for value, limit in zip(hashes, limits, strict=True)], pa.bool_())
