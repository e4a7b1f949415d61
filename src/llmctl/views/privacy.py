"""spans: what scrub found, by entity, rule and action, counted from `_spans`."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from llmctl.errors import UserError
from llmctl.store import lineage

Facts = dict[str, Any]  # Any: JSON
BY = ("entity", "rule", "action")
COLUMNS = (*BY, "spans", "documents", "per_thousand")


def spans_of(place: Path) -> Facts:
    """Spans and documents of each entity, rule and action; a document counts once in each row that it is in."""
    manifest = lineage.facts_of(place) or {}
    if manifest.get("stage") != "scrub":
        raise UserError(f"{place} has no record of spans; scrub makes one")
    spans: Counter[tuple[str, ...]] = Counter()
    documents: Counter[tuple[str, ...]] = Counter()
    touched, seen = 0, manifest["counts"]["in"]
    for part in lineage.parts(place, "_spans"):
        table = pq.ParquetFile(part).read(columns=["id", *BY], use_threads=False)
        touched += len(pc.unique(table["id"]))  # a document lies in one part
        for row in _counted(table):
            spans[row[:3]] += row[3]
            documents[row[:3]] += row[4]
    rows = [
        {**dict(zip(BY, kind, strict=True)), "spans": n, "documents": documents[kind], "per_thousand": 1000 * n / seen}
        for kind, n in sorted(spans.items(), key=lambda item: (-item[1], item[0]))
    ]
    by_reason = manifest["counts"]["by_reason"]
    return {"path": str(place), "documents": seen, "documents_with_spans": touched, "spans": sum(spans.values()),
            "removed": by_reason, "table": rows}  # fmt: skip


def _counted(table: pa.Table) -> list[tuple[Any, ...]]:
    """(entity, rule, action, spans, documents) of one part."""
    grouped = table.group_by(list(BY)).aggregate([("id", "count"), ("id", "count_distinct")])
    names = (*BY, "id_count", "id_count_distinct")
    return list(zip(*(grouped[name].to_pylist() for name in names), strict=True))


def cells(facts: Facts) -> list[list[Any]]:
    """The table, a list a row in the order of COLUMNS."""
    return [[row[name] for name in COLUMNS] for row in facts["table"]]


def headline(facts: Facts) -> str:
    """How much was found, in a sentence."""
    share = facts["documents_with_spans"] / facts["documents"] if facts["documents"] else 0.0
    return f"{facts['spans']:,} spans in {facts['documents_with_spans']:,} of {facts['documents']:,} documents ({share:.1%})"
