"""A book (Project Gutenberg, EPUB, plain text, Chinese novel) -> one document, or one a chapter.

What was put around the book is taken off and counted (`metadata.stripped`), chapters are found and marked as `# heading`
(`## ` below parts), hard-wrapped lines are joined. The order is that of `READERS`: an EPUB says what it is, Gutenberg's
marks say it of a text, anything else is a book where it is long and has several headings of chapters that rise in
number. Costs about 0.5 s a megabyte.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from llmctl.text.sources import charset, formats
from llmctl.text.sources.books import epub, gutenberg, wrapping
from llmctl.text.sources.books.advertising import is_chinese_novel, without_advertising
from llmctl.text.sources.books.chapters import find
from llmctl.text.sources.books.headings import CHAPTER, Heading
from llmctl.text.sources.books.tables import TABLES
from llmctl.text.sources.books.xhtml import render
from llmctl.text.sources.pages.html import clean
from llmctl.text.sources.record import Document, Record, Refused

LEAST = 3_000  # bytes of a text that is a book for its chapters: three of the shortest
LEAST_CHAPTERS = 3  # numbered headings in the first 64 kB; or two a long way apart, as of novels with long chapters
FAR = 20_000  # bytes between two headings that are enough; novels have chapters of 10,000 to 40,000
CHAPTER_TEXT = 1_000  # bytes between headings; the pages of a manual that has `Chapter 3` as its title have fewer
SUFFIXES = ("", ".txt", ".text", ".asc", ".utf8")
TEXT_TYPES = ("", "text/plain", "application/octet-stream")
NOT_BOOKS = re.compile(
    r"(?:readme|licen[cs]e|copying|changes|changelog|news|authors|install|todo|contributing|robots)(?:[-.][\w.]{0,12})?$",
    re.I,
)
BOOK_KINDS = frozenset(("chapter", "book", "part", "volume", "canto", "stave", "letter", "tale", "act"))
TITLES, TITLE = 100, 80  # of chapters, and characters of each, that metadata holds
BOOK_TITLE = re.compile(
    "\\s{0,9}\u300a(?P<title>[^\u300a\u300b\\n]{1,40})\u300b\\s{0,9}(?P<author>[^\\n\u3002\uff0c]{0,30})$"
)
LABELLED = [  # the lines `title: ...` and `author: ...` at the head of a Chinese file
    (key, re.compile(rf"\s{{0,9}}(?:{TABLES['advertising'][key]})\s?[:\uff1a]\s?(?P<value>[^\n]{{1,40}})$"))
    for key in ("title", "author")
]
TITLE_LINES = 20
LICENCE = "LicenseRef-Project-Gutenberg"  # no SPDX identifier: public domain in the USA, a trademark elsewhere


@dataclass
class _Book:
    """A book on its way: its lines, its headings as indices of those, and what is known of it."""

    lines: list[str]
    headings: list[Heading] | None = None  # None: nobody named them yet
    outline: list[Heading] = field(default_factory=list)  # of the markup of pages, for books that name and number none
    metadata: dict[str, Any] = field(default_factory=dict)  # Any: what JSON holds
    removed: Counter[str] = field(default_factory=Counter)
    license: str | None = None
    is_wrapped: bool = True


def is_book(record: Record) -> bool:
    """Whether a record is surely a book."""
    if record.text is None and epub.is_epub(record.payload, record.path):
        return True
    head = _head(record)
    if not head:
        return False
    if gutenberg.is_gutenberg(head):
        return True
    if record.text is not None or record.crawled:  # a document already, or a page
        return False
    return len(record.payload) >= LEAST and _has_chapters(head)


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "ignore"))


def _head(record: Record) -> str:
    """The beginning of a text; empty where it is none: markup, binary, or a file whose name says that it is no book."""
    if record.text is not None:
        head = record.text[: formats.HEAD]
        return "" if formats.is_html(head[:2000].encode("utf-8", "ignore")) else clean(head)
    raw = record.payload[: formats.HEAD]
    name = posixpath.basename(record.path)
    declared = (record.content_type or "").split(";")[0].strip().lower()
    if declared not in TEXT_TYPES or NOT_BOOKS.match(name) or formats.is_html(raw) or formats.is_binary(raw):
        return ""
    if posixpath.splitext(name)[1].lower() not in SUFFIXES and not record.crawled:
        return ""
    return clean(charset.decode(raw, record.content_type)[0])


def _has_chapters(head: str) -> bool:
    lines = head.split("\n")
    found = find(lines)
    numbered = [one for one in found.headings if one.kind in BOOK_KINDS]
    listed = sum(last - first for first, last in found.contents)
    if len(numbered) < 2:
        return len(numbered) == 1 and listed > 2 * LEAST_CHAPTERS
    text = _bytes("".join(lines[numbered[0].line : numbered[-1].line]))
    is_long = text >= CHAPTER_TEXT * (len(numbered) - 1)
    return is_long and (len(numbered) >= LEAST_CHAPTERS or text >= FAR or listed > 2 * LEAST_CHAPTERS)


def documents(record: Record, *, unit: str = "book", unwrap: bool = True) -> list[Document]:
    """The book of a record, whole or by chapters; raises `Refused` where it holds no text that can be read."""
    book = (
        _from_epub(record) if record.text is None and epub.is_epub(record.payload, record.path) else _from_text(record)
    )
    found: list[Document] = []
    for number, one in enumerate(_volumes(book), 1):
        for document in _documents(one, record, unit, unwrap):
            part = f"book-{number}-{document.part}".removesuffix("-") if number > 1 else document.part
            found.append(replace(document, part=part))
    if not found:
        raise Refused("empty")
    return found


def _volumes(book: _Book) -> list[_Book]:
    """Files of Project Gutenberg that were put into one; a book by its own markup stays whole."""
    if book.headings or book.outline or not _is_gutenberg(book):
        return [book]
    return [replace(book, lines=lines, removed=Counter(book.removed)) for lines in gutenberg.volumes(book.lines)]


def _documents(book: _Book, record: Record, unit: str, unwrap: bool) -> list[Document]:
    """The documents of one book; none where it holds no text."""
    if _is_gutenberg(book):
        _take_off_gutenberg(book)
    _take_off_advertising(book)
    if book.headings is None:
        _find_chapters(book)
    sections = _sections(book, unwrap)
    if not any(text for _, text in sections):
        return []
    return (
        _by_chapter(book, sections, record)
        if unit == "chapter" and len(sections) > 1
        else [_whole(book, sections, record)]
    )


def _from_epub(record: Record) -> _Book:
    found = epub.read(record.payload)
    headings = found.headings if len(found.headings) > 1 else None
    return _Book(found.lines, headings, found.outline, dict(found.metadata), found.removed, is_wrapped=False)


def _from_text(record: Record) -> _Book:
    if record.text is not None:
        return _Book(clean(record.text).split("\n"))
    text, name = charset.decode(record.payload, record.content_type)
    if formats.is_html(record.payload[: formats.HEAD]):
        page = render(text)
        outline = epub.outline(page.headings, page.lines)
        return _Book(page.lines, outline=outline, metadata={"charset": name}, is_wrapped=False)
    return _Book(clean(text).split("\n"), metadata={"charset": name})


def _is_gutenberg(book: _Book) -> bool:
    return gutenberg.is_gutenberg("\n".join(book.lines[:2000]))


def _take_off_gutenberg(book: _Book) -> None:
    stripped = gutenberg.strip(book.lines)
    book.metadata = {**book.metadata, **{k: v for k, v in stripped.metadata.items() if k not in book.metadata}}
    book.removed += stripped.removed
    book.license = LICENCE
    book.lines = stripped.lines
    _drop(book, stripped.gone)


def _take_off_advertising(book: _Book) -> None:
    """Of Chinese novels; and what their first lines say of title and author."""
    if not is_chinese_novel(book.lines):
        return
    size = sum(map(len, book.lines))
    cleaned = [without_advertising(line) for line in book.lines]
    book.lines = [line or "" for line in cleaned]
    book.removed["advertising"] += size - sum(map(len, book.lines))
    for line in book.lines[:TITLE_LINES]:
        if match := BOOK_TITLE.match(line):
            book.metadata.setdefault("title", match["title"])
            if match["author"]:
                book.metadata.setdefault("author", match["author"].strip())
        for key, pattern in LABELLED:
            if match := pattern.match(line):
                book.metadata.setdefault(key, match["value"].strip())
    _drop(book, {at for at, line in enumerate(cleaned) if line is None})


def _find_chapters(book: _Book) -> None:
    found = find(book.lines)
    book.headings = found.headings or book.outline
    gone = {at for first, last in found.contents for at in range(first, last)}
    book.removed["contents"] += sum(len(book.lines[at]) for at in gone)
    _drop(book, gone)


def _drop(book: _Book, gone: set[int]) -> None:
    """Take lines out; headings keep pointing at their lines, and go where all up to the next one is gone."""
    if not gone:
        return
    places, kept = [], 0
    for at in range(len(book.lines) + 1):
        places.append(kept)
        kept += at < len(book.lines) and at not in gone
    book.lines = [line for at, line in enumerate(book.lines) if at not in gone]
    book.outline = _moved(book.outline, places, gone, book.lines)
    book.headings = None if book.headings is None else _moved(book.headings, places, gone, book.lines)


def _moved(headings: Sequence[Heading], places: Sequence[int], gone: set[int], lines: Sequence[str]) -> list[Heading]:
    stops = [*(one.line for one in headings[1:]), len(places) - 1][: len(headings)]
    return [
        replace(one, line=places[one.line], end=places[one.end])
        for one, stop in zip(headings, stops, strict=True)
        if one.line not in gone or any(line.strip() for line in lines[places[one.end] : places[max(stop, one.end)]])
    ]


def _sections(book: _Book, unwrap: bool) -> list[tuple[Heading | None, str]]:
    """The text in front of the first heading, then each heading with the text below it."""
    headings = book.headings or []
    width = wrapping.page_width(book.lines) if unwrap and book.is_wrapped else None
    has_parts = any(one.level != CHAPTER for one in headings)
    stops = [*(one.line for one in headings), len(book.lines)]
    sections: list[tuple[Heading | None, str]] = [(None, _text(book.lines[: stops[0]], width))]
    for one, stop in zip(headings, stops[1:], strict=True):
        mark = "##" if has_parts and one.level == CHAPTER else "#"
        below = _text(book.lines[one.end : max(stop, one.end)], width)
        sections.append((one, f"{mark} {one.text}\n\n{below}".strip()))
    return sections


def _text(lines: Sequence[str], width: int | None) -> str:
    """Paragraphs as they stand in a document: no page width, no set-in first lines of Chinese, one empty line at most."""
    lines = wrapping.unwrap(lines, width) if width else lines
    out: list[str] = []
    for line in lines:
        line = line.rstrip()
        text = line.lstrip()
        if not text and (not out or not out[-1]):
            continue
        is_eastern = line.startswith("\u3000") or "\u2e80" <= text[:1] <= "\uffef" or text[:1] in ("\u201c", "\u300a")
        out.append(text if is_eastern else line)
    return "\n".join(out).strip("\n").rstrip()


def _metadata(book: _Book, record: Record) -> dict[str, Any]:
    known = {
        key: record.given[key] for key in ("title", "author", "language") if isinstance(record.given.get(key), str)
    }
    metadata = {**known, **book.metadata}
    if stripped := {family: count for family, count in sorted(book.removed.items()) if count}:
        metadata["stripped"] = stripped
    return metadata


def _whole(book: _Book, sections: Sequence[tuple[Heading | None, str]], record: Record) -> Document:
    titles = [one.text[:TITLE] for one, _ in sections if one is not None and one.level == CHAPTER]
    metadata = {**_metadata(book, record), "chapters": len(titles)}
    if titles:
        metadata["chapter_titles"] = titles[:TITLES]
    return Document("\n\n".join(text for _, text in sections if text), metadata, license=book.license)


def _by_chapter(book: _Book, sections: Sequence[tuple[Heading | None, str]], record: Record) -> list[Document]:
    """A document a chapter; what stands in front is `front`, the heading of a part stands in its first chapter."""
    metadata = _metadata(book, record)
    out: list[Document] = []
    above: list[str] = []
    for one, text in sections:
        if one is None:
            if text:
                out.append(Document(text, {**metadata, "chapter": "front"}, "front", license=book.license))
            continue
        above.append(text)
        if one.level == CHAPTER:
            number = len(out) - (bool(out) and out[0].part == "front") + 1
            chapter = {"chapter": one.text[:TITLE], "chapter_number": number}
            out.append(Document("\n\n".join(above), {**metadata, **chapter}, f"chapter-{number}", license=book.license))
            above = []
    if above and out:
        out[-1].text = "\n\n".join([out[-1].text, *above])
    return out
