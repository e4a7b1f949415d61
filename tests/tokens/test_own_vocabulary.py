"""A vocabulary of a text's own: halves that do not depend on order, the same vocabulary everywhere, a ratio near 1 at home."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from token_shards import modules

from llmctl.tokens import own_vocabulary
from llmctl.tokens.own_vocabulary import compared, halves, too_little, train_own

TEXTS = [text for _, text in modules(60)]


@given(st.lists(st.text(min_size=1, max_size=30), min_size=2, max_size=12, unique=True), st.data())
def test_halves_are_the_same_in_any_order_and_a_copy_is_in_none_of_them_twice(texts: list[str], data) -> None:
    trained, measured = halves(texts)
    assert trained and measured and sorted(trained + measured) == sorted(texts)
    again = data.draw(st.permutations(texts)) + data.draw(st.lists(st.sampled_from(texts)))
    assert halves(again) == (trained, measured)


def test_halves_are_alike_in_size_and_bounded(monkeypatch) -> None:
    sizes = [sum(len(text.encode()) for text in half) for half in halves(TEXTS)]
    assert max(sizes) / min(sizes) < 1.1
    assert [len(half) for half in halves(["a" * 100_000, "b"])] == [
        1,
        1,
    ]  # one long document leaves the other half not empty
    monkeypatch.setattr(own_vocabulary, "HALF_BYTES", 10_000)
    assert all(sum(len(text.encode()) for text in half) <= 10_000 for half in halves(TEXTS))


def test_what_is_too_little_is_said() -> None:
    assert too_little(*halves(["a" * 50_000])) == too_little(*halves(["a" * 50_000] * 3)) == "a single document"
    assert too_little(["a" * 2_499], ["b" * 2_500]) == too_little(["a" * 90_000], ["b" * 900]) == "too little text"
    assert too_little(["a" * 2_500], ["b" * 2_500]) is None


def test_a_vocabulary_of_the_same_kind_is_no_better_and_one_of_other_text_is_worse() -> None:
    trained, measured = halves(TEXTS)
    own = train_own(trained, 1000)
    assert train_own(trained, 1000).tokenizer.to_str() == own.tokenizer.to_str()
    told = compared(own, own, measured)
    assert (told["ratio"], told["low"], told["high"]) == (1.0, 1.0, 1.0) and own.size == 1000
    other = train_own(["подобные тексты другого языка " * 40] * 9, 1000)
    assert compared(other, own, measured)["low"] > 1.5


def test_the_bytes_are_always_in_it() -> None:
    assert train_own(["a"], 3).size == 256
