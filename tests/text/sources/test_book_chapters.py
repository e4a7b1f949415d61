"""A heading is what rises in number with text below it; contents, sections and sentences are none."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmctl.text.sources.books.chapters import find
from llmctl.text.sources.books.headings import CHAPTER, PART, heading
from llmctl.text.sources.books.numerals import number

NUMBERS = {
    "7": 7,
    "XLIV": 44,
    "iv": 4,
    "IIII": 4,
    "twelve": 12,
    "TWENTY-ONE": 21,
    "twenty one": 21,
    "The": None,
    "FIRST": 1,
    "zweites": 2,
    "Fünfter": 5,
    "premier": 1,
    "DEUXIÈME": 2,
    "segunda": 2,
    "terzo": 3,
    "первая": 1,
    "十": 10,
    "十二": 12,
    "二十": 20,
    "一百零五": 105,
    "一零五": 105,
    "一百二十": 120,
    "廿三": 23,
    "两千": 2000,
    "１２": 12,
    "壹": 1,
    "mild": None,
    "IC": None,
    "": None,
    "12a": None,
    "9999": None,
    "99999999": None,
    "一二三四五六七八九十": None,
}


@pytest.mark.parametrize("word", NUMBERS)
def test_numbers_are_read_as_books_write_them(word: str) -> None:
    assert number(word) == NUMBERS[word]


HEADINGS = {
    "CHAPTER I": ("chapter", 1, ""),
    "Chapter 12. The Biographer": ("chapter", 12, "The Biographer"),
    "CHAPTER THE FIRST": ("chapter", 1, ""),
    "Chapter Twenty-One": ("chapter", 21, ""),
    "_CHAPTER IX_": ("chapter", 9, ""),
    "CHAP. III.--Of Trout": ("chapter", 3, "Of Trout"),
    "LETTER IV.": ("letter", 4, ""),
    "STAVE ONE: SNOW": ("stave", 1, "SNOW"),
    "ACT I": ("act", 1, ""),
    "SCENE II. A street.": ("scene", 2, "A street"),
    "BOOK THE SECOND": ("book", 2, ""),
    "Vol. II": ("volume", 2, ""),
    "PART ONE": ("part", 1, ""),
    "EPOCH THE THIRD.": ("epoch", 3, ""),
    "CHAPITRE PREMIER": ("chapter", 1, ""),
    "Première partie": ("part", 1, ""),
    "Erstes Kapitel": ("chapter", 1, ""),
    "Capítulo XII — De lo que pasó": ("chapter", 12, "De lo que pasó"),
    "CAPITOLO TERZO": ("chapter", 3, ""),
    "2. fejezet": ("chapter", 2, ""),
    "Глава первая": ("chapter", 1, ""),
    "ГЛАВА IV": ("chapter", 4, ""),
    "第一章 灯": ("chapter", 1, "灯"),
    "　　第十二回　灯　船": ("chapter", 12, "灯 船"),
    "第１２章": ("chapter", 12, ""),
    "第3章システムの初期化": ("chapter", 3, "システムの初期化"),
    "章 4. 網路": ("chapter", 4, "網路"),
    "卷一": ("book", 1, ""),
    "卷下": ("book", 3, ""),
    "第二卷 风起": ("book", 2, "风起"),
    "第一卷 风起 第三章 雨": ("chapter", 3, "雨"),
    "正文 第五章 雪": ("chapter", 5, "雪"),
    "제2장 바다": ("chapter", 2, "바다"),
    "VII. The Lamp": ("roman.", 7, "The Lamp"),
    "IX.": ("roman", 9, ""),
    "12": ("arabic", 12, ""),
    "3) Sailors": ("arabic.", 3, "Sailors"),
    "Epilogue": ("named", None, "Epilogue"),
    "PREFACE TO THE SECOND EDITION": ("named", None, "PREFACE TO THE SECOND EDITION"),
    "Appendix A. Knots": ("named", None, "Appendix A. Knots"),
    "楔子": ("named", None, "楔子"),
    "付録A 補遺": ("named", None, "付録A 補遺"),
    "プロローグ": ("named", None, "プロローグ"),
}


@pytest.mark.parametrize("line", HEADINGS)
def test_line_is_a_heading(line: str) -> None:
    found = heading(line)
    assert found is not None
    kind, value, title = HEADINGS[line]
    assert (found.kind, found.number, found.title) == (kind, value, title)


SENTENCES = [
    "Part of her meaning was lost.",
    "Chapter 5 was long, and",
    "letter to-day.",
    "Part 2 of the plan failed.",
    "I am here.",
    "Book a table for two.",
    "Chapter and verse.",
    "第四回中既将各人表明，此回暂不写。",
    "第一章讲的是一个人的故事。",
    "卷上门帘进来",
    "第 2.1.5 节 选项",
    "3.1. Rules",
    "* Appendix",
    "introduction",
    "Preface would be too much to call it",
    "A. Knots",
    "1999",
    "V for victory, he said",
    "2 loaves,",
    "",
    " " * 300,
    "Chapter 1" + " x" * 200,
]


@pytest.mark.parametrize("line", SENTENCES)
def test_line_is_no_heading(line: str) -> None:
    found = heading(line)
    assert found is None or found.number is None or found.number > 1000  # a year stands in no chain


TEXT = ("The keeper wrote it down, and closed the book, and went up to the lamp again. " * 8).strip()


def book(*blocks: str) -> list[str]:
    return "\n\n".join(blocks).split("\n")


def chapters(*headings: str, between: str = TEXT) -> list[str]:
    return [block for line in headings for block in (line, between)]


def titles(lines: list[str]) -> list[str]:
    return [one.text for one in find(lines).headings]


ROMAN = ["I", "II", "III", "IV", "V", "VI", "VII"]


def test_a_table_of_contents_is_found_and_gives_no_chapters() -> None:
    table = "\n".join(f"Chapter {n}. Of {n}" for n in ROMAN)
    found = find(book("The Lamps", "CONTENTS", table, *chapters(*[f"Chapter {n}. Of {n}" for n in ROMAN])))
    assert len(found.chapters) == 7
    assert found.contents == [(2, 11)]


@pytest.mark.parametrize("gap", ["\n", "\n\n"])
@pytest.mark.parametrize("summary", ["", "\n  in which the lamp goes out and nobody knows what is to be done about it"])
def test_a_table_with_gaps_and_summaries_is_one(gap: str, summary: str) -> None:
    table = gap.join(f"CHAPTER {n}{summary}" for n in ROMAN)
    assert titles(book(table, *chapters(*[f"CHAPTER {n}" for n in ROMAN]))) == [f"CHAPTER {n}" for n in ROMAN]


def test_a_table_with_page_numbers_by_parts_is_one() -> None:
    rows = [f"{n:>8}. The {n.title()} Lamp {12 * i:>12}" for i, n in enumerate(ROMAN, 2)]
    first, second = (
        f"CHAPTER I. The {name}      {page}\n{rows[1]}\n{rows[2]}" for name, page in (("Lamp", 1), ("Oil", 9))
    )
    table = f"EPOCH THE FIRST, 1703.\n\n{first}\n\nEPOCH THE SECOND, 1715.\n\n{second}"
    body = [
        b
        for part in ("EPOCH THE FIRST.", "EPOCH THE SECOND.")
        for b in (part, *chapters(*[f"CHAPTER {n}." for n in ROMAN[:3]]))
    ]
    found = find(book("CONTENTS.", table, *body))
    assert [one.level for one in found.headings] == [PART, CHAPTER, CHAPTER, CHAPTER] * 2
    assert found.contents == [(0, 13)]


def test_a_table_at_the_end_is_one() -> None:
    table = "\n".join(f"Chapitre {n}" for n in ROMAN)
    found = find(book(*chapters(*[f"Chapitre {n}" for n in ROMAN]), "TABLE DES MATIERES", table))
    assert len(found.chapters) == 7 and len(found.contents) == 1


def test_a_preface_in_the_contents_and_in_the_book_counts_once() -> None:
    table = "Preface\n\nChapter 1\n\nChapter 2\n\nEpilogue"
    lines = book("Contents", table, *chapters("Preface", "Chapter 1", "Chapter 2", "Epilogue"))
    assert titles(lines) == ["Preface", "Chapter 1", "Chapter 2", "Epilogue"]


def test_very_short_chapters_are_chapters() -> None:
    assert len(find(book(*chapters(*[f"Chapter {n}" for n in range(1, 30)], between="The lamp."))).chapters) == 29


def test_chapters_begin_anew_in_each_part() -> None:
    lines = book(*[b for part in ("BOOK ONE", "BOOK TWO") for b in (part, *chapters(*[f"CHAPTER {n}" for n in ROMAN]))])
    found = find(lines)
    assert [one.number for one in found.chapters] == [1, 2, 3, 4, 5, 6, 7] * 2
    assert len(found.headings) == 16


def test_parts_alone_are_the_chapters() -> None:
    assert [one.level for one in find(book(*chapters("PART ONE", "PART TWO", "PART THREE"))).headings] == [CHAPTER] * 3


def test_scenes_are_chapters_of_acts() -> None:
    lines = book("ACT I", *chapters("SCENE I", "SCENE II"), "ACT II", *chapters("SCENE I", "SCENE II"))
    assert [(one.kind, one.number) for one in find(lines).chapters] == [("scene", 1), ("scene", 2)] * 2


def test_numbers_that_fall_or_stray_are_no_chapters() -> None:
    lines = book(*chapters("Chapter 1", "Chapter 2", "Chapter 90", "Chapter 3", "Chapter 2", "Chapter 4"))
    assert titles(lines) == [f"Chapter {n}" for n in (1, 2, 3, 4)]


def test_of_a_heading_that_stands_twice_the_first_counts() -> None:
    lines = book(*chapters("Chapter 1", "Chapter 2", "Chapter 2", "Chapter 3"))
    assert [one.line for one in find(lines).chapters] == [0, 4, 12]


def test_a_preface_in_a_list_of_titles_without_numbers_is_no_preface() -> None:
    listed = "\n\n".join(f"The {name} of the Lighthouse and its Keeper" for name in ("Lamp", "Oil", "Boat", "Rope") * 4)
    lines = book("Preface", listed, *chapters("Preface", "Chapter 1", "Chapter 2"))
    assert [one.line for one in find(lines).headings if one.kind == "named"] == [34]


def test_sections_with_bare_numbers_are_no_chapters_where_chapters_have_a_word() -> None:
    lines = book(*[b for n in (1, 2, 3) for b in (f"ADVENTURE {n}. A LAMP", *chapters("I.", "II.", "III."))])
    assert titles(lines) == [f"ADVENTURE {n}. A LAMP" for n in (1, 2, 3)]


def test_bare_numbers_that_carry_on_are_chapters() -> None:
    lines = book(*chapters("ADVENTURE I. A LAMP", "ADVENTURE II. A BOAT", "III. THE ROPE", "IV. THE BELL"))
    assert [one.number for one in find(lines).chapters] == [1, 2, 3, 4]


@pytest.mark.parametrize("form", ["{}", "{}.", "{}. The Lamp"])
def test_bare_numbers_are_chapters_where_nothing_better_is(form: str) -> None:
    assert len(find(book(*chapters(*[form.format(n) for n in ROMAN]))).chapters) == 7


def test_page_numbers_are_no_chapters() -> None:
    pages = [block for n in range(1, 40) for block in (TEXT + " and the", str(n))]
    assert find(book(*pages)).chapters == []


def test_a_numbered_list_is_no_book() -> None:
    assert find(book(*[f"{n}. Fill the lamp." for n in range(1, 9)])).chapters == []


def test_underlined_numbers_are_chapters_and_numbers_in_lists_are_none() -> None:
    numbered = "1. Fill the lamp.\n\n2. Trim the wick.\n\n3. Light it."
    blocks = [
        b for n, name in enumerate(("Lamp", "Oil", "Boat"), 1) for b in (f"{n}. {name}\n*******", TEXT, numbered, TEXT)
    ]
    assert titles(book(*blocks)) == ["1. Lamp", "2. Oil", "3. Boat"]


def test_headings_of_markdown_are_headings() -> None:
    assert titles(book(*chapters("# Chapter 1", "# Chapter 2"))) == ["Chapter 1", "Chapter 2"]
    assert titles(["# 第一章 灯", "灯。", "# 第二章 船", "船。"]) == ["第一章 灯", "第二章 船"]


def test_a_title_in_a_block_of_its_own_joins_its_number() -> None:
    lines = book(*[b for n in ROMAN for b in (f"CHAPTER {n}.", f"The {n.title()} Lamp.", TEXT)])
    assert titles(lines)[0] == "CHAPTER I. The I Lamp."


def test_speech_below_a_number_is_no_title() -> None:
    lines = book(*[b for n in ROMAN for b in (f"CHAPTER {n}", "\u201cCome In,\u201d He Said.", TEXT)])
    assert titles(lines)[0] == "CHAPTER I"


def test_chinese_lines_need_no_gaps_and_a_sentence_that_names_a_chapter_is_none() -> None:
    text = "守灯塔的人把天气写了下来。" * 30
    lines = [
        "第一章 灯",
        text,
        "第二章 船",
        "第一章说过的话，这里不再重复。",
        text,
        "第三章 家",
        "    第三章家——",
        text,
    ]
    assert titles(lines) == ["第一章 灯", "第二章 船", "第三章 家"]


def test_dense_headings_that_stand_nowhere_else_stay() -> None:
    assert len(find(book(*[f"Chapter {n}" for n in range(1, 9)])).chapters) == 8


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.one_of(st.sampled_from([*HEADINGS, *SENTENCES, TEXT, "CONTENTS", ""]), st.text(max_size=30)), max_size=60
    )
)
def test_any_lines_give_headings_in_order(lines: list[str]) -> None:
    lines = "\n".join(lines).split("\n")
    found = find(lines)
    assert [one.line for one in found.headings] == sorted({one.line for one in found.headings})
    assert all(one.line < one.end <= len(lines) for one in found.headings)
    assert all(a < b <= len(lines) for a, b in found.contents)
    inside = {at for a, b in found.contents for at in range(a, b)}
    assert not inside.intersection(one.line for one in found.headings)


@pytest.mark.parametrize(
    "line",
    [
        "Chapter " * 30_000,
        "第" * 200_000,
        "I" * 200_000,
        "1. " * 100_000,
        ". " * 100_000,
        "_" * 200_000,
        "第一卷" * 50_000,
    ],
)
def test_a_long_line_costs_nothing(line: str) -> None:
    start = time.process_time()
    for _ in range(50):
        heading(line)
    assert time.process_time() - start < 0.5
