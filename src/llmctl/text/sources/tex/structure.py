"""Commands that make the structure of a paper, and those of layout, each a row of a table."""

from __future__ import annotations

import re

from llmctl.text.sources.tex import layout
from llmctl.text.sources.tex.paper import Handler, Paper
from llmctl.text.sources.tex.symbols import ACCENTS, SYMBOLS, accented
from llmctl.text.sources.tex.tokens import PAR

HEADINGS = {"\\part": 1, "\\chapter": 1, "\\section": 2, "\\subsection": 3, "\\subsubsection": 4}
RUN_INS = {"\\paragraph": 5, "\\subparagraph": 6}
DROPPED_SECTIONS = re.compile(
    r"\W*(?:\d+\.?\s*)?(?:acknowledge?ments?|references|bibliography|literature cited|danksagung|remerciements?)\b",
    re.I,
)
THANKS = ("\\acknowledgments", "\\acknowledgements", "\\acknowledgment", "\\acknowledgement", "\\ack", "\\acknowledge")
LETTERS = ("\\opening", "\\closing", "\\signature", "\\encl")  # the class letter
SLIDES = ("\\frametitle", "\\framesubtitle")  # the class beamer
PUNCTUATION = (".", ":", "?", "!", ",", ";")


def heading(paper: Paper, token: str) -> None:
    """`\\section*[short]{title}`; one of thanks or references mutes what follows."""
    level = HEADINGS.get(token) or RUN_INS[token]
    paper.stream.swallow("so")
    title = paper.phrase(paper.stream.argument())
    if paper.dropping is not None and level <= paper.dropping:
        unmute(paper)
    if paper.dropping is None and DROPPED_SECTIONS.match(title):
        mute(paper, level)
        return
    writer = paper.writer
    writer.paragraph()
    if token in RUN_INS:
        _run_in(paper, title)
        return
    paper.counts["headings"] += not writer.muted
    depth = level + (1 if paper.has_chapters and token != "\\chapter" and token != "\\part" else 0)
    depth = 2 if token in ("\\chapter", "\\part") else depth
    if title:
        writer.raw(f"{'#' * depth} {title}")
    writer.paragraph()


def _run_in(paper: Paper, title: str) -> None:
    """A title in the line of the paragraph that it opens, labels and blank lines between them gone."""
    stream, writer = paper.stream, paper.writer
    if title:
        writer.raw(title if title.endswith(PUNCTUATION) else f"{title}.")
        writer.raw(" ")
    while (token := stream.peek()) in (PAR, "\\label", " ", "\n"):
        stream.stack.pop()
        if token == "\\label":
            stream.argument()


def mute(paper: Paper, level: int) -> None:
    """Write nothing until a heading of this level or above."""
    paper.dropping = level
    paper.writer.muted += 1


def unmute(paper: Paper) -> None:
    if paper.dropping is not None:
        paper.dropping = None
        paper.writer.muted -= 1
        paper.writer.paragraph()


def thanks(paper: Paper, _: str) -> None:
    """`\\acknowledgments`, with what is thanked in braces, or as the rest of the section."""
    paper.stream.skip_spaces()
    if paper.stream.peek() == "{":
        paper.stream.argument()
    elif paper.dropping is None:
        mute(paper, HEADINGS["\\section"])


def appendix(paper: Paper, _: str) -> None:
    """Appendices follow; they go where the policy says so."""
    unmute(paper)
    if not paper.policy.appendices:
        paper.stream.skip_rest(0)


def accent(paper: Paper, token: str) -> None:
    """An accent on a letter or on the first of a group."""
    text = paper.phrase(paper.stream.argument())
    if text:
        paper.writer.raw(accented(token, text))


def symbol(paper: Paper, token: str) -> None:
    if token[1:2].isalpha():
        paper.stream.skip_spaces()
    paper.writer.raw(SYMBOLS[token])


def silent(paper: Paper, token: str) -> None:
    if token[1:2].isalpha():
        paper.stream.skip_spaces()
        paper.stream.skip_overlay(of_group=True)


def dropped(paper: Paper, token: str) -> None:
    if paper.is_ams_tex and token in layout.AMS_TEX and paper.stream.drop_until("\\end" + token[1:]):
        return
    paper.stream.swallow(layout.DROPPED[token])


def space(paper: Paper, token: str) -> None:
    paper.stream.swallow(layout.SPACES[token])
    paper.writer.text(" ")


def line(paper: Paper, token: str) -> None:
    """A line break that the author asked for."""
    paper.stream.swallow(layout.LINES[token])
    paper.writer.line()


