"""show TOKENS tokens: what is shown is what lies on disk, and decodes to what was tokenized."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from token_shards import encoded, modules, read_documents, trained_tokenizer, write_tokens

from llmctl.cli.main import run as door


@pytest.fixture(scope="module")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Path:
    documents = [*encoded(0, 20), []]
    place = tmp_path_factory.mktemp("shown") / "tokens"
    return write_tokens(place, documents, shards=3, sources=["code"] * len(documents))


def shown(capsys: pytest.CaptureFixture[str], *words: str | Path) -> str:
    assert door(["show", *map(str, words)]) == 0
    return capsys.readouterr().out


def test_the_sample_is_spread_evenly_and_decodes_to_the_texts(tokens: Path, capsys) -> None:
    told = json.loads(shown(capsys, tokens, "tokens", "--sample", 4, "--json"))
    ids = list(read_documents(tokens).values())
    assert [one["number"] for one in told["shown"]] == [0, 5, 10, 15] and told["documents"] == 21
    for one in told["shown"]:
        assert one["text"] == modules(20)[one["number"]][1]
        assert (one["ids"], one["tokens"]) == (ids[one["number"]][:20], len(ids[one["number"]]))
        assert one["pieces"] == [trained_tokenizer().id_to_token(id) for id in one["ids"]]
        assert (one["source"], one["url"]) == ("code", f"https://example.org/{one['number']}")
    assert told["tokens"] is told["shown"][0]["start"] is None  # nothing tells lengths: all ids would have to be read


def test_where_documents_start_is_said_where_the_shards_tell_lengths(tokens: Path, tmp_path: Path, capsys) -> None:
    place = write_tokens(tmp_path / "tokens", [], shards=1)
    ids = read_documents(tokens)
    table = pa.table({"id": list(ids), "ids": pa.array(ids.values(), pa.list_(pa.uint16())),
                      "tokens": pa.array([len(one) for one in ids.values()], pa.uint32())})  # fmt: skip
    pq.write_table(table, place / "part-00000.parquet", row_group_size=4)
    told = json.loads(shown(capsys, place, "tokens", "--sample", 100, "--json"))
    lengths = [len(one) for one in ids.values()]
    assert told["tokens"] == sum(lengths) and len(told["shown"]) == 21
    assert [one["start"] for one in told["shown"]] == [sum(lengths[:n]) for n in range(21)]


@pytest.mark.parametrize("offset", [0, 1, 500, -1])
def test_a_position_names_its_document_and_the_ids_around_it(offset: int, tokens: Path, capsys) -> None:
    ids = list(read_documents(tokens).values())
    offset = offset % len(ids[7])
    position = sum(len(one) for one in ids[:7]) + offset
    told = json.loads(shown(capsys, tokens, "tokens", "--at", position, "--json"))
    at, (document,) = told["at"], told["shown"]
    assert (document["number"], document["id"], document["start"]) == (7, "tokens:7", position - offset)
    assert (at["position"], at["document"], at["offset"], at["id"]) == (position, 7, offset, ids[7][offset])
    assert at["ids"] == ids[7][max(0, offset - 10) : offset + 11] and at["ids"][offset - at["first"]] == at["id"]
    text = shown(capsys, tokens, "tokens", "--at", position)
    assert f"position {position:,}, token {offset:,} of document 7: id {at['id']}" in text and f"[{at['id']}]" in text


def test_a_document_by_its_id_even_an_empty_one(tokens: Path, capsys) -> None:
    (one,) = json.loads(shown(capsys, tokens, "tokens", "--document", "tokens:13", "--json"))["shown"]
    assert (one["number"], one["text"]) == (13, modules(20)[13][1])
    text = shown(capsys, tokens, "tokens", "--document", "tokens:20")
    assert "document 20: tokens:20  code  https://example.org/20  0 tokens" in text and "text    ''" in text


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--at", "999999999"], 1, "has no position 999,999,999; it holds"),
        (["--document", "nobody"], 1, "holds no document 'nobody'"),
        (["--at", "1", "--document", "x"], 2, "--at and --document both say which document"),
        (["--at", "-1"], 2, "--at is a whole number"),
        (["--seed", "1"], 2, "--seed is for `show TOKENS objective`"),
    ],
)
def test_what_is_not_there_is_said_in_one_line(words: list[str], code: int, said: str, tokens: Path, capsys) -> None:
    assert door(["show", str(tokens), "tokens", *words]) == code
    told = capsys.readouterr()
    assert said in told.err and told.err.count("\n") == 1 and told.out == ""
