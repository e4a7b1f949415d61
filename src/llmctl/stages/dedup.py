"""dedup: of documents that are the same or nearly so, one stays.

Sign every document -> propose those with an equal key -> gather what proposals connect -> compare exactly -> drop rows,
each with its twin and score. LSH only proposes: nothing is removed without a kept twin at or above the threshold, and
never through a chain of neighbours. The exchange between passes is a directory; memory does not grow with the input.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from llmctl.errors import BadSettings, UserError
from llmctl.settings.dedup import Dedup
from llmctl.settings.how import How
from llmctl.store import calibration, foresight
from llmctl.store.artifacts import Draft, Outcome
from llmctl.store.decisions import (
    CONTAMINATED,
    LAID,
    all_fates,
    largest_clusters,
    lay_contaminated_rows,
    lay_decisions,
    lay_nothing,
)
from llmctl.store.evaluation_sets import (
    Sets,
    contaminated_cuts,
    entries_held,
    key_files,
    lay_commonplace,
    lay_contaminated,
    lay_index,
    open_hits,
    read_sets,
    search_unit,
)
from llmctl.store.held_out import HELD_OUT, held_out, publish_held_out, refuse_same, refuse_taken
from llmctl.store.line_counts import count_unit, merge_counts, open_frequent, urls_of
from llmctl.store.proposals import Place, find_fates, tasks_of
from llmctl.store.remembered import earlier_runs, refuse_no_index, remember, scheme_beside, signature_files, told_apart
from llmctl.store.rows import Prepared, RowStage, Verdict, run_rows, workers_for
from llmctl.store.signatures import Signatures, counts_of
from llmctl.store.signing import scheme_of, sign, signed, signing_settings
from llmctl.store.units import DOCUMENTS, Plan, Unit, read_unit
from llmctl.store.verdicts import BREACHES, REASONS, replace_column
from llmctl.text.duplicates.cuts import NO_CUTS, apply_cuts, lost_share, united
from llmctl.text.duplicates.lines import NOTHING_FREQUENT
from llmctl.text.duplicates.marks import Limits, cuts_of

VERSION = 3
MEMORY = 1_000_000_000  # bytes for sorting keys, unless --memory says otherwise
CUTTING = {"sentence", "line"}  # levels that cut texts
SHRUNK = "repeated_sentences"
NO_LIMIT = (HELD_OUT, CONTAMINATED)
CUTS = pa.schema([("id", pa.string()), ("start", pa.int64()), ("end", pa.int64()), ("rule", pa.string())])


@dataclass(frozen=True)
class Laid:
    """Where the passes before the last left what the judge reads beside its rows."""

    work: str


def run(settings: Dedup, sources: list[str], out: str | None, how: How) -> Outcome:
    """Deduplicate the documents of `sources` into `out`."""
    if settings.keep != "source-order":
        sources = sorted(sources)  # who stays does not depend on the order of the arguments
    if settings.calibrate:
        return calibrate(settings, sources, how)
    if settings.hold_out and out == "-":
        raise BadSettings("--hold-out needs -o OUT, a directory beside which the validation set can stand")
    if settings.hold_out and out:
        refuse_same(out, settings.held_path)
    if settings.index:
        refuse_no_index(Path(settings.index), out)
    stage = RowStage(
        "dedup", VERSION, judge, prepare=functools.partial(prepare, settings), also=tuple(key_files(settings.against)),
        after=functools.partial(earlier_runs, Path(settings.index), out) if settings.index else None,
        seeded=bool(settings.hold_out), foresee=estimate, unpacked=True,
    )  # fmt: skip
    outcome = run_rows(stage, settings, sources, out, how)
    lost = source_losses(settings, outcome.manifest)
    headline = outcome.headline
    if settings.hold_out and out is not None and how.preview is None and not how.dry_run:
        headline += "\n" + publish_held_out(out, settings.held_path, VERSION, how).headline
    warnings = [*outcome.warnings, *idle_levels(settings, outcome.manifest)]
    return replace(outcome, headline=headline, failed_gates=[*outcome.failed_gates, *lost], warnings=warnings)


def idle_levels(settings: Dedup, manifest: Mapping[str, Any]) -> list[str]:
    """A sentence where the line level could cut nothing across documents."""
    if "line" not in settings.level or settings.line.min_count or manifest.get("pages_with_host", 1):
        return []
    return ["--level line cut nothing across documents, for none has a url; try --set line.min_count=2 (as CCNet)"]


def estimate(settings: Dedup, sources: Sequence[str], how: How) -> tuple[dict[str, Any], list[str]]:
    """What a run would take, from a sample."""
    facts = foresight.foreseen(sources, how, functools.partial(signed, scheme=scheme_of(settings)))
    return {"estimate": facts}, [foresight.told(facts)]


def calibrate(settings: Dedup, sources: Sequence[str], how: How) -> Outcome:
    """Recall and precision of planted copies in a sample of the documents; writes nothing."""
    if "-" in sources:
        raise BadSettings("--calibrate reads files; write what comes from stdin to one first")
    scheme, texts = scheme_of(settings), calibration.sample(sources)
    if not texts:
        raise UserError(f"--calibrate found no document of more than a few words in {', '.join(sources)}")
    rows = calibration.table(calibration.planted_pairs(texts, scheme, how.seed), scheme)
    facts = {"stage": "dedup", "calibrate": len(texts), "bands": scheme.bands, "rows": scheme.rows, "table": rows}
    return Outcome(None, facts, "\n".join(calibration.told(rows, scheme, len(texts))))


def prepare(settings: Dedup, draft: Draft, plan: Plan, how: How) -> Prepared:
    """All passes before the last: find who goes, count what repeats, lay the decisions beside the rows."""
    earlier = told_apart(draft.identity, Path(settings.index))[1] if settings.index else []
    known = draft.finished("decisions")
    if known is None:
        if settings.hold_out and how.preview is None:
            refuse_taken(draft, settings.held_path, how)
        known = decide(settings, earlier, draft, plan, how)
        draft.finish("decisions", known)
    files, more = tuple(known.get("files", ())), {name: value for name, value in known.items() if name != "files"}
    passed = functools.partial(judge, laid=Laid(str(draft.work)))
    last = None
    if settings.index and how.preview is None:
        names = [unit.name for unit in plan.units]
        last = functools.partial(remember, Path(settings.index), draft, known["signed"], names)
    return Prepared(passed, str(draft.work / "decisions"), files=files, more=more, last=last)


def decide(settings: Dedup, earlier: Sequence[Path], draft: Draft, plan: Plan, how: How) -> dict[str, Any]:
    """The passes, level by level; what the manifest tells of them."""
    told: dict[str, Any] = {}
    sets = read_sets(settings.against, settings.against_columns, settings.overlap.short) if settings.against else None
    if sets:
        search_all(settings, sets, draft, plan, how)
    if "document" in settings.level:
        told |= decide_documents(settings, earlier, draft, plan, how)
    else:
        work = functools.partial(lay_unit, str(draft.work / "decisions"), plan.schema)
        draft.finish_all(work, plan.units, workers=workers_for(plan, how), what="rows-")
    if sets:
        tables = [open_hits(draft.work, unit.name) for unit in plan.units]
        told["files"] = [lay_contaminated(sets, tables, draft.path)]
        told["against"] = sets.told
        if settings.action == "drop":
            names = [sets.name(entry) for entry in range(len(sets.origins))]
            for unit, hits in zip(plan.units, tables, strict=True):
                lay_contaminated_rows(hits, names, draft.work / "decisions", unit)
    if CUTTING & set(settings.level):
        told["pages_with_host"] = count_lines(settings, draft, plan, how)
    return told


def search_all(settings: Dedup, sets: Sets, draft: Draft, plan: Plan, how: How) -> None:
    """The hits of every unit, in parallel."""
    lay_index(sets, draft.work / "entries.npz")
    work = functools.partial(search_unit, settings.overlap, str(draft.work), plan.schema)
    facts = draft.finish_all(work, plan.units, workers=workers_for(plan, how), what="against-")
    rows = sum(fact["rows"] for fact in facts)
    lay_commonplace(sets, draft.work, [unit.name for unit in plan.units], rows, settings.overlap.common)


def lay_unit(beside: str, schema: pa.Schema, unit: Unit) -> dict[str, Any]:
    """The rows of a unit, numbered, where no pass has looked at them. Runs in a worker."""
    rows = sum(batch.rows.num_rows for batch in read_unit(unit, DOCUMENTS, schema))
    lay_nothing(unit, rows, Path(beside))
    return {"rows": rows}


def decide_documents(settings: Dedup, earlier: Sequence[Path], draft: Draft, plan: Plan, how: How) -> dict[str, Any]:
    """The document level: sign every unit, find who goes for whom; what the manifest tells of it."""
    scheme, workers = scheme_beside(scheme_of(settings), earlier), workers_for(plan, how)
    signing = signing_settings(scheme)
    remembered = signature_files(list(earlier), signing)
    directory = draft.work / "signatures"
    apart = bool(settings.against) and settings.action == "drop"
    work = functools.partial(sign, scheme, str(draft.work), plan.schema, apart)
    draft.finish_all(work, plan.units, workers=workers, what="signatures-")
    units = (*remembered, *(directory / unit.name for unit in plan.units))
    signatures = Signatures(units)
    place = Place(units, draft.work, int(signatures.starts[len(remembered)]))
    files = find_fates(settings, place, draft, memory=budget(how), workers=workers)
    gone = all_fates(files)
    held = held_out(signatures, tasks_of(place), settings.held_share, how.seed) if settings.hold_out else None
    lay_decisions(signatures, gone, held, plan, len(remembered), draft.work / "decisions")
    return {"largest_clusters": largest_clusters(signatures, gone), "signed": signing}


def budget(how: How) -> int:
    """Bytes that sorting may take: a quarter of what the run may."""
    return (how.memory or 4 * MEMORY) // 4


def count_lines(settings: Dedup, draft: Draft, plan: Plan, how: How) -> int:
    """The sentence and line level: what stands too often, counted over all units; how many pages have a host."""
    counts = draft.work / "counts"
    work = functools.partial(count_unit, settings, str(draft.work), plan.schema)
    facts = draft.finish_all(work, plan.units, workers=workers_for(plan, how), what="lines-")
    line = settings.line if "line" in settings.level else replace(settings.line, min_count=0, host_share=1.0)
    merge_counts(counts, [u.name for u in plan.units], draft.work / "frequent", budget(how), min_count=line.min_count,
                 host_share=line.host_share, host_pages=line.host_pages)  # fmt: skip
    return counts_of(facts, "pages_with_host")


def judge(batch: pa.Table, settings: Dedup, laid: Laid | None = None) -> Verdict:
    """Drop what the passes before decided, cut what repeats; kept rows say how large a cluster they head."""
    if LAID[0].name not in batch.column_names:  # the empty batch that gives the columns
        for field in LAID:
            batch = batch.append_column(field.name, pa.nulls(batch.num_rows, field.type))
    known = {name: batch[name].combine_chunks() for name in LAID.names}
    reasons, values = known["_reason"].to_pylist(), known["_score"].to_pylist()
    limits = [None if reason in NO_LIMIT else settings.threshold for reason in reasons]
    rows, sides = batch.drop_columns(list(known)), {}
    if "document" in settings.level:
        rows = replace_column(replace_column(rows, "cluster_id", known["_cluster"]), "cluster_size", known["_size"])
    if settings.against and settings.action == "flag":
        rows = flagged(rows, known["_number"], laid)
    if cuts_texts(settings):
        rows, sides["_cuts"], lost = cut(
            rows, known["_number"], np.array([r is None for r in reasons], bool), settings, laid
        )
        for row, (reason, share, high) in lost.items():
            reasons[row], values[row], limits[row] = reason, share, high
        known |= twins_of_cut(known, reasons, values, laid)
    removed_by = pa.array([[r] if r else [] for r in reasons], REASONS)
    evidence = [
        [{"rule": r, "value": v, "low": None, "high": high}] if r else []
        for r, v, high in zip(reasons, values, limits, strict=True)
    ]
    return Verdict(
        rows, removed_by, pa.array(evidence, BREACHES), sides=sides,
        evidence={"twin_id": known["_twin"], "score": known["_score"]}, counts=tally(batch, reasons),
    )  # fmt: skip


def twins_of_cut(
    known: Mapping[str, pa.Array], reasons: Sequence[str | None], values: Sequence[float | None], laid: Laid | None
) -> dict[str, pa.Array]:
    """The entries for which documents go of which cutting left nothing, beside the twins known before."""
    gone = pa.array(
        [r == CONTAMINATED and not t.is_valid for r, t in zip(reasons, known["_twin"], strict=True)], pa.bool_()
    )
    if not laid or not pc.any(gone).as_py():
        return {}
    names = entries_held(Path(laid.work), known["_number"])
    return {
        "_twin": pc.if_else(gone, names, known["_twin"]),
        "_score": pc.if_else(gone, pa.array(values, pa.float64()), known["_score"]),
    }


def cuts_texts(settings: Dedup) -> bool:
    """Whether texts may leave shorter than they came."""
    return bool(CUTTING & set(settings.level)) or (bool(settings.against) and settings.action == "cut")


def flagged(rows: pa.Table, number: pa.Array, laid: Laid | None) -> pa.Table:
    """The rows with what they hold: `contaminated`, and by which entry."""
    names = entries_held(Path(laid.work), number) if laid else pa.nulls(rows.num_rows, pa.string())
    rows = replace_column(rows, "contaminated", pc.is_valid(names))
    return replace_column(rows, "contaminated_by", names)


def cut(
    rows: pa.Table, number: pa.Array, stays: npt.NDArray[np.bool_], settings: Dedup, laid: Laid | None
) -> tuple[pa.Table, pa.Table, dict[int, tuple[str, float, float | None]]]:
    """(rows with cut texts where they stay, what was cut, why rows go that lose too much: reason, share, limit)."""
    found = NO_CUTS
    if CUTTING & set(settings.level):
        known = open_frequent(Path(laid.work) / "frequent") if laid else NOTHING_FREQUENT
        limits = Limits(
            sentences="sentence" in settings.level, lines="line" in settings.level, min_words=settings.sentence.min_words,
            max_repetition=settings.sentence.max_repetition, span=settings.sentence.span,
            keep_first=settings.line.keep == "first",
        )  # fmt: skip
        found = cuts_of(rows["text"], urls_of(rows), number, limits, known)
    share = np.where(stays, lost_share(rows["text"], found), 0.0)
    lost: dict[int, tuple[str, float, float | None]] = {}
    for row in np.flatnonzero(share > settings.max_shrink).tolist():
        lost[row] = SHRUNK, float(share[row]), settings.max_shrink
    if settings.against and settings.action == "cut" and laid:
        held, gone = contaminated_cuts(Path(laid.work), number, rows["text"], settings.overlap.cut_chars)
        found = united(held, found)
        lost |= {row: (CONTAMINATED, score, None) for row, score in gone.items() if stays[row]}
    stays = stays & ~np.isin(np.arange(len(stays)), list(lost))
    shown = stays[found.row]
    texts = pc.if_else(pa.array(stays), apply_cuts(rows["text"], found), rows["text"].cast(pa.large_string()))
    cuts = pa.table(
        [rows["id"].take(pa.array(found.row[shown])).cast(pa.string()), found.start[shown], found.end[shown],
         pa.array(found.rule, pa.string()).filter(pa.array(shown))], schema=CUTS,
    )  # fmt: skip
    return replace_column(rows, "text", texts), cuts, lost


def tally(batch: pa.Table, goes: Sequence[str | None]) -> Counter[str]:
    """Clusters, and what came, stayed and was held out of each source."""
    counts: Counter[str] = Counter()
    sizes = np.asarray(pc.fill_null(batch["_size"], 1))
    stays = np.array([reason is None for reason in goes], bool)
    counts["clusters"] += int(np.count_nonzero(stays & (sizes > 1)))
    sources = batch["source"].to_pylist() if "source" in batch.column_names else [None] * batch.num_rows
    for source, reason in zip(sources, goes, strict=True):
        name = (source or "unknown").replace("/", ":")
        counts[f"by_source/{name}/in"] += 1
        counts[f"by_source/{name}/kept"] += reason is None
        if reason == HELD_OUT:
            counts[f"by_source/{name}/held_out"] += 1
    return counts


def source_losses(settings: Dedup, manifest: Mapping[str, Any]) -> list[str]:
    """The sources that lost more than `--max-source-loss`, with the largest clusters."""
    if settings.max_source_loss is None:
        return []
    table = manifest["counts"].get("by_source", {})
    lost = {name: 1 - (row["kept"] + row.get("held_out", 0)) / row["in"] for name, row in table.items() if row["in"]}
    above = [name for name in lost if lost[name] > settings.max_source_loss]
    if not above:
        return []
    rows = "; ".join(f"{n} {table[n]['in']:,} -> {table[n]['kept']:,} ({share:.1%} lost)" for n, share in lost.items())
    clusters = ", ".join(f"{c['id']} x{c['size']:,}" for c in manifest.get("largest_clusters", [])[:5])
    return [
        f"{', '.join(above)} lost more than --max-source-loss {settings.max_source_loss:g}: {rows}; "
        f"largest clusters: {clusters}"
    ]
