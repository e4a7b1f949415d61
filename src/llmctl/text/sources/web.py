"""web: a page of HTML, or the plain text that a server sent -> its main text, title and what it says of itself.

Records of crawls are all of this kind; of files those whose bytes begin as HTML does. What a record is goes by the
declared type where the bytes do not contradict it, else by the bytes (the order of WHATWG MIME Sniffing 7, with fewer
types). Costs what `html.extract` costs: 19 ms a page with `careful`, 3 ms with `fast` (5,225 pages of manuals).
"""

from __future__ import annotations

import re
from typing import Any

from llmctl.text.sources import charset, formats
from llmctl.text.sources.pages import head, html
from llmctl.text.sources.record import Document, Record, Refused

HTML_TYPES = ("text/html", "application/xhtml+xml")
TEXT_TYPES = ("text/plain", "text/markdown", "text/x-rst", "text/x-web-markdown")
UNSAID = ("", "unknown", "unknown/unknown", "application/octet-stream", "application/unknown", "content/unknown",
          "no-type")  # fmt: skip
SNIFFED = (*UNSAID, "text/plain", "text/xml", "application/xml")  # may be pages after all
CRAWLER_NOTES = ("metadata:", "dns:", "whois:", "filedesc:", "warcinfo:")  # what a crawler writes down for itself
MACHINE_FILES = ("/robots.txt", "/ads.txt", "/app-ads.txt", "/humans.txt", "/sitemap.txt", "/.well-known/security.txt")
LOST = "\ufffd"  # the replacement character (Unicode 23.8)
# a file that a server fills in before it is a page (PHP, ASP, JSP, ERB, Jinja): a program, where that stands at its top
TEMPLATE = re.compile(rb"<\?(?:php|=)|<%|\{%-?\s{0,5}[a-z]")
TEMPLATE_HEAD = 2000


def is_web(record: Record) -> bool:
    """Whether the record is of a crawl, or a file that is a page."""
    if record.crawled:
        return True
    if record.text is not None:
        return declared_type(record.content_type) in HTML_TYPES
    top = record.payload[: formats.HEAD]
    return formats.is_page(record.path, top) and not formats.is_binary(top) and not is_template(top)


def is_template(top: bytes) -> bool:
    """Whether a file is filled in by a server before it is a page."""
    return bool(TEMPLATE.search(top, 0, TEMPLATE_HEAD))


def documents(record: Record, *, extract: str = "careful") -> list[Document]:
    """The one document of a page; `extract` is careful or fast. Refused for type, listing, empty."""
    kind = kind_of(record)
    if kind is None:
        raise Refused("type")
    text, metadata = _decoded(record)
    if kind == "text":
        return [_without_lost(html.clean(text).strip(), metadata)]
    if html.is_listing(text):
        raise Refused("listing")
    page = html.extract(text, extract)
    metadata |= {"title": page.title} if page.title else {}
    return [_without_lost(page.text, metadata | head.facts(html.clean(text[: head.HEAD]), record.url))]


def _decoded(record: Record) -> tuple[str, dict[str, Any]]:
    if record.text is not None:
        return record.text, {}
    text, name = charset.decode(record.payload, record.content_type)
    return text, {"charset": name}


def _without_lost(text: str, metadata: dict[str, Any]) -> Document:
    """U+FFFD stands for text that was lost before us or in decoding: it goes, and `metadata` says how often it stood."""
    if lost := text.count(LOST):
        text = text.replace(LOST, "").strip()
        metadata["lost_characters"] = str(lost)
    if not text:
        raise Refused("empty")
    return Document(text, metadata)


def kind_of(record: Record) -> str | None:
    """`html`, `text`, or None: by the declared type where the bytes do not contradict it, else by the bytes."""
    declared = declared_type(record.content_type)
    top = (
        record.payload[: formats.HEAD]
        if record.text is None
        else record.text[: formats.HEAD].encode("utf-8", "replace")
    )
    place = (record.url or "").lower()
    if place.startswith(CRAWLER_NOTES) or place.endswith(MACHINE_FILES) or formats.is_binary(top):
        return None
    is_page = formats.is_html(top) if record.crawled else formats.is_page(record.path, top)
    if declared in HTML_TYPES or (declared in SNIFFED and is_page):
        return "html"
    return "text" if declared in TEXT_TYPES or declared in UNSAID else None


def declared_type(content_type: str | None) -> str:
    """`Text/HTML; charset=x` -> `text/html`."""
    return (content_type or "").split(";")[0].split(",")[0].strip().lower()
