"""filter: keep the documents that break no rule, in the languages asked for, with the scores asked for.

documents -> kept documents; a removed row carries every rule it broke with value and limits, and the signals that the
rules read are columns (`s_NAME`) on both sides, so that other limits are tried without measuring again. Models that are
trained here lie in the artifact; edits cut lines of the rows that stay (`_cuts`).
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from llmctl.errors import BadSettings, UserError
from llmctl.infer.scoring import Scorers, made_from, needs_passes, prepare, scored, scorers_of
from llmctl.settings.filter import GENERAL, GIVEN, SIGNALS, Filter
from llmctl.settings.how import How
from llmctl.settings.knobs import nearest, plain
from llmctl.store.artifacts import Outcome, counts_line
from llmctl.store.lineage import column_values, tables
from llmctl.store.lists import open_block_lists, open_keywords, read_thresholds
from llmctl.store.rows import RowStage, Verdict, run_rows
from llmctl.store.signals import MEASURED, as_column, as_values, digests, holds_signals, stored
from llmctl.store.verdicts import BREACHES, REASONS, nested, replace_column
from llmctl.text.classifier.thresholds import noisy_limits
from llmctl.text.language import identify
from llmctl.text.quality import where
from llmctl.text.quality.edits import apply
from llmctl.text.quality.fit import unfit_rules
from llmctl.text.quality.histograms import drawn, histogram
from llmctl.text.quality.keywords import count_keywords
from llmctl.text.quality.rules import Judgement, Rule, all_rules, collect, judged
from llmctl.text.quality.segments import Values
from llmctl.text.quality.signals import measure
from llmctl.text.quality.urls import blocked_by

VERSION = 2
CUTS = pa.schema([("id", pa.string()), ("start", pa.int64()), ("end", pa.int64()), ("rule", pa.string())])
NULL_TEXT = "unreadable:null_text"


def run(settings: Filter, sources: list[str], out: str | None, how: How) -> Outcome:
    """Filter the documents of `sources` into `out`."""
    settings = settings.with_thresholds(read_thresholds(settings.thresholds) if settings.thresholds else {})
    check_condition(settings)
    stage = RowStage("filter", VERSION, judge, illustrate=histograms, foresee=foreseen, also=made_from(settings))
    if needs_passes(settings) or (settings.classifier and out != "-"):  # the manifest tells a model's threshold
        stage = replace(stage, prepare=functools.partial(prepare, settings, judge))
    outcome = run_rows(stage, settings, sources, out, how)
    told = classifier_line(outcome.manifest.get("models", {}).get("classifier", {}))
    warnings = unfit(settings, outcome.manifest.get("counts", {}))
    return replace(outcome, headline=outcome.headline + told, warnings=warnings)


def judge(batch: pa.Table, settings: Filter, scorers: Scorers | None = None) -> Verdict:
    """Measure, score, judge, and edit what stays."""
    scorers = scorers or scorers_of(settings)
    rows = scored(with_language(batch), settings, scorers)
    rules = rules_of(settings, scorers)
    rows, values = with_values(rows, settings, rules)
    judgements = all_judgements(rows, values, settings, rules)
    removed_by, breaches = without_text(rows["text"], *collect(judgements, rows.num_rows))
    counts = counts_by_language(rows["lang"], removed_by)
    if not settings.edits:
        return Verdict(rows, removed_by, breaches, counts=counts)
    rows, cuts = edit_kept(rows, removed_by, settings.edits)
    return Verdict(rows, removed_by, breaches, sides={"_cuts": cuts}, counts=counts)


def check_condition(settings: Filter) -> None:
    """A condition that is none is found at the door."""
    try:
        where.parse(settings.where or "True")
    except where.BadExpression as error:
        raise BadSettings(f"--where: {error}") from None


def all_judgements(
    rows: pa.Table, values: Mapping[str, Values], settings: Filter, rules: Sequence[Rule]
) -> list[Judgement]:
    """Every test of every row, in the order in which reasons are told."""
    languages = rows["lang"].to_pylist()
    return [
        *language_judgement(rows, settings),
        *url_judgements(rows, settings),
        *(judged(rule, values, languages) for rule in rules),
        *keep_judgement(rows, settings),
        *bucket_judgement(rows, settings),
        *where_judgement(rows, values, settings),
    ]


def foreseen(settings: Filter, sources: Sequence[str], how: How) -> tuple[dict[str, Any], list[str]] | None:
    """What a run would keep and remove, from the columns alone: exact, and no text is read.

    None where a source is no artifact of this stage whose signals are those of its texts, or where text is needed.
    """
    if settings.keywords or settings.classifier or settings.perplexity or made_from(settings):
        return None
    rules = rules_of(settings, Scorers())
    names = [name for name in signals_read(settings, rules) if name in SIGNALS]
    counts: Counter[str] = Counter()
    for source in sources:
        if not holds_signals(Path(source), VERSION, settings.stop_words):
            return None
        for rows in tables(Path(source), [*(f"s_{name}" for name in names), *columns_read(settings, rules)]):
            if any(f"s_{name}" not in rows.column_names for name in names):
                return None
            values = given(rows, {name: as_values(rows[f"s_{name}"]) for name in names}, settings, rules)
            removed_by, _ = collect(all_judgements(rows, values, settings, rules), rows.num_rows)
            goes = pc.sum(pc.greater(pc.list_value_length(removed_by), 0)).as_py() or 0
            counts.update({"in": rows.num_rows, "removed": goes, "kept": rows.num_rows - goes})
            counts.update(
                {f"by_reason/{r['values']}": r["counts"] for r in removed_by.flatten().value_counts().to_pylist()}
            )
    facts = {"counts": {"in": 0, "kept": 0, "removed": 0, **nested(dict(counts.most_common()))}}
    reasons = [f"    {reason} {n:,}" for reason, n in facts["counts"].get("by_reason", {}).items()]
    return facts, [f"filter (from stored signals): {counts_line(facts)}", *reasons]


def rules_of(settings: Filter, scorers: Scorers) -> list[Rule]:
    """The rules of the settings, and those that a list or a model brings with it."""
    rows = {name: plain(row) for name, row in settings.rules.items()}
    return all_rules(rows, keywords=bool(settings.keywords), threshold=scorers.threshold)


def with_language(batch: pa.Table) -> pa.Table:
    """The batch with `lang` and `lang_score`, found where they are missing."""
    n = batch.num_rows
    labels = batch["lang"].to_pylist() if "lang" in batch.column_names else [None] * n
    scores = batch["lang_score"].to_pylist() if "lang_score" in batch.column_names else [None] * n
    missing = [i for i in range(n) if labels[i] is None]
    if n and not missing and "lang_score" in batch.column_names:
        return batch
    found, probabilities = identify([batch["text"][i].as_py() for i in missing])
    for i, label, probability in zip(missing, found, probabilities.tolist(), strict=True):
        labels[i], scores[i] = label, (probability if label is not None else None)
    batch = replace_column(batch, "lang", pa.array(labels, pa.string()))
    return replace_column(batch, "lang_score", pa.array(scores, pa.float64()))


def with_values(rows: pa.Table, settings: Filter, rules: Sequence[Rule]) -> tuple[pa.Table, dict[str, Values]]:
    """The rows with a column for every signal that is needed, and the values; what was measured before is read."""
    read = signals_read(settings, rules)
    names = [name for name in dict.fromkeys([*read, *(GENERAL if settings.signals else ())]) if name in SIGNALS]
    values = stored(rows, names, VERSION, settings.stop_words)
    if values is None:
        values = measure(rows["text"], names, languages=rows["lang"].to_pylist(), stop_words=settings.stop_words)
        for name in names:
            rows = replace_column(rows, f"s_{name}", as_column(values[name]))
        rows = replace_column(rows, MEASURED, digests(rows, VERSION, settings.stop_words))
    if settings.keywords:
        values["keywords"] = count_keywords(rows["text"], rows["lang"].to_pylist(), open_keywords(settings.keywords))
        rows = replace_column(rows, "s_keywords", as_column(values["keywords"]))
        if "keyword_ratio" in read:
            values["keyword_ratio"] = values["keywords"] / np.maximum(values["words"], 1)
            rows = replace_column(rows, "s_keyword_ratio", as_column(values["keyword_ratio"]))
    return rows, given(rows, values, settings, rules)


def signals_read(settings: Filter, rules: Sequence[Rule]) -> list[str]:
    """Every signal (or column) that the rules and the condition read."""
    named = where.names_in(settings.where) if settings.where else ()
    read = [*(signal for rule in rules for signal in rule.signals), *named]
    if settings.keywords and "keyword_ratio" in read:
        read.append("words")  # which it is a share of
    return list(dict.fromkeys(read))


def columns_read(settings: Filter, rules: Sequence[Rule]) -> list[str]:
    """The columns beside signals that a decision may read."""
    return [*signals_read(settings, rules), "lang", "lang_score", "url", "perplexity_bucket"]


def given(rows: pa.Table, values: dict[str, Values], settings: Filter, rules: Sequence[Rule]) -> dict[str, Values]:
    """The values with those that stand in columns already (NaN where there is none)."""
    for name in (name for name in GIVEN if name in signals_read(settings, rules) and name not in values):
        known = name in rows.column_names
        values[name] = as_values(rows[name]) if known else np.full(rows.num_rows, np.nan)
    return values


def language_judgement(rows: pa.Table, settings: Filter) -> list[Judgement]:
    """Whether the label is one of those asked for, with a score that is high enough."""
    if not settings.lang:
        return []
    known = pc.is_in(rows["lang"], value_set=pa.array(settings.lang, pa.string()))
    # a label without a score was given by whoever made the documents, and is trusted
    sure = pc.fill_null(pc.greater_equal(rows["lang_score"], settings.min_lang_score), True)
    fails = np.asarray(pc.invert(pc.and_(known, sure)))
    return [judgement("language", fails, as_values(rows["lang_score"]), low=settings.min_lang_score)]


def url_judgements(rows: pa.Table, settings: Filter) -> list[Judgement]:
    """One test for each block list: no page of a place on it stays."""
    if not settings.block_urls or "url" not in rows.column_names:
        return []
    lists = open_block_lists(settings.block_urls)
    found = np.array([name or "" for name in blocked_by(rows["url"].to_pylist(), lists)], dtype=object)
    return [judgement(f"blocked_url:{name}", found == name, (found == name).astype(float), high=0) for name in lists]


def keep_judgement(rows: pa.Table, settings: Filter) -> list[Judgement]:
    """The noisy keep of GPT-3: each document has a limit of its own, drawn from its id."""
    if settings.training.keep != "pareto" or "quality" not in rows.column_names:
        return []
    quality = as_values(rows["quality"])
    low = noisy_limits(rows["id"].to_pylist(), settings.training.seed, settings.training.alpha)
    return [Judgement("quality", np.asarray(quality <= low), quality, low, np.full(len(low), np.nan))]


def bucket_judgement(rows: pa.Table, settings: Filter) -> list[Judgement]:
    """Whether the perplexity lies in a bucket that stays; a document without a bucket does."""
    if not settings.buckets.keep or "perplexity_bucket" not in rows.column_names:
        return []
    stays = pc.is_in(rows["perplexity_bucket"], value_set=pa.array(settings.buckets.keep, pa.string()))
    fails = np.asarray(pc.and_(pc.is_valid(rows["perplexity_bucket"]), pc.invert(stays)))
    return [judgement("perplexity_bucket", fails, as_values(rows["perplexity"]))]


def where_judgement(rows: pa.Table, values: Mapping[str, Values], settings: Filter) -> list[Judgement]:
    """The condition of --where, on columns and signals."""
    if not settings.where:
        return []
    columns = {name: rows[name] for name in rows.column_names} | {n: as_column(v) for n, v in values.items()}
    unknown = [name for name in where.names_in(settings.where) if name not in columns]
    if unknown:
        raise UserError(f"--where: no column and no signal {unknown[0]!r}{nearest(unknown[0], [*columns, *SIGNALS])}")
    try:
        met = np.asarray(where.holds(settings.where, columns, rows.num_rows))
    except where.BadExpression as error:
        raise UserError(f"--where: {error}") from None
    return [judgement("where", ~met, met.astype(float), low=1)]


def judgement(
    name: str, fails: Any, value: Values, *, low: float = np.nan, high: float = np.nan
) -> Judgement:  # Any: an array of truth values
    """A test with the same limits for every row."""
    return Judgement(name, fails, value, np.full(len(value), low), np.full(len(value), high))


def without_text(texts: pa.ChunkedArray, removed_by: pa.Array, breaches: pa.Array) -> tuple[pa.Array, pa.Array]:
    """A row without text is unreadable and breaks no rule."""
    if not texts.null_count:
        return removed_by, breaches
    lost = pc.is_null(texts).to_pylist()
    reasons = [[NULL_TEXT] if gone else r for gone, r in zip(lost, removed_by.to_pylist(), strict=True)]
    told = [[] if gone else b for gone, b in zip(lost, breaches.to_pylist(), strict=True)]
    return pa.array(reasons, REASONS), pa.array(told, BREACHES)


def edit_kept(rows: pa.Table, removed_by: pa.Array, edits: Sequence[str]) -> tuple[pa.Table, pa.Table]:
    """The rows with the texts that stay edited (a removed row keeps its text as evidence), and what was cut."""
    stays = pc.equal(pc.list_value_length(removed_by), 0)
    edited = apply(rows["text"], edits)
    texts = pc.if_else(stays, edited.texts, rows["text"].cast(pa.large_string()))
    shown = np.asarray(stays)[edited.row]
    cuts = pa.table(
        [
            rows["id"].take(pa.array(edited.row[shown])).cast(pa.string()),
            pa.array(edited.start[shown]),
            pa.array(edited.end[shown]),
            pa.array(edited.rule, pa.string()).filter(pa.array(shown)),
        ],
        schema=CUTS,
    )
    return replace_column(rows, "text", texts), cuts


def counts_by_language(languages: pa.ChunkedArray, removed_by: pa.Array) -> dict[str, int]:
    """How many documents of each language came and stayed, for the manifest."""
    counts: Counter[str] = Counter()
    stays = pc.equal(pc.list_value_length(removed_by), 0)
    for name, labels in (("in", languages), ("kept", languages.filter(stays))):
        for found in pc.value_counts(pc.fill_null(labels, "unknown")).to_pylist():
            counts[f"by_language/{found['values']}/{name}"] += found["counts"]
    for language in languages.unique().to_pylist():
        counts[f"by_language/{language or 'unknown'}/kept"] += 0
    return dict(counts)


def classifier_line(told: Mapping[str, Any]) -> str:
    """What the classifier does on documents that it did not learn from, for a person to read."""
    if "held_out" not in told:
        return ""
    known = {name: of for name, of in told["held_out"].items() if isinstance(of, Mapping) and of["value"] is not None}
    figures = "".join(
        f", {name.replace('_', ' ')} {of['value']:.3f} [{of['low']:.3f}, {of['high']:.3f}] (n={of['n']:,})"
        for name, of in known.items()
    )
    return f"; classifier on held-out documents{figures}, threshold {told['threshold'] or 0:.4g}"


def unfit(settings: Filter, counts: Mapping[str, Any]) -> list[str]:
    """Sentences about rules that do not fit the languages of the documents."""
    languages = {name: row["in"] for name, row in counts.get("by_language", {}).items() if name != "unknown"}
    return unfit_rules(rules_of(settings, Scorers()), languages)


def histograms(place: Path, settings: Filter, removing: Sequence[str]) -> tuple[dict[str, Any], list[str]]:
    """How the signals of the rules lie in a sample, with the limits; drawn for the rules that remove something."""
    rules = rules_of(settings, Scorers())
    values = column_values(place, [column_of(rule.signal) for rule in rules])
    found = [(rule, histogram(values.get(column_of(rule.signal), np.empty(0)))) for rule in rules]
    facts = {
        rule.name: {"signal": rule.signal, "low": rule.low, "high": rule.high,
                    "edges": of.edges.tolist(), "counts": of.counts.tolist()}
        for rule, of in found
    }  # fmt: skip
    lines = [
        line
        for rule, of in found
        if rule.name in removing and len(of.counts)
        for line in (f"{rule.name} ({rule.signal})", *drawn(of, (rule.low, rule.high)))
    ]
    return {"histograms": facts}, lines


def column_of(signal: str) -> str:
    """The column that holds a signal."""
    return f"s_{signal}" if signal in SIGNALS else signal
