"""Random access to token shards is sequential reading, and reads no shard whole."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from token_shards import trained_tokenizer

from llmctl.errors import UserError
from llmctl.store.token_index import TokenIndex
from llmctl.store.tokens import lengths_of

TOKENIZER = trained_tokenizer().to_str()
Corpus = list[list[list[int]]]  # shards of documents of ids


def write(place: Path, shards: Corpus, *, rows: int, told: bool, kind: pa.DataType | None = None) -> Path:
    """A TOKENS directory with row groups of `rows` documents, with or without the column of lengths."""
    place.mkdir(parents=True, exist_ok=True)
    (place / "_tokenizer.json").write_text(TOKENIZER)
    for shard, documents in enumerate(shards):
        ids = [f"{shard}:{n}" for n in range(len(documents))]
        table = pa.table({"id": pa.array(ids, pa.string()), "ids": pa.array(documents, pa.list_(kind or pa.uint16()))})
        if told:
            table = table.append_column("tokens", pa.array([len(d) for d in documents], pa.uint32()))
        pq.write_table(table, place / f"part-{shard:05d}.parquet", row_group_size=rows, use_dictionary=False)
    return place


document = st.lists(st.integers(0, 383), max_size=6)
corpora = st.lists(st.lists(document, max_size=9), min_size=1, max_size=4)


@settings(max_examples=60, deadline=None)
@given(corpora, st.integers(1, 5), st.booleans(), st.data())
def test_random_access_is_sequential_reading(shards: Corpus, rows: int, told: bool, data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = write(Path(folder), shards, rows=rows, told=told)
        found = TokenIndex(str(place))
        documents = [ids for shard in shards for ids in shard]
        names = [f"{s}:{n}" for s, shard in enumerate(shards) for n in range(len(shard))]
        stream = [(number, offset, id) for number, ids in enumerate(documents) for offset, id in enumerate(ids)]
        assert (found.count, found.told, int(found.starts[-1])) == (len(documents), told, len(stream))
        for number in data.draw(st.permutations(range(len(documents)))):
            one = found.document(number)
            assert (one.number, one.ids.tolist(), one.named["id"]) == (number, documents[number], names[number])
            assert found.number_of(names[number]) == number
        for position in data.draw(st.permutations(range(len(stream)))):
            assert found.place(position) == stream[position][:2]
        begin = data.draw(st.integers(0, len(stream)))
        end = data.draw(st.integers(begin, len(stream)))
        assert found.read(begin, end).tolist() == [id for _, _, id in stream[begin:end]]
        assert found.number_of("none of these") is None


class Counting(io.FileIO):
    """A file that counts the bytes that are read of it."""

    total = 0

    def read(self, size: int = -1) -> bytes:
        found = super().read(size)
        Counting.total += len(found)
        return found


@pytest.mark.parametrize("told", [True, False])
def test_no_shard_is_read_whole(told: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = np.random.default_rng(0).integers(0, 384, (4, 400, 5_000))
    place = write(tmp_path, drawn.tolist(), rows=40, told=told)
    size = (place / "part-00000.parquet").stat().st_size
    whole = pq.ParquetFile
    monkeypatch.setattr(pq, "ParquetFile", lambda file, **named: whole(Counting(str(file)), **named))

    def read(ask: str, *words: int | str) -> tuple[object, float]:
        """What an opened index answers, and the bytes read for it in shards."""
        Counting.total = 0
        answer = getattr(found, ask)(*words)
        return answer, Counting.total / size

    Counting.total = 0
    found = TokenIndex(str(place))
    assert Counting.total <= 4 << 16  # four footers: Arrow reads the last 64 kB of a file for one
    one, read_for_one = read("document", 1_234)
    assert one.ids.tolist() == drawn[3, 34].tolist() and read_for_one < 0.15  # one row group of ten
    number, read_for_id = read("number_of", "3:34")
    assert number == 1_234 and read_for_id < 0.2  # four columns of ids, which are short
    place_found, read_for_place = read("place", 6_170_123)
    assert place_found == (1_234, 123)
    assert read_for_place < 0.1 if told else 3.9 < read_for_place < 4.1  # the flat columns, or all ids once
    again, read_again = read("place", 1)
    assert again == (0, 1) and read_again == 0
    ids, read_for_ids = read("read", 6_170_123, 6_170_523)
    assert ids.tolist() == drawn.ravel()[6_170_123:6_170_523].tolist() and read_for_ids < 0.15


def test_a_row_group_is_read_up_to_the_row_that_was_asked_for(tmp_path: Path, monkeypatch) -> None:
    drawn = np.random.default_rng(0).integers(0, 1 << 16, (1, 1_000, 8_000))
    place = write(tmp_path, drawn.tolist(), rows=1_000, told=True)
    size, whole = (place / "part-00000.parquet").stat().st_size, pq.ParquetFile
    found = TokenIndex(str(place))
    monkeypatch.setattr(pq, "ParquetFile", lambda file, **named: whole(Counting(str(file)), **named))
    Counting.total = 0
    assert found.document(3).ids.tolist() == drawn[0, 3].tolist()
    assert Counting.total < size / 3  # a shard of one row group, as others write them


def test_pieces_under_the_name_of_the_lengths_are_not_taken_for_them(tmp_path: Path) -> None:
    place = write(tmp_path, [[]], rows=5, told=False)
    table = pa.table({"id": ["a"], "ids": [[5, 6]], "tokens": [["x", "y"]]})
    pq.write_table(table, place / "part-00000.parquet")
    found = TokenIndex(str(place))
    assert not found.told and found.starts.tolist() == [0, 2] and lengths_of(str(place)).tolist() == [2]


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    found = TokenIndex(str(write(tmp_path, [[[1, 2]], []], rows=5, told=True)))
    with pytest.raises(UserError, match="no document 1; it holds 1, counted from 0"):
        found.document(1)
    with pytest.raises(UserError, match="no position 2; it holds 2 ids"):
        found.read(1, 3)


def test_lengths_that_are_not_those_of_the_ids_are_found(tmp_path: Path) -> None:
    place = write(tmp_path, [[]], rows=5, told=True)
    table = pa.table({"id": ["a"], "ids": [[5, 6]], "tokens": pa.array([3], pa.uint32())})
    pq.write_table(table, place / "part-00000.parquet")
    with pytest.raises(UserError, match="holds 2 ids and its column `tokens` says 3; tokenize again"):
        TokenIndex(str(place)).read(0, 1)
