"""Numbers of persons: which are found where, and which only look alike."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from labelled_spans import REGIONS, jsonl

from llmctl.text.privacy.detectors import detectors_of
from llmctl.text.privacy.identity.national import NUMBERS
from llmctl.text.privacy.identity.national.numbering import as_pattern, length_of
from llmctl.text.privacy.scan import find_spans


def found(text: str) -> list[str]:
    return [text[s.start : s.end] for s in find_spans([text], detectors_of(("id-number",)), REGIONS)[0]]


@pytest.mark.parametrize(
    "number",
    [
        "110101199003077715", "11010119900307002X", "110101 19900307 7715", "536-90-4399", "263.946.533-30", "11.222.333/0001-81",
        "PEPP700101HASRRD09", "12.345.678-5", "20-11111111-2", "A123456(3)", "900101-14-5678", "1-1005-00123-45-1",
        "12.345.678-Z", "X-1234567-L", "RCCMNL83S18D969H", "2 95 10 99 126 111 93", "756.9217.0769.85",
        "85.07.30-033.28", "131052-308T", "112-233-445 95", "AB 12 34 56 C",
    ],
)  # fmt: skip
def test_a_strong_number_is_found_without_a_word(number: str) -> None:
    assert found(f"see {number}, please") == [number]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("SSN 536 90 4399", "536 90 4399"), ("my social security\nnumber is 536904399", "536904399"),
        ("NI number AB123456C", "AB123456C"), ("NHS number 943 476 5919", "943 476 5919"),
        ("SIN: 963-553-151", "963-553-151"), ("tax file number: 963 553 151.", "963 553 151"),
        ("ABN 83 914 571 673", "83 914 571 673"), ("Aadhaar 2341 2341 2346", "2341 2341 2346"),
        ("PAN: ABCPE1234F", "ABCPE1234F"), ("DNI 12345678Z", "12345678Z"), ("NIE X1234567L", "X1234567L"),
        ("Steuer-ID 36 574 261 809", "36 574 261 809"), ("PESEL 44051401458", "44051401458"),
        ("BSN 111222333", "111222333"), ("NIF 123456789", "123456789"), ("personnummer 811228-9874", "811228-9874"),
        ("CPR-nr. 070761-4285", "070761-4285"), ("TC kimlik no 10000000146", "10000000146"),
        ("ID number 8001015009087", "8001015009087"), ("NRIC S1234567D", "S1234567D"), ("HKID A1234563", "A1234563"),
        ("身分證 A123456789", "A123456789"), ("個人番号", ""),
        ("ИНН 500100732259", "500100732259"), ("身份证130503670401001", "130503670401001"),
        ("passport number 912803456", "912803456"), ("Passport No: C01X00T47", "C01X00T47"),
        ("my passport number AB 123 4567", "AB 123 4567"), ("passport no AB 1234567", "AB 1234567"),
        ("passport: A 12 34 567.", "A 12 34 567"),
        ("护照号码G90727425，", "G90727425"), ("中华人民共和国护照 D12345678", "D12345678"),
        ("持E12345678号护照", "E12345678"),
        ("driver's license number is a56319335", "a56319335"), ("driver’s license: D123-4567-8901", "D123-4567-8901"),
        ("driving licence MORGA657054SM9IJ", "MORGA657054SM9IJ"),
    ],
)  # fmt: skip
def test_a_weaker_number_is_found_beside_its_word(text: str, number: str) -> None:
    assert found(text) == ([number] if number else [])


@pytest.mark.parametrize(
    "text",
    [
        "130503196704010011", "110101199003077716", "100101199003077715", "666-90-4399", "000-12-3456", "123-45-6789",
        "536-00-4399", "950-40-1234", "not a SIN: 123-456-781", "not an ABN: 83 914 571 679", "000.000.000-12",
        "536904399", "943 476 5919", "12345678Z", "963-553-151", "sin 963-553-151 euros", "+81 158-23-2012",
        "中华人民共和国护照 D1234567", "passport photos 20240101", "passport numbers in 2019 2020",
        "passport no to 12 34 56", "passport AB 123", "passport number of 123 4567", "passport to 912803456",
        "my passport expires 2030-01-01", "driver's license in 2021", "ISBN 978-3-16-148410-0", "1-536-90-4399",
        "536-90-4399-1", "0.536904399 SSN", "学号623130428741274518", "SSN: 123456789", "commit 5369043 ssn",
    ],
)  # fmt: skip
def test_what_only_looks_like_one_stays(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize("joint", [" ", ", ", ",", "/", " / ", " and "])
@pytest.mark.parametrize("numbers", [
    ("536-90-4399", "536-90-4398"), ("11010119900307002X", "110101199003077715", "110101199003077715"),
    ("112-233-445 95", "112-233-445 95"), ("263.946.533-30", "263.946.533-30"),
])  # fmt: skip
def test_strong_numbers_side_by_side_are_found_each(numbers: tuple[str, ...], joint: str) -> None:
    assert found(f"see {joint.join(numbers)}.") == list(numbers)


@pytest.mark.parametrize("joint", [" ", ", ", " / ", " and "])
@pytest.mark.parametrize("word, number", [
    ("SSN", "536 90 4399"), ("SSN", "536904399"), ("NHS numbers", "943 476 5919"), ("Aadhaar", "2341 2341 2346"),
    ("SIN:", "963-553-151"), ("tax file numbers", "963 553 151"), ("passport numbers", "C01X00T47"),
    ("passports", "AB123456"), ("driving licence numbers", "MORGA657054SM9IJ"),
])  # fmt: skip
def test_weaker_numbers_side_by_side_beside_one_word(word: str, number: str, joint: str) -> None:
    assert found(f"{word} {joint.join([number] * 3)}.") == [number] * 3


@pytest.mark.parametrize("text", [
    "SSN 536 90 4399 536 90 43", "SSN 12 536 90 4399", "SSN 12 536 90 4399 536 90 4398",
    "NHS 943 476 5919 943 476 5918", "Aadhaar 2341 2341 2346 2341",
    "110101 19900307 7715 110101 19900307 7716", "SIN 963 553 151 963 553 152 963 553 153",
])  # fmt: skip
def test_figures_in_a_row_with_numbers_that_are_none_stay(text: str) -> None:
    assert found(text) == []


def test_a_list_of_passports_ends_with_their_letters_and_digits() -> None:
    assert found("passport numbers C01X00T47, C01X00T48, 123456789 and AB123456") == ["C01X00T47", "C01X00T48"]


def test_each_row_names_its_country_its_forms_and_its_authority() -> None:
    for row in NUMBERS:
        assert len(row.country) == 2 and row.name and row.source
        assert row.strict or row.forms
        assert bool(row.context) == bool(row.forms)
    assert len({row.country for row in NUMBERS}) >= 45


@pytest.mark.parametrize("row", NUMBERS, ids=lambda row: f"{row.country}-{row.name}")
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_no_check_fails_on_what_has_its_form(row, data) -> None:
    form = data.draw(st.sampled_from((*row.strict, *row.forms)))
    value = data.draw(st.from_regex(as_pattern(form), fullmatch=True))
    assert len(value) == length_of(form)
    assert row.valid("".join(char for char in value if char.isalnum()).upper()) in (True, False)


def test_generated_numbers(data: Path) -> None:
    """US numbers and licences (60 and 13), Chinese identity numbers (120) and passports (60), beside wrong check digits,
    numbers of orders, students and builds: all found, each whole, and nothing else."""
    types = {"US_SSN", "US_DRIVER_LICENSE", "ID_CARD", "PASSPORT"}
    for name in ("presidio_generated_large", "presidio_synth_v2", "zh_generated"):
        rows = jsonl(data / "pii" / f"{name}.jsonl.zst")
        spans = find_spans([row["text"] for row in rows], detectors_of(("id-number",)), REGIONS)
        true = [{(s["start"], s["end"]) for s in row["spans"] if s["type"] in types} for row in rows]
        assert [{(s.start, s.end) for s in own} for own in spans] == true


def test_cases_of_another_tool(data: Path) -> None:
    """Every governmental number of its cases but one that is made up (`1234-J`), and none of its counter-examples."""
    for case in jsonl(data / "pii" / "bigscience_pii_manager_cases.jsonl.zst"):
        assert len(found(case["text"])) == case["expected"].count("<GOV_ID>") - ("vogonian" in case["text"])
