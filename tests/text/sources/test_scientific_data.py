"""Real papers in arXiv's bulk layout: maths kept by another method's count, comments and references gone, text in order."""

from __future__ import annotations

import re
import tarfile
from pathlib import Path

import pytest

from benchmarks import papers
from llmctl.text.sources.record import Document, Record
from llmctl.text.sources.scientific import documents, is_scientific

BULK = "scientific/arXiv_like_src_2611_001.tar"
DOLLAR = re.compile(r"(?<!\\)\$")
# formulas in the text and, by patterns that know nothing of our reader, in the source (benchmarks/papers.py); they differ
# where a macro of the paper stands for a formula (emcee's \af, celerite's \order) or a formula stands in a footnote of a float
COUNTED = {"emcee": (97, 90), "celerite": (508, 506), "sympy-paper": (73, 74), "HoTT-book": (17079, 16802)}


@pytest.fixture(scope="module")
def payloads(data: Path) -> dict[str, bytes]:
    """Each submission by name."""
    with tarfile.open(data / BULK) as archive:
        members = ((member.name, archive.extractfile(member)) for member in archive)
        return {Path(name).stem: file.read() for name, file in members if file}


@pytest.fixture(scope="module")
def read(payloads: dict[str, bytes]) -> dict[str, Document]:
    """Each paper by name."""
    records = {name: Record(path=f"2611/{name}.gz", payload=payload) for name, payload in payloads.items()}
    assert all(is_scientific(record) for record in records.values())
    return {name: documents(record)[0] for name, record in records.items()}


def test_every_paper_is_a_document(read: dict[str, Document]) -> None:
    assert len(read) == 31
    assert min(len(document.text) for document in read.values()) > 20_000
    mains = {name: document.metadata["main"] for name, document in read.items() if not name.startswith("stacks-")}
    assert mains == {
        "hogg-straightline": "straightline.tex", "hogg-uncertainties": "uncertainties.tex", "hogg-probability": "probability.tex",
        "sympy-paper": "paper.tex", "emcee": "ms.tex", "celerite": "ms.tex", "symbolic-execution-survey": "arxiv.tex",
        "scipy-1-0-paper": "scipy-1.0/paper.tex", "HoTT-book": "hott-a4-exercises.tex",
    }  # fmt: skip


def test_formulas_are_as_many_as_in_the_source(payloads: dict[str, bytes], read: dict[str, Document]) -> None:
    found = {}
    for name, document in read.items():
        files = papers.sources(payloads[name], document.metadata["main"])
        of_source = sum(
            papers.formulas_of_source(files[path]) for path in document.metadata["files"] if not path.endswith(".sty")
        )
        of_text = papers.formulas_of_text(document.text)
        if of_text != of_source:
            found[name] = (of_text, of_source)
    assert found == COUNTED


def test_no_command_is_left_outside_of_formulas_and_listings(read: dict[str, Document]) -> None:
    left = {}
    for name, document in read.items():
        prose = papers.FORMULA.sub(" ", papers.FENCED.sub(" ", document.text))
        left[name] = papers.COMMAND.findall(prose) + re.findall(r"[{}]", prose)
    assert {name: commands for name, commands in left.items() if commands} == {}


def test_dollar_signs_come_in_pairs(read: dict[str, Document]) -> None:
    odd = [name for name, document in read.items() if len(DOLLAR.findall(papers.FENCED.sub("", document.text))) % 2]
    assert odd == []


@pytest.mark.parametrize("name", ["emcee", "hogg-uncertainties", "stacks-brauer", "scipy-1-0-paper", "celerite"])
def test_planted_comments_change_nothing(payloads: dict[str, bytes], read: dict[str, Document], name: str) -> None:
    planted = papers.planted(payloads[name], read[name].metadata["main"])
    assert papers.PLANTED not in planted.text
    assert planted.text == read[name].text


def test_no_reference_is_left(payloads: dict[str, bytes], read: dict[str, Document]) -> None:
    files = {name: "\n".join(papers.sources(payload, "a.tex").values()) for name, payload in payloads.items()}
    entries = {name: papers.entries(text) for name, text in files.items()}
    assert sum(map(len, entries.values())) > 50
    assert [entry for name, found in entries.items() for entry in found if entry in read[name].text] == []


@pytest.mark.parametrize(
    ("name", "first", "then"),
    [
        (
            "emcee",
            "# emcee: The MCMC Hammer\n\n## Abstract\n\nWe introduce a stable, well tested Python",
            "## Introduction",
        ),
        ("stacks-brauer", "# Brauer groups\n\n## Introduction\n\nA reference is", "## Noncommutative algebras"),
        ("scipy-1-0-paper", "# SciPy 1.0—Fundamental Algorithms", "## Abstract"),
    ],
)
def test_papers_begin_as_their_authors_wrote(read: dict[str, Document], name: str, first: str, then: str) -> None:
    text = read[name].text
    assert text.startswith(first)
    assert f"\n\n{then}\n\n" in text
