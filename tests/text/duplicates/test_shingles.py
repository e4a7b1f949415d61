"""Shingle sets against the plain definition and against similarities that others measured."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from labelled_spans import jsonl
from real_text import declarations

from llmctl.text.duplicates.shingles import shingles
from llmctl.text.segment import utf8

UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")


SPACELESS = re.compile(  # Han, Kana, Thai, Lao, Khmer, Burmese (Unicode blocks)
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30fa\u30fc-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]"
)
LETTER = re.compile(r"[^\W\d_]")


def pieces_of(text: str) -> list[str]:
    """The definition: words, or single characters where scripts without spaces prevail."""
    lowered = "".join(c.lower()[0] for c in text).replace("\u03c2", "\u03c3")
    words = re.findall(r"\w+", lowered)
    if 2 * sum(c.isalpha() for c in SPACELESS.findall(lowered)) > len(LETTER.findall(lowered)):
        return list("".join(words))
    return words


def plain(text: str, n: int = 5) -> set[tuple[str, ...]]:
    """The definition, without hashes."""
    pieces = pieces_of(text)
    return {tuple(pieces[i : i + n]) for i in range(max(1, len(pieces) - n + 1))} if pieces else set()


def plain_jaccard(a: set, b: set) -> float:
    return len(a & b) / len(a | b) if a and b else 0.0


def hashed(text: str, n: int = 5) -> list[int]:
    return shingles(utf8([text]), n).hashes.tolist()


def similarity(a: str, b: str) -> float:
    return plain_jaccard(set(hashed(a)), set(hashed(b)))


@settings(max_examples=200, deadline=None)
@given(*[st.text(alphabet="abc ,.\n中文字", max_size=80)] * 2)
def test_the_similarity_of_hashes_is_that_of_the_n_grams(a: str, b: str) -> None:
    assert similarity(a, b) == plain_jaccard(plain(a), plain(b))


def test_two_shingles_are_equal_where_their_words_are(data: Path) -> None:
    """The declaration of human rights in some 380 languages and hard cases, in one batch: a hash for each n-gram, a
    n-gram for each hash, in reading order."""
    texts = [*declarations(data).values()]
    texts = [t[:1500] for t in texts] + ["", "one", " a\u0301b _c_ ", "\u0130stanbul", "\u039f\u03b4\u03cc\u03c2",
             "\U0001d518\U0001d52b", "x" * 5000, "a b c d e a b c d e"]  # fmt: skip
    assert len(texts) > 300
    for n in (1, 5, 13):
        of = shingles(utf8(texts), n)
        by_hash: dict[int, tuple[str, ...]] = {}
        for i, text in enumerate(texts):
            pieces = pieces_of(text)
            grams = [tuple(pieces[k : k + n]) for k in range(max(1, len(pieces) - n + 1))] if pieces else []
            hashes = of.hashes[of.rows[i] : of.rows[i + 1]].tolist()
            assert len(hashes) == len(grams)
            assert all(by_hash.setdefault(h, g) == g for h, g in zip(hashes, grams, strict=True))
        assert len(set(by_hash.values())) == len(by_hash)


def assert_one_hash_a_word(text: str, n: int = 1) -> None:
    """As many hashes as n-grams; two are equal where the n-grams are, and only there."""
    pieces = pieces_of(text)
    grams = [tuple(pieces[k : k + n]) for k in range(len(pieces) - n + 1)]
    pairs = set(zip(grams, hashed(text, n), strict=True))
    assert len(pairs) == len({gram for gram, _ in pairs}) == len({hash for _, hash in pairs})


@pytest.mark.parametrize("filling", ["a" * 900_000, "\u4e2d" * 900_000], ids=["as words", "as characters"])
def test_every_code_point_is_in_a_word_or_not_as_in_python(filling: str) -> None:
    points = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000]
    assert_one_hash_a_word(f"{filling} {' '.join(points)} a{'b'.join(points)}")


def test_no_two_pairs_of_short_words_have_one_hash() -> None:
    short = [*"abcdefghijklmnopqrstuvwxyz0123456789_\u00ef\u00e3\u03b1\u0431\u05d0"]
    assert_one_hash_a_word(" ".join(f"{a} {b}{c}" for a in short for b in short for c in short), 2)


def test_characters_that_differ_in_their_high_bits_alone_differ_in_the_low_bits_of_their_hashes() -> None:
    """82 characters, all of low byte 0: of 256 values of the low byte of a hash they take 70 by chance."""
    hashes = hashed("".join(chr(c) for c in range(0x4E00, 0xA000, 256)), 1)
    assert len(hashes) == 82 and len({h & 255 for h in hashes}) > 55


@pytest.mark.parametrize("digits", ["2024", "\u0662\u0660\u0662\u0664"])
def test_digits_are_no_letters_of_a_text_without_spaces(digits: str) -> None:
    assert len(hashed(f"\u4e2d\u6587 {digits}", 1)) == 6


@pytest.mark.parametrize("word", ["aa", "zz", "AA", "ZZ", "\u00e4\u00e4"])
def test_every_latin_letter_counts_against_scripts_without_spaces(word: str) -> None:
    assert len(hashed(f"{word} \u4e2d", 1)) == 2


def test_capitals_and_small_letters_are_one_whatever_the_sigma() -> None:
    assert similarity("\u039f\u0394\u039f\u03a3 \u0130L", "\u03bf\u03b4\u03bf\u03c2 il") == 1.0


def test_words_are_lower_case_and_without_punctuation() -> None:
    assert pieces_of("The QUICK, brown-fox!") == ["the", "quick", "brown", "fox"]
    assert similarity("One two three four five six.", "one, TWO three four - five six") == 1.0


def test_characters_where_most_letters_are_of_scripts_without_spaces() -> None:
    assert pieces_of("今天，天气 很好 ok") == list("今天天气很好ok")
    assert pieces_of("the word 天气 means weather") == ["the", "word", "天气", "means", "weather"]
    assert pieces_of("天气 abc") == ["天气", "abc"] and pieces_of("天气很好 abc") == list("天气很好abc")
    assert pieces_of("สวัสดี") != ["สวัสดี"]
    assert pieces_of("오늘 날씨가 좋다") == ["오늘", "날씨가", "좋다"]  # Korean has spaces


def test_short_and_empty_texts() -> None:
    assert len(hashed("one two")) == 1 and hashed("") == hashed("?!") == []
    assert similarity("", "") == 0.0 and similarity("one two", "One, two!") == 1.0


def test_similarities_of_the_constructed_corpus_are_the_measured_ones(data: Path) -> None:
    """n = 360 pairs without Chinese, Japanese or Korean: all agree to 1e-3. Of texts mostly of those scripts the corpus
    measured with punctuation left in and Korean by character; here punctuation goes and Korean has words."""
    rows = jsonl(data / "neardup" / "constructed_corpus.jsonl.zst")
    first = {row["cluster"]: row["text"] for row in rows if row["relation"] == "base"}
    pairs = [(first[r["cluster"]], r["text"], r["jaccard5_to_base"]) for r in rows if r["relation"] != "base"]
    eastern = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
    spaced = [(a, b, j) for a, b, j in pairs if not eastern.search(a + b)]
    assert len(spaced) == 360
    assert [j for a, b, j in spaced if abs(similarity(a, b) - j) > 1e-3] == []
    unspaced = [(a, b, j) for a, b, j in pairs if min(_share(a), _share(b)) > 0.6]
    near = sum(abs(similarity(a, b) - j) <= 0.05 for a, b, j in unspaced)
    assert len(unspaced) > 100 and near / len(unspaced) > 0.95


def _share(text: str) -> float:
    return len(UNSPACED.findall(text)) / max(1, len(re.findall(r"[^\W\d_]", text)))


def test_similarities_of_natural_pairs_are_the_measured_ones(data: Path) -> None:
    """n = 187: of pairs whose texts were stored whole (below 12,000 characters) and have spaces, all agree to 1e-3."""
    eastern = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
    rows = [
        row
        for row in jsonl(data / "neardup" / "natural_web_pairs.jsonl.zst")
        if max(len(row["text_a"]), len(row["text_b"])) < 12_000 and not eastern.search(row["text_a"] + row["text_b"])
    ]
    assert len(rows) == 187
    assert [r["id"] for r in rows if abs(similarity(r["text_a"], r["text_b"]) - r["jaccard5"]) > 1e-3] == []
