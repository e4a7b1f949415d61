"""A sitemap -> the addresses that it lists, and whether these are sitemaps themselves (sitemaps.org/protocol.html).

`loc` elements are looked for in the bytes; no XML parser runs, so no entity is ever expanded and a broken file gives
what is whole in it. Plain lists of addresses, one a line, are sitemaps too. Linear in the size.
"""

from __future__ import annotations

import html
import re
import zlib
from typing import NamedTuple

MAX_URLS = 50_000  # sitemaps.org: of one file
MAX_BYTES = 52_428_800  # sitemaps.org: of one file, unpacked
LOC = re.compile(rb"<loc\s*>([^<]{1,8192})</loc|<loc\s*>\s*<!\[CDATA\[([^\]<]{1,8192})\]\]>")
INDEX = re.compile(rb"<sitemapindex[\s>]")
GZIP = b"\x1f\x8b"
HEAD = 1 << 16


class Sitemap(NamedTuple):
    """The addresses as they stand there; `is_index` says that they are of further sitemaps."""

    urls: list[str]
    is_index: bool


def sitemap(body: bytes) -> Sitemap:
    """What a sitemap lists; nothing where it is none."""
    if body.startswith(GZIP):
        body = _unpacked(body)
    body = body[:MAX_BYTES]
    if b"<" not in body[:HEAD]:
        lines = body.decode("utf-8", "replace").split("\n", MAX_URLS)[:MAX_URLS]
        return Sitemap([line.strip() for line in lines if line.startswith(("http://", "https://"))], False)
    urls: list[str] = []
    for found in LOC.finditer(body):
        urls.append(html.unescape((found[1] or found[2]).decode("utf-8", "replace")).strip())
        if len(urls) == MAX_URLS:
            break
    return Sitemap(urls, bool(INDEX.search(body, 0, HEAD)))


def _unpacked(body: bytes) -> bytes:
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(body, MAX_BYTES)
    except zlib.error:
        return b""
