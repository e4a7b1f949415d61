"""The tokens still to be read, as a stack: expansions and included files go on top of what follows them.

Reading an argument takes tokens off; where its end is not found they go back, and that may happen only MAX_FAILURES
times in a document, so that reading stays linear in hostile input. What expansions may add is bounded by a budget of
characters.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from llmctl.text.sources.tex.tokens import END_OF_FILE, PAR, STOP

MAX_FAILURES = (
    20  # searches for an end that is not there; each may cost the length of the document; measured: 0 in 31 papers
)
SPACES = (" ", "\n")
DIMENSION = re.compile(
    r"\s*(?:by\b)?\s*=?\s*[-+]?\s*(?:[\d.,]+\s*)?(?:true\s*)?(?:(?:pt|in|cm|mm|em|ex|pc|bp|dd|cc|sp|mu|fil{1,3})(?![a-z]))?\s?"
    r"(?:(?:plus|minus)\s*[-\d.]+\s*(?:pt|in|cm|mm|em|ex|fil{1,3})\s?){0,2}"
)

# `<1->`, `<+-| alert@+>`: on which slides (beamer user guide, chapter 9)
OVERLAY = re.compile(r"<(?:[\d+.,*|() -]|[a-z]{3,12}[@:]){1,40}>")


class Stream:
    """A stack of tokens, the file that each is from, and the budget of expansions."""

    def __init__(self, budget: int) -> None:
        self.stack: list[str] = []
        self.files: list[str] = []  # that are open, outermost first
        self.budget = budget
        self.failures = 0

    def push(self, tokens: list[str]) -> None:
        """Read `tokens` next."""
        self.stack.extend(reversed(tokens))

    def charge(self, characters: int) -> bool:
        """Whether the budget has room for an expansion to so many characters."""
        self.budget -= characters + 8  # an expansion to nothing is work too
        return self.budget >= 0

    def open_file(self, path: str, tokens: list[str]) -> None:
        """Read a file next."""
        self.files.append(path)
        self.stack.append(END_OF_FILE)
        self.push(tokens)

    def pop(self) -> str:
        """The next token; empty where a part or everything ends."""
        stack = self.stack
        while stack:
            token = stack.pop()
            if token == END_OF_FILE:
                self.files.pop()
                continue
            if token == STOP:
                stack.append(token)
                return ""
            return token
        return ""

    def peek(self) -> str:
        """The next token, left where it is."""
        token = self.pop()
        if token:
            self.stack.append(token)
        return token

    def skip_spaces(self) -> None:
        """White space that TeX skips: all but a blank line."""
        while self.stack and self.stack[-1] in SPACES:
            self.stack.pop()

    def skip_star(self) -> bool:
        """Whether a star follows; it is taken."""
        self.skip_spaces()
        token = self.peek()
        if not token.startswith("*"):
            return False
        self.stack.pop()
        if len(token) > 1:
            self.stack.append(token[1:])
        return True

    def skip_overlay(self, *, of_group: bool = False) -> None:
        """Take what says on which slides something is seen; `of_group`: only where braces follow."""
        token = self.peek()
        match = OVERLAY.match(token)
        if match is None or (of_group and (match.end() < len(token) or self.stack[-2:-1] != ["{"])):
            return
        self.stack.pop()
        if token[match.end() :]:
            self.stack.append(token[match.end() :])

    def collect(self, is_end: Callable[[str, int], bool], *, may_par: bool = True) -> list[str] | None:
        """The tokens before the first for which `is_end(token, open braces)`, which is taken too; None: no such."""
        if self.failures >= MAX_FAILURES:
            return None
        found: list[str] = []
        depth = 0
        while token := self.pop():
            if is_end(token, depth):
                return found
            if token == PAR and not may_par:
                found.append(token)
                break
            depth += (token == "{") - (token == "}")
            found.append(token)
        self.failures += 1
        self.push(found)
        return None

    def argument(self) -> list[str]:
        """A mandatory argument: a group without its braces, or one token; empty where there is none."""
        self.skip_spaces()
        token = self.pop()
        if token == "{":
            return self.collect(lambda token, depth: token == "}" and not depth) or []
        if token == PAR or token == "}" or not token:
            self.push([token] if token else [])
            return []
        if token[0] in "\\\0#" or len(token) == 1:
            if token[0] == "\\" and token[1:2].isalpha():
                self.skip_spaces()
            return [token]
        self.stack.append(token[1:])
        return [token[0]]

    def optional(self) -> list[str] | None:
        """An argument in brackets, if one follows."""
        spaces = []
        while self.stack and self.stack[-1] in SPACES:
            spaces.append(self.stack.pop())
        if self.peek() == "[":
            self.stack.pop()
            found = self.collect(lambda token, depth: token == "]" and not depth, may_par=False)
            if found is not None:
                return found
            self.stack.append("[")
        self.stack.extend(reversed(spaces))
        return None

    def swallow(self, signature: str) -> None:
        """Take arguments away: s star, o in brackets, m mandatory, d a dimension, p in parentheses."""
        for kind in signature:
            SWALLOW[kind](self)

    def dimension(self) -> None:
        """What TeX reads after `\\vskip`: an equals sign, a number or a register, a unit, stretch and shrink."""
        self.skip_spaces()
        token = self.peek()
        if token and token[0] not in "\\\0{}$&#~[]\n":
            self.stack.pop()
            match = DIMENSION.match(token)
            end = match.end() if match else 0
            if token[end:]:
                self.stack.append(token[end:])
                return
            if any(character.isdigit() for character in token):
                return
            token = self.peek()
        if token.startswith("\\") and token[1:].isalpha():
            self.stack.pop()
            if token == "\\magstep":
                self.argument()
            if self.peek() in SPACES:
                self.stack.pop()

    def parentheses(self) -> None:
        """Coordinates of a picture."""
        token = self.peek()
        if token.startswith("(") and ")" in token:
            self.stack[-1] = token.partition(")")[2]
            if not self.stack[-1]:
                self.stack.pop()

    def skip_rest(self, files: int) -> None:
        """Skip what is left until only `files` files are open, or to the end of a part that is read apart."""
        while len(self.files) > files or not files:
            if not self.stack or self.stack[-1] == STOP:
                return
            if self.stack.pop() == END_OF_FILE:
                self.files.pop()

    def drop_until(self, token: str) -> bool:
        """Skip to the next `token`, a name of an environment's end, and over it; environments of one name nest."""
        opening = token.replace("\\end", "\\begin", 1)
        open_now = 0

        def is_end(one: str, _: int) -> bool:
            nonlocal open_now
            open_now += (one == opening) - (one == token)
            return open_now < 0

        return self.collect(is_end) is not None


SWALLOW: dict[str, Callable[[Stream], object]] = {
    "s": Stream.skip_star,
    "o": Stream.optional,
    "m": Stream.argument,
    "d": Stream.dimension,
    "p": Stream.parentheses,
}
