"""A web site that does to a crawler whatever sites do: traps, loops, bodies without end, lies. It counts who asked what."""

from __future__ import annotations

import gzip
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Served = bytes | Callable[["Handler"], None]


def page(*links: str, text: str = "", head: str = "") -> bytes:
    """A page of HTML with links, as a whole response."""
    body = f"<html><head><title>{text}</title>{head}</head><body><p>{text or 'Text.'} {' '.join(links)}</p>" + "".join(
        f'<a href="{link}">{link}</a>\n' for link in links
    )
    return response(body.encode())


def response(body: bytes, status: str = "200 OK", **headers: str) -> bytes:
    """A whole response."""
    table = {"Content-Type": "text/html; charset=utf-8", "Content-Length": str(len(body))}
    table |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in table.items())
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + body


def redirect(target: str, status: str = "301 Moved") -> bytes:
    """A redirect."""
    return response(b"moved", status, Location=target)


class Handler(BaseHTTPRequestHandler):
    """Looks up what a path serves; everything is written as it stands there."""

    server: Site

    def do_GET(self) -> None:
        """Serve a path."""
        with self.server.lock:
            self.server.asked.append(self.path)
            self.server.headers.append(dict(self.headers))
        served = self.server.find(self.path)
        self.close_connection = True
        try:
            self.wfile.write(served) if isinstance(served, bytes) else served(self)
        except OSError:
            pass  # the crawler hung up, which is what it should do

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


class Site(ThreadingHTTPServer):
    """A server on a free port of 127.0.0.1."""

    daemon_threads = True

    def __init__(self, pages: Mapping[str, Served]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.pages = {re.compile(path): served for path, served in pages.items()}
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.lock = threading.Lock()

    def find(self, path: str) -> Served:
        """What the first pattern that fits serves."""
        return next(
            (s for pattern, s in self.pages.items() if pattern.fullmatch(path)), response(b"gone", "404 Not Found")
        )

    @property
    def url(self) -> str:
        """Where it is, without a slash."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Broken connections are what is tested."""


@contextmanager
def serving(pages: Mapping[str, Served]) -> Iterator[Site]:
    """A site that runs."""
    site = Site(pages)
    thread = threading.Thread(target=site.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        site.shutdown()
        site.server_close()


def drip(handler: Handler) -> None:
    """A body that comes a byte at a time, for ever."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>")
    for _ in range(400):
        handler.wfile.write(b"x")
        time.sleep(0.05)


def drip_head(handler: Handler) -> None:
    """A head that comes a byte at a time, for ever."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Filler: ")
    for _ in range(400):
        handler.wfile.write(b"x")
        time.sleep(0.05)


def endless(handler: Handler) -> None:
    """A body without end, as fast as it goes."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
    while True:
        handler.wfile.write(b"<p>More of the same. <a href=/from-endless>x</a></p>\n" * 1000)


def endless_head(handler: Handler) -> None:
    """Header lines without end."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        handler.wfile.write(b"X-More: of the same\r\n" * 1000)


def interim_for_ever(handler: Handler) -> None:
    """Interim responses, and never a final one."""
    while True:
        handler.wfile.write(b"HTTP/1.1 102 Processing\r\n\r\n" * 100)


def calendar(handler: Handler) -> None:
    """A month that links to the next and to its days."""
    month = int(handler.path.split("/")[2])
    days = [f"/calendar/{month}/{day}" for day in range(3)]
    handler.wfile.write(page(f"/calendar/{month + 1}", *days, text=f"Month {handler.path}"))


def piling_up(handler: Handler) -> None:
    """A relative link that makes the path longer each time."""
    handler.wfile.write(page("more/here/", text=f"At {handler.path}"))


def sorted_table(handler: Handler) -> None:
    """A table with ever more ways to sort it."""
    links = [f"/table?sort={n}&after={len(handler.path)}" for n in range(30)]
    handler.wfile.write(page(*links, text=f"Table {handler.path}"))


def same_again(handler: Handler) -> None:
    """The same page under addresses without end."""
    handler.wfile.write(response(b'<p>Same.</p><a href="x/">on</a>'))


def chained(handler: Handler) -> None:
    """A redirect to the next number."""
    handler.wfile.write(redirect(f"/chain/{int(handler.path.rsplit('/', 1)[1]) + 1}"))


def compressed(body: bytes) -> bytes:
    """A page that is sent gzipped."""
    return response(gzip.compress(body), Content_Encoding="gzip")
