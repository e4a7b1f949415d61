"""Environments of text: what begins and ends with them. A family is a row of a table; unknown ones leave their text."""

from __future__ import annotations

from llmctl.text.sources.tex import maths
from llmctl.text.sources.tex.macros import join
from llmctl.text.sources.tex.paper import Handler, Opened, Paper
from llmctl.text.sources.tex.tokens import STOP, words

DROPPED = words(
    "thebibliography references bibliography biblist bibdiv acknowledgments acknowledgements acknowledgement "
    "acknowledgment acks ack tikzpicture picture pspicture pgfpicture axis forest circuitikz filecontents comment "
    "CCSXML tabbing xy textblock keyword keywords AMS MSC classification bottomstuff thenomenclature dot2tex "
    "asy overpic feynmandiagram fmffile fmfgraph pmfile teaserfigure IEEEkeywords IEEEbiography "
    "IEEEbiographynophoto highlights graphicalabstract"
)
FLOATS = {
    "figure": "Figure", "wrapfigure": "Figure", "sidewaysfigure": "Figure", "subfigure": "Figure", "SCfigure": "Figure",
    "floatfigure": "Figure", "marginfigure": "Figure", "table": "Table", "wraptable": "Table", "sidewaystable": "Table",
    "deluxetable": "Table", "longtable": "Table", "floattable": "Table", "margintable": "Table", "supertabular": "Table",
    "rotatetable": "Table", "splitdeluxetable": "Table", "algorithm": "Algorithm", "algorithm2e": "Algorithm",
    "listing": "Listing", "scheme": "Scheme", "plate": "Plate", "video": "Video",
}  # fmt: skip
CAPTIONS = {"\\caption": "so", "\\captionof": "sm", "\\tablecaption": "", "\\figcaption": "o", "\\caption*": "o"}
LISTS = words(
    "itemize enumerate description list trivlist compactitem compactenum inparaenum asparaenum asparaitem "
    "inparaitem compactdesc questions parts labeling"
)
TITLED = words("frame block alertblock exampleblock")  # of slides
NUMBERED = frozenset(["enumerate", "compactenum", "inparaenum", "asparaenum", "questions"])
TABLES = {"tabular": "om", "tabular*": "mom", "tabularx": "mom", "tabulary": "mom", "tabu": "m", "array": "om"}
# environments whose arguments are no text
ARGUMENTS = {
    "minipage": "ooom", "multicols": "mo", "adjustbox": "m", "adjustwidth": "mm", "list": "mm", "spacing": "m", "subfigure": "om",
    "wrapfigure": "omom", "CJK": "mm", "CJK*": "mm", "enumerate": "o", "itemize": "o", "compactenum": "o", "compactitem": "o",
    "description": "o", "otherlanguage": "om", "otherlanguage*": "om", "figure": "o", "table": "o", "algorithm": "o",
    "algorithmic": "o", "longtable": "om", "deluxetable": "m", "rotate": "m", "letter": "m", "turn": "m", "supertabular": "m",
    "wraptable": "omom", "tcolorbox": "o", "mdframed": "o", "labeling": "om", "trivlist": "", "frontmatter": "",
}  # fmt: skip
THEOREMS = {
    "theorem": "Theorem", "thm": "Theorem", "lemma": "Lemma", "lem": "Lemma", "corollary": "Corollary", "cor": "Corollary",
    "coro": "Corollary", "proposition": "Proposition", "prop": "Proposition", "definition": "Definition", "defn": "Definition",
    "defi": "Definition", "remark": "Remark", "rmk": "Remark", "rem": "Remark", "example": "Example", "exmp": "Example",
    "eg": "Example", "claim": "Claim", "conjecture": "Conjecture", "conj": "Conjecture", "axiom": "Axiom",
    "exercise": "Exercise", "problem": "Problem", "question": "Question", "observation": "Observation", "notation": "Notation",
    "fact": "Fact", "solution": "Solution", "proof": "Proof", "pf": "Proof", "Proof": "Proof", "Theorem": "Theorem",
    "Lemma": "Lemma", "Corollary": "Corollary", "Proposition": "Proposition", "Definition": "Definition", "Remark": "Remark",
}  # fmt: skip
ABSTRACTS = ("abstract", "Abstract")
NOT_MATHS = ("subequations", "subeqnarray", "flushalign")
PUNCTUATION = (".", ":", "?", "!")
MAX_OPENED = 255  # environments within environments; each is a group, and TeX has as many (tex.web, `max_quarterword`)
MAX_INDENT = 64  # columns; 32 lists within lists, where LaTeX stops at the seventh (`Too deeply nested`)
# meanings of these stay ours, however a class or a paper defines them
OURS = DROPPED | FLOATS.keys() | LISTS | TABLES.keys() | {"document", "proof", *ABSTRACTS} | maths.DISPLAYS


