"""Knobs of `crawl-ingest`."""

from __future__ import annotations

from dataclasses import dataclass

from llmctl.settings.knobs import Size, knob

SOURCES = ("web", "conversation", "book", "scientific", "code", "qa", "other")


@dataclass(frozen=True)
class CrawlIngest:
    """What raw records become."""

    source: str | None = knob(
        None, "what the documents are (default: web for pages, other for plain files)", option=True, choices=SOURCES
    )
    extract: str = knob(
        "careful", "main text of HTML: trafilatura, or resiliparse (10 times faster, more boilerplate)",
        option=True, choices=("careful", "fast"),
    )  # fmt: skip
    max_record_bytes: Size = knob(Size(64_000_000), "larger decoded records go as too_large", low=1)
    shard_bytes: Size = knob(Size(0), "bytes of a unit of work (0: by the size of the input)", low=0)
