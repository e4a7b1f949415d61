"""A page of HTML -> its title and main text.

`careful` asks trafilatura (fast, favouring recall) which words are the main text and takes the blocks that hold them
from resiliparse, which writes every word (selection.py says why): on the Zyte article benchmark F1 .970 against .959 of
trafilatura alone; where it finds nothing `fast` follows. `fast` is the main content of resiliparse less blocks that are
links or labels (.932 against .914 without), a fifth of the time. Pages are hostile: what is too deep, too large or has
too many elements for a parser is read by a simpler one, so that time stays linear in the size. No state is kept between
pages: the same page gives the same text anywhere. benchmarks/extraction.py prints the figures.
"""

from __future__ import annotations

import html
import re
from typing import NamedTuple

import trafilatura
from resiliparse.extract.html2text import extract_plain_text

from llmctl.text.sources.pages import head
from llmctl.text.sources.pages.blocks import Block, blocks_of, lines_of, written
from llmctl.text.sources.pages.selection import by_links, by_words

MAX_CAREFUL = 4_000_000  # characters; trafilatura takes about a second a megabyte
# for trafilatura, whose time is quadratic in the elements beside each other (measured: 1.7 s for as many between pieces
# of text; of 5,225 pages of manuals none has more than 9,000)
MAX_ELEMENTS = 12_000
MAX_ATTRIBUTES = 1000  # of one element; both parsers look for doubles among them in quadratic time (0.7 s at 20,000)
LONG_TAG = re.compile(
    r"<([a-zA-Z][a-zA-Z0-9]{0,30})([^<>]{30000,})>?"
)  # 30,000 characters hold 8,000 attributes: 0.1 s
MAX_DEPTH = 1000  # of open elements; resiliparse's main_content takes time that is quadratic in it (0.1 s at 2000)
TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
# elements that have no end tag, or whose end tag pages leave out (WHATWG HTML 13.1.2)
FLAT = frozenset([
    "area", "base", "body", "br", "col", "colgroup", "dd", "dt", "embed", "head", "hr", "html", "img", "input", "li",
    "link", "meta", "optgroup", "option", "p", "param", "rp", "rt", "source", "tbody", "td", "tfoot", "th", "thead",
    "tr", "track", "wbr",
])  # fmt: skip
HEAD = 100_000  # characters in which links of a listing are counted; every pattern is bounded, or linear on any input
MARKUP = re.compile(r"<[^<>]*>")
SPACES = re.compile(r"[ \t\u00a0]+")
BLANK_LINES = re.compile(r"\n\s*\n")
ENCODING = re.compile(r"^\s*<\?xml[^<>]*\?>")  # lxml refuses text that declares an encoding
UNWANTED = re.compile("[\0\ud800-\udfff]")  # not storable in Arrow strings, or the end of a C string
HEADING = re.compile(r"<h1\b[^<>]{0,300}>\s*(?:Index of|Directory listing for)\s+\S", re.I)
PARENT = re.compile(
    r"""<a\s[^<>]{0,300}?href=["']?\.\./["'\s>]|>\s*Parent Directory\s*<|\[To Parent Directory\]|\?C=[NMSD][;&]""", re.I
)
LINK = re.compile(r"<a\s[^<>]{0,2000}>[^<>]{0,2000}</a|<title\b[^<>]{0,300}>[^<>]{0,2000}</title", re.I)
WORD = re.compile(r"[^\W\d_]{4,}")
LISTING_WORDS = 12  # "Index of", column headings, the server's signature
LISTING_TITLE = re.compile(r"<title\b[^<>]{0,300}>\s*(?:Index of|Directory listing for)\s+\S", re.I)


class Page(NamedTuple):
    """What a page says; `text` is empty where there is none."""

    title: str | None
    text: str


def extract(page: str, how: str = "careful") -> Page:
    """Title and main text; `how` is careful or fast."""
    page = LONG_TAG.sub(_without_attributes, ENCODING.sub("", clean(page)))
    return Page(clean(head.title(page) or "") or None, _main_text(page, how))


def _without_attributes(tag: re.Match[str]) -> str:
    return f"<{tag[1]}>" if len(tag[2].split(None, MAX_ATTRIBUTES)) > MAX_ATTRIBUTES else tag[0]


def _main_text(page: str, how: str) -> str:
    if is_too_deep(page):
        return plain(extract_plain_text(page, preserve_formatting=False, alt_texts=False))
    text = _careful(page) if how == "careful" and not _is_too_large(page) else ""
    return text or _fast(page) or plain(extract_plain_text(page, alt_texts=False))


def _is_too_large(page: str) -> bool:
    return len(page) > MAX_CAREFUL or page.count("<") - page.count("</") > MAX_ELEMENTS


def _careful(page: str) -> str:
    try:
        text = trafilatura.extract(page, fast=True, favor_recall=True, include_comments=False, deduplicate=False)
    except (ValueError, TypeError, AttributeError, AssertionError, KeyError, IndexError, RecursionError):
        return ""  # trafilatura trips over trees that lxml repaired in odd ways; the simpler reader follows
    found = clean(text or "").strip()
    if not found:
        return ""
    body = lines_of(by_links(_blocks(page, main_content=True)))
    return clean(written(by_words(lines_of(_blocks(page, main_content=False)), found, body))) or found


def _fast(page: str) -> str:
    return clean(written(by_links(_blocks(page, main_content=True))))


def _blocks(page: str, *, main_content: bool) -> list[Block]:
    markup = extract_plain_text(
        page, preserve_formatting="minimal_html", main_content=main_content, alt_texts=False, links=True
    )
    return blocks_of(clean(markup))


def plain(text: str) -> str:
    """Text with spaces and blank lines evened out."""
    lines = (SPACES.sub(" ", line).strip() for line in html.unescape(clean(text)).split("\n"))
    return clean(BLANK_LINES.sub("\n\n", "\n".join(lines))).strip()


def clean(text: str) -> str:
    """Text that every later reader can hold: no null characters, no lone surrogates, one kind of line end."""
    if "\0" in text or not _can_be_encoded(text):
        text = UNWANTED.sub("", text)
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _can_be_encoded(text: str) -> bool:
    """Whether there are no surrogates: ten times as fast as looking for one."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def is_too_deep(page: str) -> bool:
    """Whether more elements are open at once than parsers can stand."""
    if page.count("<") < MAX_DEPTH:
        return False
    depth = 0
    for tag in TAG.finditer(page):
        if tag[2].lower() not in FLAT:
            depth = max(depth - 1, 0) if tag[1] else depth + 1
            if depth > MAX_DEPTH:
                return True
    return False


def is_listing(page: str) -> bool:
    """Whether the page is a server's own list of files (nginx, Apache, lighttpd, Python's http.server, IIS)."""
    top = page[:4096]
    if not (LISTING_TITLE.search(top) or HEADING.search(top) or "[To Parent Directory]" in top):
        return False
    return bool(PARENT.search(page)) or _is_all_links(page)


def _is_all_links(page: str) -> bool:
    """The list of a root has no parent; outside its links there are dates and sizes, few words."""
    outside = MARKUP.sub(" ", LINK.sub(" ", page[:HEAD]))
    return len(WORD.findall(outside)) <= len(LINK.findall(page[:HEAD])) + LISTING_WORDS
