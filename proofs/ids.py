"""Ids: six tokenizers on all text of the data folder, through the command, equal to those of `tokenizers` on every document.

Text is every string of every file: JSON Lines, archives, crawls as they were fetched (markup included), Parquet, plain
text, cut into documents of some 4,000 characters at the ends of lines. Three tokenizers are others' (GPT-2, GPT-Neo,
BERT's vocabulary), three are trained by the command on these texts (BPE, WordPiece, Unigram). `tokenizers` reads the same
files (BERT's through its own reader) and encodes each document with special tokens read as text.
"""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard
from measuring import ran
from tokenizers import Tokenizer
from tokenizers.implementations import BertWordPieceTokenizer

from benchmarks.tokenize_encode import strings

DOCUMENT = 4_000  # characters
TRAINED = {"own-bpe": "bpe", "own-wordpiece": "wordpiece", "own-unigram": "unigram"}
GIVEN = {
    "gpt2": "gpt2/tokenizer.json", "gpt-neo": "gpt-neo/gpt-neo-test-tokenizer.json", "bert": "bert/bert-base-uncased.vocab.txt",
}  # fmt: skip


def run(place: Path, data: Path) -> tuple[dict[str, Any], dict[str, bool]]:
    """Lay the texts out, encode them six times, compare."""
    source = place / "texts.parquet"
    if not source.exists():
        lay_texts(data, source)
    documents = pq.read_metadata(source).num_rows
    figures: dict[str, Any] = {"documents": documents, "files": sum(1 for _ in files(data)), "tokenizers": {}}
    claims = {}
    for name in (*GIVEN, *TRAINED):
        record = place / f"{name}.json"
        if not record.exists():
            record.write_text(json.dumps(compared(name, source, place, data)))
        found = json.loads(record.read_text())
        figures["tokenizers"][name] = found
        claims[f"{name}: the ids of all {documents:,} documents are those of tokenizers"] = (
            found["documents"] == documents and found["differ"] == 0
        )
    return figures, claims


def files(data: Path) -> Iterator[Path]:
    """Every file but the sealed one."""
    return (p for p in sorted(data.rglob("*")) if p.is_file() and p.name != "sealed.bin")


def texts_of(path: Path) -> Iterator[str]:
    """The strings of a file."""
    if path.suffix == ".parquet":
        for column in pq.read_table(path).columns:
            yield from strings(column.to_pylist())
        return
    raw = path.read_bytes()
    try:
        if path.suffix == ".zst":
            raw = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(raw), read_across_frames=True).read()
        if path.suffix == ".gz":
            raw = gzip.decompress(raw)
    except (OSError, EOFError, zstandard.ZstdError):  # broken on purpose
        pass
    if ".tar" in path.name:
        with tarfile.open(fileobj=io.BytesIO(raw)) as archive:
            for member in archive:
                if (file := archive.extractfile(member)) is not None:
                    yield file.read().decode("utf-8", errors="replace")
        return
    text = raw.decode("utf-8", errors="replace")
    if ".jsonl" in path.name or path.suffix == ".json" or ".json.gz" in path.name:
        for line in text.split("\n"):
            try:
                yield from strings(json.loads(line)) if line.strip() else ()
            except json.JSONDecodeError:
                yield line
        return
    yield text


def documents_of(path: Path) -> Iterator[str]:
    """Texts as they are where they are short, else cut at the ends of lines."""
    for text in texts_of(path):
        start = 0
        while start < len(text):
            end = text.find("\n", start + DOCUMENT) + 1
            end = end if 0 < end < start + 20 * DOCUMENT else start + 2 * DOCUMENT
            yield text[start:end]
            start = end


def lay_texts(data: Path, target: Path) -> None:
    """All documents in one file."""
    schema = pa.schema([("id", pa.string()), ("text", pa.large_string()), ("file", pa.string())])
    part = target.with_suffix(".tmp")
    with pq.ParquetWriter(part, schema, compression="zstd") as writer:
        for path in files(data):
            name = str(path.relative_to(data))
            rows = [{"id": f"{name}:{n}", "text": text, "file": name} for n, text in enumerate(documents_of(path))]
            for first in range(0, len(rows), 1024):
                writer.write_table(pa.Table.from_pylist(rows[first : first + 1024], schema))
    part.rename(target)


def compared(name: str, source: Path, place: Path, data: Path) -> dict[str, Any]:
    """The command's ids against those of `tokenizers`: documents, ids, and how many documents differ."""
    out, given = place / f"tokens-{name}", data / "assets" / "tokenizers" / GIVEN.get(name, "")
    if name in TRAINED:
        words = (
            "--train",
            TRAINED[name],
            "--vocab-size",
            "16000",
            "--set",
            "train_bytes=20MB",
            "--set",
            "alphabet=3000",
        )
    else:
        words = ("--tokenizer", str(given))
    ran("tokenize", source, "-o", out, *words)
    manifest = json.loads((out / "_manifest.json").read_text())
    reference = out / "_tokenizer.json" if name in TRAINED else given
    parts = sorted(out.glob("part-*.parquet"))
    starts, start = [], 0
    for part in parts:
        starts.append(start)
        start += pq.read_metadata(part).num_rows
    with ProcessPoolExecutor(2) as pool:
        found = list(pool.map(partial(differing, source, reference), parts, starts))
    return {"documents": start, "ids": manifest["counts"]["tokens"], "differ": sum(found),
            "encoder": manifest["where"]["encoder"]}  # fmt: skip


def differing(source: Path, reference: Path, part: Path, start: int) -> int:
    """How many documents of a part have other ids. Runs in a process of its own."""
    if reference.suffix == ".txt":
        tokenizer = Tokenizer.from_str(BertWordPieceTokenizer(str(reference), lowercase=True).to_str())
    else:
        tokenizer = Tokenizer.from_file(str(reference))
    tokenizer.encode_special_tokens = True
    tokenizer.no_truncation()
    tokenizer.no_padding()
    rows = pq.read_table(part, columns=["id", "ids"])
    texts = pq.read_table(source, columns=["id", "text"]).slice(start, rows.num_rows)
    assert texts["id"] == rows["id"]
    right = tokenizer.encode_batch_fast(texts["text"].to_pylist(), add_special_tokens=False)
    return sum(one.ids != ids for one, ids in zip(right, rows["ids"].to_pylist(), strict=True))
