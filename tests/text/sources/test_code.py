"""A file of code keeps every byte, is of the language that its authors say, and carries its licence."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from llmctl.text.sources import code
from llmctl.text.sources.programs import removals
from llmctl.text.sources.programs.licenses import license_of_directory
from llmctl.text.sources.record import Document, Record, Refused

PYTHON = b'"""Adds."""\r\n\r\n\r\ndef add(a, b):\r\n\treturn a + b  \r\n'


def one(record: Record, **settings: Any) -> Document:
    documents = code.documents(record, **settings)
    assert len(documents) == 1
    return documents[0]


def refused(record: Record, **settings: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        code.documents(record, **settings)
    return caught.value


@pytest.mark.parametrize(
    "payload",
    [
        PYTHON,
        b"\xef\xbb\xbfx = 1\n",
        "s = '\u2028\u0085\x0c'\n".encode(),
        b"x = 1",
        b"\n\n\tx\n\n",
        "# Gr\u00fc\u00dfe\n".encode(),
    ],
)
def test_text_encodes_to_the_bytes_of_the_file(payload: bytes) -> None:
    assert one(Record(payload, path="repo/a.py")).text.encode() == payload


def test_a_file_says_its_language_path_and_nearest_licence() -> None:
    document = one(Record(PYTHON, path="repo/src/a.py", license="MIT"))
    assert document.license == "MIT"
    assert document.metadata == {
        "language": "Python",
        "path": "repo/src/a.py",
        "charset": "utf-8",
        "license_from": "file",
    }


def test_a_row_of_a_data_set_says_repository_and_licence() -> None:
    row = {
        "content": "let x = 1;\n",
        "path": "a/b.js",
        "repo": "me/thing",
        "licence": "BSD-2-Clause (library)",
        "language": "JavaScript",
    }
    document = one(Record(given=row))
    assert (document.text, document.license) == (row["content"], "BSD-2-Clause")
    assert document.metadata == {
        "language": "JavaScript",
        "path": "a/b.js",
        "repository": "me/thing",
        "license_from": "row",
    }


def test_licences_of_a_row_all_hold() -> None:
    row = {"content": "x = 1\n", "path": "a.py", "licenses": ["mit", "apache-2.0"]}
    assert one(Record(given=row)).license == "MIT AND Apache-2.0"


def test_a_licence_that_no_list_knows_is_recorded_as_it_was_said() -> None:
    row = {"content": "x = 1\n", "path": "a.py", "license": "other"}
    document = one(Record(given=row))
    assert document.license == "other"
    assert refused(Record(given=row), licenses="permissive").reason == "license"


def test_a_file_s_own_tag_wins_and_the_surrounding_licence_is_recorded() -> None:
    payload = b"// SPDX-License-Identifier: GPL-2.0-only\nint x;\n"
    document = one(Record(payload, path="lib/x.c", license="BSD-2-Clause"))
    assert document.license == "GPL-2.0-only"
    assert document.metadata["license_from"] == "tag"
    assert document.metadata["license_around"] == "BSD-2-Clause"


@pytest.mark.parametrize(
    ("license", "asked", "kept"),
    [
        ("MIT", "permissive", True),
        ("GPL-3.0-only OR MIT", "permissive", True),
        ("GPL-3.0-only AND MIT", "permissive", False),
        ("Apache-2.0 WITH LLVM-exception", "permissive", True),
        ("MPL-2.0", "permissive", False),
        (None, "permissive", False),
        (None, "any", True),
        ("MPL-2.0", "mit, mpl-2.0", True),
        ("ISC", "mit, mpl-2.0", False),
        (None, "any,MIT", True),
        ("MPL-2.0", "MIT,any", True),
        ("GPL-2.0-or-later", "permissive,GPL-2.0-or-later", True),
        ("ISC", "permissive,GPL-2.0-or-later", True),
        ("GPL-3.0-only", "permissive,GPL-2.0-or-later", False),
        ("GPL-2.0-only", "gpl-2.0", True),
    ],
)
def test_licences_are_asked_for(license: str | None, asked: str, kept: bool) -> None:
    record = Record(b"x = 1\n", path="a.py", license=license)
    if kept:
        assert one(record, licenses=asked).license == license
    else:
        assert refused(record, licenses=asked).reason == "license"


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"x = 1\0\n", "type"),
        (b"\x7fELF\x02\x01" + bytes(60), "type"),
        (b"x = '\xff\x81\x8d\x00'\n", "type"),
        (b"", "empty"),
        (b" \n\t\r\n", "empty"),
    ],
)
def test_what_no_text_can_hold_is_refused(payload: bytes, reason: str) -> None:
    assert refused(Record(payload, path="a.py")).reason == reason


def test_a_row_with_half_a_surrogate_pair_is_refused() -> None:
    assert refused(Record(given={"content": "x = '\ud800'", "path": "a.py"})).reason == "type"


def test_a_file_of_no_known_language_is_refused() -> None:
    assert refused(Record(b"lorem ipsum dolor", path="notes.qqq")).reason == "type"


def test_a_declared_charset_is_read_without_loss() -> None:
    payload = "# -*- coding: latin-1 -*-\n# Stra\u00dfe, fran\u00e7ais\n".encode("latin-1")
    document = one(Record(payload, path="a.py"))
    assert document.text.encode("latin-1") == payload
    assert document.metadata["charset"] == "windows-1252"


@pytest.mark.parametrize("ending", ['"', '"\n', "", "\n"])
def test_an_accent_near_the_end_of_a_declared_charset_is_kept(ending: str) -> None:
    text = f'# -*- coding: latin-1 -*-\nx = "caf\xe9{ending}'
    document = one(Record(text.encode("latin-1"), path="a.py"))
    assert (document.text, document.metadata["charset"]) == (text, "windows-1252")


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be"])
def test_wide_text_is_read(codec: str) -> None:
    text = "// Gr\u00fc\u00dfe\r\nclass Program { static int Main() { return 0; } }\r\n"
    assert one(Record(text.encode(codec), path="a.cs")).text == text


def test_columns_may_stand_in_meta() -> None:
    meta = {"path": "a.py", "repo_name": "me/thing", "license": "mit", "language": [{"name": "Python", "bytes": "6"}]}
    record = Record(text="x = 1\n", given={"meta": meta})
    assert code.is_code(record)
    document = one(record)
    assert (document.text, document.license, document.metadata["repository"]) == ("x = 1\n", "MIT", "me/thing")


def test_reasons_that_are_not_asked_for_remove_nothing() -> None:
    record = Record(b"x = 1\n", path="repo/vendor/a.py")
    assert refused(record).reason == "vendored"
    assert one(record, remove=("generated", "minified")).text == "x = 1\n"


def test_a_breach_says_its_value_and_limit() -> None:
    broken = refused(Record(b"# Code generated by gen.py. DO NOT EDIT.\nx = 1\n", path="a.py"))
    assert (broken.reason, broken.value, broken.low, broken.high) == ("generated", 1.0, None, 0)


@pytest.mark.parametrize(
    ("record", "answer"),
    [
        (Record(PYTHON, path="repo/a.py"), True),
        (Record(PYTHON, path="repo/a.py", crawled=True), False),
        (Record(b"FROM scratch\n", path="repo/Dockerfile"), True),
        (Record(b"project(x)\n", path="repo/CMakeLists.txt"), True),
        (Record(b"#!/usr/bin/env python3\nprint(1)\n", path="bin/tool"), True),
        (Record(b"{}\n", path="package.json"), True),
        (Record(b"# Title\n", path="README.md"), False),
        (Record(b"words\n", path="notes.txt"), False),
        (Record(b"MIT License\n", path="LICENSE"), False),
        (Record(b"<p>x</p>\n", path="page.html"), False),
        (Record(b"\\section{x}\n", path="paper.tex"), False),
        (Record(b"words\n", path="letter"), False),
        (Record(b"log line\n", path="server.log.1"), False),
        (Record(b"G\x00@\x11\x00", path="video.ts"), False),
        (Record(given={"content": "# Title\n", "path": "README.md", "repo": "a/b"}), True),
        (Record(given={"content": "x = 1", "language": "python"}), True),
        (Record(given={"content": "Dear all, ...", "language": "en"}), False),
        (Record(given={"content": "Dear all, ...", "path": "letters/1.txt"}), False),
        (Record(text="def f(): pass\n", given={"path": "a.py"}), True),
        (Record(text="Dear all, ...", given={"path": "1.txt"}), False),
        (Record(text="Dear all, ...", path="letters.jsonl"), False),
        (Record(text="Dear all, ...", path="letters.csv", given={"path": 1}), False),
    ],
)
def test_code_is_told_from_other_records(record: Record, answer: bool) -> None:
    assert code.is_code(record) is answer


@given(st.binary(max_size=400), st.sampled_from(["a.py", "a.h", "x", "a.1", "Makefile", "a.json", "vendor/a.js", ""]))
@settings(max_examples=50, deadline=None)
def test_bytes_give_themselves_or_a_reason(payload: bytes, path: str) -> None:
    record = Record(payload, path=path)
    code.is_code(record)
    try:
        document = one(record)
    except Refused as why:
        assert why.reason in ("type", "empty", "license", *removals.REASONS)
        return
    if document.metadata["charset"] == "utf-8":
        assert document.text.encode() == payload
    assert "\0" not in document.text


@given(
    st.dictionaries(
        st.sampled_from([*code.CONTENT, *code.PATH, *code.REPOSITORY, *code.LICENSE, *code.LANGUAGE]),
        st.one_of(st.text(max_size=80), st.none(), st.integers(), st.lists(st.text(max_size=9), max_size=3)),
        max_size=6,
    )
)
@settings(max_examples=50, deadline=None)
def test_rows_with_odd_columns_give_a_document_or_a_reason(row: dict[str, Any]) -> None:
    code.is_code(Record(given=row))
    try:
        assert one(Record(given=row)).text
    except Refused as why:
        assert why.reason


EXAMPLES = Path(__file__).resolve().parents[3] / "examples" / "sources" / "code"


def test_the_example_repository_shows_every_branch() -> None:
    license = license_of_directory({"LICENSE": (EXAMPLES / "LICENSE").read_text()})
    told: dict[str, object] = {}
    for path in sorted(path for path in EXAMPLES.rglob("*") if path.is_file() and path.name != "LICENSE"):
        record = Record(path.read_bytes(), path=path.relative_to(EXAMPLES).as_posix(), license=license)
        assert code.is_code(record)
        try:
            document = one(record)
            assert document.text.encode() == record.payload
            told[record.path] = (document.metadata["language"], document.license, document.metadata["license_from"])
        except Refused as why:
            told[record.path] = why.reason
    assert told == {
        "data/points.csv": "data_like",
        "src/area.h": ("C", "MIT", "file"),
        "src/area.py": ("Python", "MIT", "file"),
        "src/shape_names.go": "generated",
        "third_party/clamp.js": "vendored",
        "tools/count": ("Shell", "GPL-2.0-or-later", "tag"),
        "web/area.min.js": "minified",
        "web/draw.js": ("JavaScript", "MIT", "file"),
    }


def labelled(data: Path) -> Iterator[dict[str, Any]]:
    with zstandard.open(data / "code" / "code.jsonl.zst", "rt", encoding="utf-8", newline="") as file:
        for line in file:
            yield json.loads(line)


# looked at by hand, each one: a bundle, a protobuf file, stubs and a workflow that tools wrote, a page script that is
# more than half a minified library
REMOVED = {
    "gin-gonic/gin:testdata/protoexample/test.pb.go": "generated",
    "huggingface/tokenizers:.github/workflows/CI.yml": "generated",
    "huggingface/tokenizers:bindings/python/py_src/tokenizers/models/__init__.py": "generated",
    "huggingface/tokenizers:bindings/python/py_src/tokenizers/processors/__init__.py": "generated",
    "huggingface/tokenizers:bindings/python/py_src/tokenizers/trainers/__init__.py": "generated",
    "huggingface/tokenizers:docs/source/_static/js/custom.js": "minified",
    "lodash/lodash:dist/lodash.core.js": "vendored",
    "lodash/lodash:dist/lodash.core.min.js": "vendored",
    "lodash/lodash:dist/lodash.fp.js": "vendored",
    "lodash/lodash:dist/lodash.fp.min.js": "vendored",
    "lodash/lodash:dist/lodash.min.js": "vendored",
    "lodash/lodash:dist/mapping.fp.js": "vendored",
}


def test_real_files_are_kept_whole_with_their_language_and_licence(data: Path) -> None:
    removed, kept, languages = {}, 0, 0
    for row in labelled(data):
        columns = {
            name: row[name] for name in ("content", "path", "repo", "licence")
        }  # not the language: it is the gold
        try:
            document = one(Record(given=columns))
        except Refused as why:
            removed[row["id"]] = why.reason
            continue
        kept += 1
        assert document.text == row["content"], row["id"]
        assert document.license and document.metadata["license_from"], row["id"]
        languages += document.metadata["language"] == row["language"]
    assert removed == REMOVED
    assert kept == 650
    assert languages == kept  # 100 %


def test_rows_of_one_repository_have_their_own_licences(data: Path) -> None:
    by_license: dict[str | None, int] = {}
    for row in labelled(data):
        if row["repo"] == "Cyan4973/xxHash":
            license = one(Record(given={name: row[name] for name in ("content", "path", "licence")})).license
            by_license[license] = by_license.get(license, 0) + 1
    # the library is BSD, the command line and the tests are GPL: their headers say so, the label of the set does not
    assert by_license == {"BSD-2-Clause": 31, "GPL-2.0-or-later": 24, "GPL-2.0-only": 2}
