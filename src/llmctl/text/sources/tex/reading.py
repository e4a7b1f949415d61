"""A project and its main file -> the text of the paper and what is known about it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from llmctl.text.sources.tex.citations import CITATIONS, names_of_references
from llmctl.text.sources.tex.definitions import AMS_TEX, DEFINITIONS
from llmctl.text.sources.tex.environments import ENVIRONMENTS
from llmctl.text.sources.tex.front import FRONT
from llmctl.text.sources.tex.inclusion import INCLUSION
from llmctl.text.sources.tex.layout import OURS
from llmctl.text.sources.tex.maths import MATHS
from llmctl.text.sources.tex.paper import Paper, Policy
from llmctl.text.sources.tex.project import BODY, COMMENT, Project
from llmctl.text.sources.tex.structure import HEADINGS, RUN_INS, STRUCTURE, THANKS

HANDLERS = {**STRUCTURE, **FRONT, **CITATIONS, **INCLUSION, **ENVIRONMENTS, **MATHS}
# names whose meaning stays ours, whatever a paper defines them as
PROTECTED = frozenset(
    [*FRONT, *CITATIONS, *INCLUSION, *ENVIRONMENTS, *HEADINGS, *RUN_INS, *THANKS, *DEFINITIONS, *OURS, "\\appendix", "\\par"]
) - AMS_TEX.keys()  # fmt: skip
# what expansions may add: times the size of the source, and characters at least. Measured: 1.5 in a book, 0.7 in papers
GROWTH, FREE = 8, 1_000_000
# paragraphs that are headings without being marked so
THANKED = re.compile(r"(?:acknowledge?ments?|danksagung)(?:\s{0,3}[.:\u2014\u2013-]|\n|$)", re.I)
LISTED = re.compile(r"(?:\d\.? )?(?:references|bibliography|literature cited|literatur)[.:]?(?=\n|$)", re.I)
LONGEST_HEADING = 30  # characters
WORD, NO_WORDS = re.compile(r"\w+"), re.compile(r"[$\\]|^\W*$")
COVER, LONGEST_TITLE = 40, 500  # paragraphs above the first heading, and characters; measured: a book with 12
MANY_LINES = re.compile(r"\n{3,}")
TOP = 10  # unknown commands that the metadata names


@dataclass
class Read:
    """A paper."""

    text: str
    metadata: dict[str, Any]  # Any: what JSON holds


def read(project: Project, main: str, policy: Policy) -> Read:
    """Read the paper whose main file is `main`."""
    project.root = posixpath.dirname(main)
    size = sum(len(project.text(path)) for path in project.files)
    preamble = any(BODY.search(COMMENT.sub("", text)) for text in project.texts.values())
    paper = _run(project, main, policy, size, preamble=preamble)
    text = _text(paper)
    if not text and preamble:  # what begins a document is another file
        paper = _run(project, main, policy, size, preamble=False)
        text = _text(paper)
    return Read(text, _metadata(paper, project, main))


def _run(project: Project, main: str, policy: Policy, size: int, *, preamble: bool) -> Paper:
    paper = Paper(HANDLERS, project, policy=policy, budget=GROWTH * size + FREE, protected=PROTECTED)
    paper.files.append(main)
    paper.labels = names_of_references(project.texts.values())
    paper.has_preamble = paper.in_preamble = preamble
    paper.writer.muted = int(preamble)
    paper.stream.open_file(main, project.tokens(main))
    paper.run()
    return paper


def _text(paper: Paper) -> str:
    front = paper.front
    parts = [f"# {front.title}" if front.title else ""]
    body = _without_cover(paper.writer.finish(), front.title)
    parts += [f"## Abstract\n\n{front.abstract}" if front.abstract else "", body]
    paragraphs = "\n\n".join(part for part in parts if part).split("\n\n")
    return MANY_LINES.sub("\n\n", "\n\n".join(_without_ends(paragraphs))).strip()


def _without_cover(text: str, title: str) -> str:
    """Text less the paragraphs above its first heading that are words of the title: pages that show it once more."""
    said = _said(title[:LONGEST_TITLE])
    *above, rest = text.split("\n\n", COVER)
    first = next((at for at, paragraph in enumerate(above) if paragraph.startswith("#")), 0)
    kept = [part for part in above[:first] if NO_WORDS.search(part) or _said(part) not in said]
    return "\n\n".join([*kept, *above[first:], rest])


def _said(text: str) -> str:
    return f" {' '.join(WORD.findall(text.casefold()))} "


def _without_ends(paragraphs: list[str]) -> Iterator[str]:
    """Paragraphs less thanks and references under headings that are bold text alone: the next paragraph, or all up to a heading."""
    skip = 0
    for number, one in enumerate(paragraphs):
        if one.startswith("#"):
            skip = 0
        if THANKED.match(one):
            skip = 2 if len(one) <= LONGEST_HEADING and "\n" not in one else 1
        elif LISTED.match(one) and number >= len(paragraphs) / 2:
            skip = len(paragraphs)
        if not skip:
            yield one
        skip = max(skip - 1, 0)


def _metadata(paper: Paper, project: Project, main: str) -> dict[str, Any]:
    """What is known; empty values are left out."""
    charsets = {project.charsets[path] for path in paper.files if path in project.charsets}
    found: dict[str, Any] = {
        "title": paper.front.title,
        "authors": paper.front.authors,
        "keywords": paper.front.keywords,
        "main": main,
        "files": paper.files,
        "charset": " ".join(sorted(charsets)),
        "unknown_commands": dict(paper.unknown.most_common(TOP)),
        "recursive_macros": sorted(paper.macros.stopped)[:TOP],
        "expansion_stopped": paper.stream.budget < 0,
    }
    counted = {name: paper.counts[name] for name in sorted(paper.counts) if name != "bodies"}
    return {name: value for name, value in {**found, **counted}.items() if value}
