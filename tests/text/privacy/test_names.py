"""Names of people: what is one, what only looks so, and how many are found in texts with known spans."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from labelled_spans import jsonl

from llmctl.text.privacy.detectors import detectors_of
from llmctl.text.privacy.masking import mask_spans
from llmctl.text.privacy.names import gazetteer, pinyin
from llmctl.text.privacy.names.runs import run_from
from llmctl.text.privacy.scan import find_spans
from llmctl.text.privacy.spans import Options

NAMES = detectors_of(("name",))


def spans_of(texts: list[str]) -> list[list[tuple[int, int]]]:
    return [[(span.start, span.end) for span in spans] for spans in find_spans(texts, NAMES, Options())]


def found(text: str) -> list[str]:
    return [text[start:end] for start, end in spans_of([text])[0]]


def masked(text: str) -> str:
    spans = find_spans([text], NAMES, Options())[0]
    return mask_spans(text, spans)[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("we met Margaret Hamilton in Boston", ["Margaret Hamilton"]),
        ("as Gretchen's killers said", ["Gretchen"]),
        ("Mr. Okonkwo-Braithwaite called", ["Okonkwo-Braithwaite"]),
        ("Mrs. St. Clair is here", ["St. Clair"]),
        ("to Prof. Dr. Sabine Leutheusser", ["Sabine Leutheusser"]),
        ("Ludwig van der Rohe and Ursula von der Leyen", ["Ludwig van der Rohe", "Ursula von der Leyen"]),
        ("by J. R. Thompson and G. H. Hardy", ["J. R. Thompson", "G. H. Hardy"]),
        ("Iva D. Grusov\u00e1 of Brno", ["Iva D. Grusov\u00e1"]),
        ("wrote Sean O'Brien, M. Dupont and Kim", ["Sean O'Brien", "M. Dupont", "Kim"]),
        ("Mark Smith met Virginia Woolf", ["Mark Smith", "Virginia Woolf"]),
        ("Hi Natalie, thanks.\nRegards,\nKeith", ["Natalie", "Keith"]),
        ("My name is Zbyhn\u011bv Kvapil.", ["Zbyhn\u011bv Kvapil"]),
        ("my name is matthew pu\u0161aver and i live here", ["matthew pu\u0161aver"]),
        ("have you heard Stevie Wonder sing", ["Stevie Wonder"]),
        ("Robert Downey Jr. and Sammy Davis III came", ["Robert Downey Jr.", "Sammy Davis III"]),
        ("Lunch with Zhou Tao and Ye Mingxuan", ["Zhou Tao", "Ye Mingxuan"]),
        ("встреча с Иваном Петровичем Сидоровым", ["Иваном Петровичем Сидоровым"]),
        ("Herr Schulze-Boysen und Frau Lindqvist", ["Schulze-Boysen", "Lindqvist"]),
        ("Aunt Thompson and President Roosevelt", ["Thompson", "Roosevelt"]),
        ("\u7531 Linus Torvalds \u5199\u5c31\uff1bRaphael\u540c\u610f", ["Linus Torvalds", "Raphael"]),
        ("follow up with jennifer berm\u00fadez in a week, please.", ["jennifer berm\u00fadez"]),
        ("the painter Zbyhn Quolt and his wife Oolva", ["Zbyhn Quolt", "Oolva"]),
        ("as Queequeg's father said", ["Queequeg"]),
        ("by Bolat Umkhayenko in 1975", ["Bolat Umkhayenko"]),
        ("Karl-Heinrich Quolt auf der Karl-Marx-Stra\u00dfe", ["Karl-Heinrich Quolt"]),
        ("escreveu Jo\u00e3o Quoltes em Lisboa", ["Jo\u00e3o Quoltes"]),
        (" * @author Inderjeet Singh\n", ["Inderjeet Singh"]),
    ],
)  # fmt: skip
def test_names_are_found_whole_and_without_their_titles(text: str, expected: list[str]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Johns Hopkins University", "the Wolf-Carpenter office", "Victoria Street and victoria street", "Mount St. Helens",
        "San Francisco, Santa Barbara, Saint Petersburg", "King George Island", "Elizabeth Bridge", "Thomas Avenue 12",
        "12 Victor Hugo", "Hurricane Katrina and Hurricane Donna", "Jordan River near Paris in Georgia", "Bayes theorem",
        "Will you come in May? Mark the date. Bill it. Hope springs.", "April, June and August", "Chase Bank",
        "Don't worry, I'm fine", "He said so. You said your email is wrong.", "the Amazon and Java and Julia code",
        "name: Lint Rust", "name: Build", "Hello World", "Dear Sir or Madam", "Author: API team", "Dr. Who",
        "john.smith", "@Alice #Alice Alice_1 /Alice/ Alice()", "user.Peter = x", 'names["Gretchen"]', "JamesBond",
        "Hong Kong", "Microsoft's office", "the singer API", "his wife said", 
            "font: serif; color: jasmine;", "in Charlotte, NC",
            "Smith, Jones and Brown Ltd", "Anders als die anderen", "Monday Morning in London",
        "The New York Times", "Debian GNU/Linux", "Das Lesen der Dateien", "Costa Rica", "", "A.", "Mr.", "Mr. ", "my name is ",
    ],
)  # fmt: skip
def test_what_only_looks_like_a_name_stays(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mr. Will Young called", ["Will Young"]),
        ("Dr. Grace Field and Prof. Alonzo Church", ["Grace Field", "Alonzo Church"]),
        ("Mrs. King met Mr. Van Buren", ["King", "Van Buren"]),
        ("Rev. Will Young and Sen. Quolt", ["Will Young", "Quolt"]),
        ("it was Mr. Stubb who told the mate that Mr.\nRucastle came", ["Stubb", "Rucastle"]),
        ("ask mr. elliott or ms. Quinzia", ["elliott", "Quinzia"]),
        ("My name is Will Young.", ["Will Young"]),
        ("my name is will young", ["will young"]),
        ("I am called May Rose", ["May Rose"]),
        ("My sister is called Brosca Quolt", ["Brosca Quolt"]),
        ("What's your last name? Quolt", ["Quolt"]),
        ("Sharon Van Etten and Ursula Le Guin", ["Sharon Van Etten", "Ursula Le Guin"]),
    ],
)
def test_where_a_person_is_certain_english_words_are_names(text: str, expected: list[str]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Name: Will Young", "Will Young"), ("Patient: Mark Bush", "Mark Bush"), ("Signed: Rose Hill", "Rose Hill"),
        ("From: Grant Wood <gw@mail.example>", "Grant Wood"), ("Name: JOHN SMITH", "JOHN SMITH"),
        ("Name: SMITH, John", "SMITH, John"), ("NAME: SMITH JOHN A.", "SMITH JOHN A."),
        ("Patient name: SMITH, JOHN\nDOB:", "SMITH, JOHN"), ("Name: Smith, John, 12 High St", "Smith, John"),
        ("name: john smith", "john smith"), ("patient's name: mark bush", "mark bush"), ("Surname: SMITH", "SMITH"),
        ("First name: john", "john"), ("Last name: Young", "Young"), ("Customer: KOWALSKI ANNA", "KOWALSKI ANNA"),
        ("Full name: Zbyhn Quolt | Phone: 1", "Zbyhn Quolt"), ("Nachname: Lindqvist", "Lindqvist"),
        ("Name:   Brosca T. Quolt\n", "Brosca T. Quolt"), ("Ship to: Sophie Quolt", "Sophie Quolt"),
        ("Last name: de la Cruz", "de la Cruz"), ("NAME: O'BRIEN, MARY", "O'BRIEN, MARY"),
        ("Student Name: Will Young Date: 3 May", "Will Young"),
    ],
)  # fmt: skip
def test_forms_are_filled_in_with_names_in_any_letter_case(text: str, expected: str) -> None:
    assert found(text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "Name: Rose Garden", "Name: FILE NAME", "name: mark read", "name: red hat", "Name: Ubuntu Linux", "Name: PostgreSQL",
        "Project name: Zbyhn Quolt", "file name: john smith", "host_name: john smith", "name: nginx", "name: default",
        "Name: Required Field", "Surname: required", "first_name: str", '"name": "john smith"', "Customer: Value Inc",
        "From: Kuala Terengganu", "Name: Quolt", "Name: JORDAN VALLEY", "Name: Berlin", "To: London",
        "Name: SAN JOSE", "name: mark long", "Name: Grace Period", "Contact: the office",
    ],
)  # fmt: skip
def test_what_forms_ask_about_things_stays(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Dear Khasanbek,\nthe parcel", ["Khasanbek"]),
        ("Hi Zbyhn Quolt, here it is", ["Zbyhn Quolt"]),
        ("See you.\n\nBest regards,\nZbyhn Quolt\n", ["Zbyhn Quolt"]),
        ("Thanks,\nWill", ["Will"]),
        ("Sincerely,\n\nMark Bush", ["Mark Bush"]),
        ("Thanks,\nMore follows tomorrow.", []),
        ("Thanks,\nThe Team", []),
        ("Thanks,\nPrice Vrelk", []),
        ("Dear Colleagues,\nI said hello Quolt and left", []),
        ("Liebe Kundinnen,\nMit freundlichen Gr\u00fc\u00dfen,\nIhr Kundendienst", []),
    ],
)
def test_letters_greet_and_are_signed(text: str, expected: list[str]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "{}, 34, said so", "{}, director of the museum", "{} (born 1970) is a painter", "{} (1901-1977) painted",
        "{} <zq@mail.example> wrote", '"{}" <zq@mail.example>', "{} was born in Brno", "{} lives in Brno", "{}'s wife",
        "{} told me", "{} composed it at the age of nine", "President {} spoke", "the analyst {} agreed",
        '"It is late," says {}.', "directed by {} in 1990",
    ],
)  # fmt: skip
def test_persons_of_no_list_are_told_by_what_only_persons_do(text: str) -> None:
    assert found(text.format("Zbyhn Quolt")) == ["Zbyhn Quolt"]
    assert found(text.format("Annual Report")) == []
    assert found(text.format("Zbyhn University")) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Quolt shrugged. \u201cNo,\u201d said Zbyhn, and Captain Vrelk left.", ["Quolt", "Zbyhn", "Vrelk"]),
        ("with Brosca, Anna, Mark and Oolva", ["Brosca", "Anna", "Mark", "Oolva"]),
        ("Brosca, Trier and Oolva", []),
        ("Thessalians shrugged, and the Bolognese laughed", []),
        ("Zbyhn Quolt (1914-1918)", []),
        ("Zbyhn, 34, and Quolt was built in 1970", []),
    ],
)
def test_one_word_needs_more(text: str, expected: list[str]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Jeden Morgen geht Paul in den Keller", ["Paul"]),
        ("Anna Keller und Herr Sommer", ["Anna Keller", "Sommer"]),
        ("Secondo la Guida, oh mio Dio", []),
        ("Joseph non conosceva la citt\u00e0. Hai fame?", ["Joseph"]),
    ],
)
def test_words_of_other_languages_are_no_names_alone(text: str, expected: list[str]) -> None:
    assert found(text) == expected


def test_russian_given_names_have_their_cases() -> None:
    assert gazetteer.russian_cases("Иван") >= {
        "Иван",
        "Ивана",
        "Иваном",
    }
    assert gazetteer.russian_cases("Мария") == {
        "Мария",
        "Марии",
        "Марию",
        "Марией",
    }
    assert gazetteer.russian_cases("Отто") == {"Отто"}


@pytest.mark.parametrize(("words", "is_one"), [("Zhou Tao", True), ("Long Pan", False), ("Zhou Smith", False)])
def test_two_syllable_words_are_a_chinese_name_if_they_are_not_both_english(words: str, is_one: bool) -> None:
    assert pinyin.is_name(words.split()) is is_one


def test_a_run_ends_at_a_double_space_a_comma_and_a_line() -> None:
    for text in ("Anna Maria  Berg", "Anna Maria, Berg", "Anna Maria\nBerg"):
        assert [token.word for token in run_from(text, 0)] == ["Anna", "Maria"]


PIECES = st.sampled_from([
    "Anna", "Smith", "Mr.", "Dr.", "Zhou", "Tao", "van", "der", "J.", "St.", "University", "my name is", "Dear", "said", "the",
    "Mark", "Jones", "Kowalski", ",", "'s", "-", " ", " ", " ", "\n", "12", "(", '"', "<NAME>", "\u4e2d", "и", "anna",
])  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=14).map("".join))
def test_masking_names_twice_masks_nothing_more(text: str) -> None:
    assert masked(masked(text)) == masked(text)


@pytest.mark.parametrize(
    "unit", ["Anna ", "Mr. ", "Smith, ", "my name is ", "J. ", "A", "O'", "-", "van der ", "Anna-"]
)
def test_a_megabyte_of_one_thing_ends(unit: str) -> None:
    """In quadratic time it would not; a run of more capitalised words than a name has is a heading."""
    spans = spans_of([unit * (1_000_000 // len(unit))])[0]
    assert all(end - start < 200 for start, end in spans)


def counted(path: Path, kinds: tuple[str, ...]) -> tuple[float, float, float]:
    """Precision, recall and F1 of whole spans."""
    rows = jsonl(path)
    true = [{(span["start"], span["end"]) for span in row["spans"] if span["type"] in kinds} for row in rows]
    hits = [set(spans) for spans in spans_of([row["text"] for row in rows])]
    right = sum(len(a & b) for a, b in zip(true, hits, strict=True))
    precision, recall = right / sum(map(len, hits)), right / sum(map(len, true))
    return precision, recall, 2 * precision * recall / (precision + recall)


@pytest.mark.parametrize(("name", "least"), [("presidio_generated_large", 0.83), ("presidio_synth_v2", 0.83)])
def test_f1_on_generated_english(data: Path, name: str, least: float) -> None:
    """Measured 0.86 (n = 1411) and 0.87 (n = 520) of whole spans; precision 0.96 and 0.94. Names with titles count as
    missed where the gold has the title in them; of lone family names and names of no list most are missed."""
    precision, _, f1 = counted(data / "pii" / f"{name}.jsonl.zst", ("PERSON",))
    assert precision > 0.91 and f1 > least


@pytest.mark.parametrize(
    ("language", "precision", "recall"),
    [("en", 0.87, 0.62), ("de", 0.89, 0.67), ("es", 0.88, 0.82), ("fr", 0.86, 0.8), ("it", 0.88, 0.69), ("nl", 0.89, 0.85),
     ("pl", 0.85, 0.8), ("pt", 0.83, 0.53), ("ru", 0.7, 0.07)],
)  # fmt: skip
def test_precision_and_recall_on_encyclopedias(data: Path, language: str, precision: float, recall: float) -> None:
    """350 sentences each, silver; Russian has few of its names in the lists."""
    measured = counted(data / "pii" / "wikineural" / f"{language}.val.jsonl.zst", ("PER",))
    assert measured[0] > precision and measured[1] > recall


def test_code_has_authors_and_no_other_names(data: Path) -> None:
    """Of 4.8 MB of code, read whole: 0.06 in a kilobyte, authors but for a few literals."""
    with zstandard.open(data / "code" / "code.jsonl.zst", "rb") as stream:
        texts = [json.loads(line)["content"] for line in io.BytesIO(stream.read())]
    spans = spans_of(texts)
    assert sum(map(len, spans)) < 0.07 * sum(map(len, texts)) / 1000
