"""Records of papers: which are, what is in them, what is refused; projects, archives, charsets."""

from __future__ import annotations

import gzip
import io
import tarfile

import pytest

from llmctl.text.sources.record import Record, Refused
from llmctl.text.sources.scientific import arxiv_id, documents, is_scientific
from llmctl.text.sources.tex.packing import inside
from llmctl.text.sources.tex.project import main_files

MAIN = (
    b"\\documentclass{article}\n\\input{macros}\n\\begin{document}\n\\title{T}\\section{A}\n"
    b"\\input{sections/a}\n\\include{sections/b.tex}\\end{document}\n"
)
FILES = {
    "main.tex": MAIN,
    "macros.tex": b"\\newcommand{\\R}{\\mathbb{R}}\n",
    "sections/a.tex": b"Let $x \\in \\R$.\n\n",
    "sections/b.tex": b"And more.\\input{../../etc/passwd}\\input{/etc/passwd}\\input{missing}\n",
}
TEXT = "# T\n\n## A\n\nLet $x \\in \\mathbb{R}$.\n\nAnd more."


def tar_of(files: dict[str, bytes], **links: str) -> bytes:
    """A tar archive, with links by name."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
        for name, target in links.items():
            member = tarfile.TarInfo(name)
            member.type, member.linkname = tarfile.SYMTYPE, target
            archive.addfile(member)
    return out.getvalue()


def submission(path: str, data: bytes) -> Record:
    return Record(path=path, payload=gzip.compress(data))


def refused(record: Record) -> str:
    with pytest.raises(Refused) as caught:
        documents(record)
    return caught.value.reason


def test_a_project_is_read_as_parts_and_as_an_archive() -> None:
    parts = {f"paper/{name}": data for name, data in FILES.items()}
    for record in (Record(path="paper/main.tex", parts=parts), submission("2611/2611.01234.gz", tar_of(FILES))):
        assert is_scientific(record)
        assert documents(record)[0].text == TEXT


def test_what_is_known_of_a_paper() -> None:
    found = documents(submission("2611/2611.01234v2.gz", tar_of(FILES)))[0]
    assert found.url == "https://arxiv.org/abs/2611.01234v2"
    assert found.part == ""
    assert found.metadata == {
        "title": "T", "main": "main.tex", "files": ["main.tex", "macros.tex", "sections/a.tex", "sections/b.tex"],
        "charset": "utf-8", "headings": 1, "maths": 1, "maths_characters": 16, "missing_files": 3, "path": "2611.01234v2",
    }  # fmt: skip


def test_parts_without_their_main_file_named() -> None:
    assert documents(Record(path="paper", parts=FILES))[0].text == TEXT
    assert refused(Record(path="a.tex", parts={"a.png": b"x"})) == "empty"


def test_a_style_file_beside_a_paper_is_read_with_it() -> None:
    paper = b"\\documentclass{article}\\usepackage{x}\\begin{document}Hello \\paper.\\end{document}"
    found = documents(Record(path="a/paper.tex", payload=paper, parts={"a/x.sty": b"\\newcommand{\\paper}{sheet}"}))
    assert found[0].text == "Hello sheet."


def test_a_single_file_in_gzip() -> None:
    record = submission("2611/hep-th9901001.gz", MAIN)
    assert is_scientific(record)
    assert documents(record)[0].text == "# T\n\n## A"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("2611/2611.01234.gz", "2611.01234"), ("0704/0704.0001.gz", "0704.0001"), ("2611.01234v3/main.tex", "2611.01234v3"),
        ("hep-th/9901001.gz", "hep-th/9901001"), ("9901/hep-th9901001.gz", "hep-th/9901001"),
        ("math.GT/0309136.gz", "math.GT/0309136"), ("2611/hogg.gz", None), ("figures-1234567.gz", None), ("12345.tex", None),
    ],
)  # fmt: skip
def test_identifiers_of_arxiv(path: str, expected: str | None) -> None:
    assert arxiv_id(path) == expected


@pytest.mark.parametrize(
    "record",
    [
        Record(path="a.tex", payload=MAIN),
        Record(path="a.ltx", payload=b"\\section{A} \\emph{x} \\label{b}"),
        Record(path="a.txt", payload=b"% a remark\n\n\\documentstyle[12pt]{article}\n\\begin{document}"),
        Record(path="a", payload=b"x", content_type="text/x-tex; charset=utf-8"),
        Record(path="a", payload=b"\\documentclass [\n  aps,\n  prl]\n {revtex4-1} % of journals\n\\begin{document}x"),
        Record(path="a.txt", payload=b"\xef\xbb\xbf\r\n\\documentclass{article}[2020/01/01]\r\n\\begin{document}x"),
        Record(path="a.txt", payload=b"\\input amstex\n\\documentstyle{amsppt}\nText."),
        Record(path="a.txt", payload=b"\\documentstyle{amsppt}\n\\topmatter\\title A\\endtitle\\endtopmatter Text."),
        Record(path="a.txt", payload=b"\\magnification=\\magstep1\nText."),
        Record(path="a.txt", payload=b"\\magnification 1200 \\hsize=5in\nText."),
        Record(path="a.gz", payload=gzip.compress(MAIN)),
        Record(path="row", text="\\documentclass{article}\\begin{document}x\\end{document}"),
        Record(path="2611.01234.gz", payload=gzip.compress(b"%PDF-1.4 ...")),
        Record(
            path="9901/hep-th9901001.gz", payload=gzip.compress(b"\\hsize=5in \\centerline{A} \\noindent Text \\bye")
        ),
        Record(path="paper.tar", payload=tar_of(FILES)),
        Record(path="paper.tex", payload=MAIN, parts={"x.sty": b"\\def\\x{y}"}),
        Record(
            path="paper.txt", payload=b"\\documentclass{article}\\begin{document}x", parts={"x.sty": b"\\def\\x{y}"}
        ),
    ],
)
def test_papers_are_told(record: Record) -> None:
    assert is_scientific(record)


@pytest.mark.parametrize(
    "record",
    [
        Record(path="a.txt", payload=b"How do I use \\documentclass{article} and \\begin{document}?"),
        Record(path="a.txt", payload=b"\\documentclass is what every file starts with, then \\begin{document}."),
        Record(path="a.md", payload=b"\\documentclass{article} is what every file starts with, then\n\\begin{document}."),
        Record(path="a.txt", payload=b"\\documentclass{article}\n\\RequirePackage{x}\nis all of a class."),
        Record(path="a.txt", payload=b"\\input amstex is how files began, \\magnification=1200 how they went on."),
        Record(path="a.txt", payload=b"\\magnification is a dial."),
        Record(path="a.md", payload=b"# Maths\n\nLet $x \\in \\mathbb{R}$ and \\alpha."),
        Record(path="a.tex", payload=b"no commands at all"),
        Record(path="a.tex", payload=b"\x89PNG\r\n\x1a\n\0\0\\a\\b\\c"),
        Record(path="a.cls", payload=b"\\ProvidesClass{a}\n\\def\\x{y}"),
        Record(path="a.py", payload=b"s = r'''\\documentclass{article}'''"),
        Record(path="a.gz", payload=gzip.compress(b"plain text")),
        Record(path="a.gz", payload=b"\x1f\x8b broken"),
        Record(path="tool.tar.gz", payload=gzip.compress(tar_of({"a.py": b"1", "b.py": b"2", "c.c": b"3", "doc/a.tex": MAIN}))),
        Record(path="src/a.py", parts={"src/a.py": b"1"}),
        Record(path="row", text="A question about \\documentclass"),
        Record(),
    ],
)  # fmt: skip
def test_other_things_are_not(record: Record) -> None:
    assert not is_scientific(record)


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (submission("2611.00001.gz", b"%PDF-1.4\n%\xe2\xe3"), "type"),
        (submission("2611.00002.gz", b"<!DOCTYPE html><html><body>x</body></html>"), "type"),
        (submission("2611.00003.gz", tar_of({"paper.pdf": b"%PDF-1.4", "a.jpg": b"\xff\xd8\xff"})), "type"),
        (submission("2611.00004.gz", b""), "empty"),
        (submission("2611.00005.gz", tar_of({})), "empty"),
        (submission("2611.00006.gz", b"%auto-ignore\nThis paper has been withdrawn by the author, due to an error."), "empty"),
        (Record(path="a.tex", payload=b"\\documentclass{article}\\begin{document}\\label{a}\\end{document}"), "empty"),
        (Record(path="a.gz", payload=gzip.compress(MAIN * 50)[:-12]), "unreadable:truncated"),
        (Record(path="a.gz", payload=gzip.compress(MAIN)[:10] + b"\xff\xff\xff\xff"), "unreadable:gzip"),
    ],
)  # fmt: skip
def test_what_is_no_paper_is_refused(record: Record, reason: str) -> None:
    assert refused(record) == reason


def test_main_files_are_found() -> None:
    files = {
        "paper.tex": b"\\documentclass{article}\\begin{document}\\input{a}\\include{docmute}\\end{document}"
        + b"x" * 999,
        "a.tex": b"text",
        "docmute.tex": b"\\documentclass{article}\\begin{document}part\\end{document}",
        "fig.tex": b"\\documentclass{standalone}\\begin{document}drawing\\end{document}",
        "reply/rebuttal.tex": b"\\documentclass{letter}\\begin{document}Dear\\end{document}" + b"x" * 9999,
        "second.tex": b"\\documentstyle{article}\n\\begin{document}\\input a \\end{document}",
        "% remark.tex": b"% \\documentclass{article}\n% \\begin{document}",
        "style.sty": b"\\documentclass{article}\\begin{document}",
    }
    assert main_files(files) == ["paper.tex", "second.tex", "reply/rebuttal.tex"]


def test_a_chapter_with_its_preamble_elsewhere_is_a_main_file() -> None:
    files = {
        "preamble.tex": b"\\documentclass{amsart}",
        "groups.tex": b"\\input{preamble}\n\\begin{document}x\\end{document}",
    }
    assert main_files(files) == ["groups.tex"]
    assert documents(submission("a.gz", tar_of(files)))[0].text == "x"


def test_tex_begins_at_the_file_that_sets_options() -> None:
    files = {
        "book.tex": b"\\documentclass{book}\\begin{document}\\chapter{\\paper}\\end{document}",
        "a4.tex": b"\\def\\paper{Large}\n\\input{book}",
    }
    assert main_files(files) == ["a4.tex"]
    assert documents(submission("a.gz", tar_of(files)))[0].text == "## Large"


@pytest.mark.parametrize(
    "note",
    [
        b"b.tex toplevelfile\na.tex ignore\n",
        b'{"sources": [{"filename": "b.tex",\n "usage": "toplevel"}]}',
        b"sources:\n- filename: b.tex\n  usage: toplevel\n",
    ],
)
def test_notes_of_arxiv_name_the_main_file(note: bytes) -> None:
    body = b"\\documentclass{article}\\begin{document}%s\\end{document}"
    files = {"a.tex": body % b"a longer text", "b.tex": body % b"b", "00README.XXX": note}
    assert main_files(files) == ["b.tex"]
    assert documents(submission("2611.01234.gz", tar_of(files)))[0].text == "b"


def test_ancillary_files_are_no_papers() -> None:
    body = b"\\documentclass{article}\\begin{document}x\\end{document}"
    assert main_files({"anc/main.tex": body + b"x" * 99, "p.tex": body}) == ["p.tex"]


def test_plain_tex_without_a_document_is_a_main_file() -> None:
    assert main_files({"a.tex": b"\\input b\nText.\\bye", "b.tex": b"\\def\\x{y}"}) == ["a.tex"]
    assert main_files({}) == []


def test_an_included_document_gives_its_body() -> None:
    parts = {
        "m.tex": b"\\documentclass{article}\\begin{document}a\n\\subfile{s}\nb\\end{document}",
        "s.tex": b"\\documentclass[m]{subfiles}\\newcommand{\\q}{w}\\begin{document}part \\q\\end{document}not this",
    }
    assert documents(Record(path="m.tex", parts=parts))[0].text == "a part w b"


def test_definitions_of_a_style_file_of_the_project_count() -> None:
    parts = {
        "m.tex": b"\\documentclass{article}\\usepackage{my}\\begin{document}$\\R$\\end{document}",
        "my.sty": b"Not text.\\newcommand{\\R}{\\mathbb{R}}\\endinput\\newcommand{\\R}{no}",
    }
    assert documents(Record(path="m.tex", parts=parts))[0].text == "$\\mathbb{R}$"


@pytest.mark.parametrize(
    ("preamble", "codec", "charset"),
    [
        ("", "utf-8", "utf-8"),
        ("\\usepackage[latin1]{inputenc}\n", "latin-1", "windows-1252"),
        ("\\usepackage[latin9]{inputenc}\n", "iso8859-15", "iso-8859-15"),
        ("\\usepackage[applemac]{inputenc}\n", "mac-roman", "mac-roman"),
        ("\\usepackage[utf8]{inputenc}\n", "latin-1", "windows-1252"),
        ("", "latin-1", "windows-1252"),
    ],
)
def test_charsets(preamble: str, codec: str, charset: str) -> None:
    sentence = "Das Verhältnis der Größen für naïve Schüler."
    source = f"\\documentclass{{article}}\n{preamble}\\begin{{document}}\n{sentence}\n\\end{{document}}"
    found = documents(Record(path="a.tex", payload=source.encode(codec)))[0]
    assert found.text == sentence
    assert found.metadata["charset"] == charset


def test_links_and_paths_of_an_archive_lead_nowhere() -> None:
    outside = dict.fromkeys(["../escape.tex", "/abs.tex", "C:/win.tex"], b"\\begin{document}out")
    files = {**FILES, **outside}
    found = documents(submission("a.gz", tar_of(files, **{"missing.tex": "/etc/passwd", "link.tex": "main.tex"})))[0]
    assert found.text == TEXT


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a/b.tex", "a/b.tex"), ("./a.tex", "a.tex"), ("a/../b.tex", "b.tex"), ("a\\b.tex", "a/b.tex"), ("../a.tex", None),
        ("a/../../b.tex", None), ("/etc/passwd", None), ("C:/a.tex", None), (".", None), ("a\0b", None),
    ],
)  # fmt: skip
def test_paths_stay_inside(name: str, expected: str | None) -> None:
    assert inside(name) == expected


def test_rows_of_text_are_papers_too() -> None:
    assert documents(Record(text="\\documentclass{article}\\begin{document}x\\end{document}"))[0].text == "x"


def test_the_url_of_a_record_stays() -> None:
    record = Record(path="2611.01234.tex", payload=MAIN, url="https://x.example/a")
    assert documents(record)[0].url == "https://x.example/a"
