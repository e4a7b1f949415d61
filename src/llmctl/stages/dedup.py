"""dedup: of documents that are the same or nearly so, one stays.

Sign every document -> propose those with an equal key -> gather what proposals connect -> compare exactly -> drop rows,
each with its twin and score. LSH only proposes: nothing is removed without a kept twin at or above the threshold, and
never through a chain of neighbours. The exchange between passes is a directory; memory does not grow with the input.
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

from llmctl.errors import BadSettings, UserError
from llmctl.settings.dedup import Dedup
from llmctl.settings.how import How
from llmctl.settings.knobs import plain
from llmctl.store import calibration, foresight
from llmctl.store.artifacts import Draft, Outcome
from llmctl.store.decisions import LAID, all_fates, largest_clusters, lay_decisions
from llmctl.store.held_out import held_out, publish_held_out
from llmctl.store.proposals import Place, find_fates, tasks_of
from llmctl.store.remembered import earlier_runs, remember, signature_files
from llmctl.store.rows import Prepared, RowStage, Verdict, run_rows, workers_for
from llmctl.store.signatures import Signatures, counts_of
from llmctl.store.signing import Scheme, sign, signed
from llmctl.store.units import Plan
from llmctl.store.verdicts import BREACHES, REASONS
from llmctl.text.duplicates.minhash import bands_for

VERSION = 2
MEMORY = 1_000_000_000  # bytes for sorting keys, unless --memory says otherwise
SIGNED_BY = ("shingle", "sample", "measure", "within", "bands", "rows")  # what signatures depend on


def run(settings: Dedup, sources: list[str], out: str | None, how: How) -> Outcome:
    """Deduplicate the documents of `sources` into `out`."""
    if settings.keep != "source-order":
        sources = sorted(sources)  # who stays does not depend on the order of the arguments
    if settings.calibrate:
        return calibrate(settings, sources, how)
    if settings.hold_out and out == "-":
        raise BadSettings("--hold-out needs -o OUT, a directory beside which the validation set can stand")
    earlier = earlier_runs(Path(settings.index), Path(out or ".")) if settings.index else []
    passes = functools.partial(prepare, settings, earlier)
    also = tuple(map(str, earlier))
    stage = RowStage("dedup", VERSION, judge, prepare=passes, also=also, seeded=bool(settings.hold_out),
                     foresee=estimate)  # fmt: skip
    outcome = run_rows(stage, settings, sources, out, how)
    lost = source_losses(settings, outcome.manifest)
    headline = outcome.headline
    if settings.hold_out and out is not None and how.preview is None and not how.dry_run:
        headline += "\n" + publish_held_out(out, settings.held_path, VERSION, how).headline
    return replace(outcome, headline=headline, failed_gates=[*outcome.failed_gates, *lost])


def estimate(settings: Dedup, sources: Sequence[str], how: How) -> tuple[dict[str, Any], list[str]]:
    """What a run would take, from a sample."""
    facts = foresight.foreseen(sources, how, functools.partial(signed, scheme=scheme_of(settings)))
    return {"estimate": facts}, [foresight.told(facts)]


def calibrate(settings: Dedup, sources: Sequence[str], how: How) -> Outcome:
    """Recall and precision of planted copies in a sample of the documents; writes nothing."""
    scheme, texts = scheme_of(settings), calibration.sample(sources)
    if not texts:
        raise UserError(f"--calibrate found no document of more than a few words in {', '.join(sources)}")
    rows = calibration.table(calibration.planted_pairs(texts, scheme, how.seed), scheme)
    facts = {"stage": "dedup", "calibrate": len(texts), "bands": scheme.bands, "rows": scheme.rows, "table": rows}
    return Outcome(None, facts, "\n".join(calibration.told(rows, scheme, len(texts))))


def scheme_of(settings: Dedup) -> Scheme:
    """The bands and rows asked for, or those that datasketch finds best for the threshold."""
    near = settings.near
    if settings.exact_only or settings.measure == "containment":
        return Scheme(settings, 0, 0)
    chosen = (
        (near.bands, near.rows) if near.bands else bands_for(settings.threshold, near.permutations, near.miss_weight)
    )
    return Scheme(settings, *chosen)


def prepare(settings: Dedup, earlier: Sequence[Path], draft: Draft, plan: Plan, how: How) -> Prepared:
    """All passes before the last: sign every unit, find who goes, lay the decisions beside the rows."""
    known = draft.finished("decisions")
    beside = draft.work / "decisions"
    if known is None:
        known = decisions(settings, earlier, draft, plan, how)
        draft.finish("decisions", known)
    return Prepared(judge, str(beside), more=known)


def decisions(settings: Dedup, earlier: Sequence[Path], draft: Draft, plan: Plan, how: How) -> dict[str, Any]:
    """The passes over all units; what the manifest tells of them."""
    scheme, workers = scheme_of(settings), workers_for(plan, how)
    signed = {name: value for name, value in {**plain(settings), **plain(settings.near), "bands": scheme.bands,
                                              "rows": scheme.rows}.items() if name in SIGNED_BY}  # fmt: skip
    remembered = signature_files(list(earlier), signed)
    directory = draft.work / "signatures"
    work = functools.partial(sign, scheme, str(directory), plan.schema)
    facts = draft.finish_all(work, plan.units, workers=workers, what="signatures-")
    units = (*remembered, *(directory / unit.name for unit in plan.units))
    signatures = Signatures(units)
    place = Place(units, draft.work, int(signatures.starts[len(remembered)]))
    files = find_fates(
        settings, place, counts_of(facts, "keys"), draft, memory=(how.memory or 4 * MEMORY) // 4, workers=workers
    )
    gone = all_fates(files)
    held = held_out(signatures, tasks_of(place), settings.held_share, how.seed) if settings.hold_out else None
    lay_decisions(signatures, gone, held, plan, len(remembered), draft.work / "decisions")
    if settings.index and how.preview is None:
        index, key = Path(settings.index), draft.identity.key
        remember(index, key, len(earlier), signed, signatures, len(remembered), gone["document"].to_numpy())
    return {"largest_clusters": largest_clusters(signatures, gone), "signed": signed}


def judge(batch: pa.Table, settings: Dedup) -> Verdict:
    """Drop what the passes before decided; kept rows say how large a cluster they head."""
    if LAID[0].name not in batch.column_names:  # the empty batch that gives the columns
        for field in LAID:
            batch = batch.append_column(field.name, pa.nulls(batch.num_rows, field.type))
    laid = {name: batch[name].combine_chunks() for name in ("_reason", "_twin", "_score")}
    goes = laid["_reason"].to_pylist()
    scores = laid["_score"].to_pylist()
    removed_by = pa.array([[r] if r else [] for r in goes], REASONS)
    evidence = [
        [{"rule": r, "value": s, "low": None, "high": settings.threshold}] if r else []
        for r, s in zip(goes, scores, strict=True)
    ]
    return Verdict(
        batch.drop_columns(list(laid)), removed_by, pa.array(evidence, BREACHES),
        evidence={"twin_id": laid["_twin"], "score": laid["_score"]}, counts=tally(batch, goes),
    )  # fmt: skip


def tally(batch: pa.Table, goes: Sequence[str | None]) -> Counter[str]:
    """Clusters, and what came and stayed of each source."""
    counts: Counter[str] = Counter()
    sizes = batch["cluster_size"].to_numpy()
    stays = np.array([reason is None for reason in goes], bool)
    counts["clusters"] += int(np.count_nonzero(stays & (sizes > 1)))
    sources = batch["source"].to_pylist() if "source" in batch.column_names else [None] * batch.num_rows
    for source, kept in zip(sources, stays.tolist(), strict=True):
        name = (source or "unknown").replace("/", ":")
        counts[f"by_source/{name}/in"] += 1
        counts[f"by_source/{name}/kept"] += kept
    return counts


def source_losses(settings: Dedup, manifest: Mapping[str, Any]) -> list[str]:
    """The sources that lost more than `--max-source-loss`, with the largest clusters."""
    if settings.max_source_loss is None:
        return []
    table = manifest["counts"].get("by_source", {})
    lost = {name: 1 - row["kept"] / row["in"] for name, row in table.items() if row["in"]}
    above = [name for name in lost if lost[name] > settings.max_source_loss]
    if not above:
        return []
    rows = "; ".join(f"{n} {table[n]['in']:,} -> {table[n]['kept']:,} ({share:.1%} lost)" for n, share in lost.items())
    clusters = ", ".join(f"{c['id']} x{c['size']:,}" for c in manifest.get("largest_clusters", [])[:5])
    return [
        f"{', '.join(above)} lost more than --max-source-loss {settings.max_source_loss:g}: {rows}; "
        f"largest clusters: {clusters}"
    ]
