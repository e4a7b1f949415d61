"""The lines of a Project Gutenberg file -> the lines of its book, what its header says, and what was taken off.

The file is a book between two marker lines, with a header of fields above, a licence below, and within, by hand, credits,
notes of the transcriber, captions and page numbers. Each family is a row of a table. Nothing is taken from the book that
does not name the project, its proofreaders or its licence, or stands in brackets that transcribers alone use; the
characters of every family are counted. Files of before 2003 have a `small print` in place of the markers.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from llmctl.text.sources.books.headings import heading

PG = r"PROJE[CK]T(?:\s+|-)GUTENBERG"
EBOOK = r"(?:E-?BOOK|E-?TEXT|TM)"
START = re.compile(rf"\W{{0,6}}(?:START OF (?:THE |THIS )?(?:COPYRIGHTED )?{PG}|THE BEGINNING OF THIS {PG})", re.I)
END = re.compile(
    rf"\W{{0,8}}(?:END OF (?:THE |THIS )?(?:COPYRIGHTED )?{PG}|END OF (?:THE |THIS )?{EBOOK}\b"
    rf"|ENDE? (?:DIESES?|DES) {PG}|FIN D[EU] (?:CE |CET |THE |LIVRE )?{PG}|FINE DI(?:\sQUESTO)? {PG}"
    rf"|THIS IS A COPYRIGHTED {PG}|{PG}.{{0,200}} END$|START: FULL LICENSE)",
    re.I,
)
SMALL_START = re.compile(r"\W{0,6}START\W{1,6}THE SMALL PRINT", re.I)
SMALL_END = re.compile(r"\W{0,6}END\W{0,3}(?:OF )?(?:THE )?SMALL PRINT", re.I)
MARKER_LINES = 5  # that a marker with a long title may take until its closing stars
OPENING = re.compile(
    rf"\W{{0,8}}(?:THE |THIS IS THE )?{PG}(?:'S|\u2019S)?(?: {EBOOK}| EDITION| PRESENTS|,| OF )|\W{{0,8}}{PG}(?:'S|\u2019S) ",
    re.I,
)
FIELD = re.compile(r"(?P<name>[A-Z][A-Za-z ]{2,24}):[ \t]{0,9}(?P<value>\S.{0,300})")
FIELDS = {
    "title": "title", "author": "author", "authors": "author", "translator": "translator", "illustrator": "illustrator",
    "editor": "editor", "release date": "released", "posting date": "released", "first posted": "released",
    "language": "language", "credits": "credits", "produced by": "credits", "original publication": "published",
    "contributor": "contributor", "commentator": "contributor",
}  # fmt: skip
NUMBERED = re.compile(r"\[E-?(?:book|text) ?#(\d{1,7})\]", re.I)
TERMS = re.compile(
    r"This e-?(?:book|text) is for the use of anyone.{0,600}?(?:whatsoever|restrictions(?!\s+whatsoever))\.?",
    re.I | re.S,
)
RIGHTS = 300  # characters of the header's own statement that are kept
HEADER = 24_000  # characters among which a mark is looked for; the longest small print has 16,000
HEADER_LINES = 600  # in which a header without a closing mark is looked for; the longest small print has about 400

# paragraphs that are no part of the book, by what they hold; those of `anywhere` name the project or its helpers
ANYWHERE = re.compile(
    rf"{PG}|\bgutenberg\.(?:org|net|de)\b|\bpgdp\.net\b|Distributed Proofread|MILLENNIUM FULCRUM EDITION|\bPG-?DP\b",
    re.I,
)
HINTS = ("gutenberg", "pgdp", "proofread", "fulcrum", "pg-dp")  # one of these is in whatever `ANYWHERE` finds
CREDITS = re.compile(
    r"\W{0,4}(?:(?:this |the )?e-?(?:text|book)s? (?:was |were |is )?(?:prepared|produced|scanned|typed|created|transcribed"
    r"|proofread|converted|edited)\b|(?:produced|scanned|transcribed|digitized|proofed|proofread|html version) by\b"
    r"|(?:text file|e-?text|electronic (?:text|version|edition)) (?:produced|prepared|created|produced and edited) by\b"
    r"|transcribed from the .{0,200}\b(?:edition|by)\b|updated editions will replace|updated: [A-Z]"
    r"|this file should be named|character set encoding|images? (?:generously )?made available by"
    r"|special thanks (?:are due )?to .{0,100}\b(?:for|who) (?:provid|scann|proof|prepar)|note: images of the original"
    r"|note: there is an illustrated edition|original html version)",
    re.I,
)
NOTE = re.compile(
    r"\W{0,6}(?:original |the )?(?:transcribers?|e-?text (?:editor|transcriber)|transcription|proofreaders?|editor of this e-?text)"
    r"(?:['\u2019]s|s['\u2019]?|['\u2019])? {0,3}(?:end ?|foot ?)?(?:note|notes|comment|comments)\b[\s:.\u2014-]",
    re.I,
)
RULE = re.compile(r"[-=_*+~ ]{5,}")
NOTE_PARAGRAPHS = 6  # in which a rule may end a note
PLACES = 60  # paragraphs at either end among which credits are looked for
LONGEST = 3000  # characters of a paragraph that may go for its words
BRACKETS = (
    ("illustrations", re.compile(
        r"\[(?:Illustrations?|Frontispiece|Cover|Decoration|Ornament|Map|Plate|Tailpiece|Headpiece)\b[^\[\]]{0,1500}\]", re.I)),
    ("notes", re.compile(
        r"\[(?:Transcriber|Transcription|E-?text|Proofreader|PG)(?:'s|\u2019s|s|s'|s\u2019)?[ -](?:editor'?s? )?notes?\b"
        r"[^\[\]]{0,3000}\]", re.I)),
    ("page_numbers", re.compile(
        r" ?\[(?:Pg|Page|p\.) ?[\divxlc]{1,6}\]|(?: |(?<![\w^_}]))\{(?:Pg |Page |p\. ?)?[\divxlc]{1,6}\}", re.I)),
)  # fmt: skip


@dataclass
class Stripped:
    """The lines of a file, those that are `gone`, what the header says, and the characters removed by family."""

    lines: list[str]
    gone: set[int]
    metadata: dict[str, str] = field(default_factory=dict)
    removed: Counter[str] = field(default_factory=Counter)

    @property
    def kept(self) -> list[str]:
        return [line for at, line in enumerate(self.lines) if at not in self.gone]


def is_gutenberg(text: str) -> bool:
    """Whether the beginning of a text is that of a Project Gutenberg file: a mark, and a header or nothing above it."""
    lines = text[:HEADER].split("\n")
    above = next((at for at in range(len(lines)) if _is_mark(lines, at, START)), None)
    has_fields = bool(_fields(lines[: above or HEADER_LINES]))
    opens = any(OPENING.match(line) for line in lines[:30])
    if above is not None:
        is_first = not "".join(lines[:above]).strip()
        return opens or has_fields or (is_first and bool(_closed(lines, above)))
    return (opens and has_fields) or any(SMALL_END.match(line) or SMALL_START.match(line) for line in lines)


def volumes(lines: Sequence[str]) -> list[list[str]]:
    """The files that were put into one: each begins with its header, behind the end of the one before."""
    cuts, end = [0], None
    for at, line in enumerate(lines):
        if _is_mark(lines, at, START) and end is not None:
            cuts.append(_opening(lines, end, at))
            end = None
        elif line and _is_mark(lines, at, END):
            end = at + 1
    return [list(lines[a:b]) for a, b in zip(cuts, [*cuts[1:], len(lines)], strict=True)]


def _opening(lines: Sequence[str], end: int, start: int) -> int:
    """Where between the end of a book and the mark of the next the header of that begins."""
    title = next((at for at in reversed(range(end, start)) if lines[at].startswith("Title:")), start)
    return next((at for at in reversed(range(end, title)) if OPENING.match(lines[at])), title)


def strip(lines: Sequence[str]) -> Stripped:
    """What of a file is its book, and what the file says about it; every line keeps its index."""
    start, end = _bounds(lines)
    out = Stripped(list(lines), {*range(start), *range(end, len(lines))}, _fields(lines[:start]))
    out.removed.update({"header": _size(lines[:start]), "licence": _size(lines[end:])})
    for family, pattern in BRACKETS:
        _without(out, start, end, pattern, family)
    _without_paragraphs(out, start, end)
    out.removed = Counter({family: count for family, count in out.removed.items() if count})
    return out


def _size(lines: Sequence[str]) -> int:
    return sum(len(line) + 1 for line in lines)


def _bounds(lines: Sequence[str]) -> tuple[int, int]:
    """Where the book begins and ends; small print behind the middle of a file is a tail."""
    start = 0
    for at, line in enumerate(lines):
        is_small = SMALL_END.match(line) and at < min(len(lines) / 2, HEADER_LINES)
        if is_small or _is_mark(lines, at, START):
            start = _behind_marker(lines, at)
            break
    start = start or _behind_header(lines)
    for at in range(start, len(lines)):
        if SMALL_START.match(lines[at]) or _is_mark(lines, at, END) or _is_split_end(lines, at):
            return start, at
    return start, len(lines)


def _is_mark(lines: Sequence[str], at: int, pattern: re.Pattern[str]) -> bool:
    """Whether a marker begins here: a sentence that quotes one goes on behind its stars."""
    return bool(pattern.match(lines[at])) and _closed(lines, at) is not False


def _closed(lines: Sequence[str], at: int) -> bool | None:
    """Whether nothing stands behind the stars that close a marker, which may take some lines; None: there are no stars."""
    for line in lines[at : at + MARKER_LINES]:
        text = line.strip()
        if not text:
            return None
        if "***" in text.lstrip("*"):
            return text.endswith("***")
    return None


def _is_split_end(lines: Sequence[str], at: int) -> bool:
    if not lines[at].startswith(("End of", "END OF", "***")) or _closed(lines, at) is False:
        return False
    return bool(END.match(" ".join(lines[at : at + 2])))


def _behind_marker(lines: Sequence[str], at: int) -> int:
    """Long titles break a marker; it ends with stars, or with its paragraph."""
    for end in range(at, min(at + MARKER_LINES, len(lines))):
        if not lines[end].strip():
            return end
        if lines[end].rstrip().endswith(("***", "*END*")):
            return end + 1
    return at + 1


def _behind_header(lines: Sequence[str]) -> int:
    """Without a mark: behind the last of the first paragraphs that speak of the project or hold fields."""
    behind = 0
    for start, end in _paragraphs(lines[:HEADER_LINES]):
        text = "\n".join(lines[start:end])
        if ANYWHERE.search(text) or any(
            (m := FIELD.match(line)) and m["name"].lower() in FIELDS for line in lines[start:end]
        ):
            behind = end
        elif start - behind > MARKER_LINES:
            break
    return behind


def _fields(header: Sequence[str]) -> dict[str, str]:
    """`Title: ...` with the lines that carry a value on; the first of a name counts."""
    found: dict[str, str] = {}
    name = ""
    for line in header:
        match = FIELD.match(line)
        if match:
            name = FIELDS.get(match["name"].lower(), "")
            name = "" if name in found else name
            if name:
                found[name] = match["value"].strip()
        elif name and line[:1].isspace() and line.strip():
            found[name] += f" {line.strip()}"
        else:
            name = ""
    text = "\n".join(header)
    if number := NUMBERED.search(text):
        found["gutenberg"] = number[1]
        found |= {"released": NUMBERED.split(found["released"])[0].strip()} if "released" in found else {}
    if terms := TERMS.search(text):
        found["rights"] = " ".join(terms[0].split())[:RIGHTS]
    return found


def _without(out: Stripped, start: int, end: int, pattern: re.Pattern[str], family: str) -> None:
    """Take out what a pattern finds; lines that held nothing else are gone."""
    text = "\n".join(out.lines[start:end])
    if "[" not in text and "{" not in text:
        return
    cut = pattern.sub(lambda match: "\n" * match[0].count("\n"), text)
    out.removed[family] += len(text) - len(cut)
    for at, line in enumerate(cut.split("\n"), start):
        if out.lines[at].strip() and not line.strip():
            out.gone.add(at)
        out.lines[at] = line


def _paragraphs(lines: Sequence[str]) -> list[tuple[int, int]]:
    """(first, behind the last) line of each run of lines that are not empty."""
    found, start = [], None
    for at, line in enumerate([*lines, ""]):
        if line.strip():
            start = at if start is None else start
        elif start is not None:
            found.append((start, at))
            start = None
    return found


def _without_paragraphs(out: Stripped, start: int, end: int) -> None:
    """Take out credits, notes and whatever speaks of the project."""
    paragraphs = [(a + start, b + start) for a, b in _paragraphs(out.lines[start:end])]
    texts = [" ".join(line.strip() for line in out.lines[first:last]) for first, last in paragraphs]
    note_until = 0
    for i, ((first, last), text) in enumerate(zip(paragraphs, texts, strict=True)):
        family = _family(text, min(i, len(paragraphs) - 1 - i))
        if family == "notes":
            note_until = max(note_until, _end_of_note(texts, i))
        family = family or ("notes" if i < note_until else None)
        if family and len(text) <= LONGEST:
            out.gone.update(range(first, last))
            out.removed[family] += _size(out.lines[first:last])
            if family == "credits":
                out.metadata.setdefault("credits", text[:RIGHTS])


def _end_of_note(texts: Sequence[str], i: int) -> int:
    """Behind the last paragraph of a note: a rule soon after it, or the paragraph below its title, or itself."""
    for end in range(i + 1, min(i + NOTE_PARAGRAPHS, len(texts))):
        if RULE.fullmatch(texts[end]):
            return end + 1
        if heading(texts[end]):
            break
    return i + 2 if _is_title_of_note(texts[i]) else i + 1


def _is_title_of_note(text: str) -> bool:
    """Whether a paragraph is `Transcriber's notes:` alone; the next one is the note then."""
    match = NOTE.match(f"{text} ")
    return match is not None and not text[match.end() :].strip(" .:*-_")


def _family(text: str, distance: int) -> str | None:
    if NOTE.match(text + " "):
        return "notes"
    if distance < PLACES and CREDITS.match(text):
        return "credits"
    lower = text.lower()
    return "credits" if any(word in lower for word in HINTS) and ANYWHERE.search(text) else None