def _name(paper: Paper, token: str) -> str:
    """The name in `\\begin{name}`; a bare `\\begin` reads it."""
    if token.endswith("}"):
        return token[token.index("{") + 1 : -1].strip()
    return join(paper.stream.argument()).strip()


def begin(paper: Paper, token: str) -> None:
    """`\\begin{name}`."""
    name = _name(paper, token)
    plain = name.rstrip("*")
    token = f"\\begin{{{name}}}"
    if name in SPECIAL_BEGINS:
        SPECIAL_BEGINS[name](paper, name)
    elif name in paper.macros.remarks:
        paper.stream.drop_until(f"\\end{{{name}}}")
    elif plain in maths.DISPLAYS and not paper.cells:
        maths.environment(paper, token)
    elif name == "math":
        maths.inline(paper, "$", maths.read(paper, lambda token: token == "\\end{math}"), "$")
    elif plain in OURS or not maths.expand_environment(paper, token):
        if maths.DISPLAY_LIKE.search(plain) and plain not in NOT_MATHS:
            maths.environment(paper, token)
        else:
            _begin_ours(paper, name, plain)


def _begin_ours(paper: Paper, name: str, plain: str) -> None:
    if plain in DROPPED:
        if not paper.stream.drop_until(f"\\end{{{name}}}") and plain == "thebibliography":
            paper.writer.muted += 1  # a list of references that nobody closed: all that follows
        return
    if plain in FLOATS and paper.policy.floats != "keep":
        tokens = paper.stream.collect(lambda token, _: token == f"\\end{{{name}}}")
        if tokens is not None:
            _float(paper, plain, tokens)
            return
    if plain in TABLES or plain in ("longtable", "supertabular", "deluxetable"):
        _open(paper, name, "table")
        paper.stream.swallow(TABLES.get(plain, "om"))
        return
    if plain in LISTS:
        _open(paper, name, "list")
    elif plain in paper.macros.theorems or plain in THEOREMS:
        _theorem(paper, name, plain)
        return
    else:
        _open(paper, name, FLOATS.get(plain, ""))
    paper.stream.swallow(ARGUMENTS.get(name, ARGUMENTS.get(plain, "")))
    if plain in TITLED:
        _title(paper)


def _title(paper: Paper) -> None:
    """`\\begin{frame}<1>[options]{Title}`: a paragraph of its own."""
    paper.stream.skip_overlay()
    paper.stream.optional()
    paper.stream.skip_spaces()
    title = paper.phrase(paper.stream.argument()) if paper.stream.peek() == "{" else ""
    paper.writer.paragraph()
    paper.writer.raw(title)
    paper.writer.paragraph()


def _open(paper: Paper, name: str, kind: str) -> None:
    paper.writer.line()
    if len(paper.opened) >= MAX_OPENED:
        return
    paper.opened.append(Opened(name, kind, indent=paper.writer.indent))
    paper.macros.groups.append(None)
    paper.cells += kind == "table"


def end(paper: Paper, token: str) -> None:
    """`\\end{name}`: closes what was opened in it, too; one that closes nothing is passed over."""
    name = _name(paper, token)
    if name in SPECIAL_ENDS:
        SPECIAL_ENDS[name](paper, name)
    elif any(one.name == name for one in paper.opened):
        while _close(paper).name != name:
            pass
    elif name.rstrip("*") not in OURS:
        maths.expand_environment(paper, f"\\end{{{name}}}")


def _close(paper: Paper) -> Opened:
    one = paper.opened.pop()
    paper.macros.close_group()
    paper.writer.indent = one.indent
    paper.cells -= one.kind == "table"
    if one.kind == "theorem":
        paper.writer.paragraph()
    else:
        paper.writer.line()
    return one


