"""EPUB of both versions gives its chapters in reading order; broken, locked and hostile archives give a reason."""

from __future__ import annotations

import io
import time
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmctl.text.sources import book
from llmctl.text.sources.books import epub
from llmctl.text.sources.record import Document, Record, Refused

PAGE = (
    '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE html>\n'
    '<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops"><head><title>t</title></head>'
    "{body}</html>"
)
CONTAINER = (
    '<?xml version="1.0"?><container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="OEBPS/content.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
)
METADATA = (
    '<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>The Lamps</dc:title><dc:creator>Ada Verne</dc:creator>'
    "<dc:creator>B. Holm</dc:creator><dc:language>en</dc:language><dc:rights>CC0</dc:rights>"
    "<dc:identifier>urn:x:1</dc:identifier>"
    '<meta property="dcterms:modified">2020-01-01T00:00:00Z</meta></metadata>'
)


def page(body: str) -> str:
    return PAGE.format(body=body if body.startswith("<body") else f"<body>{body}</body>")


def package(
    files: list[str], version: str, extra: str = "", spine: str = "", refs: dict[str, str] | None = None
) -> str:
    items = "".join(
        f'<item id="i{n}" href="{name}" media-type="application/xhtml+xml"/>' for n, name in enumerate(files)
    )
    order = "".join(f'<itemref idref="i{n}"{(refs or {}).get(name, "")}/>' for n, name in enumerate(files))
    return (
        f'<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf" version="{version}">{METADATA}'
        f"<manifest>{items}{extra}</manifest><spine{spine}>{order}</spine></package>"
    )


