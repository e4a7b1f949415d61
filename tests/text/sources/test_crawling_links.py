"""Links are found as browsers find them, in time that is linear in the page."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from llmctl.text.sources import charset
from llmctl.text.sources.crawling.links import links
from llmctl.text.sources.web_archives import warc


@pytest.mark.parametrize(
    ("page", "found"),
    [
        ('<a href="/x">', ["/x"]),
        ("<A HREF='/x'>", ["/x"]),
        ("<a class=c href=/x>", ["/x"]),
        ("<a\nhref\n=\n/x\n>", ["/x"]),
        ("<a href=/x/>", ["/x/"]),
        ('<a title="a > b" href="/x">', ["/x"]),
        ("<a title='<a href=/no>' href=/x>", ["/x"]),
        ('<a data-href="/no" href="/x">', ["/x"]),
        ('<a href="/x" href="/no">', ["/x"]),
        ('<a href="/x?a=1&amp;b=2">', ["/x?a=1&b=2"]),
        ('<a href="/x?a=1&copy=2&region=3&notofonts&not">', ["/x?a=1&copy=2&region=3&notofonts\u00ac"]),
        ("<a href=/x&#47;y&#x2F;z&sol;&unknown;&;>", ["/x/y/z/&unknown;&;"]),
        ('<a href="/x" rel="me nofollow">', []),
        ('<a href="/x" rel=NOFOLLOW>', []),
        ("<a name=x>", []),
        ("<a href>", []),
        ("<a href=''>", []),
        ("<abbr href=/no>", []),
        ("</a href=/no>", []),
        ("<!-- <a href=/no> --><a href=/x>", ["/x"]),
        ("<!--><a href=/x>", ["/x"]),
        ("<!-- <a href=/no> --!><a href=/x>", ["/x"]),
        ("<!-- <a href=/no>", []),
        ("<![CDATA[ <a href=/no> ]]><a href=/x>", ["/x"]),
        ("<script>'<a href=/no>'</script><a href=/x>", ["/x"]),
        ("<SCRIPT>'<a href=/no>'</Script ><a href=/x>", ["/x"]),
        ("<style><a href=/no></style><title><a href=/no></title><a href=/x>", ["/x"]),
        ("<textarea><a href=/no></textarea>", []),
        ("<script><a href=/no>", []),
        ("<area href=/x><iframe src=/y><a href=/no></iframe><frame src=/z>", ["/x", "/y", "/z"]),
        ("<noscript><a href=/x></noscript>", ["/x"]),
        ("<img src=/no><link href=/no>", []),
        ("< a href=/no>", []),
        ("<a href=/x", ["/x"]),  # the end of the page ends the tag
        ("1 < 2 <a href=/x>", ["/x"]),
        ('<meta http-equiv=Refresh content="3; URL=/x">', ["/x"]),
        ("<meta http-equiv=refresh content=\"0;url='/x'\">", ["/x"]),
        ("<meta http-equiv=refresh content=5>", []),
        ('<a href=/x><meta name=robots content="noindex,NoFollow"><a href=/y>', []),
        ("<meta name=llmctl content=none><a href=/x>", []),
        ("<meta name=description content=nofollow><a href=/x>", ["/x"]),
        ("<meta name=robots content=all><a href=/x>", ["/x"]),
    ],
)
def test_links_of_a_page(page: str, found: list[str]) -> None:
    assert links(page, 100).links == found


def test_the_base_is_the_first_that_has_an_address() -> None:
    assert links("<base target=_top><base href=/a/><base href=/b/><a href=x>", 9) == (["x"], "/a/")


def test_no_more_links_than_wanted() -> None:
    assert len(links("<a href=/x>" * 50, 7).links) == 7


@pytest.mark.parametrize("header", ["nofollow", "noindex, nofollow", "none", "llmctl: nofollow", "NOFOLLOW"])
def test_the_header_may_forbid(header: str) -> None:
    assert links("<a href=/x>", 9, header).links == []


@pytest.mark.parametrize(
    "piece",
    ["<a ", "<a href=", '<a href="', "<a href='x' ", "<!--", "<!-", "<![CDATA[", "<script>", "</script", "<a x=\"<a y='",
     "<title><a href=x>", "= ", "<a = ", "<a href=x>", "<a\n\n\n", "<p a=1 ", "<meta content=", "&amp;", '="', "<a \"'",
     "<a href=x rel=", "<base href=", "</a", "</"],
)  # fmt: skip
def test_time_is_linear_in_hostile_pages(piece: str) -> None:
    def took(size: int) -> float:
        page = piece * (size // len(piece))
        began = time.process_time()
        links(page, 5000)
        return time.process_time() - began

    assert took(500_000) < 0.5


@pytest.mark.parametrize("inner", [" " * 900_000, "1" * 900_000, "url=" * 200_000, '"' * 900_000])
def test_time_is_linear_in_attributes(inner: str) -> None:
    began = time.process_time()
    links(
        f"<meta http-equiv=refresh content='{inner}'>" + f"<meta http-equiv=refresh content='{inner[:8000]}'>" * 50,
        5000,
    )
    assert time.process_time() - began < 1


@given(
    st.lists(
        st.sampled_from(["<", ">", "a", " ", "href", "=", "'", '"', "/", "!--", "-->", "script", "</", "meta", "x"])
    )
)
@settings(max_examples=50, deadline=None)
def test_any_text_is_a_page(pieces: list[str]) -> None:
    assert all(isinstance(link, str) for link in links("".join(pieces), 50).links)


class Seen:
    """The links that libxml2 meets."""

    def __init__(self) -> None:
        self.links: list[str] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = {"a": "href", "area": "href", "frame": "src", "iframe": "src"}.get(tag)
        if name and attributes.get(name) and "nofollow" not in attributes.get("rel", "").lower().split():
            self.links.append(attributes[name])

    def close(self) -> list[str]:
        return self.links


@pytest.mark.data
def test_a_real_crawl_has_the_links_that_lxml_finds(data: Path) -> None:
    pages = same = total = 0
    for path in sorted((data / "web" / "crawl").glob("*.warc.gz"))[:6]:
        with path.open("rb") as stream:
            for record in warc.read(stream):
                if isinstance(record, warc.Unreadable) or "html" not in (record.content_type or "") or pages >= 300:
                    continue
                text, _ = charset.decode(record.payload, record.content_type)
                parser = etree.HTMLParser(target=Seen(), encoding="utf-8")
                parser.feed(text.encode("utf-8", "replace"))
                expected = [" ".join(link.split()) for link in parser.close()]
                found = [" ".join(link.split()) for link in links(text, 10**6).links]
                pages, same, total = pages + 1, same + (found == expected), total + len(expected)
    assert pages == 300
    assert total > 5000
    assert same == pages
