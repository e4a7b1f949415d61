"""Tokens that an objective adds have the ids that training used, in the file that others read."""

from __future__ import annotations

import json

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from llmctl.errors import UserError
from llmctl.tokens.vocabulary import reserved, with_added


def words(vocabulary: dict[str, int]) -> str:
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="a"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    return tokenizer.to_str()


def test_added_tokens_lie_above_the_text_and_are_read_whole() -> None:
    found = Tokenizer.from_str(with_added(words({"a": 0, "b": 1}), ["[R]", "<extra_id_0>"], 2))
    assert found.encode("a [R] b<extra_id_0>").ids == [0, 2, 1, 3]


def test_a_name_that_is_taken_gets_a_mark() -> None:
    found = json.loads(with_added(words({"a": 0, "[R]": 1}), ["[R]"], 2))
    assert [(t["content"], t["id"]) for t in found["added_tokens"]] == [("[R]+", 2)]


def test_names_that_a_tokenizer_ends_with_are_its_own() -> None:
    held = {"a": 0, "[R]": 1, "<extra_id_0>": 2}
    assert reserved(held, ["[R]", "<extra_id_0>"]) == 1 and reserved(held, ["<extra_id_0>"]) == 2
    assert reserved(held, ["<extra_id_0>", "[R]"]) == reserved(held, ["[R]"]) == reserved(held, []) == 3
    assert with_added(words(held), ["[R]", "<extra_id_0>"], 1) == words(held)


def test_ids_with_gaps_are_refused_because_added_tokens_would_fall_into_them() -> None:
    with pytest.raises(UserError, match="has 3 ids below 10"):
        with_added(words({"a": 0, "b": 1, "</s>": 9}), ["[R]"], 10)


def test_nothing_is_changed_where_nothing_is_added() -> None:
    text = words({"a": 0, "</s>": 9})
    assert with_added(text, [], 10) == text
