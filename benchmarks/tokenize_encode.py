"""Claim: ids at 10 times the speed of `tokenizers` encode_batch per CPU-second, warm, for byte-level BPE; the same ids.

`python -m benchmarks.tokenize_encode DATA [--megabytes N]`: documents of many languages (Debian's manuals in 14, the
Declaration of Human Rights in 380, books in English and Chinese, code, chat), no line twice. One process encodes them by
`tokenizers` (encode_batch and encode_batch_fast), by tiktoken (GPT-2's ranks, encode_ordinary) and as our stage does: in
batches of 4 MiB, one sample of each compared. Warm: after another half of the texts; cold: the first texts of a new
encoder. Then the command, `llmctl tokenize -j 1` and `-j 2`, from Parquet to published artifact, against `tokenizers`
alone on the same texts; WordPiece and Unigram, which have no bulk encoder, are reported. All CPU-seconds are of all threads.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import os
import resource
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard
from tokenizers import Tokenizer

from llmctl.tokens.bulk import bulk_encoder, excerpt, first_difference
from llmctl.tokens.encoding import encode, encoder_of, literal

ROOT = Path(__file__).resolve().parents[1]
BATCH = 4 << 20  # bytes of a batch, as the stage reads them
DOCUMENT = 4_000  # characters of a document, about


class Line(NamedTuple):
    """A contestant's figures."""

    name: str
    megabytes: float
    cpu: float
    wall: float

    @property
    def rate(self) -> float:
        """MB of text a CPU-second."""
        return self.megabytes / self.cpu


def unpacked(path: Path) -> Iterator[str]:
    """The lines of a file of the data folder: strings of JSON Lines, members of archives, plain text."""
    raw = path.read_bytes()
    if path.suffix == ".gz":
        raw = gzip.decompress(raw)
    if path.suffix == ".zst":
        raw = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(raw)).read()
    if ".tar" in path.name:
        with tarfile.open(fileobj=io.BytesIO(raw)) as archive:
            raw = b"\n".join(file.read() for member in archive if (file := archive.extractfile(member)))
    for line in raw.decode("utf-8", errors="replace").split("\n"):
        if ".jsonl" in path.name and line.strip():
            yield from (piece for text in strings(json.loads(line)) for piece in text.split("\n"))
        else:
            yield line


def strings(value: object) -> Iterator[str]:
    """Every string within a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from strings(item)


def documents(data: Path, megabytes: float, also: Sequence[str] = ()) -> list[str]:
    """Documents of distinct lines, of all folders in turn, up to so many megabytes; `also` names more files."""
    names = ("web/wet/*.wet.gz", "langid/udhr*", "books/*", "code/*.jsonl.zst", "conversation/*", "general/*.txt",
             "general/*.jsonl.zst", "extraction/*.jsonl.zst", "stackexchange/*.zst")  # fmt: skip
    sources = [documents_of(path) for name in (*names, *also) for path in sorted(data.glob(name))]
    found, left, seen = [], megabytes * 1e6, set[int]()
    while sources and left > 0:
        for source in list(sources):
            text = next(source, None)
            if text is None:
                sources.remove(source)
                continue
            lines = [line for line in text.split("\n") if hash(line) not in seen]
            seen.update(map(hash, lines))
            text = "\n".join(lines)
            if text.strip():
                found.append(text)
                left -= len(text.encode())
    return found


def documents_of(path: Path) -> Iterator[str]:
    """Lines gathered into documents."""
    gathered: list[str] = []
    size = 0
    for line in unpacked(path):
        gathered.append(line)
        size += len(line)
        if size > DOCUMENT:
            yield "\n".join(gathered)
            gathered, size = [], 0
    yield "\n".join(gathered)


def size_of(texts: Sequence[str]) -> float:
    """Megabytes of UTF-8."""
    return sum(len(text.encode()) for text in texts) / 1e6


def timed(name: str, texts: Sequence[str], work: Callable[[], object]) -> Line:
    """CPU of this process, all threads, while `work` is done."""
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return Line(name, size_of(texts), time.process_time() - cpu, time.perf_counter() - wall)


def batched(texts: Sequence[str]) -> list[list[str]]:
    """The batches of the stage."""
    found: list[list[str]] = [[]]
    size = 0
    for text in texts:
        if size > BATCH or len(found[-1]) >= 1024:
            found.append([])
            size = 0
        found[-1].append(text)
        size += len(text.encode())
    return found


def in_process(definition: str, ranks: Path | None, texts: Sequence[str]) -> list[Line]:
    """Every way to encode, in this process; stops where ids differ."""
    half = len(texts) // 2
    first, second = texts[:half], texts[half:]
    exact = literal(Tokenizer.from_str(definition))
    lines = [
        timed("tokenizers encode_batch", second, lambda: exact.encode_batch(list(second), add_special_tokens=False))
    ]
    lines += [timed("tokenizers encode_batch_fast", second,
                    lambda: exact.encode_batch_fast(list(second), add_special_tokens=False))]  # fmt: skip
    fast, name = bulk_encoder(definition, exact)
    if fast is None:
        print(f"  ({name})")
        return lines
    checked = [fast, exact]

    def ours(of: Sequence[str]) -> None:
        for number, batch in enumerate(batched(of)):
            checked[0](batch)  # type: ignore[operator]
            sample = excerpt(batch[number % len(batch)], number * 7919)
            assert first_difference(fast, encoder_of(exact), [sample]) is None

    fresh, _ = bulk_encoder(definition, exact)
    checked[0] = fresh  # type: ignore[call-overload]
    lines += [timed(f"ours, cold ({name})", first, lambda: ours(first))]
    checked[0] = fast  # type: ignore[call-overload]
    ours(first)
    lines += [timed(f"ours, warm ({name})", second, lambda: ours(second))]
    right, found = encode(exact, second), fast(second)
    assert right.equals(found), "the ids differ"
    if ranks:
        lines += [by_tiktoken(ranks, second, right.to_pylist())]
    return lines


def by_tiktoken(folder: Path, texts: Sequence[str], right: list[list[int]]) -> Line:
    """tiktoken with the same ranks and pattern."""
    import tiktoken
    from tiktoken.load import data_gym_to_mergeable_bpe_ranks
    from tiktoken_ext.openai_public import r50k_pat_str

    ranks = data_gym_to_mergeable_bpe_ranks(str(folder / "vocab.bpe"), str(folder / "encoder.json"))
    encoding = tiktoken.Encoding("gpt2", pat_str=r50k_pat_str, mergeable_ranks=ranks, special_tokens={})
    encoding.encode_ordinary_batch(list(texts[:50]), num_threads=1)
    found: list[list[int]] = []
    line = timed("tiktoken encode_ordinary_batch", texts,
                 lambda: found.extend(encoding.encode_ordinary_batch(list(texts), num_threads=1)))  # fmt: skip
    assert found == right, "tiktoken's ids differ"
    return line


def command(source: Path, place: Path, megabytes: float, *words: str) -> Line:
    """A run of the program: the CPU of its whole tree."""
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    with tempfile.TemporaryDirectory(dir=place) as folder:
        done = subprocess.run(
            [sys.executable, "-m", "llmctl", "tokenize", str(source), "-o", f"{folder}/out", *words],
            capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        )  # fmt: skip
    if done.returncode:
        raise SystemExit(done.stderr[-3000:])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Line(f"llmctl tokenize {' '.join(w for w in words if not w.endswith('.json'))}", megabytes, cpu,
                time.perf_counter() - begin)  # fmt: skip


def told(line: Line, base: Line) -> str:
    """A line, and how many times the base's speed per CPU-second it is."""
    return (f"  {line.name:52s}{line.megabytes:8.1f} MB {line.cpu:8.2f} s CPU {line.wall:8.2f} s {line.rate:8.2f} MB/s of CPU"
            f" {line.rate / base.rate:7.1f} x")  # fmt: skip


