"""A language is told by name, shebang, an editor's line, and content where names are shared or say nothing."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from llmctl.text.sources.programs import clues, signs
from llmctl.text.sources.programs.languages import BY_ENDING, BY_LABEL, LANGUAGES, label
from llmctl.text.sources.programs.recognize import language_of


def named(path: str, text: str = "", said: str | None = None) -> str | None:
    language = language_of(path, text, said=said)
    return language.name if language else None


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("a/b.py", "Python"),
        ("b.PY", "Python"),
        ("a.tar/b.rs", "Rust"),
        ("Makefile", "Makefile"),
        ("Makefile.linux", "Makefile"),
        ("Dockerfile.dev", "Dockerfile"),
        ("CMakeLists.txt", "CMake"),
        ("notes.txt", "Text"),
        ("x.blade.php", "Blade"),
        ("config.py.example", "Python"),
        ("go.mod", "Go Module"),
        (".gitignore", "Ignore List"),
        ("Cargo.lock", "TOML"),
        ("index.d.ts", "TypeScript"),
        ("noending", None),
        ("", None),
    ],
)
def test_names_tell_languages(path: str, name: str | None) -> None:
    assert named(path) == name


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("#!/usr/bin/python", "Python"),
        ("#!/usr/bin/env python3.11", "Python"),
        ("#! /usr/bin/env -S FOO=1 node --x", "JavaScript"),
        ("#!/bin/sh -e", "Shell"),
        ("#!/usr/local/bin/Rscript", "R"),
        ("#!/usr/bin/env", None),
        ("#!", None),
        ("#!/opt/unheard-of", None),
        ("# -*- mode: ruby; coding: utf-8 -*-", "Ruby"),
        ("/* -*- C++ -*- */", "C++"),
        ("# vim: set ft=perl ts=4:", "Perl"),
    ],
)
def test_first_lines_tell_languages(line: str, name: str | None) -> None:
    assert named("bin/tool", f"{line}\n1\n") == name


@pytest.mark.parametrize(
    ("path", "text", "name"),
    [
        ("a.h", "#ifndef A_H\nint f(void);\nstruct s { int x; };\n#endif\n", "C"),
        ("a.h", '#ifdef __cplusplus\nextern "C" {\n#endif\nvoid f(void);\n', "C"),
        ("a.h", "/*\n * class of functions:\n * using them is easy\n */\nint f(void);\n", "C"),
        ("a.h", "#if defined(__cplusplus)\ntemplate <class T> T f(T);\n#else\nint f(int);\n#endif\n", "C"),
        ("a.h", "#pragma once\nnamespace x {\nclass A {\npublic:\n};\n}\n", "C++"),
        ("a.h", "#include <vector>\nstd::vector<int> f();\n", "C++"),
        ("a.h", "#import <UIKit/UIKit.h>\n@interface A : NSObject\n@end\n", "Objective-C"),
        ("a.m", "function y = f(x)\n% doubles\ny = 2 * x;\nend\n", "MATLAB"),
        ("a.m", "#import <A.h>\n@implementation A\n@end\n", "Objective-C"),
        ("a.pl", "use strict;\nmy $x = 1;\n", "Perl"),
        ("a.pl", "parent(a, b).\nolder(X, Y) :- parent(X, Y).\n", "Prolog"),
        ("a.ts", "export const x: number = 1;\n", "TypeScript"),
        ("a.ts", '<?xml version="1.0"?>\n<!DOCTYPE TS>\n<TS></TS>\n', "XML"),
        ("a.v", "module add(input a, output b);\nendmodule\n", "Verilog"),
        ("a.v", "Require Import List.\nTheorem t : True.\nProof. trivial. Qed.\n", "Rocq Prover"),
        ("a.r", "x <- c(1, 2)\n", "R"),
        ("a.r", "REBOL [Title: 1]\n", "Rebol"),
        ("a.cls", "\\NeedsTeXFormat{LaTeX2e}\n\\ProvidesClass{a}\n", "TeX"),
        ("a.cls", "public with sharing class A {\n}\n", "Apex"),
        ("a.inc", "<?php echo 1;\n", "PHP"),
        ("a.fs", "module A\nlet x = 1\n", "F#"),
        ("a.fs", "#version 330\nvoid main() {}\n", "GLSL"),
        ("a.1", '.\\" a comment\n.TH A 1\n.SH NAME\n', "Roff"),
        ("a.1", "Jan 1 00:00:00 host kernel: x\n", None),
        ("a.d", "a.o: a.c a.h \\\n  b.h\n", "Makefile"),
        ("a.d", "module a;\nimport std.stdio;\n", "D"),
    ],
)
def test_content_decides_where_an_ending_is_shared(path: str, text: str, name: str | None) -> None:
    assert named(path, text) == name


@pytest.mark.parametrize(
    ("path", "said", "name"),
    [
        ("a.h", "C++", "C++"),
        ("a.h", "Rust", "C"),
        ("a.py", "Rust", "Python"),
        ("x", "c-sharp", "C#"),
        ("x", "Klingon", None),
        ("x", "COMMON_LISP", "Common Lisp"),
    ],
)
def test_a_label_counts_where_names_leave_a_choice(path: str, said: str, name: str | None) -> None:
    assert named(path, "\n", said) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('package main\n\nimport "fmt"\n\nfunc main() {\n\tx := 1\n\tfmt.Println(x)\n}\n', "Go"),
        ("use std::io;\n\nfn main() {\n    let x = 1;\n}\n", "Rust"),
        ("import os\n\n\ndef main():\n    if os.name:\n        pass\n", "Python"),
        ("Dear all,\n\nthe meeting is on Monday.\n", None),
        ("", None),
    ],
)
def test_content_alone_tells_a_language(text: str, name: str | None) -> None:
    assert named("", text) == name


def test_every_shared_ending_has_clues_and_every_clue_a_language() -> None:
    shared = {ending for ending, languages in BY_ENDING.items() if len(languages) > 1}
    assert shared <= set(clues.CLUES) <= set(BY_ENDING)
    names = {name for rows in clues.CLUES.values() for name, _ in rows} | set(signs.SIGNS)
    assert {label(name) for name in names} <= set(BY_LABEL)


def test_names_of_languages_are_not_repeated() -> None:
    names = [language.name for language in LANGUAGES]
    assert len(names) == len(set(names)) >= 200


def test_content_alone_is_nearly_always_right_where_it_answers(data: Path) -> None:
    with zstandard.open(data / "code" / "code.jsonl.zst", "rt", encoding="utf-8", newline="") as file:
        rows = [json.loads(line) for line in file][::4]
    answers = [(named("", row["content"]), row["language"]) for row in rows]
    answered = [(answer, gold) for answer, gold in answers if answer]
    assert len(answered) >= 0.85 * len(rows)
    assert sum(answer == gold for answer, gold in answered) >= 0.98 * len(answered)


HOSTILE = [
    "\n" * 100_000, " " * 100_000, "\t\n" * 50_000, "class " * 20_000, "import (\n" * 10_000, "(" * 100_000,
    ".\\\"\n" * 30_000, "'\\\"\n" * 30_000, "def f(" * 20_000, "[a](" * 20_000, "func <<" * 20_000, "<!--" * 20_000,
    "-*-" * 30_000, "#!/" + "/" * 90_000,
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[:8]))
def test_hostile_content_takes_no_time(text: str) -> None:
    started = time.process_time()
    for ending in [*clues.CLUES, ""]:
        language_of(f"a{ending}", text)
    assert time.process_time() - started < 3  # 80 endings; one that is quadratic takes minutes


@given(st.text(max_size=200), st.text(max_size=30), st.one_of(st.none(), st.text(max_size=10)))
@settings(max_examples=50, deadline=None)
def test_any_text_has_a_language_or_none(text: str, path: str, said: str | None) -> None:
    language = language_of(path, text, said=said)
    assert language is None or language in LANGUAGES
