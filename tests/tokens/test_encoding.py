"""Encoding: nothing is lost, nothing is special, ids are as narrow as they can be."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import GPT2TokenizerFast

from llmctl.tokens.encoding import encode, literal, width
from llmctl.tokens.training import Recipe, train

END = "<|endoftext|>"
TEXTS = [
    "the sea and the town, the boats and the tide",
    "今天天气很好，今天去海边",
    "def f(x):\n    return x + 1\n",
] * 20


def trained(vocab_size: int = 400) -> str:
    return train(Recipe("bpe", vocab_size, 2, "gpt2", "none", (END,), (), 1000), lambda: iter(TEXTS))


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return literal(Tokenizer.from_str(trained()))


@settings(max_examples=300, deadline=None)
@given(
    st.text(max_size=60) | st.lists(st.sampled_from([END, "<|", "|>", " ", "\n", "a", "\ufeff", "\u2028"])).map("".join)
)
@example(END)
@example(f"before {END}{END} after")
@example("\r\n\t \x00\x85 e\u0301 \u00e9 \U0001f468\u200d\U0001f469")
def test_decoding_gives_back_any_text(tokenizer: Tokenizer, text: str) -> None:
    ids = encode(tokenizer, [text])[0].as_py()
    assert tokenizer.decode(ids, skip_special_tokens=False) == text
    assert tokenizer.token_to_id(END) not in ids


def test_a_lone_document_has_no_special_tokens_and_an_empty_one_no_ids(tokenizer: Tokenizer) -> None:
    assert encode(tokenizer, ["", "a", ""]).to_pylist()[::2] == [[], []]
    assert encode(tokenizer, []).to_pylist() == []


def test_the_end_token_is_the_first_and_all_bytes_follow() -> None:
    vocabulary = json.loads(trained())["model"]["vocab"]
    assert vocabulary[END] == 0 and len(vocabulary) <= 400
    assert set(pre_tokenizers.ByteLevel.alphabet()) <= set(vocabulary)


def test_gpt2_ids_are_those_of_transformers_on_real_text(data: Path) -> None:
    folder = data / "assets" / "tokenizers" / "gpt2"
    ours = literal(Tokenizer.from_file(str(folder / "tokenizer.json")))
    theirs = GPT2TokenizerFast(tokenizer_file=str(folder / "tokenizer.json"))
    text = (data / "general" / "wikitext2.valid.txt").read_text(encoding="utf-8")[:200_000]
    texts = [line for line in text.split("\n") if line]
    texts += ["今天天气很好", "e\u0301\u00e9 \U0001f600\u200d", "  two  spaces\t\n\n", "it's we'll I'd"]
    assert encode(ours, texts).to_pylist() == theirs(texts).input_ids


@pytest.mark.parametrize(("size", "kind"), [(65_536, pa.uint16()), (65_537, pa.uint32())])
def test_ids_are_as_narrow_as_the_vocabulary_allows(size: int, kind: pa.DataType) -> None:
    vocabulary = {f"w{i}": i for i in range(size)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="w0"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    assert width(tokenizer) == kind
    ids = encode(tokenizer, [f"w{size - 1} w1"])
    assert ids.type.value_type == kind and ids.to_pylist() == [[size - 1, 1]]


def test_truncation_padding_and_templates_of_a_file_are_ignored() -> None:
    vocabulary = {"[PAD]": 0, "[CLS]": 1, "[SEP]": 2, "[UNK]": 3, "sea": 4, "town": 5}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 2), ("[CLS]", 1))
    tokenizer.enable_truncation(3)
    tokenizer.enable_padding(length=8)
    assert encode(literal(tokenizer), ["sea town sea town", "sea"]).to_pylist() == [[4, 5, 4, 5], [4]]
