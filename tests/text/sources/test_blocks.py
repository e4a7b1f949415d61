"""Blocks know their element and their links; of a page those are kept that are prose, or that hold what was found."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmctl.text.sources.pages.blocks import Block, blocks_of, lines_of, written
from llmctl.text.sources.pages.selection import by_links, by_words, words_of

ONE = "The installer asks for a password before it writes the table of the partitions to the disk, and waits for it."
TWO = (
    "Whoever forgot the password has to begin again, since nothing of it is kept anywhere in the memory of the machine."
)
THREE = (
    "A third paragraph says that the disk is not touched until the last question was answered with a word of consent."
)
CHINESE = (
    "\u5b89\u88c5\u7a0b\u5e8f\u5728\u5199\u5165\u5206\u533a\u8868\u4e4b\u524d\u4f1a\u8be2\u95ee\u5bc6\u7801\uff0c" * 4
)


def p(text: str, linked: int = 0) -> Block:
    return Block("p", text, linked)


def test_markup_is_cut_into_blocks() -> None:
    markup = (
        "<h1><a href=\"\">Title</h1>\n\nBy <a href=\"/ann\">Ann</a>\n\n  <p>One &lt;b&gt;<br>two</p>\n<ul>\n  <li>a</li>\n"
        "  <li>\n\n  <p>b c</p></li>\n</ul>\n<pre>x\n  y\n</pre> end"
    )  # fmt: skip
    assert blocks_of(markup) == [
        Block("h1", "Title", 0), Block("text", "By Ann", 3), p("One <b>\ntwo"), Block("li", "a", 0),
        Block("li", "b c", 0), Block("pre", "x\n  y", 0), Block("text", "end", 0),
    ]  # fmt: skip


def test_a_link_that_is_never_closed_makes_no_links_of_paragraphs() -> None:
    assert [block.linked for block in blocks_of(f'<p>a <a href="/x">b</p><p>{ONE * 2}</p>')] == [1, 0]


def test_blocks_are_written_with_an_empty_line_between_and_bullets_in_lists() -> None:
    blocks = [Block("h1", "Title", 0), Block("li", "a", 0), Block("li", "b", 0), p("c")]
    assert written(blocks) == "Title\n\n\u2022 a\n\u2022 b\n\nc"
    assert written([]) == ""


def test_lines_of_a_stretch_without_element_are_blocks_that_go_on() -> None:
    lines = lines_of([Block("text", "One two\nthree", 6), p("a\nb")])
    assert lines == [Block("text", "One two", 3), Block("text", "three", 2, goes_on=True), p("a\nb")]
    assert written(lines) == "One two\nthree\n\na\nb"


MENU = [Block("li", "Home", 4), Block("li", "About us", 8), Block("text", "Menu", 0)]
FOOT = [Block("text", "Imprint", 7), Block("text", "Copyright 2020 by a shop", 0)]


@pytest.mark.parametrize("text", [ONE, CHINESE])
def test_the_body_reaches_from_the_first_prose_to_the_last(text: str) -> None:
    body = [Block("h2", "Disks", 0), p(text), p("A short one, with enough words."), Block("h3", "More", 0), p(text)]
    assert by_links([*MENU, *body, *FOOT]) == body


def test_a_list_of_links_within_the_body_goes_and_a_list_of_words_stays() -> None:
    words, links = Block("li", "a thing that is needed", 0), Block("li", "a page to see as well", 21)
    assert by_links([p(ONE), words, links, p(TWO)]) == [p(ONE), words, p(TWO)]


def test_a_page_without_prose_keeps_what_is_no_link() -> None:
    assert by_links([Block("li", "Home", 4), Block("text", "Only this.", 0)]) == [Block("text", "Only this.", 0)]


def test_blocks_that_hold_what_was_found_are_kept_whole_with_the_headings_between() -> None:
    blocks = [*MENU, Block("h1", "Disks", 0), p(ONE), Block("h2", "Passwords", 0), p(TWO), p(THREE), *FOOT]
    found = f"{ONE.replace('installer ', '')}\n{TWO}"  # a word was lost
    assert by_words(blocks, found) == blocks[4:7]


def test_what_was_lost_between_two_blocks_that_are_kept_is_taken_back() -> None:
    blocks = [p(ONE), p(THREE), Block("li", THREE, len(THREE)), p(TWO)]
    assert by_words(blocks, f"{ONE}\n{TWO}") == [p(ONE), p(THREE), p(TWO)]


def test_a_label_within_the_body_goes_and_a_short_sentence_stays() -> None:
    label, sentence = Block("text", "Photo: Ann", 0), Block("text", "So it is.", 0)
    assert by_links([p(ONE), label, sentence, p(TWO)]) == [p(ONE), sentence, p(TWO)]


ADVERTISEMENT = Block("text", "Advertisement", 0)


def test_a_body_that_was_cut_goes_on_where_most_of_it_was_not_found() -> None:
    blocks = [p(ONE), ADVERTISEMENT, p(TWO), ADVERTISEMENT, p(THREE), Block("h2", "Comments", 0), p("I agree." * 20)]
    assert by_words(blocks, ONE, [blocks[0], blocks[2], blocks[4]]) == [p(ONE), p(TWO), p(THREE)]
    assert by_words(blocks, ONE, [blocks[0]]) == [p(ONE)]


def test_a_page_of_short_blocks_is_found_by_them() -> None:
    short = "A block of nine words is enough for it."
    assert by_words([*MENU, p(short), *FOOT], short) == [p(short)]


def test_what_a_page_says_twice_is_kept_once() -> None:
    assert by_words([p(ONE), p(TWO), p(ONE), p(TWO)], f"{ONE}\n{TWO}") == [p(ONE), p(TWO)]


def test_a_line_next_to_the_body_is_kept_where_it_was_found() -> None:
    blocks = [Block("text", "By Ann", 0), p(ONE), Block("text", "Read on", 0)]
    assert by_words(blocks, f"By Ann\n{ONE}") == blocks[:2]


def test_cells_of_a_table_are_lines() -> None:
    blocks = [p(ONE), Block("text", "Size", 0), Block("text", "12 GB", 0), p(TWO)]
    assert by_words(blocks, f"{ONE}\n| Size | 12 GB |\n{TWO}") == blocks


def test_a_text_that_is_not_in_the_blocks_gives_none() -> None:
    assert by_words([p(ONE)], f"{ONE}\n{TWO}\n{THREE}") == []
    assert by_words([p("short")], "short") == []


def test_signs_of_scripts_without_spaces_are_words() -> None:
    assert words_of("Ab \u5b89\u88c5 \u0e01\u0e02 \ud55c\uae00") == (
        "ab",
        "\u5b89",
        "\u88c5",
        "\u0e01",
        "\u0e02",
        "\ud55c\uae00",
    )


MARKUP = st.lists(
    st.sampled_from(["<p>", "</p>", "<a href=\"\">", "<a href=\"x\">", "</a>", "<li>", "<ul>", "<pre>", "</pre>", "<h2>",
                     "<br>", "\n\n", "a word ", ONE, "\u5b89\u88c5", "&lt;", "&#0;", "<x"]), max_size=40,
).map("".join)  # fmt: skip


@settings(max_examples=50, deadline=None)
@given(MARKUP, st.text(max_size=300))
def test_any_markup_gives_blocks_of_its_words(markup: str, other: str) -> None:
    blocks = blocks_of(markup)
    assert all(block.text.strip() and 0 <= block.linked <= len(block.text) for block in blocks)
    for chosen in (by_links(blocks), by_words(blocks, other), by_words(blocks, written(blocks))):
        rest = iter(blocks)
        assert all(any(one is block for block in rest) for one in chosen)  # in their order, none twice
        written(chosen)
