"""ARC files -> where their records lie (`index`), and the records of a range (`read`); as warc.py does for WARC.

The Internet Archive's ARC file format 1.0 (Burner and Kahle, 1996): a line of fields (URL record version 1: address,
IP, date, type, length; version 2 has five more before the length), then as many bytes, then a line end; the first
record, `filedesc:`, describes the file. Lengths lie, addresses hold spaces and crawlers wrote `null` for a date, so a
record ends where its length says only if a record, or nothing, follows there; otherwise the next line of fields says so.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from itertools import groupby
from typing import BinaryIO

from llmctl.text.sources.web_archives import http
from llmctl.text.sources.web_archives.framing import LINE_ENDS, Frame, Window
from llmctl.text.sources.web_archives.members import Layout, framed
from llmctl.text.sources.web_archives.warc import MAX_BYTES, RawRecord, RecordSpan, Unreadable

LONGEST = 1 << 13  # bytes of a line of fields: an address of 8,000 (what servers take, RFC 9110 4.1) and its fields
FIELDS = (
    rb"([A-Za-z][A-Za-z0-9+.-]{0,20}:[^\r\n]{0,8000}?) (?:[0-9A-Fa-f.:]{2,45}|-|null) (\d{8,18}|null|-) "
    rb"([^ ;\r\n]{1,200}(?:; ?[^ ;\r\n]{1,100}){0,3})(?: (\d{3}|-) [^ \r\n]{1,100} [^ \r\n]{1,4000} -?\d{1,12} [^ \r\n]{1,300})?"
    rb" (-?\w{1,12})[ \t]*\r?\n"
)
LINE = re.compile(FIELDS)
NEXT = re.compile(rb"\n(?=%b)" % FIELDS)
AHEAD = 1 << 16  # bytes behind a length that lies in which the next record is looked for
DESCRIPTION = "filedesc:"


def frames(window: Window, limit: int) -> Iterator[Frame]:
    """Every record of a source and every stretch that is none; blocks are cut at `limit` bytes."""
    reported = False
    while window.skip_blank():
        within = window.position
        window.grow(LONGEST)
        line = LINE.match(window.ahead, 0, LONGEST)
        if line:
            frame = _record(window, within, line, limit)
        else:
            window.skip_to_record(NEXT, LONGEST)
            frame = Frame(within, b"", b"", False, window.pull.error or "garbage_between_records")
        reported = frame.error is not None
        yield frame
    if window.pull.error and not reported:
        yield Frame(window.position, b"", b"", False, window.pull.error)


def _record(window: Window, within: int, line: re.Match[bytes], limit: int) -> Frame:
    said = line[5]
    head = window.take(line.end())
    if not said.isdigit():
        return Frame(within, head, _to_next(window, limit), False, window.pull.error)
    length = int(said)
    if length > limit:
        block = window.take(limit)
        whole = window.skip(length - limit) == length - limit
        return Frame(within, head, block, True, None if whole else window.pull.error or "truncated")
    there = window.grow(length + LONGEST)
    if there >= length and _ends_at(window, length):
        return Frame(within, head, window.take(length), False, None)
    window.grow(length + AHEAD)
    if found := _next(window):
        return Frame(within, head, window.take(found).rstrip(LINE_ENDS), False, None)
    if there < length:
        return Frame(within, head, window.take(there), False, window.pull.error or "truncated")
    return Frame(within, head, window.take(length), False, None)


def _ends_at(window: Window, length: int) -> bool:
    """Whether a record begins behind the line ends at `length`, or nothing does."""
    at = length
    while at < len(window.ahead) and window.ahead[at] in LINE_ENDS:
        at += 1
    return at == len(window.ahead) or bool(LINE.match(window.ahead, at, at + LONGEST))


def _next(window: Window) -> int | None:
    """Where in the window the next line of fields begins."""
    if LINE.match(window.ahead, 0, LONGEST):
        return 0
    found = NEXT.search(window.ahead)
    return found.end() if found else None


def _to_next(window: Window, limit: int) -> bytes:
    """The bytes before the next line of fields, where nothing else says how many there are; at most `limit`."""
    window.grow(min(limit, AHEAD))
    found = _next(window)
    return window.take(min(len(window.ahead), limit) if found is None else found).rstrip(LINE_ENDS)


LAYOUT = Layout(frames, lambda top: bool(LINE.match(top)), LONGEST)


def index(stream: BinaryIO) -> Iterator[RecordSpan]:
    """Every record of a file, its description as well (kind warcinfo), and every damaged region, in the file's order."""
    for _, group in groupby(framed(stream, 0, None, MAX_BYTES, LAYOUT), key=lambda one: one[0]):
        held = [(offset, stops, frame.within, _kind(frame), frame.error) for offset, stops, frame in group]
        yield from (RecordSpan(offset, stops[0], within, kind, error) for offset, stops, within, kind, error in held)


def read(
    stream: BinaryIO, start: int = 0, end: int | None = None, max_record_bytes: int = MAX_BYTES
) -> Iterator[RawRecord | Unreadable]:
    """The records among those that begin in [start, end), offsets that `index` gave; damage never raises."""
    for offset, _, frame in framed(stream, start, end, max_record_bytes, LAYOUT):
        kind = _kind(frame)
        if frame.error and kind != "warcinfo":
            yield Unreadable(offset, frame.within, frame.error)
        elif kind == "response":
            yield _raw_record(offset, frame, max_record_bytes)


def _kind(frame: Frame) -> str | None:
    """As a WARC would call it; None for a stretch that is no record."""
    if not frame.head:
        return None
    return "warcinfo" if frame.head.lower().startswith(DESCRIPTION.encode()) else "response"


def _raw_record(offset: int, frame: Frame, limit: int) -> RawRecord:
    fields = LINE.match(frame.head)
    assert fields, "a frame with a head has fields"
    url, date, content_type, status = (_text(fields[i]) for i in (1, 2, 3, 4))
    message = http.parse(frame.block, limit)
    code = message.status if message.status is not None else int(status) if status and status.isdigit() else None
    return RawRecord(
        offset=offset,
        within=frame.within,
        warc_type="response",
        url=url,
        date=date_of(date or ""),
        content_type=message.headers.get("content-type", content_type),
        http_status=code,
        language=None,
        payload=message.body,
        too_large=frame.cut or message.too_large,
    )


def _text(value: bytes | None) -> str | None:
    if value is None:
        return None
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def date_of(digits: str) -> str | None:
    """`20080430204825` as W3C-DTF; None where it is no date."""
    try:
        return datetime.datetime.strptime(digits[:14], "%Y%m%d%H%M%S").strftime("%Y-%m-%dT%H:%M:%SZ")
    except ValueError:
        return None
