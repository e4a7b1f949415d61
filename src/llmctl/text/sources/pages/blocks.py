"""The markup that resiliparse leaves of a page -> blocks of text that know their element and how much of them is links.

resiliparse can write its text as minimal HTML (h1 to h6, p, ul, ol, li, pre, br, a; everything else is gone, text is
escaped), which costs no more than plain text and keeps what tells boilerplate from prose. One pass, linear.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass

TAG = re.compile(r"<(/?)(a|br|p|li|ul|ol|pre|h[1-6])\b([^<>]*)>")
BLANK_LINE = re.compile(r"\n[ \t\r\f\v]*\n")
LONGEST_LINK = 120  # characters; more in one link is a page that never closed it, or a teaser (measured: 1 % of links)
NOWHERE = ' href=""'  # how resiliparse writes an anchor that is a target, and no link; often left open
BULLET = "\u2022 "


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of text; `kind` is its element, or `text` where it has none of its own."""

    kind: str
    text: str
    linked: int  # characters within links
    goes_on: bool = False  # a line of its own beneath the block before, without an empty line between

    @property
    def is_heading(self) -> bool:
        return self.kind.startswith("h")


class _Builder:
    """Blocks as they are closed."""

    def __init__(self) -> None:
        self.done: list[Block] = []
        self.kind, self.pieces, self.linked, self.in_link = "text", list[str](), 0, False

    @property
    def is_new_item(self) -> bool:
        """Whether an item of a list has begun and holds nothing yet."""
        return self.kind == "li" and not any(piece.strip() for piece in self.pieces)

    def close(self, kind: str) -> None:
        """End the block; what follows is of `kind`."""
        text = html.unescape("".join(self.pieces))
        if self.kind == "pre":
            text = text.strip("\n").rstrip()
        else:
            text = "\n".join(line for line in (" ".join(raw.split()) for raw in text.split("\n")) if line)
        if text.strip():
            self.done.append(Block(self.kind, text, min(self.linked, len(text))))
        self.kind, self.pieces, self.linked = kind, [], 0

    def add(self, text: str) -> None:
        """Text between two tags; an empty line ends a block that has no element."""
        if self.in_link and len(text) <= LONGEST_LINK:
            self.linked += len(text.strip())
        if self.kind == "pre" or self.in_link:
            self.pieces.append(text)
            return
        first, *rest = BLANK_LINE.split(text)
        self.pieces.append(first)
        for piece in rest:
            self.close(self.kind)
            self.pieces.append(piece)


def blocks_of(markup: str) -> list[Block]:
    """The blocks of minimal HTML, in order, none empty."""
    build, at = _Builder(), 0
    for tag in TAG.finditer(markup):
        if tag.start() > at:
            build.add(markup[at : tag.start()])
        at = tag.end()
        ends, name = bool(tag[1]), tag[2]
        if name == "a":
            build.in_link = not ends and tag[3] != NOWHERE
        elif name == "br":
            build.pieces.append("\n")
        elif name == "p" and not ends and build.is_new_item:
            continue
        else:
            build.close("text" if ends or name in ("ul", "ol") else name)
    build.add(markup[at:])
    build.close("text")
    return build.done


def lines_of(blocks: Sequence[Block]) -> list[Block]:
    """Blocks without an element cut into their lines: what pages keep in `div` comes as one, whatever stands in it."""
    found: list[Block] = []
    for block in blocks:
        lines = block.text.split("\n") if block.kind == "text" else [block.text]
        for i, line in enumerate(lines):
            linked = block.linked * len(line) // len(block.text)
            found.append(block if len(lines) == 1 else Block(block.kind, line, linked, goes_on=i > 0))
    return found


def written(blocks: Sequence[Block]) -> str:
    """Blocks as text: an empty line between them, items of a list under each other with a bullet."""
    pieces: list[str] = []
    for before, block in zip((None, *blocks), blocks, strict=False):
        if before is not None:
            is_close = block.goes_on or before.kind == block.kind == "li"
            pieces.append("\n" if is_close else "\n\n")
        pieces.append(BULLET + block.text if block.kind == "li" else block.text)
    return "".join(pieces)
