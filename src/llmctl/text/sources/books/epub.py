"""The bytes of an EPUB (2 or 3) -> lines of text, its chapters as its own contents name them, and its metadata.

container.xml leads to the package, the package to the files in reading order; the navigation (EPUB 3) or the NCX (EPUB 2)
says where chapters begin. Covers, contents and copyright pages are known by their type, by the guide or by their title,
and give no text. The archive is bounded (`archive`). Sources: EPUB 3.3 (W3C), OPF 2.0.1 (IDPF), OCF 3.2 for encryption.
"""

from __future__ import annotations

import itertools
import posixpath
import re
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import unquote

from lxml import etree

from llmctl.text.sources import charset
from llmctl.text.sources.books.archive import Archive
from llmctl.text.sources.books.headings import CHAPTER, PART, Heading, heading
from llmctl.text.sources.books.numerals import folded
from llmctl.text.sources.books.tables import TABLES
from llmctl.text.sources.books.xhtml import TYPE, Rendered, name_of, parsed, render
from llmctl.text.sources.record import Refused

MIME = b"application/epub+zip"
MAX_SPINE, MAX_CONTENTS = 5_000, 20_000
FIELDS = {"title": "title", "creator": "author", "language": "language", "rights": "rights", "identifier": "identifier",
          "publisher": "publisher", "date": "published", "contributor": "contributor", "subject": "tags"}  # fmt: skip
LONGEST = 300  # characters of a metadata value
ABOUT = frozenset(map(folded, TABLES["about"]["pages"]))
WORDS = re.compile(r"[\W_]+")
NUMBER_BEFORE = 16  # letters that a page has before a title: `Chapter XXXVIII`


@dataclass
class Book:
    """An EPUB as lines; headings are those that its own contents name, `outline` those of its pages."""

    lines: list[str] = field(default_factory=list)
    headings: list[Heading] = field(default_factory=list)
    outline: list[Heading] = field(default_factory=list)
    metadata: dict[str, str] = field(default_factory=dict)
    removed: Counter[str] = field(default_factory=Counter)


@dataclass
class _Entry:
    """A line of the contents: what it is called, where it leads, how deep it lies."""

    title: str
    file: str
    anchor: str
    depth: int
    has_below: bool = False


def is_epub(payload: bytes, path: str) -> bool:
    """A zip that says so in its first member (OCF 3.2, 4.3), or one that is called so and has a container."""
    if not payload.startswith(b"PK\x03\x04"):
        return False
    if MIME in payload[:128]:
        return True
    return path.lower().endswith(".epub") or b"META-INF/container.xml" in payload[:65_536]


def read(payload: bytes) -> Book:
    """The book in an archive; raises `Refused` where it holds none that can be read."""
    archive = Archive(payload)
    package, folder = _package(archive)
    manifest = {item.get("id") or "": item for item in package.iter("{*}item")}
    paths = {key: _path(folder, item.get("href") or "") for key, item in manifest.items()}
    spine = _spine(package, paths)
    if any(path in archive.locked for path in spine):
        raise Refused("encrypted")
    entries = _contents(archive, package, manifest, paths)
    about = _about(package, manifest, paths, folder)
    book = Book(metadata=_metadata(package))
    starts: dict[str, tuple[int, Rendered]] = {}
    marked: list[tuple[int, int, str]] = []
    for path in spine:
        text = charset.decode(archive.read(path), "application/xhtml+xml")[0] if path in archive.names else ""
        page = render(text)
        kind = page.about or about.get(path) or _about_by_title(path, entries)
        if kind:
            book.removed["front_pages"] += sum(map(len, page.lines))
            continue
        starts[path] = len(book.lines), page
        marked += [(len(book.lines) + line, level, title) for line, level, title in page.headings]
        book.lines += [*page.lines, ""]
    if not starts:
        raise Refused("unreadable:broken_book")
    book.headings = _headings(entries, starts, book.lines)
    book.outline = outline(marked, book.lines)
    return book


