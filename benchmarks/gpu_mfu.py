"""How much of the GPUs' dense peak does `pretrain` use? MFU, tokens a second and memory, for each layout of one model.

`python -m benchmarks.gpu_mfu [--size NAME] [--gpus N]... [--layout KEY=VALUE,...]... [--mask NAME] [--dtype bf16] [--no-compile]
[--steps N] [--batch SEQUENCES]`: each case is `llmctl pretrain` as a user starts it, under torchrun, on random tokens (their
values change no time). Blocks are compiled; a mask other than causal goes through FlexAttention. The first WARM steps compile
and warm up: their seconds stand apart, and the median of the others counts. Operations are those that the model needs (6 a
weight and token, and attention; what recomputation repeats does not count): PaLM, arXiv:2204.02311, appendix B. Memory is what
the GPUs hold at most beyond what they held before, CUDA's own included, looked at five times a second. Needs a GPU.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from tokenizers import Tokenizer, models

from llmctl.store.runs import read_metrics
from llmctl.train.throughput import peak_flops

WARM, EVERY = 10, 0.2  # steps that do not count; seconds between two looks at the memory
END = "<|endoftext|>"


@dataclass(frozen=True)
class Size:
    """A decoder (RoPE, RMSNorm, SwiGLU) by name."""

    layers: int
    hidden: int
    heads: int
    kv_heads: int
    ffn: int
    vocab: int
    sequence: int
    batch: int  # sequences of a step and GPU
    tied: bool = True


SIZES = {
    "tiny": Size(2, 64, 4, 2, 128, 256, 32, 4),  # to try the path
    "124M": Size(12, 768, 12, 12, 2048, 50304, 1024, 16),  # the width and depth of GPT-2 small
    "1.3B": Size(24, 2048, 16, 16, 5504, 50304, 2048, 8),  # of GPT-3 XL (arXiv:2005.14165, table 2.1; head width 128)
    "7B": Size(32, 4096, 32, 32, 11008, 32000, 4096, 4, tied=False),  # LLaMA (arXiv:2302.13971, table 2)
}
NUMBERS = ("layers", "hidden", "heads", "kv_heads", "ffn")
MASKS = {
    "causal": {},
    "documents": {"data.document_mask": "true"},
    "window": {"model.attention": "window", "model.window": "256"},
}


@dataclass(frozen=True)
class Case:
    """What is trained, on how many GPUs, divided how."""

    size: str
    gpus: int
    layout: tuple[str, ...] = ()  # keys of `parallel.` and `train.`
    mask: str = "causal"
    dtype: str = "bf16"
    compiled: bool = True
    steps: int = 30
    batch: int | None = None  # sequences of a step and GPU

    @property
    def words(self) -> list[str]:
        """The command's settings."""
        shape = SIZES[self.size]
        keys = {
            **{f"model.{name}": getattr(shape, name) for name in NUMBERS},
            "model.tied": str(shape.tied).lower(),
            "data.sequence": shape.sequence, "data.batch": (self.batch or shape.batch) * self.gpus,
            "train.dtype": self.dtype, "train.compile": str(self.compiled).lower(), "train.checkpoint_every": 0,
            "train.valid_every": 0, **MASKS[self.mask],
        }  # fmt: skip
        pairs = [*(f"{key}={value}" for key, value in keys.items()), *self.layout]
        return ["--max-steps", str(self.steps), *(word for pair in pairs for word in ("--set", pair))]


@dataclass(frozen=True)
class Found:
    """What a case came to."""

    tokens_per_s: float
    mfu: float | None  # none: the GPU's peak is not known
    warm_seconds: float
    memory: int | None  # bytes of the GPU that holds most


