"""A value that was found once: where else in its document it is one, and where the same letters are not."""

from __future__ import annotations

import random

import pytest
from labelled_spans import REGIONS

from llmctl.settings.scrub import ENTITIES
from llmctl.text.privacy import repeats
from llmctl.text.privacy.detectors import detectors_of
from llmctl.text.privacy.names.mentions import mentions
from llmctl.text.privacy.scan import find_spans
from llmctl.text.privacy.spans import Span

FAR = " and so on" * 60  # farther than any context word is looked for
FOUND = {  # text with a value announced, and all that is found of it
    "family name": (f"Mr. Zebrunko came.{FAR}. Then Zebrunko left.", ["Zebrunko", "Zebrunko"]),
    "whole name, then the family name": (f"My name is Orlan Zebrunko.{FAR}. Zebrunko slept.", ["Orlan Zebrunko", "Zebrunko"]),
    "in possession": (f"Dr. Zebrunko came.{FAR}. It was Zebrunko's coat.", ["Zebrunko", "Zebrunko"]),
    "a sentence before": (f"Mr. Zebrunko came.{FAR} to Lagos. Zebrunko slept.", ["Zebrunko", "Zebrunko"]),
    "behind a given name": (f"Amanda Quibblet went.{FAR} at Quibblet again", ["Amanda Quibblet", "Quibblet"]),
    "in capitals": (f"Mr. Zebrunko came.{FAR} SIGNED: ZEBRUNKO", ["Zebrunko", "ZEBRUNKO"]),
    "with an initial": (f"Mr. Zebrunko came.{FAR} by S. Zebrunko", ["Zebrunko", "Zebrunko"]),
    "in brackets, before a slash, a year, a suffix": (
        f"Mr. Zebrunko came.{FAR}: <Zebrunko>, see Zebrunko/kim, Zebrunko 2019, Zebrunko Jr.",
        ["Zebrunko"] * 5,
    ),
    "other separators": (f"my mobile is 139-2477-4026.{FAR} 13924774026", ["139-2477-4026", "13924774026"]),
    "other letters": (f"passport no. x4512387{FAR} copy of X4512387.", ["x4512387", "X4512387"]),
    "in a row of a table": (f"passport no. X4512387{FAR}\nx,X4512387,y", ["X4512387", "X4512387"]),
    "in a name of a file": (f"passport no. X4512387{FAR} scan_X4512387.pdf", ["X4512387", "X4512387"]),
    "a short Chinese name": (f"我叫张伟。{FAR}。张伟来了", ["张伟", "张伟"]),
    "number": (f"passport no. X4512387{FAR} copy of X4512387.", ["X4512387", "X4512387"]),
    "handle": (f"Twitter: @orlanz{FAR}(@orlanz)", ["@orlanz", "@orlanz"]),
    "Chinese name": (f"我叫欧阳明德。{FAR}见欧阳明德时", ["欧阳明德", "欧阳明德"]),
}  # fmt: skip
LEFT = {
    "within a word": (f"Mr. Zebrunko came.{FAR}. The Zebrunkova trial.", ["Zebrunko"]),
    "an institution": (f"Mr. Zebrunko came.{FAR}. At Zebrunko University.", ["Zebrunko"]),
    "somebody else": (f"Mr. Zebrunko came.{FAR}. Near Orlanda Zebrunko Park.", ["Zebrunko"]),
    "an English word": (f"Mr. Brown came.{FAR}. Brown bears left.", ["Brown"]),
    "a longer number": (f"passport no. X4512387{FAR} file X4512387-22 and 9X4512387.", ["X4512387"]),
    "a short Chinese name within a clause": (f"我叫张伟。{FAR}。夸张伟大", ["张伟"]),
    "a path": (f"Twitter: @orlanz{FAR}pkg/@orlanz/core", ["@orlanz"]),
}


@pytest.mark.parametrize("text, values", [*FOUND.values(), *LEFT.values()], ids=[*FOUND, *LEFT])
def test_repeated(text: str, values: list[str]) -> None:
    spans = find_spans([text], detectors_of(ENTITIES), REGIONS)[0]
    assert [text[s.start : s.end] for s in spans] == values
    assert [s.rule == repeats.RULE for s in spans[1:]] == [True] * (len(values) - 1)


def test_many_forms_are_found_as_few_are() -> None:
    """Beyond FEW forms another search is used; the longest form has its place."""
    names = [f"Mr. Za{a}{b}unko" for a in "bdfgk" for b in "eio"]
    text = ", ".join(names) + FAR + ": " + ", ".join(name[4:] for name in names)
    spans = [Span(at + 4, at + len(name), "name", "title") for name in names for at in [text.index(name)]]
    every = repeats.repeated(text, spans)
    assert len(every) == len(names) > repeats.FEW
    assert repeats.repeated(f"{text}\ud800", spans) == every  # a text that is no UTF-8
    by_few = [found for span in spans for found in repeats.repeated(text, [span])]
    assert sorted(every, key=lambda s: s.start) == sorted(by_few, key=lambda s: s.start)


def test_linear_in_the_forms(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many forms as there are values: every occurrence is looked at once."""
    drawn, asked, stands = random.Random(3), [0], repeats.stands

    def counted(entity: str, text: str, start: int, end: int) -> bool:
        asked[0] += 1
        return stands(entity, text, start, end)

    monkeypatch.setattr(repeats, "stands", counted)
    for count in (200, 800):
        asked[0] = 0
        text = " ".join(["".join(drawn.choices("bcdfg", k=8)) for _ in range(count)] * 2)
        assert len(repeats.repeated(text, [Span(9 * i, 9 * i + 8, "secret", "x") for i in range(count)])) == count
        assert asked[0] == count


def test_a_word_behind_a_place_is_no_family_name() -> None:
    assert mentions("Berlin Scientology", "name") == ("Berlin Scientology",)
    assert mentions("Amanda Quibblet", "name") == ("Amanda Quibblet", "Quibblet", "QUIBBLET")
    assert mentions("Quibblet", "speaker") == () and mentions("Quibblet", "title") == ("Quibblet", "QUIBBLET")
