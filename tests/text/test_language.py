"""Language identification with lid.176."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import zstandard

from llmctl.text.language import MOST_CHARACTERS, PREFIX, identify, model


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("The quick brown fox jumps over the lazy dog.\nIt does so every day.", "en"),
        ("今天天气很好，我们一起去公园散步吧。", "zh"),
        ("Der Hund läuft durch den Wald und bellt.", "de"),
        ("สวัสดีครับ วันนี้อากาศดีมาก", "th"),
        ("مرحبا، كيف حالك اليوم؟", "ar"),
    ],
)
def test_a_sentence_is_recognised(text, label):
    labels, scores = identify([text])
    assert labels == [label] and scores[0] > 0.5


@pytest.mark.parametrize("text", ["", " \n\t ", None, "\n\n"])
def test_nothing_to_read_has_no_language(text):
    labels, scores = identify([text])
    assert labels == [None] and np.isnan(scores[0])


def test_line_breaks_do_not_hide_the_rest_of_the_text():
    assert identify(["zh\n" + "This is a long English sentence about the weather.\n" * 5])[0] == ["en"]


def test_a_text_is_read_up_to_its_cap():
    text = "This is English. " * 400
    assert len(text) > MOST_CHARACTERS
    assert identify([text])[1] == identify([text[:MOST_CHARACTERS]])[1]


def test_texts_in_many_languages_get_their_label(data: Path):
    with zstandard.open(data / "langid/langid_tests.jsonl.zst", "rt", encoding="utf-8", newline="\n") as lines:
        rows = [json.loads(line) for line in lines]
    labels, _ = identify([row["text"] for row in rows])
    known = {label.removeprefix(PREFIX) for label in model().get_labels()}
    right = [label == row["lang"] for label, row in zip(labels, rows, strict=True) if row["lang"] in known]
    assert len(right) == 71 and sum(right) >= 61  # the rest are neighbours (Aragonese, Asturian, Occitan, Bosnian)
