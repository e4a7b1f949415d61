"""tokenize as a user runs it: trained or given, the same bytes every time."""

from __future__ import annotations

import base64
import json
import random
import struct
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tokenizers import Tokenizer

from llmctl.tokens.training import Recipe, train

FIRST, SECOND, THIRD = ("har", "lan", "led", "or", "ket"), ("b", "t", "g", "ch", "tl"), ("our", "ern", "er", "ard")
VOCABULARY = [a + b + c for a in FIRST for b in SECOND for c in THIRD]
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
    assert "either --train bpe|wordpiece|unigram or --tokenizer FILE" in neither.err
    assert both.err == neither.err and not (tmp_path / "out").exists()


@pytest.mark.parametrize("model", ["bpe", "wordpiece", "unigram"])
def test_workers_and_the_order_and_names_of_files_change_no_tokenizer(model: str, tmp_path: Path, run) -> None:
    chance = random.Random(3)
    rows = [{"id": f"d{n}", "text": " ".join(chance.choices(VOCABULARY, k=200))} for n in range(300)]
    words = ("--train", model, "--vocab-size", "500", "--set", "shard_bytes=8000", "--json")
    told = []
    for place, order, workers in (("a", (0, 1, 2), "1"), ("b", (2, 0, 1), "2")):
        (tmp_path / place).mkdir()
        for name, third in zip("xyz", order, strict=True):
            lines = [json.dumps(row) + "\n" for row in rows[100 * third : 100 * third + 100]]
            (tmp_path / place / f"{name}.jsonl").write_text("".join(lines))
        files = sorted((tmp_path / place).iterdir())
        done = run("tokenize", *files, "-o", tmp_path / f"out-{place}", "-j", workers, *words).json
        ids = dict(
            zip(*pq.read_table(tmp_path / f"out-{place}").select(["id", "ids"]).to_pydict().values(), strict=True)
        )
        told.append(((tmp_path / f"out-{place}" / "_tokenizer.json").read_bytes(), ids, done["trained_on"]))
        assert len(list((tmp_path / f"out-{place}").glob("part-*.parquet"))) >= 30
    assert told[0] == told[1] and told[0][2]["documents"] == 300


def test_languages_and_sources_are_balanced_in_what_a_tokenizer_is_trained_on(tmp_path: Path, run) -> None:
    many, few = ["harbour lantern ledger", "\u6e2f\u53e3\u706f\u5854"]
    rows = [{"id": f"e{n}", "text": many * 8, "lang": "en", "source": "web"} for n in range(900)]
    rows += [{"id": f"z{n}", "text": few * 14, "lang": "zh", "source": "book"} for n in range(100)]
    docs = tmp_path / "docs.jsonl"
    docs.write_text("".join(json.dumps(row) + "\n" for row in rows))
    size = {name: sum(len(row["text"].encode()) for row in rows if row["lang"] == name) for name in ("en", "zh")}
    words = ("--train", "bpe", "--vocab-size", "300", "--json")

    def trained(name: str, *more: str) -> int:
        return run("tokenize", docs, "-o", tmp_path / name, *words, *more).json["trained_on"]["bytes"]

    assert trained("whole") == size["en"] + size["zh"]
    half = trained("half", "--set", "languages.zh=1", "--set", "languages.all=1")
    assert half == pytest.approx(2 * size["zh"], rel=0.1)
    assert trained("books", "--set", "sources.book=1") == size["zh"]
    assert trained("less", "--set", "train_bytes=20kB") == pytest.approx(20_000, rel=0.3)
    refused = run("tokenize", docs, "-o", tmp_path / "none", *words, "--set", "languages.fr=1", expect=1)
    assert "no document has a source and language" in refused.err and len(refused.err.strip().splitlines()) == 1


