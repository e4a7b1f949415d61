"""Decoding: a byte-level vocabulary gives every text back, and what does not says so."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import AddedToken, Tokenizer, normalizers, pre_tokenizers
from tokens.test_training import corpus, recipe

from llmctl.tokens.decoding import bytes_of_ids, decoder_of, is_lossless
from llmctl.tokens.encoding import encode, literal
from llmctl.tokens.training import Recipe, train


def own(model: str = "bpe", split: str = "gpt2", normalizer: str = "none") -> Tokenizer:
    made = Recipe(model, 700, 2, split, normalizer, ("<|endoftext|>",), ("[R]",), 1000)
    return literal(Tokenizer.from_str(train(made, lambda: iter(corpus(0)))))


@pytest.fixture(scope="module")
def tokenizers(data: Path) -> dict[str, Tokenizer]:
    place = data / "assets" / "tokenizers" / "gpt2" / "tokenizer.json"
    return {
        "gpt2": literal(Tokenizer.from_file(str(place))),
        **{split: own(split=split) for split in ("digits", "cjk")},
    }


@pytest.mark.parametrize("name", ["gpt2", "digits", "cjk"])
@settings(max_examples=150, deadline=None)
@given(texts=st.lists(st.text(max_size=50) | st.sampled_from(["<|endoftext|>", "[R]", "\x00", "\u2028"]), max_size=5))
def test_every_text_comes_back_byte_for_byte(name: str, tokenizers: dict[str, Tokenizer], texts: list[str]) -> None:
    tokenizer = tokenizers[name]
    found = decoder_of(tokenizer)(encode(tokenizer, texts))
    assert found.to_pylist() == [text.encode() for text in texts]


def test_a_part_of_a_longer_column_decodes_as_itself(tokenizers: dict[str, Tokenizer]) -> None:
    tokenizer, texts = tokenizers["gpt2"], ["one", "", "two words", "\u4eca"]
    found = decoder_of(tokenizer)(encode(tokenizer, texts).slice(1, 2))
    assert found.to_pylist() == [b"", b"two words"]


def test_ids_of_special_and_added_tokens_decode_to_their_names() -> None:
    tokenizer = own()
    tokenizer.add_tokens([AddedToken("<mine> \u00e9")])
    vocabulary = tokenizer.get_vocab(with_added_tokens=True)
    ids = pa.array(
        [[vocabulary["<|endoftext|>"], vocabulary["[R]"], vocabulary["<mine> \u00e9"]]], pa.list_(pa.uint16())
    )
    assert decoder_of(tokenizer)(ids).to_pylist() == ["<|endoftext|>[R]<mine> \u00e9".encode()]


@pytest.mark.parametrize(("model", "split"), [("unigram", "metaspace"), ("wordpiece", "bert")])
def test_others_are_decoded_by_tokenizers(model: str, split: str) -> None:
    tokenizer = own(model, split, "bert" if model == "wordpiece" else "none")
    text = "harbour lantern ledger"
    assert bytes_of_ids(json.loads(tokenizer.to_str()), tokenizer.get_vocab()) is None
    assert decoder_of(tokenizer)(encode(tokenizer, [text, ""])).to_pylist() == [text.encode(), b""]


def test_lossless_is_byte_level_bpe_and_nothing_that_changes_text() -> None:
    def judged(**changes: object) -> bool:
        tokenizer = own()
        for name, value in changes.items():
            setattr(tokenizer, name, value)
        return is_lossless(json.loads(tokenizer.to_str()))

    assert judged() and all(is_lossless(json.loads(own(split=split).to_str())) for split in ("digits", "cjk"))
    assert not judged(normalizer=normalizers.NFC())
    assert not judged(pre_tokenizer=pre_tokenizers.ByteLevel(add_prefix_space=True))
    assert not judged(pre_tokenizer=pre_tokenizers.Whitespace())
    removes = pre_tokenizers.Sequence(
        [pre_tokenizers.Split("x", "removed"), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    assert not judged(pre_tokenizer=removes)
    assert not any(is_lossless(json.loads(train(recipe(m), lambda: iter(corpus(0))))) for m in ("wordpiece", "unigram"))
    strips = own()
    strips.add_tokens([AddedToken("<mine>", rstrip=True)])
    assert not is_lossless(json.loads(strips.to_str()))
