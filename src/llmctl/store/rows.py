"""The row stage, said once: a pure `judge(batch) -> Verdict` becomes an artifact.

Here are the split into units, the engine, resume, counts, removals with evidence, the manifest and the publication.
A unit of work writes `part-NNNNN.parquet` (kept), `_removed/part-NNNNN.parquet` and what the verdict lays beside them;
unit boundaries depend on the input alone, so the bytes do not depend on who did the work.
"""

from __future__ import annotations

import functools
import hashlib
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from llmctl.engine import cores
from llmctl.errors import BadSettings, UserError
from llmctl.settings.how import How
from llmctl.settings.knobs import plain
from llmctl.store import parts, streams
from llmctl.store.artifacts import (
    Draft,
    Identity,
    Input,
    Outcome,
    building,
    counts_line,
    input_of,
    manifest_of,
    require,
)
from llmctl.store.documents import SourceFile, content_key
from llmctl.store.files import fact_of
from llmctl.store.rehearsal import Foresee, Illustrate, estimate, preview
from llmctl.store.units import DOCUMENTS, Plan, Reader, Unit, plan_units, read_unit
from llmctl.store.verdicts import Judge, Verdict, nested, unreadable_table

__all__ = ["Judge", "Prepared", "RowStage", "Verdict", "run_rows"]

MEMORY_PER_WORKER = 600_000_000  # bytes: measured peak of a filter worker on 4 MiB batches is about 450 MB
SMALL = 2_000_000  # bytes of input for which a second process costs more than it saves


@dataclass(frozen=True)
class Prepared:
    """What the passes before the last one leave: the judge of the last pass, and columns laid beside its rows."""

    judge: Judge
    beside: str | None = None  # a directory of UNIT.parquet, row by row with the readable rows of each unit
    files: tuple[Mapping[str, Any], ...] = ()  # files of the artifact that are ready
    counts: Mapping[str, Any] = field(default_factory=dict)  # added to the manifest's counts
    more: Mapping[str, Any] = field(default_factory=dict)  # further entries of the manifest
    where: Mapping[str, Any] = field(default_factory=dict)  # how it is done, which decides no byte
    last: Callable[[], Sequence[Mapping[str, Any]]] | None = None  # done when every row is judged: files that it adds


Prepare = Callable[[Draft, Plan, How], Prepared]


@dataclass(frozen=True)
class Fetched:
    """What stands on disk for addresses given as SOURCE, and entries of the manifest about how it came there."""

    sources: tuple[str, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)


Fetch = Callable[[Sequence[str], str, How], Fetched]  # (addresses, where the artifact will be, how)


@dataclass(frozen=True)
class Job:
    """All that a worker must know about the run; small and picklable."""

    judge: Judge
    settings: Any
    reader: Reader
    schema: pa.Schema
    root: str
    beside: str | None


@dataclass(frozen=True)
class RowStage:
    """A stage that judges rows: its name, the VERSION of its bytes, and the judge of its last pass."""

    name: str
    version: int
    judge: Judge
    reader: Reader = DOCUMENTS
    prepare: Prepare | None = None  # passes before the last one
    illustrate: Illustrate | None = None  # what a preview shows beside counts and examples
    foresee: Foresee | None = None  # what a dry run can say of the result
    also: tuple[str, ...] = ()  # further files whose content decides bytes (a tokenizer)
    after: Callable[[Identity], Sequence[Path]] | None = None  # earlier artifacts that decide bytes
    fetch: Fetch | None = None  # brings what lies behind addresses; the artifact is keyed by the addresses
    seeded: bool = False  # whether the seed decides bytes
    unpacked: bool = (
        False  # whether Parquet counts as large as it is unpacked: coarser units, for stages of many passes
    )


def run_rows(stage: RowStage, settings: Any, sources: Sequence[str], out: str | None, how: How) -> Outcome:
    """Run a row stage over `sources` into `out`: an artifact, `-` (JSON Lines), or nothing (preview, estimate)."""
    if how.dry_run:
        foreseen = stage.foresee(settings, sources, how) if stage.foresee else None
        return estimate(stage.name, stage.reader, settings, sources, out, foreseen)
    if how.preview is not None:
        rehearsed = functools.partial(_rehearsed, stage, settings, sources)
        return preview(stage.name, settings, sources, how, rehearsed, stage.illustrate)
    if out is None:
        raise BadSettings(f"{stage.name} needs -o OUT (or --preview N)")
    if how.removed is not None and out != "-":
        raise BadSettings(f"--removed goes with -o -; an artifact keeps its removed rows in {out}/_removed")
    if out == "-" and list(sources) == ["-"] and stage.reader is DOCUMENTS and stage.prepare is None:
        counts = streams.judge_stream(stage.judge, settings, how)
        manifest = {"stage": stage.name, "settings": plain(settings), "counts": counts}
        return Outcome("-", manifest, f"{stage.name}: {counts_line(manifest)}", failed_gates=gates(manifest, how))
    if out == "-":
        with tempfile.TemporaryDirectory(prefix="llmctl-") as place:
            outcome = build(stage, settings, sources, f"{place}/out", how)
            streams.dump_artifact(Path(place) / "out", how.removed)
        return replace(outcome, out="-", headline=f"{stage.name}: {counts_line(outcome.manifest)}")
    return build(stage, settings, sources, out, how)


