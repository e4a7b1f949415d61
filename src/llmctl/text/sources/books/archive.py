"""The bytes of a zip -> its members by path, bounded, and which of them are locked.

Archives are hostile: members, bytes of one and bytes in all are limited, and of a member no more is inflated than it
declares. Only what EPUB allows is unpacked (stored and deflated members; OCF 3.2, 4.2.5). Nothing is written anywhere.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from urllib.parse import unquote

from llmctl.text.sources.books.xhtml import parsed
from llmctl.text.sources.record import Refused

MAX_MEMBERS = 20_000  # the largest of 20 real EPUBs has 120; dictionaries have some thousands
MAX_MEMBER = 32_000_000  # bytes of one file, decompressed; a novel in one file has 2 MB
MAX_TOTAL = 64_000_000  # bytes of all files that are read; 20 real EPUBs have 0.1 to 2 MB of text
BROKEN = (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, struct.error, EOFError, OSError, ValueError, KeyError,
          NotImplementedError, RuntimeError, IndexError, UnicodeError, OverflowError)  # fmt: skip


class Archive:
    """A zip whose members are read whole and bounded; names are compared as they stand, then without case."""

    def __init__(self, payload: bytes) -> None:
        try:
            self.zip = zipfile.ZipFile(io.BytesIO(payload))
            members = self.zip.infolist()
        except BROKEN as error:
            raise Refused("unreadable:broken_archive") from error
        if len(members) > MAX_MEMBERS:
            raise Refused("too_large", len(members), high=MAX_MEMBERS)
        self.names = {member.filename: member for member in members}
        self.cased = {member.filename.lower(): member for member in members}
        self.left = MAX_TOTAL
        self.locked = self._locked()

    def read(self, path: str) -> bytes:
        """The bytes of a member, empty where it lacks; a member larger than it may be is refused."""
        member = self.names.get(path) or self.cased.get(path.lower())
        if member is None:
            return b""
        if member.flag_bits & 1:
            raise Refused("encrypted")
        limit = min(MAX_MEMBER, self.left)
        if member.file_size > limit:
            raise Refused("too_large", member.file_size, high=limit)
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # OCF 3.2, 4.2.5 allows no other
            raise Refused("unreadable:broken_archive")
        try:
            data = self.zip.read(member)  # never more than the size that was just looked at
        except BROKEN as error:
            raise Refused("unreadable:broken_archive") from error
        self.left -= len(data)
        return data

    def _locked(self) -> frozenset[str]:
        """Members that encryption.xml names (OCF 3.2, 4.2.6.3); fonts that are obfuscated are among them."""
        tree = parsed(self.read("META-INF/encryption.xml").decode("utf-8", "replace"))
        references = tree.iter("{*}CipherReference") if tree is not None else ()
        return frozenset(unquote(one.get("URI") or "") for one in references)
