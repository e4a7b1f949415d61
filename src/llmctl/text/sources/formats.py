"""The table of source formats: what a raw file is, by its first bytes, and by its name where bytes do not tell.

A new format is a row: a name, how its records are read (`reader`), what to look for, and the content type that its
records have when nothing else says so. Files that no row knows become one record removed with reason `type`.
"""

from __future__ import annotations

import bz2
import codecs
import io
import json
import lzma
import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import zstandard
from fastwarc.stream_io import Lz4Reader

HEAD = 1 << 16  # bytes of a file that `sniff` wants
PACKINGS = {
    "gzip": (b"\x1f\x8b",),
    "zstd": (b"\x28\xb5\x2f\xfd", b"\x5d\x2a\x4d\x18"),  # the second: the dictionary frame of .warc.zst
    "lz4": (b"\x04\x22\x4d\x18",),
    "bzip2": (b"BZh",),
    "xz": (b"\xfd7zXZ\x00",),
}
PROSE = (".txt", ".text", ".md", ".markdown", ".mdx", ".rst", ".adoc", ".asciidoc", ".org", ".log", ".srt", ".vtt")
PACKED_SUFFIXES = (".gz", ".zst", ".lz4", ".bz2", ".xz")
HTML = re.compile(rb"\s*<(?:!doctype\s+html|html|head|body|title|h1|div|p|table|meta|a)\b", re.I | re.S)
# what a page begins with and a text that holds some HTML (a README) does not
WHOLE_PAGE = re.compile(rb"\s*<(?:!doctype\s+html|html|head|body|title|meta)\b", re.I)
XHTML = re.compile(rb"\s*<\?xml[^>]*\?>.{0,1000}?<(?:!doctype\s+html|html)\b", re.I | re.S)
WARC = re.compile(rb"\s*WARC/\d+\.\d+[ \t]*\r?\n")
# the line of fields of the record that describes the file, as arc.py reads it
ARC = re.compile(rb"\s*filedesc:[^\r\n]{1,1000} [0-9A-Fa-f.:-]{1,45} \d{8,18} [^\r\n]{1,1000}\n", re.I)
POSTS = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]{0,200}\?>)?\s*<posts>\s*<row\s", re.I)  # a Stack Exchange dump
TURNS = b"__eou__"  # the end of an utterance, one conversation a line (DailyDialog, arXiv 1710.03957)
PACKAGES = (b"mimetype", b"[Content_Types].xml")  # first entries of zip files that are one document (EPUB OCF 4.3, OPC)
CONTAINER = b"META-INF/container.xml"  # of an EPUB that was packed in another order
DOCUMENTS = (".epub", ".docx", ".xlsx", ".pptx", ".odt", ".ods", ".odp", ".jar")  # zips that are one file to people
JSON = re.compile(rb"(?:\xef\xbb\xbf)?\s*\{\s*(?:\"|\})")
TEXTS = ("text", "content", "code", "func_code_string", "source_code")  # columns that are a text
CHATS = ("messages", "conversations")  # lists of which a text is made
ROW = frozenset((*TEXTS, *CHATS))
COLUMN = re.compile(rb'"(?:%b)"\s{0,9}:\s{0,9}["\[]' % "|".join(sorted(ROW)).encode())
# WHATWG MIME Sniffing 3: bytes that no text holds
BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
MAGIC = re.compile(
    rb"\x89PNG|GIF8|\xff\xd8\xff|RIFF....WEBP|BM.{4}\0\0\0\0|\x00\x00\x01\x00|"  # images
    rb"%PDF-|%!PS|\xd0\xcf\x11\xe0|wOF[F2]|OTTO|FWS|CWS|ID3|OggS|"  # documents, fonts, media
    rb"PK\x03\x04|\x1f\x8b\x08|7z\xbc\xaf|Rar!|BZh\d|\xfd7zXZ|\x7fELF|MZ.{50,62}\0\0\0",  # archives, programs
    re.S,
)
WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class Format:
    """One kind of file: `reader` says how its records lie in it (`whole`: one record a file)."""

    name: str
    reader: str
    matches: Callable[[bytes], bool]
    suffixes: tuple[str, ...] = ()
    content_type: str | None = None


def is_html(head: bytes) -> bool:
    """Whether bytes begin as HTML does."""
    head = _without_comments(head)
    return bool(HTML.match(head) or XHTML.match(head))


def _without_comments(head: bytes) -> bytes:
    """What stands behind a byte order mark and comments, in a charset that has ASCII."""
    if head.startswith(WIDE_MARKS):
        head = head.decode("utf-16", "replace").encode()
    head = head.removeprefix(codecs.BOM_UTF8).lstrip()
    while head.startswith(b"<!--"):
        head = head.partition(b"-->")[2].lstrip()
    return head


def is_page(name: str, head: bytes) -> bool:
    """Whether a file is a page: of one named as a text, that holds elements too, a whole page is asked."""
    if ending_of(name) not in PROSE:
        return is_html(head)
    head = _without_comments(head)
    return bool(WHOLE_PAGE.match(head) or XHTML.match(head))


def holds_text(row: Mapping[str, Any]) -> bool:
    """Whether a row has a text, or a column of which some kind of source makes one. (Any: what JSON holds.)"""
    texts = any(isinstance(row.get(name), str) for name in TEXTS)
    return texts or any(isinstance(row.get(name), list) for name in CHATS)


def is_json_lines(head: bytes) -> bool:
    """Whether the first line is a row that some kind of source knows; a program's settings on one line are none."""
    if not JSON.match(head):
        return False
    line = head.removeprefix(codecs.BOM_UTF8).lstrip().partition(b"\n")[0]
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(row, dict) and holds_text(row)


