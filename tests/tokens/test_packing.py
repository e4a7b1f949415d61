"""Windows of a stream of documents: nothing lost, nothing twice, and every id traceable to its document."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmctl.errors import UserError
from llmctl.tokens.packing import append_ends, end_token_of, full_windows, shuffled, spans, starts_of, unskipped

documents = st.lists(st.lists(st.integers(1, 9), max_size=7), min_size=1, max_size=12)


def stream_of(texts: list[list[int]]) -> list[int]:
    """The plain meaning: every document, an end token (0) after each."""
    return [id for text in texts for id in [*text, 0]]


@given(documents)
def test_the_stream_is_each_document_and_an_end_token(texts: list[list[int]]) -> None:
    lengths = np.array([len(text) for text in texts])
    flat = np.array([id for text in texts for id in text], dtype=np.uint16)
    assert append_ends(flat, lengths, 0).tolist() == stream_of(texts)
    assert starts_of(lengths)[-1] == len(stream_of(texts))


@given(st.integers(1, 500), st.integers(1, 40))
def test_every_id_but_the_first_and_a_short_rest_is_predicted_once(stream: int, sequence: int) -> None:
    windows = [range(w * sequence + 1, w * sequence + sequence + 1) for w in range(full_windows(stream, sequence))]
    predicted = [id for window in windows for id in window]
    assert predicted == list(range(1, len(predicted) + 1))
    assert stream - sequence <= len(predicted) + 1 <= stream or stream <= sequence


@given(st.integers(1, 3000), st.integers(0, 2**63 - 1))
def test_a_shuffle_is_a_permutation(size: int, key: int) -> None:
    assert sorted(shuffled(np.arange(size), size, key)) == list(range(size))


@given(st.integers(2, 3000), st.integers(0, 2**63 - 1))
def test_a_shuffled_place_does_not_depend_on_what_else_is_asked(size: int, key: int) -> None:
    one = shuffled(np.array([size - 1]), size, key)
    assert one == shuffled(np.arange(size), size, key)[-1]


def test_neighbours_are_spread_over_the_whole_range() -> None:
    places = shuffled(np.arange(10_000), 10_000, 42)
    steps = np.abs(np.diff(places))
    assert np.mean(steps) == pytest.approx(10_000 / 3, rel=0.03)  # the mean distance of two random places
    assert abs(np.corrcoef(np.arange(10_000), places)[0, 1]) < 0.03


@given(documents, st.data())
def test_spans_rebuild_the_stream_but_for_end_tokens(texts: list[list[int]], data: st.DataObject) -> None:
    stream = stream_of(texts)
    begin = data.draw(st.integers(0, len(stream) - 1))
    end = data.draw(st.integers(begin + 1, len(stream)))
    found = spans(starts_of(np.array([len(text) for text in texts])), begin, end)
    assert [id for n, start, until in found for id in texts[n][start:until]] == [id for id in stream[begin:end] if id]
    assert all(start < until for _, start, until in found)


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 9)), max_size=3))
def test_skipped_positions_are_never_visited(ranges: list[tuple[int, int]]) -> None:
    skips, below = [], 0
    for gap, length in ranges:
        skips.append((below + gap, below + gap + length))
        below += gap + length
    banned = {position for start, until in skips for position in range(start, until)}
    expected = [position for position in range(400) if position not in banned][:100]
    assert unskipped(np.arange(100), skips).tolist() == expected


def test_the_first_usual_end_token_is_taken() -> None:
    assert end_token_of({"a": 0, "[SEP]": 1, "</s>": 2}, None) == 2
    assert end_token_of({"a": 0, "</s>": 2}, "a") == 0


def test_a_vocabulary_without_an_end_token_is_one_sentence() -> None:
    with pytest.raises(UserError, match=r"data\.end_token"):
        end_token_of({"a": 0}, None)
