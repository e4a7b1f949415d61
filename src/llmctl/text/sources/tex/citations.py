"""Citations, references and notes.

Citations leave no trace where they stand apart (`as is known \\cite{a}.`) and `[...]` where a sentence needs a word (`see
\\cite{a}`); so does a number that only TeX knows (`Lemma \\ref{b}`). `\\citet{a}` names whom it cites, where natbib's list of
references says. Footnotes stay where they are called, in parentheses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from llmctl.text.sources.tex.maths import MARK
from llmctl.text.sources.tex.paper import Handler, Paper, source
from llmctl.text.sources.tex.stream import Stream
from llmctl.text.sources.tex.tokens import PAR, words

APART = words(
    "cite citen citep parencite autocite footcite supercite citealp onlinecite citenum fullcite footfullcite nolinkcite cites "
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
# natbib: `\\bibitem[names(year)all names]{key}`
BIBITEM = re.compile(
    r"\\bibitem\s{0,3}\[\{?([^\[\](){}]{1,200})(?:\{[^{}]{0,9}\})?\((\d{4}[a-z]?)\)[^\[\]]{0,2000}\]"
    r"\s{0,9}(?:%\s{0,9})?\{([^{}]{1,99})\}"
)
# a note that thanks; `Thanks to Lemma 2` and `We acknowledge that` do not
THANKS = re.compile(
    r"\W{0,9}(?:acknowledge?ments?\b|(?:we|i|the (?:\w{1,12} )?authors?) (?:\w{1,12} ){0,4}(?:thanks?|acknowledges?)\b(?! that\b))",
    re.I,
)
LONGEST_MARK = 8  # tokens: `$^{\\dagger}$`
LONGEST_SEPARATOR = 4  # tokens, with the command after it
SEPARATORS = (",", "--", "-", "and", ";", "")  # between citations that stand for one
MARKUP = re.compile(r"\\(?:protect|emph|it|etal)(?![a-zA-Z])")


def cite(paper: Paper, token: str) -> None:
    """A citation; see above. `\\citet` says who is cited, where natbib's list of references knows."""
    paper.stream.swallow("soo")
    keys = source(paper.stream.argument()).split(",")
    _take_neighbours(paper.stream)
    paper.counts["citations"] += not paper.writer.muted
    writer = paper.writer
    if token[1:] in APART and not _needs_word(writer.tail(), paper.stream.peek()):
        if not writer.gap:
            writer.unspace()
        return
    prefix = token[1:] if token.endswith("alias") else ""
    names = [paper.labels.get(prefix[-5:] + key.strip(), MARK) for key in keys] if token[1:] in NAMED else [MARK]
    text = "; ".join(dict.fromkeys(names))
    writer.raw(text if paper.stream.charge(len(text)) else MARK)


def _take_neighbours(stream: Stream) -> None:
    """What follows of a list of citations: `\\cite{a}, \\cite{b}--\\cite{c}` is one."""
    while True:
        ahead = stream.stack[-LONGEST_SEPARATOR:][::-1]
        place = next((place for place, token in enumerate(ahead) if token[0] == "\\"), 0)
        between = "".join(ahead[:place]).strip(" ~\n")
        if not ahead or between not in SEPARATORS or ahead[place][1:] not in APART:
            return
        del stream.stack[-place - 1 :]
        stream.swallow("soom")


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
    paper.stream.skip_star()
    key = paper.stream.argument()
    if token == "\\ref" and key and key[0].startswith("\\") and paper.stream.peek() == "{":
        paper.stream.argument()  # harvmac: `\\ref\\key{an entry of the list}`
    paper.writer.raw(f"({MARK})" if token == "\\eqref" else MARK)


def references(paper: Paper, _: str) -> None:
    """`\\crefrange{first}{last}`: two such numbers."""
    paper.stream.swallow("smm")
    paper.writer.raw(f"{MARK}\u2013{MARK}")


def footnote(paper: Paper, _: str) -> None:
    """`\\footnote[mark]{text}`, in plain TeX `\\footnote{mark}{text}`: in parentheses, after a space."""
    paper.stream.optional()
    tokens = paper.stream.argument()
    if paper.stream.peek() == "{" and len(tokens) <= LONGEST_MARK:
        tokens = paper.stream.argument()
    text = paper.phrase(tokens)
    if text and not THANKS.match(text):
        paper.writer.unspace()
        paper.writer.raw(f" ({text})")


def names_of_references(texts: Iterable[str]) -> dict[str, str]:
    """Whom the keys of natbib's references name: `\\bibitem[Berg et al.(2011)Berg, Hall]{key}` -> Berg et al. (2011)."""
    found = {}
    for text in texts:
        for names, year, key in BIBITEM.findall(text):
            name = " ".join(MARKUP.sub(" ", names).replace("~", " ").replace("\\ ", " ").replace("\\&", "&").split())
            if name and "\\" not in name:
                found[key.strip()] = f"{name} ({year})"
    return found


CITATIONS: dict[str, Handler] = {
    **dict.fromkeys((f"\\{name}" for name in APART | NAMED), cite),
    **dict.fromkeys((f"\\{name}" for name in REFERENCES), reference),
    **dict.fromkeys(["\\footnote", "\\footnotetext", "\\endnote", "\\tablenotetext"], footnote),
    **dict.fromkeys(["\\crefrange", "\\Crefrange", "\\cpagerefrange"], references),
    "\\defcitealias": alias,
}
