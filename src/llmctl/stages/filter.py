"""filter: keep the documents that break no rule, in the languages asked for.

documents -> kept documents; a removed row carries every rule it broke with value and limits, and the signals that the
rules read are columns (`s_NAME`) on both sides. The C4 edits cut lines of the rows that stay (`_cuts`).
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from llmctl.settings.filter import GENERAL, Filter
from llmctl.settings.how import How
from llmctl.store.artifacts import Outcome
from llmctl.store.rows import RowStage, Verdict, run_rows
from llmctl.store.verdicts import BREACHES, REASONS, replace_column
from llmctl.text.language import identify
from llmctl.text.quality import c4
from llmctl.text.quality.rules import Rule, broken
from llmctl.text.quality.segments import Values
from llmctl.text.quality.signals import measure

VERSION = 1
DIALECTS = {"c4": c4.C4, "c4-datatrove": c4.DATATROVE}
CUTS = pa.schema([("id", pa.string()), ("start", pa.int64()), ("end", pa.int64()), ("rule", pa.string())])
NULL_TEXT = "unreadable:null_text"


def run(settings: Filter, sources: list[str], out: str | None, how: How) -> Outcome:
    """Filter the documents of `sources` into `out`."""
    return run_rows(RowStage("filter", VERSION, judge), settings, sources, out, how)


def judge(batch: pa.Table, settings: Filter) -> Verdict:
    """Measure, judge, and edit what stays."""
    rows = with_language(batch)
    rules = [Rule(name, r.signal, r.low, r.high, r.source) for name, r in settings.rules.items()]
    names = dict.fromkeys([*(rule.signal for rule in rules), *(GENERAL if settings.signals else ())])
    texts = rows["text"]
    values = measure(texts, list(names))
    for name in names:
        rows = replace_column(rows, f"s_{name}", signal_column(values[name]))
    removed_by, breaches = broken(values, rules, rows.num_rows)
    if settings.lang:
        removed_by, breaches = judge_language(rows, settings, removed_by, breaches)
    removed_by, breaches = without_text(texts, removed_by, breaches)
    if settings.edit == "none":
        return Verdict(rows, removed_by, breaches)
    rows, cuts = edit_kept(rows, removed_by, DIALECTS[settings.edit])
    return Verdict(rows, removed_by, breaches, sides={"_cuts": cuts})


def with_language(batch: pa.Table) -> pa.Table:
    """The batch with `lang` and `lang_score`, found where they are missing."""
    n = batch.num_rows
    labels = batch["lang"].to_pylist() if "lang" in batch.column_names else [None] * n
    scores = batch["lang_score"].to_pylist() if "lang_score" in batch.column_names else [None] * n
    missing = [i for i in range(n) if labels[i] is None]
    found, probabilities = identify([batch["text"][i].as_py() for i in missing])
    for i, label, probability in zip(missing, found, probabilities.tolist(), strict=True):
        labels[i], scores[i] = label, (probability if label is not None else None)
    batch = replace_column(batch, "lang", pa.array(labels, pa.string()))
    return replace_column(batch, "lang_score", pa.array(scores, pa.float64()))


def signal_column(values: Values) -> pa.Array:
    """A signal as a column: what means nothing for a text is null."""
    array = pa.array(values)
    return pc.if_else(pc.is_nan(array), None, array) if pa.types.is_floating(array.type) else array


def judge_language(
    rows: pa.Table, settings: Filter, removed_by: pa.Array, breaches: pa.Array
) -> tuple[pa.Array, pa.Array]:
    """Put `language` first where the label is none of those asked for or its score is too low."""
    known = pc.is_in(rows["lang"], value_set=pa.array(settings.lang, pa.string()))
    scores = rows["lang_score"].to_pylist()
    # a label without a score was given by whoever made the documents, and is trusted
    sure = pc.fill_null(pc.greater_equal(rows["lang_score"], settings.min_lang_score), True)
    wrong = pc.invert(pc.and_(known, sure)).to_pylist()
    reasons = [["language", *r] if bad else r for bad, r in zip(wrong, removed_by.to_pylist(), strict=True)]
    told = [
        [{"rule": "language", "value": score, "low": settings.min_lang_score, "high": None}, *b] if bad else b
        for bad, score, b in zip(wrong, scores, breaches.to_pylist(), strict=True)
    ]
    return pa.array(reasons, REASONS), pa.array(told, BREACHES)


def without_text(texts: pa.ChunkedArray, removed_by: pa.Array, breaches: pa.Array) -> tuple[pa.Array, pa.Array]:
    """A row without text is unreadable and breaks no rule."""
    if not texts.null_count:
        return removed_by, breaches
    lost = pc.is_null(texts).to_pylist()
    reasons = [[NULL_TEXT] if gone else r for gone, r in zip(lost, removed_by.to_pylist(), strict=True)]
    told = [[] if gone else b for gone, b in zip(lost, breaches.to_pylist(), strict=True)]
    return pa.array(reasons, REASONS), pa.array(told, BREACHES)


def edit_kept(rows: pa.Table, removed_by: pa.Array, dialect: c4.Dialect) -> tuple[pa.Table, pa.Table]:
    """The rows with the texts that stay edited (a removed row keeps its text as evidence), and what was cut."""
    stays = pc.equal(pc.list_value_length(removed_by), 0)
    edited = c4.edit(rows["text"], dialect)
    texts = pc.if_else(stays, edited.texts(), rows["text"].cast(pa.large_string()))
    row, start, end, rule = edited.cuts.T
    shown = np.asarray(stays)[row]
    cuts = pa.table(
        [
            rows["id"].take(pa.array(row[shown])).cast(pa.string()),
            pa.array(start[shown]),
            pa.array(end[shown]),
            pa.array(c4.CUT_RULES, pa.string()).take(pa.array(rule[shown])),
        ],
        schema=CUTS,
    )
    return replace_column(rows, "text", texts), cuts
