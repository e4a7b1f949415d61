"""Signals of the paper's dialect against plain twins, and their behaviour on texts of every script."""

from __future__ import annotations

import math
import time
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmctl.settings.filter import SIGNALS as NAMES
from llmctl.text.quality.gopher import BULLETS, STOP_WORDS
from llmctl.text.quality.signals import SIGNALS, SLICE_BYTES, measure
from llmctl.text.segment import words_of

# few different words and lines, so that pieces repeat
TOKENS = st.sampled_from(
    ["the", "The", "cat", "of", "be,", "12", "#", "...", "……", "•", "- x", "-", "é", "\n", "\n\n", "\n \n"]
)
REPETITIVE = st.lists(TOKENS, max_size=60).map(" ".join)
CHINESE = st.text("今天好。\n", min_size=1, max_size=40)


def plain_spans(pieces: list[str]) -> tuple[float, float]:
    count = Counter(pieces)
    again = [p for p in pieces if count[p] > 1]
    return len(again) / max(len(pieces), 1), sum(map(len, again)) / max(sum(map(len, pieces)), 1)


def plain_n_gram(words: list[str], n: int, *, top: bool) -> float:
    grams = [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]
    count = Counter(grams)
    chosen = {g for g in grams if count[g] > 1}
    if top and chosen:
        chosen = {max(chosen, key=lambda g: (count[g], -grams.index(g)))}
    covered = {i + k for i, gram in enumerate(grams) if gram in chosen for k in range(n)}
    return sum(len(words[i]) for i in covered) / max(sum(map(len, words)), 1)


@given(REPETITIVE)
def test_repeated_n_grams_cover_each_character_once(text):
    names = [f"{'top' if n < 5 else 'duplicate'}_{n}_grams" for n in range(2, 11)]
    values = measure([text], names)
    expected = [plain_n_gram(words_of(text), n, top=n < 5) for n in range(2, 11)]
    assert [values[name][0] for name in names] == pytest.approx(expected)


@given(CHINESE)
def test_n_grams_of_unspaced_text_are_half_as_long_again(text):
    words = words_of(text)
    if 2 * sum(any(c in "今天好" for c in w) for w in words) <= len(words):
        return
    values = measure([text], ["top_2_grams", "duplicate_5_grams", "duplicate_10_grams"])
    assert values["top_2_grams"][0] == pytest.approx(plain_n_gram(words, 3, top=True))
    assert values["duplicate_5_grams"][0] == pytest.approx(plain_n_gram(words, 8, top=False))
    assert values["duplicate_10_grams"][0] == pytest.approx(plain_n_gram(words, 15, top=False))


@given(REPETITIVE)
def test_every_copy_of_a_repeated_line_or_paragraph_counts(text):
    lines = [s for line in text.split("\n") if (s := line.strip())]
    values = measure([text], ["duplicate_lines", "duplicate_line_chars"])
    assert (values["duplicate_lines"][0], values["duplicate_line_chars"][0]) == pytest.approx(plain_spans(lines))


@given(REPETITIVE)
def test_quality_signals_are_those_of_the_plain_rules(text):
    words, lines = words_of(text), [s for line in text.split("\n") if (s := line.strip())]
    full = [w for w in words if any(c.isalnum() for c in w)]
    values = {name: v[0] for name, v in measure([text], list(SIGNALS)).items()}
    assert values["words"] == len(full)
    if full:
        core = sum(c.isalnum() for w in full for c in w) / len(full)
        assert values["mean_word_length"] == pytest.approx(core)
    assert values["alphabetic_words"] == sum(any(c.isalpha() for c in w) for w in words) / max(len(words), 1)
    assert values["hash_ratio"] == text.count("#") / max(len(words), 1)
    assert values["ellipsis_ratio"] == (text.count("...") + text.count("……")) / max(len(words), 1)
    assert values["bullet_lines"] == sum(line[0] in BULLETS for line in lines) / max(len(lines), 1)
    assert values["ellipsis_lines"] == sum(line.endswith(("...", "…")) for line in lines) / max(len(lines), 1)
    assert values["unique_words"] == len(set(words)) / max(len(words), 1)
    bare = {w.lower().strip("#.,…•-12 ") for w in words}
    assert values["stop_words"] == len(bare & set(STOP_WORDS))


def test_measures_that_mean_nothing_for_a_script_are_missing():
    values = measure(
        ["今天天气很好。我们去公园。", "Привет, как дела у вас?", "Hello to you"], ["mean_word_length", "stop_words"]
    )
    assert np.isnan(values["mean_word_length"]).tolist() == [True, False, False]
    assert np.isnan(values["stop_words"]).tolist() == [True, True, False]


@pytest.mark.parametrize("name", sorted(SIGNALS))
def test_the_empty_text_has_a_finite_or_missing_value(name):
    value = float(measure([""], [name])[name][0])
    assert value == 0 or math.isnan(value)


def test_settings_know_every_signal():
    assert set(NAMES) == set(SIGNALS) and len(NAMES) == len(set(NAMES))


def test_values_do_not_depend_on_the_texts_around_them():
    texts = ["the cat of the cat\n" * 30, "今天很好。" * 400, "", "x" * SLICE_BYTES, "be to that\n\nbe to that"]
    together = measure(texts, list(SIGNALS))
    alone = [measure([text], list(SIGNALS)) for text in texts]
    for name in SIGNALS:
        np.testing.assert_array_equal(together[name], np.concatenate([one[name] for one in alone]))


@pytest.mark.parametrize("piece", ["a\n", "word ", "same words again and again. ", "今", "\n", ".", "[1]", "#"])
def test_time_is_linear_in_the_text(piece):
    measure([piece], list(SIGNALS))
    begin = time.process_time()
    measure([piece * (2_000_000 // len(piece))], list(SIGNALS))
    assert time.process_time() - begin < 8  # 1 MB/s would do; a quadratic kernel takes hours
