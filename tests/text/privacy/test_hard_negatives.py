"""Lines that hold nobody's data: figures, code, names of things. No detector finds anything in them, none at all.

The lines are of our own writing. What is found all the same is listed with its reason; the list is meant to stay short.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from labelled_spans import REGIONS

from llmctl.text.privacy.detectors import DETECTORS
from llmctl.text.privacy.scan import find_spans

LINES = [
    json.loads(line) for line in (Path(__file__).parent / "hard_negatives.jsonl").read_text("utf-8").split("\n") if line
]
EXPLAINED = {  # a line: (the entity found in it, why); a line that is no longer found leaves the list
    "пункт 4.2.1.3 настоящего документа, ст. 228 ч. 1 УК РФ": ("ip", "the words of sections lack the Russian `punkt`"),
    "EC 3.4.21.4; E330; RAL 5010; Pantone 286 C; pH 7.35-7.45": ("ip", "an enzyme's number is a valid address"),
    "Wells Fargo, Charles Schwab and Merrill Lynch cut fees.": ("name", "a firm of its living founder's name"),
    "Levi Strauss, Calvin Klein, Louis Vuitton and Hugo Boss opened stores.": (
        "name",
        "a firm of its living founder's name",
    ),
    "Ben & Jerry's, Wendy's, Domino's, Papa John's and Trader Joe's": ("name", "firms, written as people's things are"),
    "Black-eyed Susan, sweet William, Queen Anne's lace and jack-in-the-pulpit": (
        "name",
        "plants that have given names",
    ),
    "Nobel Prize, Oscar, Tony and Emmy awards, Turing machine, Fields Medal": ("name", "awards that have given names"),
    "Adam and SGD with Nesterov momentum; BERT, ELMo and GloVe; Llama 2": (
        "name",
        "an algorithm that has a given name",
    ),
}


@pytest.fixture(scope="module")
def found() -> dict[str, list[tuple[str, str, str]]]:
    texts = [row["text"] for row in LINES]
    spans = find_spans(texts, DETECTORS, REGIONS)
    return {t: [(s.entity, s.rule, t[s.start : s.end]) for s in own] for t, own in zip(texts, spans, strict=True)}


@pytest.mark.parametrize("row", LINES, ids=[f"{row['kind']}-{i}" for i, row in enumerate(LINES)])
def test_what_is_nobodys_stays(row: dict[str, str], found: dict[str, list[tuple[str, str, str]]]) -> None:
    allowed = EXPLAINED.get(row["text"], ("", ""))[0]
    assert [span for span in found[row["text"]] if span[0] != allowed] == []


def test_what_is_explained_is_still_found(found: dict[str, list[tuple[str, str, str]]]) -> None:
    assert {line: entity for line, (entity, _) in EXPLAINED.items()} == {
        line: span[0] for line in EXPLAINED for span in found[line][:1]
    }


def test_lines_are_many_and_of_many_kinds() -> None:
    assert len(LINES) == len({row["text"] for row in LINES}) >= 220
    assert len({row["kind"] for row in LINES}) >= 25
