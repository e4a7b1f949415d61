"""One training run in many layouts: what each must reproduce, started as a user starts it, by `torchrun ... llmctl pretrain`.

A layout is a number of processes and the `parallel.` keys that divide the work among them; a variant is a model, an objective
and data. A run of any layout is compared with one process: losses, gradient norms, hashes of the batches and the weights after
10 steps in which the loss falls by a fifth. Shared by `tests/stages/test_pretrain_parallel.py` and the long proofs.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from safetensors.torch import load_file
from token_shards import encoded, trained_tokenizer, write_tokens

from llmctl.store.artifacts import MANIFEST
from llmctl.store.checkpoints import step_directory, steps_of
from llmctl.store.runs import EVENTS, read_lines, read_metrics

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "OMP_NUM_THREADS": "1"}
STEPS, MIDDLE = 10, 5
TOLERANCE = 1e-5  # absolute; of a gradient norm above 1 relative
FALL = 0.2  # the share of the first loss that 10 steps take off: layouts that agree because nothing is learned prove nothing
PATIENCE = 300  # seconds; 8 processes on two busy cores take a minute
ATTEMPTS = 5  # to kill a run between two checkpoints
VOCABULARY = 264
LLMCTL = ("-m", "llmctl")

Keys = Mapping[str, object]

# Adam divides a gradient by its own size. With optim.eps = 1e-8 the rounding of a gradient that is 0 but for rounding (ranks add
# up in another order) would become a whole step of lr; with 1e-3 rounding of 1e-7 moves a weight by 0.01 * 1e-4 a step, and a
# gradient that is wrong by 1e-6 still by 1e-5. What is left grows where training is unsteady: rmsnorm divides by an embedding
# that crosses 0. So weights begin at 0.1 and move by 0.01 a step, not at 0.02 and by 0.02: at that, one process that adds up
# eight micro-batches strays by 1e-5 to 4e-4 (of the gradient norm) from itself; here by less than 1e-6, a tenth of the tolerance.
# The gradient norm lies above optim.clip in some steps and below it in others, so that both paths are taken.
KEYS: Keys = {
    "model.layers": 4, "model.hidden": 32, "model.heads": 4, "model.kv_heads": 2, "model.ffn": 64, "model.init_std": 0.1,
    "data.sequence": 32, "data.batch": 8, "optim.lr": 0.01, "optim.min_lr": 0.002, "optim.warmup": 2, "optim.eps": 1e-3,
    "optim.clip": 1.0, "train.dtype": "fp32", "train.threads": 1, "train.valid_every": 5, "train.checkpoint_every": 5,
}  # fmt: skip


@dataclass(frozen=True)
class Layout:
    """Processes, and the keys that say what they share."""

    name: str
    processes: int
    keys: Keys = field(default_factory=dict)


def _pipeline(schedule: str, **more: object) -> dict[str, object]:
    return {"parallel.pipeline": 2, "parallel.schedule": schedule, **{f"parallel.{k}": v for k, v in more.items()}}


ONE = Layout("one", 1)
LAYOUTS = {
    layout.name: layout
    for layout in (
        Layout("dp2", 2),
        Layout("dp2-accumulated", 2, {"train.microbatch": 1}),
        *(Layout(f"zero{z}-on-{n}", n, {"parallel.zero": z}) for n in (2, 4) for z in (1, 2, 3)),
        *(Layout(f"zero{z}-accumulated", 2, {"parallel.zero": z, "train.microbatch": 1}) for z in (1, 2, 3)),
        Layout("hsdp", 4, {"parallel.zero": 3, "parallel.shard": 2}),
        Layout("tp2", 2, {"parallel.tensor": 2}),
        Layout("tp2-sequence", 2, {"parallel.tensor": 2, "parallel.sequence": "true"}),
        *(Layout(f"pp2-{s}", 2, _pipeline(s)) for s in ("gpipe", "1f1b", "interleaved")),
        Layout("dp2-tp2", 4, {"parallel.tensor": 2}),
        Layout("zero1-tp2", 4, {"parallel.tensor": 2, "parallel.zero": 1}),
        Layout("zero3-tp2", 4, {"parallel.tensor": 2, "parallel.zero": 3}),
        Layout("dp2-pp2", 4, _pipeline("1f1b")),
        Layout("zero1-pp2", 4, _pipeline("1f1b", zero=1)),
        Layout("tp2-pp2", 4, _pipeline("1f1b", tensor=2)),
        Layout("dp2-tp2-pp2", 8, _pipeline("1f1b", tensor=2)),
        Layout("zero1-tp2-pp2", 8, _pipeline("1f1b", tensor=2, zero=1)),
        Layout("dp2-tp2-sequence-pp2", 8, _pipeline("1f1b", tensor=2, sequence="true")),
    )
}

SPANS: Keys = {"model.architecture": "encoder-decoder", "model.encoder_layers": 2, "model.layers": 2, "model.position": "t5",
               "objective.name": "span-corruption", "objective.sentinels": 10, "data.sequence": 48, "optim.clip": 1.5}  # fmt: skip
CAUSAL = "causal"
VARIANTS: dict[str, Keys] = {  # `vocabulary` is the tokenizer's size, not a key
    CAUSAL: {},
    "prefix decoder, prefix-lm": {"model.architecture": "prefix", "objective.name": "prefix-lm"},
    "encoder-decoder, span corruption, t5": SPANS,
    "multi-query": {"model.kv_heads": 1},
    "alibi": {"model.position": "alibi"},
    "t5 bias": {"model.position": "t5"},
    "learned positions": {"model.position": "learned"},
    "untied": {"model.tied": "false"},
    "layernorm with biases": {"model.norm": "layernorm", "model.bias": "true", "model.activation": "gelu"},
    "deepnorm": {"model.norm": "deepnorm"},
    "sandwich": {"model.norm_position": "sandwich"},
    "window and strided": {"model.attention": "window,strided", "model.window": 8, "model.stride": 4},
    "packed documents": {"data.document_mask": "true"},
    "packed documents, prefix-lm": {
        "data.document_mask": "true", "model.architecture": "prefix", "objective.name": "prefix-lm",
    },
    "vocabulary of 263": {"vocabulary": 263},
    "vocabulary of 263, untied": {"vocabulary": 263, "model.tied": "false"},
    "batch of 7": {"data.batch": 7},
    "batch of 7, encoder-decoder": {**SPANS, "data.batch": 7},
    "dropout": {"model.dropout": 0.1},
    "dropout, encoder-decoder": {**SPANS, "model.dropout": 0.1},
}  # fmt: skip


@dataclass(frozen=True)
class Differences:
    """The largest differences between two runs, step by step, and of their weights at the end."""

    loss: float
    grad_norm: float  # of a norm above 1 relative
    val_loss: float
    weights: float
    same_batches: bool

    @property
    def are_rounding(self) -> bool:
        """Is it the same training?"""
        return self.same_batches and max(self.loss, self.grad_norm, self.val_loss, self.weights) <= TOLERANCE


def write_sources(place: Path, vocabulary: int = VOCABULARY) -> Path:
    """Tokens to train on and to validate with, of real text in so small a vocabulary that ten steps learn it."""
    home = place / f"vocabulary-{vocabulary}"
    if not (home / "ready").exists():
        tokenizer = trained_tokenizer(vocabulary)
        # documents of unequal lengths, many of them shorter than a sequence is long
        texts = [ids[:n] for ids, n in zip(encoded(0, 40, vocabulary), (2000, 25, 300, 11) * 10, strict=True)]
        write_tokens(home / "tokens", texts, tokenizer=tokenizer)
        write_tokens(home / "valid", [ids[:700] for ids in encoded(40, 42, vocabulary)], tokenizer=tokenizer, shards=1)
        (home / "ready").touch()
    return home


def command(
    home: Path, out: Path, layout: Layout, variant: str = CAUSAL, *, program: Sequence[str] = LLMCTL
) -> list[str]:
    """The command of a run; `program` is what each process runs."""
    keys = {key: value for key, value in {**KEYS, **VARIANTS[variant], **layout.keys}.items() if key != "vocabulary"}
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(layout.processes)]
    words = [
        "pretrain",
        str(home / "tokens"),
        "-o",
        str(out),
        "--valid",
        str(home / "valid"),
        "--max-steps",
        str(STEPS),
    ]
    settings = [word for key, value in keys.items() for word in ("--set", f"{key}={value}")]
    return [sys.executable, *(torchrun if layout.processes > 1 else []), *program, *words, *settings]


def trained(
    place: Path, layout: Layout, variant: str = CAUSAL, *, out: Path | None = None, **how: Sequence[str]
) -> Path:
    """The finished run of a variant in a layout; what lies in `out` is gone on with. RuntimeError when it fails."""
    home = write_sources(place, int(str(VARIANTS[variant].get("vocabulary", VOCABULARY))))
    if not out:
        out = place / "_".join((variant.replace(", ", "-").replace(" ", "-"), layout.name))
        if not (out / MANIFEST).exists():
            shutil.rmtree(out, ignore_errors=True)  # of a proof that was stopped: what is compared is one whole run
    if not (out / MANIFEST).exists():
        finish(start(command(home, out, layout, variant, **how)))
    return out


def start(words: Sequence[str]) -> subprocess.Popen[str]:
    """A command in processes of its own."""
    return subprocess.Popen(words, env=ENVIRONMENT, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def finish(process: subprocess.Popen[str]) -> None:
    """Wait for the end of a command; whatever it started ends with it."""
    try:
        _, complaints = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        kill(process)
        complaints = f"no end after {PATIENCE} seconds"
    if process.returncode:
        # the workers speak first, torchrun's account of them comes last
        raise RuntimeError(f"exit {process.returncode}: {complaints[:4000]}\n{shlex.join(process.args)}")  # type: ignore[arg-type]


def kill(process: subprocess.Popen[str]) -> None:
    """SIGKILL a command and all processes that it started, workers first: torchrun must not see one of them fail."""
    for member in [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]:
        with suppress(psutil.NoSuchProcess):
            member.kill()
    process.communicate()


def stopped(place: Path, layout: Layout) -> Path:
    """A run killed after the checkpoint in its middle and before the next one; its schedule is that of the whole run."""
    out, home = place / f"stopped_{layout.name}", write_sources(place)
    for _ in range(ATTEMPTS):
        if out.exists() and steps_of(out) == [MIDDLE] and not (out / MANIFEST).exists():
            return out
        shutil.rmtree(out, ignore_errors=True)
        process = start(command(home, out, layout))
        while process.poll() is None and not step_directory(out, MIDDLE).exists():
            time.sleep(0.001)
        kill(process) if process.poll() is None else finish(process)
    raise RuntimeError(f"{layout.name}: finished {ATTEMPTS} times before it could be killed")


def resumed(place: Path, before: Layout, after: Layout) -> Path:
    """A copy of the run that was stopped in one layout, gone on with in another."""
    out = place / f"resumed_{before.name}_{after.name}"
    if not (out / MANIFEST).exists():
        shutil.rmtree(out, ignore_errors=True)
        shutil.copytree(stopped(place, before), out)
    trained(place, after, out=out)
    starts = [(event["step"], event["processes"]) for event in read_lines(out / EVENTS) if "processes" in event]
    assert starts == [(0, before.processes), (MIDDLE, after.processes)], starts
    return out


def differences(one: Path, other: Path) -> Differences:
    """How far two runs lie apart."""
    (steps, evaluations), (other_steps, other_evaluations) = read_metrics(one), read_metrics(other)
    assert list(steps) == list(other_steps) == list(range(STEPS))
    assert list(evaluations) == list(other_evaluations) == [MIDDLE, STEPS]
    pairs = list(zip(steps.values(), other_steps.values(), strict=True))
    weights, other_weights = (load_file(run / "model" / "model.safetensors") for run in (one, other))
    assert weights.keys() == other_weights.keys()
    return Differences(
        loss=max(abs(a["loss"] - b["loss"]) for a, b in pairs),
        grad_norm=max(abs(a["grad_norm"] - b["grad_norm"]) / max(1, a["grad_norm"]) for a, b in pairs),
        val_loss=max(abs(evaluations[n]["val_loss"] - other_evaluations[n]["val_loss"]) for n in evaluations),
        weights=max(float((weights[name] - other_weights[name]).abs().max()) for name in weights),
        same_batches=all(a["batch_hash"] == b["batch_hash"] for a, b in pairs),
    )


def learned(run: Path, variant: str = CAUSAL) -> tuple[float, list[bool]]:
    """The share of its loss that a run takes off in all, and in which steps the gradient was clipped."""
    steps, clip = list(read_metrics(run)[0].values()), float(str({**KEYS, **VARIANTS[variant]}["optim.clip"]))
    return 1 - steps[-1]["loss"] / steps[0]["loss"], [step["grad_norm"] > clip for step in steps]
