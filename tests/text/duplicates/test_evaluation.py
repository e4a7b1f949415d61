"""The entries of a set: which can be searched for, what is their template, and what leads to them."""

from __future__ import annotations

import numpy as np
import pytest

from llmctl.text.duplicates.contamination import search, table_of
from llmctl.text.duplicates.evaluation import LEAST, indexed, same_words, searchable
from llmctl.text.duplicates.evaluation import _entries_with as entries_with
from llmctl.text.duplicates.holding import Limits
from llmctl.text.segment import utf8

TEMPLATE = "Read the story below and answer what the reader asks"


@pytest.mark.parametrize(
    ("text", "can"),
    [
        ("four words are few", False),
        ("but five words are enough", True),
        ("What is 7 times 8?", True),
        ("1 2 1 3 4 0 0 2", False),  # a row of labels
        ("12 March 2014, 10:30", False),
        ("no no no no no no", False),
        ("no yes no yes no yes", False),
        ("\u5c0f\u660e\u6709\u51e0\u4e2a", True),
    ],
)
def test_rows_of_numbers_and_of_one_word_cannot_be_searched_for(text: str, can: bool) -> None:
    assert searchable([text], 5).tolist() == [can]


def test_entries_of_the_same_words_are_one() -> None:
    texts = ["The sky is blue today.", "the sky, is blue today", "The sky is grey today."]
    assert same_words(texts) == [0, 0, 2]


def test_a_word_weighs_by_the_commonest_five_words_that_hold_it() -> None:
    """Sixty-four entries begin and end with the same ten words; between them each is by itself."""
    entries = indexed([f"{TEMPLATE} n{i}a n{i}b n{i}c n{i}d n{i}e {TEMPLATE}" for i in range(64)])
    first = entries.telling[entries.rows[3] : entries.rows[4]].tolist()
    assert first == [LEAST] * 10 + [1.0] * 5 + [LEAST] * 10
    assert (entries.weight > 0).all()


def test_of_a_word_that_stands_twice_the_heavier_comes_first() -> None:
    """`story` is a word of the template, and once more what the entry is about."""
    entries = indexed([f"n{i}a story n{i}b n{i}c n{i}d n{i}e {TEMPLATE}" for i in range(64)])
    word, weight = (column[: entries.rows[1]] for column in (entries.sorted_word, entries.sorted_weight))
    twice = np.flatnonzero(word[1:] == word[:-1])
    assert len(twice) == 2 and (weight[twice] >= weight[twice + 1]).all()
    assert (weight[twice] > 10 * weight[twice + 1]).any()


def test_what_other_sets_say_is_no_template_of_this_one() -> None:
    texts = [f"{TEMPLATE} n{i}a n{i}b n{i}c n{i}d n{i}e" for i in range(64)]
    apart = indexed([*texts, TEMPLATE], [0] * 64 + [1])
    assert apart.telling[apart.rows[64] :].tolist() == [1.0] * 10


def test_of_two_entries_nobody_knows_the_template() -> None:
    entries = indexed([f"{TEMPLATE} {end}" for end in ("of the first one here", "about the second one there")])
    assert entries.telling.min() > 0.7


def test_an_entry_of_which_no_five_words_are_rare_is_found_all_the_same() -> None:
    """Twenty entries say the same but for one word in the middle of nine."""
    texts = [f"the red block is n{i} on the blue block" for i in range(5)] * 20
    index = indexed(texts)
    hits = search(utf8([f"so {texts[3]} it was"]), index, table_of(index), Limits())
    assert {e % 5 for e in hits.entry.tolist()} == {3}


def test_entries_are_counted_once_a_hash() -> None:
    entry, hashes = np.array([0, 0, 0, 1, 1, 2]), np.array([7, 7, 9, 7, 8, 7], np.uint64)
    assert entries_with(entry, hashes).tolist() == [3, 3, 1, 3, 1, 3]
