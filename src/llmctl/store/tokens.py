"""Token shards on disk: read in bounded batches, and unpacked once into a stream that training can jump about in.

Parquet cannot be read at a random place without decoding a row group, and shuffled windows lie at random places. So a
run lays each source out flat beside its checkpoints (2 or 4 bytes a token, removed when it is finished) and maps the
file into memory: a window costs one page, and memory stays the operating system's. Where languages are weighed, each
language of a source is laid out by itself, all of them in one pass.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray
from tokenizers import Tokenizer

from llmctl.errors import UserError
from llmctl.store.files import read_json, sync_file, write_json
from llmctl.store.labels import UNNAMED, Labelling, Labels
from llmctl.store.tokenizers import load_tokenizer
from llmctl.tokens.packing import Longs, append_ends, spans, starts_of

TOKENIZER = "_tokenizer.json"
COUNT = "tokens"  # a flat column beside `ids`: how many they are; directories of others may lack it
ROWS = 1024  # documents decoded at once
IDS, STARTS, KINDS, FACTS = "ids.bin", "starts.bin", "kinds.bin", "stream.json"


@dataclass(frozen=True)
class Tokens:
    """A TOKENS directory, looked through: enough to refuse it or to plan with it. Or its documents of one language."""

    path: str
    tokenizer: Tokenizer
    tokenizer_json: str
    lengths: Longs  # ids of each document (N)
    kinds: Labels = Labels()  # column `source`
    languages: Labels = Labels()  # column `lang`
    language: str | None = None  # where these are the documents of one language alone
    rows: Longs | None = None  # the numbers of these documents in the directory (N); none: they are all

    @property
    def name(self) -> str:
        """How a person is told of it."""
        return f"{self.path} ({self.language})" if self.language else self.path

    def number(self, document: int) -> int:
        """The number in the directory of a document of these."""
        return document if self.rows is None else int(self.rows[document])

    def by_language(self) -> tuple[Tokens, ...]:
        """The same documents, each language's by themselves."""
        if not self.languages.names:
            return (replace(self, language=UNNAMED["lang"]),)
        rows = {name: np.flatnonzero(self.languages.are(name)) for name in self.languages.names}
        return tuple(
            replace(self, language=n, rows=r, lengths=self.lengths[r], kinds=self.kinds.at(r), languages=self.languages.at(r))
            for n, r in rows.items()
        )  # fmt: skip

    @property
    def stream(self) -> int:
        """Ids of all documents, an end token after each."""
        return int(self.lengths.sum()) + len(self.lengths)

    @property
    def vocab_size(self) -> int:
        return max(self.tokenizer.get_vocab(with_added_tokens=True).values()) + 1

    @property
    def vocabulary(self) -> dict[str, int]:
        found: dict[str, int] = self.tokenizer.get_vocab(with_added_tokens=True)
        return found


@dataclass(frozen=True)
class Stream:
    """A source laid out flat and mapped into memory."""

    ids: NDArray[np.unsignedinteger]
    starts: Longs  # where each document starts, and the end (N + 1)
    kind_of: NDArray[np.uint16]  # which of `kinds` each document is (N)
    kinds: tuple[str, ...]


def shards(path: str) -> list[Path]:
    """The token shards of a TOKENS directory, in order."""
    place = Path(path)
    if not place.exists():
        raise UserError(f"{path} does not exist; make it with llmctl tokenize")
    found = sorted(place.glob("part-*.parquet"))
    if not found or not (place / TOKENIZER).is_file():
        missing = f"{TOKENIZER}" if found else "part-*.parquet"
        raise UserError(f"{path} is not a TOKENS directory ({missing} is missing); make one with llmctl tokenize")
    return found


def open_tokens(path: str) -> Tokens:
    """Look through a TOKENS directory: every shard is readable and every id is in the vocabulary."""
    shards(path)
    file = Path(path) / TOKENIZER
    found = Tokens(path, load_tokenizer(file), file.read_text(encoding="utf-8"), np.empty(0, np.int64))
    lengths, vocab_size = [], found.vocab_size
    kinds, languages = Labelling("source"), Labelling("lang")
    for batch in batches(path, ("ids", "source", "lang")):
        ids, lengths_N = documents(batch, path)
        for extreme in (int(ids.min(initial=0)), int(ids.max(initial=0))):
            if not 0 <= extreme < vocab_size:
                raise UserError(f"{path} holds id {extreme}, and {TOKENIZER} has 0 to {vocab_size - 1}; tokenize again")
        lengths.append(lengths_N)
        kinds.read(batch)
        languages.read(batch)
    if not lengths:
        raise UserError(f"{path} holds no documents; nothing can be trained on it")
    return replace(found, lengths=np.concatenate(lengths), kinds=kinds.labels(), languages=languages.labels())


