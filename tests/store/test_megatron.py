"""The export for Megatron-LM, read back by a reader that knows nothing but the documented layout."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from token_shards import read_documents, write_tokens

from llmctl.errors import UserError
from llmctl.store import megatron
from llmctl.store.megatron import export


def read(folder: Path) -> tuple[str, list[list[int]]]:
    """(type of the ids, ids of each document), by `_IndexReader` of megatron/core/datasets/indexed_dataset.py."""
    index = (folder / "tokens.idx").read_bytes()
    assert index[:9] == b"MMIDIDX\x00\x00"
    version, code, sequences, entries = struct.unpack_from("<QBQQ", index, 9)
    assert version == 1
    kind = {8: "<u2", 4: "<i4"}[code]
    place = 34
    lengths = np.frombuffer(index, "<i4", sequences, place)
    pointers = np.frombuffer(index, "<i8", sequences, place + lengths.nbytes)
    bounds = np.frombuffer(index, "<i8", entries, place + lengths.nbytes + pointers.nbytes)
    assert len(index) == place + lengths.nbytes + pointers.nbytes + bounds.nbytes
    ids = (folder / "tokens.bin").read_bytes()
    found = [np.frombuffer(ids, kind, n, at).tolist() for n, at in zip(lengths, pointers, strict=True)]
    assert len(ids) == lengths.sum(dtype=np.int64) * np.dtype(kind).itemsize
    assert bounds.tolist() == list(range(len(found) + 1))
    return kind, found


DOCUMENTS = [[], [7], list(range(300)), [], [65_535], [], *([n, n + 1] for n in range(60))]


@pytest.mark.parametrize("shards", [1, 4])
def test_another_reader_finds_equal_ids(shards: int, tmp_path: Path) -> None:
    place = write_tokens(tmp_path / "tokens", DOCUMENTS, shards=shards)
    told = export(place, place / "_megatron", pa.uint16())
    assert told == [(place / "_megatron" / name, len(DOCUMENTS)) for name in ("tokens.bin", "tokens.idx")]
    assert read(place / "_megatron") == ("<u2", DOCUMENTS)
    assert list(read_documents(place).values()) == DOCUMENTS  # the folder is no shard to those who read the tokens


def test_offsets_go_on_where_an_array_is_computed_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(megatron, "CHUNK", 5)
    place = write_tokens(tmp_path / "tokens", DOCUMENTS, shards=3)
    export(place, tmp_path / "out", pa.uint16())
    assert read(tmp_path / "out")[1] == DOCUMENTS


def test_wide_ids_are_int32_and_an_end_token_is_put_where_asked(tmp_path: Path) -> None:
    place = write_tokens(tmp_path / "tokens", [[]])
    ids = pa.array([[70_000, 1], None, [2]], pa.list_(pa.uint32()))
    pq.write_table(pa.table({"id": ["a", "b", "c"], "ids": ids}), place / "part-00000.parquet")
    export(place, tmp_path / "out", pa.uint32(), end=9)
    assert read(tmp_path / "out") == ("<i4", [[70_000, 1, 9], [9], [2, 9]])
    with pytest.raises(UserError, match="id 70000 does not fit into uint16"):
        export(place, tmp_path / "narrow", pa.uint16())
    assert list((tmp_path / "narrow").iterdir()) == []


def test_no_documents_are_an_index_of_none(tmp_path: Path) -> None:
    place = write_tokens(tmp_path / "tokens", [])
    assert [rows for _, rows in export(place, tmp_path / "out", pa.uint16())] == [0, 0]
    assert read(tmp_path / "out") == ("<u2", [])


def test_a_stop_between_the_files_leaves_no_index_and_again_makes_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, out = write_tokens(tmp_path / "tokens", DOCUMENTS), tmp_path / "out"
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(megatron, "write_index", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        export(place, out, pa.uint16())
    assert [file.name for file in out.iterdir()] == ["tokens.bin"]
    export(place, out, pa.uint16())
    assert read(out)[1] == DOCUMENTS
