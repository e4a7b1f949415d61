"""WARC files as byte streams -> where their records lie (`index`), and the records of a range (`read`).

ISO 28500. fastwarc's iterator passes over damage in silence and here nothing may vanish, so the framing (gzip members,
header blocks, lengths) is done here in one pass that knows where it lost its way and finds it again; fastwarc undoes
lz4 and zstd and, in http.py, what servers did to bodies. Members of a .warc.gz are the units that a reader may begin
at; a file that is one single stream is one unit. Costs one decompression for `index`, one more for `read`.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from fastwarc.stream_io import Lz4Reader, ZstdReader

from llmctl.text.sources import http
from llmctl.text.sources.framing import INFLATED, Frame, Plain, Window, frames

COUNTED = ("response", "resource", "conversion", "revisit")
GZIP, LZ4 = b"\x1f\x8b\x08", b"\x04\x22\x4d\x18"  # RFC 1952, 2.3.1; the LZ4 frame format
ZSTD = (b"\x28\xb5\x2f\xfd", b"\x5d\x2a\x4d\x18")  # RFC 8878, 3.1.1; the dictionary frame of .warc.zst
PIECE = 1 << 16
RECORD = b"WARC/"
GZIP_WRAPPER = zlib.MAX_WBITS | 16
MAX_BYTES = 64_000_000
DATE = re.compile(r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?)?)?")  # W3C-DTF, may be cut short


@dataclass(frozen=True, slots=True)
class RecordSpan:
    """One record, or a damaged region: readers may begin at `offset` and stop at `end` (offsets in the file).

    `within` is the position inside the decompressed member, 0 unless the member holds several records.
    """

    offset: int
    end: int
    within: int
    kind: str | None
    error: str | None


@dataclass(frozen=True, slots=True)
class RawRecord:
    """A record that counts, its payload decoded; `too_large` payloads are cut at the limit."""

    offset: int
    within: int
    warc_type: str
    url: str | None
    date: str | None
    content_type: str | None
    http_status: int | None
    language: str | None
    payload: bytes
    too_large: bool


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A record or region that cannot be read."""

    offset: int
    within: int
    why: str


class _Member:
    """One gzip member, and those behind it that go on in the middle of a record (bgzip cuts where it likes).

    `left` is what was read of the file behind its end.
    """

    def __init__(self, read: Callable[[int], bytes], ahead: bytes) -> None:
        self.read, self.left, self.taken = read, ahead, 0
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
        if not self.left.startswith(GZIP) or _beginning(self.left) in (None, RECORD):
            return False
        self.inflate = zlib.decompressobj(GZIP_WRAPPER)
        return True


def _beginning(member: bytes) -> bytes | None:
    """The first bytes of a gzip member; None where it is broken."""
    try:
        return zlib.decompressobj(GZIP_WRAPPER).decompress(member, len(RECORD))
    except zlib.error:
        return None


def index(stream: BinaryIO) -> Iterator[RecordSpan]:
    """Every record of a file, those that do not count as well, and every damaged region, in the order of the file.

    Spans of one gzip member (and all of a file that is one stream) share `offset` and `end`.
    """
    held: list[tuple[int, list[int], int, str | None, str | None]] = []
    for offset, stops, frame in _framed(stream, 0, None, MAX_BYTES):
        if held and held[0][0] != offset:
            yield from _spans(held)
            held.clear()
        held.append((offset, stops, frame.within, frame.headers.get("warc-type"), frame.error))
    yield from _spans(held)


def _spans(held: list[tuple[int, list[int], int, str | None, str | None]]) -> Iterator[RecordSpan]:
    for offset, stops, within, kind, error in held:
        yield RecordSpan(offset, stops[0], within, kind, error)


def read(
    stream: BinaryIO, start: int = 0, end: int | None = None, max_record_bytes: int = MAX_BYTES
) -> Iterator[RawRecord | Unreadable]:
    """The records that count among those that begin in [start, end), offsets that `index` gave; damage never raises."""
    for offset, _, frame in _framed(stream, start, end, max_record_bytes):
        headers = frame.headers
        kind = headers.get("warc-type")
        if frame.error and (kind is None or kind in COUNTED):
            yield Unreadable(offset, frame.within, frame.error)
        elif not frame.error and kind in COUNTED:
            yield _raw_record(offset, frame, headers, kind, max_record_bytes)


def _raw_record(offset: int, frame: Frame, headers: dict[str, str], kind: str, limit: int) -> RawRecord:
    content_type, status, payload, too_large = headers.get("content-type"), None, frame.block, frame.cut
    if content_type and content_type.lower().startswith("application/http"):
        message = http.parse(frame.block, limit)
        content_type, status = message.headers.get("content-type"), message.status
        payload, too_large = message.body, too_large or message.too_large
    url, date = headers.get("warc-target-uri"), headers.get("warc-date")
    return RawRecord(
        offset=offset,
        within=frame.within,
        warc_type=kind,
        url=url.removeprefix("<").removesuffix(">") if url else None,  # wget 1.x writes <URI>
        date=date if date and DATE.fullmatch(date) else None,
        content_type=content_type,
        http_status=status,
        language=headers.get("warc-identified-content-language"),
        payload=payload,
        too_large=too_large,
    )


def _framed(stream: BinaryIO, start: int, end: int | None, limit: int) -> Iterator[tuple[int, list[int], Frame]]:
    """Frames with the offset of their member; the list holds the member's end as soon as that is known."""
    stream.seek(0)
    magic = stream.read(4)
    stream.seek(start)
    if magic.startswith(GZIP):
        yield from _gzip_members(stream, start, end, limit)
        return
    if magic == LZ4 or magic in ZSTD:
        stops: list[int] = []
        reader = Lz4Reader(stream) if magic == LZ4 else ZstdReader(stream)
        yield from ((0, stops, frame) for frame in frames(Window(Plain(reader.read)), limit))
        stops.append(stream.seek(0, 2))
        return
    window = Window(Plain(stream.read))
    for frame in frames(window, limit):
        offset, frame.within = start + frame.within, 0
        if end is not None and offset >= end:
            return
        yield offset, [start + window.position], frame


def _gzip_members(stream: BinaryIO, start: int, end: int | None, limit: int) -> Iterator[tuple[int, list[int], Frame]]:
    offset, ahead = start, b""
    while end is None or offset < end:
        ahead = ahead or stream.read(PIECE)
        if not ahead:
            return
        if padding := len(ahead) - len(ahead.lstrip(b"\0")):
            offset, ahead = offset + padding, ahead[padding:]
            continue
        stops: list[int] = []
        member = _Member(stream.read, ahead)
        for frame in frames(Window(member), limit):
            yield offset, stops, frame
        if member.error:
            after = _next_member(stream, offset + 1)
            ahead = b""
        else:
            after, ahead = offset + member.taken, member.left
        stops.append(after)
        offset = after


def _next_member(stream: BinaryIO, offset: int) -> int:
    """Where the next gzip member with a WARC record begins, or the end of the file; the stream stands there."""
    stream.seek(offset)
    held = stream.read(PIECE)
    while held:
        found = held.find(GZIP)
        if found < 0:
            offset += max(len(held) - 2, 1)
        else:
            offset += found
            stream.seek(offset)
            if _beginning(stream.read(PIECE)) == RECORD:
                break
            offset += 1
        stream.seek(offset)
        held = stream.read(PIECE)
    return stream.seek(offset)