def outline(marked: list[tuple[int, int, str]], lines: list[str]) -> list[Heading]:
    """Chapters by the markup of pages: the uppermost level of headings that has two or more."""
    levels = Counter(level for _, level, _ in marked)
    top = next((level for level in sorted(levels) if levels[level] > 1), 0)
    found = []
    for line, level, title in marked:
        if level == top:
            text, end = _own_words(title, lines, line)
            found.append(Heading(line, end, "markup", CHAPTER, None, text, title))
    return found


def _package(archive: Archive) -> tuple[etree._Element, str]:
    tree = parsed(archive.read("META-INF/container.xml").decode("utf-8", "replace"))
    files = [root.get("full-path") or "" for root in tree.iter("{*}rootfile")] if tree is not None else []
    files += sorted(name for name in archive.names if name.endswith(".opf"))
    for path in files[:3]:
        package = parsed(charset.decode(archive.read(path), "application/xml")[0])
        if package is not None and name_of(package) == "package":
            return package, posixpath.dirname(path)
    raise Refused("unreadable:broken_book")


def _path(folder: str, href: str) -> str:
    """A reference as the name of a member; one that leads out of the archive names none."""
    return posixpath.normpath(posixpath.join(folder, unquote(href.partition("#")[0]).replace("\\", "/"))).lstrip("/")


def _spine(package: etree._Element, paths: dict[str, str]) -> list[str]:
    """Files in reading order, those that are aside (`linear="no"`) left out; every file once."""
    references = [ref for ref in package.iter("{*}itemref") if (ref.get("linear") or "").lower() != "no"]
    return list(
        dict.fromkeys(paths[ref.get("idref") or ""] for ref in references[:MAX_SPINE] if ref.get("idref") in paths)
    )


def _metadata(package: etree._Element) -> dict[str, str]:
    """The Dublin Core of a package; several values of a name are joined."""
    found: dict[str, list[str]] = {}
    for element in package.iter("{http://purl.org/dc/elements/1.1/}*"):
        key = FIELDS.get(name_of(element))
        value = " ".join("".join(element.itertext()).split())[:LONGEST]
        if key and value and len(found.get(key, ())) < 20:
            found.setdefault(key, []).append(value)
    return {key: "; ".join(dict.fromkeys(values))[:LONGEST] for key, values in found.items()}


def _contents(
    archive: Archive, package: etree._Element, manifest: dict[str, etree._Element], paths: dict[str, str]
) -> list[_Entry]:
    """The navigation of EPUB 3, else the NCX of EPUB 2."""
    navs = [paths[key] for key, item in manifest.items() if "nav" in (item.get("properties") or "").split()]
    spines = [spine.get("toc") for spine in package.iter("{*}spine")]
    ncxs = [paths[key] for key in spines if key in paths]
    ncxs += [paths[key] for key, item in manifest.items() if "dtbncx" in (item.get("media-type") or "")]
    for path, entries in [*((path, _of_nav) for path in navs[:1]), *((path, _of_ncx) for path in ncxs[:1])]:
        tree = parsed(charset.decode(archive.read(path), "application/xml")[0])
        found = entries(tree, posixpath.dirname(path))[:MAX_CONTENTS] if tree is not None else []
        for entry, after in itertools.pairwise(found):
            entry.has_below = after.depth > entry.depth
        if len(found) > 1:
            return found
    return []


def _of_nav(tree: etree._Element, folder: str) -> list[_Entry]:
    for nav in tree.iter("{*}nav"):
        if "toc" in (nav.get(TYPE) or "toc").split():
            return [
                _entry("".join(link.itertext()), link.get("href"), folder, _depth(link, "ol"))
                for link in nav.iter("{*}a")
                if link.get("href")
            ]
    return []


def _of_ncx(tree: etree._Element, folder: str) -> list[_Entry]:
    found = []
    for point in tree.iter("{*}navPoint"):
        label = next(point.iterfind("{*}navLabel"), None)
        content = next(point.iterfind("{*}content"), None)
        if label is not None and content is not None:
            found.append(_entry("".join(label.itertext()), content.get("src"), folder, 1 + _depth(point, "navPoint")))
    return found


