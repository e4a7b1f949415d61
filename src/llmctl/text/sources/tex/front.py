"""The title page: title, authors and keywords go to the metadata, the abstract to the beginning of the text."""

from __future__ import annotations

import re

from llmctl.text.sources.tex.environments import abstract_heading
from llmctl.text.sources.tex.paper import Handler, Paper

MAX_AUTHORS = 200
SUPERSCRIPT = re.compile(r"\$[^$]{0,80}\$")
AND = re.compile(r"\s+and\s+|,|;|\n")


def title(paper: Paper, _: str) -> None:
    """`\\title[short]{text}`, or up to `\\endtitle` (AMS-TeX)."""
    text = paper.phrase(_title_argument(paper, "\\endtitle"))
    if not paper.front.title:
        paper.front.title = text


def _title_argument(paper: Paper, close: str) -> list[str]:
    paper.stream.optional()
    paper.stream.skip_spaces()
    if paper.stream.peek() != "{" and paper.is_ams_tex:
        return paper.stream.collect(lambda token, _: token == close) or []
    return paper.stream.argument()


def harvmac_title(paper: Paper, token: str) -> None:
    """`\\Title{number}{text}` (harvmac)."""
    paper.stream.argument()
    title(paper, token)


def author(paper: Paper, _: str) -> None:
    """`\\author[short]{one \\and another}`: names go to the metadata, without marks of affiliation."""
    tokens = _title_argument(paper, "\\endauthor")
    parts: list[list[str]] = [[]]
    for token in tokens:
        if token in ("\\and", "\\And", "\\AND", "\\\\"):
            parts.append([])
        else:
            parts[-1].append(token)
    for part in parts:
        text = SUPERSCRIPT.sub("", paper.phrase(part))
        names = (name.strip(" ,.*\u2020\u2021") for name in AND.split(text))
        for name in names:
            if 1 < len(name) <= 60 and " " in name and "@" not in name and len(paper.front.authors) < MAX_AUTHORS:
                paper.front.authors.append(name)


def keywords(paper: Paper, _: str) -> None:
    paper.front.keywords = paper.phrase(_title_argument(paper, "\\endkeywords"))


def abstract(paper: Paper, _: str) -> None:
    """`\\abstract{text}`, of classes whose abstract is a command."""
    paper.stream.skip_spaces()
    if paper.stream.peek() == "{":
        tokens = paper.stream.argument()
    else:
        found = paper.stream.collect(lambda token, _: token == "\\endabstract") if paper.is_ams_tex else None
        tokens = found or []
    text = paper.render(tokens)
    if paper.in_preamble:
        paper.front.abstract = text
    elif text:
        abstract_heading(paper)
        paper.writer.block(text)
        paper.writer.paragraph()


def document_class(paper: Paper, _: str) -> None:
    """What follows is a preamble: definitions count, text does not."""
    paper.stream.swallow("omo")
    if paper.has_preamble and not paper.in_preamble:
        paper.in_preamble = True
        paper.writer.muted += 1


FRONT: dict[str, Handler] = {
    "\\title": title, "\\Title": harvmac_title, "\\author": author, "\\keywords": keywords, "\\abstract": abstract,
    "\\documentclass": document_class, "\\documentstyle": document_class,
}  # fmt: skip
