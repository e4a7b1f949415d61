"""spans: what scrub found, by entity, rule and action."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from llmctl.errors import UserError
from llmctl.store import lineage
from llmctl.store.span_counts import BY, span_counts

Facts = dict[str, Any]  # Any: JSON
COLUMNS = (*BY, "spans", "documents", "per_thousand")


def spans_of(place: Path) -> Facts:
    """Spans and documents of each entity, rule and action, also to a thousand documents that were read."""
    manifest = lineage.facts_of(place) or {}
    if manifest.get("stage") != "scrub":
        raise UserError(f"{place} has no record of spans; scrub makes one")
    counts = manifest["counts"]
    rows, touched = span_counts(place)
    table = [{**row, "per_thousand": 1000 * row["spans"] / counts["in"]} for row in rows]
    return {"path": str(place), "documents": counts["in"], "documents_with_spans": touched,
            "spans": sum(row["spans"] for row in rows), "removed": counts["by_reason"], "table": table}  # fmt: skip


def cells(facts: Facts) -> list[list[Any]]:
    """The table, a list a row in the order of COLUMNS."""
    return [[row[name] for name in COLUMNS] for row in facts["table"]]


def headline(facts: Facts) -> str:
    """How much was found, in a sentence."""
    share = facts["documents_with_spans"] / facts["documents"] if facts["documents"] else 0.0
    return f"{facts['spans']:,} spans in {facts['documents_with_spans']:,} of {facts['documents']:,} documents ({share:.1%})"