def trained(texts: Sequence[str], model: str) -> str:
    """A vocabulary of 16,000 on a part of the texts."""
    from llmctl.settings.tokenize import SPLITS
    from llmctl.tokens.training import Recipe, train

    some = list(texts[: max(1, int(8e6 / 4e3))])
    normalizer = "bert" if model == "wordpiece" else "none"
    recipe = Recipe(model, 16_000, 2, SPLITS[model][0], normalizer, ("<|endoftext|>",), (), 2000)
    return train(recipe, lambda: iter(some))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="the folder of real data")
    parser.add_argument("--megabytes", type=float, default=60)
    parser.add_argument("--models", default="gpt2,wordpiece,unigram")
    options = parser.parse_args()
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    texts = documents(options.data, options.megabytes)
    print(
        f"{len(texts):,} documents, {size_of(texts):.1f} MB; load of the machine {os.getloadavg()[0]:.1f}", flush=True
    )
    folder = options.data / "assets" / "tokenizers" / "gpt2"
    for name in options.models.split(","):
        definition = (folder / "tokenizer.json").read_text("utf-8") if name == "gpt2" else trained(texts, name)
        some = texts if name == "gpt2" else texts[: len(texts) // 4]
        print(f"{name}:", flush=True)
        lines = in_process(definition, folder if name == "gpt2" else None, some)
        with tempfile.TemporaryDirectory() as place:
            source, tokenizer = Path(place) / "documents.parquet", Path(place) / "mine.json"
            tokenizer.write_text(definition, encoding="utf-8")
            rows = pa.table({"id": [f"d{n}" for n in range(len(some))], "text": some})
            pq.write_table(rows, source, compression="zstd", row_group_size=1024)
            tiny = Path(place) / "tiny.parquet"
            pq.write_table(rows.slice(0, 2), tiny)
            size = size_of(some)
            start = command(tiny, Path(place), 1e-9, "--tokenizer", str(tokenizer), "-j", "1")
            runs = [("-j", "1"), ("-j", "2"), ("-j", "1", "--set", "bulk=false")]
            lines += [command(source, Path(place), size, "--tokenizer", str(tokenizer), *words) for words in runs]
        for line in lines:
            print(told(line, lines[0]), flush=True)
        print(f"  (the command's start is {start.cpu:.2f} s of these)", flush=True)


if __name__ == "__main__":
    main()
