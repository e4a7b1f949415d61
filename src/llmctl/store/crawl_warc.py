"""The WARC of a crawl, which is also its memory: one gzip member a record, one write an exchange, read back at resume.

    warcinfo, then for each request: request + response, or one metadata record that says why there is none
    (`failed: timeout`); for each address that is not asked a metadata record (`refused: robots`)

ISO 28500:2017 (WARC/1.1); blocks are the bytes of the wire. A crawl that was killed leaves half an exchange at the most:
it is cut off. Damage before the end is refused: what follows it would be lost. Reading back costs one decompression.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import io
import os
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from warcio.recordloader import ArcWarcRecord
from warcio.statusandheaders import StatusAndHeaders, StatusAndHeadersParser
from warcio.warcwriter import WARCWriter

from llmctl.errors import UserError
from llmctl.store.files import disk_error, sync_directory, written_whole
from llmctl.text.sources.web_archives import http

VERSION = "WARC/1.1"
SOFTWARE = "llmctl"
FIELDS = "application/warc-fields"
PIECE = 1 << 16
GZIP = b"\x1f\x8b\x08"


@dataclass(frozen=True, slots=True)
class Entry:
    """What the file tells of one step: an exchange (`block`), or the fields of a note."""

    url: str
    date: float
    block: bytes = b""
    truncated: str | None = None
    note: Mapping[str, str] = field(default_factory=dict)


@contextmanager
def opened(path: Path, about: Mapping[str, str], date: float) -> Iterator[Tape]:
    """The crawl in `path`, which is made where it is absent; UserError where it is no crawl of ours, or in use."""
    try:
        if not path.exists() or not path.stat().st_size:
            with written_whole(path) as temporary:
                temporary.write_bytes(record("warcinfo", None, date, fields({"software": SOFTWARE, **about}), FIELDS))
        with path.open("r+b") as stream:
            _lock(stream, path)
            yield Tape(stream, path)
            stream.flush()
            os.fsync(stream.fileno())
        sync_directory(path.parent)
    except OSError as error:
        raise disk_error(error, path) from error


def _lock(stream: BinaryIO, path: Path) -> None:
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(stream.fileno()).st_ino != path.stat().st_ino:  # another crawl made it at the same moment
            raise BlockingIOError
    except BlockingIOError:
        raise UserError(f"{path} is being written by another crawl; wait for it, or choose another --warc") from None


class Tape:
    """A crawl's file: first `recorded`, to the end, then whatever is added."""

    def __init__(self, stream: BinaryIO, path: Path) -> None:
        self.stream, self.path = stream, path

    def recorded(self) -> Iterator[Entry]:
        """Every whole step in the file; behind the last the file is cut, so that it can be written on."""
        whole, is_broken = 0, False
        for start, end, member in _members(self.stream):
            if member is None:
                is_broken = True
                break
            headers, block = _parsed(member)
            kind = headers.get("warc-type")
            if start == 0 and (kind != "warcinfo" or not block.startswith(f"software: {SOFTWARE}".encode())):
                break
            if kind != "request":  # a response follows it, or it is half an exchange
                whole = end
            if kind in ("response", "metadata"):
                yield _entry(headers, block, kind)
        if not whole:
            raise UserError(f"{self.path} is not a crawl of {SOFTWARE}; choose another --warc")
        self._cut(whole, is_broken)

    def _cut(self, end: int, is_broken: bool) -> None:
        """Cut off what a kill left; what is broken, and has records behind it, was not left by a kill."""
        self.stream.seek(end)
        if is_broken and _holds_records(self.stream.read()):
            raise UserError(
                f"{self.path} is damaged behind byte {end} and goes on after that; keep a copy, and cut it there to resume"
            )
        self.stream.truncate(end)
        self.stream.seek(end)

    def add_exchange(self, url: str, date: float, request: bytes, block: bytes, about: Mapping[str, str]) -> None:
        """One request with its response, both as they went over the wire."""
        id = StatusAndHeadersParser.make_warc_id()
        asked = record("request", url, date, request, "application/http; msgtype=request", {"WARC-Concurrent-To": id})
        said = {"WARC-Record-ID": id, **about}
        self._add(asked + record("response", url, date, block, "application/http; msgtype=response", said))

    def add_note(self, url: str | None, date: float, note: Mapping[str, str]) -> None:
        """What the crawl did not do, and why."""
        self._add(record("metadata", url, date, fields(note), FIELDS))

    def _add(self, records: bytes) -> None:
        self.stream.write(records)
        self.stream.flush()  # to the system: a kill of this process loses nothing


