"""Definitions of a paper, and what a use of them becomes.

`\\newcommand` and its kin, `\\def` with delimited parameters, `\\let`, `\\DeclareMathOperator`, `\\newenvironment`,
`\\newtheorem`. A macro is expanded where its body is made of replacement alone; one that programs TeX (conditionals,
`\\csname`, names with @ that nobody defined) or calls itself stays as it was written. Groups end what was defined in them.
The TeXbook, chapter 20; LaTeX2e's `ltdefns.dtx` for the optional argument.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from llmctl.text.sources.tex.stream import SPACES, Stream
from llmctl.text.sources.tex.tokens import PAR, words

PROGRAM = words(
    "\\csname \\endcsname \\futurelet \\catcode \\afterassignment \\aftergroup \\number \\the \\romannumeral \\string "
    "\\meaning \\jobname \\read \\write \\immediate \\openout \\setbox \\box \\copy \\loop \\halign \\valign \\everypar "
    "\\ExplSyntaxOn \\IfNoValueTF \\IfBooleanTF \\IfValueTF"
)
# in a formula these stay, too; in text their arguments and branches are read as well as can be
PROGRAM_OF_MATHS = PROGRAM | words(
    "\\expandafter \\noexpand \\ifx \\ifnum \\if \\ifcase \\ifdim \\ifcat \\ifodd \\ifvoid \\advance \\lowercase \\uppercase"
)
LOOKING = words("\\@ifnextchar \\kernel@ifnextchar \\@ifstar")
MAX_VISITED = 2000  # tokens looked at in search of a circle; what it misses, the budget of the stream stops
MAX_PARAMETERS = 9  # The TeXbook, p. 203


@dataclass(frozen=True, slots=True)
class Macro:
    """Parameters as the delimiter after each (empty: none), what stands before the first, and the body."""

    body: tuple[str, ...]
    delimiters: tuple[str, ...] = ()
    prefix: str = ""
    default: tuple[str, ...] | None = None

    def is_program(self, known: dict[str, Macro | None], *, maths: bool) -> bool:
        """Whether the body does more than stand for other text; in text, names with @ that nobody defined are layout."""
        programs = PROGRAM_OF_MATHS if maths else PROGRAM
        return any(
            token in programs
            or (maths and "@" in token and token[0] == "\\" and token not in known and token not in LOOKING)
            for token in self.body
        )


@dataclass
class Environment:
    """What stands for `\\begin{name}` and for `\\end{name}`."""

    begin: Macro
    end: tuple[str, ...]


@dataclass
class Macros:
    """All definitions in force. `protected` are names whose meaning is ours, however a paper defines them."""

    protected: frozenset[str]
    known: dict[str, Macro | None] = field(default_factory=dict)  # None: let to something that is not a macro
    environments: dict[str, Environment] = field(default_factory=dict)
    remarks: set[str] = field(default_factory=set)  # environments that are not printed
    theorems: dict[str, list[str]] = field(default_factory=dict)
    stopped: set[str] = field(default_factory=set)  # calls itself, or the budget was spent
    groups: list[dict[str, Macro | None] | None] = field(default_factory=list)
    checked: dict[tuple[str, bool], bool] = field(
        default_factory=dict
    )  # whether a name may be expanded; emptied by a definition

    def define(self, name: str, macro: Macro, *, everywhere: bool = False) -> None:
        """Give `name` a meaning until its group ends."""
        if name in self.protected or not name.startswith("\\"):
            return
        if self.groups and not everywhere:
            saved = self.groups[-1]
            if saved is None:
                saved = self.groups[-1] = {}
            saved.setdefault(name, self.known.get(name))
        self.known[name] = macro
        if self.checked:
            self.checked = {}

    def close_group(self) -> None:
        """Forget what the innermost group defined."""
        saved = self.groups.pop() if self.groups else None
        for name, macro in (saved or {}).items():
            if macro is None:
                self.known.pop(name, None)
            else:
                self.known[name] = macro
        if saved:
            self.checked = {}

    def usable(self, name: str, *, maths: bool) -> Macro | None:
        """The macro, where its use may be replaced."""
        macro = self.known.get(name)
        if macro is None:
            return None
        good = self.checked.get((name, maths))
        if good is None:
            good = not macro.is_program(self.known, maths=maths) and not self._calls_itself(name)
            self.checked[name, maths] = good
        return macro if good else None

    def _calls_itself(self, name: str) -> bool:
        seen: set[str] = set()
        ahead = [name]
        left = MAX_VISITED
        while ahead and left > 0:
            macro = self.known.get(ahead.pop())
            if macro is None or not LOOKING.isdisjoint(macro.body):
                continue  # looks at what follows: it may end by that, and the budget ends it where it does not
            for token in macro.body:
                left -= 1
                if token == name:
                    self.stopped.add(name)
                    return True
                if token in self.known and token not in seen:
                    seen.add(token)
                    ahead.append(token)
        return False


def expand(macros: Macros, stream: Stream, name: str, macro: Macro) -> bool:
    """Replace a use whose name was just read; False where it cannot be, with its arguments left as groups."""
    if stream.budget < 0:
        return False
    arguments = _arguments(stream, macro)
    if arguments is None:
        return False
    if stream.charge(_size(macro.body, arguments)):
        stream.push(substitute(macro.body, arguments))
        return True
    macros.stopped.add(name)
    stream.push([token for argument in arguments for token in ("{", *argument, "}")])
    return False


def _size(body: tuple[str, ...], arguments: list[list[str]]) -> int:
    """The characters of an expansion, at most; known before it is made."""
    sizes = {f"#{number}": sum(map(len, argument)) for number, argument in enumerate(arguments, 1)}
    return sum(sizes.get(token, len(token)) for token in body)


def _arguments(stream: Stream, macro: Macro) -> list[list[str]] | None:
    if macro.prefix and not _take(stream, macro.prefix):
        return None
    found: list[list[str]] = []
    for position, delimiter in enumerate(macro.delimiters):
        if position == 0 and macro.default is not None:
            given = stream.optional()
            found.append(list(macro.default) if given is None else given)
        elif delimiter:
            argument = _delimited(stream, delimiter)
            if argument is None:
                return None
            found.append(argument)
        else:
            found.append(stream.argument())
    return found


def _take(stream: Stream, text: str) -> bool:
    """Take `text` off the stream, if it comes next."""
    stream.skip_spaces()
    token = stream.peek()
    if not token.startswith(text):
        return False
    stream.stack.pop()
    stream.push([token[len(text) :]] if len(token) > len(text) else [])
    return True


def _delimited(stream: Stream, delimiter: str) -> list[str] | None:
    """The tokens before a delimiter, outside of groups; one pair of braces around them all goes."""

    def is_end(token: str, depth: int) -> bool:
        return not depth and (token == delimiter or (token[0] not in "\\\0" and delimiter in token))

    stack = stream.stack
    position = len(stack)
    while position and stack[position - 1] in SPACES and delimiter not in SPACES:
        position -= 1
    del stack[position:]
    last = ""

    def remember(token: str, depth: int) -> bool:
        nonlocal last
        last = token
        return is_end(token, depth)

    found = stream.collect(remember)
    if found is None:
        return None
    if last != delimiter:
        before, _, after = last.partition(delimiter)
        found += [before] if before else []
        stream.push([after] if after else [])
    if found[:1] == ["{"] and found[-1:] == ["}"] and "{" not in found[1:-1]:
        found = found[1:-1]
    return found


def substitute(body: tuple[str, ...], arguments: list[list[str]]) -> list[str]:
    """The body with arguments for parameters; `##1`, for a definition within, becomes `#1`."""
    tokens: list[str] = []
    quoted = False
    for token in body:
        if quoted:
            quoted = False
            tokens.append(token)
        elif token == "#":
            quoted = True
        elif token[0] == "#" and len(token) == 2:
            number = int(token[1])
            tokens += arguments[number - 1] if 0 < number <= len(arguments) else []
        else:
            tokens.append(token)
    return tokens


def join(tokens: list[str]) -> str:
    """Tokens as source; a name and a letter that met in an expansion are kept apart."""
    pieces: list[str] = []
    after_name = False
    for token in tokens:
        if after_name and (token[0].isalpha() or token[0] == "@"):
            pieces.append(" ")
        if token[0] == "\0":
            token = token[2:]
        pieces.append("\n" if token == PAR else token)
        after_name = token[:1] == "\\" and token[-1:].isalpha()
    return "".join(pieces)