def batches(path: str, columns: tuple[str, ...]) -> Iterator[pa.RecordBatch]:
    """The rows of all shards in order, a thousand documents at a time, with those of `columns` that are there."""
    for file in shards(path):
        with opened_shard(file, path, columns) as (parquet, have):
            yield from parquet.iter_batches(batch_size=ROWS, columns=have)


def batches_with(path: str, wanted: Sequence[int], columns: tuple[str, ...]) -> Iterator[tuple[int, pa.RecordBatch]]:
    """The same for the row groups alone that hold documents of `wanted` (sorted numbers), and each batch's first number."""
    number = 0
    for file in shards(path):
        with opened_shard(file, path, columns) as (parquet, have):
            for group in range(parquet.num_row_groups):
                begin, number = number, number + parquet.metadata.row_group(group).num_rows
                if bisect_left(wanted, begin) == bisect_left(wanted, number):
                    continue
                for batch in parquet.iter_batches(batch_size=ROWS, row_groups=[group], columns=have):
                    yield begin, batch
                    begin += batch.num_rows


@contextmanager
def opened_shard(
    file: Path, path: str, columns: Sequence[str], *, buffer: int = 0
) -> Iterator[tuple[pq.ParquetFile, list[str]]]:
    """An open shard and those of `columns` that it has; what goes wrong while it is read is the user's to know.

    With a `buffer` (bytes) a row group is read piece by piece as it is decoded, without one a column of it at once.
    """
    try:
        parquet = pq.ParquetFile(file, buffer_size=buffer, pre_buffer=not buffer)
        have = [name for name in columns if name in parquet.schema_arrow.names]
        if "ids" in columns and "ids" not in have:
            raise UserError(f"{file} has no column `ids`; is {path} the output of llmctl tokenize?")
        yield parquet, have
    except (pa.ArrowException, OSError) as error:
        raise UserError(f"cannot read {file}: {error}; tokenize again") from None


def documents(batch: pa.RecordBatch, path: str) -> tuple[NDArray[np.unsignedinteger], Longs]:
    """A batch's ids end to end, and the length of each document."""
    column = batch.column("ids")
    if not (pa.types.is_list(column.type) or pa.types.is_large_list(column.type)) or not pa.types.is_integer(
        column.type.value_type
    ):
        raise UserError(f"the column `ids` of {path} is {column.type}, not a list of whole numbers; tokenize again")
    lengths = pc.fill_null(pc.list_value_length(column), 0)
    ids = column.flatten()
    if ids.null_count:
        raise UserError(f"the column `ids` of {path} has missing values inside a document; tokenize again")
    return ids.to_numpy(zero_copy_only=False), lengths.to_numpy(zero_copy_only=False).astype(np.int64)


def unpack(tokens: Tokens, directory: Path, end: int) -> None:
    """Lay a source out flat in `directory`."""
    unpack_parts({directory: tokens}, end)


def unpack_parts(parts: Mapping[Path, Tokens], end: int) -> None:
    """Lay parts of one TOKENS directory out flat, each where it is to lie; the facts come last, and without them none counts."""
    (path,) = {tokens.path for tokens in parts.values()}
    width = np.uint16 if next(iter(parts.values())).vocab_size <= 1 << 16 else np.uint32
    with ExitStack() as held:
        for directory in parts:
            directory.mkdir(parents=True, exist_ok=True)
        files = [(tokens, held.enter_context((place / IDS).open("wb"))) for place, tokens in parts.items()]
        number = 0
        for batch in batches(path, ("ids",)):
            for tokens, file in files:
                ids, lengths_N = documents(_those_of(tokens, batch, number), path)
                append_ends(ids.astype(width), lengths_N, end).tofile(file)
            number += batch.num_rows
    for directory, tokens in parts.items():
        tokens.kinds.of.tofile(directory / KINDS)
        starts_of(tokens.lengths).tofile(directory / STARTS)
        for name in (IDS, STARTS, KINDS):
            sync_file(directory / name)
        facts = {"stream": tokens.stream, "width": width().itemsize, "kinds": list(tokens.kinds.names)}
        write_json(directory / FACTS, facts)


