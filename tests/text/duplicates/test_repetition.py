"""Second copies within a text, and sentences that say the same phrase again and again."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from llmctl.text.duplicates.repetition import copies, count_words, hash_pieces, repeated_share, runs_on
from llmctl.text.segment import Spans, find_lines, find_sentences, find_words, utf8


def shares(*texts: str) -> list[float]:
    """The share of the one sentence of each text."""
    batch = utf8(list(texts))
    sentences = find_sentences(batch)
    assert len(sentences.start) == len(texts)
    return repeated_share(batch, find_words(batch), sentences).tolist()


def plain_share(words: list[str], width: int = 2, near: int = 50) -> float:
    """The definition over a list of words."""
    last: dict[tuple[str, ...], int] = {}
    repeated: set[int] = set()
    for k in range(len(words) - width + 1):
        phrase = tuple(words[k : k + width])
        if phrase in last and k - last[phrase] <= near and any(c.isalpha() for word in phrase for c in word):
            repeated.update(range(k, k + width))
        last[phrase] = k
    return len(repeated) / len(words)


@pytest.mark.parametrize(
    ("sentence", "share"),
    [
        ("very very very very", 3 / 4),
        ("click here click here click here", 4 / 6),
        ("Buy now BUY NOW buy Now buy now!", 6 / 8),
        ("buy now! buy now! buy now! buy now! buy now! buy now! buy now!", 12 / 14),
        ("cheap shoes for men cheap shoes for women cheap shoes online", 5 / 11),
        ("\u70b9\u51fb\u8fd9\u91cc" * 3, 8 / 12),  # click here
        (
            "\u0e04\u0e25\u0e34\u0e01\u0e17\u0e35\u0e48\u0e19\u0e35\u0e48" * 4,
            15 / 20,
        ),  # the same in Thai, 5 letters with marks
        ("It was the best of times, it was the worst of times.", 5 / 12),
        ("0 0 0 0 0 0 0 0", 0),  # a row of a table
        ("no no no", 0),  # three words are too few
        ("\u201cThere she blows! there! there! there! she blows! she blows!\u201d", 0),  # Moby Dick, chapter 61
        ("Caw, caw, caw, caw!", 0),
    ],
)
def test_the_share_of_words_in_phrases_that_return(sentence: str, share: float) -> None:
    assert shares(sentence) == [pytest.approx(share)]


@given(st.lists(st.sampled_from(["a", "b", "c", "the", "7", "\u00e9t\u00e9"]), min_size=4, max_size=150))
def test_the_kernel_counts_as_the_definition_does(words: list[str]) -> None:
    assert shares(" ".join(words)) == [pytest.approx(plain_share(words))]


@given(st.lists(st.sampled_from("\u5929\u5730\u4eba\u548c"), min_size=7, max_size=300))
def test_without_spaces_a_phrase_is_six_letters(letters: list[str]) -> None:
    assert shares("".join(letters)) == [pytest.approx(plain_share(letters, 6, 150))]


def test_a_phrase_that_returns_far_away_is_prose() -> None:
    words = [f"word{i}" for i in range(49)]
    near, far = shares(" ".join(["of the", *words[:48], "of the"]), " ".join(["of the", *words, "of the"]))
    assert near == pytest.approx(2 / 52) and far == 0


@pytest.mark.parametrize("name", ["books.jsonl.zst", "chinese_classics.jsonl.zst"])
def test_no_sentence_of_a_book_is_repetitive(data: Path, name: str) -> None:
    """137,000 sentences of English and Chinese books."""
    with (data / "books" / name).open("rb") as file:
        rows = [
            json.loads(line) for line in io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(file), "utf-8")
        ]
    texts = [row["text"] if "text" in row else "\n".join(row["record"].get("paragraphs", ())) for row in rows]
    batch = utf8(texts)
    sentences = find_sentences(batch)
    found = repeated_share(batch, find_words(batch), sentences)
    worst = int(found.argmax())
    assert len(found) > 400 and found[worst] <= 0.5, batch.data[sentences.start[worst] : sentences.end[worst]].tobytes()


def test_pieces_are_the_same_whatever_their_case_and_white_space() -> None:
    batch = utf8(
        [
            "The  same\tTHING",
            "the same thing",
            "thesame thing",
            "the same things",
            "\u00c9T\u00c9 ici",
            "\u00e9t\u00e9\u3000ici",
        ]
    )
    hashes = hash_pieces(batch, find_lines(batch)).tolist()
    assert hashes[0] == hashes[1] and hashes[4] == hashes[5] and len(set(hashes)) == 4


@given(st.lists(st.lists(st.integers(0, 5), max_size=30), max_size=5))
def test_copies_are_those_that_stand_earlier_in_the_same_text(texts: list[list[int]]) -> None:
    rows = np.cumsum([0, *map(len, texts)])
    hashes = np.array([h + 1 for text in texts for h in text], np.uint64)
    may = hashes != 3
    expected = [h in text[:i] for text in texts for i, h in enumerate(text)]
    assert copies(rows, hashes).tolist() == expected
    assert copies(rows, hashes, may).tolist() == [e and m for e, m in zip(expected, may.tolist(), strict=True)]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("Click here now!", 3),
        ("---", 0),
        ("\u884c\u8005\u9053\uff1a", 1),  # "Xingzhe said:"
        ("\u6211\u4eec\u53bb\u5b66\u6821\u5427\u3002", 3),
        ("GRUB \u5b89\u88c5", 2),
    ],
)
def test_two_letters_without_spaces_are_a_word(line: str, words: int) -> None:
    batch = utf8([line])
    assert count_words(find_words(batch), find_lines(batch)).tolist() == [words]


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("He went out of the house and down the road to\nthe sea.", [True, False]),
        ("He went out of the house and down the road to.\nthe sea.", [False, False]),
        ("He went out of the house and down the road to\n\nthe sea.", [False, False]),
        ("He went out of the house and down the road to\nThe sea.", [False, False]),
        ("milk and eggs\nbread and butter", [False, False]),
        ("subscribe here to our letter of news and offers\n" * 2, [False, False]),
    ],
)
def test_a_line_broken_for_its_width_runs_on(text: str, broken: list[bool]) -> None:
    batch = utf8([text])
    lines: Spans = find_lines(batch)
    assert runs_on(batch, lines, hash_pieces(batch, lines)).tolist() == broken
