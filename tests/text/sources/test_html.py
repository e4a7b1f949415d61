"""Main text is found, listings are told apart, and no page, however hostile, takes long or breaks a string."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmctl.text.sources.pages import html

PARAGRAPH = "The installer asks for a password before it writes the partition table to the disk. "
PAGE = (
    "<html><head><title> Chapter\n 3 &amp; more </title></head>"
    "<body><nav><a href='/'>Home</a> <a href='/x'>Next</a></nav><main><h1>Partitions</h1>"
    f"<p>{PARAGRAPH * 4}</p><p>{PARAGRAPH * 3}</p></main><footer>Imprint</footer></body></html>"
)


def listing(title: str, body: str) -> str:
    return (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<h1>{title}</h1><hr>{body}<hr></body>\r\n</html>"
    )


LISTINGS = {
    "nginx": listing(
        "Index of /FAQ/de/",
        '<pre><a href="../">../</a>\r\n<a href="a.html">a.html</a>   24-Nov-2026 02:52    1234\r\n</pre>',
    ),
    "root of nginx": listing("Index of /", '<pre><a href="2.10/">2.10/</a> 24-Nov-2026 -</pre>'),
    "Apache": listing(
        "Index of /pub",
        '<table><tr><th><a href="?C=N;O=D">Name</a></th><th><a href="?C=M;O=A">Last modified</a></th></tr>'
        '<tr><td><a href="/">Parent Directory</a></td></tr></table>',
    ),
    "Python": listing("Directory listing for /", '<ul><li><a href="a">a</a></ul>'),
}
HOSTILE = {
    "deep": "<div>" * 200_000 + "text here",
    "deep and closed": "<div>" * 50_000 + "text here" + "</div>" * 50_000,
    "nested lists": "<ul><li>word" * 20_000,
    "one line of 10 MB": f"<p>{'word ' * 2_000_000}</p>",
    "angle brackets": "<" * 2_000_000,
    "open comments": "<!--" * 300_000,
    "open scripts": "<script" * 300_000,
    "open titles": "<title" * 300_000,
    "open links in a listing": "<title>Index of /</title>" + "<a " * 300_000,
    "spaces": f"<p>{' ' * 3_000_000}x",
}


@pytest.mark.parametrize("how", ["careful", "fast"])
def test_main_text_and_title_are_found_and_navigation_is_not(how: str) -> None:
    page = html.extract(PAGE, how)
    assert page.title == "Chapter 3 & more"
    assert page.text.count("The installer asks") == 7
    assert "Home" not in page.text


def test_a_page_in_which_trafilatura_finds_nothing_still_gives_its_words() -> None:
    assert html.extract("<html><body><p>Only this.</p></body></html>").text == "Only this."


def test_a_declared_xml_encoding_does_not_stop_the_parser() -> None:
    assert "The installer asks" in html.extract('<?xml version="1.0" encoding="gb2312"?>' + PAGE).text


def test_a_page_without_words_is_empty() -> None:
    assert html.extract("<html><body><script>var x = 1</script><img src=a.png></body></html>") == (None, "")


@pytest.mark.parametrize("server", LISTINGS)
def test_a_servers_list_of_files_is_a_listing(server: str) -> None:
    assert html.is_listing(LISTINGS[server])


@pytest.mark.parametrize(
    "page", [PAGE, PAGE.replace(" Chapter\n 3", "Index of /topics"), PAGE.replace("Partitions", "Index of species")]
)
def test_a_page_with_prose_is_no_listing(page: str) -> None:
    assert not html.is_listing(page)


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("how", ["careful", "fast"])
def test_hostile_page_takes_seconds_at_most(name: str, how: str) -> None:
    begin = time.process_time()
    html.is_listing(HOSTILE[name])
    html.extract(HOSTILE[name], how)
    assert time.process_time() - begin < 5


SENTENCE = "some words of a sentence that goes on, "
SHAPES = {
    "cells of a row": lambda n: "<table><tr>" + "<td>x" * n,
    "text between elements": lambda n: "<div>" + f"{SENTENCE}<i>x</i>" * n,
    "attributes": lambda n: "<p " + " ".join(f"a{i}=b" for i in range(n)) + f">{SENTENCE}",
    "attributes without values": lambda n: "<p " + " ".join(f"a{i}" for i in range(n)) + f">{SENTENCE}",
    "short paragraphs": lambda n: "<p>x" * n,
    "repeated sentences": lambda n: f"<p>{SENTENCE * 5}</p>" * n,
    "unwanted elements": lambda n: f"<div class='ad share footer'>{SENTENCE}<p>x</div>" * n,
    "open links": lambda n: "<a href=x>y" * n,
    "lines": lambda n: "<div>" + "x<br>" * n,
}


@pytest.mark.parametrize("shape", SHAPES)
def test_time_grows_with_the_size_of_a_page_and_no_faster(shape: str) -> None:
    def seconds(n: int) -> float:
        page = f"<html><body>{SHAPES[shape](n)}"  # trafilatura reads nothing else
        begin = time.process_time()
        html.extract(page, "careful")
        return time.process_time() - begin

    assert seconds(html.MAX_ELEMENTS // 3) < 2  # trafilatura reads it
    once, twice = min(seconds(30_000), seconds(30_000)), min(seconds(60_000), seconds(60_000))
    assert twice < 3.6 * once + 0.5  # four times as much would be quadratic; other work on the machine costs up to half
    assert twice < 6


@pytest.mark.parametrize("how", ["careful", "fast"])
def test_null_characters_and_surrogates_never_come_out(how: str) -> None:
    text = html.extract(PAGE.replace("password", "pass\0word &#0; &#xD800; \udc80"), how).text
    assert "pass" in text
    assert not any(c == "\0" or "\ud800" <= c <= "\udfff" for c in text)
    text.encode()


@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=300))
def test_any_string_gives_storable_text(page: str) -> None:
    found = html.extract(f"<p>{page}")
    stored = (found.text + (found.title or "")).encode()
    assert b"\0" not in stored


def test_the_same_page_gives_the_same_text_whatever_came_before() -> None:
    first = html.extract(PAGE)
    for number in range(30):
        html.extract(PAGE.replace("password", f"password{number}"))
        html.extract(PAGE)
    assert html.extract(PAGE) == first
