"""A response as it came over the wire -> what a crawl reads of it: status, headers, body, where it leads, when to return.

Nothing is believed: bodies are unpacked up to a limit, numbers have bounds, dates may be nonsense.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

from llmctl.text.sources import formats
from llmctl.text.sources.web_archives import http

MAX_UNPACKED = 20_000_000  # bytes of a body that are read for links: twice the default of `max_bytes`
REDIRECTS = (301, 302, 303, 307, 308)  # RFC 9110 15.4
BUSY = (429, 502, 503, 504)  # RFC 6585 4, RFC 9110 15.6: ask again later
PAGES = ("text/html", "application/xhtml+xml")
TEXTS = (*PAGES, "text/plain", "text/markdown")
INTERIM = re.compile(
    rb"HTTP/1\.[01] 1(?!01)\d\d[^\n]*\n(?:[^\r\n][^\n]*\n)*\r?\n"
)  # RFC 9110 15.2: before the response


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for one request. `failure` says why nothing did; `truncated` why the body ends early."""

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    failure: str | None = None  # timeout, connect, tls, dns, disconnect, protocol, private_address
    truncated: str | None = None  # length, time, disconnect (ISO 28500 5.13)

    @property
    def content_type(self) -> str:
        """The declared type, without parameters; where none is declared, what the body looks like."""
        declared = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        return declared or (PAGES[0] if formats.is_html(self.body[: formats.HEAD]) else "unknown")

    @property
    def location(self) -> str | None:
        """Where a redirect leads."""
        return self.headers.get("location") if self.status in REDIRECTS else None

    @property
    def trouble(self) -> str | None:
        """Why a host is not well: a failure, a body cut off by time or by the host, or a status that blames the host."""
        if self.failure or self.truncated in ("time", "disconnect"):
            return self.failure or self.truncated
        return f"status_{self.status}" if self.status == 429 or self.status >= 500 else None

    @property
    def is_passing(self) -> bool:
        """Whether a trouble may be over when the same is asked again."""
        return self.failure in ("timeout", "connect", "dns", "disconnect") or self.status in BUSY


def answer_of(block: bytes, truncated: str | None = None) -> Answer:
    """A stored response."""
    message = http.parse(block, MAX_UNPACKED)
    truncated = truncated or ("length" if message.too_large else None)
    return Answer(message.status or 0, message.headers, message.body, None, truncated)


def final_response(received: bytes) -> bytes:
    """What was received without interim responses before it, and without what follows the length that it declares."""
    start = 0
    while interim := INTERIM.match(received, start):
        start = interim.end()
    end = http.HEAD_END.search(received, start)
    if not end:
        return received[start:]
    headers = http.fields(received[start : end.start()])
    length = headers.get("content-length", "").partition(",")[0].strip()
    if "transfer-encoding" in headers or not length.isdecimal() or len(length) > 18:
        return received[start:]
    return received[start : end.end() + int(length)]


def retry_after(answer: Answer, at: float) -> float | None:
    """Seconds that the host asks to wait (RFC 9110 10.2.3), counted from `at` where it names a date."""
    said = answer.headers.get("retry-after", "").strip()
    try:
        wait = float(said) if said[:1].isdecimal() else parsedate_to_datetime(said).timestamp() - at
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return max(wait, 0.0) if math.isfinite(wait) else None
