"""A record of a crawl, or a file that begins as HTML does, is one document, or goes for one reason."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.crawl_pages import language, texts_of, truth_of, twins
from llmctl.text.sources import web
from llmctl.text.sources.pages import head
from llmctl.text.sources.record import Document, Record, Refused

PARAGRAPH = "<p>The installer asks for a password before it writes the partition table to the disk.</p>"
PAGE = f"<html><head><title>Disks</title></head><body>{PARAGRAPH * 4}</body></html>"
URL = "http://a.example/x"


def crawled(payload: str | bytes, content_type: str | None = "text/html", url: str = URL) -> Record:
    data = payload.encode() if isinstance(payload, str) else payload
    return Record(payload=data, content_type=content_type, url=url, crawled=True)


def document(record: Record, **knobs: Any) -> Document:
    (one,) = web.documents(record, **knobs)
    return one


@pytest.mark.parametrize("extract", ["careful", "fast"])
def test_a_page_is_a_document_with_title_and_charset(extract: str) -> None:
    one = document(crawled(PAGE), extract=extract)
    assert one.text.startswith("The installer asks")
    assert one.metadata == {"charset": "utf-8", "title": "Disks"}


REFUSED = [
    ("type", crawled(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")),
    ("type", crawled("body { color: red }", "text/css")),
    ("type", crawled('{"a": 1}', "application/json")),
    ("type", crawled("<?xml version='1.0'?><rss>x</rss>", "application/xml")),
    ("type", crawled("User-agent: *", "text/plain", "http://a.example/robots.txt")),
    ("type", crawled("log of wget", "text/plain", "metadata://gnu.org/software/wget/warc/wget.log")),
    ("type", crawled("a.example. 589 IN A 192.0.2.7", "text/dns", "dns:a.example")),
    ("listing", crawled('<title>Index of /a</title><h1>Index of /a</h1><pre><a href="../">../</a></pre>')),
    ("empty", crawled("<html><body><img src=a></body></html>")),
    ("empty", crawled("")),
    ("empty", crawled(" \n", "text/plain")),
]


@pytest.mark.parametrize(("reason", "record"), REFUSED)
def test_record_is_refused_for(reason: str, record: Record) -> None:
    with pytest.raises(Refused) as refused:
        web.documents(record)
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    "content_type",
    [None, "application/xhtml+xml", "text/plain", "application/xml", "unknown/unknown", "no-type", "TEXT/HTML; x=y"],
)
def test_html_is_read_as_html_under_whatever_type(content_type: str | None) -> None:
    assert document(crawled("<!DOCTYPE html>" + PAGE, content_type)).text.startswith("The installer asks")


@pytest.mark.parametrize("content_type", ["text/plain; charset=koi8-r", "text/markdown"])
def test_plain_text_of_a_crawl_is_kept_as_it_is(content_type: str) -> None:
    one = document(crawled("первая строка\r\n\r\n  вторая\n".encode("koi8-r"), content_type))
    assert (one.text, one.metadata) == ("первая строка\n\n  вторая", {"charset": "koi8-r"})


FILES = [
    (True, Record(payload=PAGE.encode(), path="site/saved.html")),
    (True, Record(payload=b"<!-- saved --><!DOCTYPE html><p>x", path="index.php?id=3")),
    (True, Record(text=PAGE, content_type="text/html")),
    (False, Record(payload=b"Some words.", path="notes.txt", content_type="text/plain")),
    (False, Record(payload=b"<!DOCTYPE html><?php echo $x ?>", path="index.php")),
    (False, Record(payload=b"<html>{% block a %}{% endblock %}</html>", path="page.html")),
    (False, Record(payload=b"<svg></svg>", path="a.svg")),
    (False, Record(text="<p>a row of text", path="rows.jsonl")),
    (False, Record(path="empty.html")),
]


@pytest.mark.parametrize(("is_page", "record"), FILES)
def test_a_file_is_a_page_by_its_first_bytes(is_page: bool, record: Record) -> None:
    assert web.is_web(record) is is_page


def test_a_row_of_html_is_read_as_a_page_and_has_no_charset() -> None:
    assert document(Record(text=PAGE, content_type="text/html")).metadata == {"title": "Disks"}


def test_characters_that_were_lost_go_and_are_counted() -> None:
    one = document(crawled(PAGE.replace("password", "pass\ufffdword")))
    assert "\ufffd" not in one.text and "a password" in one.text
    assert one.metadata["lost_characters"] == "4"


def in_head(mark: str) -> str:
    return f"<html><head><title>a</title>{mark}</head><body>{PARAGRAPH}</body></html>"


DATES = [
    ('<meta property="article:published_time" content="2019-11-20T14:32:00+01:00">', "2019-11-20"),
    ("<META NAME='DC.date.issued' CONTENT='20191120'>", "2019-11-20"),
    ("<meta content=2019/11/20 name=pubdate>", "2019-11-20"),
    ('<script type="application/ld+json">{"@type": "Article", "datePublished": "2019-11-20"}</script>', "2019-11-20"),
    ('<time itemprop="datePublished" datetime="2019-11-20">20 November</time>', "2019-11-20"),
    ('<time class="entry-date published" datetime="2019-11-20T08:00">20 November</time>', "2019-11-20"),
    ('<meta name="date" content="2019-13-45">', None),
    ('<meta name="date" content="yesterday">', None),
    ('<meta name="date" content="1066-10-14">', None),
    ('<meta name="date" content="1970-01-01">', None),  # the zero of a clock
    ('<time datetime="2019-11-20">of a comment</time>', None),
    ('<meta property="article:modified_time" content="2020-01-01">', None),
    (
        '<meta name="date" content="2001-01-01"><meta property="article:published_time" content="2019-11-20">',
        "2019-11-20",
    ),
]


@pytest.mark.parametrize(("mark", "day"), DATES)
def test_the_day_of_publication_is_what_the_markup_says(mark: str, day: str | None) -> None:
    assert head.facts(in_head(mark), None).get("published") == day
    assert document(crawled(in_head(mark))).date is None  # the column is the crawl's


ADDRESSES = [
    ('<link rel="canonical" href="https://b.example/y">', "https://b.example/y"),
    ('<link href="/y?a=1&amp;b=2" rel="canonical">', "http://a.example/y?a=1&b=2"),
    ('<link rel="alternate canonical" href="y">', "http://a.example/y"),
    ('<link rel="stylesheet" href="https://b.example/y">', None),
    ('<link rel="canonical" href="javascript:x">', None),
    ('<link rel="canonical" href="http://[x">', None),
]


@pytest.mark.parametrize(("mark", "address"), ADDRESSES)
def test_the_canonical_address_is_absolute(mark: str, address: str | None) -> None:
    assert head.facts(in_head(mark), URL).get("canonical") == address


@settings(max_examples=50, deadline=None)
@given(
    st.one_of(st.binary(max_size=400), st.text(max_size=200).map(lambda text: f"<html>{text}".encode())),
    st.sampled_from(["text/html", "text/plain", "", "text/html; charset=shift_jis", "text/html; charset=nonsense"]),
    st.sampled_from(["careful", "fast"]),
)
def test_any_bytes_are_a_storable_document_or_refused(payload: bytes, content_type: str, extract: str) -> None:
    record = crawled(payload, content_type)
    try:
        one = document(record, extract=extract)
    except Refused as refused:
        assert refused.reason in ("type", "listing", "empty")
        return
    assert one.text.strip() and "\0" not in one.text
    json.dumps([one.text, one.metadata]).encode()
    one.text.encode()
    "".join(map(str, one.metadata.values())).encode()


HOSTILE = {
    "open metas": "<meta " * 300_000,
    "metas without end": '<meta name="a' * 100_000,
    "attributes": "<meta " + "a=b " * 300_000 + ">",
    "many metas": "<meta name=a content=b>" * 50_000,
    "dates": '"datePublished": "' * 60_000,
    "times": "<time class=published datetime=" * 60_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_facts_of_a_hostile_page_take_at_most_a_second(name: str) -> None:
    begin = time.process_time()
    head.facts(HOSTILE[name], URL)
    assert time.process_time() - begin < 1


@pytest.mark.parametrize(("extract", "step"), [("fast", 1), ("careful", 4)])
def test_a_page_in_a_legacy_charset_has_the_text_of_its_twin_in_utf8(data: Path, extract: str, step: int) -> None:
    truth = truth_of(data / "web")
    pairs = dict(list(twins(truth).items())[::step])
    texts, refused = texts_of(data / "web", [*pairs, *pairs.values()], extract)
    assert len(pairs) >= 120 // step and not refused
    assert sum(texts[old] != texts[new] for old, new in pairs.items()) <= 0.05 * len(pairs)


def test_the_language_of_a_page_is_the_true_one(data: Path) -> None:
    truth = truth_of(data / "web")
    texts, refused = texts_of(data / "web", list(truth)[::40], "fast")
    found = language(truth, texts)
    assert found.single > 100 and not refused
    assert found.right >= 0.95 * found.single