def item(paper: Paper, _: str) -> None:
    """`\\item[label]`: a line of a list."""
    paper.stream.skip_overlay()
    label = paper.stream.optional()
    paper.stream.skip_overlay()
    paper.stream.skip_spaces()
    one = next((one for one in reversed(paper.opened) if one.kind == "list"), None)
    text = paper.phrase(label) if label else ""
    writer = paper.writer
    writer.gap = 0 if not writer.pieces else max(1, writer.gap if one is None or not one.items else 1)
    writer.spaced = True
    if one is None:
        writer.raw("- " if not text else f"- {text} ")
        return
    one.items += 1
    writer.indent = one.indent
    if text and one.name == "description" and text[-1] not in PUNCTUATION:
        text += ":"
    marker = f"{one.items}." if one.name in NUMBERED and not text else "-"
    writer.raw(f"{marker} {text} " if text else f"{marker} ")
    writer.indent = (one.indent + "  ")[:MAX_INDENT]


def _theorem(paper: Paper, name: str, plain: str) -> None:
    """`Theorem (note). ` before its text: its number is TeX's."""
    _open(paper, name, "theorem")
    paper.writer.paragraph()
    title = paper.macros.theorems.get(plain)
    if title and not paper.stream.charge(sum(map(len, title))):
        title = []
    text = paper.phrase(title) if title else THEOREMS.get(plain, "")
    note = paper.stream.optional()
    words = paper.phrase(note) if note else ""
    if text == "Proof" and words:
        text = words
    elif words:
        text = f"{text} ({words.strip('()')})"
    if text:
        paper.writer.raw(text if text.endswith(PUNCTUATION) else f"{text}.")
        paper.writer.raw(" ")


def _float(paper: Paper, plain: str, tokens: list[str]) -> None:
    """The captions of a figure or table; the rest of it is passed over."""
    paper.counts["floats"] += 1
    if paper.policy.floats == "drop":
        return
    stream = paper.stream
    stream.stack.append(STOP)
    stream.push(tokens)
    while token := stream.pop():
        if token in CAPTIONS:
            stream.swallow(CAPTIONS[token])
            _caption(paper, FLOATS[plain], paper.phrase(stream.argument()))
    stream.stack.pop()


def caption(paper: Paper, token: str) -> None:
    """A caption in the text."""
    paper.stream.swallow(CAPTIONS[token])
    names = (one.name.rstrip("*") for one in reversed(paper.opened))
    kind = next((FLOATS[name] for name in names if name in FLOATS), "Figure")
    text = paper.phrase(paper.stream.argument())
    if paper.policy.floats != "drop":
        _caption(paper, kind, text)


def _caption(paper: Paper, kind: str, text: str) -> None:
    if text:
        paper.counts["captions"] += 1
        paper.writer.paragraph()
        paper.writer.raw(f"{kind}: {text}")
        paper.writer.paragraph()


def begin_document(paper: Paper, _: str) -> None:
    """The body begins; that of an included file goes on in the one that includes it."""
    if paper.in_preamble:
        paper.in_preamble = False
        paper.writer.muted -= 1
        paper.body_of = paper.body_of or len(paper.stream.files)


def end_document(paper: Paper, _: str) -> None:
    """Nothing after it is read, of this file or of the whole."""
    depth = len(paper.stream.files)
    paper.stream.skip_rest(0 if depth <= max(paper.body_of, 1) else depth - 1)


def begin_abstract(paper: Paper, name: str) -> None:
    """An abstract; one that stands before the document is kept for its beginning."""
    if paper.in_preamble:
        tokens = paper.stream.collect(lambda token, _: token == f"\\end{{{name}}}")
        paper.front.abstract = paper.render(tokens or [])
        return
    abstract_heading(paper)


def abstract_heading(paper: Paper) -> None:
    paper.writer.paragraph()
    paper.writer.raw("## Abstract")
    paper.writer.paragraph()


def end_abstract(paper: Paper, _: str) -> None:
    paper.writer.paragraph()


SPECIAL_BEGINS = {"document": begin_document, **dict.fromkeys(ABSTRACTS, begin_abstract)}
SPECIAL_ENDS = {"document": end_document, **dict.fromkeys(ABSTRACTS, end_abstract)}
ENVIRONMENTS: dict[str, Handler] = {
    "\\begin": begin, "\\end": end, "\\item": item, **dict.fromkeys(CAPTIONS, caption),
}  # fmt: skip
