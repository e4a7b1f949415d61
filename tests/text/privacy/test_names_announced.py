"""Names of people where a form, a letter or a sentence announces a person; and what is announced so and is none."""

from __future__ import annotations

import pytest

from llmctl.text.privacy.detectors import detectors_of
from llmctl.text.privacy.scan import find_spans
from llmctl.text.privacy.spans import Options

NAMES = detectors_of(("name",))


def found(text: str) -> list[str]:
    return [text[span.start : span.end] for span in find_spans([text], NAMES, Options())[0]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mr JOHN SMITH", ["JOHN SMITH"]),
        ("MR JOHN SMITH SAID THAT", ["JOHN SMITH"]),
        ("Mr. JOHN PAUL JONES was born", ["JOHN PAUL JONES"]),
        ("Dear JOHN SMITH,", ["JOHN SMITH"]),
        ("Dear JOHN,", ["JOHN"]),
        ("My name is JOHN SMITH", ["JOHN SMITH"]),
        ("MRS. ANNA T. KOWALSKI OF WARSAW", ["ANNA T. KOWALSKI"]),
        ("Mr VANTERPOOL", ["VANTERPOOL"]),
        ("DEAR MISS HUNTER:", ["HUNTER"]),
        ("Surname: VANTERPOOL", ["VANTERPOOL"]),
        ("Nom : DESROSIERS", ["DESROSIERS"]),
        ("Name on card: TOBIAS BRENNECKE", ["TOBIAS BRENNECKE"]),
        ("Nom : Desrosiers, Pr\u00e9nom : Am\u00e9lie", ["Desrosiers", "Am\u00e9lie"]),
        ("MR IMAGING SYSTEM", []),
        ("MS WINDOWS SERVER", []),
        ("MISS AMERICA", []),
        ("Dear CUSTOMER,", []),
        ("Mr. ROBOT", []),
        ("Surname: REQUIRED", []),
        ("Last name: NVARCHAR", []),
        ("Family name: ROSACEAE", []),
        ("Family name: Felidae", []),
        ("Nom : Tableau", []),
        ("Nom : Produit A", []),
    ],
)
def test_names_in_capitals_are_found_where_a_person_is_announced(text: str, expected: list[str]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Name:John Smith", ["John Smith"]),
        ("Name (last, first): SMITH, JOHN", ["SMITH, JOHN"]),
        ("Employee: Kowalski, Jan", ["Kowalski, Jan"]),
        ("Nome completo: Concei\u00e7\u00e3o Albuquerque", ["Concei\u00e7\u00e3o Albuquerque"]),
        ("Attn: Mrs R. Featherstone", ["R. Featherstone"]),
        ('{"firstName": "John", "lastName": "Quolt"}', ["John", "Quolt"]),
        ("{'full_name': 'Quolt, Zbyhn'}", ["Quolt, Zbyhn"]),
        ('From: "Lindqvist, Per" <per@host.example>', ["Lindqvist, Per"]),
        ("From: Per Lindqvist <per@host.example>", ["Per Lindqvist"]),
        ('Cc: "Zebrunko, Orlan" <oz@host.example>', ["Zebrunko, Orlan"]),
        ('Cc: "Quolt, Zbyhn" <oz@host.example>', ["Quolt, Zbyhn"]),
        ('Cc: "Berlin, Germany" <oz@host.example>', []),
        ('From: "GitHub" <oz@host.example>', []),
        ("From: Kubernetes Docs <oz@host.example>", []),
        ('{"firstName": "string", "full_name": "Full Name", "surname": "required"}', []),
        ("Customer: Contoso, Inc", []),
        ("fun f(name:String, owner:Customer)", []),
        ("Name: :", []),
        ("Surname: ::)", []),
        ("First Name:  :  Last Name:  :", []),
        ("Nachname: I'm", []),
    ],
)
def test_forms_records_and_headers_of_mail(text: str, expected: list[str]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I'm Nigerian. Like many Nigerian families we eat.", []),
        ("I am Brazilian, I'm Kenyan, I'm Swedish, I'm Texan, I'm Pakistani, I'm Uzbek", []),
        ("I'm Buddhist, I'm Hindu, I am Muslim, I'm Lutheran, I'm Filipino, I'm Basque, I'm Thai", []),
        ("I'm Aquarius. I am Libra!", []),
        (
            "I'm Adrian. I'm Zbyhn. I am Yaroslav, I'm Oluwaseyi, I'm Finn",
            ["Adrian", "Zbyhn", "Yaroslav", "Oluwaseyi", "Finn"],
        ),
        ("My name is Zbyhnian", ["Zbyhnian"]),
        ("This is Madrid. This is Ramadan, this is Volvo; this is Postgres", []),
        ("This is Django. named after Reuters", []),
        ("This is London calling", []),
        ("This is Zbyhn Quolt speaking", ["Zbyhn Quolt"]),
        ("Hello, this is Zbyhn.", ["Zbyhn"]),
        ("This is Zbyhn, my brother.", ["Zbyhn"]),
        ("This is Bill, this is Anna Quolt.", ["Bill", "Anna Quolt"]),
    ],
)
def test_what_people_are_and_what_is_shown_is_no_name(text: str, expected: list[str]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"We take privacy seriously," said Quolt. More.', []),
        ('"The new one has a better camera than the one of last year," said Quolt.', []),
        ('"I never saw such a thing in all the years of my life," said Quolt.', ["Quolt"]),
        ('"The new one has a better camera than the last," muttered Quolt.', ["Quolt"]),
        ('"Is the new one really better than that of last year?" said Quolt.', ["Quolt"]),
        ('"It is late," said Quolt.', ["Quolt"]),
        ("Quolt was born in 2012, long after Vrelk.", []),
        ("Quolt was born in Brno.", ["Quolt"]),
    ],
)
def test_firms_say_things_too_and_ideas_are_born(text: str, expected: list[str]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Amanda Knox Ich habe", ["Amanda Knox"]),
        ("Leo Kommentar-Feed", []),
        ("Anna Bowes-Young", ["Anna Bowes-Young"]),
        ("Mike Tyson-Fury", ["Mike Tyson-Fury"]),
        ("Berlin Scientology headquarters and Boston Celtics", []),
        ("Barrie Zwicker", ["Barrie Zwicker"]),
        ("Ang Pangkalahatang Kapulungan", []),
        ("Ang Lee", ["Ang Lee"]),
        ("Ich hei\u00dfe Sie willkommen", []),
        ("Ich hei\u00dfe Zbyhn", ["Zbyhn"]),
        ("Anna Schmidt war in Brno", ["Anna Schmidt"]),
        ("Soyuz Sputnik (1957 - 1991)", []),
        ("Burj Quolt (born 2010)", []),
        ("Deutsche Quolt, director of networks", []),
        ("letter to Mrs. F. gave", []),
        ("Dr. S. Quolt Spring", ["S. Quolt"]),
    ],
)
def test_words_of_other_languages_and_cities_have_no_family_names(text: str, expected: list[str]) -> None:
    assert found(text) == expected
