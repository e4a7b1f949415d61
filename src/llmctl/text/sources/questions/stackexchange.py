"""Lines of a Stack Exchange `Posts.xml` -> posts; a question and its answers -> one document.

A dump has one `<row .../>` a line, as the dumps of all sites have; a line is read by itself, so a broken one costs itself
alone. The text is the title, the question, then each answer behind a line that says whether the asker accepted it and its
score: the accepted one first, then by score, the older first among equals. Schema and licences: the README of the dump
and https://stackoverflow.com/help/licensing. Costs 0.3 ms a post, nearly all of it libxml2's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from llmctl.text.sources.pages.html import clean
from llmctl.text.sources.programs.expressions import joined
from llmctl.text.sources.questions.markup import text_of
from llmctl.text.sources.record import Document, Refused

QUESTION, ANSWER = 1, 2  # PostTypeId; 3 to 8 are wikis, tags' descriptions, nominations
END = ("/>", "</row>")
MAX_ATTRIBUTES = 64  # a row has up to 22
ROW = re.compile(r"\ufeff?\s*<row\s")
ATTRIBUTE = re.compile(r"""([A-Za-z]{1,40})\s{0,9}=\s{0,9}(?:"([^"<]*)"|'([^'<]*)')""")
BLANK = re.compile(r"[\t\r\n]")  # is a space in an attribute unless written as a reference (XML 1.0, 3.3.3)
REFERENCE = re.compile(r"&(?:(lt|gt|amp|quot|apos)|#(\d{1,7})|#x([0-9a-fA-F]{1,6}));")
ENTITIES = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}
DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,7})?")
TAG = re.compile(r"<([^<>]{1,80})>|([^|<>]{1,80})")  # `<a><b>`, since 2024 `|a|b|`
# from when which licence holds for what is contributed (https://stackoverflow.com/help/licensing)
LICENSES = (("2018-05-02", "CC-BY-SA-4.0"), ("2011-04-08", "CC-BY-SA-3.0"), ("", "CC-BY-SA-2.5"))
STATED = re.compile(r"CC[ -]BY-SA[ -](\d\.\d)")
# every dump since 2025 holds a made-up question and a made-up answer (https://meta.stackexchange.com/questions/412018)
FABRICATED = (1_000_000_001, 1_000_000_010)
MAX_NUMBER = 18  # digits: numbers of 64 bits


@dataclass(frozen=True)
class Post:
    """A row; names as in the dump."""

    id: int
    kind: int
    parent: int | None = None
    accepted: int | None = None
    score: int = 0
    created: str | None = None
    edited: str | None = None
    title: str = ""
    tags: tuple[str, ...] = ()
    body: str = ""
    license: str | None = None
    owner: int | None = None


def attributes_of(line: bytes) -> dict[str, str] | None:
    """The attributes of the row that a line holds; None where it holds none, or one that breaks off."""
    text = BLANK.sub(" ", line.decode("utf-8", "replace")).rstrip().removesuffix("</posts>").rstrip()
    start = ROW.match(text)
    if not start or not text.endswith(END):
        return None
    found = ATTRIBUTE.finditer(text, start.end())
    pairs = (match for match, _ in zip(found, range(MAX_ATTRIBUTES), strict=False))
    return {match[1]: REFERENCE.sub(_character, match[2] or match[3] or "") for match in pairs}


def post_of(line: bytes) -> Post | None:
    """The post of one line; None where it holds no whole row, or a row without a number and a type."""
    attributes = attributes_of(line)
    return None if attributes is None else post_from(attributes)


def _character(reference: re.Match[str]) -> str:
    name, decimal, hexadecimal = reference.groups()
    if name:
        return ENTITIES[name]
    number = int(decimal) if decimal else int(hexadecimal, 16)
    return chr(number) if 0 < number < 0xD800 or 0xDFFF < number < 0x110000 else ""


