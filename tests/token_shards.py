"""Token shards for tests: real text that every machine has (Python's standard library), a tokenizer trained on it."""

from __future__ import annotations

import functools
import sysconfig
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

END = "<|endoftext|>"


@functools.cache
def modules(count: int) -> list[tuple[str, str]]:
    """(name, text) of standard-library modules."""
    files = sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py"))
    return [(file.name, file.read_text(encoding="utf-8", errors="ignore")[:6000]) for file in files[:count]]


@functools.cache
def trained_tokenizer(vocab_size: int = 384) -> Tokenizer:
    """Byte-level BPE with an end token."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size, special_tokens=[END], initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator([text for _, text in modules(20)], trainer)
    return tokenizer


def write_tokens(
    place: Path,
    documents: Sequence[Sequence[int]],
    *,
    tokenizer: Tokenizer | None = None,
    sources: Sequence[str] | None = None,
    langs: Sequence[str | None] | None = None,
    shards: int = 2,
) -> Path:
    """A TOKENS directory as any tool might write it: no manifest, `url` and `source`, and `lang`, only when given."""
    place.mkdir(parents=True, exist_ok=True)
    (place / "_tokenizer.json").write_text((tokenizer or trained_tokenizer()).to_str())
    columns = {
        "id": [f"{place.name}:{n}" for n in range(len(documents))],
        "ids": pa.array([list(ids) for ids in documents], pa.list_(pa.uint16())),
    }
    if sources:
        columns |= {"source": list(sources), "url": [f"https://example.org/{n}" for n in range(len(documents))]}
    if langs:
        columns |= {"lang": pa.array(list(langs), pa.string())}
    table, size = pa.table(columns), -(-len(documents) // shards)
    for shard in range(shards):
        pq.write_table(table.slice(shard * size, size), place / f"part-{shard:05d}.parquet", row_group_size=7)
    return place


def encoded(first: int, last: int, vocab_size: int = 384) -> list[list[int]]:
    """Token ids of some modules."""
    texts = [text for _, text in modules(last)[first:]]
    return [encoding.ids for encoding in trained_tokenizer(vocab_size).encode_batch(texts)]


def read_documents(place: Path) -> dict[str, list[int]]:
    """id -> ids of a TOKENS directory."""
    table = pa.concat_tables([pq.read_table(part) for part in sorted(place.glob("part-*.parquet"))])
    return dict(zip(table["id"].to_pylist(), table["ids"].to_pylist(), strict=True))
