"""Vocabularies of other libraries give the ids that those libraries give."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
import sentencepiece as spm
import tiktoken
from hypothesis import example, given, settings
from hypothesis import strategies as st
from real_text import declarations
from tiktoken.load import data_gym_to_mergeable_bpe_ranks
from tiktoken_ext.openai_public import r50k_pat_str
from tokenizers import Tokenizer
from transformers import BertTokenizerFast

from llmctl.errors import UserError
from llmctl.tokens import sentencepiece
from llmctl.tokens.encoding import encode, literal
from llmctl.tokens.foreign import from_merges, from_ranks, from_wordpieces, letters_of_bytes

TEXTS = [
    "", " ", "The sea's 12345 boats, don't WE'LL\n\n\n  x", "\u4eca\u5929\u5929\u6c14\u5f88\u597d 123", "a\r\n\r\n\tb   ",
    "e\u0301\u00e9", "\U0001f600\u200d\U0001f468 they'\u017f /path//x\n", "<|endoftext|> <s>",
    "Stra\u00dfe \u01c5 NAI\u0308VE iPhone",
]  # fmt: skip
# tiktoken 0.14, openai_public.py: what our spelling for Oniguruma is compared with
CL100K = (
    r"""'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+"""
    r"""| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s"""
)
O200K = "|".join((
    r"""[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?""",
    r"""[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?""",
    r"""\p{N}{1,3}""", r""" ?[^\s\p{L}\p{N}]+[\r\n/]*""", r"""\s*[\r\n]+""", r"""\s+(?!\S)""", r"""\s+""",
))  # fmt: skip
PATTERNS = {"gpt2": r50k_pat_str, "cl100k": CL100K, "o200k": O200K}


@pytest.fixture(scope="module")
def gpt2(data: Path) -> Path:
    return data / "assets" / "tokenizers" / "gpt2"


@pytest.fixture(scope="module")
def pairs(gpt2: Path) -> dict[str, tuple[tiktoken.Encoding, Tokenizer]]:
    """tiktoken's encoding of GPT-2's ranks with each pattern, and ours of the same."""
    ranks = data_gym_to_mergeable_bpe_ranks(str(gpt2 / "vocab.bpe"), str(gpt2 / "encoder.json"))
    return {
        name: (tiktoken.Encoding(name, pat_str=pattern, mergeable_ranks=ranks, special_tokens={}),
               literal(from_ranks(ranks, "mine", name)))
        for name, pattern in PATTERNS.items()
    }  # fmt: skip


@pytest.mark.parametrize("name", PATTERNS)
def test_ranks_give_the_ids_of_tiktoken_on_real_text(name: str, pairs: dict, data: Path) -> None:
    theirs, ours = pairs[name]
    texts = [*TEXTS, *declarations(data).values(), (data / "general" / "wikitext2.valid.txt").read_text()[:300_000]]
    assert encode(ours, texts).to_pylist() == [theirs.encode_ordinary(text) for text in texts]


@pytest.mark.parametrize("name", PATTERNS)
@settings(max_examples=150, deadline=None)
@given(
    text=st.text(max_size=40)
    | st.lists(st.sampled_from([*"aA1 \n\r\t'/s\u4eca\u0301\u017f\u01c5", "'ll", "12"])).map("".join)
)
@example(text="a \n \n b  ")
def test_ranks_give_the_ids_of_tiktoken_on_any_text(name: str, pairs: dict, text: str) -> None:
    theirs, ours = pairs[name]
    assert encode(ours, [text])[0].as_py() == theirs.encode_ordinary(text)


def test_a_known_name_says_how_text_is_split_and_which_tokens_are_special(gpt2: Path) -> None:
    ranks = data_gym_to_mergeable_bpe_ranks(str(gpt2 / "vocab.bpe"), str(gpt2 / "encoder.json"))
    known = from_ranks(ranks, "r50k_base", "")
    theirs = Tokenizer.from_file(str(gpt2 / "tokenizer.json"))
    assert known.get_vocab(with_added_tokens=True) == theirs.get_vocab(with_added_tokens=True)
    assert encode(literal(known), TEXTS).to_pylist() == encode(literal(theirs), TEXTS).to_pylist()
    with pytest.raises(UserError, match=r"does not say how text is split.*set pretokenizer"):
        from_ranks(ranks, "mine", "")


