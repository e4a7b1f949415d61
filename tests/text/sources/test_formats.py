"""A file is what its bytes say; its name decides only where bytes do not tell."""

from __future__ import annotations

import gzip

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from llmctl.text.sources import formats

WARC = b"WARC/1.0\r\nWARC-Type: response\r\n\r\n"
ARC = b"filedesc://crawl.arc 0.0.0.0 20080430204825 text/plain 20\n1 0 Somebody\n"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
CASES = [
    ("foo.bin", WARC, "warc", None),
    ("crawl.warc.gz", gzip.compress(WARC, mtime=0), "warc", "gzip"),
    ("crawl.warc.wet.gz", gzip.compress(WARC, mtime=0), "warc", "gzip"),
    ("crawl.warc.zst", zstandard.compress(WARC), "warc", "zstd"),
    ("crawl.arc.gz", gzip.compress(ARC, mtime=0), "arc", "gzip"),
    ("crawl.bin", zstandard.compress(ARC), "arc", "zstd"),
    ("about.txt", b"filedesc: the description of a file", "text", None),
    ("rows.gz", gzip.compress(b'{"text": "a"}\n{"text": "b"}\n', mtime=0), "jsonl", "gzip"),
    ("rows.json", b'{"text": "a"}\n', "jsonl", None),
    ("long.jsonl", b'{"text": "' + b"a" * formats.HEAD, "jsonl", None),
    ("long.ndjson.gz", gzip.compress(b'{"text": "' + b"a" * 2 * formats.HEAD, mtime=0), "jsonl", "gzip"),
    ("long.gz", gzip.compress(b'{"text": "' + b"a" * 2 * formats.HEAD, mtime=0), "jsonl", "gzip"),
    ("places.json", b'{"type":"FeatureCollection","features":[' + b'{"type":"Feature"},' * 9999, "unknown", None),
    ("area.js.map", b'{"version":3,"mappings":"' + b"AAAA;" * 99999, "unknown", None),
    ("deep.json", b'{"a":' * 2000 + b"1" + b"}" * 2000, "unknown", None),
    ("deep.jsonl", b'{"a":' * 2000 + b"1" + b"}" * 2000, "jsonl", None),
    ("words.json", b'{"messages":{"hello":"Hello"}}', "unknown", None),
    ("words.json", b'{"text":{"hello":"Hello"},"code":3}', "unknown", None),
    ("chat.json", b'{"text":null,"messages":[]}', "jsonl", None),
    ("tokenizer.json", b'{\n  "version": "1.0"\n}', "unknown", None),
    ("part-0", b"PAR1\x15\x04", "parquet", None),
    ("page.txt", b"\xef\xbb\xbf <!-- saved --><!-- twice --> <!DOCTYPE html><p>x", "html", None),
    ("page.xhtml", b'<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN">', "html", None),
    ("fragment.html", b"just words", "html", None),
    ("notes.txt", b"just words", "text", None),
    ("notes.txt.gz", gzip.compress(b"just words", mtime=0), "text", "gzip"),
    ("README", "\u6587\u672c".encode("gbk"), "text", None),
    ("wide.txt", "words".encode("utf-16"), "text", None),
    ("picture.txt", PNG, "unknown", None),
    ("program.py", b"print()\n", "unknown", None),
    ("feed.xml", b'<?xml version="1.0"?><rss></rss>', "unknown", None),
    ("empty.txt", b"", "text", None),
    ("damaged.txt.gz", b"\x1f\x8b\x08damaged", "text", "gzip"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "head", "format_", "packing"), CASES)
def test_file_is_recognised(name: str, head: bytes, format_: str, packing: str | None) -> None:
    found = formats.sniff(f"some/folder.d/{name}", head)
    assert (found.format.name, found.packing) == (format_, packing)


@pytest.mark.parametrize("text", ["plain", "\u6587\u5b57\u5217", "\x1b$B%F%9%H\x1b(B"])
@pytest.mark.parametrize("codec", ["utf-8", "utf-16", "gb18030"])
def test_text_is_not_binary(text: str, codec: str) -> None:
    assert not formats.is_binary(text.encode(codec))


@given(st.binary(max_size=300), st.text(max_size=20))
def test_any_bytes_are_some_format(head: bytes, name: str) -> None:
    assert formats.sniff(name, head).format in (*formats.FORMATS, formats.UNKNOWN)


@pytest.mark.parametrize(("name", "line", "format"), [
    ("documents.json", b'{"id": 1, "text": "', "jsonl"),  # Dolma names JSON Lines so
    ("map.json", b'{"type": "FeatureCollection", "features": [', "unknown"),
    ("rows", b'{"id": 1, "messages": [', "jsonl"),
    ("rows", b'{"id": 1, "name": "', "text"),
])  # fmt: skip
def test_a_first_line_longer_than_what_is_looked_at_is_told_by_its_columns(name: str, line: bytes, format: str) -> None:
    head = (line + b"x" * formats.HEAD)[: formats.HEAD]
    assert formats.sniff(name, head).format.name == format