def post_from(row: Mapping[str, Any]) -> Post | None:  # Any: a reader's columns; texts, or numbers that it made of them
    """The post of a row's attributes; None without a number and a type."""
    number, kind = _number(row.get("Id")), _number(row.get("PostTypeId"))
    if number is None or kind is None:
        return None
    created, edited = _date(row.get("CreationDate")), _date(row.get("LastEditDate"))
    stated = STATED.search(str(row.get("ContentLicense") or ""))
    return Post(
        number,
        kind,
        parent=_number(row.get("ParentId")),
        accepted=_number(row.get("AcceptedAnswerId")),
        score=_number(row.get("Score")) or 0,
        created=created,
        edited=edited,
        title=" ".join(clean(str(row.get("Title") or "")).split()),
        tags=tuple((match[1] or match[2]) for match in TAG.finditer(clean(str(row.get("Tags") or ""))[:1000])),
        body=str(row.get("Body") or ""),
        license=f"CC-BY-SA-{stated[1]}" if stated else _license_at(edited or created),
        owner=_number(row.get("OwnerUserId")),
    )


def _number(value: object) -> int | None:
    text = str(value).strip() if value is not None else ""
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdigit() and len(digits) <= MAX_NUMBER else None


def _date(value: object) -> str | None:
    found = DATE.match(str(value or ""))
    return found[0] if found else None


def _license_at(date: str | None) -> str | None:
    """The licence under which a contribution of that time stands; an edit contributes too."""
    return next(license for since, license in LICENSES if date >= since) if date else None


def ordered(question: Post, answers: Sequence[Post]) -> list[Post]:
    """Answers as the document has them: accepted first, then by score, then the older."""
    return sorted(answers, key=lambda one: (one.id != question.accepted, -one.score, one.created or "", one.id))


def thread(
    question: Post,
    answers: Sequence[Post],
    *,
    min_unanswered_score: int = 1,
    min_answer_score: int | None = None,
    links: bool = False,
    site: str | None = None,
) -> Document:
    """A question and its answers as one document.

    Refuses as `fabricated` (the dump's own traps), as `unanswered` where there is no answer and the score is below
    `min_unanswered_score`, as `empty` without any text. Answers below `min_answer_score` are left out (None: none are,
    negative ones too: what readers rejected is said by the score).
    """
    if _is_fabricated(question):
        raise Refused("fabricated")
    asked = text_of(question.body, links=links)
    said = {one.id: text_of(one.body, links=links) for one in answers if _counts(one, question, min_answer_score)}
    kept = [one for one in ordered(question, answers) if said.get(one.id)]
    if not kept and question.score < min_unanswered_score:
        raise Refused("unanswered", question.score, low=min_unanswered_score)
    parts = [question.title, asked, *(f"{_heading(one, question)}\n\n{said[one.id]}" for one in kept)]
    text = "\n\n".join(part for part in parts if part)
    if not text:
        raise Refused("empty")
    licenses = sorted({one.license for one in (question, *kept) if one.license})
    return Document(
        text,
        _metadata(question, kept),
        url=f"https://{site}/questions/{question.id}" if site else None,
        date=question.created,
        license=joined(licenses) if licenses else None,
    )


def _is_fabricated(post: Post) -> bool:
    return post.id in FABRICATED and post.owner == -1


def _counts(answer: Post, question: Post, min_score: int | None) -> bool:
    theirs = answer.kind == ANSWER and answer.parent in (question.id, None)
    return theirs and not _is_fabricated(answer) and (min_score is None or answer.score >= min_score)


def _heading(answer: Post, question: Post) -> str:
    accepted = "accepted, " if answer.id == question.accepted else ""
    return f"Answer ({accepted}score {answer.score}):"


def _metadata(question: Post, answers: Sequence[Post]) -> dict[str, Any]:
    """Numbers by which the posts and their authors are found again: CC BY-SA asks for attribution."""
    accepted = question.accepted if question.accepted in {one.id for one in answers} else None
    known = {
        "title": question.title,
        "tags": list(question.tags),
        "question": question.id,
        "score": question.score,
        "answers": [one.id for one in answers],
        "answer_scores": [one.score for one in answers],
        "accepted": accepted,
        "attribution": list(dict.fromkeys(one.owner for one in (question, *answers) if one.owner is not None)),
    }
    return {name: value for name, value in known.items() if value is not None and value != ""}
