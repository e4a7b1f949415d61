"""What a scrub found, counted from `_spans`: spans and documents of each entity, rule and action."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from llmctl.store import lineage

BY = ("entity", "rule", "action")


def span_counts(place: Path) -> tuple[list[dict[str, Any]], int]:
    """A row for each kind, the most frequent first, and the documents that have any; a document counts once in a row."""
    spans: Counter[tuple[str, ...]] = Counter()
    documents: Counter[tuple[str, ...]] = Counter()
    touched = 0
    for part in lineage.parts(place, "_spans"):
        table = pq.ParquetFile(part).read(columns=["id", *BY], use_threads=False)
        touched += len(pc.unique(table["id"]))  # a document lies in one part
        for *kind, n, distinct in _counted(table):
            spans[tuple(kind)] += n
            documents[tuple(kind)] += distinct
    order = sorted(spans.items(), key=lambda item: (-item[1], item[0]))
    rows = [{**dict(zip(BY, kind, strict=True)), "spans": n, "documents": documents[kind]} for kind, n in order]
    return rows, touched


def _counted(table: pa.Table) -> list[tuple[Any, ...]]:
    """(entity, rule, action, spans, documents) of one part."""
    grouped = table.group_by(list(BY)).aggregate([("id", "count"), ("id", "count_distinct")])
    names = (*BY, "id_count", "id_count_distinct")
    return list(zip(*(grouped[name].to_pylist() for name in names), strict=True))
