"""show DOCS|TOKENS fertility: figures side by side, and a warning where a language is served badly."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from token_shards import modules, trained_tokenizer, write_tokens
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from llmctl.cli.main import run as door
from llmctl.errors import UserError
from llmctl.text.segment import words_of
from llmctl.views import fertility
from llmctl.views.fertility import fertility_of, named
from llmctl.views.report import report

GPT2 = Path("assets") / "tokenizers" / "gpt2" / "tokenizer.json"


def write_documents(place: Path, rows: list[dict], *, rows_a_group: int = 50) -> Path:
    place.mkdir(parents=True, exist_ok=True)
    table = pa.Table.from_pylist([{"id": str(n), "lang": None, "source": None, **row} for n, row in enumerate(rows)])
    pq.write_table(table, place / "part-00000.parquet", row_group_size=rows_a_group)
    return place


def real_rows(path: Path) -> list[dict]:
    with zstandard.open(path, "rb") as stream:
        return [json.loads(line) for line in stream.read().split(b"\n") if line]


def write_word_pieces(path: Path) -> Path:
    """A tokenizer that lower-cases and does not know most letters."""
    pieces = ["[UNK]", *(prefix + letter for letter in "abcdefghijklmnopqrstuvwxyz" for prefix in ("", "##"))]
    tokenizer = Tokenizer(models.WordPiece({piece: n for n, piece in enumerate(pieces)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer, tokenizer.normalizer = pre_tokenizers.Whitespace(), normalizers.Lowercase()
    tokenizer.save(str(path))
    return path


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Modules of the standard library as documents of two languages and two sources."""
    rows = [{"text": text, "lang": "en" if n % 3 else None, "source": "code" if n % 2 else "web"}
            for n, (_, text) in enumerate(modules(40))]  # fmt: skip
    return write_documents(tmp_path_factory.mktemp("fertility") / "docs", rows)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tokenizer") / "own.json"
    trained_tokenizer().save(str(path))
    return path


