"""What stands between `\\if...` and `\\fi`: which branch is read.

`\\iffalse`, `\\iftrue`, `\\ifmmode`, switches of `\\newif`, `\\ifdefined` and `\\ifx` of two names are decided; every other test
asks what only a run of TeX knows, and there the branch after `\\else` is read: tests of drafts, drivers and page layouts
are written with the exception first.
"""

from __future__ import annotations

from llmctl.text.sources.tex.macros import Macros, join
from llmctl.text.sources.tex.stream import Stream
from llmctl.text.sources.tex.tokens import STOP, words

NOT_TESTS = frozenset(
    ["\\iff", "\\ifthenelse", "\\ifdef", "\\ifundef", "\\ifnextchar", "\\iftoggle", "\\ifbool", "\\ifstrequal"]
)
EMPTIES = ("\\ifstrempty", "\\ifblank")  # etoolbox
CHOICES = ("\\ifthenelse", "\\iftoggle", "\\ifbool", "\\ifdef", "\\ifundef")
# other tests of TeX, which read numbers or tokens before the branch (The TeXbook, chapter 20)
OPERANDS = {
    "\\ifnum": "dd",
    "\\ifdim": "dd",
    "\\ifodd": "d",
    "\\ifcase": "d",
    "\\ifvoid": "d",
    "\\if": "mm",
    "\\ifcat": "mm",
}


PRIMITIVES = words(
    "\\if \\ifcat \\ifnum \\ifdim \\ifodd \\ifvmode \\ifhmode \\ifmmode \\ifinner \\ifvoid \\ifhbox \\ifvbox \\ifx \\ifeof "
    "\\iftrue \\iffalse \\ifcase \\ifdefined \\ifcsname \\iffontchar"
)
DEFINING = ("\\newif", "\\def", "\\let", "\\newcommand", "\\renewcommand", "\\providecommand")
PARTS = frozenset(["\\else", "\\fi", "\\or", "\\newif", *CHOICES, *EMPTIES])


def is_test(token: str) -> bool:
    """Whether a command is named as one that has its `\\fi`."""
    return token.startswith("\\if") and token not in NOT_TESTS and token not in EMPTIES


class Switches:
    """The switches of `\\newif` and what is in force of them."""

    def __init__(self, macros: Macros, stream: Stream) -> None:
        self.macros, self.stream = macros, stream
        self.values: dict[str, bool] = {}
        self.open = 0  # branches being read whose `\\fi` is to come

    def is_mine(self, token: str) -> bool:
        """Whether `token` is a conditional, or one of its parts."""
        return token in PARTS or token in self.values or self._has_end(token, "")

    def _has_end(self, token: str, before: str) -> bool:
        """Whether an `\\if...` after the token `before` has its `\\fi`: not where it takes an argument or is defined."""
        if token in PRIMITIVES:
            return True
        if not is_test(token) or before in DEFINING:
            return False
        return token in self.values or (token not in self.macros.known and self.stream.peek() not in ("{", "}"))

    def take(self, token: str, *, maths: bool) -> None:
        """Read a conditional up to where the branch begins that holds, or skip the one that does not."""
        if token in ("\\fi", "\\else", "\\or"):
            if token != "\\fi" and self.open:
                self._skip(to_else=False)
            self.open = max(self.open - 1, 0)
        elif token == "\\newif":
            name = self.stream.argument()
            self._declare(name[0] if name else "")
        elif token in self.values and not is_test(token):
            switch = "\\if" + token[1:].removesuffix("true").removesuffix("false")
            self.values[switch] = token.endswith("true")
        elif token in EMPTIES:
            text, yes, no = self.stream.argument(), self.stream.argument(), self.stream.argument()
            self.stream.push(no if join(text).strip() else yes)
        elif token in CHOICES:
            self._choose(token)
        elif self._holds(token, maths) or not self._skip(to_else=True):
            self.open += 1

    def _declare(self, name: str) -> None:
        if is_test(name):
            self.values[name] = False
            for value in ("true", "false"):
                self.values[f"\\{name[3:]}{value}"] = False

    def _holds(self, token: str, maths: bool) -> bool:
        if token == "\\ifx":
            first, second = self.stream.argument()[:1], self.stream.argument()[:1]
            known = self.macros.known
            return first == second or bool(
                first and second and known.get(first[0]) and known.get(first[0]) == known.get(second[0])
            )
        if token == "\\ifdefined":
            name = self.stream.argument()[:1]
            return bool(name) and name[0] in self.macros.known
        for kind in OPERANDS.get(token, ""):
            self.stream.swallow(kind)
            self._skip_relation()
        return {"\\iftrue": True, "\\ifmmode": maths}.get(token, self.values.get(token, False))

    def _skip_relation(self) -> None:
        if self.stream.peek().lstrip()[:1] in ("<", ">"):
            rest = self.stream.pop().lstrip()[1:]
            self.stream.push([rest] if rest else [])

    def _skip(self, *, to_else: bool) -> bool:
        """Skip a branch: to its `\\fi`, or to its `\\else` (then False is said: a branch is open). True: all is skipped."""
        depth = 0
        last = ""

        def is_end(token: str, _: int) -> bool:
            nonlocal depth, last
            before, last = last, token
            if token == "\\fi":
                depth -= 1
                return depth < 0
            depth += token.startswith("\\if") and self._has_end(token, before)
            return to_else and token == "\\else" and not depth

        found = self.stream.collect(is_end)
        return found is None or last != "\\else"

    def _choose(self, token: str) -> None:
        """`\\ifthenelse{\\boolean{a}}{yes}{no}`."""
        test = self.stream.argument()
        yes, no = self.stream.argument(), self.stream.argument()
        if token in ("\\ifdef", "\\ifundef"):
            holds = (bool(test) and test[0] in self.macros.known) == (token == "\\ifdef")
        else:
            holds = self._is_true(test)
        self.stream.push(yes if holds else no)

    def _is_true(self, test: list[str]) -> bool:
        if test[:1] != ["\\equal"]:
            return self.values.get("\\if" + join(test).replace("\\boolean", "").strip(" {}"), False)
        self.stream.stack.append(STOP)
        self.stream.push(test[1:])
        first, second = self.stream.argument(), self.stream.argument()
        while self.stream.pop():
            pass
        self.stream.stack.pop()
        return join(first).strip() == join(second).strip()