def write_tokens(place: Path, shape: Size) -> Path:
    """Random ids in documents of 500, enough for a few steps (they may be read again)."""
    place.mkdir(parents=True)
    vocabulary = {END: 0, **{f"t{n}": n for n in range(1, shape.vocab)}}
    (place / "_tokenizer.json").write_text(Tokenizer(models.WordLevel(vocabulary, END)).to_str())
    ids = np.random.default_rng(0).integers(1, shape.vocab, (max(64, 64 * shape.sequence // 500), 500), np.uint16)
    table = pa.table({"id": [str(n) for n in range(len(ids))], "ids": pa.array(list(ids), pa.list_(pa.uint16()))})
    pq.write_table(table, place / "part-00000.parquet")
    return place


def measure(case: Case, place: Path) -> Found:
    """Train once; RuntimeError with the end of what it said where it fails."""
    tokens, run = write_tokens(place / "tokens", SIZES[case.size]), place / "run"
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(case.gpus)]
    command += ["-m", "llmctl", "pretrain", str(tokens), "-o", str(run), "--json", *case.words]
    with tempfile.TemporaryFile("w+") as said:
        before, most = memory_used(case.gpus), 0
        process = subprocess.Popen(command, stdout=said, stderr=said, env={**os.environ, "OMP_NUM_THREADS": "1"})
        while process.poll() is None:
            used = [now - then for now, then in zip(memory_used(case.gpus), before, strict=True)]
            most = max([most, *used])
            time.sleep(EVERY)
        said.seek(0)
        if process.returncode:
            raise RuntimeError(said.read()[-2000:])
    return found(case, run, most or None)


def memory_used(gpus: int) -> list[int]:
    """Bytes in use on each GPU, by whomever."""
    if not torch.cuda.is_available():
        return []
    free_and_whole = [torch.cuda.mem_get_info(gpu) for gpu in range(gpus)]
    return [whole - free for free, whole in free_and_whole]


def found(case: Case, run: Path, memory: int | None) -> Found:
    """The figures of a finished run."""
    manifest, steps = json.loads((run / "_manifest.json").read_text()), read_metrics(run)[0]
    tokens, rates = manifest["tokens"] / case.steps, [step["tokens_per_s"] for step in steps.values()]
    rate = statistics.median(rates[WARM:])
    peak = peak_flops(torch.device("cuda" if torch.cuda.is_available() else "cpu"), case.dtype)
    mfu = manifest["flops"] / manifest["tokens"] * rate / (peak * case.gpus) if peak else None
    return Found(rate, mfu, sum(tokens / rate for rate in rates[:WARM]), memory)


def line_of(case: Case, one: Found) -> str:
    """A row of the table."""
    mfu = "unknown" if one.mfu is None else f"{one.mfu:.1%}"
    memory = "-" if one.memory is None else f"{one.memory / 1e9:.1f} GB"
    layout = " ".join(case.layout) or "data parallel"
    return (
        f"{case.size:<6} {case.gpus:>4} {layout:<42} {case.mask:<9} {one.tokens_per_s:>12,.0f} {mfu:>8} {memory:>9} "
        f"{one.warm_seconds:>8.1f} s"
    )


def main() -> int:
    """One line for each layout and number of GPUs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=SIZES, default="124M")
    parser.add_argument("--gpus", type=int, action="append", help="may be repeated; default: all there are")
    parser.add_argument("--layout", action="append", help="keys with commas between them; may be repeated")
    parser.add_argument("--mask", choices=MASKS, default="causal")
    parser.add_argument("--dtype", choices=("bf16", "fp16", "fp32"), default="bf16")
    parser.add_argument("--no-compile", action="store_true")
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--batch", type=int, help="sequences of a step and GPU")
    given = parser.parse_args()
    if given.steps <= WARM:
        parser.error(f"--steps is above {WARM}, the steps that do not count")
    if not torch.cuda.is_available():
        print(
            "benchmarks.gpu_mfu: this machine has no GPU that torch can use; run it where there is one", file=sys.stderr
        )
        return 1
    print(f"{torch.cuda.get_device_name()}, torch {torch.__version__}, {given.dtype}, compiled: {not given.no_compile}")
    print(
        f"{'size':<6} {'GPUs':>4} {'layout':<42} {'mask':<9} {'tokens/s':>12} {'MFU':>8} {'memory':>9} {'warm-up':>10}"
    )
    failed = 0
    for gpus in given.gpus or [torch.cuda.device_count()]:
        for layout in given.layout or [""]:
            case = Case(
                given.size, gpus, tuple(layout.split(",")) if layout else (), given.mask, given.dtype,
                not given.no_compile, given.steps, given.batch,
            )  # fmt: skip
            with tempfile.TemporaryDirectory() as place:
                try:
                    print(line_of(case, measure(case, Path(place))), flush=True)
                except RuntimeError as error:
                    failed = 1
                    print(f"{case.size} on {gpus} GPUs with {layout or 'data parallel'} failed: {error}", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
