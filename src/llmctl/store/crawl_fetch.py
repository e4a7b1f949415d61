"""One request over the network -> the bytes of the exchange as they went over the wire, or why there are none.

httpcore is the transport of httpx without what a crawler must not have: it knows no cookies, proxies, netrc, redirects
or environment. Its network backend is the seam at which names are resolved once, every address is judged, and the
connection goes to that address and no other; there bytes are recorded and counted, and the time of the whole exchange
runs out. One connection a request: a crawl waits longer between two requests than servers keep connections open.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import httpcore

from llmctl.text.sources.crawling.addresses import may_connect
from llmctl.text.sources.crawling.answers import final_response
from llmctl.text.sources.web_archives import http

ACCEPT = "text/html,application/xhtml+xml;q=0.9,text/plain;q=0.8,*/*;q=0.1"
# the first that fits names the failure
FAILURES: dict[type[Exception], str] = {
    httpcore.TimeoutException: "timeout",
    httpcore.ConnectError: "connect",
    httpcore.NetworkError: "disconnect",
    httpcore.ProtocolError: "protocol",
    httpcore.UnsupportedProtocol: "protocol",
    OSError: "disconnect",
    UnicodeError: "dns",
}


@dataclass(frozen=True, slots=True)
class Fetched:
    """An exchange: `response` is empty where there is a `failure`; `truncated` says why a body ends early."""

    request: bytes = b""
    response: bytes = b""
    failure: str | None = None
    truncated: str | None = None
    address: str | None = None


class _Refused(Exception):
    """No connection is made, and why."""


class _Enough(Exception):
    """More bytes came than are wanted."""


EXPECTED: tuple[type[Exception], ...] = (_Refused, *FAILURES)


@dataclass
class _Log:
    """What went over one connection, and how much may."""

    max_bytes: int
    timeout: float
    deadline: float
    sent: bytearray = field(default_factory=bytearray)
    received: bytearray = field(default_factory=bytearray)
    address: str | None = None

    def remaining(self) -> float:
        """Seconds that the next step may take."""
        left = min(self.timeout, self.deadline - time.monotonic())
        if left <= 0:
            raise httpcore.ReadTimeout("the time for this page is over")
        return left


def fetch(
    url: str, *, agent: str, allowed: Sequence[str], max_bytes: int, connect_timeout: float, read_timeout: float,
    page_timeout: float,
) -> Fetched:  # fmt: skip
    """GET `url`. Never raises for what a server does."""
    log = _Log(max_bytes + http.MAX_HEAD, read_timeout, time.monotonic() + page_timeout)
    parts = urlsplit(url)
    host = (parts.hostname or "").encode("ascii", "replace")
    target = f"{parts.path or '/'}{'?' * bool(parts.query)}{parts.query}".encode("ascii", "replace")
    asked = httpcore.URL(scheme=parts.scheme.encode(), host=host, port=parts.port, target=target)
    headers = {"Host": parts.netloc, "User-Agent": agent, "Accept": ACCEPT, "Accept-Encoding": "gzip",
               "Connection": "close"}  # fmt: skip
    failure, is_answered = None, False
    context = _trusted() if parts.scheme == "https" else None
    with httpcore.HTTPConnection(asked.origin, context, network_backend=_Backend(log, allowed)) as connection:
        try:
            timeouts = {"connect": connect_timeout, "read": read_timeout, "write": read_timeout}
            with connection.stream(
                "GET", asked, headers=list(headers.items()), extensions={"timeout": timeouts}
            ) as got:
                is_answered = True
                for _ in got.iter_stream():
                    pass  # the log has it
        except _Enough:
            failure = "length"
        except EXPECTED as error:
            is_late = time.monotonic() >= log.deadline and not isinstance(error, _Refused)
            failure = "timeout" if is_late else _name_of(error)
    return _fetched(log, failure, is_answered, max_bytes)


@lru_cache(maxsize=1)
def _trusted() -> ssl.SSLContext:
    """The authorities of Mozilla's list, as httpx trusts them; read once."""
    return httpcore.default_ssl_context()


def _name_of(error: Exception) -> str:
    if isinstance(error, _Refused):
        return str(error)
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return "tls"
        cause = cause.__cause__ or cause.__context__
    return next(name for kind, name in FAILURES.items() if isinstance(error, kind))


def _fetched(log: _Log, failure: str | None, is_answered: bool, max_bytes: int) -> Fetched:
    """What there is of a response counts, from its whole head on; its body up to the limit."""
    request, response = bytes(log.sent), final_response(bytes(log.received))
    if not is_answered:
        return Fetched(request, failure="protocol" if failure == "length" else failure, address=log.address)
    head = http.HEAD_END.search(response)
    wanted = (head.end() if head else 0) + max_bytes
    if len(response) > wanted:
        failure = "length"
    why = {None: None, "length": "length", "timeout": "time"}.get(failure, "disconnect")
    return Fetched(request, response[:wanted], None, why, log.address)


class _Backend(httpcore.NetworkBackend):
    """Connects to addresses that may be connected to, and records what goes over the connection."""

    def __init__(self, log: _Log, allowed: Sequence[str]) -> None:
        self.log, self.allowed = log, allowed

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,  # Any: httpcore's own union of tuples
    ) -> httpcore.NetworkStream:
        """A connection to the first of the host's addresses that takes one."""
        problem: Exception = httpcore.ConnectError("no address")
        for address in self._addresses(host, port):
            try:
                wait = min(timeout or self.log.timeout, self.log.remaining())
                stream = httpcore.SyncBackend().connect_tcp(address, port, wait)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                problem = error
                continue
            self.log.address = address
            return _Wire(stream, self.log)
        raise problem

    def _addresses(self, host: str, port: int) -> list[str]:
        """The addresses of a host, all of which must be fine: one that mixes public and private ones is up to something."""
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise _Refused("dns") from None
        addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
        if not all(may_connect(host, address, self.allowed) for address in addresses):
            raise _Refused("private_address")
        return addresses


class _Wire(httpcore.NetworkStream):
    """A connection that is recorded; over TLS what is recorded is what was encrypted."""

    def __init__(self, inner: httpcore.NetworkStream, log: _Log) -> None:
        self.inner, self.log = inner, log

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """What the server sends next."""
        data = self.inner.read(max_bytes, self.log.remaining())
        self.log.received += data
        if len(self.log.received) > self.log.max_bytes:
            raise _Enough
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send the request."""
        self.inner.write(buffer, self.log.remaining())
        self.log.sent += buffer

    def close(self) -> None:
        """Close the connection."""
        self.inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """The handshake, of which Python's ssl bounds the whole time and not that of each read."""
        return _Wire(self.inner.start_tls(ssl_context, server_hostname, self.log.remaining()), self.log)

    def get_extra_info(self, info: str) -> Any:  # Any: as httpcore declares it
        """What httpcore asks about the socket."""
        return self.inner.get_extra_info(info)
