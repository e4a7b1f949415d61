"""Token shards that cannot be used are refused in one sentence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from token_shards import write_tokens

from llmctl.errors import UserError
from llmctl.store.tokens import open_stream, open_tokens, rows_at, stream_pieces, unpack_parts


def rewrite(place: Path, ids: pa.Array) -> None:
    pq.write_table(pa.table({"id": ["a"] * len(ids), "ids": ids}), place / "part-00001.parquet")


BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "no tokenizer": (lambda p: (p / "_tokenizer.json").unlink(), "_tokenizer.json is missing"),
    "no shards": (lambda p: [part.unlink() for part in p.glob("part-*")], "part-.* is missing"),
    "a tokenizer of another kind": (lambda p: (p / "_tokenizer.json").write_text("{}"), "is not a tokenizer.json"),
    "a shard that is not Parquet": (lambda p: (p / "part-00001.parquet").write_text("x"), "cannot read .*part-00001"),
    "no ids": (lambda p: pq.write_table(pa.table({"id": ["a"]}), p / "part-00001.parquet"), "no column `ids`"),
    "ids that are text": (lambda p: rewrite(p, pa.array([["a"]])), "not a list of whole numbers"),
    "ids that are missing": (lambda p: rewrite(p, pa.array([[1, None]])), "missing values"),
    "ids below zero": (lambda p: rewrite(p, pa.array([[1, -7]])), "holds id -7"),
    "ids beyond the vocabulary": (lambda p: rewrite(p, pa.array([[1, 384]])), "holds id 384"),
}


@pytest.mark.parametrize(("breaks", "sentence"), BROKEN.values(), ids=BROKEN.keys())
def test_broken_tokens_are_refused(tmp_path: Path, breaks: Callable[[Path], object], sentence: str) -> None:
    place = write_tokens(tmp_path / "tokens", [[1, 2], [3]])
    breaks(place)
    with pytest.raises(UserError, match=sentence):
        open_tokens(str(place))


def test_a_document_that_is_null_is_an_empty_one(tmp_path: Path) -> None:
    place = write_tokens(tmp_path / "tokens", [[1, 2], [3]])
    rewrite(place, pa.array([None, [4, 5, 6]], pa.list_(pa.uint16())))
    assert open_tokens(str(place)).lengths.tolist() == [2, 0, 3]


def test_rows_are_found_by_their_number_over_all_shards(tmp_path: Path) -> None:
    place = write_tokens(tmp_path / "tokens", [[n] for n in range(1, 30)], shards=4)
    assert {n: row["id"] for n, row in rows_at(str(place), {0, 8, 28}).items()} == {
        0: "tokens:0", 8: "tokens:8", 28: "tokens:28",
    }  # fmt: skip


def test_pieces_of_the_stream_cross_documents_row_groups_and_shards(tmp_path: Path) -> None:
    documents = [list(range(10 * n + 1, 10 * n + 1 + n % 5)) for n in range(30)]  # the empty ones too
    tokens = open_tokens(str(write_tokens(tmp_path / "tokens", documents, shards=4)))
    stream = [id for ids in documents for id in [*ids, 0]]
    pieces = [(40, 75), (0, 9), (len(stream) - 6, len(stream)), (4, 5), (5, 30), (0, len(stream))]
    assert [found.tolist() for found in stream_pieces(tokens, pieces, 0)] == [stream[a:b] for a, b in pieces]
    assert stream_pieces(tokens, [], 0) == []


def test_languages_are_laid_out_apart_in_one_pass(tmp_path: Path) -> None:
    documents = [[n + 1] * (n % 4) for n in range(30)]
    langs = [("en", "zh", None, "")[n % 4 if n < 20 else 0] for n in range(30)]
    tokens = open_tokens(str(write_tokens(tmp_path / "tokens", documents, sources=["web", "qa"] * 15, langs=langs)))
    parts = {part.language: part for part in tokens.by_language()}
    assert list(parts) == ["en", "und", "zh"]
    unpack_parts({tmp_path / name: part for name, part in parts.items()}, 0)
    for name, part in parts.items():
        numbers = [n for n in range(30) if (langs[n] or "und") == name]
        stream = open_stream(tmp_path / name)
        assert [part.number(n) for n in range(len(part.lengths))] == numbers
        assert stream.ids.tolist() == [id for n in numbers for id in [*documents[n], 0]]
        assert len(stream.ids) == part.stream == stream.starts[-1]
        assert [stream.kinds[kind] for kind in stream.kind_of] == [("web", "qa")[n % 2] for n in numbers]
        (found,) = stream_pieces(part, [(0, part.stream)], 0)
        assert found.tolist() == stream.ids.tolist()


def test_documents_that_name_no_language_are_undetermined(tmp_path: Path) -> None:
    (part,) = open_tokens(str(write_tokens(tmp_path / "tokens", [[1, 2], [3]]))).by_language()
    assert (part.language, part.lengths.tolist(), part.number(1)) == ("und", [2, 1], 1)


def test_pieces_are_found_in_a_row_group_longer_than_a_batch(tmp_path: Path) -> None:
    place = write_tokens(tmp_path / "tokens", [[1, 2], [3]])
    rewrite(place, pa.array([[n % 300] for n in range(2500)], pa.list_(pa.uint16())))
    found = stream_pieces(open_tokens(str(place)), [(3 + 2 * 1023, 3 + 2 * 1025), (3 + 2 * 2400, 3 + 2 * 2401)], 0)
    assert [piece.tolist() for piece in found] == [[123, 0, 124, 0], [0, 0]]
