"""Mathematics: kept as it is written, with the paper's own macros expanded and labels taken out.

Inline `$...$` and `\\(...\\)` stay in the line, displays stand on lines of their own. Every formula ends where TeX would end it
or complain: at its mark, or at a blank line, which no formula may hold (The TeXbook, p. 186), so a formula that nobody
closed costs a paragraph at most.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from llmctl.text.sources.tex.definitions import DEFINITIONS
from llmctl.text.sources.tex.macros import expand, join
from llmctl.text.sources.tex.paper import Handler, Paper
from llmctl.text.sources.tex.tokens import PAR, words

DISPLAYS = words(
    "equation align gather multline alignat flalign eqnarray displaymath xalignat xxalignat dmath dgroup darray "
    "IEEEeqnarray mathpar mathparpagebreakable gathered aligned array cases matrix pmatrix bmatrix vmatrix split "
    "empheq tikzcd CD prooftree"
)
DISPLAY_LIKE = re.compile("equation|align|multline|gather|eqn")  # in the name of an environment that a class defines
LABELS = ("\\label", "\\index")
REFERENCES = ("\\ref", "\\eqref", "\\cref", "\\Cref", "\\autoref", "\\pageref")
CITATIONS = ("\\cite", "\\citep", "\\citet")
SILENT = ("\\xspace", "\\protect", "\\nobreak", "\\allowbreak")
MARK = "[...]"  # stands for a number that only TeX knows
GAPS = re.compile(r"[ \t]+")
MARGINS = re.compile(r" ?\n[ \n]*")  # blank lines and the spaces at either end of a line


def read(paper: Paper, is_end: Callable[[str], bool]) -> list[str]:
    """The tokens of a formula, up to its end."""
    found: list[str] = []
    depth = 0
    stream, macros = paper.stream, paper.macros
    while token := stream.pop():
        if token[0] == "\\":
            if is_end(token):
                break
            macro = macros.usable(token, maths=True)
            if macro is not None and expand(macros, stream, token, macro):
                continue
            if _is_consumed(paper, token, found):
                continue
        elif token == PAR:
            if is_end(stream.peek()):
                continue
            stream.stack.append(PAR)
            break
        elif token == "$":
            if depth <= 0 and is_end(token):
                break
        else:
            depth += (token == "{") - (token == "}")
        found.append(token)
    return found


def _is_consumed(paper: Paper, token: str, found: list[str]) -> bool:
    """Whether a command of a formula is not part of it: labels, references, definitions, environments of the paper."""
    stream = paper.stream
    if token in LABELS:
        stream.argument()
    elif token in REFERENCES:
        stream.argument()
        found.append(MARK)
    elif token in CITATIONS:
        stream.swallow("oom")
    elif token == "\\mathchoice":
        choices = [stream.argument() for _ in range(4)]
        stream.push(["{", *choices[1], "}"])  # that of formulas in the line
    elif token == "\\ensuremath":
        stream.push(["{", *stream.argument(), "}"])
    elif token in DEFINITIONS:
        DEFINITIONS[token](paper.macros, stream)
    elif paper.switches.is_mine(token):
        paper.switches.take(token, maths=True)
    else:
        return token in SILENT or expand_environment(paper, token)
    return True


def expand_environment(paper: Paper, token: str) -> bool:
    """Put what the paper says `\\begin{name}` or `\\end{name}` stands for on the stream; False where it says nothing."""
    command, _, name = token.partition("{")
    environment = paper.macros.environments.get(name[:-1])
    if environment is None or environment.begin.is_program(paper.macros.known, maths=True):
        return False
    if command.rstrip() == "\\begin":
        return expand(paper.macros, paper.stream, token, environment.begin)
    if not paper.stream.charge(sum(map(len, environment.end))):
        return False
    paper.stream.push(list(environment.end))
    return True


def dollar(paper: Paper, _: str) -> None:
    """`$...$` or `$$...$$`."""
    stream = paper.stream
    if stream.peek() != "$":
        inline(paper, "$", read(paper, lambda token: token == "$"), "$")
        return
    stream.stack.pop()
    tokens = read(paper, lambda token: token == "$" and stream.peek() == "$")
    if stream.peek() == "$":
        stream.stack.pop()
    display(paper, "$$", tokens, "$$")


def parenthesis(paper: Paper, _: str) -> None:
    """`\\(...\\)`."""
    inline(paper, "\\(", read(paper, lambda token: token == "\\)"), "\\)")


def bracket(paper: Paper, _: str) -> None:
    """`\\[...\\]`."""
    display(paper, "\\[", read(paper, lambda token: token == "\\]"), "\\]")


def environment(paper: Paper, token: str) -> None:
    """`\\begin{align}...\\end{align}`."""
    close = token.replace("\\begin", "\\end", 1)
    display(paper, token, read(paper, lambda token: token == close), close)


def inline(paper: Paper, opening: str, tokens: list[str], closing: str) -> None:
    """A formula in the line; an empty one leaves nothing."""
    body = " ".join(join(tokens).split())
    if body:
        _count(paper, body)
        paper.writer.raw(f"{opening}{body}{closing}")


def display(paper: Paper, opening: str, tokens: list[str], closing: str) -> None:
    """A formula on lines of its own."""
    body = MARGINS.sub("\n", GAPS.sub(" ", join(tokens))).strip()
    if body:
        _count(paper, body)
        between = "\n" if opening.startswith("\\begin") else "" if opening == "$$" else " "
        first = "" if between == "\n" and body[0] in "{[" else between  # an argument of the environment
        paper.writer.block(f"{opening}{first}{body}{between}{closing}")


def _count(paper: Paper, body: str) -> None:
    if not paper.writer.muted:
        paper.counts["maths"] += 1
        paper.counts["maths_characters"] += len(body)


MATHS: dict[str, Handler] = {"$": dollar, "\\(": parenthesis, "\\[": bracket}
