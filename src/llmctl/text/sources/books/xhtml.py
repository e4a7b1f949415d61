"""A page of a book (XHTML of an EPUB, what passes for it, or HTML) -> lines of text, where its anchors lie, and its headings.

Block elements are paragraphs with an empty line between, `br` and `pre` keep their breaks, cells of a row are joined
by ` | `; scripts, navigation, page breaks, pictures and the small type above Japanese characters leave no text. Parsed
by lxml without entities, without network, in a walk without recursion; what lxml cannot hold is read by taking the
markup off. Costs about 10 ms a 100 kB.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.entities import name2codepoint

from lxml import etree

from llmctl.text.sources.pages.html import MARKUP, clean

DOCTYPE = re.compile(r"<!DOCTYPE[^\[>]{0,500}(?:\[.{0,20000}?\]\s{0,50})?>", re.I | re.S)
DECLARATION = re.compile(r"^\s*<\?xml[^<>]{0,200}\?>")
XML = re.compile(r"<\?xml|\sxmlns(?::\w{1,20})?=", re.I)
SNIFFED = 2000  # characters in which a file says that it is XML
VOID = re.compile(
    r"<(br|hr|img|meta|link|input|col|wbr)\b([^<>]{0,2000}?)\s{0,20}/?>", re.I
)  # left open where HTML was renamed
ENTITY = re.compile(r"&([A-Za-z][A-Za-z0-9]{1,31});")
OF_XML = frozenset(("amp", "lt", "gt", "quot", "apos"))
BLOCKS = frozenset(re.findall(r"\w+",
    "address article aside blockquote body caption center dd div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5"
    " h6 header hr li main ol p pre section table tbody tfoot thead title tr ul"
))  # fmt: skip
SILENT = frozenset(
    re.findall(r"\w+", "head script style nav rt rp svg math audio video object iframe template noscript button select")
)
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
# EPUB 3 Structural Semantics Vocabulary: what is about the book and not of it
ABOUT = frozenset(
    re.findall(
        r"[\w-]+",
        "cover toc copyright-page landmarks loi lot index page-list titlepage halftitlepage colophon pagebreak",
    )
)
TYPE = "{http://www.idpf.org/2007/ops}type"
XML_ID = "{http://www.w3.org/XML/1998/namespace}id"
SPACES = re.compile(r"[ \t\n\r\f]+")
MAX_ELEMENTS = 500_000  # of one file; the largest of 20 real EPUBs has 20,000


@dataclass
class Rendered:
    """A file as lines; `anchors` and `headings` (level, text) are by line, `about` is the kind of page if not of the book."""

    lines: list[str] = field(default_factory=list)
    anchors: dict[str, int] = field(default_factory=dict)
    headings: list[tuple[int, int, str]] = field(default_factory=list)
    about: str | None = None


def parsed(text: str) -> etree._Element | None:
    """The tree of a file of XML, or of HTML where nothing says XML, whatever its faults; None where it is too deep.

    Named entities of HTML are characters, those of the file are none.
    """
    is_xml = bool(XML.search(text[:SNIFFED]))
    text = DECLARATION.sub("", DOCTYPE.sub("", clean(text), count=1))
    if not is_xml:
        parser = etree.HTMLParser(
            recover=True, no_network=True, remove_comments=True, remove_pis=True, encoding="utf-8"
        )
        return _tree(text, parser)
    text = ENTITY.sub(_character, text)
    sound = _tree(text, _xml_parser(recover=False))
    return sound if sound is not None else _tree(VOID.sub(r"<\1\2/>", text), _xml_parser(recover=True))


def _xml_parser(recover: bool) -> etree.XMLParser:
    return etree.XMLParser(recover=recover, resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True,
                           remove_pis=True, huge_tree=False)  # fmt: skip


def _tree(text: str, parser: etree.XMLParser | etree.HTMLParser) -> etree._Element | None:
    try:
        tree = etree.fromstring(text.encode("utf-8"), parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    return None if any(error.type_name == "ERR_RESOURCE_LIMIT" for error in parser.error_log) else tree


def _character(match: re.Match[str]) -> str:
    name = match[1]
    return chr(name2codepoint[name]) if name in name2codepoint and name not in OF_XML else match[0]


def name_of(element: etree._Element) -> str:
    """The name of an element without its namespace, in lower case; empty for what is no element."""
    tag = element.tag
    return tag.rpartition("}")[2].lower() if isinstance(tag, str) else ""


def render(text: str) -> Rendered:
    """The text of a file."""
    tree = parsed(text)
    if tree is None:
        plain = html.unescape(MARKUP.sub(" ", clean(text)))
        return Rendered([" ".join(line.split()) for line in plain.split("\n")])
    return _Renderer().run(tree)


def _types(element: etree._Element) -> set[str]:
    role = (element.get("role") or "").replace("doc-", "")
    return set(f"{element.get(TYPE) or ''} {role}".split())


class _Renderer:
    """One walk over a tree: the line being written, and what was written."""

    def __init__(self) -> None:
        self.out = Rendered()
        self.line: list[str] = []
        self.heading: tuple[int, int] | None = None  # level, first line
        self.pre = 0

    def run(self, tree: etree._Element) -> Rendered:
        for at, (event, element) in enumerate(_walk(tree)):
            if at > 2 * MAX_ELEMENTS:
                break
            if event == "start":
                self._open(element)
            else:
                self._close(element)
            self._text(element.text if event == "start" else element.tail)
        self._break()
        return self.out

    def _open(self, element: etree._Element) -> None:
        name = name_of(element)
        if name in ("body", "section") and self.out.about is None and len(self.out.lines) == 0:
            self.out.about = next(iter(sorted(_types(element) & ABOUT)), None)
        if name in BLOCKS:
            self._paragraph()
        if anchor := (element.get("id") or element.get(XML_ID) or (element.get("name") if name == "a" else None)):
            self.out.anchors.setdefault(anchor, len(self.out.lines))
        if name in HEADINGS:
            self.heading = (int(name[1]), len(self.out.lines))
        self.pre += name == "pre"

    def _close(self, element: etree._Element) -> None:
        name = name_of(element)
        if name == "br":
            self._break()
        elif name in ("td", "th") and self.line:
            self.line.append(" | ")
        elif name in BLOCKS:
            self._paragraph("* * *" if name == "hr" else None)
        self.pre -= name == "pre"
        if name in HEADINGS and self.heading:
            level, start = self.heading
            title = " ".join(" ".join(self.out.lines[start:]).split())
            if title:
                self.out.headings.append((start, level, title))
            self.heading = None

    def _text(self, text: str | None) -> None:
        if not text:
            return
        if self.pre:
            first, *others = text.split("\n")
            self.line.append(first)
            for other in others:
                self._break()
                self.line.append(other)
            return
        self.line.append(SPACES.sub(" ", text))

    def _break(self) -> None:
        text = "".join(self.line)
        text = text.rstrip() if self.pre else SPACES.sub(" ", text).strip().removesuffix(" |").strip()
        if text:
            self.out.lines.append(text)
        self.line.clear()

    def _paragraph(self, ornament: str | None = None) -> None:
        self._break()
        if ornament:
            self.out.lines.append(ornament)
        if self.out.lines and self.out.lines[-1]:
            self.out.lines.append("")


def _walk(tree: etree._Element) -> Iterator[tuple[str, etree._Element]]:
    """(start | end, element) in document order without what is silent; the tail of a silent element is text still."""
    walker = etree.iterwalk(tree, events=("start", "end"))
    for event, element in walker:
        name = name_of(element)
        if name in BLOCKS or name == "body" or not (name in SILENT or not name or "pagebreak" in _types(element)):
            yield event, element
        elif event == "start":
            walker.skip_subtree()
        elif element.tail:
            tail = etree.Element("span")
            tail.tail = element.tail
            yield "end", tail