def test_counts_by_language_and_source_add_up(docs: Path, tmp_path: Path, run) -> None:
    rows = [json.loads(line) for line in docs.read_text(encoding="utf-8").splitlines()]
    for n, row in enumerate(rows):
        row |= {"lang": ("en", "zh/x", None)[n % 3], "source": ("web", None)[n % 2]}
    path = tmp_path / "more.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    counts = run("tokenize", path, "-o", tmp_path / "out", "--train", "bpe", "--vocab-size", "300", "--json").json[
        "counts"
    ]
    table = pq.read_table(tmp_path / "out")
    assert table["tokens"].to_pylist() == [len(ids) for ids in table["ids"].to_pylist()]
    assert set(counts["by_lang"]) == {"en", "zh_x", "und"} and set(counts["by_source"]) == {"web", "other"}
    for groups in (counts["by_lang"], counts["by_source"]):
        assert sum(g["tokens"] for g in groups.values()) == counts["tokens"]
        assert sum(g["bytes"] for g in groups.values()) == counts["text_bytes"]
        assert sum(g["documents"] for g in groups.values()) == len(rows)
        assert sum(g["characters"] for g in groups.values()) == sum(len(text) for text in TEXTS)


def test_the_bulk_encoder_is_used_compared_and_gives_the_same_bytes(docs: Path, tmp_path: Path, run) -> None:
    words = ("--train", "bpe", "--vocab-size", "300", "--json")
    fast = run("tokenize", docs, "-o", tmp_path / "fast", *words).json
    exact = run("tokenize", docs, "-o", tmp_path / "exact", *words, "--set", "bulk=false").json
    assert fast["where"]["encoder"].startswith("gigatoken ") and fast["where"]["compared"] >= 1
    assert exact["where"]["encoder"] == "tokenizers" and "compared" not in exact["where"]
    assert hashes(fast) == hashes(exact) and fast["key"] == exact["key"] and fast["counts"] == exact["counts"]


BROKEN = """
import importlib.util, sys
place = [p for p in sys.path if 'site-packages' in p][0]
spec = importlib.util.spec_from_file_location('gigatoken', place + '/gigatoken/__init__.py',
                                              submodule_search_locations=[place + '/gigatoken'])
sys.modules['gigatoken'] = real = importlib.util.module_from_spec(spec)
spec.loader.exec_module(real)
true_json = real.Tokenizer.from_json
def from_json(data):
    made = true_json(data)
    true_batch = made.encode_batch
    made.encode_batch = lambda texts, **more: true_batch([t.replace('zebra', 'horse') for t in texts], **more)
    return made
real.Tokenizer.from_json = from_json
"""


def test_one_wrong_id_in_a_sample_and_all_is_encoded_again_by_tokenizers(tmp_path: Path, run) -> None:
    """A gigatoken that misreads one word, which no probe has: the batch that has it is in the middle of the run."""
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "gigatoken.py").write_text(BROKEN)
    rows = [{"id": f"d{n}", "text": f"text {n} " + ("zebra " if n >= 150 else "horse ") * 300} for n in range(300)]
    docs = tmp_path / "docs.jsonl"
    docs.write_text("".join(json.dumps(row) + "\n" for row in rows))
    words = ("--train", "bpe", "--vocab-size", "300", "--set", "shard_bytes=20000", "--json", "-j", "1")
    right = run("tokenize", docs, "-o", tmp_path / "right", *words, "--set", "bulk=false").json
    ran = run("tokenize", docs, "-o", tmp_path / "out", *words, PYTHONPATH=str(tmp_path / "broken"))
    assert hashes(ran.json) == hashes(right)
    assert ran.json["where"]["encoder"] == "tokenizers" and "in another way" in ran.json["where"]["distrusted"]
    assert "warning" in ran.err and "all was encoded by tokenizers" in ran.err
    unnoticed = [row["id"] for row in rows if "zebra" not in row["text"]]
    assert len(unnoticed) == 150  # the first half was encoded, and marked as finished, before the difference was met


