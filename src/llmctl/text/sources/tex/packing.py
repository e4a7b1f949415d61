"""An archived submission -> its files: gzip undone, then a tar, or one file. Bytes in, bytes out, nothing is extracted.

Bounded: how much gzip may give, how many members a tar may have. Links, devices and names that leave the archive are
passed over. arXiv's bulk files hold one `<id>.gz` a paper (https://info.arxiv.org/help/bulk_data_s3.html).
"""

from __future__ import annotations

import io
import posixpath
import tarfile
import zlib

from llmctl.text.sources.record import Refused

GZIP = b"\x1f\x8b"
MAX_UNPACKED = 128 << 20  # bytes; arXiv takes 50 MB of source a paper (https://info.arxiv.org/help/sizes.html)
MAX_MEMBERS = 5000  # of a tar; measured: 51 in the largest of 31 papers
MAX_TEXT = 32 << 20  # bytes of TeX in a paper; measured: 1.7 MB, a book
TEXT_SUFFIXES = (".tex", ".ltx", ".latex", ".sty", ".bbl", ".txt", ".tikz", ".def", ".clo", "")
README = "00readme"  # arXiv's notes on how a submission is read
BROKEN = (tarfile.TarError, OSError, EOFError, ValueError, IndexError, OverflowError)  # what tarfile raises on damage
TAR = slice(257, 262)  # where POSIX tar says `ustar`
SEVENTH = b"ustar"


def unpack(payload: bytes, limit: int = MAX_UNPACKED) -> bytes:
    """What gzip packed; refused where that is broken or more than `limit` bytes."""
    if not payload.startswith(GZIP):
        return payload
    engine = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        data = engine.decompress(payload, limit + 1)
    except zlib.error as error:
        raise Refused("unreadable:gzip") from error
    if len(data) > limit:
        raise Refused("too_large", value=float(len(data)), high=float(limit))
    if not engine.eof:
        raise Refused("unreadable:truncated")
    return data


def unpacked_head(payload: bytes, size: int) -> bytes:
    """The first bytes of what gzip packed; nothing where it is broken."""
    if not payload.startswith(GZIP):
        return payload[:size]
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(payload, size)
    except zlib.error:
        return b""


def is_tar(data: bytes) -> bool:
    """Whether bytes begin as a tar archive does."""
    return data[TAR] == SEVENTH


def is_text(path: str) -> bool:
    """Whether a file of this name may hold TeX, or says which file does."""
    name = posixpath.basename(path).lower()
    return posixpath.splitext(name)[1] in TEXT_SUFFIXES or name.startswith(README)


def members(data: bytes) -> dict[str, bytes]:
    """The files of a tar that may hold TeX, by path; the names of the others have no bytes."""
    found: dict[str, bytes] = {}
    left = MAX_TEXT
    try:
        with tarfile.TarFile(fileobj=io.BytesIO(data)) as archive:
            for number, member in enumerate(archive):
                if number >= MAX_MEMBERS:
                    break
                path = inside(member.name)
                if path is None or not member.isreg() or member.issparse():
                    continue
                file = archive.extractfile(member) if is_text(path) and left >= 0 else None
                found[path] = file.read(left + 1) if file else b""
                left -= len(found[path])
    except BROKEN:
        return found  # a broken end: what came before it stands
    return found


def names(data: bytes) -> list[str]:
    """The names of the files of a tar, as far as `data` goes."""
    found: list[str] = []
    try:
        with tarfile.TarFile(fileobj=io.BytesIO(data)) as archive:
            for member in archive:
                found += [member.name] if member.isreg() else []
                if len(found) >= MAX_MEMBERS:
                    break
    except BROKEN:
        return found
    return found


def inside(name: str) -> str | None:
    """A path without `.` and `..`; None where it leads outside."""
    path = posixpath.normpath(name.replace("\\", "/"))
    if path.startswith(("/", "..")) or "\0" in path or path == "." or ":" in path.partition("/")[0]:
        return None
    return path
