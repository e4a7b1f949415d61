"""An HTTP message as a crawl stored it -> status, headers, and the body that a browser would have shown.

Servers and archives lie about encodings, so every layer (chunked, gzip, deflate, brotli, zstd, also stacked) is undone
only where the bytes agree; a body that breaks off is kept up to the break. Compression is undone by fastwarc's readers,
read in pieces, so a decompression bomb costs no more memory than `limit`.
"""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Callable
from typing import NamedTuple, Protocol

from fastwarc.stream_io import BrotliReader, GzipReader, ZstdReader

PIECE, MAX_HEAD = 1 << 16, 1 << 18
HEAD_END = re.compile(rb"\r?\n\r?\n")
STATUS_LINE = re.compile(rb"\s*HTTP/\d(?:\.\d)?\s+(\d{3})\b")
CHUNK = re.compile(rb"(?:\r?\n)?([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n")  # RFC 9112, 7.1
FIELD = re.compile(rb"^([!-9;-~]+)[ \t]*:[ \t]*((?:.*(?:\n[ \t]+\S.*)*))", re.M)


class Reader(Protocol):
    """What undoes one layer of encoding."""

    def read(self, size: int = ..., /) -> bytes: ...


class _Inflate:
    """Deflate without the zlib wrapper, which some servers send as `deflate` (RFC 9110, 8.4.1.2, note)."""

    def __init__(self, raw: io.BytesIO) -> None:
        self.raw, self.inflate = raw, zlib.decompressobj(-15)

    def read(self, size: int = PIECE, /) -> bytes:
        return self.inflate.decompress(self.inflate.unconsumed_tail or self.raw.read(PIECE), size)


def dechunk(raw: io.BytesIO) -> io.BytesIO:
    """The data of chunked transfer coding up to its end or first broken chunk; nothing where it is not chunked."""
    body, out, at = raw.getbuffer(), bytearray(), 0
    while chunk := CHUNK.match(body, at):
        begin, size = chunk.end(), int(chunk[1], 16)
        at = begin + size
        if not size or (at < len(body) and body[at] not in b"\r\n"):
            break
        out += body[begin:at]
    return io.BytesIO(out)


DECODERS: dict[str, tuple[Callable[[io.BytesIO], Reader], ...]] = {
    "chunked": (dechunk,),
    "gzip": (GzipReader,),
    "x-gzip": (GzipReader,),
    "deflate": (lambda raw: GzipReader(raw, zlib=True), _Inflate, GzipReader),
    "br": (BrotliReader,),
    "zstd": (ZstdReader,),
}


class Message(NamedTuple):
    """Status and headers of a response (`status` is None where there is no status line) and its decoded body."""

    status: int | None
    headers: dict[str, str]
    body: bytes
    too_large: bool


def fields(head: bytes) -> dict[str, str]:
    """Header lines as a table with lower-case names; repeated names are joined by commas, broken lines passed over."""
    table: dict[str, str] = {}
    for name, value in FIELD.findall(head):
        key, text = name.decode("ascii").lower(), _text(b" ".join(value.split()))
        table[key] = f"{table[key]}, {text}" if key in table else text
    return table


def _text(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def parse(block: bytes, limit: int) -> Message:
    """A stored response; bytes that do not begin with a status line are all body (HTTP/0.9, or a broken header)."""
    status = STATUS_LINE.match(block, 0, 256)
    if not status:
        return Message(None, {}, block[:limit], len(block) > limit)
    end = HEAD_END.search(block)
    head, body = (block[: end.start()], block[end.end() :]) if end else (block, b"")
    headers = fields(head[:MAX_HEAD])
    layers = f"{headers.get('content-encoding', '')}, {headers.get('transfer-encoding', '')}"
    body, too_large = decode(body, [layer.strip().lower() for layer in layers.split(",")], limit)
    return Message(int(status[1]), headers, body, too_large)


def decode(body: bytes, layers: list[str], limit: int) -> tuple[bytes, bool]:
    """`body` without its layers (named in the order of application); True when more than `limit` bytes came out."""
    for layer in reversed(layers):
        for decoder in DECODERS.get(layer, ()):
            out, too_large = _drain(decoder(io.BytesIO(body)), limit)
            if too_large:
                return out, True
            if out:
                body = out
                break
    return body[:limit], len(body) > limit


def _drain(reader: Reader, limit: int) -> tuple[bytes, bool]:
    """What `reader` gives before its end or first error."""
    out = bytearray()
    while len(out) <= limit:
        try:
            piece = reader.read(PIECE)
        except (OSError, ValueError, zlib.error):
            break
        if not piece:
            break
        out += piece
    return bytes(out[:limit]), len(out) > limit
