"""Addresses are found once: not again in what masks and pseudonyms leave, nor looked for again and again in one passage."""

from __future__ import annotations

from pathlib import Path

import pytest
from labelled_spans import jsonl

from llmctl.text.privacy.masking import mask_spans, replace_spans
from llmctl.text.privacy.postal import chinese, korean, small, western
from llmctl.text.privacy.pseudonyms import pseudonym
from llmctl.text.privacy.scan import find_spans
from llmctl.text.privacy.spans import Options, Span

ROWS = (*chinese.ROWS, *korean.ROWS, *western.ROWS)
KEY = b"k" * 32


def spans_of(texts: list[str]) -> list[list[Span]]:
    return find_spans(texts, ROWS, Options())


def scrubbed(texts: list[str], mode: str) -> list[str]:
    """The texts with placeholders or pseudonyms for what is found."""

    def replaced(text: str, spans: list[Span]) -> str:
        if mode == "mask":
            return mask_spans(text, spans)[0]
        return replace_spans(text, spans, [pseudonym(KEY, "address", text[s.start : s.end]) for s in spans])[0]

    return [replaced(text, spans) for text, spans in zip(texts, spans_of(texts), strict=True)]


@pytest.mark.parametrize("mode", ["mask", "pseudonym"])
@pytest.mark.parametrize(
    "text",
    [
        "I live at 510 Oak Street. Room 12 is mine", "Address: 12 Oak Street. Tel 12", "Address: 12 Oak Street. Tower 7",
        "he moved to 5 Oak Street. Suite 12 was", "12 Rue APO AE 09012", "12 PO Box 7 rue Calle", "Flat 3 PO Box 7 Oak Drive",
        "Musterstraße 5 Street St. Flat 3 Sector 44", "return it to 12 a.b. polna 123\nwarszawa\n, nan\n italy 31420 please",
        "12 rue Musterstraße 5 Gurgaon 122003", "서울 강남구 테헤란로 152, 12층",
        "地址：北京市海淀区中关村大街1号。12号楼",
    ],
)  # fmt: skip
def test_what_was_scrubbed_holds_no_address(text: str, mode: str) -> None:
    once = scrubbed([text], mode)
    assert once != [text]
    assert scrubbed(once, mode) == once


@pytest.mark.parametrize("mode", ["mask", "pseudonym"])
@pytest.mark.parametrize("name", ["presidio_synth_v2", "presidio_generated_large"])
def test_generated_english_is_scrubbed_once(data: Path, name: str, mode: str) -> None:
    once = scrubbed([row["text"] for row in jsonl(data / "pii" / f"{name}.jsonl.zst")], mode)
    assert [text for text, spans in zip(once, spans_of(once), strict=True) if spans] == []


def test_an_address_beside_a_pseudonym_is_found() -> None:
    """Of a name alone, or of another address."""
    for text in (
        "12 Mebepixq Street, Boston, MA 02134",
        "000 Mebepixq Retelexq, 12 Oak Street",
        "Mebepixq Retelexq, 5 Oak Road",
    ):
        assert spans_of([text])[0]


@pytest.mark.parametrize("unit", ["1 us ", "1 usa ", " 1 uk", "apt 3 ", "12 oak st ", "12 polna, leeds, uk "])
def test_a_passage_gets_its_capitals_once(unit: str) -> None:
    """However many proposals stand in it: without that, the first of these took 29 seconds a megabyte, and takes one."""
    small._capitals.cache_clear()
    text = unit * 1_000
    spans_of([text])
    assert small._capitals.cache_info().misses < 8 * len(text) / small.BLOCK


def test_capitals_do_not_depend_on_what_stands_farther() -> None:
    text = "come and see, " * 20 + "send it to 65 via roma 3\n apt. 4\n lucca\n italy 55100 please " + "now then, " * 40
    for before in range(small.BLOCK + 1):
        spans = spans_of(["x" * before + " " + text])[0]
        assert [text[s.start - before - 1 : s.end - before - 1] for s in spans] == [
            "65 via roma 3\n apt. 4\n lucca\n italy 55100"
        ]
