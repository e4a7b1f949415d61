"""A stretch of decompressed bytes -> the WARC records in it, and the stretches that are none.

The one place that knows how a record begins and ends (ISO 28500, 4): a version line, header lines, an empty line, as
many bytes as the header says, two line ends. Where that does not hold, the next version line is looked for. A window
over the bytes holds one record at most, and of that no more than the limit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from llmctl.text.sources.web_archives import http

INFLATED, HELD = 1 << 18, 1 << 16
MAX_HEAD = 1 << 16
VERSION = re.compile(rb"WARC/\d+\.\d+[ \t]*\r?\n")
NEXT = re.compile(rb"\n(?=WARC/\d+\.\d+[ \t]*\r?\n[A-Za-z-]+:)")
LINE_ENDS = b"\r\n"
BLANK = re.compile(rb"[\r\n]+")


@dataclass(slots=True)
class Frame:
    """A record as it lies in its member; `head` is empty for bytes that belong to no record."""

    within: int
    head: bytes
    block: bytes
    cut: bool
    error: str | None

    @property
    def headers(self) -> dict[str, str]:
        return http.fields(self.head)


class Pull(Protocol):
    """Where a window gets its bytes: pieces, then nothing; `error` says why it ended early."""

    error: str | None

    def __call__(self) -> bytes: ...


class Plain:
    """A stream that is read as it is (or through a decompressor that reads the whole of it)."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self.read = read
        self.error: str | None = None

    def __call__(self) -> bytes:
        try:
            return self.read(INFLATED)
        except (OSError, ValueError):
            self.error = "broken_compression"
            return b""


class Window:
    """A source of bytes seen from `position` on, holding no more than what was asked for."""

    def __init__(self, pull: Pull) -> None:
        self.pull, self.ahead, self.position, self.ended = pull, bytearray(), 0, False

    def grow(self, size: int) -> int:
        """Bytes ahead, at most `size`; fewer only at the end."""
        while len(self.ahead) < size and not self.ended:
            piece = self.pull()
            self.ahead += piece
            self.ended = not piece
        return min(len(self.ahead), size)

    def take(self, size: int) -> bytes:
        """The next bytes, gone from the window."""
        self.grow(size)
        out = bytes(self.ahead[:size])
        del self.ahead[:size]
        self.position += len(out)
        return out

    def put_back(self, piece: bytes) -> None:
        """Bytes that were taken last stand ahead again."""
        self.ahead[:0] = piece
        self.position -= len(piece)

    def skip(self, size: int) -> int:
        """Pass over bytes; how many there were."""
        passed = 0
        while passed < size and self.grow(1):
            passed += len(self.take(min(size - passed, len(self.ahead))))
        return passed

    def skip_blank(self) -> bool:
        """Pass over line ends; False at the end of the source."""
        while self.grow(1):
            if blank := BLANK.match(self.ahead):
                self.take(blank.end())
            if self.ahead:
                return True
        return False

    def skip_to_record(self, pattern: re.Pattern[bytes] = NEXT, longest: int = 64) -> None:
        """Pass over bytes up to the next line that begins a record, which `pattern` tells by `longest` bytes."""
        while self.grow(HELD):
            if found := pattern.search(self.ahead):
                self.take(found.end())
                return
            self.take(len(self.ahead) if self.ended else len(self.ahead) - longest)


def frames(window: Window, limit: int) -> Iterator[Frame]:
    """Every record of a source and every stretch that is none; blocks are cut at `limit` bytes."""
    reported = False
    while window.skip_blank():
        within = window.position
        window.grow(MAX_HEAD if not VERSION.match(window.ahead, 0, 64) else 64)
        if not VERSION.match(window.ahead, 0, 64):
            window.skip_to_record()
            frame = Frame(within, b"", b"", False, window.pull.error or "garbage_between_records")
        else:
            frame = _record(window, within, limit)
        reported = frame.error is not None
        yield frame
    if window.pull.error and not reported:
        yield Frame(window.position, b"", b"", False, window.pull.error)


def _record(window: Window, within: int, limit: int) -> Frame:
    end = None
    for size in (1 << 10, 1 << 13, MAX_HEAD):
        window.grow(size)
        if end := http.HEAD_END.search(window.ahead):
            break
    if not end or end.start() > MAX_HEAD:
        head = bytes(window.ahead[:MAX_HEAD])
        window.skip_to_record()
        return Frame(within, head, b"", False, window.pull.error or "header_without_end")
    head = window.take(end.end())
    length = http.fields(head).get("content-length", "")
    if not length.isdecimal():
        window.skip_to_record()
        return Frame(within, head, b"", False, "header_without_length")
    if int(length) > limit:
        block = window.take(limit)
        if len(block) < limit and (found := NEXT.search(block)):  # the length lies
            window.put_back(block[found.end() :])
            return Frame(within, head, block[: found.start()].rstrip(LINE_ENDS), False, None)
        whole = window.skip(int(length) - limit) == int(length) - limit
        return Frame(within, head, block, True, None if whole else window.pull.error or "truncated")
    return _block(window, within, head, int(length))


def _block(window: Window, within: int, head: bytes, length: int) -> Frame:
    """The block behind a header; a length with no line ends behind it lies, and the next record says where it ends."""
    there = window.grow(length + 4)
    behind = bytes(window.ahead[length : length + 4])
    if there >= length and (not behind.strip(LINE_ENDS) or behind.startswith((b"\r\n\r\n", b"\n\n", b"WARC"))):
        return Frame(within, head, window.take(length), False, None)
    window.grow(length + MAX_HEAD)
    if found := NEXT.search(window.ahead):
        return Frame(within, head, window.take(found.end()).rstrip(LINE_ENDS), False, None)
    if there < length:
        return Frame(within, head, window.take(there), False, window.pull.error or "truncated")
    rest = len(window.ahead) if window.ended and window.pull.error is None else length
    return Frame(within, head, window.take(rest).rstrip(LINE_ENDS), False, None)
