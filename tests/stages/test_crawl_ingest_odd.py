"""Files as people have them: odd, broken, misnamed. Nothing is lost unseen, and one of them does not stop the others."""

from __future__ import annotations

import io
import json
import os
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

README = (
    '<p align="center"><img src="logo.png"></p>\n\n# My project\n\nThis is what it does:\n\n'
    '```python\nif a < b:\n    print("x")\n```\n'
)
CONTAINER = (
    '<?xml version="1.0"?><container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
)
PACKAGE = (
    '<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata '
    'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Ferry</dc:title></metadata><manifest><item id="a" '
    'href="a.xhtml" media-type="application/xhtml+xml"/></manifest><spine><itemref idref="a"/></spine></package>'
)
CHAPTER = "<html><body><h1>One</h1><p>{}</p></body></html>".format("The ferry crosses the river every hour. " * 20)


def rows(out: Path, folder: str = "") -> list[dict[str, Any]]:
    return pq.read_table(out / folder).to_pylist()


def test_a_readme_that_begins_with_elements_stays_as_it_is(tmp_path: Path, run) -> None:
    (tmp_path / "README.md").write_text(README)
    run("crawl-ingest", "README.md", "-o", "out", cwd=tmp_path)
    assert [(row["source"], row["text"]) for row in rows(tmp_path / "out")] == [("other", README.strip())]


def test_members_of_one_name_are_documents_of_their_own(tmp_path: Path, run) -> None:
    with tarfile.open(tmp_path / "twice.tar", "w") as held:
        for text in (b"The first version of a text.", b"The second version of it."):
            entry = tarfile.TarInfo("f.txt")
            entry.size = len(text)
            held.addfile(entry, io.BytesIO(text))
    run("crawl-ingest", "twice.tar", "-o", "out", cwd=tmp_path)
    assert [row["text"] for row in rows(tmp_path / "out")] == [
        "The first version of a text.",
        "The second version of it.",
    ]


@pytest.mark.parametrize(
    "names",
    [("META-INF/container.xml", "book.opf", "a.xhtml", "mimetype"), ("book.opf", "a.xhtml", "META-INF/container.xml")],
)
def test_an_epub_in_another_order_is_a_book(names: tuple[str, ...], tmp_path: Path, run) -> None:
    content = {
        "META-INF/container.xml": CONTAINER,
        "book.opf": PACKAGE,
        "a.xhtml": CHAPTER,
        "mimetype": "application/epub+zip",
    }
    with zipfile.ZipFile(tmp_path / "ferry.epub", "w") as held:
        for name in names:
            held.writestr(name, content[name])
    run("crawl-ingest", "ferry.epub", "-o", "out", cwd=tmp_path)
    assert [(row["source"], json.loads(row["metadata"])["title"]) for row in rows(tmp_path / "out")] == [
        ("book", "Ferry")
    ]


def test_a_dump_on_one_line_is_told(tmp_path: Path, run) -> None:
    (tmp_path / "Posts.xml").write_text(
        '<posts><row Id="1" PostTypeId="1" Score="3" Title="T" Body="b"/><row Id="2" PostTypeId="1" Score="3" Body="b"/></posts>\n'
    )
    refused = run("crawl-ingest", "Posts.xml", "-o", "out", cwd=tmp_path, expect=1)
    assert "unreadable:xml" in refused.err


def test_the_last_row_may_end_the_dump(tmp_path: Path, run) -> None:
    (tmp_path / "Posts.xml").write_text('<posts>\n<row Id="1" PostTypeId="1" Score="3" Title="T" Body="b"/></posts>\n')
    run("crawl-ingest", "Posts.xml", "-o", "out", cwd=tmp_path)
    assert len(rows(tmp_path / "out")) == 1


def test_a_name_that_is_not_utf_8_is_refused_in_one_sentence(tmp_path: Path, run) -> None:
    (tmp_path / "in").mkdir()
    Path(os.fsdecode(os.fsencode(tmp_path / "in") + b"/n\xff.txt")).write_text("Some words.")
    refused = run("crawl-ingest", "in", "-o", "out", cwd=tmp_path, expect=1)
    assert refused.err.count("\n") == 1 and "not UTF-8" in refused.err


@pytest.mark.parametrize("force", [(), ("--force",)])
def test_a_source_is_never_its_own_output(force: tuple[str, ...], tmp_path: Path, run) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("Some words.")
    run("crawl-ingest", "in", "-o", "in", *force, cwd=tmp_path, expect=2)
    run("crawl-ingest", "in/a.txt", "-o", "in", *force, cwd=tmp_path, expect=2)
    assert (tmp_path / "in" / "a.txt").read_text() == "Some words."


def test_force_replaces_artifacts_alone(tmp_path: Path, run) -> None:
    (tmp_path / "a.txt").write_text("Some words.")
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "1.jpg").write_bytes(b"\xff\xd8\xff")
    refused = run("crawl-ingest", "a.txt", "-o", "photos", "--force", cwd=tmp_path, expect=3)
    assert "no artifact" in refused.err and (tmp_path / "photos" / "1.jpg").exists()


def test_a_damaged_table_among_others_is_a_row(tmp_path: Path, run) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("Some words.")
    (tmp_path / "in" / "b.parquet").write_bytes(b"PAR1xxxxPAR1")
    run("crawl-ingest", "in", "-o", "out", "--max-unreadable", "0.5", cwd=tmp_path)
    assert [row["text"] for row in rows(tmp_path / "out")] == ["Some words."]
    assert [row["removed_by"] for row in rows(tmp_path / "out", "_removed")] == [["unreadable:parquet"]]


def test_labels_of_speakers_have_no_script(tmp_path: Path, run) -> None:
    (tmp_path / "zh.txt").write_text("谁把我的椅子弄坏了？__eou__我不知道，我刚才不在。__eou__\t1\n" * 3)
    run("crawl-ingest", "zh.txt", "-o", "out", cwd=tmp_path)
    for row in rows(tmp_path / "out"):
        metadata = json.loads(row["metadata"])
        assert row["lang"] == "zh" and metadata["script"].startswith("Han") and "scripts" not in metadata


def test_a_page_in_utf_16_is_a_page(tmp_path: Path, run) -> None:
    (tmp_path / "a.html").write_bytes(
        f"<html><body><p>{'A ferry crosses the river. ' * 9}</p></body></html>".encode("utf-16")
    )
    run("crawl-ingest", "a.html", "-o", "out", cwd=tmp_path)
    assert [row["source"] for row in rows(tmp_path / "out")] == ["web"]


def test_a_page_on_stdin_is_read(tmp_path: Path, run) -> None:
    run("crawl-ingest", "-", "-o", "out", cwd=tmp_path, stdin=CHAPTER.encode())
    assert [row["source"] for row in rows(tmp_path / "out")] == ["web"]


def test_a_template_is_no_page(tmp_path: Path, run) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.html").write_text(
        "<html><body>{% block main %}<p>Words of a site.</p>{% endblock %}</body></html>"
    )
    (tmp_path / "in" / "b.txt").write_text("Some words.")
    run("crawl-ingest", "in", "-o", "out", cwd=tmp_path)
    assert [row["text"] for row in rows(tmp_path / "out")] == ["Some words."]