def test_vocabulary_and_merges_give_the_ids_of_the_whole_file(gpt2: Path) -> None:
    vocabulary = json.loads((gpt2 / "encoder.json").read_text())
    made = from_merges(vocabulary, (gpt2 / "vocab.bpe").read_text(encoding="utf-8").split("\n"))
    theirs = Tokenizer.from_file(str(gpt2 / "tokenizer.json"))
    assert encode(literal(made), TEXTS).to_pylist() == encode(literal(theirs), TEXTS).to_pylist()
    with pytest.raises(UserError, match="two pieces a line"):
        from_merges(vocabulary, ["a b c"])
    with pytest.raises(UserError, match="do not fit together"):
        from_merges({"a": 0, "b": 1}, ["a b"])


def test_the_letters_of_bytes_are_those_of_gpt2(gpt2: Path) -> None:
    vocabulary = json.loads((gpt2 / "encoder.json").read_text())
    assert sorted(letters_of_bytes().values()) == sorted(token for token in vocabulary if len(token) == 1)


def test_bert_gives_the_ids_of_transformers(data: Path) -> None:
    path = data / "assets" / "tokenizers" / "bert" / "bert-base-uncased.vocab.txt"
    ours = literal(from_wordpieces(path.read_text(encoding="utf-8").rstrip("\n").split("\n"), ""))
    theirs = BertTokenizerFast(vocab=str(path), do_lower_case=True)
    texts = [*(t for t in TEXTS if "<" not in t), *declarations(data).values()]
    assert encode(ours, texts).to_pylist() == theirs(texts, add_special_tokens=False).input_ids
    cased = literal(from_wordpieces(["[UNK]", "Sea", "sea"], ""))
    assert encode(cased, ["Sea sea SEA"]).to_pylist() == [[1, 2, 0]]
    assert encode(literal(from_wordpieces(["[UNK]", "Sea", "sea"], "bert")), ["Sea"]).to_pylist() == [[2]]
    with pytest.raises(UserError, match="no vocabulary of BERT"):
        from_wordpieces(["a", "b"], "")


def model(data: Path, **more: object) -> bytes:
    """A SentencePiece model of real text in many languages."""
    out = io.BytesIO()
    lines = [line for code in ("eng", "deu_1996", "cmn_hans", "tha", "arb", "rus") if code in declarations(data)
             for line in declarations(data)[code].split("\n")]  # fmt: skip
    spm.SentencePieceTrainer.train(sentence_iterator=iter(lines), model_writer=out, vocab_size=1200,
                                   hard_vocab_limit=False, minloglevel=3, **more)  # fmt: skip
    return out.getvalue()


@pytest.mark.parametrize(
    "more",
    [
        {"model_type": "unigram"},
        {"model_type": "unigram", "byte_fallback": True, "normalization_rule_name": "identity"},
        {"model_type": "bpe", "byte_fallback": True},
        {"model_type": "bpe", "add_dummy_prefix": False, "remove_extra_whitespaces": False, "byte_fallback": True,
         "normalization_rule_name": "identity", "user_defined_symbols": ["<mine>"]},
    ],
)  # fmt: skip
def test_sentencepiece_models_give_the_ids_of_sentencepiece(more: dict, data: Path) -> None:
    written = model(data, **more)
    theirs = spm.SentencePieceProcessor(model_proto=written)
    ours = literal(sentencepiece.tokenizer_of(sentencepiece.read(written)))
    texts = [t for t in TEXTS if "<s>" not in t or more.get("byte_fallback")] + [
        "a <mine> b",
        "  two  spaces  ",
        "\uff21\uff22 \ufb01",
        "\n  x  \n",
    ]
    texts += ["</s> <unk> <s></s>"] if more.get("byte_fallback") else []  # without, neighbours unknown are one there
    texts += [line for text in list(declarations(data).values())[::20] for line in text.split("\n")]
    wrong = [t for t, ids in zip(texts, encode(ours, texts).to_pylist(), strict=True) if ids != theirs.encode(t)]
    assert wrong == []


@pytest.mark.parametrize("content", [b"", b"no model", b"\x0a\xff\xff\xff", b"\x00" * 40, bytes(range(256))])
def test_what_is_no_sentencepiece_model_is_one_sentence(content: bytes) -> None:
    with pytest.raises(UserError, match="no SentencePiece model"):
        sentencepiece.read(content)


def test_a_model_of_words_or_one_cut_short_is_refused(data: Path) -> None:
    with pytest.raises(UserError, match="words or letters alone"):
        sentencepiece.read(model(data, model_type="word"))
    with pytest.raises(UserError, match="no SentencePiece model"):
        sentencepiece.read(model(data)[:-3])


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        found = sentencepiece.read(data)
    except UserError:
        return
    assert found.pieces and all(isinstance(piece.piece, str) for piece in found.pieces)