def record(
    kind: str, url: str | None, date: float, block: bytes, content_type: str, about: Mapping[str, str] | None = None
) -> bytes:
    """One record as one gzip member, with the digests of its block and of what HTTP carried in it."""
    when = datetime.fromtimestamp(date, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    head = {"WARC-Type": kind, "WARC-Record-ID": StatusAndHeadersParser.make_warc_id(), "WARC-Date": when}
    if url:
        head["WARC-Target-URI"] = url
    if content_type.startswith("application/http"):
        end = http.HEAD_END.search(block)
        head["WARC-Payload-Digest"] = _digest(block[end.end() :] if end else b"")
    elif kind == "metadata":
        head["WARC-Payload-Digest"] = _digest(block)
    headers = StatusAndHeaders("", list({**head, **(about or {})}.items()), protocol=VERSION)
    out = io.BytesIO()
    warc = ArcWarcRecord("warc", kind, headers, io.BytesIO(block), None, content_type, len(block))
    WARCWriter(out, gzip=True, warc_version=VERSION).write_record(warc)
    return out.getvalue()


def fields(values: Mapping[str, str]) -> bytes:
    """Values as `application/warc-fields`; line ends in them would begin new fields."""
    lines = (f"{name}: {' '.join(value.split())}\r\n" for name, value in values.items())
    return "".join(lines).encode("utf-8", "replace")


def _digest(payload: bytes) -> str:
    return "sha1:" + base64.b32encode(hashlib.sha1(payload, usedforsecurity=False).digest()).decode("ascii")


def _entry(headers: Mapping[str, str], block: bytes, kind: str) -> Entry:
    url, date = headers.get("warc-target-uri", ""), datetime.fromisoformat(headers["warc-date"]).timestamp()
    if kind == "metadata":
        return Entry(url, date, note=http.fields(block))
    return Entry(url, date, block, headers.get("warc-truncated"))


def _parsed(member: bytes) -> tuple[dict[str, str], bytes]:
    head, _, rest = member.partition(b"\r\n\r\n")
    headers = http.fields(head)
    return headers, rest[: int(headers.get("content-length", "0"))]


def _members(stream: BinaryIO) -> Iterator[tuple[int, int, bytes | None]]:
    """(start, end, content) of the gzip members up to one that is cut short; None for the content of a broken one."""
    stream.seek(0)
    start, ahead = 0, b""
    while True:
        inflate, content, taken = zlib.decompressobj(zlib.MAX_WBITS | 16), [], 0
        while not inflate.eof:
            piece = ahead or stream.read(PIECE)
            if not piece:
                return
            try:
                content.append(inflate.decompress(piece))
            except zlib.error:
                yield start, start, None
                return
            ahead = inflate.unused_data
            taken += len(piece) - len(ahead)
        yield start, start + taken, b"".join(content)
        start += taken


def _holds_records(data: bytes) -> bool:
    """Whether more records begin in `data` than the exchange has that a kill may have broken."""
    at = data.find(GZIP)
    found = 0
    while at >= 0:
        found += _begins_record(data[at : at + PIECE])
        at = data.find(GZIP, at + 1)
    return found > 2


def _begins_record(data: bytes) -> bool:
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(data, 5) == b"WARC/"
    except zlib.error:
        return False
