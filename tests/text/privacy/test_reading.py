"""Odd characters: what a reader takes for the same is the same, and spans are places of the text as it is."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from labelled_spans import REGIONS

from llmctl.settings.scrub import ENTITIES
from llmctl.text.privacy.detectors import detectors_of
from llmctl.text.privacy.masking import mask_spans
from llmctl.text.privacy.reading import INVISIBLE, read
from llmctl.text.privacy.scan import find_spans

HIDDEN = "a\u200bnn.le\u00ade@mail\u2060.example"
CASES = {
    "full width, Chinese mobile": ("手机１３８１２３４５６７８。", "１３８１２３４５６７８", "phone"),
    "full width, e-mail": ("写信到ann.lee＠mail.example。", "ann.lee＠mail.example", "email"),
    "full width, address of a host": ("server ９.９.９.９ is up", "９.９.９.９", "ip"),
    "Arabic digits": ("call +٤٤ ٢٠ ٧٩٤٦ ٠١٢٣ now", "+٤٤ ٢٠ ٧٩٤٦ ٠١٢٣", "phone"),
    "Devanagari digits": ("फ़ोन +९१ ९८७६५ ४३२१०", "+९१ ९८७६५ ४३२१०", "phone"),
    "invisible within an e-mail address": (f"write to {HIDDEN} please", HIDDEN, "email"),
    "invisible within a card": ("4992\u200b8196\u200b7782\u200b0891", "4992\u200b8196\u200b7782\u200b0891", "card"),
    "invisible around": ("\ufeffann.lee@mail.example\u200b", "ann.lee@mail.example", "email"),
    "beyond the basic plane": ("\U0001f600\u200b ann.lee@mail.example", "ann.lee@mail.example", "email"),
}


@pytest.mark.parametrize("text, value, entity", CASES.values(), ids=CASES)
def test_what_a_reader_reads_is_found_where_it_stands(text: str, value: str, entity: str) -> None:
    spans = find_spans([text], detectors_of(ENTITIES), REGIONS)[0]
    assert [(text[s.start : s.end], s.entity) for s in spans] == [(value, entity)]
    assert find_spans([mask_spans(text, spans)[0]], detectors_of(ENTITIES), REGIONS) == [[]]


BETWEEN = {
    "mobiles": ("手机13912345678\u200b13812345679", ["13912345678", "13812345679"]),
    "phones": ("call 617-338-2910\u200b212-736-5288 now", ["617-338-2910", "212-736-5288"]),
    "a title and its name": ("Mr.\u200bZebrunko came", ["Zebrunko"]),
    "wide blanks": ("card 4532\u30008471\u30009302\u30007466", ["4532\u30008471\u30009302\u30007466"]),
    "narrow blanks": (
        "tel. +33\u202f1\u202f70\u202f18\u202f99\u202f00",
        ["+33\u202f1\u202f70\u202f18\u202f99\u202f00"],
    ),
    "a minus": ("call 617\u2212338\u22122910", ["617\u2212338\u22122910"]),
    "marks apart": ("Mr. Jose\u0301 Marti\u0301nez came", ["Jose\u0301 Marti\u0301nez"]),
    "a mark at the end": ("Mr. Rene\u0301 came", ["Rene\u0301"]),
    "isolates": ("\u2066ann\u2069@gmail.com", ["ann\u2069@gmail.com"]),
}


@pytest.mark.parametrize("text, values", BETWEEN.values(), ids=BETWEEN)
def test_what_is_invisible_may_stand_between_values(text: str, values: list[str]) -> None:
    spans = find_spans([text], detectors_of(ENTITIES), REGIONS)[0]
    assert [text[s.start : s.end] for s in spans] == values
    assert find_spans([mask_spans(text, spans)[0]], detectors_of(ENTITIES), REGIONS) == [[]]


def test_what_is_no_figure_stays() -> None:
    for text in ("x² + ½", "① ② ③", "Ⅷ", "plain", "中文，没有数字。", "\ud800"):
        assert read(text) == (text, ())


@given(
    st.text(
        st.sampled_from(["a", "1", "１", "٤", "中", "\U0001f600", "\u200b", "\u00ad", "\ud800", "\u0301", "\u0316"])
    )
)
def test_every_place_is_told(text: str) -> None:
    reading = read(text)
    at = 0
    for place in range(len(reading.text)):
        start, end = reading.placed(place, place + 1)
        assert end == start + 1 and start >= at
        assert not re.sub(f"[{''.join(INVISIBLE)}\u0301\u0316]", "", text[at:start])  # nothing else is passed over
        read_as = unicodedata.normalize("NFD", reading.text[place])[0]
        assert read_as in (text[start], "1", "4") or unicodedata.combining(read_as)
        at = end
    assert not re.sub(f"[{''.join(INVISIBLE)}\u0301\u0316]", "", text[at:])
