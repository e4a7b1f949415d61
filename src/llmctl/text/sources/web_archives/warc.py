"""WARC files as byte streams -> where their records lie (`index`), and the records of a range (`read`).

ISO 28500. fastwarc's iterator passes over damage in silence and here nothing may vanish, so the framing (members.py:
gzip members; framing.py: header blocks, lengths) is done in one pass that knows where it lost its way and finds it
again; fastwarc undoes lz4 and zstd and, in http.py, what servers did to bodies. Costs one decompression for `index`,
one more for `read`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from llmctl.text.sources.web_archives import http
from llmctl.text.sources.web_archives.framing import Frame, frames
from llmctl.text.sources.web_archives.members import Layout, framed

COUNTED = ("response", "resource", "conversion", "revisit")
RECORD = b"WARC/"
LAYOUT = Layout(frames, lambda top: top == RECORD, len(RECORD))
MAX_BYTES = 64_000_000
DATE = re.compile(r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?)?)?")  # W3C-DTF, may be cut short


@dataclass(frozen=True, slots=True)
class RecordSpan:
    """One record, or a damaged region: readers may begin at `offset` and stop at `end` (offsets in the file).

    `within` is the position inside the decompressed member, 0 unless the member holds several records.
    """

    offset: int
    end: int
    within: int
    kind: str | None
    error: str | None


@dataclass(frozen=True, slots=True)
class RawRecord:
    """A record that counts, its payload decoded; `too_large` payloads are cut at the limit."""

    offset: int
    within: int
    warc_type: str
    url: str | None
    date: str | None
    content_type: str | None
    http_status: int | None
    language: str | None
    payload: bytes
    too_large: bool
    truncated: str | None = None  # why whoever fetched it stored a part alone (ISO 28500 5.13)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A record or region that cannot be read."""

    offset: int
    within: int
    why: str


def index(stream: BinaryIO) -> Iterator[RecordSpan]:
    """Every record of a file, those that do not count as well, and every damaged region, in the order of the file.

    Spans of one gzip member (and all of a file that is one stream) share `offset` and `end`.
    """
    held: list[tuple[int, list[int], int, str | None, str | None]] = []
    for offset, stops, frame in framed(stream, 0, None, MAX_BYTES, LAYOUT):
        if held and held[0][0] != offset:
            yield from _spans(held)
            held.clear()
        held.append((offset, stops, frame.within, frame.headers.get("warc-type"), frame.error))
    yield from _spans(held)


def _spans(held: list[tuple[int, list[int], int, str | None, str | None]]) -> Iterator[RecordSpan]:
    for offset, stops, within, kind, error in held:
        yield RecordSpan(offset, stops[0], within, kind, error)


def read(
    stream: BinaryIO, start: int = 0, end: int | None = None, max_record_bytes: int = MAX_BYTES
) -> Iterator[RawRecord | Unreadable]:
    """The records that count among those that begin in [start, end), offsets that `index` gave; damage never raises."""
    for offset, _, frame in framed(stream, start, end, max_record_bytes, LAYOUT):
        headers = frame.headers
        kind = headers.get("warc-type")
        if frame.error and (kind is None or kind in COUNTED):
            yield Unreadable(offset, frame.within, frame.error)
        elif not frame.error and kind in COUNTED:
            yield _raw_record(offset, frame, headers, kind, max_record_bytes)


def _raw_record(offset: int, frame: Frame, headers: dict[str, str], kind: str, limit: int) -> RawRecord:
    content_type, status, payload, too_large = headers.get("content-type"), None, frame.block, frame.cut
    if content_type and content_type.lower().startswith("application/http"):
        message = http.parse(frame.block, limit)
        content_type, status = message.headers.get("content-type"), message.status
        payload, too_large = message.body, too_large or message.too_large
    url, date = headers.get("warc-target-uri"), headers.get("warc-date")
    return RawRecord(
        offset=offset,
        within=frame.within,
        warc_type=kind,
        url=url.removeprefix("<").removesuffix(">") if url else None,  # wget 1.x writes <URI>
        date=date if date and DATE.fullmatch(date) else None,
        content_type=content_type,
        http_status=status,
        language=headers.get("warc-identified-content-language"),
        payload=payload,
        too_large=too_large,
        truncated=headers.get("warc-truncated"),
    )
