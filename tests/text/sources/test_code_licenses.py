"""Licences are known by tags, notices and wording, whatever their wrapping; expressions are read as SPDX means them."""

from __future__ import annotations

import textwrap
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmctl.text.sources.programs import licenses
from llmctl.text.sources.programs.expressions import PERMISSIVE, is_permissive, joined, parse, spdx
from llmctl.text.sources.programs.licence_texts import TEXTS

ROOT = Path(__file__).resolve().parents[3]
COPYRIGHT = "Copyright (c) 2026, The Authors. All rights reserved.\n\n"


def wording(row: int) -> str:
    """A file that says what a row of the table looks for, and some of what stands between."""
    text = TEXTS[row]
    return COPYRIGHT + ". ".join([text.opening, *text.has, "The rest is as usual"])


def comment(text: str, sign: str) -> str:
    return "\n".join(f"{sign} {line}".rstrip() for line in textwrap.wrap(text, 50))


@pytest.mark.parametrize("row", range(len(TEXTS)), ids=lambda row: f"{TEXTS[row].license}-{row}")
def test_every_wording_is_known_in_any_wrapping(row: int) -> None:
    expected = TEXTS[row].license
    assert licenses.license_of(wording(row)) == expected
    assert licenses.license_of(textwrap.fill(wording(row).upper(), 30)) == expected
    found = licenses.declared(comment(wording(row), "//") + "\nint x;\n")
    assert found is not None and found.expression == expected


def test_the_licence_of_this_project_is_known() -> None:
    assert licenses.license_of((ROOT / "LICENSE").read_text()) == "Apache-2.0"


def test_a_few_changed_words_hide_no_licence() -> None:
    changed = wording(next(i for i, row in enumerate(TEXTS) if row.license == "MIT"))
    assert "shall be included" in changed
    assert licenses.license_of(changed.replace("shall be included", "must be included")) == "MIT"


def test_without_its_condition_a_grant_is_another_licence() -> None:
    grant = "Permission is hereby granted, free of charge, to any person "
    grant += "to use, copy, modify, merge, publish, distribute, sublicense, and/or sell"
    assert licenses.license_of(grant) == "MIT-0"


def test_the_first_licence_of_a_file_is_the_project_s() -> None:
    first, second = (
        next(i for i, row in enumerate(TEXTS) if row.license == name) for name in ("BSD-3-Clause", "GPL-3.0-only")
    )
    assert licenses.license_of(wording(first) + "\n\n" + wording(second)) == "BSD-3-Clause"


@pytest.mark.parametrize(
    "text", ["", "All rights reserved.", "Proprietary and confidential.", "See the file AUTHORS.", "mit"]
)
def test_what_is_no_licence_is_none(text: str) -> None:
    assert licenses.license_of(text) is None


@pytest.mark.parametrize(
    ("head", "expression"),
    [
        ("// SPDX-License-Identifier: MIT\n", "MIT"),
        (
            "/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR MIT */\n",
            "GPL-2.0-only WITH Linux-syscall-note OR MIT",
        ),
        ("<!-- SPDX-License-Identifier: apache-2.0 -->\n", "Apache-2.0"),
        ("#!/bin/sh\n# SPDX-License-Identifier: GPL-2.0+\n", "GPL-2.0-or-later"),
        ("REM SPDX-License-Identifier: ISC\n", "ISC"),
        ("# SPDX-License-Identifier: MIT\n# SPDX-License-Identifier: BSD-3-Clause\n", "MIT AND BSD-3-Clause"),
        ("# SPDX-License-Identifier: LicenseRef-Own\n", "LicenseRef-Own"),
        ("# SPDX-License-Identifier:\n", None),
        ("# SPDX-License-Identifier: MIT OR\n", None),
        ("print('SPDX-License-Identifier: MIT')\n", None),
    ],
)
def test_tags_are_read(head: str, expression: str | None) -> None:
    found = licenses.declared(head + "x\n")
    assert found == (licenses.Declared(expression, "tag") if expression else None)


@pytest.mark.parametrize(
    ("notice", "expression"),
    [
        ("Licensed under the Apache License, Version 2.0 (the 'License');", "Apache-2.0"),
        ("Licensed under the Apache License, Version 2.0 with LLVM Exceptions.", "Apache-2.0 WITH LLVM-exception"),
        ("This file is distributed under the terms of the MIT license.", "MIT"),
        ("@license MIT", "MIT"),
        ("Dual licensed under the MIT or the Apache license 2.0", "Apache-2.0 OR MIT"),
        ("Licensed under either of Apache License, Version 2.0 or MIT license at your option.", "Apache-2.0 OR MIT"),
        ("Use is subject to the license: BSD 3-Clause", "BSD-3-Clause"),
        ("This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0.", "MPL-2.0"),
        ("Released under the Mozilla Public License, v. 2.0.", "MPL-2.0"),
        (
            "the GNU General Public License as published by the Free Software Foundation; either version 3 of the "
            "License, or (at your option) any later version",
            "GPL-3.0-or-later",
        ),
        (
            "under the terms of the GNU General Public License version 2 as published by the Free Software Foundation.",
            "GPL-2.0-only",
        ),
        (
            "under the terms of the GNU Lesser General Public License as published by the Free Software Foundation; either version "
            "2.1 of the License, or (at your option) any later version",
            "LGPL-2.1-or-later",
        ),
        ("under the GNU Affero General Public License, version 3", "AGPL-3.0-only"),
        ("under the same terms as Perl itself", "Artistic-1.0-Perl OR GPL-1.0-or-later"),
        ("This code is placed in the public domain.", "LicenseRef-Public-Domain"),
        ("governed by a BSD-style license that can be found in the LICENSE file", None),
        ("this module compares licences", None),
    ],
)
def test_notices_are_read(notice: str, expression: str | None) -> None:
    found = licenses.declared(f"/*\n * {notice}\n */\nint x;\n")
    assert (found.expression if found else None) == expression


