"""Token shards as Megatron-LM's indexed dataset: `tokens.bin`, all ids end to end, and `tokens.idx`, where each document lies.

The layout is that of `_IndexWriter` in `megatron/core/datasets/indexed_dataset.py` (NVIDIA/Megatron-LM, commit 00caa53), all
little endian: `MMIDIDX\\0\\0`, uint64 version 1, uint8 code of the type of the ids, uint64 sequences, uint64 entries of the
last array, then int32 ids of each sequence, int64 byte offset of each sequence, int64 first sequence of each document and
their end. A document is one sequence; its ids are those of the shards, and no end token is among them unless asked for.
Memory: a batch of documents and 8 bytes a document. (An empty `tokens.bin` cannot be mapped, so a reader there refuses it.)
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from llmctl.errors import UserError
from llmctl.store.files import disk_error, sync_directory, written_whole
from llmctl.store.tokens import batches, documents
from llmctl.tokens.packing import append_ends

BIN, IDX = "tokens.bin", "tokens.idx"
MAGIC, VERSION = b"MMIDIDX\x00\x00", 1
CODES = {"<u2": 8, "<i4": 4}  # `DType` there: uint16 and int32
CHUNK = 1 << 16  # entries of an array computed at once


def export(tokens: Path, target: Path, width: pa.DataType, *, end: int | None = None) -> list[tuple[Path, int]]:
    """Write the shards in `tokens` (a draft will do) into `target`; returns (path, documents) of both files, for a manifest.

    `width` is the type of the ids: uint16 stays so, uint32 becomes int32, the only wide type that those readers know of ids.
    `end` is put after every document. A kill leaves whole files or none, and the index comes last.
    """
    kind = "<u2" if width == pa.uint16() else "<i4"
    try:
        target.mkdir(parents=True, exist_ok=True)
        sync_directory(target.parent)
    except OSError as error:
        raise disk_error(error, target) from error
    with written_whole(target / BIN) as temporary, temporary.open("wb") as stream:
        lengths = [write_ids(stream, ids, lengths_N, kind, end) for ids, lengths_N in _documents(tokens)]
    lengths_N = np.concatenate([np.empty(0, "<i4"), *lengths])
    with written_whole(target / IDX) as temporary, temporary.open("wb") as stream:
        write_index(stream, lengths_N, kind)
    return [(target / BIN, len(lengths_N)), (target / IDX, len(lengths_N))]


def _documents(tokens: Path) -> Iterator[tuple[NDArray[np.unsignedinteger], NDArray[np.int64]]]:
    for batch in batches(str(tokens), ("ids",)):
        yield documents(batch, str(tokens))


def write_ids(
    stream: IO[bytes], ids: NDArray[np.unsignedinteger], lengths_N: NDArray[np.int64], kind: str, end: int | None
) -> NDArray[np.int32]:
    """The ids of some documents, and how many each has there."""
    if end is not None:
        ids = append_ends(ids, lengths_N, end)
    largest, most = int(ids.max(initial=0)), int(np.iinfo(kind).max)
    if largest > most:
        raise UserError(
            f"id {largest} does not fit into {np.dtype(kind).name}, whose largest is {most}; tokenize again"
        )
    stream.write(ids.astype(kind).tobytes())
    return (lengths_N + (end is not None)).astype("<i4")


def write_index(stream: IO[bytes], lengths_N: NDArray[np.int32], kind: str) -> None:
    """`tokens.idx` of documents that have so many ids each, one sequence a document."""
    size, n = np.dtype(kind).itemsize, len(lengths_N)
    stream.write(MAGIC + struct.pack("<QBQQ", VERSION, CODES[kind], n, n + 1))
    stream.write(lengths_N.tobytes())
    offset = 0
    for first in range(0, n, CHUNK):
        ends = offset + np.cumsum(lengths_N[first : first + CHUNK], dtype="<i8") * size
        stream.write(np.concatenate(([offset], ends[:-1])).astype("<i8").tobytes())
        offset = int(ends[-1])
    for first in range(0, n + 1, CHUNK):
        stream.write(np.arange(first, min(first + CHUNK, n + 1), dtype="<i8").tobytes())
