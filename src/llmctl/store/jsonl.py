"""JSON Lines: any byte range of a file is read as the lines that begin in it.

Lines end at `\\n` alone (texts contain U+2028 and U+0085). A line that is no JSON object with a text is reported with
its offset. Nested values of unknown columns are kept as JSON text, since two units must agree on a type.
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import orjson
import pyarrow as pa
import zstandard

from llmctl.store.files import written_whole

MAX_LINE = 256 << 20  # a longer line is skipped and reported: memory stays bounded
INFLATE_STEP = 16 << 10  # packed bytes unpacked at once
Lost = tuple[int, str]  # (offset, why)


def unpack(packed: Path, target: Path) -> Path:
    """A decompressed copy of a .gz or .zst file; where the archive is broken, an unreadable line marks the end."""
    if target.exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(target) as temporary, temporary.open("wb") as plain, packed.open("rb") as stream:
        try:
            for piece in inflate(stream):
                plain.write(piece)
        except (EOFError, zlib.error, zstandard.ZstdError):
            plain.write(b"\n<broken archive>\n")
    return target


def inflate(stream: IO[bytes]) -> Iterator[bytes]:
    """The members of a gzip or zstd stream, unpacked as far as they go; EOFError where the last one is cut off.

    In small steps, so that what lies before the damage is kept and a bomb inflates by some megabytes a step.
    """
    head = stream.read(2)
    stream.seek(0)
    gzipped = head == b"\x1f\x8b"
    member: Any = None  # of zlib or zstandard, which share no type
    while piece := stream.read(INFLATE_STEP):
        while piece:
            member = member or (zlib.decompressobj(31) if gzipped else zstandard.ZstdDecompressor().decompressobj())
            yield member.decompress(piece)
            if not member.eof:
                break
            piece = member.unused_data.lstrip(b"\0") if gzipped else member.unused_data  # tar and tapes pad with zeros
            member = None
    if member is not None:
        raise EOFError("the last member is cut off")


def opened(path: Path) -> IO[bytes]:
    """A file as its uncompressed bytes, by content."""
    stream = path.open("rb")
    head = stream.read(4)
    stream.seek(0)
    if head[:2] == b"\x1f\x8b":
        return io.BufferedReader(gzip.GzipFile(fileobj=stream), 1 << 20)
    if head == b"\x28\xb5\x2f\xfd":
        return io.BufferedReader(zstandard.ZstdDecompressor().stream_reader(stream, read_across_frames=True), 1 << 20)
    return stream


def lines(stream: IO[bytes], start: int, end: int) -> Iterator[tuple[int, bytes | None]]:
    """(offset, line) of the lines that begin in [start, end); None for one above MAX_LINE. Blank ones are left out."""
    offset = start
    if start:
        stream.seek(start - 1)
        offset += _skip_line(stream) - 1
    while offset < end and (line := stream.readline(MAX_LINE)):
        size = len(line)
        whole = line.endswith(b"\n") or size < MAX_LINE
        if not whole:
            size += _skip_line(stream)
        if line.strip() or not whole:
            yield offset, line if whole else None
        offset += size


def _skip_line(stream: IO[bytes]) -> int:
    """Read to the end of the line; how many bytes that took."""
    size = 0
    while line := stream.readline(1 << 20):
        size += len(line)
        if line.endswith(b"\n"):
            break
    return size


def parse(line: bytes | None, *, first: bool = False) -> tuple[dict[str, Any] | None, str]:
    """The object of a line, or None and the reason."""
    if line is None:
        return None, "line_too_long"
    try:
        row = orjson.loads(line.removeprefix(b"\xef\xbb\xbf") if first else line)
    except orjson.JSONDecodeError:
        return None, _why_not(line)
    if not isinstance(row, dict):
        return None, "not_an_object"
    return row, ""


def _why_not(line: bytes) -> str:
    if line.startswith(b"<broken archive>"):
        return "broken_archive"
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return "utf8"
    return "json"


def document(line: bytes | None, *, first: bool = False) -> tuple[dict[str, Any] | None, str]:
    """As `parse`, and the object must have a text."""
    row, why = parse(line, first=first)
    if row is None:
        return None, why
    if not isinstance(row.get("text"), str):
        return None, "no_text"
    return row, ""


def read(
    path: str, start: int, end: int, max_rows: int, max_bytes: int
) -> Iterator[tuple[list[tuple[int, dict[str, Any]]], list[Lost]]]:
    """Batches of ((offset, row) ..., (offset, reason) ...) of the lines that begin in [start, end)."""
    rows: list[tuple[int, dict[str, Any]]] = []
    lost: list[Lost] = []
    size = 0
    with Path(path).open("rb") as stream:
        for offset, line in lines(stream, start, end):
            row, why = document(line, first=offset == 0)
            if row is None:
                lost.append((offset, why))
            else:
                rows.append((offset, row))
            size += len(line or b"")
            if len(rows) + len(lost) >= max_rows or size >= max_bytes:
                yield rows, lost
                rows, lost, size = [], [], 0
    if rows or lost:
        yield rows, lost


def columns(path: str, start: int, end: int) -> dict[str, pa.DataType]:
    """The columns of a byte range and a type that holds every value of each."""
    found: dict[str, pa.DataType] = {}
    with Path(path).open("rb") as stream:
        for offset, line in lines(stream, start, end):
            row, _ = document(line, first=offset == 0)
            for name, value in (row or {}).items():
                kind = kind_of(value)
                found[name] = wider(found[name], kind) if name in found else kind
    return found


def kind_of(value: Any) -> pa.DataType:
    """The Arrow type of one JSON value; nested values are JSON text."""
    if value is None:
        return pa.null()
    if isinstance(value, bool):
        return pa.bool_()
    if isinstance(value, int):
        return pa.int64() if -(2**63) <= value < 2**63 else pa.float64()
    return pa.float64() if isinstance(value, float) else pa.string()


def wider(a: pa.DataType, b: pa.DataType) -> pa.DataType:
    """A type that holds both; text holds everything."""
    if a == b or pa.types.is_null(b):
        return a
    if pa.types.is_null(a):
        return b
    try:
        return (
            pa.unify_schemas([pa.schema([("c", a)]), pa.schema([("c", b)])], promote_options="permissive").field(0).type
        )
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.string()


def column(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """JSON values as an Arrow column of `kind`; what does not fit a text column is kept as JSON text."""
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return pa.array([v if v is None or isinstance(v, str) else orjson.dumps(v).decode() for v in values], kind)
    try:
        return pa.array(values, kind)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.array([_fitting(v, kind) for v in values], kind)


def _fitting(value: Any, kind: pa.DataType) -> Any:
    """The value where it is one of `kind`, rounded where a float must hold a large integer, else nothing."""
    if pa.types.is_floating(kind) and isinstance(value, int):
        return float(value)
    try:
        return pa.scalar(value, kind).as_py()
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        return None


def dump(table: pa.Table) -> bytes:
    """The rows as JSON Lines; null values are left out."""
    out = bytearray()
    for row in table.to_pylist():
        out += orjson.dumps(
            {k: v for k, v in row.items() if v is not None}, option=orjson.OPT_APPEND_NEWLINE, default=str
        )
    return bytes(out)
