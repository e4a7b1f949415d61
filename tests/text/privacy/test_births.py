"""Birth dates: days that somebody's birth is announced for, in ten languages, and days that are only days."""

from __future__ import annotations

from pathlib import Path

import pytest
from labelled_spans import REGIONS, jsonl

from llmctl.text.privacy.detectors import detectors_of
from llmctl.text.privacy.scan import find_spans


def found(text: str) -> list[str]:
    return [text[s.start : s.end] for s in find_spans([text], detectors_of(("birth-date",)), REGIONS)[0]]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("She was born on 2/7/1961. Her", "2/7/1961"), ("DOB: 05/06/1975", "05/06/1975"), ("D.O.B. 5 May 1975", "5 May 1975"),
        ("Date of birth: 1975-05-06", "1975-05-06"), ("Date of Birth\n1975-05-06", "1975-05-06"),
        ("(born May 1, 1975) is", "May 1, 1975"), ("born in Ulm, Germany, on 14 March 1979", "14 March 1979"),
        ("born on the 4th of July, 1975", "4th of July, 1975"), ("born Friday, May 2, 1975", "May 2, 1975"),
        ('{"birthday": "1980-09-23"}', "1980-09-23"), ("My birthday is 3 June 1990", "3 June 1990"),
        ("b. 12 May 1950 in", "12 May 1950"), ("\u51fa\u751f\u65e5\u671f\uff1a1961\u5e7409\u670821\u65e5", "1961\u5e7409\u670821\u65e5"),
        ("\u51fa\u751f\u65e5\u671f1980-09-23", "1980-09-23"), ("\u751f\u4e8e1961\u5e7409\u670821\u65e5", "1961\u5e7409\u670821\u65e5"),
        ("\u4e8e1961\u5e749\u670821\u65e5\u51fa\u751f", "1961\u5e749\u670821\u65e5"),
        ("1961\u5e749\u670821\u65e5\u5728\u5317\u4eac\u51fa\u751f", "1961\u5e749\u670821\u65e5"),
        ("\u7537\uff0c1961\u5e749\u670821\u65e5\u751f\uff0c", "1961\u5e749\u670821\u65e5"), ("1980-09-23\u51fa\u751f", "1980-09-23"),
        ("1980\u5e749\u670823\u65e5\u751f\u307e\u308c", "1980\u5e749\u670823\u65e5"),
        ("geboren am 5. Mai 1970 in Bonn", "5. Mai 1970"), ("Geburtsdatum: 05.06.1970", "05.06.1970"),
        ("n\u00e9 le 5 mai 1970", "5 mai 1970"), ("n\u00e9e \u00e0 Paris le 5 ao\u00fbt 1970", "5 ao\u00fbt 1970"),
        ("Date de naissance : 05/06/1970", "05/06/1970"), ("nacido el 5 de mayo de 1970", "5 de mayo de 1970"),
        ("fecha de nacimiento: 5/6/1970", "5/6/1970"), ("naci\u00f3 en Madrid el 5 de mayo de 1970", "5 de mayo de 1970"),
        ("nata il 5 maggio 1970", "5 maggio 1970"), ("data di nascita 05/06/1970", "05/06/1970"),
        ("nascido em 5 de maio de 1970", "5 de maio de 1970"), ("geboren op 5 mei 1970", "5 mei 1970"),
        ("urodzony 5 maja 1970 r.", "5 maja 1970"), ("\u0440\u043e\u0434\u0438\u043b\u0441\u044f 5 \u043c\u0430\u044f 1970 \u0433\u043e\u0434\u0430", "5 \u043c\u0430\u044f 1970"),
        ("\u0414\u0430\u0442\u0430 \u0440\u043e\u0436\u0434\u0435\u043d\u0438\u044f: 05.06.1970", "05.06.1970"),
    ],
)  # fmt: skip
def test_an_announced_birth_is_found(text: str, day: str) -> None:
    assert found(text) == [day]


@pytest.mark.parametrize(
    "text",
    [
        "born 14 March 1879", "born in 1975", "born in London and married on 5 May 1990", "the meeting on 5 May 1990",
        "stubborn 5 May 1990", "birthday party on 8 October 2025", "born. On 5 May 1990", "born 31/31/1990",
        "\u8bf7\u4e8e2002-08-02\u524d\u9886\u53d6", "2024\u5e743\u67085\u65e5\u751f\u6548", "\u5b66\u751f2024-03-05\u5f00\u5b66",
        "NATO 5 May 1990", "born 5 May 190", "reborn 5 May 1990", "1961\u5e749\u670831\u65e5\u51fa\u751f",
        "newborn 5/5/1990", "release date: 1990-05-05", "geboren 1970",
    ],
)  # fmt: skip
def test_other_days_stay(text: str) -> None:
    assert found(text) == []


def test_generated_births(data: Path) -> None:
    """120 birth dates in Chinese are all found whole; the 60 that are dates by which prizes are to be fetched, and are
    labelled as births, stay; nothing else is taken, in Chinese or in prose of 3.4 million characters."""
    rows = jsonl(data / "pii" / "zh_generated.jsonl.zst")
    spans = find_spans([row["text"] for row in rows], detectors_of(("birth-date",)), REGIONS)
    true = [{(s["start"], s["end"]) for s in row["spans"] if s["type"] == "DATE_OF_BIRTH"} for row in rows]
    own = [{(s.start, s.end) for s in found} for found in spans]
    assert sum(len(a & b) for a, b in zip(own, true, strict=True)) == sum(map(len, own)) == 120
    prose = [row["text"] for row in jsonl(data / "pii" / "lifebench_prose.jsonl.zst")]
    assert not any(find_spans(prose, detectors_of(("birth-date",)), REGIONS))
