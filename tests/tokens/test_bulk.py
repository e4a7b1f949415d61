"""The bulk encoder gives the ids of `tokenizers`, or is not used."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from real_text import declarations
from tokenizers import Tokenizer
from tokens.test_training import corpus

from llmctl.tokens.bulk import PROBES, SAMPLE, bulk_encoder, excerpt, first_difference
from llmctl.tokens.encoding import Encode, encode, encoder_of, literal
from llmctl.tokens.training import Recipe, train

Pair = tuple[Encode, Tokenizer]
PIECES = [
    "<|endoftext|>", "<|", "|>", " ", "  ", "\n", "\r\n", "\t", "a", "'ll", "'S", "12", "\u0661", "\u0301", "\u0300\u0327",
    "\u200d", "\U0001f468", "\U0001f1e9\U0001f1ea", "\u4eca\u5929", "\u3042\u30a2", "\u0e2a\u0e27", "\ud55c",
    "\u0627\u0644", "\u0939\u093f",
    "\ufeff", "\u2028", "\x85", "\x0c", "\x00", "\x7f", "\ufffd", "\ud7ff", "\ue000", "\U0010ffff", "\u00a0", "\u3000", "_", "//",
    "                        ", "|||IP_ADDRESS|||",
]  # fmt: skip


def pair(definition: str) -> Pair:
    exact = literal(Tokenizer.from_str(definition))
    fast, name = bulk_encoder(definition, exact)
    assert fast is not None, name
    return fast, exact


@pytest.fixture(scope="module")
def pairs(data: Path) -> dict[str, Pair]:
    folder = data / "assets" / "tokenizers"
    given = {"gpt2": folder / "gpt2" / "tokenizer.json", "gpt-neo": folder / "gpt-neo" / "gpt-neo-test-tokenizer.json"}
    found = {name: pair(path.read_text(encoding="utf-8")) for name, path in given.items()}
    for split in ("gpt2", "digits", "cjk"):
        own = Recipe("bpe", 700, 2, split, "none", ("<|endoftext|>",), ("[R]",), 1000)
        found[f"own-{split}"] = pair(train(own, lambda: iter(corpus(0))))
    return found


NAMES = ("gpt2", "gpt-neo", "own-gpt2", "own-digits", "own-cjk")


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=200, deadline=None)
@given(texts=st.lists(st.text(max_size=60) | st.lists(st.sampled_from(PIECES), max_size=12).map("".join), max_size=6))
@example(texts=[])
@example(texts=[*PROBES])
@example(texts=["", "", "a"])
def test_any_texts_have_the_same_ids(name: str, pairs: dict[str, Pair], texts: list[str]) -> None:
    fast, exact = pairs[name]
    found, right = fast(texts), encode(exact, texts)
    assert found.type == right.type and found.equals(right)


@pytest.mark.parametrize("name", NAMES)
def test_real_texts_of_all_languages_have_the_same_ids(name: str, pairs: dict[str, Pair], data: Path) -> None:
    fast, exact = pairs[name]
    assert fast([*declarations(data).values()]).equals(encode(exact, [*declarations(data).values()]))


@pytest.mark.parametrize("model", ["wordpiece", "unigram"])
def test_what_it_does_not_know_it_is_not_used_for(model: str) -> None:
    split, normalizer = ("bert", "bert") if model == "wordpiece" else ("metaspace", "none")
    definition = train(Recipe(model, 700, 2, split, normalizer, ("<|endoftext|>",), (), 1000), lambda: iter(corpus(0)))
    fast, why = bulk_encoder(definition, literal(Tokenizer.from_str(definition)))
    assert fast is None and why.startswith("gigatoken does not know this tokenizer") and "\n" not in why


def test_added_tokens_that_take_spaces_with_them_are_not_for_it(data: Path) -> None:
    definition = json.loads((data / "assets" / "tokenizers" / "gpt2" / "tokenizer.json").read_text(encoding="utf-8"))
    flags = {"single_word": False, "lstrip": True, "rstrip": False, "normalized": False, "special": False}
    definition["added_tokens"].append({"id": 50257, "content": "<mine>", **flags})
    told = json.dumps(definition)
    fast, why = bulk_encoder(told, literal(Tokenizer.from_str(told)))
    assert fast is None and "take spaces with them" in why


def test_a_tokenizer_of_other_ids_is_found_out_by_the_probes(data: Path) -> None:
    """Told of one tokenizer and compared with another, it must differ on a probe."""
    definition = (data / "assets" / "tokenizers" / "gpt2" / "tokenizer.json").read_text(encoding="utf-8")
    other = train(Recipe("bpe", 700, 2, "digits", "none", ("<|endoftext|>",), (), 1000), lambda: iter(corpus(0)))
    fast, why = bulk_encoder(definition, literal(Tokenizer.from_str(other)))
    assert fast is None and why.startswith("gigatoken encodes ")


def test_a_difference_names_its_text(pairs: dict[str, Pair]) -> None:
    fast, exact = pairs["gpt2"]

    def wrong(texts: list[str]) -> pa.Array:
        return fast([text.replace("zebra", "horse") for text in texts])

    assert first_difference(wrong, encoder_of(exact), ["a", "b"]) is None
    assert first_difference(wrong, encoder_of(exact), ["a", "a zebra", "zebra"]) == 1


def test_a_piece_of_a_long_text_is_compared() -> None:
    text = "".join(map(chr, range(0x4E00, 0x4E00 + SAMPLE + 1000)))
    assert excerpt("short", 77) == "short"
    found = {excerpt(text, at) for at in (0, 500, 1000, 1001, 2**63)}
    assert all(len(piece) == SAMPLE and piece in text for piece in found) and len(found) >= 3
