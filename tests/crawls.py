"""Crawls of sites that tests serve: limits that fit this machine, a clock that nobody waits for, readers of the WARC."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from hostile_site import Site, page, response
from warcio.archiveiterator import ArchiveIterator

from llmctl.store.crawl import Clock, CrawlFacts, CrawlLimits, crawl

FAST = CrawlLimits(
    delay=0.0, allow_private=("127.0.0.1",), connect_timeout=2, read_timeout=1, page_timeout=2, max_bytes=100_000
)
ALLOW_ALL = response(b"", Content_Type="text/plain")


@dataclass
class Hands:
    """A clock that is turned by waiting alone."""

    time: float = 1_800_000_000.0
    waits: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.time += seconds

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.time, self.sleep)


def of(site: Site, out: Path, path: str = "/", hands: Hands | None = None, **limits: Any) -> CrawlFacts:
    """The crawl of a site from one of its pages, with a clock that does not wait."""
    return crawl([site.url + path], out, replace(FAST, **limits), clock=(hands or Hands()).clock)


def records(out: Path) -> list[tuple[str, str, dict[str, str], bytes]]:
    """(type, path of the address, headers, block) of every record, as warcio reads them; every digest must be right."""
    found = []
    with out.open("rb") as stream:
        for record in ArchiveIterator(stream, check_digests="raise", no_record_parse=False):
            uri = record.rec_headers.get_header("WARC-Target-URI") or ""
            path = "/" + uri.partition("://")[2].partition("/")[2]
            found.append((record.rec_type, path, dict(record.rec_headers.headers), record.raw_stream.read()))
    return found


def notes(out: Path) -> dict[str, str]:
    """Address -> the first field of the note on it."""
    return {path: block.decode().split("\r\n")[0] for kind, path, _, block in records(out) if kind == "metadata"}


def truncated(out: Path) -> dict[str, str]:
    """Address -> why its body ends early."""
    return {path: head["WARC-Truncated"] for kind, path, head, _ in records(out) if "WARC-Truncated" in head}


SMALL = {
    r"/robots\.txt": ALLOW_ALL,
    r"/": page("/a", "/b", "a#part", "/a?PHPSESSID=1234", "/robots.txt"),
    r"/a": page("/b", "/c", "/", text="A"),
    r"/b": page("/d", text="B"),
    r"/c": page(text="C"),
    r"/d": page(text="D"),
}