def _entry(title: str, href: str | None, folder: str, depth: int) -> _Entry:
    return _Entry(" ".join(title.split())[:LONGEST], _path(folder, href or ""), (href or "").partition("#")[2], depth)


def _depth(element: etree._Element, name: str) -> int:
    return sum(name_of(above) == name.lower() for above in element.iterancestors())


def _about(
    package: etree._Element, manifest: dict[str, etree._Element], paths: dict[str, str], folder: str
) -> dict[str, str]:
    """Files that the guide or the manifest calls covers, contents and the like."""
    about = {paths[key]: "toc" for key, item in manifest.items() if "nav" in (item.get("properties") or "").split()}
    for reference in package.iter("{*}reference"):
        kind = (reference.get("type") or "").lower()
        if kind in ABOUT:
            about.setdefault(_path(folder, reference.get("href") or ""), kind)
    return about


def _about_by_title(path: str, entries: list[_Entry]) -> str | None:
    """A file all of whose entries in the contents are titles of such pages."""
    titles = [folded(entry.title) for entry in entries if entry.file == path]
    return titles[0] if titles and all(title in ABOUT for title in titles) else None


def _headings(entries: list[_Entry], starts: dict[str, tuple[int, Rendered]], lines: list[str]) -> list[Heading]:
    """Where the uppermost entries of the contents lead; where those are parts, the entries below them are chapters."""
    placed = _placed(entries, starts)
    depths = Counter(entry.depth for entry in placed)
    top = next((depth for depth in sorted(depths) if depths[depth] > 1), 0)  # one entry above all is the book
    are_groups = _are_groups(placed, top)
    found: dict[int, Heading] = {}
    below_part = False
    for entry in placed:
        named = heading(entry.title)
        if entry.depth == top:
            below_part = entry.has_below and (are_groups or (named is not None and named.level == PART))
        elif not (below_part and entry.depth == top + 1):
            continue
        first, page = starts[entry.file]
        at = first + page.anchors.get(unquote(entry.anchor), 0)
        level = PART if below_part and entry.depth == top else CHAPTER
        text, end = _own_words(entry.title, lines, at)
        number = named.number if named else None
        found.setdefault(at, Heading(at, end, "contents", level, number, text, entry.title))
    return [found[at] for at in sorted(found)]


def _placed(entries: list[_Entry], starts: dict[str, tuple[int, Rendered]]) -> list[_Entry]:
    """Entries that lead to pages of the book; a path that is wrong leads to the one page of that name."""
    names: dict[str, list[str]] = {}
    for path in starts:
        names.setdefault(posixpath.basename(path), []).append(path)
    for entry in entries:
        if entry.file not in starts and len(near := names.get(posixpath.basename(entry.file), [])) == 1:
            entry.file = near[0]
    return [entry for entry in entries if entry.file in starts]


def _are_groups(placed: list[_Entry], top: int) -> bool:
    """Whether uppermost entries only gather chapters: those below are numbered through, they themselves are not."""
    uppers = [heading(entry.title) for entry in placed if entry.depth == top]
    below = [one.number for entry in placed if entry.depth == top + 1 and (one := heading(entry.title)) and one.number]
    rising = all(a < b for a, b in itertools.pairwise(below))
    return len(below) > 1 and rising and not any(one and one.number and one.level == CHAPTER for one in uppers)


def _own_words(title: str, lines: list[str], at: int) -> tuple[str, int]:
    """The heading as the page has it, where it repeats the title of the contents, and the line behind it."""
    wanted = WORDS.sub("", folded(title))
    held = ""
    for end in range(at, min(at + 8, len(lines))):
        held += WORDS.sub("", folded(lines[end]))
        if held and wanted and held.endswith(wanted) and len(held) <= len(wanted) + NUMBER_BEFORE:
            return " ".join(" ".join(lines[at : end + 1]).split()), end + 1
    return title, at