def _rehearsed(stage: RowStage, settings: Any, sources: Sequence[str], out: str, how: How) -> Outcome:
    return build(stage, settings, sources, out, how)


def build(stage: RowStage, settings: Any, sources: Sequence[str], out: str, how: How) -> Outcome:
    """The artifact `out`; the same command again continues or does nothing."""
    remote = tuple(source for source in sources if stage.fetch and is_remote(source))
    sources = [source for source in sources if source not in remote]
    _refuse_input(sources, Path(out))
    with streams.stdin_as_file(sources, out) as paths:
        files = [
            [replace(file, name="-") for file in group] if source == "-" else group
            for source, group in zip(sources, stage.reader.files(paths), strict=True)
        ]
        inputs = tuple(_input(s, p, group) for s, p, group in zip(sources, paths, files, strict=True))
        inputs += tuple(Input(url, key_of_address(url)) for url in remote)
        inputs += tuple(input_of(str(require(path))) for path in stage.also)
        keyed = plain(settings, keyed_only=True)
        if how.limit is not None:
            keyed = {**keyed, "limit": how.limit}
        if stage.seeded:
            keyed = {**keyed, "seed": how.seed}
        identity = Identity(stage.name, stage.version, keyed, inputs)
        if stage.after:
            earlier = tuple(input_of(str(path)) for path in stage.after(identity))
            identity = replace(identity, inputs=(*inputs, *earlier))
        with building(out, identity, settings, how) as draft:
            already = draft.already
            if not already:
                fetched = stage.fetch(remote, out, how) if stage.fetch and remote else Fetched()
                files += stage.reader.files(fetched.sources)
                _build(stage, settings, [f for group in files for f in group], draft, how, fetched.more)
    manifest = draft.manifest
    assert manifest is not None
    return Outcome(
        out, manifest, f"{stage.name}: {counts_line(manifest)} -> {out}", already, failed_gates=gates(manifest, how)
    )


def _refuse_input(sources: Sequence[str], out: Path) -> None:
    """An output that is a SOURCE, or has one below it, would be replaced by what is made of it."""
    place = out.resolve()
    for source in sources:
        if source != "-" and place in (Path(source).resolve(), *Path(source).resolve().parents) and place.exists():
            raise BadSettings(f"{out} is, or holds, the SOURCE {source}; choose another --out")


def is_remote(source: str) -> bool:
    """Whether a SOURCE is an address."""
    return "://" in source


def key_of_address(url: str) -> str:
    """The key of an input that is not known before it is fetched: its address."""
    return hashlib.sha256(url.encode()).hexdigest()[:32]


def _build(
    stage: RowStage, settings: Any, files: Sequence[SourceFile], draft: Draft, how: How, more: Mapping[str, Any]
) -> None:
    plan = plan_units(files, draft, settings, how, stage.reader, unpacked=stage.unpacked)
    ready = stage.prepare(draft, plan, how) if stage.prepare else Prepared(stage.judge)
    job = Job(ready.judge, settings, stage.reader, plan.schema, str(draft.path), ready.beside)
    facts = draft.finish_all(functools.partial(judge_unit, job), plan.units, workers=workers_for(plan, how))
    counts = total(facts)
    _check_unreadable(counts, how, str(draft.out))
    added = ready.last() if ready.last else ()
    extra, sizes = counts.pop("extra"), counts.pop("bytes")
    where = {**ready.where, **extra.pop("where", {})}
    laid = [*ready.files, *_files(facts), *added]
    draft.publish({**counts, **extra, **ready.counts}, laid, bytes=sizes, where=where, **ready.more, **more)


def _input(source: str, path: str, files: Sequence[SourceFile]) -> Input:
    manifest = manifest_of(Path(path))
    return Input(source, manifest["key"] if manifest else content_key(files))


