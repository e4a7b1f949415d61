"""Archives of files (tar, zip): what lies in them, and one member at a time; nothing is ever unpacked to a name of theirs.

A packed tar is decompressed into the draft once, so that its members can be read from anywhere and one large archive
still uses every core. The index is a small Parquet file. Directories, links and devices are no files and no members.
"""

from __future__ import annotations

import bz2
import functools
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard
from fastwarc.stream_io import Lz4Reader

from llmctl.store.files import written_whole
from llmctl.store.jsonl import inflate

STEP = 1 << 20
BLOCK = 512  # bytes (POSIX.1-1988 ustar)
MAX_NAME = 4096  # bytes of a path (PATH_MAX of Linux)
BROKEN = (OSError, EOFError, ValueError, lzma.LZMAError, zlib.error, zstandard.ZstdError, tarfile.TarError,
          zipfile.BadZipFile, NotImplementedError, RuntimeError, OverflowError)  # fmt: skip


class Member(NamedTuple):
    """A file in an archive; `offset` is where its header begins in the (unpacked) archive, `data` where its bytes do."""

    name: str
    offset: int
    data: int
    size: int
    problem: str | None  # why it, or the rest of the archive from here on, cannot be read


def unpacked(archive: Path, packing: str | None, target: Path) -> Path:
    """The archive itself, or a decompressed copy of a packed tar as far as it can be read."""
    if packing is None or target.exists():
        return target if packing else archive
    target.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(target) as temporary, temporary.open("wb") as plain, archive.open("rb") as stream:
        for piece in _readable(UNPACKERS[packing](stream), _broken_off(target)):
            plain.write(piece)
    return target


def _broken_off(unpacked_copy: Path) -> Path:
    """Stands beside a copy that could not be unpacked to its end."""
    return unpacked_copy.with_suffix(".broken")


def _readable(pieces: Iterator[bytes], mark: Path) -> Iterator[bytes]:
    try:
        yield from pieces
    except BROKEN:  # what lies before the damage is kept; the mark says that there was more
        mark.touch()


def _pieces(read: Callable[[int], bytes]) -> Iterator[bytes]:
    while piece := read(STEP):
        yield piece


UNPACKERS: dict[str, Callable[[IO[bytes]], Iterator[bytes]]] = {
    "gzip": inflate,
    "zstd": inflate,
    "lz4": lambda stream: _pieces(Lz4Reader(stream).read),
    "bzip2": lambda stream: _pieces(bz2.BZ2File(stream).read),
    "xz": lambda stream: _pieces(lzma.LZMAFile(stream).read),  # noqa: SIM115
}


def inflated(content: bytes, packing: str | None, limit: int) -> bytes:
    """Bytes without their packing, at most `limit` of them; raises one of BROKEN."""
    if packing is None:
        return content[:limit]
    out = bytearray()
    for piece in UNPACKERS[packing](io.BytesIO(content)):
        out += piece
        if len(out) >= limit:
            break
    return bytes(out[:limit])


def index(archive: Path, target: Path) -> list[Member]:
    """The members of an archive, in its order; kept in `target`, so that workers need not look again."""
    if not target.exists():
        found = list(_zip_members(archive) if zipfile.is_zipfile(archive) else _tar_members(archive))
        if _broken_off(archive).exists():
            found.append(_rest(archive.stat().st_size))
        target.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(target) as temporary:
            pq.write_table(pa.Table.from_pylist([m._asdict() for m in found], schema=INDEX), temporary)
    return members(str(target))


INDEX = pa.schema([("name", pa.string()), ("offset", pa.int64()), ("data", pa.int64()), ("size", pa.int64()),
                   ("problem", pa.string())])  # fmt: skip


@functools.lru_cache(maxsize=2)
def members(path: str) -> list[Member]:
    """What `index` wrote."""
    return [Member(**row) for row in pq.read_table(path).to_pylist()]


def _name(said: str) -> str:
    """The name of a member as other members call it: `./a/b` is `a/b`."""
    return said[:MAX_NAME].removeprefix("./")


def _tar_members(archive: Path) -> Iterator[Member]:
    with archive.open("rb") as stream:
        size, end = archive.stat().st_size, 0
        try:
            for entry in tarfile.TarFile(fileobj=stream, errors="replace"):
                end = entry.offset_data + (entry.size if entry.isreg() else 0)
                if not entry.isreg():
                    continue
                whole = not entry.issparse() and end <= size
                why = None if whole else "unreadable:sparse" if entry.issparse() else "unreadable:truncated"
                yield Member(_name(entry.name), entry.offset, entry.offset_data, entry.size, why)
        except BROKEN:
            pass  # the block that cannot be read is the first one behind `end`
        stream.seek(at := -(-end // BLOCK) * BLOCK)
        if stream.read(BLOCK).strip(b"\0"):  # tarfile takes a damaged header for the end
            yield _rest(at)


def _rest(offset: int) -> Member:
    return Member("", offset, offset, 0, "unreadable:broken_archive")


def _zip_members(archive: Path) -> Iterator[Member]:
    try:
        with zipfile.ZipFile(archive) as held:
            for entry in held.infolist():
                if not entry.is_dir():
                    why = "unreadable:encrypted" if entry.flag_bits & 1 else None
                    yield Member(_name(entry.filename), entry.header_offset, -1, entry.file_size, why)
    except BROKEN:
        yield _rest(0)


class Archive:
    """An open archive; `read` gives one member, at most `limit` bytes of it."""

    def __init__(self, path: str) -> None:
        self.stream = Path(path).open("rb")  # noqa: SIM115 - closed by __exit__
        self.zipped = zipfile.ZipFile(self.stream) if zipfile.is_zipfile(self.stream) else None
        self.entries = {entry.header_offset: entry for entry in self.zipped.infolist()} if self.zipped else {}

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_: object) -> None:
        self.stream.close()

    def read(self, member: Member, limit: int) -> bytes:
        """The bytes of a member; raises one of BROKEN where they cannot be had."""
        if self.zipped is None:
            self.stream.seek(member.data)
            return self.stream.read(min(member.size, limit))
        with self.zipped.open(self.entries[member.offset]) as stream:
            return stream.read(limit)
