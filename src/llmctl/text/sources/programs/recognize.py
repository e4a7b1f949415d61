"""Path and text -> language: by name, ending, shebang, an editor's mode line, and content, in that order.

As Linguist does it, in one pass over a table. The label of a data set decides between languages that share an ending
and stands where nothing else is known. Costs 10 us where the name tells, 5 ms where content must.
"""

from __future__ import annotations

import re

from llmctl.text.sources.programs import clues
from llmctl.text.sources.programs.languages import (
    BY_ENDING,
    BY_INTERPRETER,
    BY_LABEL,
    BY_NAME,
    Language,
    label,
)
from llmctl.text.sources.programs.signs import by_signs

# `#!/usr/bin/env -S python3 -u`, `#! /bin/sh`; the version of an interpreter does not tell
SHEBANG = re.compile(r"\A\ufeff?#![ \t]*(?:\S{0,200}/)?(\S{1,100})([^\n]{0,200})")
SHEBANG_LENGTH = 500  # characters that SHEBANG looks at
VERSION = re.compile(r"[\d.]+$")
# Emacs `-*- mode: c++ -*-` in the first line, Vim `vim: ft=python` (their manuals: Specifying File Variables; modeline)
MODE_LINE = re.compile(
    r"-\*-\s*(?:[^\n]{0,100}?\bmode:\s*)?([\w+#-]{1,30})\s*(?:;[^\n]{0,200}?)?-\*-|"
    r"\b(?:vim?|ex):[^\n]{0,100}?\b(?:ft|filetype|syntax)=([\w+#-]{1,30})"
)

MODE_LINES = 5  # both editors look at no more
TEMPLATES = (".in", ".tmpl", ".template", ".example", ".sample", ".dist")  # `config.py.example`: the ending before it


def language_of(path: str, text: str, *, said: str | None = None) -> Language | None:
    """The language of a file; `said` is a label that came with it."""
    head = text[: clues.HEAD]
    ending, candidates = by_name(path)
    labelled = BY_LABEL.get(label(said)) if said else None
    if len(candidates) == 1 and ending not in clues.CLUES:
        return candidates[0]
    if labelled in candidates:
        return labelled
    if ending in clues.CLUES:
        named = clues.by_clues(ending, head)
        return BY_LABEL[label(named)] if named else labelled
    return shebang_language(head) or mode_line_language(head) or labelled or content_language(head)


def by_name(path: str) -> tuple[str, list[Language]]:
    """The ending by which a path is known (empty where the whole name tells), and the languages that it may be."""
    name = path.rsplit("/", 1)[-1]
    if found := BY_NAME.get(name):
        return "", found
    for ending in _endings(name):
        if found := BY_ENDING.get(ending) or BY_ENDING.get(ending.lower()):
            return ending.lower(), found
    before_dot = name.partition(".")[0]  # Dockerfile.dev, Makefile.linux
    return "", BY_NAME[before_dot] if before_dot in ("Dockerfile", "Makefile", "Jenkinsfile") else []


def _endings(name: str) -> list[str]:
    """Endings from the longest: `x.blade.php` is `.blade.php` and `.php`; a template's own ending is looked through."""
    for ending in TEMPLATES:
        name = name.removesuffix(ending)
    parts = name.split(".")[1:][-3:]
    return ["." + ".".join(parts[start:]) for start in range(len(parts))]


def shebang_language(head: str) -> Language | None:
    """The language of the interpreter that the first line names."""
    found = SHEBANG.match(head)
    if not found:
        return None
    program, rest = found[1], found[2].split()
    if program == "env":
        program = next((word for word in rest if not word.startswith("-") and "=" not in word), "")
    program = program.rsplit("/", 1)[-1]
    languages = BY_INTERPRETER.get(program) or BY_INTERPRETER.get(VERSION.sub("", program))
    return languages[0] if languages else None


def mode_line_language(head: str) -> Language | None:
    """The language that the author told an editor."""
    lines = head[:2000].split("\n", MODE_LINES)[:MODE_LINES]
    found = MODE_LINE.search("\n".join(lines))
    return BY_LABEL.get(label(found[1] or found[2])) if found else None


def content_language(head: str) -> Language | None:
    """The language by content alone."""
    named = by_signs(head)
    return BY_LABEL[label(named)] if named else None