def workers_for(plan: Plan, how: How) -> int:
    """As many as asked for (default: one a core), fewer where `--memory` or a small input says so."""
    workers = how.workers or cores()
    if how.memory is not None:
        workers = min(workers, max(1, how.memory // MEMORY_PER_WORKER))
    if not how.workers and sum(s.size for u in plan.units for s in u.spans) < SMALL:
        return 1
    return workers


def judge_unit(job: Job, unit: Unit) -> dict[str, Any]:
    """One unit of work: read, judge, write its parts. Runs in a worker."""
    nothing = job.judge(job.schema.empty_table(), job.settings)
    root = Path(job.root)
    tally: Counter[str] = Counter()
    extra: Counter[str] = Counter()
    with parts.Writers(root, unit.name, nothing, always=unit.index == 0) as writers:
        for batch in read_unit(unit, job.reader, job.schema, job.beside):
            if batch.rows.num_rows:
                verdict = job.judge(batch.rows, job.settings)
                _write(writers, verdict, tally)
                extra.update(verdict.counts)
                tally["bytes_in"] += text_bytes(batch.rows)
            if batch.unreadable:
                lost = unreadable_table(batch.unreadable, nothing)
                writers.write("_removed", lost)
                tally.update(in_=len(batch.unreadable), removed=len(batch.unreadable), unreadable=len(batch.unreadable))
                tally.update(f"reason:unreadable:{u.why}" for u in batch.unreadable)
        written = writers.close()
    files = [fact_of(path, root, rows) for path, rows in written]
    return {"files": files, "tally": dict(tally), "extra": dict(extra)}


def _write(writers: parts.Writers, verdict: Verdict, tally: Counter[str]) -> None:
    kept, removed = verdict.split()
    writers.write("", kept)
    if removed.num_rows:
        writers.write("_removed", removed)
    for name, table in verdict.sides.items():
        if table.num_rows:
            writers.write(name, table)
    judged = verdict.rows.num_rows if verdict.judged is None else verdict.judged
    tally.update(in_=judged, kept=judged - removed.num_rows, removed=removed.num_rows)
    tally.update(f"reason:{reason}" for reasons in removed["removed_by"].to_pylist() for reason in reasons)
    tally["unreadable"] += sum(
        any(r.startswith("unreadable:") for r in reasons) for reasons in removed["removed_by"].to_pylist()
    )
    tally["bytes_kept"] += text_bytes(kept)


def text_bytes(table: pa.Table) -> int:
    """UTF-8 bytes of the text column."""
    if "text" not in table.column_names:
        return 0
    return int(pc.sum(pc.binary_length(table["text"])).as_py() or 0)


def total(facts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The manifest's counts from the units' tallies: in, kept, removed, by_reason (every rule broken counts)."""
    tally: Counter[str] = Counter()
    extra: Counter[str] = Counter()
    for fact in facts:
        tally.update(fact["tally"])
        extra.update(fact["extra"])
    reasons = {k.removeprefix("reason:"): v for k, v in sorted(tally.items()) if k.startswith("reason:")}
    return {
        "in": tally["in_"],
        "kept": tally["kept"],
        "removed": tally["removed"],
        "by_reason": dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0]))),
        "unreadable": tally["unreadable"],
        "bytes": {"in": tally["bytes_in"], "kept": tally["bytes_kept"]},
        "extra": nested(dict(sorted(extra.items()))),
    }


def _files(facts: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return sorted((f for fact in facts for f in fact["files"]), key=lambda f: f["path"])


def _check_unreadable(counts: Mapping[str, Any], how: How, out: str) -> None:
    lost, records = counts["unreadable"], counts["in"]
    if not lost:
        return
    worst = ", ".join(f"{k} {v}" for k, v in counts["by_reason"].items() if k.startswith("unreadable:"))
    if lost == records:
        raise UserError(
            f"none of the {records:,} records is readable ({worst}); check that the input is what its name says"
        )
    if lost / records > how.max_unreadable:
        raise UserError(
            f"{lost:,} of {records:,} records are unreadable ({worst}), more than --max-unreadable "
            f"{how.max_unreadable:g}; the draft of {out} is kept: mend the input, or raise --max-unreadable and run again"
        )


def gates(manifest: Mapping[str, Any], how: How) -> list[str]:
    """The requested gates that this artifact fails."""
    counts = manifest["counts"]
    share = counts["removed"] / max(counts["in"], 1)
    if how.max_removed is not None and share > how.max_removed:
        return [f"{share:.1%} of the rows were removed, more than --max-removed {how.max_removed:g}"]
    return []
