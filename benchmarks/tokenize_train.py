"""Claim: a byte-level BPE of 32,000 entries from 100 MB of text in 60 CPU-seconds and 2 GB, through the command.

`python -m benchmarks.tokenize_train DATA [--megabytes N]`: distinct lines of many languages (as in tokenize_encode), then
markup of a crawl until there are so many megabytes, in one Parquet file. The command trains, encodes all of it and
publishes, with one worker and with two, whose files must be equal; beside it `tokenizers` trains on the same texts in a
process of its own, from memory, and writes no more than its file. WordPiece and Unigram (SentencePiece) on a tenth.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.tokenize_encode import ROOT, documents, size_of

ENTRIES = 32_000


class Cost(NamedTuple):
    """What a process tree took; memory is that of its largest process, in MB."""

    cpu: float
    wall: float
    memory: float


def cost(words: list[str]) -> Cost:
    """Run a Python module to its end."""
    begin = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", *words], cwd=ROOT, stdout=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"},
    )  # fmt: skip
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(words)}: status {status}")
    return Cost(usage.ru_utime + usage.ru_stime, time.perf_counter() - begin, usage.ru_maxrss / 1000)


def by_tokenizers(source: Path) -> None:
    """The peer: the same training, from texts in memory."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=ENTRIES, min_frequency=2, special_tokens=["<|endoftext|>"], show_progress=False,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
    )  # fmt: skip
    tokenizer.train_from_iterator(pq.read_table(source)["text"].to_pylist(), trainer)
    tokenizer.save(str(source.with_suffix(".peer.json")))


def laid(texts: list[str], path: Path) -> Path:
    """Documents as Parquet."""
    rows = pa.table({"id": [f"d{n}" for n in range(len(texts))], "text": pa.array(texts, pa.large_string())})
    pq.write_table(rows, path, compression="zstd", row_group_size=1024)
    return path


def main() -> None:
    """Print a line for each training."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="the folder of real data")
    parser.add_argument("--megabytes", type=float, default=100)
    parser.add_argument("--peer", action="store_true", help="(the peer's run, for its own process)")
    options = parser.parse_args()
    if options.peer:
        by_tokenizers(options.data)
        return
    texts = documents(options.data, options.megabytes, also=("web/crawl/*.warc.gz",))
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        source, tenth = laid(texts, place / "all.parquet"), laid(texts[::10], place / "tenth.parquet")
        print(
            f"{len(texts):,} documents, {size_of(texts):.1f} MB; load of the machine {os.getloadavg()[0]:.1f}",
            flush=True,
        )
        size = ["--vocab-size", str(ENTRIES)]
        runs = {
            f"bpe -j {n}": ["llmctl", "tokenize", str(source), "-o", f"{place}/{n}", "--train", "bpe", *size, "-j", n]
            for n in "12"
        }
        runs["tokenizers alone, bpe"] = ["benchmarks.tokenize_train", str(source), "--peer"]
        runs |= {
            f"{model}, a tenth": [
                "llmctl",
                "tokenize",
                str(tenth),
                "-o",
                f"{place}/{model}",
                "--train",
                model,
                *size,
                "-j",
                "1",
            ]
            for model in ("bpe", "wordpiece", "unigram")
        }
        for name, words in runs.items():
            took = cost(words)
            print(f"{name:24s} {took.cpu:7.1f} s CPU {took.wall:7.1f} s {took.memory:8.0f} MB", flush=True)
        one, two = ((place / n / "_tokenizer.json").read_bytes() for n in "12")
        peer = source.with_suffix(".peer.json").read_bytes()
        print(f"one worker and two give the same file: {one == two}; tokenizers the same: {one == peer}")


if __name__ == "__main__":
    main()