def test_verify_decodes_every_document(docs: Path, tmp_path: Path, run, data: Path) -> None:
    words = ("--train", "bpe", "--vocab-size", "300")
    whole = run("tokenize", docs, "-o", tmp_path / "out", *words, "--verify", "--json")
    assert whole.json["where"]["verified"] == len(TEXTS) and whole.json["where"]["changed"] == 0 and not whole.err
    bert = data / "assets" / "tokenizers" / "bert" / "bert-base-uncased.vocab.txt"
    lossy = run("tokenize", docs, "-o", tmp_path / "bert", "--tokenizer", bert, "--verify", "--json")
    assert lossy.json["where"]["changed"] > 0 and "do not come back byte for byte" in lossy.err
    run("tokenize", docs, "-o", tmp_path / "plain", *words)
    again = run("tokenize", docs, "-o", tmp_path / "plain", *words, "--verify")
    assert again.out.startswith("already done") and "without --verify" in again.err


def test_what_verify_finds_wrong_ends_the_run(docs: Path, tmp_path: Path, run) -> None:
    """A gigatoken wrong on a document that no sample meets: only decoding everything finds it."""
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "gigatoken.py").write_text(BROKEN)
    rows = [{"id": f"d{n}", "text": "a horse"} for n in range(500)] + [{"id": "lone", "text": "a zebra"}]
    path = tmp_path / "more.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    words = ("tokenize", path, "-o", tmp_path / "out", "--train", "bpe", "--vocab-size", "300", "-j", "1")
    ran = run(*words, "--verify", PYTHONPATH=str(tmp_path / "broken"), expect=1)
    assert "document lone does not come back byte for byte" in ran.err and not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--train", "bpe", "--pretokenizer", "bert"), 2, "no 'bert' for --train bpe; known: gpt2, digits, cjk"),
        (("--train", "unigram", "--pretokenizer", "cjk"), 2, "known: metaspace, digits"),
        (("--train", "bpe", "--vocab-size", "300", "--set", "sentinels=100"), 2, "leaves no room beside 100"),
        (("--train", "bpe", "--set", "languages.en=-1"), 2, "languages: shares are numbers from 0"),
        (("--train", "bpe", "--set", "normalizer=upper"), 2, "normalizer"),
        (("--train", "bpe", "--vocab-size", "257", "--set", "special_tokens=<a>,<b>"), 1, "raise --vocab-size"),
        (("--train", "bpe", "--vocab-size", "99999999999999999999"), 2, "at most"),
        (("--train", "bpe", "--set", "end_token="), 2, "need names"),
        (("--train", "bpe", "--set", "special_tokens=[R]", "--set", "mode_tokens=true"), 2, "each another"),
        (("--train", "bpe", "--vocab-size", "300", "--set", "special_tokens=the"), 1, "is also a piece of text"),
        (("--train", "wordpiece", "--vocab-size", "300", "--set", "special_tokens=##a"), 1, "is also a piece of text"),
        (("--train", "unigram", "--vocab-size", "400", "--set", "special_tokens=<0x41>"), 1, "is also a piece of text"),
        (("--tokenizer", "mine.json", "--vocab-size", "300"), 2, "vocab-size is for --train"),
        (("--tokenizer", "mine.json", "--set", "languages.zh=1"), 2, "languages is for --train"),
        (("--tokenizer", "pair/vocab.json", "--pretokenizer", "digits"), 2, "leave out pretokenizer"),
        (("--tokenizer", "pair/vocab.json"), 1, "its ids are not whole numbers"),
        (("--tokenizer", "lost.json"), 1, "cannot encode every text"),
        (("--tokenizer", "deep.json"), 1, "deep.json is not a tokenizer.json"),
        (("--tokenizer", "mine.json", "--pretokenizer", "gpt2"), 2, "says by itself how text is split"),
        (("--tokenizer", "mine.tiktoken"), 1, "does not say how text is split"),
        (("--tokenizer", "torn.tiktoken"), 1, "torn.tiktoken: the line"),
        (("--tokenizer", "empty.model"), 1, "no SentencePiece model"),
        (("--tokenizer", "gone.model"), 1, "gone.model does not exist"),
        (("--tokenizer", "vocab.json"), 1, "without its merges"),
        (("--tokenizer", "latin.txt"), 1, "cannot read"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    words: tuple[str, ...], code: int, said: str, docs: Path, tmp_path: Path, run
) -> None:
    (tmp_path / "mine.json").write_text(json.dumps(word_level({"the": 0, "[UNK]": 1})))
    ranks = b"".join(base64.b64encode(bytes([b])) + b" %d\n" % b for b in range(256))
    (tmp_path / "mine.tiktoken").write_bytes(ranks)
    (tmp_path / "torn.tiktoken").write_bytes(ranks + b"####")
    (tmp_path / "empty.model").write_bytes(b"")
    (tmp_path / "vocab.json").write_text('{"a": 0, "b": 1}')
    (tmp_path / "pair").mkdir()
    (tmp_path / "pair" / "vocab.json").write_text('{"a": -1, "b": 5}')
    (tmp_path / "pair" / "merges.txt").write_text("")
    (tmp_path / "lost.json").write_text(json.dumps(word_level({"the": 0})))
    (tmp_path / "deep.json").write_text("[" * 200_000)
    (tmp_path / "latin.txt").write_bytes(b"[UNK]\ncaf\xe9\n")
    ran = run("tokenize", docs, "-o", "out", *words, cwd=tmp_path, expect=code)
    assert said in ran.err and len(ran.err.strip().splitlines()) == 1 and not (tmp_path / "out").exists()


