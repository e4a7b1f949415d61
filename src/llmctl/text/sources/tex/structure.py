"""Commands that make the structure of a paper: headings, title page, references, notes, files.

Citations leave no trace where they stand apart (`as is known \\cite{a}.`) and `[...]` where a sentence needs a word (`see
\\cite{a}`); so does a number that only TeX knows (`Lemma \\ref{b}`). `\\citet{a}` names whom it cites, where natbib's list of
references says. Footnotes stay where they are called, in parentheses.
"""

from __future__ import annotations

import re

from llmctl.text.sources.tex import layout
from llmctl.text.sources.tex.definitions import DEFINITIONS
from llmctl.text.sources.tex.environments import abstract_heading
from llmctl.text.sources.tex.maths import MARK
from llmctl.text.sources.tex.paper import Handler, Paper, source
from llmctl.text.sources.tex.symbols import ACCENTS, SYMBOLS, accented
from llmctl.text.sources.tex.tokens import PAR, words

HEADINGS = {
    "\\part": 1, "\\chapter": 1, "\\section": 2, "\\subsection": 3, "\\subsubsection": 4, "\\sectionstar": 2, "\\topic": 2,
}  # fmt: skip
RUN_INS = {"\\paragraph": 5, "\\subparagraph": 6}
DROPPED_SECTIONS = re.compile(
    r"\W*(?:\d+\.?\s*)?(?:acknowledge?ments?|references|bibliography|literature cited|danksagung|remerciements?)\b",
    re.I,
)
THANKS = ("\\acknowledgments", "\\acknowledgements", "\\acknowledgment", "\\acknowledgement", "\\ack", "\\acknowledge")
APART = words(
    "cite citep parencite autocite footcite supercite citealp onlinecite citenum fullcite footfullcite nolinkcite cites "
    "citeNP shortcite parencites autocites Citep Parencite smartcite upcite"
)
NAMED = words(
    "citet textcite citeauthor citealt citeN citeA Citet Textcite citetalias citepalias citeyear citeyearpar newcite"
)
REFERENCES = words("ref eqref cref Cref autoref pageref vref nameref subref fref Fref figref secref namecref labelcref")
# a citation after one of these words, or at the start of a sentence, is part of what is said
NEEDS_WORD = re.compile(
    r"(?:^|[.!?:;(,\]]|\b(?:see|in|of|by|from|to|and|or|with|also|e\.g\.|cf\.|following|follow|than|like|refs?\.?|"
    r"references?|papers?|book|books|text|texts|work|theorem|lemma|proposition|section|chapter|page|as|both|between|on|at|for|"
    r"using|via|per|are|is|was|were|but|while|where|that))[ ]?$",
    re.I,
)
PUNCTUATION = (".", ":", "?", "!", ",", ";")
MAX_AUTHORS = 200
SUPERSCRIPT = re.compile(r"\$[^$]{0,80}\$")
AND = re.compile(r"\s+and\s+|,|;|\n")


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
    paper.stream.optional()
    paper.front.keywords = paper.phrase(paper.stream.argument())


def abstract(paper: Paper, _: str) -> None:
    """`\\abstract{text}`, of classes whose abstract is a command."""
    paper.stream.skip_spaces()
    if paper.stream.peek() != "{":
        return
    text = paper.render(paper.stream.argument())
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


def cite(paper: Paper, token: str) -> None:
    """A citation; see above. `\\citet` says who is cited, where natbib's list of references knows."""
    paper.stream.swallow("soo")
    keys = source(paper.stream.argument()).split(",")
    paper.counts["citations"] += not paper.writer.muted
    writer = paper.writer
    if token[1:] in APART and not _needs_word(writer.tail(), paper.stream.peek()):
        if not writer.gap:
            writer.unspace()
        return
    prefix = token[1:] if token.endswith("alias") else ""
    names = [paper.labels.get(prefix[-5:] + key.strip(), MARK) for key in keys] if token[1:] in NAMED else [MARK]
    writer.raw("; ".join(dict.fromkeys(names)))


def _needs_word(before: str, following: str) -> bool:
    """Whether a sentence would miss a citation: not one that is attached to a word, or closes a paragraph."""
    if before[-1:] not in ("", " ", "("):
        return False
    closes = following in ("", PAR) and before.rstrip()[-1:] in (".", "?", "!")
    return bool(NEEDS_WORD.search(before)) and not closes