def test_a_notice_in_a_string_further_down_says_nothing_of_the_file() -> None:
    assert licenses.declared("import os\nNOTICE = '''\nLicensed under the MIT license.\n'''\n") is None


@pytest.mark.parametrize(
    "name",
    [
        "LICENSE",
        "LICENCE.md",
        "license.txt",
        "COPYING",
        "COPYING.LESSER",
        "LICENSE-MIT",
        "LICENSE.APACHE",
        "UNLICENSE",
        "MIT-LICENSE.txt",
    ],
)
def test_names_of_licence_files(name: str) -> None:
    assert licenses.is_license_name(name)


@pytest.mark.parametrize(
    "name", ["license.py", "licenses.json", "license_test.go", "relicense", "README.md", "LICENSE.html", "copyright.js"]
)
def test_names_of_other_files(name: str) -> None:
    assert not licenses.is_license_name(name)


def files(*names: tuple[str, str]) -> dict[str, str]:
    return {name: wording(next(i for i, row in enumerate(TEXTS) if row.license == license)) for name, license in names}


@pytest.mark.parametrize(
    ("directory", "license"),
    [
        (files(("LICENSE", "MIT")), "MIT"),
        (files(("LICENSE-MIT", "MIT"), ("LICENSE-APACHE", "Apache-2.0")), "Apache-2.0 OR MIT"),
        (files(("LICENSE", "BSD-3-Clause"), ("LICENSE.thirdparty", "GPL-3.0-only")), "BSD-3-Clause"),
        (files(("COPYING", "GPL-3.0-only"), ("COPYING.LESSER", "LGPL-3.0-only")), "LGPL-3.0-only"),
        ({"LICENSE": "ask us"}, None),
        ({}, None),
    ],
)
def test_the_licence_files_of_a_directory_give_one_licence(directory: dict[str, str], license: str | None) -> None:
    assert licenses.license_of_directory(directory) == license


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("mit", "MIT"),
        ("(MIT OR Apache-2.0) AND bsd-3-clause", "(MIT OR Apache-2.0) AND BSD-3-Clause"),
        ("MIT or (Apache-2.0)", "MIT OR Apache-2.0"),
        ("GPL-3.0+", "GPL-3.0-or-later"),
        ("GPL-2.0-only with Classpath-exception-2.0", "GPL-2.0-only WITH Classpath-exception-2.0"),
        ("", None),
        ("MIT OR", None),
        ("(MIT", None),
        ("MIT Apache-2.0", None),
        ("OR", None),
        ("MIT WITH (x)", None),
        ("(" * 5000, None),
        ("MIT OR " * 5000 + "MIT", None),
    ],
)
def test_expressions_are_read_and_written(text: str, written: str | None) -> None:
    found = parse(text)
    assert (str(found) if found else None) == written


@pytest.mark.parametrize(
    ("said", "expression"),
    [
        ("MIT License", "MIT"),
        ("Apache License, Version 2.0", "Apache-2.0"),
        ("BSD-2-Clause (library)", "BSD-2-Clause"),
        (["mit", "isc"], "MIT AND ISC"),
        (["mit", "who knows"], None),
        ("BSD", None),
        ("Proprietary", None),
        ("unknown", None),
        ("", None),
        (None, None),
        (7, None),
        ([], None),
    ],
)
def test_what_rows_say_becomes_an_expression_or_nothing(said: object, expression: str | None) -> None:
    assert spdx(said) == expression


def test_permissive_is_any_of_a_choice_and_all_of_a_sum() -> None:
    assert is_permissive("GPL-2.0-only OR MIT")
    assert not is_permissive("GPL-2.0-only AND MIT")
    assert is_permissive("(GPL-2.0-only OR MIT) AND ISC")
    assert not is_permissive("GPL-2.0-only WITH Classpath-exception-2.0")
    assert not is_permissive(None)
    assert {"MIT", "Apache-2.0", "BSD-3-Clause", "ISC", "Unlicense", "CC0-1.0"} <= PERMISSIVE
    assert not PERMISSIVE & {"GPL-2.0-only", "LGPL-3.0-only", "MPL-2.0", "EPL-2.0", "CC-BY-NC-4.0", "JSON"}


WORDS = st.sampled_from(["MIT", "gpl-2.0", "AND", "or", "WITH", "(", ")", "x", "-", "\n", "\u00e9"])


@given(st.lists(WORDS, max_size=30).map(" ".join))
@settings(max_examples=50, deadline=None)
def test_any_words_are_an_expression_that_reads_back_or_none(text: str) -> None:
    found = parse(text)
    if found:
        assert parse(str(found)) == found
        assert is_permissive(str(found)) == is_permissive(text)
        assert joined([str(found), str(found)]) == str(found)


HOSTILE = [
    "under " * 30_000, "license " * 30_000, "gnu general public license " * 9_000, "/*" * 60_000, "# " * 60_000,
    "SPDX-License-Identifier: (" * 9_000, "permission is hereby granted free of charge to any person " * 3_000, "\n" * 200_000,
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[:12]))
def test_hostile_texts_take_no_time(text: str) -> None:
    started = time.process_time()
    licenses.license_of(text)
    licenses.declared(text)
    assert time.process_time() - started < 2


@given(st.text(max_size=300))
@settings(max_examples=50, deadline=None)
def test_any_text_has_a_licence_or_none(text: str) -> None:
    found = licenses.declared(text)
    assert found is None or parse(found.expression)