def test_files_of_other_libraries_are_used_and_their_content_is_in_the_key(
    docs: Path, tmp_path: Path, run, data: Path
) -> None:
    gpt2 = data / "assets" / "tokenizers" / "gpt2"
    for name in ("vocab.bpe", "encoder.json"):
        (tmp_path / name).write_bytes((gpt2 / name).read_bytes())
    whole = run("tokenize", docs, "-o", "a", "--tokenizer", gpt2 / "tokenizer.json", "--json", cwd=tmp_path).json
    apart = run("tokenize", docs, "-o", "b", "--tokenizer", "encoder.json", "--json", cwd=tmp_path).json
    assert pq.read_table(tmp_path / "a")["ids"] == pq.read_table(tmp_path / "b")["ids"]
    merges = (tmp_path / "vocab.bpe").read_text(encoding="utf-8").split("\n")
    (tmp_path / "vocab.bpe").write_text("\n".join(merges[:-2]) + "\n", encoding="utf-8")  # one merge less
    run("tokenize", docs, "-o", "b", "--tokenizer", "encoder.json", cwd=tmp_path, expect=3)
    assert whole["counts"]["tokens"] == apart["counts"]["tokens"] and whole["key"] != apart["key"]


def test_sentinels_and_modes_of_a_trained_vocabulary_are_those_of_the_objectives(
    docs: Path, tmp_path: Path, run
) -> None:
    words = ("--train", "bpe", "--vocab-size", "420", "--set", "sentinels=100", "--set", "mode_tokens=true", "--json")
    size = run("tokenize", docs, "-o", tmp_path / "out", *words).json["counts"]["vocab"]
    asked = ("objective", "--set", "objective.name=ul2", "--set", "data.sequence=48", "--json")
    shown = run("show", tmp_path / "out", *asked).json
    assert shown["sentinels"] == list(range(size - 100, size))
    assert shown["mode_tokens"] == {mode: size - 103 + n for n, mode in enumerate("RSX")}


