"""A licence file, or the comment at the head of a source file -> its licence as an SPDX expression.

Texts are compared as words (lower case, no punctuation), so wrapping, comment signs and copyright lines do not matter.
A licence is known by phrases: the one that appears first opens a section, and the rows of the table are tried on it from
the most special. A long phrase holds where four in five of its word triples are there, so edits of a few words do not hide
a licence (the idea of licensee's and scancode's word sets, without their texts). Phrases are short quotations; whole
texts are not kept. Sources: https://spdx.org/licenses. Costs 1 ms a licence file, 0.1 ms a head without a licence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from llmctl.text.sources.programs import expressions
from llmctl.text.sources.programs.licence_texts import GRANTS, NOTICES, TEXTS, Text

# names that a licence file has (licensee's project_files: LICENSE, COPYING, UNLICENSE, with an ending or a licence's name)
LICENSE_NAMES = re.compile(
    r"(?:un)?licen[cs]es?(?:[-_.][\w.+-]{1,40})?|copying(?:[-_.][\w.+-]{1,40})?|mit-license(?:\.\w{1,8})?|copyright(?:\.\w{1,8})?|"
    r"(?:mit|apache|bsd|gpl|lgpl|agpl|mpl)[\d.-]{0,8}(?:\.txt)?", re.I,
)  # fmt: skip
NOT_LICENSES = re.compile(
    r".*\.(?:py|js|ts|go|rs|java|c|h|cc|cpp|rb|php|html?|css|json|ya?ml|toml|xml|sh|svg|png|spdx|header|tmpl|cs|kt)",
    re.I,
)
PLAIN_NAME = re.compile(r"(?:un)?licen[cs]es?(?:\.(?:txt|md|rst|markdown))?|copying(?:\.(?:txt|md|rst))?", re.I)
FILE_HEAD = 1 << 16  # characters; GPL-3.0 has 35,000
SECTION = 6000  # characters of words after the opening phrase; BSD-3-Clause has 1,400, OpenSSL's licence 2,500
TRIPLES = 0.8  # of a phrase's word triples; measured on 54 licence files: 0.6 to 0.9 give the same
LONG = 8  # words: a shorter phrase (a title) must be there as it is
COMMENT_HEAD = 8000  # characters: a BSD licence in a comment has 2,000
TAG = re.compile(r"^[^\w\n]{0,40}(?:(?:rem|dnl|;+)\s)?@?SPDX-License-Identifier\s*:[ \t]*([^\n]{1,300})", re.I | re.M)
TAG_LINES = 60  # lines; SPDX 2.3 Annex E asks for "at or near the top"
END_OF_COMMENT = re.compile(r"\s*(?:\*+/|-->|--%?>|#\}|\*\)|-\}|\"\"\"|''')?\s*$")
WORDS = re.compile(r"[^a-z0-9]+")
# a line of a comment, or of a string that stands where one would
COMMENT_LINE = re.compile(
    r"\s*(?:$|#|//|/\*|\*|<!--|-->|--|;|%|\"\"\"|'''|r\"\"\"|\(\*|\{-|-\}|!|'|\"|REM\b|rem\b|dnl\b|@rem\b|=begin|\.\\\"|<\?|<%|@)"
)
OPENED = [
    (re.compile(opening), closing)
    for opening, closing in (
        (r"\s*/\*", "*/"), (r"\s*<!--", "-->"), (r"\s*\(\*", "*)"), (r"\s*\{-", "-}"), (r"\s*=begin", "=end"),
        (r"\s*[rbuRBU]?\"\"\"", '"""'), (r"\s*'''", "'''"),
    )
]  # fmt: skip


class Declared(NamedTuple):
    """What a file says of its own licence, and how: `tag` or `notice`."""

    expression: str
    how: str


def is_license_name(name: str) -> bool:
    """Whether a file of this name holds the licence of the files beside and below it."""
    return bool(LICENSE_NAMES.fullmatch(name)) and not NOT_LICENSES.fullmatch(name)


def license_of(text: str) -> str | None:
    """The licence that a licence file holds; with several, the first: it is the project's, others are of its parts."""
    if tagged := _tag(text):
        return tagged
    words = _words(text[:FILE_HEAD])
    return _known_text(words) or _notice(words)


def declared(text: str) -> Declared | None:
    """The licence that a source file declares for itself: SPDX tags, else a notice or a whole licence in its first comment."""
    if tagged := _tag(text):
        return Declared(tagged, "tag")
    words = _words(TAG.sub("", leading_comment(text[:COMMENT_HEAD])))
    found = _known_text(words) or _notice(words)
    return Declared(found, "notice") if found else None


def _tag(text: str) -> str | None:
    """Tags of one file hold together (SPDX 2.3 Annex E): two tags are joined by AND."""
    head = "\n".join(text[:COMMENT_HEAD].split("\n", TAG_LINES)[:TAG_LINES])
    found = [expressions.parse(END_OF_COMMENT.sub("", match[1])) for match in TAG.finditer(head)]
    said = [str(one) for one in found if one]
    return expressions.joined(said) if said else None


def leading_comment(text: str) -> str:
    """The lines before the first line of code; phrases in strings further down say nothing of the file."""
    kept: list[str] = []
    end = ""  # what closes the comment that is open
    for line in text.split("\n"):
        if not end and not COMMENT_LINE.match(line):
            break
        kept.append(line)
        end = _still_open(line, end)
    return "\n".join(kept)


def _still_open(line: str, end: str) -> str:
    """What closes the comment that is open after `line`, when `end` closed the one before it."""
    if end:
        return "" if end in line else end
    opened = ((pattern.match(line), closing) for pattern, closing in OPENED)
    return next((closing for found, closing in opened if found and closing not in line[found.end() :]), "")


def _words(text: str) -> str:
    """Words alone, each between blanks; `licence` as `license`."""
    words = WORDS.sub(" ", text.lower()).replace(" licence", " license").replace(" licenced", " licensed")
    return f" {words.strip()} "


def _known_text(words: str) -> str | None:
    """The licence whose text stands first."""
    starts = {opening: at for opening in {row.opening for row in TEXTS} if (at := _place(opening, words)) >= 0}
    for opening in sorted(starts, key=lambda one: (starts[one], -len(one))):
        section = _section(words, starts[opening], opening)
        triples = _triples(section)
        rows = (row for row in TEXTS if row.opening == opening and _fits(row, section, triples))
        if row := next(rows, None):
            return row.license
    return None


def _section(words: str, start: int, opening: str) -> str:
    """The words from an opening to the next licence that wording tells: its clauses would make another of this one."""
    after = start + len(opening)
    following = (words.find(f" {one} ", after) for one in GRANTS)
    return words[start : min([start + SECTION, *(at for at in following if at >= 0)])]


def _place(phrase: str, words: str) -> int:
    return words.find(f" {phrase} ")


def _fits(row: Text, section: str, triples: set[tuple[str, ...]]) -> bool:
    has = all(_holds(phrase, section, triples) for phrase in row.has)
    return has and not any(_holds(phrase, section, triples) for phrase in row.lacks)


def _holds(phrase: str, section: str, triples: set[tuple[str, ...]]) -> bool:
    if f" {phrase} " in section:
        return True
    asked = _triples(phrase)
    return len(phrase.split()) >= LONG and len(asked & triples) >= TRIPLES * len(asked)


def _triples(words: str) -> set[tuple[str, ...]]:
    split = words.split()
    return set(zip(split, split[1:], split[2:], strict=False))


def _notice(words: str) -> str | None:
    """The licence that a notice names: the first in the text, the more special row where two start at one place."""
    found = [(match.start(), row) for row in NOTICES if (match := row[1].search(words))]
    if not found:
        return None
    _, (license, pattern) = min(found, key=lambda one: one[0])
    match = pattern.search(words)
    assert match
    return match.expand(license) if "\\" in license else license


def license_of_directory(files: Mapping[str, str]) -> str | None:
    """The licence that the licence files of one directory (name -> text) give to the files beside and below them.

    A file with a plain name (`LICENSE`, `COPYING.txt`) speaks for the project. Several with names of licences
    (`LICENSE-MIT`, `LICENSE-APACHE`) are a choice, as Rust's and Python's projects mean them; GPL beside LGPL is LGPL-3.0,
    whose text refers to it.
    """
    known = {name: one for name, text in sorted(files.items()) if (one := license_of(text))}
    plain = [one for name, one in known.items() if PLAIN_NAME.fullmatch(name)]
    found = list(dict.fromkeys(plain or known.values()))
    if "LGPL-3.0-only" in found or "LGPL-3.0-only" in known.values():
        found = [one for one in found if one != "GPL-3.0-only"] or ["LGPL-3.0-only"]
    return " OR ".join(f"({one})" if " AND " in one else one for one in found) or None
