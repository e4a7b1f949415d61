"""Pieces of text -> paragraphs: white space evened out, ligatures of TeX's fonts as characters, blocks on their lines."""

from __future__ import annotations

import re

SPACES = re.compile(r"[ \t\n\u00a0]+")
# Computer Modern's ligatures (The TeXbook, p. 4)
LIGATURES = [("``", "\u201c"), ("''", "\u201d"), ("---", "\u2014"), ("--", "\u2013"), ("`", "\u2018"), ("'", "\u2019")]
# a line end between characters of scripts without spaces is none (xeCJK; Unicode blocks of CJK, kana, full width)
WIDE = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef"
WIDE_BREAK = re.compile(rf"(?<=[{WIDE}])[ \t]*\n[ \t]*(?=[{WIDE}])")
HAS_LIGATURE = re.compile("[`'-]")
TRAILING = re.compile(r"(?<! ) +(?=\n)")


class Writer:
    """Text as it grows. A gap of one or two line ends is written when the next text comes."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.gap = 0
        self.spaced = True  # whether a space would be one too many
        self.indent = ""
        self.muted = 0

    def text(self, text: str) -> None:
        """Running text of a paper."""
        if self.muted:
            return
        if HAS_LIGATURE.search(text):
            for source, character in LIGATURES:
                text = text.replace(source, character)
        if not text.isascii():
            text = WIDE_BREAK.sub("", text)
        self.raw(SPACES.sub(" ", text))

    def raw(self, text: str) -> None:
        """Text that stands as it is, in the line; a space at its start may be dropped."""
        if self.muted:
            return
        if self.spaced and text[:1] == " ":
            text = text[1:]
        if not text:
            return
        if self.gap:
            self.pieces.append("\n" * self.gap + self.indent if self.pieces else "")
            self.gap = 0
        self.pieces.append(text)
        self.spaced = text[-1] == " "

    def line(self) -> None:
        """What follows stands on a new line."""
        self._break(1)

    def paragraph(self) -> None:
        """What follows is a new paragraph."""
        self._break(2)

    def _break(self, lines: int) -> None:
        if not self.muted:
            self.gap = max(self.gap, lines)
            self.spaced = True

    def block(self, text: str) -> None:
        """Lines of their own, as they are."""
        self.line()
        self.raw(text.replace("\n", "\n" + self.indent) if self.indent else text)
        self.line()

    def unspace(self) -> None:
        """Take back a space at the end."""
        if self.pieces and not self.gap and not self.muted:
            self.pieces[-1] = self.pieces[-1].rstrip(" ")
            self.spaced = False

    def tail(self) -> str:
        """The last characters written in this line."""
        if self.gap:
            return ""
        return "".join(self.pieces[-3:])[-40:]

    def finish(self) -> str:
        """All of it."""
        return TRAILING.sub("", "".join(self.pieces)).strip()
