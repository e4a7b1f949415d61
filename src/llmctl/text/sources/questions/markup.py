"""A post's HTML -> plain text as its author wrote it: code kept to the character, structure in the signs of Markdown.

Code blocks become fences longer than any inside, inline code stands in backticks, quotes begin with `> `, list items with
`- ` or their number, headings with `#`; emphasis goes, a link is its text (with `links`, its address too), images go,
`<sup>` and `<sub>` become `^` and `_`, tables one row a line. Maths (`$...$`, `$$...$$`) is text and stays as it is. One pass
of libxml2's parser without a tree: linear, never deeper than DEPTH.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from lxml import etree

from llmctl.text.sources.pages.html import clean

DEPTH = 12  # levels of quotes and lists that are shown; what lies deeper is shown at this level, so output stays linear
BLOCKS = frozenset(
    ["p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "hr", "table", "tr", "dl", "dt", "dd",
     "section", "article", "details", "summary", "figure", "body", "center", "form", "fieldset", "address"]
)  # fmt: skip
HEADINGS = frozenset(["h1", "h2", "h3", "h4", "h5", "h6"])
HIDDEN = frozenset(["script", "style", "template", "head", "iframe", "object", "noscript"])
SHIFTED = {"sup": "^", "sub": "_"}
FENCE = "```"
TICKS = re.compile("`+")
FENCES = re.compile(r"^[ \t]*(`{3,})", re.M)
LANGUAGE_CLASS = re.compile(
    r"\blang(?:uage)?-([\w+#-]{1,20})"
)  # Stack Exchange's prettify: `lang-py prettyprint-override`
DISPLAY_MATHS = re.compile(r"(\$\$[^$]{1,20000}\$\$)")  # its line breaks are its author's
BLANKS = re.compile(r"[ \t\n\f\xa0]+")
SHOWN_MARKS = 3  # code, `sup` and `sub` nested deeper are shown plain: each level writes its text anew
LINE_BREAK = "\x0b"  # a `<br>` among collapsed blanks; XML has no such character
KEPT_BLANK = "\x1c"  # a blank of inline code, of which there may be several
CONTROLS = re.compile(r"[\x01-\x08\x0b-\x1f]")  # C0 but tab and line feed: no text has them, references bring them
WRITTEN_BREAK = re.compile(rf" ?{LINE_BREAK} ?")


@dataclass
class _Frame:
    """A quote or list item that is open: what its lines begin with."""

    tag: str
    first: str
    rest: str
    used: bool = False


@dataclass
class _Writer:
    """The target of the parser: pieces of the paragraph that is open, and blocks that are done."""

    links: bool
    lines: list[str] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)
    frames: list[_Frame] = field(default_factory=list)
    counters: list[int | None] = field(default_factory=list)  # of the open lists: the next number, None for bullets
    addresses: list[str] = field(default_factory=list)
    marks: list[tuple[str, int]] = field(
        default_factory=list
    )  # inline code, `sup`, `sub`: where in `pieces` they opened
    code_language: str = ""
    preformatted: int = 0
    hidden: int = 0
    overflow: list[bool] = field(default_factory=list)  # for every open quote or item: was it too deep for a frame?
    tight: bool = False  # the next block follows without a blank line

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element opens."""
        if tag in HIDDEN:
            self.hidden += 1
        if self.preformatted:
            if tag == "pre":
                self.preformatted += 1
            if tag == "br":
                self.pieces.append("\n")
            self._name_language(attributes)
            return
        if tag in BLOCKS:
            self._flush()
            self._open(tag, attributes)
        elif tag == "br":
            self.pieces.append(LINE_BREAK)
        elif tag in SHIFTED or tag in ("code", "tt"):
            self.marks.append((tag, len(self.pieces)))
        elif tag == "a":
            self.addresses.append(attributes.get("href", "").strip())

    def _open(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "pre":
            self.preformatted, self.code_language = 1, ""
            self._name_language(attributes)
        elif tag in ("ul", "ol"):
            start = attributes.get("start", "1")
            number = int(start) if start.isascii() and start.isdigit() and len(start) < 7 else 1
            self.counters.append(number if tag == "ol" else None)
            self.tight = self.tight or any(frame.tag == "li" and frame.used for frame in self.frames[-1:])
        elif tag == "hr":
            self._block(["---"])
        elif tag == "blockquote":
            self._push(_Frame(tag, "> ", "> "))
        elif tag == "li":
            marker = self._marker()
            self._push(_Frame(tag, marker, " " * len(marker)))

    def _marker(self) -> str:
        number = self.counters[-1] if self.counters else None
        if number is None:
            return "- "
        self.counters[-1] = number + 1
        return f"{number}. "

    def _push(self, frame: _Frame) -> None:
        self.overflow.append(len(self.frames) >= DEPTH)
        if not self.overflow[-1]:
            self.frames.append(frame)

    def _name_language(self, attributes: dict[str, str]) -> None:
        found = LANGUAGE_CLASS.search(attributes.get("class", ""))
        if found and found[1] != "none":
            self.code_language = found[1]

    def data(self, text: str) -> None:
        """Text between tags."""
        if not self.hidden:
            self.pieces.append(CONTROLS.sub("", clean(text).replace("\f", " ")))

    def end(self, tag: str) -> None:
        """An element closes."""
        if tag in HIDDEN:
            self.hidden = max(self.hidden - 1, 0)
        if self.preformatted:
            if tag == "pre":
                self.preformatted -= 1
                if not self.preformatted:
                    self._code_block()
        elif tag in BLOCKS:
            self._flush(tag)
            self._close(tag)
        elif tag in ("td", "th"):
            self.pieces.append(" | ")
        elif tag in SHIFTED or tag in ("code", "tt"):
            self._inline(tag)
        elif tag == "a" and self.addresses:
            self._link(self.addresses.pop())

    def _close(self, tag: str) -> None:
        if tag in ("ul", "ol") and self.counters:
            self.counters.pop()
            self.tight = False
        elif tag in ("li", "blockquote") and self.overflow:
            if not self.overflow.pop() and self.frames:
                self.frames.pop()
            self.tight = tag == "li"
        elif tag == "tr":
            self.tight = True
        elif tag == "table":
            self.tight = False

    def _inline(self, tag: str) -> None:
        if not self.marks:
            return
        opened, at = self.marks.pop()
        if opened != tag or len(self.marks) >= SHOWN_MARKS or any(other == tag for other, _ in self.marks):
            return
        inside = "".join(self.pieces[at:])
        del self.pieces[at:]
        if not inside:
            return
        if tag in SHIFTED:
            self.pieces.append(SHIFTED[tag] + (inside if len(inside) == 1 else f"{{{inside}}}"))
            return
        ticks = "`" * (max(map(len, TICKS.findall(inside)), default=0) + 1)
        inside = inside.replace(" ", KEPT_BLANK)
        gap = " " if inside.startswith("`") or inside.endswith("`") else ""
        self.pieces.append(f"{ticks}{gap}{inside}{gap}{ticks}")

    def _link(self, address: str) -> None:
        if self.links and address.startswith(("http://", "https://")) and address not in "".join(self.pieces[-3:]):
            self.pieces.append(f" ({address})")

    def _flush(self, tag: str = "p") -> None:
        """Write the paragraph that is open, as the text of a `tag`."""
        text = "".join(self.pieces)
        self.pieces.clear()
        self.marks.clear()
        parts = DISPLAY_MATHS.split(text)
        parts[::2] = [BLANKS.sub(" ", part) for part in parts[::2]]
        text = WRITTEN_BREAK.sub("\n", "".join(parts)).replace(KEPT_BLANK, " ").strip()
        if tag == "tr":
            text = text.removesuffix("|").rstrip()
        if text and tag in HEADINGS:
            text = f"{'#' * int(tag[1])} {text}"
        if text:
            self._block(text.split("\n"))

    def _code_block(self) -> None:
        code = "".join(self.pieces)
        self.pieces.clear()
        self.marks.clear()
        if code.strip():
            fence = "`" * max(len(FENCE), 1 + max(map(len, FENCES.findall(code)), default=0))
            self._block([fence + self.code_language, *code.removesuffix("\n").split("\n"), fence])

    def _block(self, lines: list[str]) -> None:
        if self.lines and not self.tight:
            self.lines.append("".join(f.rest for f in self.frames if f.used).rstrip())
        self.tight = False
        for line in lines:
            prefix = "".join(frame.rest if frame.used else frame.first for frame in self.frames)
            for frame in self.frames:
                frame.used = True
            self.lines.append(prefix + line if line else prefix.rstrip())

    def comment(self, text: str) -> None:
        """Comments say nothing."""

    def close(self) -> str:
        """The text, when the page has ended."""
        if self.preformatted:
            self._code_block()
        self._flush()
        return "\n".join(self.lines)


def text_of(post: str, *, links: bool = False) -> str:
    """The text of a fragment of HTML; `links` writes the address of a link behind its text."""
    writer = _Writer(links)
    parser = etree.HTMLParser(target=writer, huge_tree=True)
    try:
        parser.feed(f"<body>{clean(post)}</body>")
        text: str = parser.close()
    except etree.LxmlError:  # the parser gave up: what it has said so far stands
        text = writer.close()
    return clean(text).strip("\n")