def archive(members: dict[str, str | bytes], container: str = CONTAINER) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as stream:
        stream.writestr("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        stream.writestr("META-INF/container.xml", container)
        for name, data in members.items():
            stream.writestr(name, data)
    return out.getvalue()


def read(payload: bytes, **how: object) -> list[Document]:
    return book.documents(Record(payload=payload, path="a.epub"), **how)  # type: ignore[arg-type]


CHAPTER = "<h2>{title}</h2><p>First line<br/>second line.</p><p>The lamp &amp; the&nbsp;boat &mdash; late.</p>"
TITLES = ["One: Lamps", "Two: Boats", "Three: Home"]
NCX = (
    '<?xml version="1.0"?><!DOCTYPE ncx PUBLIC "-//NISO//DTD ncx 2005-1//EN" "http://www.daisy.org/z3986/2005/ncx-2005-1.dtd">'
    '<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/" version="2005-1"><navMap>{points}</navMap></ncx>'
)


def point(title: str, src: str, inner: str = "") -> str:
    return f'<navPoint><navLabel><text>{title}</text></navLabel><content src="{src}"/>{inner}</navPoint>'


def second(points: str, files: dict[str, str], refs: dict[str, str] | None = None, **more: str) -> bytes:
    """An EPUB 2 with an NCX."""
    ncx = '<item id="ncx" href="toc.ncx" media-type="application/x-dtbncx+xml"/>'
    opf = package(list(files), "2.0", ncx, ' toc="ncx"', refs)
    members = {f"OEBPS/{name}": text for name, text in files.items()}
    return archive({"OEBPS/content.opf": opf, "OEBPS/toc.ncx": NCX.format(points=points), **members, **more})


def third(nav: str, files: dict[str, str]) -> bytes:
    """An EPUB 3 with a navigation document, which stands in the spine as well."""
    item = '<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>'
    opf = package(list(files), "3.0", item).replace("<spine>", '<spine><itemref idref="nav"/>')
    members = {f"OEBPS/{name}": text for name, text in files.items()}
    return archive(
        {
            "OEBPS/content.opf": opf,
            "OEBPS/nav.xhtml": page(f'<nav epub:type="toc"><h1>Contents</h1>{nav}</nav>'),
            **members,
        }
    )


def links(*pairs: tuple[str, str]) -> str:
    return "<ol>" + "".join(f'<li><a href="{href}">{title}</a></li>' for title, href in pairs) + "</ol>"


FILES = {f"c{n}.xhtml": page(CHAPTER.format(title=title)) for n, title in enumerate(TITLES)}
ALL_IN_ONE = {
    "all.xhtml": page("".join(f'<div id="p{n}">{CHAPTER.format(title=title)}</div>' for n, title in enumerate(TITLES)))
}
SPLIT = {
    "a.xhtml": page(CHAPTER.format(title=TITLES[0])), "a2.xhtml": page("<p>It goes on.</p>"),
    "b.xhtml": page(CHAPTER.format(title=TITLES[1]) + f'<h2 id="x">{TITLES[2]}</h2><p>Third.</p>'),
}  # fmt: skip
LAYOUTS = {
    "EPUB 2, a file a chapter": second("".join(point(t, f"c{n}.xhtml") for n, t in enumerate(TITLES)), FILES),
    "EPUB 2, one file": second("".join(point(t, f"all.xhtml#p{n}") for n, t in enumerate(TITLES)), ALL_IN_ONE),
    "EPUB 3, a file a chapter": third(links(*[(t, f"c{n}.xhtml") for n, t in enumerate(TITLES)]), FILES),
    "EPUB 3, one file": third(links(*[(t, f"all.xhtml#p{n}") for n, t in enumerate(TITLES)]), ALL_IN_ONE),
    "EPUB 3, split and joined": third(links((TITLES[0], "a.xhtml"), (TITLES[1], "b.xhtml"), (TITLES[2], "b.xhtml#x")), SPLIT),
    "EPUB 2, one entry above all": second(
        point("The Lamps", "c0.xhtml", "".join(point(t, f"c{n}.xhtml") for n, t in enumerate(TITLES))), FILES),
    "EPUB 2, wrong folders": second("".join(point(t, f"../text/c{n}.xhtml") for n, t in enumerate(TITLES)), FILES),
}  # fmt: skip


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_layout_gives_the_chapters_of_its_contents(name: str) -> None:
    record = Record(payload=LAYOUTS[name], path="a.epub")
    assert book.is_book(record)
    (whole,) = book.documents(record)
    assert whole.metadata["chapter_titles"] == TITLES
    assert whole.text.startswith("# One: Lamps\n\nFirst line\nsecond line.\n\nThe lamp & the\u00a0boat \u2014 late.")
    assert [one.kind for one in epub.read(LAYOUTS[name]).headings] == ["contents"] * 3
    chapters = book.documents(record, unit="chapter")
    assert [d.part for d in chapters] == ["chapter-1", "chapter-2", "chapter-3"]
    assert all(d.text.startswith(f"# {title}\n\n") for d, title in zip(chapters, TITLES, strict=True))
    assert "Contents" not in whole.text


def test_metadata_is_the_dublin_core_of_the_package() -> None:
    (whole,) = read(LAYOUTS["EPUB 3, one file"])
    known = {key: whole.metadata[key] for key in ("title", "author", "language", "rights", "identifier")}
    assert known == {
        "title": "The Lamps", "author": "Ada Verne; B. Holm", "language": "en", "rights": "CC0", "identifier": "urn:x:1",
    }  # fmt: skip


def test_parts_hold_chapters() -> None:
    points = point("Part One", "p1.xhtml", point(TITLES[0], "c0.xhtml") + point(TITLES[1], "c1.xhtml"))
    points += point("Part Two", "p2.xhtml", point(TITLES[2], "c2.xhtml"))
    files = {
        "p1.xhtml": page("<h1>Part One</h1>"), "c0.xhtml": FILES["c0.xhtml"], "c1.xhtml": FILES["c1.xhtml"],
        "p2.xhtml": page("<h1>Part Two</h1>"), "c2.xhtml": FILES["c2.xhtml"],
    }  # fmt: skip
    first, _, last = read(second(points, files), unit="chapter")
    assert first.text.startswith("# Part One\n\n## One: Lamps\n\nFirst line")
    assert last.text.startswith("# Part Two\n\n## Three: Home\n\n")


ABOUT = {
    "linear": ("x.xhtml", page("<p>An advertisement.</p>"), ' linear="no"'),
    "type": ("x.xhtml", page('<body epub:type="copyright-page"><p>An advertisement.</p></body>'), ""),
    "section": ("x.xhtml", page('<section epub:type="cover"><p>An advertisement.</p></section>'), ""),
}


@pytest.mark.parametrize("name", ABOUT)
def test_pages_about_the_book_are_left_out(name: str) -> None:
    file, text, reference = ABOUT[name]
    points = "".join(point(t, f"c{n}.xhtml") for n, t in enumerate(TITLES))
    (whole,) = read(second(points, {file: text, **FILES}, {file: reference}))
    assert "advertisement" not in whole.text


def test_pages_that_the_contents_or_the_guide_call_so_are_left_out() -> None:
    points = point("Copyright", "x.xhtml") + "".join(point(t, f"c{n}.xhtml") for n, t in enumerate(TITLES))
    by_title = second(points, {"x.xhtml": page("<p>An advertisement.</p>"), **FILES})
    (whole,) = read(by_title)
    assert "advertisement" not in whole.text and whole.metadata["chapter_titles"] == TITLES
    assert whole.metadata["stripped"]["front_pages"] == len("An advertisement.")


def test_a_book_without_contents_is_searched_for_headings() -> None:
    files = {"c.xhtml": page("".join(f"<p>CHAPTER {n}</p><p>Text of {n}.</p>" for n in ("I", "II", "III")))}
    (whole,) = read(second("", files))
    assert whole.metadata["chapter_titles"] == ["CHAPTER I", "CHAPTER II", "CHAPTER III"]


def test_a_book_that_names_and_numbers_no_chapters_has_those_of_its_markup() -> None:
    files = {
        "c.xhtml": page("<h1>The Lamps</h1>" + "".join(f"<h2>{title}</h2><p>Text.</p>" for title in ("Oil", "Wick")))
    }
    (whole,) = read(second("", files))
    assert whole.text == "The Lamps\n\n# Oil\n\nText.\n\n# Wick\n\nText."


def test_a_page_of_html_that_is_said_to_be_a_book_is_one() -> None:
    text = "<html><body><h1>A<br>B</h1>" + "".join(
        f"<h2>CHAPTER {n}<br>Lamps</h2><p>One<p>two &mdash;" for n in ("I", "II")
    )
    (whole,) = book.documents(Record(payload=text.encode(), path="a.htm"))
    assert whole.metadata["chapter_titles"] == ["CHAPTER I Lamps", "CHAPTER II Lamps"]
    assert whole.text.startswith("A\nB\n\n# CHAPTER I Lamps\n\nOne\n\ntwo \u2014\n\n# CHAPTER II")


def test_breaks_that_are_left_open_break_and_deep_pages_keep_their_words() -> None:
    (whole,) = read(second("", {"c.xhtml": page("<p>a<br>b<hr>c<img src='x'>d</p>")}))
    assert whole.text == "a\nb\n\n* * *\n\ncd"
    (whole,) = read(second("", {"c.xhtml": page("<div>" * 2000 + "words" + "</div>" * 2000 + "<p>more</p>")}))
    assert whole.text.split() == ["t", "words", "more"]


def test_what_is_no_text_is_left_out_and_the_words_behind_it_stay() -> None:
    body = (
        "<p>A<script>x()</script>B<rt>ruby</rt>C<svg><text>no</text></svg>D</p><table><tr><td>1</td><td>2</td></tr></table>"
        '<pre>a\n  b</pre><hr/><p>x<span epub:type="pagebreak" id="p3">3</span>y</p><p/><title/><p>end</p>'
    )
    (whole,) = read(second("", {"c.xhtml": page(body)}))
    assert whole.text == "ABCD\n\n1 | 2\n\na\n  b\n\n* * *\n\nxy\n\nend"


def test_an_epub_of_gutenberg_loses_its_header_and_licence() -> None:
    start = page(
        "<p>The Project Gutenberg eBook of The Lamps</p><p>*** START OF THE PROJECT GUTENBERG EBOOK THE LAMPS ***</p>"
    )
    end = page("<p>*** END OF THE PROJECT GUTENBERG EBOOK THE LAMPS ***</p><p>The full license.</p>")
    points = "".join(point(t, f"c{n}.xhtml") for n, t in enumerate(TITLES))
    points = point("The Project Gutenberg eBook of The Lamps", "s.xhtml") + points
    (whole,) = read(second(points, {"s.xhtml": start, **FILES, "z.xhtml": end}))
    assert whole.text.startswith("# One: Lamps\n\nFirst line") and whole.text.endswith("late.")
    assert whole.metadata["chapter_titles"] == TITLES


ENCRYPTION = (
    '<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container" xmlns:enc="http://www.w3.org/2001/04/xmlenc#">'
    '<enc:EncryptedData><enc:EncryptionMethod Algorithm="{method}"/><enc:CipherData><enc:CipherReference URI="{path}"/>'
    "</enc:CipherData></enc:EncryptedData></encryption>"
)


def locked(method: str, path: str) -> bytes:
    points = "".join(point(t, f"c{n}.xhtml") for n, t in enumerate(TITLES))
    return second(points, FILES, **{"META-INF/encryption.xml": ENCRYPTION.format(method=method, path=path)})


def test_an_encrypted_chapter_is_refused_and_an_obfuscated_font_is_not() -> None:
    with pytest.raises(Refused, match="encrypted"):
        read(locked("http://www.w3.org/2001/04/xmlenc#aes128-cbc", "OEBPS/c1.xhtml"))
    assert read(locked("http://www.idpf.org/2008/embedding", "OEBPS/fonts/a.otf"))[0].metadata["chapters"] == 3


GOOD = LAYOUTS["EPUB 2, a file a chapter"]
DATA = GOOD.index(b"OEBPS/c1.xhtml") + len("OEBPS/c1.xhtml") + 20  # within the compressed bytes of a chapter
BROKEN = {
    "cut": (GOOD[: len(GOOD) // 2], "unreadable:broken_archive"),
    "only a beginning": (b"PK\x03\x04" + bytes(26) + b"mimetypeapplication/epub+zip", "unreadable:broken_archive"),
    "no package": (archive({}), "unreadable:broken_book"),
    "package is no XML": (archive({"OEBPS/content.opf": "\0\0"}), "unreadable:broken_book"),
    "no spine": (archive({"OEBPS/content.opf": package([], "3.0")}), "unreadable:broken_book"),
    "files lack": (archive({"OEBPS/content.opf": package(["a.xhtml"], "3.0")}), "empty"),
    "damaged member": (GOOD[:DATA] + b"\xff" * 8 + GOOD[DATA + 8 :], "unreadable:broken_archive"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_archives_give_a_reason(name: str) -> None:
    payload, reason = BROKEN[name]
    assert book.is_book(Record(payload=payload, path="a.epub"))
    with pytest.raises(Refused) as refused:
        read(payload)
    assert refused.value.reason == reason


def test_paths_never_leave_the_archive() -> None:
    opf = package(["../../../../etc/passwd"], "3.0")
    with pytest.raises(Refused, match="empty"):
        read(archive({"OEBPS/content.opf": opf}))


BOMBS = {
    "a member of zeros": archive(
        {"OEBPS/content.opf": package(["c.xhtml"], "3.0"), "OEBPS/c.xhtml": b" " * 40_000_000}
    ),
    "members": archive({f"m{n}": "" for n in range(20_001)}),
}
ENTITIES = (
    '<!DOCTYPE html [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;">'
    '<!ENTITY f SYSTEM "file:///etc/passwd">]><html xmlns="http://www.w3.org/1999/xhtml"><body><p>x&c;&f;y</p></body></html>'
)


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_too_large(name: str) -> None:
    start = time.process_time()
    with pytest.raises(Refused, match="too_large") as refused:
        read(BOMBS[name])
    assert refused.value.value is not None and refused.value.high is not None
    assert time.process_time() - start < 4.0


@pytest.mark.parametrize("padding", ["", f"<!-- {'x' * 30_000} -->"])
def test_entities_of_a_file_are_nothing(padding: str) -> None:
    (whole,) = read(second("", {"c.xhtml": '<?xml version="1.0"?>' + ENTITIES.replace("[<", f"[{padding}<")}))
    assert whole.text == "xy"


HOSTILE = {
    "deep": "<div>" * 100_000 + "text" + "</div>" * 100_000,
    "many": "<p>a</p>" * 60_000,
    "open": "<p><b><i>" * 40_000 + "text",
    "attributes": "<p " + " ".join(f'a{n}="x"' for n in range(20_000)) + ">text</p>",
    "doctype": "<!DOCTYPE [" * 50_000,
    "no markup": "text " * 200_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_pages_take_time_that_is_linear(name: str) -> None:
    start = time.process_time()
    try:
        read(second("", {"c.xhtml": page(HOSTILE[name])}))
    except Refused as refused:
        assert refused.reason == "empty"
    assert time.process_time() - start < 4.0


@settings(max_examples=50, deadline=None)
@given(
    st.sampled_from(sorted(LAYOUTS)),
    st.lists(st.tuples(st.integers(0, 5000), st.binary(min_size=1, max_size=4)), max_size=6),
)
def test_any_damage_gives_documents_or_a_reason(name: str, damage: list[tuple[int, bytes]]) -> None:
    payload = bytearray(LAYOUTS[name])
    for place, data in damage:
        payload[place % len(payload) : place % len(payload) + len(data)] = data
    record = Record(payload=bytes(payload), path="a.epub")
    book.is_book(record)
    try:
        assert all(d.text for d in book.documents(record, unit="chapter"))
    except Refused as refused:
        assert refused.reason.startswith(("unreadable:", "encrypted", "empty", "too_large"))


@settings(max_examples=30, deadline=None)
@given(st.text(st.sampled_from("<>/&;!=\"' \nabp\u4e00\0[]"), max_size=200), st.text(max_size=60))
def test_any_page_gives_text_or_nothing(markup: str, text: str) -> None:
    try:
        read(second(point(text.replace("<", ""), markup), {"c.xhtml": markup + text}))
    except Refused as refused:
        assert refused.reason in ("empty", "unreadable:broken_book")