def test_the_export_for_other_trainers_has_the_same_ids_and_is_in_the_manifest(docs: Path, tmp_path: Path, run) -> None:
    """Read as Megatron-LM's layout says (megatron/core/datasets/indexed_dataset.py, _IndexReader)."""
    words = ("--train", "bpe", "--vocab-size", "300", "--export", "megatron", "--json", "--set", "shard_bytes=500")
    one = run("tokenize", docs, "-o", tmp_path / "one", *words, "-j", "1").json
    two = run("tokenize", docs, "-o", tmp_path / "two", *words, "-j", "2").json
    assert hashes(one) == hashes(two) and {"_megatron/tokens.bin", "_megatron/tokens.idx"} <= hashes(one).keys()
    index = (tmp_path / "one" / "_megatron" / "tokens.idx").read_bytes()
    assert index[:9] == b"MMIDIDX\0\0"
    version, code, count, documents = struct.unpack_from("<QBQQ", index, 9)
    assert (version, code, count, documents) == (1, 8, len(TEXTS), len(TEXTS) + 1)
    lengths = np.frombuffer(index, "<i4", count, 34)
    pointers = np.frombuffer(index, "<i8", count, 34 + 4 * count)
    ids = np.fromfile(tmp_path / "one" / "_megatron" / "tokens.bin", "<u2")
    found = [ids[p // 2 : p // 2 + n].tolist() for p, n in zip(pointers.tolist(), lengths.tolist(), strict=True)]
    assert found == pq.read_table(tmp_path / "one")["ids"].to_pylist()
    plain = run("tokenize", docs, "-o", tmp_path / "one", *words[:4], expect=3)
    assert "different run" in plain.err


def test_ids_with_gaps_are_as_wide_as_the_largest(tmp_path: Path, run) -> None:
    definition = json.loads(
        train(Recipe("bpe", 257, 2, "gpt2", "none", ("<|endoftext|>",), (), 1), lambda: iter(["x"]))
    )
    definition["model"]["vocab"]["e"] = 69_999
    (tmp_path / "sparse.json").write_text(json.dumps(definition))
    (tmp_path / "docs.jsonl").write_text('{"text": "e"}\n')
    run("tokenize", "docs.jsonl", "-o", "out", "--tokenizer", "sparse.json", "--verify", cwd=tmp_path)
    table = pq.read_table(tmp_path / "out")
    assert table["ids"].to_pylist() == [[69_999]] and table.schema.field("ids").type == pa.list_(pa.uint32())


def test_a_tokenizer_that_takes_names_in_a_text_for_special_tokens_is_told(tmp_path: Path, run) -> None:
    """Unigram of `tokenizers` does; one trained here does not."""
    model = {
        "type": "Unigram",
        "unk_id": 0,
        "vocab": [["<unk>", 0.0], ["</s>", 0.0], ["a", -1.0]],
        "byte_fallback": False,
    }
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    added = [{"id": id, "content": name, **flags} for id, name in enumerate(("<unk>", "</s>"))]
    nothing = dict.fromkeys(("truncation", "padding", "normalizer", "pre_tokenizer", "post_processor", "decoder"))
    (tmp_path / "t5.json").write_text(json.dumps({"version": "1.0", **nothing, "added_tokens": added, "model": model}))
    (tmp_path / "docs.jsonl").write_text('{"text": "a</s>a"}\n{"text": "aa"}\n')
    told = run("tokenize", "docs.jsonl", "-o", "out", "--tokenizer", "t5.json", "--json", cwd=tmp_path)
    assert told.json["where"]["special"] == 1 and "1 ids of special tokens stand in documents" in told.err
    words = ("--train", "unigram", "--vocab-size", "300", "--set", "end_token=</s>", "--json")
    own = run("tokenize", "docs.jsonl", "-o", "own", *words, cwd=tmp_path)
    assert "special" not in own.json["where"] and not own.err


def test_what_is_trained_into_a_stream_is_lost_and_said_to_be(docs: Path, run) -> None:
    ran = run("tokenize", docs, "-o", "-", "--train", "bpe", "--vocab-size", "300")
    assert len(ran.out.splitlines()) == len(TEXTS) and "kept only with -o TOKENS" in ran.err