def alias(paper: Paper, _: str) -> None:
    """`\\defcitealias{key}{name}` (natbib)."""
    key = source(paper.stream.argument())
    paper.labels[f"alias{key}"] = paper.phrase(paper.stream.argument())


def reference(paper: Paper, token: str) -> None:
    """A number that only TeX knows."""
    paper.stream.swallow("sm")
    paper.writer.raw(f"({MARK})" if token == "\\eqref" else MARK)


def footnote(paper: Paper, _: str) -> None:
    """`\\footnote[mark]{text}`: in parentheses, after a space."""
    paper.stream.optional()
    text = paper.phrase(paper.stream.argument())
    if text:
        paper.writer.unspace()
        paper.writer.raw(f" ({text})")


def include(paper: Paper, token: str) -> None:
    """`\\input{file}`, `\\input file`, `\\import{folder}{file}`: read next, once it is found in the project and not open."""
    stream = paper.stream
    folder = source(stream.argument()) if token in ("\\import", "\\subimport") else ""
    stream.skip_spaces()
    if stream.peek() == "{":
        name = source(stream.argument())
    else:
        name, _, rest = stream.pop().partition(" ")
        stream.push([rest] if rest else [])
    path = paper.project.find(f"{folder}/{name}" if folder else name, stream.files[-1] if stream.files else "")
    if path is None:
        paper.counts["missing_files"] += 1
        return
    if path in stream.files:
        return
    if path in paper.files:
        stream.budget -= len(paper.project.text(path)) + 1
        if stream.budget < 0:
            return
    else:
        paper.files.append(path)
    stream.open_file(path, paper.project.tokens(path))


def use_package(paper: Paper, _: str) -> None:
    """`\\usepackage{macros}`: a style file of the project, for what it defines."""
    paper.stream.optional()
    for name in source(paper.stream.argument()).split(","):
        path = paper.project.find(name.strip() + ".sty", "")
        if path and path not in paper.files:
            paper.files.append(path)
            paper.render(paper.project.tokens(path))


def end_input(paper: Paper, _: str) -> None:
    """`\\endinput`: the rest of this file is not read."""
    files = len(paper.stream.files)
    paper.stream.skip_rest(files - 1 if files > 1 else 0)


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


def dropped(paper: Paper, token: str) -> None:
    paper.stream.swallow(layout.DROPPED[token])


def space(paper: Paper, token: str) -> None:
    paper.stream.swallow(layout.SPACES[token])
    paper.writer.text(" ")


def line(paper: Paper, token: str) -> None:
    """A line break that the author asked for."""
    paper.stream.swallow(layout.LINES[token])
    paper.writer.line()


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
    """`\\bye` and `\\end` of plain TeX."""
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
    **dict.fromkeys(SYMBOLS, symbol),
    **dict.fromkeys(ACCENTS, accent),
    **dict.fromkeys([*HEADINGS, *RUN_INS], heading),
    **dict.fromkeys(THANKS, thanks),
    **dict.fromkeys((f"\\{name}" for name in APART | NAMED), cite),
    **dict.fromkeys((f"\\{name}" for name in REFERENCES), reference),
    **dict.fromkeys(["\\input", "\\include", "\\subfile", "\\import", "\\subimport", "\\subfileinclude"], include),
    **dict.fromkeys(["\\footnote", "\\footnotetext", "\\endnote", "\\tablenotetext"], footnote),
    **dict.fromkeys(["\\usepackage", "\\RequirePackage"], use_package),
    "\\defcitealias": alias, "\\appendix": appendix, "\\appendices": appendix, "\\title": title, "\\author": author, "\\keywords": keywords,
    **dict.fromkeys(["\\texorpdfstring", "\\ifpdftex"], first_of_two), "\\SI": quantity, "\\qty": quantity,
    "\\abstract": abstract, "\\documentclass": document_class, "\\documentstyle": document_class, "\\endinput": end_input,
    "\\par": paragraph, "\\xspace": xspace, "\\ensuremath": formula, "\\bye": plain_end, "\\Refs": references,
}  # fmt: skip
# names whose meaning stays ours, whatever a paper defines them as: what makes structure, and what goes with arguments
PROTECTED = (
    frozenset(STRUCTURE) - frozenset(SYMBOLS) - layout.SILENT - frozenset(ACCENTS)
    | {"\\begin", "\\end", "\\item"}
    | DEFINITIONS.keys()
)