def _those_of(tokens: Tokens, batch: pa.RecordBatch, number: int) -> pa.RecordBatch:
    """The rows of a batch, whose first has this number in the directory, that belong to `tokens`."""
    if tokens.rows is None:
        return batch
    first, last = np.searchsorted(tokens.rows, (number, number + batch.num_rows))
    return batch.take(pa.array(tokens.rows[first:last] - number))


def unpacked(directory: Path) -> bool:
    """Is there a whole stream?"""
    return (directory / FACTS).is_file()


def open_stream(directory: Path) -> Stream:
    """Map an unpacked source into memory."""
    facts: dict[str, Any] = read_json(directory / FACTS)
    width = np.uint16 if facts["width"] == 2 else np.uint32
    return Stream(
        np.memmap(directory / IDS, dtype=width, mode="r"),
        np.memmap(directory / STARTS, dtype=np.int64, mode="r"),
        np.memmap(directory / KINDS, dtype=np.uint16, mode="r"),
        tuple(facts["kinds"]),
    )


def lengths_of(path: str) -> Longs:
    """Ids of each document of a TOKENS directory: as its shards tell in the flat column `tokens`, else counted."""
    found = [np.empty(0, np.int64)]
    for file in shards(path):
        with opened_shard(file, path, (COUNT, "ids")) as (parquet, _):
            told = tells_lengths(parquet)
            for batch in parquet.iter_batches(batch_size=ROWS, columns=[COUNT if told else "ids"]):
                found.append(_told(batch) if told else documents(batch, path)[1])
    return np.concatenate(found)


def tells_lengths(parquet: pq.ParquetFile) -> bool:
    """Has a shard the flat column of lengths (others use its name for the pieces themselves)?"""
    schema = parquet.schema_arrow
    return COUNT in schema.names and pa.types.is_integer(schema.field(COUNT).type)


def _told(batch: pa.RecordBatch) -> Longs:
    counts: Longs = pc.fill_null(batch.column(COUNT).cast(pa.int64()), 0).to_numpy(zero_copy_only=False)
    return counts


def rows_at(path: str, wanted: set[int]) -> dict[int, dict[str, Any]]:
    """`id`, `url` and `source` (null where absent) of the documents with these numbers."""
    found: dict[int, dict[str, Any]] = {}
    for number, batch in batches_with(path, sorted(wanted), ("id", "url", "source")):
        for index in sorted(wanted.intersection(range(number, number + batch.num_rows))):
            row = batch.slice(index - number, 1).to_pylist()[0]
            found[index] = {name: row.get(name) for name in ("id", "url", "source")}
    return found


def stream_pieces(tokens: Tokens, pieces: Sequence[tuple[int, int]], end: int) -> list[NDArray[np.int64]]:
    """`stream[begin:until]` of each piece, from the row groups that hold its documents: nothing is laid out."""
    starts = starts_of(tokens.lengths)
    found = [np.full(until - begin, end, dtype=np.int64) for begin, until in pieces]  # what no document covers
    wanted = sorted((span, row) for row, piece in enumerate(pieces) for span in spans(starts, *piece))
    numbers = [tokens.number(document) for (document, _, _), _ in wanted]
    for number, batch in batches_with(tokens.path, numbers, ("ids",)):
        inside = slice(bisect_left(numbers, number), bisect_left(numbers, number + batch.num_rows))
        for ((document, first, last), row), place in zip(wanted[inside], numbers[inside], strict=True):
            ids, _ = documents(batch.slice(place - number, 1), tokens.path)
            at = int(starts[document]) + first - pieces[row][0]
            found[row][at : at + last - first] = ids[first:last]
    return found


def same_tokenizer(one: str, other: str) -> bool:
    """Do two tokenizer files mean the same (truncation and padding aside)?"""
    first, second = (
        {k: v for k, v in json.loads(text).items() if k not in ("truncation", "padding")} for text in (one, other)
    )
    return first == second
