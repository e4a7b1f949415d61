"""What tokenizers spend: figures counted by hand, bytes of characters told from characters, intervals by their formula."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from token_shards import trained_tokenizer
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from llmctl.tokens.fertility import add, encode, figures, no_counts, ratio_of, subject_of


def word_pieces(**more: int) -> Tokenizer:
    tokenizer = Tokenizer(models.WordPiece({"[UNK]": 0, "sea": 1, "##s": 2, "town": 3, **more}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    return tokenizer


def counted(tokenizer: Tokenizer, texts: list[str], words: list[int], member: list[bool] | None = None) -> dict:
    subject = subject_of(tokenizer)
    counts = no_counts(subject)
    sizes = np.array([[w, len(t), len(t.encode())] for w, t in zip(words, texts, strict=True)], float).reshape(-1, 3)
    add(counts, subject, encode(subject, texts), sizes, np.array(member or [True] * len(texts), bool))
    return figures(counts, subject)


def test_the_figures_are_those_of_a_count_by_hand() -> None:
    told = counted(word_pieces(), ["seas town", "été seas", "town"], [2, 2, 1], [True, True, False])
    assert (told["documents"], told["words"], told["characters"], told["bytes"]) == (2, 4, 17, 19)
    assert (told["tokens"], told["unknown"], told["single_byte"]) == (6, 1, 0)  # sea ##s town | [UNK] sea ##s
    assert (told["tokens_per_word"], told["bytes_per_token"]) == (1.5, 19 / 6)
    assert told["tokens_per_character"] == 6 / 17
    assert (told["unknown_share"], told["vocabulary_use"]) == (1 / 6, 1.0)


def test_what_is_left_out_of_a_group_is_in_no_figure_of_it() -> None:
    assert counted(word_pieces(), ["town", "sea"], [1, 1], [False, True]) == counted(word_pieces(), ["sea"], [1])


def test_nothing_is_divided_by_nothing() -> None:
    told = counted(word_pieces(), [], [])
    assert {told[name] for name in ("tokens_per_word", "bytes_per_token", "unknown_share")} == {None}
    assert counted(word_pieces(), ["sea"], [1])["tokens_per_word_low"] is None


def test_a_byte_of_a_longer_character_is_told_from_a_character() -> None:
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    ascii_letters = {byte_level.pre_tokenize_str(chr(code))[0][0] for code in range(128)}
    tokenizer = trained_tokenizer()
    vocabulary, single = tokenizer.get_vocab(), subject_of(tokenizer).single
    assert {piece for piece, id in vocabulary.items() if single[id]} == {*byte_level.alphabet()} - ascii_letters
    told = counted(trained_tokenizer(), ["\x00 a\n", "字", "😀"], [1, 1, 1])
    assert told["single_byte"] == 7 and told["unknown"] == 0
    assert counted(word_pieces(**{"é": 4, "<0xE9>": 5}), ["é", "é"], [1, 1])["single_byte"] == 0


def test_bytes_that_a_vocabulary_falls_back_to_are_counted() -> None:
    pieces = {"<unk>": 0, "a": 1, **{f"<0x{byte:02X}>": byte + 2 for byte in range(256)}}
    tokenizer = Tokenizer(models.BPE(pieces, [], unk_token="<unk>", byte_fallback=True))
    told = counted(tokenizer, ["a\né"], [2])
    assert (told["tokens"], told["single_byte"], told["unknown"]) == (4, 2, 0)  # a <0x0A> <0xC3> <0xA9>


def test_a_special_token_in_a_text_is_text() -> None:
    told = counted(trained_tokenizer(), ["<|endoftext|>"], [1])
    assert told["tokens"] > 1


def test_only_bytes_without_a_normalizer_give_back_any_text() -> None:
    assert subject_of(trained_tokenizer()).exact and not subject_of(word_pieces()).exact
    changed = Tokenizer.from_str(trained_tokenizer().to_str())
    changed.normalizer = normalizers.NFC()
    assert not subject_of(changed).exact


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 50)), min_size=2, max_size=30))
def test_the_interval_is_that_of_a_ratio_of_sums(pairs: list[tuple[int, int]]) -> None:
    sizes = np.array(pairs, float)
    value, low, high = ratio_of(len(sizes), sizes.sum(axis=0), sizes.T @ sizes)
    r = sizes[:, 0].sum() / sizes[:, 1].sum()
    residuals = sizes[:, 0] - r * sizes[:, 1]  # Cochran 1977, (6.13), of a large population
    se = np.sqrt(residuals.var(ddof=1) / len(sizes)) / sizes[:, 1].mean()
    assert value == pytest.approx(r)
    assert (high - low) / 2 == pytest.approx(1.959964 * se, abs=1e-5, rel=1e-5)