def is_long_line(head: bytes) -> bool:
    """Whether a row begins in the first line, and that line is longer than what is looked at."""
    goes_on = len(head) >= HEAD and b"\n" not in head.removeprefix(codecs.BOM_UTF8).lstrip()
    return goes_on and bool(JSON.match(head)) and bool(COLUMN.search(head))


def is_turns(head: bytes) -> bool:
    """Whether the first line is a conversation whose utterances are marked: the mark ends it, or stands twice in it."""
    turns = head.lstrip().partition(b"\n")[0].partition(b"\t")[0].rstrip()
    return turns.endswith(TURNS) or turns.count(TURNS) > 1


def is_archive(head: bytes) -> bool:
    """Whether bytes begin a tar (its header adds up: POSIX.1-1988) or a zip of files that is not one document."""
    if head.startswith(b"PK\x03\x04"):
        return not head[30:].startswith(PACKAGES) and CONTAINER not in head
    block = head[:512]
    stated = block[148:156].strip(b" \0")
    if len(block) < 512 or not stated or stated.strip(b"01234567"):
        return False
    return sum(block) - sum(block[148:156]) + 8 * ord(" ") == int(stated, 8)


def is_binary(head: bytes) -> bool:
    """Whether bytes are no text in any charset."""
    if head.startswith(WIDE_MARKS) or _is_wide(head):
        return False
    return bool(MAGIC.match(head) or BINARY.search(head[:1024]))


def _is_wide(head: bytes) -> bool:
    """UTF-16 without a mark: zeros in every other byte alone, and other bytes printable."""
    even, odd = head[:512:2], head[1:512:2]
    zeros, others = (even, odd) if even.count(0) > odd.count(0) else (odd, even)
    return zeros.count(0) > 0.4 * len(zeros) > 1 and not BINARY.search(others)


JSON_LINES = Format("jsonl", "jsonl", is_json_lines, (".jsonl", ".ndjson"))
FORMATS = [
    Format("warc", "warc", lambda head: bool(WARC.match(head)), (".warc", ".wet", ".wat")),
    Format("arc", "arc", lambda head: bool(ARC.match(head)), (".arc",), "application/x-internet-archive"),
    Format("parquet", "parquet", lambda head: head.startswith(b"PAR1"), (".parquet",)),
    Format("archive", "archive", is_archive, (".tar", ".zip", ".tgz")),
    Format("posts", "posts", lambda head: bool(POSTS.match(head)), (".xml",)),
    Format("turns", "turns", is_turns),
    JSON_LINES,
    Format("html", "whole", is_html, (".html", ".htm", ".xhtml"), "text/html"),
    Format("text", "whole", lambda head: False, (*PROSE, ""), "text/plain"),
]
UNKNOWN_TYPE = "application/x-unknown"  # of files whose name and bytes say nothing: text to kinds that know them alone
UNKNOWN = Format("unknown", "whole", lambda head: False, (), UNKNOWN_TYPE)


@dataclass(frozen=True)
class Sniffed:
    """A file's format and what it is packed in (gzip, zstd, lz4 or None)."""

    format: Format
    packing: str | None


def sniff(name: str, head: bytes) -> Sniffed:
    """What the file `name` is that begins with `head` (at least its first HEAD bytes, or all of it)."""
    packing = next((p for p, magics in PACKINGS.items() if head.startswith(magics)), None)
    inner = unpacked_head(head, packing)
    found = next((f for f in FORMATS if f.matches(inner)), None)
    if found and found.name == "archive" and ending_of(name) in DOCUMENTS:
        found = UNKNOWN
    if found and found.name == "html" and not is_page(name, inner):
        found = None
    return Sniffed(found or _by_name(name, inner), packing)


def unpacked_name(name: str) -> str:
    """`a.py.gz` -> `a.py`."""
    return next((name[: -len(suffix)] for suffix in PACKED_SUFFIXES if name.lower().endswith(suffix)), name)


def ending_of(name: str) -> str:
    """The suffix that says what a file is: `a/b.TXT.gz` -> `.txt`; empty where there is none."""
    stem = unpacked_name(name.rsplit("/", 1)[-1].lower())
    return f".{stem.rsplit('.', 1)[1]}" if "." in stem else ""


def _by_name(name: str, head: bytes) -> Format:
    """Text has no magic: a format's suffix decides among texts; anything else is unknown.

    A `.jsonl` whose first line is broken is JSON Lines still: that line is one unreadable record, not the whole file.
    """
    if is_binary(head):
        return UNKNOWN
    ending = ending_of(name)
    if ending in ("", ".json") and is_long_line(head):
        return JSON_LINES
    texts = (f for f in FORMATS if ending in f.suffixes and f.reader in ("whole", "archive", "jsonl"))
    return next(texts, UNKNOWN)


def unpacked_head(head: bytes, packing: str | None) -> bytes:
    """The first bytes of what is packed, as many as `head` gives; nothing where it is damaged."""
    if packing is None:
        return head
    try:
        return PEEK[packing](head)
    except (OSError, EOFError, ValueError, zlib.error, zstandard.ZstdError, lzma.LZMAError):
        return b""


PEEK: dict[str, Callable[[bytes], bytes]] = {
    "bzip2": lambda head: bz2.BZ2Decompressor().decompress(head, HEAD),
    "xz": lambda head: lzma.LZMADecompressor().decompress(head, HEAD),
    "gzip": lambda head: zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(head, HEAD),
    "zstd": lambda head: zstandard.ZstdDecompressor().stream_reader(io.BytesIO(head)).read(HEAD),
    "lz4": lambda head: Lz4Reader(io.BytesIO(head)).read(HEAD),
}