def told(capsys: pytest.CaptureFixture[str], *words: str | Path) -> dict:
    assert door(["show", *map(str, words), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_gpt2_serves_chinese_badly_and_english_well(data: Path, tmp_path: Path, capsys) -> None:
    classics = real_rows(data / "books" / "chinese_classics.jsonl.zst")
    rows = [{"text": "\n".join(map(str, row["record"]["paragraphs"])), "lang": "zh", "source": "book"}
            for row in classics if isinstance(row["record"], dict) and "paragraphs" in row["record"]]  # fmt: skip
    rows += [
        {"text": row["text"], "lang": "en", "source": "book"}
        for row in real_rows(data / "general" / "state_union.jsonl.zst")
    ]
    found = told(capsys, write_documents(tmp_path / "docs", rows), "fertility", "--tokenizer", data / GPT2)
    ratios = {row["lang"]: row["ratio"] for row in found["own"]}
    assert ratios["zh"] > 1.5 > 1.2 > ratios["en"]
    (warning,) = found["warnings"]
    assert found["verdict"] == "languages that a tokenizer serves badly: 1 of 2"
    assert warning["lang"] == "zh" and warning["message"].startswith(
        f"zh: gpt2/tokenizer.json takes {ratios['zh']:.1f} times the tokens (95 % interval "
    )
    assert "train one with llmctl tokenize --train, or give the language more weight" in warning["message"]
    share = {row["group"]: row["single_byte_share"] for row in found["groups"] if row["by"] == "lang"}
    assert share["zh"] > 0.5 and share["en"] < 0.02


def test_groups_add_up_under_each_tokenizer(code: Path, own: Path, tmp_path: Path, capsys) -> None:
    pieces = write_word_pieces(tmp_path / "pieces.json")
    found = told(capsys, code, "fertility", "--tokenizer", own, "--tokenizer", pieces)
    assert [(one["name"], one["vocabulary"]) for one in found["tokenizers"]] == [("own.json", 384), ("pieces.json", 53)]
    texts = pq.read_table(code)["text"].to_pylist()
    for tokenizer in ("own.json", "pieces.json"):
        rows = [row for row in found["groups"] if row["tokenizer"] == tokenizer]
        (whole,) = (row for row in rows if row["by"] == "all")
        assert whole["words"] == sum(len(words_of(text)) for text in texts)
        assert (whole["documents"], whole["characters"]) == (len(texts), sum(map(len, texts)))
        for by, groups in (("lang", {"en", "unknown"}), ("source", {"code", "web"})):
            parts = [row for row in rows if row["by"] == by]
            assert {row["group"] for row in parts} == groups
            for name in ("documents", "words", "characters", "bytes", "tokens", "unknown", "single_byte"):
                assert sum(row[name] for row in parts) == whole[name], (by, name)
    whole = [row for row in found["groups"] if row["by"] == "all"]
    assert whole[0]["unknown"] == 0 < whole[1]["unknown"]


def test_tokens_are_measured_as_the_documents_they_were(code: Path, own: Path, tmp_path: Path, run, capsys) -> None:
    run("tokenize", code, "-o", "tokens", "--tokenizer", own, cwd=tmp_path)
    documents = told(capsys, code, "fertility", "--tokenizer", own)
    tokens = told(capsys, tmp_path / "tokens", "fertility")
    assert documents["decoded"] is None and tokens["decoded"]["lossless"] is True
    assert tokens["tokenizers"][0]["name"] == "tokens/_tokenizer.json"
    for kind in ("groups", "own"):
        bare = [[{k: v for k, v in row.items() if k != "tokenizer"} for row in f[kind]] for f in (documents, tokens)]
        assert bare[0] == bare[1]


def test_what_decoding_lost_is_said(code: Path, tmp_path: Path, run, capsys) -> None:
    run("tokenize", code, "-o", "tokens", "--tokenizer", write_word_pieces(tmp_path / "pieces.json"), cwd=tmp_path)
    found = told(capsys, tmp_path / "tokens", "fertility")
    assert found["decoded"]["lossless"] is False and found["decoded"]["note"]
    assert door(["show", str(tmp_path / "tokens"), "fertility"]) == 0
    assert found["decoded"]["note"] in capsys.readouterr().out


def test_ids_that_another_hand_made_need_not_be_what_their_text_gives(tmp_path: Path, own: Path) -> None:
    alphabet = trained_tokenizer().get_vocab()
    place = write_tokens(tmp_path / "tokens", [[alphabet[letter] for letter in "thethe"], [alphabet["t"]]])
    decoded = fertility_of(place, [str(own)])["decoded"]
    assert (decoded["documents"], decoded["unequal"], decoded["lossless"]) == (2, 1, False)
    assert decoded["note"] == "the texts of 1 of 2 documents do not give their ids again"


def test_texts_beside_ids_are_read_as_they_are(tmp_path: Path) -> None:
    place = write_tokens(tmp_path / "tokens", [[1, 2, 3]], shards=1)
    table = pq.read_table(place / "part-00000.parquet").append_column("text", pa.array(["the town"]))
    pq.write_table(table, place / "part-00000.parquet")
    found = fertility_of(place, [])
    assert found["decoded"] is None and found["groups"][0]["characters"] == 8
    assert report([str(place)], str(tmp_path / "page.html"))["sections"] == ["Tokenizer"]


def test_some_documents_stand_for_all_and_it_is_said(code: Path, own: Path, monkeypatch) -> None:
    found = fertility_of(code, [str(own)], documents=10)
    assert (found["documents"], found["of"]) == (10, 40)
    size = sum(len(text.encode()) for text in pq.read_table(code)["text"].to_pylist())
    found = fertility_of(code, [str(own)], nbytes=size // 4)
    assert 8 <= found["documents"] <= 14 and found["bytes"] < size / 2
    monkeypatch.setattr(fertility, "MOST_GROUPS", 1)
    groups = {(row["by"], row["group"]): row["documents"] for row in fertility_of(code, [str(own)])["groups"]}
    assert len(groups) == 5 and groups["lang", "(others)"] + groups["lang", "unknown"] == 40


def test_little_text_is_not_compared(tmp_path: Path, own: Path) -> None:
    place = write_documents(tmp_path / "docs", [{"text": "Ein kurzer Text.", "lang": "de"}, {"text": "", "lang": "nl"}])
    found = fertility_of(place, [str(own)])
    assert {row["lang"]: row["why"] for row in found["own"]} == {"de": "a single document", "nl": "a single document"}
    assert found["verdict"].startswith("no language was compared") and found["warnings"] == []
    assert found["groups"][2]["tokens_per_word"] is None
    with pytest.raises(UserError, match="holds no documents; there is nothing to measure"):
        fertility_of(write_documents(tmp_path / "none", [{"text": None}]), [str(own)])


def test_a_person_reads_the_tokenizers_side_by_side(code: Path, own: Path, tmp_path: Path, capsys) -> None:
    pieces = write_word_pieces(tmp_path / ("a-name-longer-than-the-figures-under-it-" * 3 + ".json"))
    assert door(["show", str(code), "fertility", "--tokenizer", str(own), "--tokenizer", str(pieces)]) == 0
    lines = capsys.readouterr().out.splitlines()
    (names,) = (n for n, line in enumerate(lines) if line.split() == ["own.json", pieces.name])
    heads, table = lines[names + 1], lines[names + 2 : names + 7]
    assert heads.split()[0] == "documents" and heads.count("tok/word") == 2
    assert [line.split()[:2] for line in table] == [["all", "all"], ["lang", "en"], ["lang", "unknown"],
                                                     ["source", "code"], ["source", "web"]]  # fmt: skip
    ends = [heads.index("tok/word") + len("tok/word"), heads.rindex("tok/word") + len("tok/word")]
    assert all(line[end - 1].isdigit() and line[end : end + 1] == " " for line in table for end in ends)


def test_names_are_short_where_they_say_enough() -> None:
    assert list(named(["a/gpt2.json", "b/tokenizer.json", "tokens/_tokenizer.json"])) == [
        "gpt2.json", "b/tokenizer.json", "tokens/_tokenizer.json",
    ]  # fmt: skip
    assert list(named(["a/x.json", "b/x.json", "y.json"])) == ["a/x.json", "b/x.json", "y.json"]


@pytest.mark.parametrize(
    ("words", "code_", "said"),
    [
        (["fertility"], 2, "--tokenizer FILE, once or several times"),
        (["fertility", "--tokenizer", "nowhere.json"], 1, "nowhere.json does not exist"),
        (["audit", "--tokenizer", "x.json"], 2, "--tokenizer is for `show DOCS|TOKENS fertility`"),
        (["fertility", "--at", "5"], 2, "--at is for `show TOKENS tokens`"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(words: list[str], code_: int, said: str, code: Path, capsys) -> None:
    assert door(["show", str(code), *words]) == code_
    ran = capsys.readouterr()
    assert said in ran.err and ran.err.count("\n") == 1 and ran.out == ""


def test_json_lines_are_measured_as_the_same_documents_in_parquet(code: Path, own: Path, tmp_path: Path) -> None:
    rows = pq.read_table(code / "part-00000.parquet").to_pylist()
    lines = tmp_path / "docs.jsonl.zst"
    lines.write_bytes(zstandard.compress("".join(json.dumps(row) + "\n" for row in rows).encode()))
    one, other = fertility_of(lines, [str(own)]), fertility_of(code, [str(own)])
    assert one["path"] == str(lines) and {**one, "path": ""} == {**other, "path": ""}
    (tmp_path / "torn.jsonl").write_text("{\n")
    with pytest.raises(UserError, match=r"torn\.jsonl holds no documents that can be read"):
        fertility_of(tmp_path / "torn.jsonl", [str(own)])
