"""Training: the texts decide the result, not their order, threads or the process; what is asked for is in the vocabulary."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from tokenizers.decoders import ByteLevel

from llmctl.errors import UserError
from llmctl.settings.tokenize import SPLITS
from llmctl.tokens.encoding import literal
from llmctl.tokens.splits import NORMALIZERS, PRETOKENIZERS
from llmctl.tokens.training import Recipe, most_frequent, train

WORDS = """
    harbour lantern ledger orchard kettle ladder violin canal tailor beacon meadow anchor cellar compass lighthouse
    \u6e2f\u53e3 \u706f\u5854 \u679c\u56ed \u6cb3\u6d41 \u88c1\u7f1d \u8349\u5730
    caf\u00e9 na\u00efve stra\u00dfe 1984 2,048 e-mail it's
""".split()  # noqa: SIM905
LAST = ("[R]", "[S]", "[X]", "<extra_id_0>", "<extra_id_1>")


def corpus(seed: int) -> list[str]:
    """The same 300 texts, in an order of the seed."""
    chance = random.Random(5)
    texts = [" ".join(chance.choices(WORDS, k=30)).capitalize() + ".\n" for _ in range(300)]
    random.Random(seed).shuffle(texts)
    return texts


def recipe(model: str, vocab_size: int = 700, **more: object) -> Recipe:
    own = {"pretokenizer": SPLITS[model][0], "normalizer": "bert" if model == "wordpiece" else "none"}
    return Recipe(
        model, vocab_size, 2, **{"first": ("<|endoftext|>", "<pad>"), "last": LAST, "alphabet": 1000} | own | more
    )  # type: ignore[arg-type]


@pytest.mark.parametrize("model", SPLITS)
def test_shuffled_texts_in_other_processes_with_other_threads_give_the_same_file(model: str) -> None:
    program = (
        "import sys; sys.path[:0] = ['src', 'tests']; from tokens.test_training import corpus, recipe; "
        "from llmctl.tokens.training import train; texts = corpus(int(sys.argv[2])); "
        "sys.stdout.write(train(recipe(sys.argv[1]), lambda: iter(texts)))"
    )
    told = [
        subprocess.run(
            [sys.executable, "-c", program, model, order], capture_output=True, check=True, text=True, encoding="utf-8",
            env={"RAYON_NUM_THREADS": threads, "TOKENIZERS_PARALLELISM": "true", "PYTHONUTF8": "1"},
        ).stdout
        for order, threads in (("1", "1"), ("2", "2"), ("3", "5"))
    ]  # fmt: skip
    assert {*told} == {train(recipe(model), lambda: iter(corpus(0)))}


@pytest.mark.parametrize("model", SPLITS)
def test_special_tokens_stand_first_and_last_and_are_no_text(model: str) -> None:
    tokenizer = literal(Tokenizer.from_str(train(recipe(model), lambda: iter(corpus(0)))))
    vocabulary = tokenizer.get_vocab(with_added_tokens=True)
    size = len(vocabulary)
    assert (vocabulary["<|endoftext|>"], vocabulary["<pad>"]) == (0, 1)
    assert [vocabulary[name] for name in LAST] == list(range(size - 5, size)) and size <= 700
    assert sorted(vocabulary.values()) == list(range(size))
    ids = tokenizer.encode("[R] <extra_id_0> <|endoftext|> harbour", add_special_tokens=False).ids
    assert not {*ids} & {0, 1, *range(size - 5, size)}
    added = {t["content"] for t in json.loads(tokenizer.to_str())["added_tokens"]}
    unknown = {"wordpiece": {"[UNK]"}, "unigram": {"<unk>"}}.get(model, set())
    assert added == {"<|endoftext|>", "<pad>", *LAST} | unknown


def test_bpe_is_what_tokenizers_trains() -> None:
    plain = Recipe("bpe", 600, 2, "gpt2", "none", ("<|endoftext|>",), (), 1000)
    theirs = Tokenizer(models.BPE())
    theirs.pre_tokenizer, theirs.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=600, min_frequency=2, special_tokens=["<|endoftext|>"], show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )  # fmt: skip
    theirs.train_from_iterator(iter(corpus(3)), trainer)
    assert train(plain, lambda: iter(corpus(0))) == theirs.to_str(pretty=True)


def test_wordpiece_has_the_entries_that_tokenizers_trains_on_real_text(data: Path) -> None:
    """Their ids differ there from run to run, and which of two equally frequent pairs comes first with them."""
    texts = (data / "general" / "wikitext2.valid.txt").read_text(encoding="utf-8")[:400_000].split("\n")
    theirs = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    theirs.normalizer, theirs.pre_tokenizer = NORMALIZERS["bert"](), PRETOKENIZERS["wordpiece"]["bert"]()
    trainer = trainers.WordPieceTrainer(
        vocab_size=1500, min_frequency=2, special_tokens=["<|endoftext|>", "<pad>", "[UNK]"], show_progress=False
    )
    theirs.train_from_iterator(iter(texts), trainer)
    ours = Tokenizer.from_str(train(recipe("wordpiece", 1500 + len(LAST)), lambda: iter(texts)))
    mine, other = ({*t.get_vocab(with_added_tokens=True)} - {*LAST} for t in (ours, theirs))
    assert len(mine) == len(other) == 1500 and len(mine & other) >= 1490


def test_rare_letters_of_wordpiece_are_unknown_and_frequent_ones_are_not() -> None:
    texts = ["abc abc abd"] * 50 + ["\u4e00\u4e8c"]
    made = recipe("wordpiece", 300, alphabet=4)
    tokenizer = Tokenizer.from_str(train(made, lambda: iter(texts)))
    entries = tokenizer.get_vocab(with_added_tokens=True)
    assert "\u4e00" not in entries and {"a", "##b", "##c", "##d", "abc"} <= entries.keys()
    counts = Counter(c for text in texts for c in text if not c.isspace())
    assert most_frequent(made, lambda: iter(texts), 4) == sorted(c for c, _ in counts.most_common(4))


def test_unigram_has_all_bytes_so_that_nothing_is_unknown() -> None:
    tokenizer = literal(Tokenizer.from_str(train(recipe("unigram"), lambda: iter(corpus(0)))))
    vocabulary = tokenizer.get_vocab(with_added_tokens=True)
    assert all(f"<0x{byte:02X}>" in vocabulary for byte in range(256))
    text = "harbour \U0001f600 \u0e2a\u0e27\u0e31\u0e2a\nline"
    ids = tokenizer.encode(text, add_special_tokens=False).ids
    assert vocabulary["<unk>"] not in ids and tokenizer.decode(ids, skip_special_tokens=False) == text


@pytest.mark.parametrize(("model", "vocab_size"), [("bpe", 262), ("wordpiece", 40), ("unigram", 262)])
def test_a_vocabulary_too_small_for_the_alphabet_is_one_sentence(model: str, vocab_size: int) -> None:
    with pytest.raises(UserError, match=r"raise --vocab-size|no Unigram vocabulary"):
        train(recipe(model, vocab_size), lambda: iter(corpus(0)))


@pytest.mark.parametrize("model", SPLITS)
def test_no_text_at_all_is_a_vocabulary_or_a_sentence(model: str) -> None:
    try:
        assert Tokenizer.from_str(train(recipe(model), lambda: iter(["", ""]))).get_vocab_size() > 0
    except UserError as error:
        assert "no Unigram vocabulary" in str(error)


@pytest.mark.parametrize(
    ("model", "split", "text", "pieces"),
    [
        ("bpe", "gpt2", "in 1984, x", ["in", "Ġ1984", ",", "Ġx"]),
        ("bpe", "digits", "in 1984, x", ["in", "Ġ", "1", "9", "8", "4", ",", "Ġx"]),
        ("bpe", "cjk", "a\u4eca\u5929b 1984", ["a", "\u4eca\u5929", "b", "Ġ", "198", "4"]),
        ("wordpiece", "digits", "a12 \u4eca", ["a", "1", "2", "\u4eca"]),
        ("unigram", "digits", "a 12", ["\u2581a", "\u2581", "1", "2"]),
    ],
)
def test_each_preset_splits_as_its_model_does(model: str, split: str, text: str, pieces: list[str]) -> None:
    found = [piece for piece, _ in PRETOKENIZERS[model][split]().pre_tokenize_str(text)]
    letters = ByteLevel() if model == "bpe" else None
    assert found == pieces or [letters.decode([p]) if letters and not p.startswith("Ġ") else p for p in found] == pieces
