"""pretrain: a Transformer learns to predict the next token of the packed documents.

token shards -> a RUN. Alone or under torchrun: every rank runs this, rank 0 decides, writes and answers.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any

from llmctl.errors import BadSettings
from llmctl.model.transformer import Transformer
from llmctl.settings.how import How, silent
from llmctl.settings.knobs import plain
from llmctl.settings.pretrain import Pretrain
from llmctl.store.artifacts import Outcome
from llmctl.store.checkpoints import steps_of
from llmctl.store.files import disk_error, write_json
from llmctl.store.models import load_model
from llmctl.store.runs import EVENTS, MIXTURE, STREAMS, Facts, Run, finished, growing, read_metrics, read_skips
from llmctl.store.tokens import open_stream, unpack_parts, unpacked
from llmctl.train.account import account_of
from llmctl.train.course import Course, first_weights
from llmctl.train.estimate import alone, estimate
from llmctl.train.layout import AXES, layout_of
from llmctl.train.loop import train
from llmctl.train.mixture_table import mixture_lines
from llmctl.train.parallel import Fill
from llmctl.train.parent import parent_model, take_weights
from llmctl.train.plan import Plan, plan_run
from llmctl.train.trainer import Trainer
from llmctl.train.validation import unigram_entropy
from llmctl.train.world import World, decided, joined, prepare_device

VERSION = 3


def run(settings: Pretrain, sources: Sequence[str], out: str | None, how: How) -> Outcome:
    """Train, or go on training, or say that it is done."""
    if not out:
        raise BadSettings("pretrain needs -o RUN, the directory to train in")
    planned = settings.world_size
    if planned and not how.dry_run:
        raise BadSettings(f"--world-size {planned} plans, and needs --dry-run; to train, start so many with torchrun")
    with joined(check=lambda size: layout_of(settings, planned or size)) as world:
        plans: list[Plan] = []  # rank 0's alone

        def look() -> Outcome | None:
            plans.append(plan_run(settings, sources, how.seed, VERSION))
            return before_training(plans[0], out, how, planned or world.size)

        outcome = decided(world, look) or train_here(plans[0] if plans else None, settings, out, how, world)
        if world.rank:
            raise SystemExit(0)  # rank 0 answers for all
    return replace(outcome, warnings=(*outcome.warnings, *settings.model.cautions))


def settings_of_parent(values: Mapping[str, Any]) -> dict[str, Any]:
    """With `--from`, the shape of its model lies below presets and `--set`: a child is what its parent is."""
    return {"model": parent_model(values["from_"])} if values.get("from_") else {}


def before_training(plan: Plan, out: str, how: How, processes: int) -> Outcome | None:
    """The answer where nothing is to be trained: an estimate, or the finished run. Writes nothing."""
    settings = plan.course.settings
    if how.dry_run:
        facts = {
            "stage": "pretrain",
            "dry_run": True,
            "key": plan.identity.key,
            "settings": plain(settings),
            **plan.size,
            "mixture": plan.mixture,
            "parts": plan.parts,
            "memory": alone(plan.course),
            "layout": estimate(plan.course, layout_of(settings, processes)),
        }
        return Outcome(out, facts, estimate_text(facts, out), warnings=facts["mixture"]["warnings"])
    manifest = finished(out, plan.identity, how)
    return outcome_of(out, manifest, settings, already=True) if manifest else None


def estimate_text(facts: Mapping[str, Any], out: str) -> str:
    """What a run would amount to, what it would read, and the parts of its model."""
    line = "pretrain (dry run): {parameters:,} parameters, {steps:,} steps, {tokens:,} tokens ({epochs:g} epochs)"
    lines = [f"{line.format(**facts)}, {facts['flops']:.2g} operations -> {out}"]
    lines += mixture_lines(facts["mixture"])
    lines += [f"  {'part':<24} {'parameters':>14} {'operations a step':>18}"]
    lines += [f"  {p['part']:<24} {p['parameters']:>14,} {p['flops']:>18.3g}" for p in facts["parts"]]
    return "\n".join([*lines, *layout_lines(facts["layout"])])


def layout_lines(layout: Mapping[str, Any]) -> list[str]:
    """What each process holds and sends: a line for one process alone, else two tables, whose equal rows are one."""
    ranks = layout["ranks"]
    if layout["world"] == 1:
        memory = {name: size for name, size in ranks[0]["memory"].items() if name not in ("gathered", "together")}
        return [f"  memory in fp32: {', '.join(f'{name} {size / 1e6:,.1f} MB' for name, size in memory.items())}"]
    degrees = " x ".join(f"{axis} {layout[axis]}" for axis in AXES if layout[axis] > 1)
    waits = f"; the {layout['schedule']} pipeline waits {layout['bubble']:.1%} of a step" if layout["schedule"] else ""
    pieces = f"micro-batches of a step {layout['micro_batches']}, sequences of one {layout['rows']}"
    lines = [f"  {layout['world']} processes: {degrees}, zero {layout['zero']}; {pieces}{waits}"]
    wide = max(16, *(len(entry["ranks"]) for entry in ranks))
    lines += [
        f"  {'fp32, on ranks':<{wide}} {'parameters':>16}" + "".join(f" {name:>11}" for name in ranks[0]["memory"])
    ]
    for entry in ranks:
        sizes = "".join(f" {sized(size):>11}" for size in entry["memory"].values())
        lines += [f"  {entry['ranks']:<{wide}} {entry['parameters']:>16,}{sizes}  {'; '.join(entry['blocks'])}"]
    lines += [f"  {'sent a step, by':<{wide}}" + "".join(f" {kind:>14}" for kind in ranks[0]["sent"])]
    for entry in ranks:
        lines += [f"  {entry['ranks']:<{wide}}" + "".join(f" {sized(size):>14}" for size in entry["sent"].values())]
    return lines


def sized(size: int) -> str:
    """Bytes to three digits or so."""
    for unit, power in (("TB", 12), ("GB", 9), ("MB", 6), ("kB", 3)):
        if size >= 10**power:
            return f"{size / 10**power:.1f} {unit}"
    return f"{size} B"


def train_here(plan: Plan | None, settings: Pretrain, out: str, how: How, world: World) -> Outcome:
    """Train as this rank of the world; rank 0 has the plan and holds the run."""
    path, held = Path(out), ExitStack()
    runs: list[Run] = []

    def open_run() -> tuple[Course, int, bool]:
        assert plan is not None
        runs.append(held.enter_context(growing(out, plan.identity, plan.course.settings, how)))
        tell_mixture(plan, runs[0], how)
        lay_streams(plan, runs[0])
        course = replace(plan.course, skips=tuple(read_skips(path)))
        return course, max(steps_of(path), default=0), plan.valid is not None

    with held:
        course, start, has_valid = decided(world, open_run)
        threads = prepare_device(world, settings.train.threads)
        streams = [open_stream(path / STREAMS / f"source-{n}") for n in range(len(course.order.windows))]
        valid = open_stream(path / STREAMS / "valid") if has_valid else None
        trainer = Trainer(course, streams, world, layout_of(course.settings, world.size), filler(course))
        if start:
            trainer.restore(path, start)
        if plan is None:
            train(trainer, path, start=start, valid=valid, run=None, model_facts={}, progress=silent)
            return Outcome(out, {}, "")
        run = runs[0]
        run.append(EVENTS, started(start, world, threads, trainer, plan))
        train(trainer, path, start=start, valid=valid, run=run, model_facts=model_facts(plan), progress=how.progress)
        entropy = unigram_entropy([valid] if valid else streams, course.vocab_size)
        return outcome_of(out, conclude(plan, run, entropy), settings)


def lay_streams(plan: Plan, run: Run) -> None:
    """Each stream (and the validation set) flat beside the checkpoints, where an earlier start has not done so."""
    named = {f"source-{n}": tokens for n, tokens in enumerate(plan.streams.tokens)}
    named |= {"valid": plan.valid} if plan.valid else {}
    missing = {name: tokens for name, tokens in named.items() if not unpacked(run.streams / name)}
    for _, group in groupby(missing.items(), key=lambda item: (item[0] == "valid", item[1].path)):
        parts = {run.streams / name: tokens for name, tokens in group}
        try:
            unpack_parts(parts, plan.end_token)
        except OSError as error:  # a full disk; numpy tells no errno
            raise disk_error(error, run.streams) from error


def tell_mixture(plan: Plan, run: Run, how: How) -> None:
    """What the run will read of each source: laid beside its settings, and told before the first step."""
    facts = plan.mixture
    write_json(run.path / MIXTURE, facts)
    how.notice(mixture_lines(facts), facts["warnings"])


def filler(course: Course) -> Fill:
    """What sets the weights before the first step: the seed's, and over them the parent's."""
    parent = load_model(course.settings.from_).transformer if course.settings.from_ else None

    def fill(model: Transformer) -> None:
        first_weights(course, model)
        if parent is not None:
            take_weights(model, parent)

    return fill


def model_facts(plan: Plan) -> dict[str, Any]:
    """What every saved model says besides its weights."""
    tokens = {"end_token": plan.end_token, "start_token": plan.course.start}
    return {"tokenizer_json": plan.tokenizer_json, "training": account_of(plan), **tokens}


def started(start: int, world: World, threads: int, trainer: Trainer, plan: Plan) -> Facts:
    """The event of this start: where it begins, and on what."""
    facts: Facts = {"event": "resume" if start else "start", "step": start, "processes": world.size, "threads": threads}
    layout = dict(zip(AXES, trainer.layout.sizes, strict=True))
    return {**facts, "device": world.device.type, "layout": layout, "peak_flops": trainer.peak, "parent": plan.parent}


def conclude(plan: Plan, run: Run, entropy: float) -> Facts:
    """The manifest of the finished run."""
    steps, evaluations = read_metrics(run.path)
    last = steps[max(steps)]
    held_out = evaluations[max(evaluations)] if evaluations else {}
    documents = sum(len(tokens.lengths) for tokens in plan.sources)
    left_out = sum(len(tokens.lengths) for tokens in plan.streams.left_out)
    run.append(EVENTS, {"event": "stop", "step": max(steps) + 1})
    return run.finish(
        {
            "in": documents,
            "kept": documents - left_out,
            "removed": left_out,
            "by_reason": {"small_language": left_out} if left_out else {},
        },
        **plan.size,
        mixture=plan.mixture,
        loss=last["loss"],
        val_loss=held_out.get("val_loss"),
        val_loss_by_source=held_out.get("val_loss_by_source", {}),
        unigram_entropy=entropy,
        tokens_per_s=statistics.median(step["tokens_per_s"] for step in steps.values()),
        mfu=last["mfu"] and statistics.median(step["mfu"] for step in steps.values()),
        parent=plan.parent,
    )


def outcome_of(out: str, manifest: Mapping[str, Any], settings: Pretrain, *, already: bool = False) -> Outcome:
    """The sentence for a human, and the gate, which is judged on a finished run too."""
    line = f"{manifest['steps']:,} steps, {manifest['tokens']:,} tokens, {manifest['parameters']:,} parameters"
    losses = [f"loss {manifest['loss']:.4f}"]
    losses += [f"validation loss {manifest['val_loss']:.4f}"] if manifest["val_loss"] is not None else []
    speed = f"{manifest['tokens_per_s']:,.0f} tokens/s" + (f", MFU {manifest['mfu']:.0%}" if manifest["mfu"] else "")
    gates = failed_gates(manifest, settings.max_loss)
    return Outcome(out, manifest, f"{line}: {', '.join(losses)} ({speed}) -> {out}", already, None, gates)


def failed_gates(manifest: Mapping[str, Any], max_loss: float | None) -> list[str]:
    """`--max-loss`, on the last validation loss or, without a validation set, the last step's."""
    name = "validation loss" if manifest["val_loss"] is not None else "training loss"
    loss = manifest["val_loss"] if manifest["val_loss"] is not None else manifest["loss"]
    if max_loss is None or (loss <= max_loss and math.isfinite(loss)):
        return []
    return [f"the {name} is {loss:.4f}, above --max-loss {max_loss:g}; train longer or raise the gate"]
