"""tokenize as a user runs it: trained or given, the same bytes every time."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tokenizers import Tokenizer

TEXTS = ["the sea and the town, the boats and the tide", "今天天气很好", "", "a <|endoftext|> within"] * 30


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    path = tmp_path / "docs.jsonl"
    rows = ({"id": f"d{i}", "text": text, "url": f"http://x/{i}"} for i, text in enumerate(TEXTS))
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def hashes(manifest: dict) -> dict[str, str]:
    return {file["path"]: file["sha256"] for file in manifest["files"]}


def test_a_trained_tokenizer_gives_the_texts_back_whatever_the_workers(docs: Path, tmp_path: Path, run) -> None:
    words = ("--train", "bpe", "--vocab-size", "300", "--json")
    one = run("tokenize", docs, "-o", tmp_path / "one", "-j", "1", *words, RAYON_NUM_THREADS="1").json
    two = run("tokenize", docs, "-o", tmp_path / "two", "-j", "2", *words, RAYON_NUM_THREADS="3").json
    assert hashes(one) == hashes(two) and one["key"] == two["key"]
    table = pq.read_table(tmp_path / "one")
    assert table.schema.field("ids").type == pa.list_(pa.uint16())
    tokenizer = Tokenizer.from_file(str(tmp_path / "one" / "_tokenizer.json"))
    decoded = [tokenizer.decode(ids, skip_special_tokens=False) for ids in table["ids"].to_pylist()]
    assert decoded == TEXTS
    assert table["url"][1].as_py() == "http://x/1" and table["id"].to_pylist()[:2] == ["d0", "d1"]
    counts = one["counts"]
    assert counts["tokens"] == sum(map(len, table["ids"].to_pylist())) and counts["vocab"] <= 300
    assert counts["text_bytes"] == sum(len(text.encode()) for text in TEXTS)


def test_a_given_tokenizer_is_copied_and_a_changed_one_is_another_run(docs: Path, tmp_path: Path, run) -> None:
    given = tmp_path / "mine.json"
    given.write_text(json.dumps(word_level({"the": 0, "sea": 1, "[UNK]": 2}), ensure_ascii=False), encoding="utf-8")
    first = run("tokenize", docs, "-o", tmp_path / "out", "--tokenizer", given, "--json").json
    assert (tmp_path / "out" / "_tokenizer.json").read_bytes() == given.read_bytes()
    assert run("tokenize", docs, "-o", tmp_path / "out", "--tokenizer", given, "--json").json == first
    moved = tmp_path / "elsewhere.json"
    moved.write_bytes(given.read_bytes())
    assert run("tokenize", docs, "-o", tmp_path / "out", "--tokenizer", moved, "--json").json["key"] == first["key"]
    given.write_text(json.dumps(word_level({"the": 1, "sea": 0, "[UNK]": 2})), encoding="utf-8")
    run("tokenize", docs, "-o", tmp_path / "out", "--tokenizer", given, expect=3)


def word_level(vocabulary: dict[str, int]) -> dict:
    return {
        "version": "1.0", "truncation": {"direction": "Right", "max_length": 2, "strategy": "LongestFirst", "stride": 0},
        "padding": None, "added_tokens": [], "normalizer": None, "pre_tokenizer": {"type": "Whitespace"},
        "post_processor": None, "decoder": None,
        "model": {"type": "WordLevel", "vocab": vocabulary, "unk_token": "[UNK]"},
    }  # fmt: skip


def test_truncation_that_the_file_asks_for_is_ignored(docs: Path, tmp_path: Path, run) -> None:
    given = tmp_path / "mine.json"
    given.write_text(json.dumps(word_level({"the": 0, "sea": 1, "[UNK]": 2})), encoding="utf-8")
    run("tokenize", docs, "-o", tmp_path / "out", "--tokenizer", given)
    assert len(pq.read_table(tmp_path / "out")["ids"][0]) > 2


@pytest.mark.parametrize(
    "content", [b"", b"{", b"{}", b"not json", b"\xff\xfe", b'{"model": {"type": "Nothing"}}', None]
)
def test_a_file_that_is_no_tokenizer_is_one_sentence(content: bytes | None, docs: Path, tmp_path: Path, run) -> None:
    given = tmp_path / "mine.json"
    if content is not None:
        given.write_bytes(content)
    ran = run("tokenize", docs, "-o", tmp_path / "out", "--tokenizer", given, expect=1)
    assert "mine.json" in ran.err and len(ran.err.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_neither_or_both_of_train_and_tokenizer_is_a_bad_argument(docs: Path, tmp_path: Path, run) -> None:
    neither = run("tokenize", docs, "-o", tmp_path / "out", expect=2)
    both = run("tokenize", docs, "-o", tmp_path / "out", "--train", "bpe", "--tokenizer", "x.json", expect=2)
    assert "either --train bpe or --tokenizer FILE" in neither.err
    assert both.err == neither.err and not (tmp_path / "out").exists()
