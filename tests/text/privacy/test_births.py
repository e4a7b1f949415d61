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
        ("b. 12 May 1950 in", "12 May 1950"), ("出生日期：1961年09月21日", "1961年09月21日"),
        ("出生日期1980-09-23", "1980-09-23"), ("生于1961年09月21日", "1961年09月21日"),
        ("于1961年9月21日出生", "1961年9月21日"),
        ("1961年9月21日在北京出生", "1961年9月21日"),
        ("男，1961年9月21日生，", "1961年9月21日"), ("1980-09-23出生", "1980-09-23"),
        ("1980年9月23日生まれ", "1980年9月23日"),
        ("geboren am 5. Mai 1970 in Bonn", "5. Mai 1970"), ("Geburtsdatum: 05.06.1970", "05.06.1970"),
        ("né le 5 mai 1970", "5 mai 1970"), ("née à Paris le 5 août 1970", "5 août 1970"),
        ("Date de naissance : 05/06/1970", "05/06/1970"), ("nacido el 5 de mayo de 1970", "5 de mayo de 1970"),
        ("fecha de nacimiento: 5/6/1970", "5/6/1970"), ("nació en Madrid el 5 de mayo de 1970", "5 de mayo de 1970"),
        ("nata il 5 maggio 1970", "5 maggio 1970"), ("data di nascita 05/06/1970", "05/06/1970"),
        ("nascido em 5 de maio de 1970", "5 de maio de 1970"), ("geboren op 5 mei 1970", "5 mei 1970"),
        ("urodzony 5 maja 1970 r.", "5 maja 1970"), ("родился 5 мая 1970 года", "5 мая 1970"),
        ("Дата рождения: 05.06.1970", "05.06.1970"),
    ],
)  # fmt: skip
def test_an_announced_birth_is_found(text: str, day: str) -> None:
    assert found(text) == [day]


@pytest.mark.parametrize(
    "text",
    [
        "born 14 March 1879", "born in 1975", "born in London and married on 5 May 1990", "the meeting on 5 May 1990",
        "stubborn 5 May 1990", "birthday party on 8 October 2025", "born. On 5 May 1990", "born 31/31/1990",
        "请于2002-08-02前领取", "2024年3月5日生效", "学生2024-03-05开学",
        "NATO 5 May 1990", "born 5 May 190", "reborn 5 May 1990", "1961年9月31日出生",
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
