"""scrub: personal data becomes placeholders or pseudonyms, or takes its document along.

documents -> documents; a row goes under action `drop` or where it is made of personal data. Spans are recorded
(`_spans`, offsets in code points before and after), values never; with a key, an HMAC of each value.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from llmctl.errors import BadSettings
from llmctl.settings.how import How
from llmctl.settings.knobs import nearest
from llmctl.settings.scrub import Scrub
from llmctl.store.artifacts import Outcome
from llmctl.store.gold_spans import read_gold
from llmctl.store.keys import read_key
from llmctl.store.rows import RowStage, Verdict, run_rows
from llmctl.store.span_counts import span_counts
from llmctl.store.verdicts import breaches, reasons, replace_column
from llmctl.text.privacy import gold
from llmctl.text.privacy.detectors import detectors_of
from llmctl.text.privacy.masking import placeholder, replace_spans
from llmctl.text.privacy.phones.numbers import SUPPORTED
from llmctl.text.privacy.pseudonyms import MIN_KEY, derived, fingerprint, pseudonym
from llmctl.text.privacy.reading import read
from llmctl.text.privacy.scan import find_spans
from llmctl.text.privacy.spans import Options, Span

VERSION = 3
SPANS = pa.schema([
    ("id", pa.string()), ("entity", pa.string()), ("start", pa.int64()), ("end", pa.int64()), ("out_start", pa.int64()),
    ("out_end", pa.int64()), ("rule", pa.string()), ("action", pa.string()), ("value_hmac", pa.string()),
])  # fmt: skip
TOO_MANY = "spans_per_kb"
Row = tuple[Any, ...]
Broken = dict[str, Any]


def run(settings: Scrub, sources: list[str], out: str | None, how: How) -> Outcome:
    """Scrub the documents of `sources` into `out`."""
    if settings.evaluate:
        return evaluate(settings, sources, out, how)
    if not sources:
        raise BadSettings("scrub needs DOCS (or --evaluate GOLD.jsonl); write for example llmctl scrub unique -o safe")
    refuse_unknown(settings.regions)
    key = derived(read_key(settings.key_file, MIN_KEY)) if settings.key_file else None
    stage = RowStage(
        "scrub",
        VERSION,
        functools.partial(judge, key=key),
        also=tuple(filter(None, [settings.key_file])),
        illustrate=found,
    )
    return run_rows(stage, settings, sources, out, how)


def refuse_unknown(regions: Sequence[str]) -> None:
    """Countries that libphonenumber has no plan of."""
    unknown = [region for region in regions if region not in SUPPORTED]
    if unknown:
        raise BadSettings(f"regions: no country {unknown[0]!r}{nearest(unknown[0].upper(), SUPPORTED)}")


def found(place: Path, settings: Scrub, reasons: Sequence[str]) -> tuple[dict[str, Any], list[str]]:
    """What a preview shows beside counts: spans by entity, rule and action."""
    rows, touched = span_counts(place)
    lines = [
        f"  {r['entity']} ({r['rule']}), {r['action']}: {r['spans']:,} in {r['documents']:,} documents" for r in rows
    ]
    return {"spans": rows, "documents_with_spans": touched}, lines


def judge(batch: pa.Table, settings: Scrub, key: bytes | None = None) -> Verdict:
    """Replace, flag or drop what the detectors find; every span becomes a row of `_spans`."""
    ids, texts = batch["id"].to_pylist(), batch["text"].to_pylist()
    spotted = find_spans(texts, detectors_of(settings.looked_for), Options(settings.ip.private, settings.regions))
    new, rows, broken = list(texts), [], []
    for i, (text, spans) in enumerate(zip(texts, spotted, strict=True)):
        broken.append(_broken(text, spans, settings))
        if spans:
            new[i], moved = replace_spans(text, spans, [_replacement(text, span, settings, key) for span in spans])
            rows += [_row(ids[i], text, *told, settings, key) for told in zip(spans, moved, strict=True)]
    columns = zip(*rows, strict=True) if rows else [()] * len(SPANS)
    return Verdict(
        replace_column(batch, "text", pa.array(new, pa.large_string())),
        reasons([[b["rule"] for b in of_row] for of_row in broken]),
        breaches(broken),
        sides={"_spans": pa.table([pa.array(column, f.type) for column, f in zip(columns, SPANS, strict=True)], SPANS)},
        counts=Counter(f"spans_{row[1]}" for row in rows),
    )


def _broken(text: str, spans: Sequence[Span], settings: Scrub) -> list[Broken]:
    """Why a document goes: an entity whose action is drop, or more spans to a kilobyte than it may have."""
    entities = dict.fromkeys(span.entity for span in spans if settings.action_of(span.entity) == "drop")
    broken: list[Broken] = [{"rule": entity, "value": None, "low": None, "high": 0.0} for entity in entities]
    limit = settings.max_spans_per_kb
    if limit is not None and spans:
        density = 1000 * len(spans) / len(text.encode())
        if density > limit:
            broken.append({"rule": TOO_MANY, "value": density, "low": None, "high": limit})
    return broken


def _replacement(text: str, span: Span, settings: Scrub, key: bytes | None) -> str | None:
    action = settings.action_of(span.entity)
    if action == "pseudonym":
        assert key is not None, "settings ask for a key file with this mode"
        return pseudonym(key, span.entity, _value(text, span))
    return None if action == "flag" else placeholder(span.entity)  # dropped documents keep no value either


def _value(text: str, span: Span) -> str:
    """What was found, as it is read."""
    return read(text[span.start : span.end]).text


def _row(id: str, text: str, span: Span, moved: tuple[int, int], settings: Scrub, key: bytes | None) -> Row:
    known = fingerprint(key, span.entity, _value(text, span)) if key else None
    return id, span.entity, span.start, span.end, *moved, span.rule, settings.action_of(span.entity), known


def evaluate(settings: Scrub, sources: Sequence[str], out: str | None, how: How) -> Outcome:
    """Exact-span precision, recall and F1 of each entity on the gold files; writes nothing."""
    if sources or out is not None:
        raise BadSettings("--evaluate reads GOLD.jsonl alone, without DOCS and without -o")
    documents, others = read_gold(settings.evaluate)
    detectors = detectors_of(settings.looked_for)
    spotted = find_spans([d.text for d in documents], detectors, Options(settings.ip.private, settings.regions))
    rows, without = gold.table(documents, spotted, settings.looked_for, how.seed), gold.clean(documents, spotted)
    labels = dict(others.most_common())
    facts = {"stage": "scrub", "evaluate": list(settings.evaluate), "documents": len(documents), "table": rows,
             "without_spans": without, "other_labels": labels}  # fmt: skip
    headline = f"scrub (evaluate): {len(documents):,} documents of {', '.join(settings.evaluate)}; exact spans"
    return Outcome(None, facts, "\n".join([headline, *gold.told(rows, without, labels)]))