def step(paper: Paper, token: str) -> None:
    """A line of an algorithm."""
    paper.stream.skip_spaces()
    paper.writer.line()
    paper.writer.raw(layout.PSEUDOCODE[token])


def vertical(paper: Paper, token: str) -> None:
    paper.stream.swallow(layout.BREAKS[token])
    paper.writer.paragraph()


def own_line(paper: Paper, _: str) -> None:
    """`\\centerline{text}`: a paragraph of its own."""
    paper.stream.skip_overlay()
    text = paper.phrase(paper.stream.argument())
    paper.writer.paragraph()
    paper.writer.raw(text)
    paper.writer.paragraph()


def ams_heading(paper: Paper, token: str) -> None:
    """`\\heading text\\endheading` (AMS-TeX)."""
    tokens = paper.stream.collect(lambda one, _: one == "\\end" + token[1:])
    paper.stream.push(["\\section", "{", *(tokens or []), "}"] if tokens else [])


def harvmac_heading(paper: Paper, token: str) -> None:
    """`\\newsec{title}` and `\\subsec{title}` (harvmac)."""
    paper.stream.push(["\\section" if token == "\\newsec" else "\\subsection"])


def equation(paper: Paper, _: str) -> None:
    """`\\eqn\\name{formula}` (harvmac)."""
    paper.stream.argument()
    paper.stream.push(["$", "$", *paper.stream.argument(), "$", "$"])


def proclaim(paper: Paper, _: str) -> None:
    """`\\proclaim{Theorem 1} text \\endproclaim` (AMS-TeX)."""
    paper.writer.paragraph()
    _run_in(paper, paper.phrase(paper.stream.argument()))


def paragraph(paper: Paper, _: str) -> None:
    paper.writer.paragraph()


def xspace(paper: Paper, _: str) -> None:
    """A space before what follows, unless that is punctuation (xspace)."""
    following = paper.stream.peek()
    if following[:1].isalnum() or following[:1] in ("$", "(", "[", "\\"):
        paper.writer.text(" ")


def formula(paper: Paper, _: str) -> None:
    """`\\ensuremath{x}` in text."""
    paper.stream.push(["$", *paper.stream.argument(), "$"])


def plain_end(paper: Paper, _: str) -> None:
    """`\\bye` of plain TeX."""
    paper.stream.skip_rest(0)


def first_of_two(paper: Paper, _: str) -> None:
    """`\\texorpdfstring{shown}{plain}`: what is shown."""
    shown = paper.stream.argument()
    paper.stream.argument()
    paper.stream.push(shown)


def quantity(paper: Paper, _: str) -> None:
    """`\\SI{number}{unit}` (siunitx)."""
    paper.stream.optional()
    number = paper.stream.argument()
    paper.stream.push([*number, " "])


def references(paper: Paper, _: str) -> None:
    """`\\Refs ... \\endRefs` (AMS-TeX)."""
    if not paper.stream.drop_until("\\endRefs"):
        mute(paper, 0)


STRUCTURE: dict[str, Handler] = {
    **dict.fromkeys(layout.SILENT, silent),
    **dict.fromkeys(layout.DROPPED, dropped),
    **dict.fromkeys(layout.SPACES, space),
    **dict.fromkeys(layout.LINES, line),
    **dict.fromkeys(layout.BREAKS, vertical),
    **dict.fromkeys(layout.PSEUDOCODE, step),
    **dict.fromkeys(SYMBOLS, symbol),
    **dict.fromkeys(ACCENTS, accent),
    **dict.fromkeys([*HEADINGS, *RUN_INS], heading),
    **dict.fromkeys(THANKS, thanks),
    **dict.fromkeys(["\\texorpdfstring", "\\ifpdftex"], first_of_two),
    **dict.fromkeys(["\\SI", "\\qty"], quantity),
    **dict.fromkeys(["\\appendix", "\\appendices"], appendix),
    **dict.fromkeys(["\\centerline", "\\leftline", "\\rightline", *LETTERS, *SLIDES], own_line),
    **dict.fromkeys(["\\heading", "\\head", "\\subheading", "\\subhead"], ams_heading),
    **dict.fromkeys(["\\newsec", "\\subsec"], harvmac_heading),
    **dict.fromkeys(["\\eqn", "\\eqnn"], equation),
    **dict.fromkeys(["\\proclaim", "\\demo"], proclaim),
    **dict.fromkeys(["\\par", "\\endproclaim", "\\enddemo", "\\smallbreak", "\\medbreak", "\\bigbreak"], paragraph),
    "\\xspace": xspace,
    "\\ensuremath": formula,
    "\\bye": plain_end,
    "\\enddocument": plain_end,
    "\\Refs": references,
}
