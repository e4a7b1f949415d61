"""Bodies come out as a browser would show them, whatever the headers claim, within the limit."""

from __future__ import annotations

import gzip
import io
import tracemalloc
import zlib

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from llmctl.text.sources.web_archives import http

BODY = b"<html><p>the body of a page " * 20


def chunked(body: bytes, size: int = 50) -> bytes:
    pieces = [body[i : i + size] for i in range(0, len(body), size)]
    return b"".join(b"%x;x=y\r\n%s\r\n" % (len(p), p) for p in pieces) + b"0\r\n\r\n"


def response(headers: str, body: bytes, limit: int = 10**6) -> http.Message:
    return http.parse(f"HTTP/1.1 200 OK\r\n{headers}\r\n".encode() + body, limit)


ENCODED = {
    "nothing": ("", BODY),
    "chunked": ("Transfer-Encoding: chunked\r\n", chunked(BODY)),
    "announced but not chunked": ("Transfer-Encoding: chunked\r\n", BODY),
    "gzip": ("Content-Encoding: gzip\r\n", gzip.compress(BODY)),
    "x-gzip": ("content-encoding: X-GZIP\r\n", gzip.compress(BODY)),
    "deflate": ("Content-Encoding: deflate\r\n", zlib.compress(BODY)),
    "deflate without a wrapper": ("Content-Encoding: deflate\r\n", zlib.compress(BODY)[2:-4]),
    "brotli": ("Content-Encoding: br\r\n", brotli.compress(BODY)),
    "zstd": ("Content-Encoding: zstd\r\n", zstandard.compress(BODY)),
    "gzip then brotli": ("Content-Encoding: gzip, br\r\n", brotli.compress(gzip.compress(BODY))),
    "gzip, chunked": ("Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", chunked(gzip.compress(BODY))),
    "announced but not gzip": ("Content-Encoding: gzip\r\n", BODY),
    "announced but not brotli": ("Content-Encoding: br\r\n", BODY),
    "gzip announced twice": ("Content-Encoding: gzip\r\nContent-Encoding: gzip\r\n", gzip.compress(BODY)),
    "an encoding that is none": ("Content-Encoding: utf-8\r\n", BODY),
}


@pytest.mark.parametrize("encoding", ENCODED)
def test_body_is_decoded(encoding: str) -> None:
    assert response(*ENCODED[encoding]).body == BODY


def test_a_body_that_breaks_off_is_kept_up_to_the_break() -> None:
    assert BODY.startswith(response("Transfer-Encoding: chunked\r\n", chunked(BODY)[:300]).body)
    assert response("Transfer-Encoding: chunked\r\n", chunked(BODY[:100]) + b"zz").body == BODY[:100]
    assert BODY.startswith(response("Content-Encoding: gzip\r\n", gzip.compress(BODY)[:-12]).body)


def test_broken_header_lines_and_bare_newlines_are_read() -> None:
    message = http.parse(b"HTTP/1.0 404 Not Found\nbroken line\nContent-Type : text/html\nX: a\n  b\n\nbody", 100)
    assert message == (404, {"content-type": "text/html", "x": "a b"}, b"body", False)


def test_a_block_without_a_status_line_is_all_body() -> None:
    assert http.parse(b"<html>old server", 100) == (None, {}, b"<html>old server", False)


@pytest.mark.parametrize("bomb", ["gzip", "gzip, gzip", "br", "zstd"])
def test_a_decompression_bomb_stops_at_the_limit(bomb: str) -> None:
    zeros = bytes(50_000_000)
    body = {
        "gzip": lambda: gzip.compress(zeros),
        "gzip, gzip": lambda: gzip.compress(gzip.compress(zeros)),
        "br": lambda: brotli.compress(zeros, quality=1),
        "zstd": lambda: zstandard.compress(zeros),
    }[bomb]()
    tracemalloc.start()
    message = response(f"Content-Encoding: {bomb}\r\n", body, 100_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert message.too_large
    assert len(message.body) == 100_000
    assert peak < 2_000_000


@given(st.binary(max_size=300), st.integers(1, 60))
def test_dechunk_undoes_chunking(body: bytes, size: int) -> None:
    assert http.dechunk(io.BytesIO(chunked(body, size))).getvalue() == body


@given(st.binary(max_size=200), st.sampled_from(["gzip", "br", "deflate", "zstd", "chunked", "gzip, br"]))
def test_any_bytes_under_any_claim_give_some_body(noise: bytes, claim: str) -> None:
    assert len(response(f"Content-Encoding: {claim}\r\n", noise, 1000).body) <= 1000
