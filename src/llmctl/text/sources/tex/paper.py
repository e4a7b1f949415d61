"""A paper being read: tokens come off the stream, text goes to the writer, everything else is a row of a table.

One pass, no tree: definitions take effect as TeX has them do, so that what an expansion opens another may close.
Cost: 2 to 3 MB of TeX a second (benchmarks/papers.py). What no table knows loses its command and keeps the text of its
arguments, and is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from llmctl.text.sources.tex.conditionals import Switches
from llmctl.text.sources.tex.definitions import DEFINITIONS
from llmctl.text.sources.tex.macros import Macros, expand, join
from llmctl.text.sources.tex.project import Project
from llmctl.text.sources.tex.stream import Stream
from llmctl.text.sources.tex.tokens import ADDRESS, INLINE, PAR, STOP
from llmctl.text.sources.tex.writer import Writer

MAX_NESTED = 20  # parts within parts (a footnote in a caption in a heading ...) that are rendered apart
FENCE = "`"
SENTENCE = 60  # characters; the argument of an unknown command that is as long as this is no part of the word before it


@dataclass(frozen=True)
class Policy:
    """What a user may choose."""

    floats: str = "captions"  # captions, drop or keep
    appendices: bool = True


@dataclass
class Opened:
    """An environment that is open: what closes it, and for lists the number of the last item."""

    name: str
    kind: str
    items: int = 0
    indent: str = ""


@dataclass
class Front:
    """What a title page says."""

    title: str = ""
    authors: list[str] = field(default_factory=list)
    abstract: str = ""
    keywords: str = ""


Handler = Callable[["Paper", str], None]


class Paper:
    """The state of reading; `handlers` say what commands do, `project` has the files."""

    def __init__(
        self,
        handlers: Mapping[str, Handler],
        project: Project,
        *,
        policy: Policy,
        budget: int,
        protected: frozenset[str],
    ) -> None:
        self.handlers, self.project, self.policy = handlers, project, policy
        self.stream = Stream(budget)
        self.macros = Macros(protected)
        self.switches = Switches(self.macros, self.stream)
        self.writer = Writer()
        self.front = Front()
        self.opened: list[Opened] = []
        self.counts: Counter[str] = Counter()
        self.unknown: Counter[str] = Counter()
        self.files: list[str] = []  # that were read
        self.has_chapters = any("\\chapter" in text for text in project.texts.values())
        self.is_ams_tex = any("\\endtitle" in text for text in project.texts.values())
        self.in_preamble = False
        self.has_preamble = True  # whether text before `\\begin{document}` is none
        self.body_of = 0  # how many files were open where the body began
        self.dropping: int | None = None  # level of the heading whose section goes
        self.cells = 0  # tables that are open
        self.nested = 0
        self.labels: dict[str, str] = {}  # of natbib's references: whom a key names
        self.pair_of = -1  # how many groups were open at an unknown command with an argument

    def run(self) -> None:
        """Read to the end of the stream, or of the part that is rendered apart."""
        pop = self.stream.pop
        while token := pop():
            first = token[0]
            if first == "\\":
                self.command(token)
            elif token == PAR:
                self.writer.paragraph()
            elif first in SPECIAL:
                SPECIAL[first](self, token)
            else:
                self.writer.text(token)

    def render(self, tokens: list[str]) -> str:
        """The text of tokens, apart from what stands around them."""
        if self.nested >= MAX_NESTED:
            return ""
        outer = self.writer, self.opened, self.cells
        self.writer, self.opened, self.cells = Writer(), [], 0
        self.nested += 1
        self.stream.stack.append(STOP)
        self.stream.push(tokens)
        groups = len(self.macros.groups)
        self.run()
        self.stream.stack.pop()
        while len(self.macros.groups) > groups:
            self.macros.close_group()
        text = self.writer.finish()
        self.writer, self.opened, self.cells = outer
        self.nested -= 1
        return text

    def phrase(self, tokens: list[str]) -> str:
        """As `render`, in one line."""
        return " ".join(self.render(tokens).split())

    def command(self, token: str) -> None:
        """A control sequence in text."""
        macro = self.macros.usable(token, maths=False)
        if macro is not None:
            if token[1:2].isalpha() and not macro.delimiters:
                self.stream.skip_spaces()
            if expand(self.macros, self.stream, token, macro):
                return
        handler = self.handlers.get(token)
        if handler is not None:
            handler(self, token)
        elif token in DEFINITIONS:
            DEFINITIONS[token](self.macros, self.stream)
        elif self.switches.is_mine(token):
            self.switches.take(token, maths=False)
        elif token.startswith(("\\begin", "\\end")) and token.endswith("}"):
            self.handlers[token[: token.index("{")].rstrip()](self, token)
        else:
            self._unknown(token)

    def _unknown(self, token: str) -> None:
        if not self.in_preamble and not self.writer.muted:
            self.unknown[token] += 1
        stream = self.stream
        if not token[1:2].isalpha():
            return
        options = stream.optional() if stream.peek() == "[" else None
        if options is not None and stream.peek() != "{":
            stream.push(["[", *options, "]"])
        stream.skip_spaces()
        if stream.peek() == "{":
            self.pair_of = len(self.macros.groups)
            if self.writer.tail()[-1:].strip("([{ ") and sum(map(len, stream.stack[-6:])) > SENTENCE:
                self.writer.text(" ")

    def open_group(self, _: str) -> None:
        self.macros.groups.append(None)

    def close_group(self, _: str) -> None:
        self.macros.close_group()
        if self.pair_of == len(self.macros.groups):
            if self.stream.peek() == "{":
                self.writer.text(" ")  # two arguments of an unknown command are two things
            else:
                self.pair_of = -1

    def cell(self, _: str) -> None:
        """`&`."""
        self.writer.text(" | " if self.cells else " ")

    def tie(self, _: str) -> None:
        self.writer.text(" ")

    def sealed(self, token: str) -> None:
        """Verbatim text."""
        kind, body = token[:2], token[2:]
        if kind == ADDRESS:
            self.writer.raw(body)
        elif kind == INLINE:
            self.writer.raw(f"{FENCE}{body}{FENCE}")
        else:
            self.counts["listings"] += not self.writer.muted
            fence = FENCE * max(3, _longest_fence(body) + 1)
            language, _, code = body.partition("\n")
            self.writer.block(f"{fence}{language}\n{code}\n{fence}")

    def dollar(self, token: str) -> None:
        self.handlers["$"](self, token)

    def plain(self, token: str) -> None:
        """Brackets; a parameter sign has no text."""
        if token[0] != "#":
            self.writer.text(token)


def _longest_fence(text: str) -> int:
    return max((len(run) for run in text.replace("\n", " ").split() if set(run) == {FENCE}), default=0)


SPECIAL: dict[str, Callable[[Paper, str], None]] = {
    "{": Paper.open_group,
    "}": Paper.close_group,
    "$": Paper.dollar,
    "&": Paper.cell,
    "~": Paper.tie,
    "\0": Paper.sealed,
    "#": Paper.plain,
    "[": Paper.plain,
    "]": Paper.plain,
}


def source(tokens: list[str]) -> str:
    """Tokens as written, in one line."""
    return " ".join(join(tokens).split())
