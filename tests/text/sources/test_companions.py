"""Files of a tree that belong to others: the inputs of a paper, the reply graph of a log, the licence above a file."""

from __future__ import annotations

import pytest

from llmctl.text.sources.companions import Companions, companions

MAIN = b"\\documentclass{article}\\begin{document}\\input{sections/one}\\end{document}"
MIT = (
    b"MIT License\n\nPermission is hereby granted, free of charge, to any person obtaining a copy of this software and "
    b'associated documentation files (the "Software"), to deal in the Software without restriction ...\n'
    b'THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND'
)


def of(files: dict[str, bytes]) -> Companions:
    return companions(sorted(files), files.__getitem__)


def test_a_reply_graph_belongs_to_the_log_beside_it_and_a_second_copy_of_the_log_is_none() -> None:
    found = of({"a/day.raw.txt": b"", "a/day.ascii.txt": b"", "a/day.annotation.txt": b"", "a/other.raw.txt": b""})
    assert found.parts == {"a/day.raw.txt": ["a/day.annotation.txt"]}
    assert found.absorbed == {"a/day.annotation.txt", "a/day.ascii.txt"}


def test_a_reply_graph_without_a_log_is_a_record_like_any_other() -> None:
    assert of({"day.annotation.txt": b"1 2 -"}) == Companions()


def test_inputs_of_a_paper_are_its_parts_and_what_else_lies_there_is_not() -> None:
    files = {"p/main.tex": MAIN, "p/sections/one.tex": b"Text.", "p/fig/a.pdf": b"%PDF", "p/README.md": b"Words.",
             "p/letter.tex": b"Dear editor", "notes.tex": b"\\section{x}"}  # fmt: skip
    found = of(files)
    assert found.parts == {"p/main.tex": ["p/sections/one.tex"]}
    assert found.absorbed == {"p/sections/one.tex"}


def test_of_files_that_include_each_other_one_is_the_record() -> None:
    found = of({"a.tex": b"\\input{b}", "b.tex": b"\\input{a}"})
    assert (found.parts, found.absorbed) == ({"a.tex": ["b.tex"]}, {"b.tex"})


def test_several_main_files_of_a_folder_are_each_a_record() -> None:
    found = of({"one.tex": MAIN, "two.tex": MAIN.replace(b"\\input{sections/one}", b"Two."), "shared.sty": b""})
    assert found.parts == {"one.tex": ["shared.sty"], "two.tex": ["shared.sty"]}
    assert found.absorbed == {"shared.sty"}


def test_the_nearest_licence_above_a_file_is_its_licence() -> None:
    found = of(
        {"LICENSE": MIT, "vendor/x/LICENSE": MIT.replace(b"MIT License", b"no licence at all")[:30], "src/a.py": b""}
    )
    assert found.license_above("src/deep/a.py") == "MIT"
    assert found.license_above("LICENSE") == "MIT"


def test_of_two_licences_above_a_file_the_nearer_one_is_its_own() -> None:
    tag = b"SPDX-License-Identifier: Apache-2.0\n"
    found = of({"LICENSE": MIT, "parts/x/LICENSE": tag, "parts/x/deep/a.py": b""})
    assert found.license_above("parts/x/deep/a.py") == "Apache-2.0"
    assert found.license_above("parts/b.py") == "MIT"


@pytest.mark.parametrize("name", ["a.py", "deep/er/a.py"])
def test_without_a_licence_file_there_is_none(name: str) -> None:
    assert Companions().license_above(name) is None
