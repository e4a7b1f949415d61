"""What a web archive is packed in -> the frames of its records, and where in the file each may be begun at.

Members of a gzip file are the units that a reader may begin at; a file that is one single stream (zstd, lz4, one gzip
member) is one unit; of a file that is not packed every record is one. A `Layout` says how records lie in what comes
out. Damage to a member is passed over to the next that begins with a record.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from fastwarc.stream_io import Lz4Reader, ZstdReader

from llmctl.text.sources.web_archives.framing import INFLATED, Frame, Plain, Window

GZIP, LZ4 = b"\x1f\x8b\x08", b"\x04\x22\x4d\x18"  # RFC 1952, 2.3.1; the LZ4 frame format
ZSTD = (b"\x28\xb5\x2f\xfd", b"\x5d\x2a\x4d\x18")  # RFC 8878, 3.1.1; the dictionary frame of .warc.zst
PIECE = 1 << 16
GZIP_WRAPPER = zlib.MAX_WBITS | 16


@dataclass(frozen=True)
class Layout:
    """How records lie one after another: `frames` finds them; `begins` tells a record by its first `peek` bytes."""

    frames: Callable[[Window, int], Iterator[Frame]]
    begins: Callable[[bytes], bool]
    peek: int


class _Member:
    """One gzip member, and those behind it that go on in the middle of a record (bgzip cuts where it likes).

    `left` is what was read of the file behind its end.
    """

    def __init__(self, read: Callable[[int], bytes], ahead: bytes, layout: Layout) -> None:
        self.read, self.left, self.taken, self.layout = read, ahead, 0, layout
        self.error: str | None = None
        self.inflate = zlib.decompressobj(GZIP_WRAPPER)

    def __call__(self) -> bytes:
        while self.error is None and (not self.inflate.eof or self._goes_on()):
            piece = self.left or self.read(PIECE)
            if not piece:
                self.error = "truncated"
                break
            try:
                out = self.inflate.decompress(piece, INFLATED)
            except zlib.error:
                self.error = "broken_gzip_member"
                break
            self.left = self.inflate.unconsumed_tail or self.inflate.unused_data
            self.taken += len(piece) - len(self.left)
            if out:
                return out
        return b""

    def _goes_on(self) -> bool:
        if len(self.left) < PIECE:
            self.left += self.read(PIECE)
        top = _beginning(self.left, self.layout.peek) if self.left.startswith(GZIP) else None
        if top is None or self.layout.begins(top):
            return False
        self.inflate = zlib.decompressobj(GZIP_WRAPPER)
        return True


def _beginning(member: bytes, size: int) -> bytes | None:
    """The first bytes of a gzip member; None where it is broken."""
    try:
        return zlib.decompressobj(GZIP_WRAPPER).decompress(member, size)
    except zlib.error:
        return None


def framed(
    stream: BinaryIO, start: int, end: int | None, limit: int, layout: Layout
) -> Iterator[tuple[int, list[int], Frame]]:
    """Frames with the offset of their member; the list holds the member's end as soon as that is known."""
    stream.seek(0)
    magic = stream.read(4)
    stream.seek(start)
    if magic.startswith(GZIP):
        yield from _gzip_members(stream, start, end, limit, layout)
        return
    if magic == LZ4 or magic in ZSTD:
        stops: list[int] = []
        reader = Lz4Reader(stream) if magic == LZ4 else ZstdReader(stream)
        yield from ((0, stops, frame) for frame in layout.frames(Window(Plain(reader.read)), limit))
        stops.append(stream.seek(0, 2))
        return
    window = Window(Plain(stream.read))
    for frame in layout.frames(window, limit):
        offset, frame.within = start + frame.within, 0
        if end is not None and offset >= end:
            return
        yield offset, [start + window.position], frame


def _gzip_members(
    stream: BinaryIO, start: int, end: int | None, limit: int, layout: Layout
) -> Iterator[tuple[int, list[int], Frame]]:
    offset, ahead = start, b""
    while end is None or offset < end:
        ahead = ahead or stream.read(PIECE)
        if not ahead:
            return
        if padding := len(ahead) - len(ahead.lstrip(b"\0")):
            offset, ahead = offset + padding, ahead[padding:]
            continue
        stops: list[int] = []
        member = _Member(stream.read, ahead, layout)
        for frame in layout.frames(Window(member), limit):
            yield offset, stops, frame
        if member.error:
            after = _next_member(stream, offset + 1, layout)
            ahead = b""
        else:
            after, ahead = offset + member.taken, member.left
        stops.append(after)
        offset = after


def _next_member(stream: BinaryIO, offset: int, layout: Layout) -> int:
    """Where the next gzip member with a record begins, or the end of the file; the stream stands there."""
    stream.seek(offset)
    held = stream.read(PIECE)
    while held:
        found = held.find(GZIP)
        if found < 0:
            offset += max(len(held) - 2, 1)
        else:
            offset += found
            stream.seek(offset)
            top = _beginning(stream.read(PIECE), layout.peek)
            if top is not None and layout.begins(top):
                break
            offset += 1
        stream.seek(offset)
        held = stream.read(PIECE)
    return stream.seek(offset)
