"""Shingle sets against the plain definition and against similarities that others measured."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from datasketch import MinHash
from hypothesis import given, settings
from hypothesis import strategies as st
from labelled_spans import jsonl

from llmctl.settings.dedup import Dedup
from llmctl.text.duplicates.minhash import SEED, _low, band_hashes
from llmctl.text.duplicates.shingles import jaccard, pieces_of, shingles

UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")


def plain(text: str, n: int = 5) -> set[tuple[str, ...]]:
    """The definition, without hashes."""
    pieces = pieces_of(text)
    return {tuple(pieces[i : i + n]) for i in range(max(1, len(pieces) - n + 1))} if pieces else set()


def plain_jaccard(a: set, b: set) -> float:
    return len(a & b) / len(a | b) if a and b else 0.0


def similarity(a: str, b: str) -> float:
    return jaccard(shingles(a, 5), shingles(b, 5))


@settings(max_examples=200, deadline=None)
@given(*[st.text(alphabet="abc ,.\n中文字", max_size=80)] * 2)
def test_the_similarity_of_hashes_is_that_of_the_n_grams(a: str, b: str) -> None:
    assert similarity(a, b) == plain_jaccard(plain(a), plain(b))


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
    assert len(shingles("one two", 5)) == 1 and len(shingles("", 5)) == 0 and len(shingles("?!", 5)) == 0
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


def test_the_estimate_of_a_signature_is_unbiased() -> None:
    """256 permutations, 300 pairs of true similarity 1/3, 3/5, 9/11: the root mean square error is the binomial one
    (within 20 %) and the mean error is within three standard errors of zero."""
    random = np.random.default_rng(0)
    for common in (500, 750, 900):
        true = common / (2000 - common)
        errors = []
        for _ in range(100):
            values = random.integers(0, 2**63, 2000 - common, dtype=np.uint64)
            one, other = values[:1000], np.concatenate([values[:common], values[1000:]])
            a, b = (MinHash(256, seed=SEED, hashfunc=_low) for _ in range(2))
            a.update_batch(one.tolist())
            b.update_batch(other.tolist())
            errors.append(a.jaccard(b) - true)
        theory = (true * (1 - true) / 256) ** 0.5
        assert abs(np.mean(errors)) < 3 * theory / 10
        assert abs(np.sqrt(np.mean(np.square(errors))) / theory - 1) < 0.2


def test_pairs_share_a_band_as_often_as_theory_says() -> None:
    """1 - (1 - s^rows)^bands at the default threshold: 0.997; measured on 300 pairs within three standard errors."""
    settings = Dedup()
    random = np.random.default_rng(1)
    common = 640  # of 720 each: 640 / 800
    proposed = {"at": 0, "below": 0}
    for _ in range(300):
        values = random.integers(0, 2**63, 1440, dtype=np.uint64)
        at = (values[:720], np.concatenate([values[:common], values[720:800]]))
        below = (values[:720], np.concatenate([values[:480], values[720:960]]))  # 480 / 960
        for name, pair in (("at", at), ("below", below)):
            one, other = band_hashes(pair, bands=settings.bands, rows=settings.rows)
            proposed[name] += bool((one == other).any())
    for name, s in (("at", 0.8), ("below", 0.5)):
        theory = 1 - (1 - s**settings.rows) ** settings.bands
        assert abs(proposed[name] / 300 - theory) < 3 * max((theory * (1 - theory) / 300) ** 0.5, 1 / 300)
