"""A crawl of a site that does everything wrong: what it asks, what it never asks, what it writes down."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from pathlib import Path
from typing import Any

import hostile_site as hostile
import pytest
from crawls import ALLOW_ALL, FAST, notes, of, records, truncated
from hostile_site import page, redirect, response, serving
from hypothesis import given, settings
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator

from llmctl.errors import UserError
from llmctl.store.crawl import CrawlFacts
from llmctl.text.sources.web_archives import warc

HOSTILE = {
    r"/robots\.txt": response(
        b"User-agent: *\nDisallow: /private/\nDisallow: /*.secret$\nSitemap: /sitemap_index.xml\n", Content_Type="text/plain"
    ),
    r"/sitemap_index\.xml": response(
        b"<sitemapindex><sitemap><loc>/pages.xml</loc></sitemap><sitemap><loc>http://other.invalid/s.xml</loc></sitemap>"
        b"<sitemap><loc>/sitemap_index.xml</loc></sitemap></sitemapindex>",
        Content_Type="text/xml",
    ),
    r"/pages\.xml": response(
        b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><urlset><url><loc>/listed?x=1&amp;y=2</loc>'
        b"</url><url><loc>&b;</loc></url><url><loc>/private/listed</loc></url></urlset>",
        Content_Type="text/xml",
    ),
    r"/": page(
        "/good", "/private/x", "/file.secret", "/calendar/1", "/piling/", "/table", "/same/", "/chain/1", "/loop/a",
        "/self", "/out", "/huge", "/slow", "/slow-head", "/headers", "/interim", "/garbage", "/short", "/chunks",
        "/bomb", "/nofollow", "/header-nofollow", "/picture.jpg", "/data", "/error", "/long?" + "x" * 3000,
        "http://other.invalid/", "http://127.0.0.1:1/", "//evil.invalid/x", "mailto:a@example.org", "javascript:alert(1)",
        "file:///etc/passwd", "http://[::1", "http://user:pass@127.0.0.1:1/", "ftp://127.0.0.1/", "data:text/html,x",
        "/utf/caf\u00e9 \u4e2d", "/base", "/refresh", "/latin",
    ),
    r"/good": page("/good/deeper", text="Good"),
    r"/good/deeper": page(text="Deeper"),
    r"/listed.*": page(text="Listed"),
    r"/private/.*|/file\.secret": page(text="Private"),
    r"/calendar/.*": hostile.calendar,
    r"/piling/.*": hostile.piling_up,
    r"/table.*": hostile.sorted_table,
    r"/same/.*": hostile.same_again,
    r"/chain/.*": hostile.chained,
    r"/loop/a": redirect("/loop/b"),
    r"/loop/b": redirect("/loop/a", "302 Found"),
    r"/self": redirect("/self", "307 Temporary"),
    r"/out": redirect("http://other.invalid/elsewhere"),
    r"/huge": hostile.endless,
    r"/slow": hostile.drip,
    r"/slow-head": hostile.drip_head,
    r"/headers": hostile.endless_head,
    r"/interim": hostile.interim_for_ever,
    r"/garbage": b"\x00\x01 this is no HTTP\r\n\r\n",
    r"/short": b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1000\r\n\r\n<a href=/from-short>x</a>",
    r"/chunks": b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nHello\r\nZZ\r\n",
    r"/bomb": hostile.compressed(b"<a href=/from-bomb>x</a>" + b" " * 25_000_000),
    r"/nofollow": page("/from-nofollow", text="N", head='<meta name="robots" content="index, nofollow">'),
    r"/header-nofollow": response(b'<a href="/from-nofollow">x</a> H', X_Robots_Tag="nofollow"),
    r"/data": response(b'<a href="/from-data">x</a>', Content_Type="application/json"),
    r"/error": response(b'<a href="/from-error">x</a>', "500 Error"),
    r"/utf/.*": page(text="U"),
    r"/base": page("in-base", text="B", head='<base href="/elsewhere/">'),
    r"/elsewhere/in-base": page(text="E"),
    r"/refresh": page(text="R", head='<meta http-equiv="refresh" content="0; url=/refreshed">'),
    r"/refreshed": page(text="Refreshed"),
    r"/latin": response("<p>caf\u00e9</p><a href='/good'>x</a>".encode("latin-1"), Content_Type="text/html"),
}  # fmt: skip


@pytest.fixture(scope="module")
def hostile_crawl(tmp_path_factory: pytest.TempPathFactory) -> tuple[hostile.Site, CrawlFacts, Path, float]:
    """One crawl of a site that does everything wrong."""
    out = tmp_path_factory.mktemp("hostile") / "c.warc.gz"
    with serving(HOSTILE) as site, serving({}) as bait:
        site.pages = {
            key: (page_with_bait(bait.url) if key.pattern == "/" else served) for key, served in site.pages.items()
        }
        began = time.monotonic()
        facts = of(
            site,
            out,
            max_depth=6,
            max_query_variants=10,
            max_failures=20,
            max_tries=2,
            page_timeout=1.0,
            read_timeout=0.5,
        )
        took = time.monotonic() - began
        assert bait.asked == []  # another port of the same machine is another site
    return site, facts, out, took


def page_with_bait(url: str) -> bytes:
    """The start page with one link more, to a server that really is there."""
    whole = HOSTILE[r"/"]
    assert isinstance(whole, bytes)
    body = whole.partition(b"\r\n\r\n")[2] + f'<a href="{url}/">bait</a>'.encode()
    return response(body)


def test_a_hostile_site_is_left_within_the_limits(hostile_crawl: Any) -> None:
    _, facts, _, took = hostile_crawl
    assert facts.ended == "done"
    assert took < 15
    assert facts.fetches < 120
    assert facts.received < 1_500_000


def test_what_robots_forbid_is_never_asked_and_noted(hostile_crawl: Any) -> None:
    site, facts, out, _ = hostile_crawl
    assert not [path for path in site.asked if path.startswith("/private") or path.endswith(".secret")]
    assert {p for p, note in notes(out).items() if note == "refused: robots"} == {
        "/private/x", "/private/listed", "/file.secret",
    }  # fmt: skip
    assert facts.refused["robots"] == 3


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/calendar/", 6 * 4),  # max_depth months, each with its days
        ("/piling/", 3),  # two repetitions of `more/here/`
        ("/table", 1 + 10),  # max_query_variants
        ("/same/", 2),  # its content was there before
        ("/chain/", 6),  # max_redirects
        ("/loop/", 2),
        ("/self", 1),
        ("/error", 1),
        ("/slow-head", 2),  # max_tries
    ],
)
def test_traps_cost_no_more_than_their_limit(path: str, most: int, hostile_crawl: Any) -> None:
    site, *_ = hostile_crawl
    assert 1 <= sum(asked.startswith(path) for asked in site.asked) <= most


@pytest.mark.parametrize("path", ["nofollow", "bomb", "short", "endless", "data", "error"])
def test_links_are_not_followed_from(path: str, hostile_crawl: Any) -> None:
    site, *_ = hostile_crawl
    assert f"/from-{path}" not in site.asked


@pytest.mark.parametrize(
    "path",
    ["/good/deeper", "/listed?x=1&y=2", "/utf/caf%C3%A9%20%E4%B8%AD", "/elsewhere/in-base", "/refreshed", "/latin"],
)
def test_links_are_found_in(path: str, hostile_crawl: Any) -> None:
    site, *_ = hostile_crawl
    assert site.asked.count(path) == 1


def test_what_is_never_asked(hostile_crawl: Any) -> None:
    site, facts, *_ = hostile_crawl
    assert not [p for p in site.asked if p.startswith(("/picture", "/long")) or "passwd" in p]
    assert facts.refused["type"] == 1 and facts.refused["url_length"] == 1
    assert not [
        path for path, n in Counter(site.asked).items() if n > 1 and not path.startswith(("/slow", "/in", "/he"))
    ]


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/slow-head", "failed: timeout"),
        ("/headers", "failed: protocol"),
        ("/interim", "failed: protocol"),
        ("/garbage", "failed: protocol"),
        ("/out", "refused: redirect_out"),
        ("/chain/6", "refused: redirects"),
    ],
)
def test_what_could_not_be_fetched_is_noted(path: str, why: str, hostile_crawl: Any) -> None:
    assert notes(hostile_crawl[2]).get(path) == why


def test_bodies_that_end_early_are_kept_and_say_why(hostile_crawl: Any) -> None:
    assert truncated(hostile_crawl[2]) == {
        "/huge": "length", "/slow": "time", "/short": "disconnect", "/chunks": "disconnect",
    }  # fmt: skip


def test_a_huge_body_is_cut_at_its_limit(hostile_crawl: Any) -> None:
    huge = next(b for kind, path, _, b in records(hostile_crawl[2]) if kind == "response" and path == "/huge")
    assert len(huge) == FAST.max_bytes


def test_warcio_reads_all_of_the_warc_with_right_digests(hostile_crawl: Any) -> None:
    site, facts, out, _ = hostile_crawl
    kinds = Counter(kind for kind, *_ in records(out))
    assert kinds["warcinfo"] == 1
    assert kinds["request"] == kinds["response"]
    failed = sum(note.startswith("failed") for note in notes(out).values())
    assert kinds["response"] + failed <= facts.fetches == len(site.asked)


def test_a_request_names_its_response(hostile_crawl: Any) -> None:
    found = [(kind, head) for kind, _, head, _ in records(hostile_crawl[2]) if kind in ("request", "response")]
    for (_, asked), (_, said) in zip(found[::2], found[1::2], strict=True):
        assert asked["WARC-Concurrent-To"] == said["WARC-Record-ID"]
        assert asked["WARC-Target-URI"] == said["WARC-Target-URI"]


def test_every_record_has_its_digests(hostile_crawl: Any) -> None:
    for kind, _, head, _ in records(hostile_crawl[2]):
        assert head["WARC-Block-Digest"].startswith("sha1:")
        assert kind == "warcinfo" or head["WARC-Payload-Digest"].startswith("sha1:")


def test_a_changed_byte_breaks_a_digest(tmp_path: Path) -> None:
    from llmctl.store.crawl_warc import record

    member = record("response", "http://a/", 0.0, b"HTTP/1.1 200 OK\r\n\r\nbody", "application/http; msgtype=response")
    import zlib

    plain = zlib.decompress(member, 31).replace(b"body", b"bODy")
    (tmp_path / "x.warc").write_bytes(plain)
    with pytest.raises(Exception, match="digest"):
        records(tmp_path / "x.warc")


def test_our_own_reader_reads_the_same_responses(hostile_crawl: Any) -> None:
    out = hostile_crawl[2]
    with out.open("rb") as stream:
        ours = list(warc.read(stream))
    assert not [one for one in ours if isinstance(one, warc.Unreadable)]
    assert ["/" + one.url.partition("://")[2].partition("/")[2] for one in ours] == [
        path for kind, path, *_ in records(out) if kind == "response"
    ]
    by_path = {one.url.rsplit("/", 1)[1]: one for one in ours}
    assert by_path["good"].http_status == 200 and b"/good/deeper" in by_path["good"].payload
    assert by_path["bomb"].payload.startswith(b"<a href=/from-bomb>")


def test_blocks_are_the_bytes_of_the_wire(tmp_path: Path) -> None:
    odd = b"HTTP/1.1 200 Fine\r\nX-oDD:   two  spaces\r\ncontent-type: text/html\r\nContent-Length: 2\r\n\r\nhiEXTRA"
    with serving({r"/": odd, r"/robots\.txt": ALLOW_ALL}) as site:
        of(site, tmp_path / "c.warc.gz", sitemaps=False)
    with (tmp_path / "c.warc.gz").open("rb") as stream:
        blocks = {
            (r.rec_type, r.rec_headers.get_header("WARC-Target-URI")): r.raw_stream.read()
            for r in ArchiveIterator(stream, no_record_parse=True)
        }
    assert blocks["response", f"{site.url}/"] == odd.removesuffix(b"EXTRA")
    assert blocks["request", f"{site.url}/"].startswith(b"GET / HTTP/1.1\r\nHost: 127.0.0.1:")


PIECES = [
    b"HTTP/1.1 200 OK\r\n", b"HTTP/1.0 200\r\n", b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    b"HTTP/1.1 999 X\r\n", b"HTTP/2 200\r\n", b"HTTP/1.1 204 No\r\n", b"HTTP/1.1 301 X\r\n", b"HTTP/1.1 103 Hints\r\n\r\n",
    b"Content-Length: 3\r\n", b"Content-Length: -3\r\n", b"Content-Length: 3, 3\r\n", b"Content-Length: 99999999999999999999\r\n",
    b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: gzip\r\n", b"Content-Encoding: gzip\r\n", b"Location: /\xff\x00\r\n",
    b"Location: http://[\r\n", b"Content-Type: \xe4;charset=\xff\r\n", b": no name\r\n", b" folded\r\n", b"\r\n", b"\n", b"\0",
    b"5\r\nhello\r\n", b"0\r\n\r\n", b"FFFFFFFFFFFF\r\n", b"<a href=/x>", b"\x1f\x8b\x08\0\0\0\0\0\0\0",
]  # fmt: skip


def test_any_answer_is_borne_and_written_down(tmp_path: Path) -> None:
    served = [b""]
    with serving({r"/robots\.txt": response(b""), r".*": lambda handler: handler.wfile.write(served[0])}) as site:

        @given(st.lists(st.sampled_from(PIECES), max_size=8))
        @settings(max_examples=50, deadline=None)
        def crawled(pieces: list[bytes]) -> None:
            served[0], out = b"".join(pieces), tmp_path / "c.warc.gz"
            out.unlink(missing_ok=True)
            with contextlib.suppress(UserError):
                of(site, out, sitemaps=False, max_fetches=6, max_tries=1)
            assert [kind for kind, *_ in raw_records(out)][:3] == ["warcinfo", "request", "response"]

        crawled()


def raw_records(out: Path) -> list[tuple[str, bytes]]:
    """Type and block of every record as they stand in the file."""
    with out.open("rb") as stream:
        return [(r.rec_type, r.raw_stream.read()) for r in ArchiveIterator(stream, no_record_parse=True)]
