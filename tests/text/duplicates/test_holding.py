"""How much of an entry stands at a place: the kernels beside plain Python, and the edits that they tolerate."""

from __future__ import annotations

import random

import numpy as np
import pytest

from llmctl.text.duplicates.holding import CONTAINED, NGRAM, NOTHING, OVERLAP, SHARE, Limits, aligned, bound, held_at
from llmctl.text.duplicates.holding import ngram_share as measured_share

ENTRY = list(range(100, 124))  # 24 words
BEFORE, BEHIND = list(range(500, 540)), list(range(600, 640))


def words(values: list[int]) -> np.ndarray:
    return np.array(values, np.uint64)


def plain_aligned(doc: list[int], entry: list[int], weight: list[float], shift: int, pad: int) -> float:
    """The heaviest common subsequence of which no pair is further than `pad` from the shift."""
    best = [[0.0] * (len(doc) + 1) for _ in range(len(entry) + 1)]
    for j, word in enumerate(entry):
        for i, other in enumerate(doc):
            matched = best[j][i] + weight[j] if word == other and abs(i - shift - j) <= pad else 0.0
            best[j + 1][i + 1] = max(best[j][i + 1], best[j + 1][i], matched)
    return best[-1][-1] / sum(weight)


def plain_share(doc: list[int], entry: list[int], telling: list[float], shift: int, n: int) -> float:
    places = range(len(entry) - n + 1)
    weight = [max(telling[j : j + n]) for j in places]
    here = [all(0 <= shift + k < len(doc) and doc[shift + k] == entry[k] for k in range(j, j + n)) for j in places]
    return sum(w for w, held in zip(weight, here, strict=True) if held) / sum(weight)


def drawn(seed: int) -> tuple[list[int], list[int], list[float], int]:
    """An entry of few different words, and a document with some of them in its order."""
    draw = random.Random(seed)
    entry = [draw.randrange(8) for _ in range(draw.randrange(5, 15))]
    copy = [word if draw.random() < 0.8 else draw.randrange(8) for word in entry if draw.random() < 0.9]
    before = [draw.randrange(8) for _ in range(draw.randrange(6))]
    behind = [draw.randrange(8) for _ in range(draw.randrange(6))]
    return before + copy + behind, entry, [draw.uniform(0.01, 1) for _ in entry], len(before)


@pytest.mark.parametrize("seed", range(40))
def test_the_kernels_agree_with_plain_python(seed: int) -> None:
    doc, entry, weight, shift = drawn(seed)
    for pad in (0, 2, 5):
        found, first, end = aligned(words(doc), words(entry), np.array(weight), shift, pad)
        assert found == pytest.approx(plain_aligned(doc, entry, weight, shift, pad))
        if found > 0:  # between its first and its last word stands all that counts
            inside = plain_aligned(doc[first:end], entry, weight, shift - first, pad)
            assert inside == pytest.approx(found) and doc[first] in entry and doc[end - 1] in entry
    share = measured_share(words(doc), words(entry), np.array(weight), shift, 3)
    assert share == pytest.approx(plain_share(doc, entry, weight, shift, 3))


@pytest.mark.parametrize("seed", range(40))
def test_no_alignment_is_above_its_bound(seed: int) -> None:
    doc, entry, weight, shift = drawn(seed)
    order = sorted(range(len(entry)), key=lambda j: (entry[j], -weight[j]))
    sorted_weight = np.array([weight[j] for j in order])
    most = bound(words(sorted(entry)), sorted_weight, words(sorted(doc)))
    assert aligned(words(doc), words(entry), np.array(weight), shift, 20)[0] <= most + 1e-12


def test_the_bound_counts_a_word_as_often_as_the_window_has_it() -> None:
    assert bound(words([1, 1, 2, 3]), np.array([0.5, 0.25, 0.15, 0.1]), words([1, 3, 9])) == pytest.approx(0.6)


def held(doc: list[int], entry: list[int], telling: float = 1.0, **limits: float) -> tuple[int, float, int, int, int]:
    """What is held of an entry in a document, at their first five words in common."""
    fives = {tuple(entry[j : j + 5]): j for j in range(len(entry) - 4)}
    at = next(i for i in range(len(doc)) if tuple(doc[i : i + 5]) in fives)
    weight = np.full(len(entry), telling)
    place = fives[tuple(doc[at : at + 5])]
    return held_at(  # type: ignore[no-any-return]
        words(doc),
        at,
        place,
        words(entry),
        weight,
        weight,
        words(sorted(entry)),
        weight,
        Limits(**limits),  # type: ignore[arg-type]
    )


def test_all_words_in_a_row_are_the_whole_and_nothing_else_is() -> None:
    assert held(BEFORE + ENTRY + BEHIND, ENTRY) == (SHARE, 1.0, 40, 64, 0)
    one_more = [*ENTRY[:12], 999, *ENTRY[12:]]
    assert held(BEFORE + one_more + BEHIND, ENTRY)[:4] == (OVERLAP, 0.999, 40, 65)


@pytest.mark.parametrize(
    ("edited", "measure", "score"),
    [
        ([*ENTRY[:8], 999, *ENTRY[9:16], 998, *ENTRY[17:]], OVERLAP, 22 / 24),  # changed
        (ENTRY[:6] + ENTRY[7:13] + ENTRY[14:], OVERLAP, 22 / 24),  # missing
        ([*ENTRY[:6], 997, *ENTRY[6:12], 998, 999, *ENTRY[12:]], OVERLAP, 0.999),  # added
        (ENTRY[12:] + ENTRY[:12], NOTHING, 0.0),  # in another order
        (ENTRY[:13], NGRAM, 13 / 24),
        (ENTRY[:12], NOTHING, 0.0),
    ],
)
def test_edits_are_tolerated_and_another_order_is_not(edited: list[int], measure: int, score: float) -> None:
    found = held(BEFORE + edited + BEHIND, ENTRY)
    assert found[0] == measure and found[1] == pytest.approx(score)


def test_an_entry_of_few_words_is_contained_or_not() -> None:
    assert held(BEFORE + ENTRY[:9] + BEHIND, ENTRY[:9]) == (CONTAINED, 1.0, 40, 49, 0)
    assert held(BEFORE + ENTRY[:8] + BEHIND, ENTRY[:9])[0] == NOTHING


def test_an_ngram_of_the_template_alone_is_no_hit() -> None:
    """Of the 13 words at least half must not be what all entries of the set say."""
    assert held(BEFORE + ENTRY[:13] + BEHIND, ENTRY, telling=0.4)[0] == NOTHING
    assert held(BEFORE + ENTRY[:13] + BEHIND, ENTRY, telling=0.6)[0] == NGRAM


def test_an_ngram_tells_with_which_word_of_the_entry_it_begins() -> None:
    assert held(BEFORE + ENTRY[5:18] + BEHIND, ENTRY) == (NGRAM, 13 / 24, 40, 53, 5)
