"""A line of a book -> the heading that it may be: which division, which number, which title.

A family of headings is a row of `words.toml`: the words by language (accents taken off) and whether the division holds
chapters or is one. Forms: the word and a number in either order, a bare number, an unnumbered piece such as a preface,
and the Chinese and Japanese ones. A line only may be a heading here; `chapters` decides over all of them together.
Every pattern is anchored and bounded, so a line costs microseconds whatever it holds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from llmctl.text.sources.books.numerals import HAN, folded, number
from llmctl.text.sources.books.tables import TABLES

PART, CHAPTER = 1, 2
LONGEST = 200  # characters of a heading with its title; the longest of seven real books has 130
DIVISIONS = {PART: TABLES["parts"], CHAPTER: TABLES["chapters"]}
WORDS = {
    word: (name, level) for level, rows in DIVISIONS.items() for name, words in rows.items() for word in words.split()
}
NAMED = frozenset(map(folded, TABLES["named"].split()))
EAST: dict[str, str] = TABLES["eastern"]
EASTERN_PARTS = frozenset(EAST["parts"] + EAST["korean_parts"])
HALVES = {half: n for n, half in enumerate(EAST["halves"], 1)}
NUMBER = rf"[0-9\uff10-\uff19]{{1,4}}|[{HAN}]{{1,9}}"
ORDINAL = rf"\u7b2c\s{{0,2}}(?:{NUMBER})\s{{0,2}}"  # the character that makes a number an ordinal
EASTERN = re.compile(
    rf"(?:{EAST['body']}\s{{0,4}})?"
    rf"(?:{ORDINAL}[{EAST['parts']}][^\u7b2c]{{0,40}}(?={ORDINAL}[{EAST['chapters']}]))?"  # a volume on the line of its chapter
    rf"(?:{ORDINAL.replace('(?:', '(?P<number>', 1)}(?P<word>[{EAST['chapters']}{EAST['parts']}])"
    rf"|(?P<leading>[{EAST['leading']}])\s{{0,2}}(?P<after>{NUMBER}|[{EAST['halves']}](?![^\s])))"
    r"(?P<rest>.{0,80})"
)
KOREAN = re.compile(
    rf"\uc81c\s{{0,2}}(?P<number>\d{{1,4}})\s{{0,2}}(?P<word>[{EAST['korean_chapters']}{EAST['korean_parts']}])(?P<rest>.{{0,80}})"
)
WESTERN = re.compile(r"[\W_]{0,6}(?P<first>[^\W_][\w'-]{0,17})(?P<dot>\.?)[ \t\u00a0]{1,4}(?P<rest>\S.{0,180})")
WORD = re.compile(r"[\w-]{1,20}")
BARE = re.compile(
    r"[\W_]{0,4}(?P<number>[IVXLCDM]{1,8}|\d{1,3})(?P<dot>[.):]{0,2}[-_*]{0,2})(?:[ \t\u00a0]{1,6}(?P<rest>\S.{0,160})|\s*)$"
)
EMPHASIS = re.compile(
    r"^(?:#{1,6}\s+|[_*]{1,6}(?=\S))|[_*]{1,6}$"
)  # marks of headings and of italics; not of list items
ARTICLES = ("the", "la", "le", "el", "die", "das", "der", "o", "a")
OPENERS = re.compile(r"[.:,;)\]\u2014\u2013-]{1,3}|\s{2,}")
PAGE = re.compile(
    r"(?:\.\s?){3,}\s*[\divxlc]{1,5}$|\s{3,}\d{1,4}$|\u2026{1,9}\s*\d{1,4}$", re.I
)  # of a table of contents
UNENDED = (",", ";", "\uff0c", "\uff1b")
SENTENCE_ENDS = (
    "\u3002",
    "\uff01",
    "\uff1f",
    "\u201d",
    "\u2026",
    "\uff1a",
    "\uff0c",
    "\uff1b",
    "\u3001",
    "\u2014\u2014",
    "\uff0e",
)
SUBTITLE = re.compile(r"[\divxlca-h]{1,5}(?:\.|:|$| )|[.:\u2014-]|(?:to the|von|zur|del?|de la|a la) ")
LETTERED = re.compile(rf"({EAST['lettered']})([A-Z])")
LONGEST_EASTERN = 45  # characters; titles in couplets have 22, a paragraph that begins with a number more


BARE_KINDS = frozenset(("roman", "arabic", "roman.", "arabic."))


@dataclass(slots=True)
class Heading:
    """What may be the heading of a division; `line` to `end` are the lines that it takes."""

    line: int
    end: int
    kind: (
        str  # a row of the table, `named`, or one of BARE_KINDS (with a title those with a dot; underlined: `arabic=`)
    )
    level: int
    number: int | None
    text: str
    title: str = ""
    is_paged: bool = False  # a page number stands behind it: a line of a table of contents

    @property
    def is_bare(self) -> bool:
        return self.kind in BARE_KINDS


def heading(line: str, at: int = 0) -> Heading | None:
    """The heading that a line may be."""
    text = EMPHASIS.sub("", " ".join(line[: LONGEST + 1].split()))
    if not text or len(line) > LONGEST:
        return None
    page = PAGE.search(line.rstrip())
    text = PAGE.sub("", text) if page else text
    for form in (_eastern, _western, _named, _bare):
        if found := form(text):
            kind, level, value, title = found
            return Heading(at, at + 1, kind, level, value, text, title, bool(page))
    return None


Form = tuple[str, int, int | None, str]


def _eastern(text: str) -> Form | None:
    match = EASTERN.match(text) or KOREAN.match(text)
    if not match or len(text) > LONGEST_EASTERN or text.endswith(SENTENCE_ENDS):
        return None
    groups = match.groupdict()
    word = groups["word"] or groups["leading"]
    written = groups["number"] or groups["after"]
    value = HALVES.get(written) or number(written.replace(" ", ""))
    if value is None or match["rest"].startswith(tuple(EAST["prose"])):
        return None
    level = PART if word in EASTERN_PARTS else CHAPTER
    return ("book" if level == PART else "chapter"), level, value, match["rest"].strip(" .:\uff1a\u3001\uff0e")


def _western(text: str) -> Form | None:
    match = WESTERN.match(text)
    if not match or not match["first"][0].isalnum() or match["first"][0].islower():
        return None
    first, rest = folded(match["first"]), match["rest"]
    if first in WORDS:
        return _word_first(WORDS[first], rest)
    return _number_first(match["first"], rest)


def _word_first(division: tuple[str, int], rest: str) -> Form | None:
    words = WORD.findall(rest[:60])
    if words and words[0].casefold() in ARTICLES and len(words) > 1 and number(words[0]) is None:
        rest = rest[rest.find(words[0]) + len(words[0]) :].lstrip()
        words = words[1:]
    for written in (" ".join(words[:2]), words[0] if words else ""):
        if written and rest.startswith(written) and (value := number(written)) is not None:
            tail = rest[len(written) :]
            return (*division, value, _title(tail)) if _may_follow(tail) else None
    return None


def _number_first(first: str, rest: str) -> Form | None:
    """`Erstes Kapitel`, `2. fejezet`, `FIRST PART`."""
    words = WORD.findall(rest[:40])
    if not words or folded(words[0]) not in WORDS or (value := number(first)) is None:
        return None
    tail = rest[len(words[0]) :] if rest.startswith(words[0]) else "x"
    return (*WORDS[folded(words[0])], value, _title(tail)) if _may_follow(tail) else None


def _may_follow(tail: str) -> bool:
    """A title follows a mark, or begins with a capital; prose (`Part 2 of the plan`) goes on in lower case."""
    bare = tail.strip(" \t_*")
    if not bare:
        return True
    if bare.endswith(UNENDED):
        return False
    return (bool(OPENERS.match(tail)) and not tail.startswith(",")) or (tail[0].isspace() and not bare[0].islower())


def _title(tail: str) -> str:
    return tail.strip(" \t.:,;-\u2014\u2013_*)]")


def _named(text: str) -> Form | None:
    """A preface and the like, with a letter or number behind an appendix; whole lines alone."""
    bare = text.strip(" _.:[]=\u3000")
    if len(bare) > 60 or bare[:1].islower():
        return None
    word, _, title = folded(LETTERED.sub(r"\1 \2", bare)).partition(" ")
    word = word.rstrip(".:")
    if word not in NAMED:
        return None
    if title and not SUBTITLE.match(title):
        return None
    return "named", CHAPTER, None, bare


def _bare(text: str) -> Form | None:
    match = BARE.match(text)
    if not match or (value := number(match["number"])) is None:
        return None
    rest = match["rest"]
    if rest and (not match["dot"] or rest[0].islower() or rest.endswith(UNENDED)):
        return None
    kind = "arabic" if match["number"].isdigit() else "roman"
    return (f"{kind}." if rest else kind), CHAPTER, value, _title(rest or "")
