"""A crawl asks what it may, as often as it may, of the hosts that it was given and of no machine that is private."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import threading
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import hostile_site as hostile
import pytest
from crawls import ALLOW_ALL, FAST, SMALL, Hands, notes, of, records
from hostile_site import page, redirect, response, serving

from llmctl.errors import BadSettings, UserError
from llmctl.store.crawl import crawl


def test_pages_are_asked_once_each_and_breadth_first(tmp_path: Path) -> None:
    with serving(SMALL) as site:
        facts = of(site, tmp_path / "c.warc.gz")
    assert site.asked == ["/robots.txt", "/", "/sitemap.xml", "/a", "/b", "/c", "/d"]
    assert (facts.pages, facts.fetches, facts.ended) == (5, 7, "done")


def test_the_crawler_names_itself_and_brings_nothing_along(tmp_path: Path) -> None:
    cookie = response(b'<a href="/a">a</a>', Set_Cookie="id=1")
    with serving({**SMALL, r"/": cookie}) as site:
        site.pages = {**{k: v for k, v in site.pages.items() if k.pattern == "/"}, **site.pages}
        of(site, tmp_path / "c.warc.gz", contact="https://example.org/crawl")
    assert {h["User-Agent"].partition("/")[0] for h in site.headers} == {"llmctl"}
    assert all(h["User-Agent"].endswith("(+https://example.org/crawl)") for h in site.headers)
    assert not any({"Cookie", "Authorization", "Referer"} & set(h) for h in site.headers)


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "ALL_PROXY"])
def test_proxies_of_the_environment_are_not_used(
    variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(SMALL) as site, serving({}) as proxy:
        monkeypatch.setenv(variable, proxy.url)
        assert of(site, tmp_path / "c.warc.gz").pages == 5
    assert proxy.asked == []


@pytest.mark.parametrize(
    ("robots", "asked", "stopped"),
    [
        (response(b"no", "404 Not Found"), True, None),
        (response(b"no", "403 Forbidden"), True, None),
        (response(b"no", "500 Error"), False, "cannot be read"),
        (response(b"no", "503 Busy"), False, "cannot be read"),
        (b"nonsense\r\n\r\n", False, "cannot be read"),
        (redirect("/rules.txt"), True, None),
        (redirect("http://other.invalid/robots.txt"), False, "redirects to"),
        (redirect("/chain/0"), True, None),  # RFC 9309 2.3.1.2: too many redirects are no robots.txt
        (response(b"User-agent: *\nDisallow: /", Content_Type="text/plain"), False, None),
        (response(b"User-agent: other\nDisallow: /\n\nUser-agent: LLMCTL\nAllow: /"), True, None),
        (response(b"User-agent: *\nAllow: /\n\nUser-agent: llmctl\nDisallow: /"), False, None),
        (response(b"User-agent: *\nDisallow:\n" + b"#" * 600_000 + b"\nDisallow: /"), True, None),  # behind 500 KiB
        (response("\ufeffUser-agent: *\nDisallow: /".encode()), False, None),
        (response(b"User-agent: *\rDisallow: /"), False, None),
    ],
)
def test_robots_txt_is_obeyed(robots: bytes, asked: bool, stopped: str | None, tmp_path: Path) -> None:
    pages = {r"/robots\.txt": robots, r"/": page(), r"/rules\.txt": ALLOW_ALL, r"/chain/.*": hostile.chained}
    with serving(pages) as site:
        if asked:
            assert of(site, tmp_path / "c.warc.gz").pages == 1
        else:
            with pytest.raises(UserError, match=stopped or "forbids it"):
                of(site, tmp_path / "c.warc.gz")
    assert ("/" in site.asked) == asked


def test_a_crawl_delay_of_robots_is_waited(tmp_path: Path) -> None:
    hands = Hands()
    slow = {**SMALL, r"/robots\.txt": response(b"User-agent: *\nCrawl-delay: 7.5")}
    with serving(slow) as site:
        of(site, tmp_path / "c.warc.gz", hands=hands, delay=1.0, sitemaps=False)
    assert hands.waits == [7.5] * 5


@pytest.mark.parametrize(
    ("said", "waited"),
    [(b"Crawl-delay: 1e300", 60), (b"Crawl-delay: -5", 1), (b"Crawl-delay: nan", 1), (b"Request-rate: 1/20", 20)],
)
def test_delays_of_robots_have_a_bound(said: bytes, waited: float, tmp_path: Path) -> None:
    hands = Hands()
    with serving({r"/robots\.txt": response(b"User-agent: *\n" + said), r"/": page()}) as site:
        of(site, tmp_path / "c.warc.gz", hands=hands, delay=1.0, sitemaps=False)
    assert hands.waits == [waited]


def test_two_sites_are_asked_in_turn_and_each_waits_for_itself(tmp_path: Path) -> None:
    hands = Hands()
    with serving(SMALL) as one, serving(SMALL) as two:
        limits = replace(FAST, delay=2.0, sitemaps=False)
        facts = crawl([one.url, two.url], tmp_path / "c.warc.gz", limits, clock=hands.clock)
    assert facts.pages == 10
    assert one.asked == two.asked
    assert hands.waits == [2.0] * 5


def busy(times: int, **headers: str) -> Any:
    """A page that is busy so often, then fine."""
    left = [times]

    def serve(handler: hostile.Handler) -> None:
        left[0] -= 1
        handler.wfile.write(response(b"busy", "503 Busy", **headers) if left[0] >= 0 else page(text="Fine"))

    return serve


@pytest.mark.parametrize(
    ("headers", "times", "waits"),
    [({"Retry_After": "7"}, 1, [7.0]), ({}, 2, [1.0, 2.0]), ({"Retry_After": "soon"}, 1, [1.0])],
)
def test_a_busy_host_is_asked_again_later(
    headers: dict[str, str], times: int, waits: list[float], tmp_path: Path
) -> None:
    hands = Hands()
    with serving({r"/robots\.txt": ALLOW_ALL, r"/": busy(times, **headers)}) as site:
        facts = of(site, tmp_path / "c.warc.gz", hands=hands, sitemaps=False)
    assert (facts.pages, hands.waits) == (1, waits)


def test_a_host_that_wants_more_time_than_there_is_is_left_and_asked_again_by_the_next_run(tmp_path: Path) -> None:
    out = tmp_path / "c.warc.gz"
    pages = {
        r"/robots\.txt": ALLOW_ALL,
        r"/": page("/x", "/y"),
        r"/x": busy(1, Retry_After="3600"),
        r"/y": page(text="y"),
    }
    with serving(pages) as site:
        facts = of(site, out, sitemaps=False)
        assert (facts.pages, facts.stopped) == (1, {site.url.removeprefix("http://"): "retry_after"})
        assert site.asked == ["/robots.txt", "/", "/x"]
        later = of(site, out, sitemaps=False)
        assert (later.pages, later.stopped) == (3, {})
        size = out.stat().st_size
        assert of(site, out, sitemaps=False) == replace(later, replayed=later.fetches)
    assert site.asked == ["/robots.txt", "/", "/x", "/x", "/y"]
    assert out.stat().st_size == size


def test_a_host_that_fails_again_and_again_is_left(tmp_path: Path) -> None:
    pages = {r"/robots\.txt": ALLOW_ALL, r"/": page(*(f"/e/{n}" for n in range(50))), r"/e/.*": response(b"", "500 No")}
    with serving(pages) as site:
        facts = of(site, tmp_path / "c.warc.gz", sitemaps=False, max_failures=5)
    assert list(facts.stopped.values()) == ["failures"]
    assert len(site.asked) == 2 + 5


@pytest.mark.parametrize(
    ("limits", "pages", "ended"),
    [({"max_pages": 2}, 2, "max_pages"), ({"max_fetches": 4}, 3, "max_fetches"),
     ({"max_total_bytes": 200}, 1, "max_total_bytes"), ({"max_depth": 1}, 3, "done")],
)  # fmt: skip
def test_limits_of_amount_end_the_crawl(limits: dict[str, int], pages: int, ended: str, tmp_path: Path) -> None:
    with serving(SMALL) as site:
        facts = of(site, tmp_path / "c.warc.gz", sitemaps=False, **limits)
    assert (facts.pages, facts.ended) == (pages, ended)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "127.1", "0x7f000001", "2130706433", "0", "[::ffff:127.0.0.1]"]
)
def test_this_machine_is_never_asked_unless_allowed(host: str, tmp_path: Path) -> None:
    with serving(SMALL) as site:
        url = site.url.replace("127.0.0.1", host)
        with pytest.raises(UserError, match=r"not public|private|dns"):
            crawl([url], tmp_path / "c.warc.gz", replace(FAST, allow_private=()), clock=Hands().clock)
    assert site.asked == []


def test_a_name_that_means_this_machine_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up = []

    def lookup(host: str, port: int, *rest: Any, **more: Any) -> list[Any]:
        looked_up.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port)) for a in ("93.184.216.34", "127.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    with serving(SMALL) as site:
        url = site.url.replace("127.0.0.1", "rebinding.example")
        with pytest.raises(UserError, match="not public"):
            crawl([url], tmp_path / "c.warc.gz", replace(FAST, allow_private=()), clock=Hands().clock)
    assert looked_up == ["rebinding.example"]
    assert site.asked == []


def test_a_name_is_looked_up_once_a_connection_and_that_address_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    real = socket.getaddrinfo

    def lookup(host: str, port: int, *rest: Any, **more: Any) -> list[Any]:
        asked.append(host)
        return real("127.0.0.1" if host == "site.example" else host, port, *rest, **more)

    with serving(SMALL) as site:
        monkeypatch.setattr(socket, "getaddrinfo", lookup)
        url = site.url.replace("127.0.0.1", "site.example")
        facts = crawl([url], tmp_path / "c.warc.gz", replace(FAST, sitemaps=False), clock=Hands().clock)
    assert facts.pages == 5
    assert Counter(asked)["site.example"] == facts.fetches
    assert set(asked) == {"site.example", "127.0.0.1"}
    assert site.headers[0]["Host"].startswith("site.example:")
    assert {h["WARC-IP-Address"] for k, _, h, _ in records(tmp_path / "c.warc.gz") if k == "response"} == {"127.0.0.1"}


def test_a_redirect_to_another_port_is_not_followed(tmp_path: Path) -> None:
    with serving(SMALL) as other, serving({r"/robots\.txt": ALLOW_ALL, r"/": redirect(other.url + "/a")}) as site:
        with pytest.raises(UserError, match=rf"redirects to {other.url}/a; give that address"):
            of(site, tmp_path / "c.warc.gz")
        assert other.asked == []
        host = other.url.removeprefix("http://")
        assert of(site, tmp_path / "d.warc.gz", hosts=(host,), sitemaps=False).pages >= 4


def test_tls_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    import ssl

    made = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "k.pem", "-out", "c.pem", "-days", "1",
         "-subj", "/CN=127.0.0.1"], cwd=tmp_path, capture_output=True,
    ) if Path("/usr/bin/openssl").exists() else None  # fmt: skip
    if made is None or made.returncode:
        pytest.skip("openssl is not installed")
    with serving(SMALL) as site:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tmp_path / "c.pem", tmp_path / "k.pem")
        site.socket = context.wrap_socket(site.socket, server_side=True)
        with pytest.raises(UserError, match="cannot be read"):
            crawl([site.url.replace("http", "https")], tmp_path / "c.warc.gz", FAST, clock=Hands().clock)
    assert site.asked == []
    assert notes(tmp_path / "c.warc.gz") == {"/robots.txt": "failed: tls"}


@pytest.mark.parametrize(
    "url", ["", "host", "ftp://host/", "file:///etc/passwd", "http://", "http://ho st/", "http://a:99999/"]
)
def test_what_is_no_address_is_said_before_anything_is_written(url: str, tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="is not an address to crawl"):
        crawl([url], tmp_path / "c.warc.gz", FAST)
    assert list(tmp_path.iterdir()) == []


def test_a_handshake_that_drips_is_ended(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            with contextlib.suppress(OSError):  # the crawler hangs up, the test ends
                connection, _ = server.accept()
                connection.sendall(b"\x16\x03\x03\x3f\xff")  # a record of 16 kB begins
                while connection.send(b"\x02"):
                    time.sleep(0.05)

        threading.Thread(target=drip, daemon=True).start()
        began = time.monotonic()
        url = f"https://127.0.0.1:{server.getsockname()[1]}/"
        with pytest.raises(UserError, match="cannot be read"):
            crawl([url], tmp_path / "c.warc.gz", replace(FAST, page_timeout=0.4, max_tries=1), clock=Hands().clock)
    assert time.monotonic() - began < 2
    assert notes(tmp_path / "c.warc.gz") == {"/robots.txt": "failed: timeout"}


@pytest.mark.parametrize("host", ["https://www.example.org", "", "a b", "host/path", "host:port"])
def test_what_is_no_host_is_said(host: str, tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="is no host"):
        crawl(["http://127.0.0.1:1/"], tmp_path / "c.warc.gz", replace(FAST, hosts=(host,)))
    assert list(tmp_path.iterdir()) == []


def test_robots_txt_has_a_size_of_its_own(tmp_path: Path) -> None:
    long = response(b"User-agent: *\n" + b"#" * 400_000 + b"\nDisallow: /a\n")
    with serving({**SMALL, r"/robots\.txt": long}) as site:
        of(site, tmp_path / "c.warc.gz", max_bytes=10_000)
    assert "/b" in site.asked and "/a" not in site.asked


def test_robots_txt_without_end_is_read_to_its_limit(tmp_path: Path) -> None:
    def endless(handler: hostile.Handler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nUser-agent: *\nDisallow: /a\n")
        while True:
            handler.wfile.write(b"# and so on\n" * 1000)

    with serving({**SMALL, r"/robots\.txt": endless}) as site:
        facts = of(site, tmp_path / "c.warc.gz", page_timeout=20, max_bytes=10_000_000)
    assert "/b" in site.asked and "/a" not in site.asked
    assert facts.received < 520_000
