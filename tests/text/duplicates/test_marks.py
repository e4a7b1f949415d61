"""The rules of sentence and line level, each on the cases of its source."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmctl.text.duplicates.cuts import Cuts, apply_cuts
from llmctl.text.duplicates.lines import COUNT, FIRST, KEY, Found, Frequent, Table, count_batch
from llmctl.text.duplicates.marks import Limits, cuts_of

EMPTY = Found(np.empty(0, np.uint64), np.empty(0, np.uint64))
NOTHING = Frequent(EMPTY, EMPTY, EMPTY)


def chosen(table: Table, low: int) -> Found:
    often = table[:, table[COUNT] >= low]
    return Found(often[KEY], often[FIRST])


def judged(
    *texts: str,
    limits: Limits,
    urls: Sequence[str | None] | None = None,
    low: int = 2,
    stays: Sequence[bool] | None = None,
) -> tuple[list[str], Cuts]:
    """The texts after the cuts, where a line or span of `low` documents is common, and one of `low` pages of a host."""
    addresses, documents = urls or [None] * len(texts), range(100, 100 + len(texts))
    tables = count_batch(list(texts), addresses, documents, span=limits.span or 3, stays=stays)
    frequent = Frequent(chosen(tables["lines"], low), chosen(tables["host_lines"], low), chosen(tables["spans"], 2))
    cuts = cuts_of(list(texts), addresses, documents, limits, frequent)
    return apply_cuts(list(texts), cuts).to_pylist(), cuts


def within(text: str, **limits: float) -> tuple[str, list[str]]:
    cuts = cuts_of([text], [None], [0], Limits(lines=False, **limits), NOTHING)  # type: ignore[arg-type]
    return apply_cuts([text], cuts)[0].as_py(), cuts.rule


@pytest.mark.parametrize(
    ("text", "left", "rules"),
    [
        (
            "We sell fine shoes. They last for years. We sell  FINE shoes. Come in.",
            "We sell fine shoes. They last for years. Come in.",
            ["repeated_sentence"],
        ),
        ("Share this page now\nA story.\nShare this page now\n", "Share this page now\nA story.\n", ["repeated_line"]),
        (
            "First line here.\nSecond line here.\n\nMiddle.\n\nFirst line here.\nSecond line here.\n\nEnd.",
            "First line here.\nSecond line here.\n\nMiddle.\n\nEnd.",
            ["repeated_paragraph"],
        ),
        ("Yes. No. Yes. No. Oh dear. Yes.", "Yes. No. Yes. No. Oh dear. Yes.", []),
        ("It is very very very very very very good.", "", ["repetitive_sentence"]),
        ("It is very very very very very good.", "It is very very very very very good.", []),  # no more than half
        ("A fine day. click here click here click here", "A fine day. click here click here click here", []),
        ("A fine day.\nclick here click here click here\nBye.", "A fine day.\nBye.", ["repetitive_sentence"]),
        (
            "\u4eca\u5929\u5929\u6c14\u5f88\u597d\u3002\u6211\u4eec\u51fa\u53bb\u73a9\u3002\u4eca\u5929\u5929\u6c14\u5f88\u597d\u3002",
            "\u4eca\u5929\u5929\u6c14\u5f88\u597d\u3002\u6211\u4eec\u51fa\u53bb\u73a9\u3002",
            ["repeated_sentence"],
        ),
        (
            "\u0e27\u0e31\u0e19\u0e19\u0e35\u0e49\u0e2d\u0e32\u0e01\u0e32\u0e28\u0e14\u0e35\u0e21\u0e32\u0e01\n"
            "\u0e1a\u0e49\u0e32\u0e19\n\u0e27\u0e31\u0e19\u0e19\u0e35\u0e49\u0e2d\u0e32\u0e01\u0e32\u0e28\u0e14\u0e35\u0e21\u0e32\u0e01",
            "\u0e27\u0e31\u0e19\u0e19\u0e35\u0e49\u0e2d\u0e32\u0e01\u0e32\u0e28\u0e14\u0e35\u0e21\u0e32\u0e01\n\u0e1a\u0e49\u0e32\u0e19",
            ["repeated_line"],
        ),
        ("", "", []),
    ],
)
def test_repetition_within_a_text(text: str, left: str, rules: list[str]) -> None:
    assert within(text) == (left, rules)


def test_shorter_pieces_may_repeat_as_the_settings_say() -> None:
    text = "One two three. Four. One two three."
    assert within(text)[0] == "One two three. Four." and within(text, min_words=4)[0] == text
    assert within("very very very very", max_repetition=1)[0] == "very very very very"


def test_the_last_line_of_a_broken_paragraph_may_be_like_another() -> None:
    """Gutenberg breaks lines at 70 characters: "out of the house." closes many a sentence."""
    begin = "He took his hat and his stick from the chair, and he walked slowly\n"
    other = "She said nothing to him at all, she rose from the table and she ran\n"
    text = f"{begin}out of the house.\n\n{other}out of the house.\n"
    assert within(text) == (text, [])


def test_a_title_does_not_end_a_sentence_that_could_repeat() -> None:
    text = (
        "My dear Mr. Bennet, he left. My dear Mr. Bennet, he came. "
        "He met Mrs. Long and her niece. So did St. Long and her niece."
    )
    assert within(text) == (text, [])


def test_lines_of_two_documents_are_cut_as_ccnet_does() -> None:
    """cc_net tests/test_dedup.py, `test_dedup_from_hashes` and `test_dedup_fast`, re-derived."""
    texts = ("_Hello 1\n_World\nI'm so original", "_world\nI'm originaler\n_HELLO 2")
    left, cuts = judged(*texts, limits=Limits(sentences=False))
    assert left == ["I'm so original", "I'm originaler"] and set(cuts.rule) == {"common_line"}
    kept, _ = judged(*texts, limits=Limits(sentences=False, keep_first=True))  # `test_simple_dedup`
    assert kept == [texts[0], "I'm originaler"]


def test_lines_of_a_host_are_cut_on_that_host_alone() -> None:
    texts, urls = (
        ("Home\nOne", "Home\nTwo", "Home\nThree"),
        ["http://a.example/", "http://A.example/2", "http://b.example/"],
    )
    tables = count_batch(list(texts), urls, range(3))
    frequent = NOTHING._replace(host_lines=chosen(tables["host_lines"], 2))
    for keep_first, left in ((False, ["One", "Two", "Home\nThree"]), (True, ["Home\nOne", "Two", "Home\nThree"])):
        cuts = cuts_of(list(texts), urls, range(3), Limits(keep_first=keep_first), frequent)
        assert apply_cuts(list(texts), cuts).to_pylist() == left and set(cuts.rule) == {"host_line"}
    assert len(cuts_of(list(texts), [None] * 3, range(3), Limits(), frequent).row) == 0


STORY = "The lamp went out. Nobody said a word. Then the door opened. A cold wind came in."


@pytest.mark.parametrize(
    ("texts", "left"),
    [
        # datatrove tests/pipeline/test_sentence_deduplication.py, re-derived: the whole, its end before other
        # sentences, with one more sentence behind, between two others, and a document of two sentences
        ([STORY, "Then the door opened. A cold wind came in. What wind is this? It has no name."], None),
        ([STORY, f"{STORY} QX81 Z."], [STORY, "QX81 Z."]),
        ([STORY, f"Before it all. {STORY} After it all."], [STORY, "Before it all. After it all."]),
        ([STORY, "Nobody said a word. Then the door opened. A cold wind came in. What wind?"], [STORY, "What wind?"]),
        (["The lamp went out. Nobody said a word.", "The lamp went out. Nobody said a word."], None),
        ([f"{STORY} {STORY}"], [STORY]),
        (["A a a. " * 5 + "B."], ["A a a. A a a. A a a. B."]),
        ([STORY, STORY.upper().replace(". ", ".\n\n")], [STORY, ""]),
    ],
)
def test_all_but_the_first_of_a_span_of_three_sentences_is_cut(texts: list[str], left: list[str] | None) -> None:
    limits = Limits(lines=False, min_words=99, max_repetition=1)
    assert judged(*texts, limits=limits)[0] == (texts if left is None else left)


def test_the_first_is_the_first_that_stays() -> None:
    left, cuts = judged(STORY, STORY, STORY, limits=Limits(lines=False), stays=[False, True, True])
    assert left[1:] == [STORY, ""] and set(cuts.rule) == {"repeated_span"}


def plain_spans(documents: list[list[str]], length: int) -> list[list[bool]]:
    """Which sentences the paper's rule takes: those of a span seen before, but for those of its own first place."""
    seen: dict[tuple[str, ...], tuple[int, int]] = {}
    gone = [[False] * len(document) for document in documents]
    for d, document in enumerate(documents):
        for i in range(len(document) - length + 1):
            first = seen.setdefault(tuple(document[i : i + length]), (d, i))
            if first != (d, i):
                own = range(first[1], first[1] + length) if first[0] == d else range(0)
                for k in range(i, i + length):
                    gone[d][k] = gone[d][k] or k not in own
    return gone


@given(st.lists(st.lists(st.sampled_from("ABC"), max_size=10), min_size=1, max_size=4), st.integers(1, 4))
def test_spans_are_those_of_the_plain_rule(documents: list[list[str]], length: int) -> None:
    texts = [" ".join(f"{name} word." for name in document) for document in documents]
    left, _ = judged(*texts, limits=Limits(lines=False, min_words=99, max_repetition=1, span=length))
    gone = plain_spans(documents, length)
    expected = [[n for n, g in zip(d, goes, strict=True) if not g] for d, goes in zip(documents, gone, strict=True)]
    assert left == [" ".join(f"{name} word." for name in document) for document in expected]


def test_of_two_rules_for_a_line_the_first_of_the_table_is_told() -> None:
    text = "Share this page now\nA story.\nShare this page now\n"
    _, cuts = judged(text, text + "More of it.", limits=Limits())
    assert cuts.rule[0] == "common_line" and cuts.start[0] == 0
    only = within(text)
    assert only[1] == ["repeated_line"]
