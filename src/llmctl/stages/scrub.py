"""scrub: replace personal data with typed placeholders.

documents -> documents; a row goes only under action `drop`. Spans are recorded (`_spans`, offsets in code points before
and after), values never.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pyarrow as pa

from llmctl.settings.how import How
from llmctl.settings.scrub import Scrub
from llmctl.store.artifacts import Outcome
from llmctl.store.rows import RowStage, Verdict, run_rows
from llmctl.store.verdicts import breaches, reasons, replace_column
from llmctl.text.privacy.detectors import detectors_of
from llmctl.text.privacy.masking import mask_spans
from llmctl.text.privacy.scan import find_spans
from llmctl.text.privacy.spans import Options, Span

VERSION = 1
SPANS = pa.schema([
    ("id", pa.string()), ("entity", pa.string()), ("start", pa.int64()), ("end", pa.int64()), ("out_start", pa.int64()),
    ("out_end", pa.int64()), ("rule", pa.string()), ("action", pa.string()), ("value_hmac", pa.string()),
])  # fmt: skip


def run(settings: Scrub, sources: list[str], out: str | None, how: How) -> Outcome:
    """Scrub the documents of `sources` into `out`."""
    return run_rows(RowStage("scrub", VERSION, judge), settings, sources, out, how)


def judge(batch: pa.Table, settings: Scrub) -> Verdict:
    """Mask, flag or drop what the detectors find; every span becomes a row of `_spans`."""
    options = Options(settings.ip.private, settings.regions)
    texts: list[str] = []
    rows: list[dict[str, Any]] = []
    gone: list[tuple[str, ...]] = []
    ids, before = batch["id"].to_pylist(), batch["text"].to_pylist()
    found = find_spans(before, detectors_of(settings.entities), options)
    for id, text, spans in zip(ids, before, found, strict=True):
        actions = [settings.action_of(span.entity) for span in spans]
        new, moved = mask_spans(text, spans, [action == "mask" for action in actions])
        texts.append(new)
        rows += [_row(id, *told) for told in zip(spans, moved, actions, strict=True)]
        gone.append(
            tuple(dict.fromkeys(s.entity for s, action in zip(spans, actions, strict=True) if action == "drop"))
        )
    counts = Counter(f"spans_{row['entity']}" for row in rows)
    return Verdict(
        replace_column(batch, "text", pa.array(texts, pa.large_string())),
        reasons(gone),
        breaches(
            [[{"rule": entity, "value": None, "low": None, "high": 0.0} for entity in entities] for entities in gone]
        ),
        sides={"_spans": pa.Table.from_pylist(rows, schema=SPANS)},
        counts=counts,
    )


def _row(id: str, span: Span, moved: tuple[int, int], action: str) -> dict[str, Any]:
    return {"id": id, "entity": span.entity, "start": span.start, "end": span.end, "out_start": moved[0],
            "out_end": moved[1], "rule": span.rule, "action": action, "value_hmac": None}  # fmt: skip
