"""A crawl that was killed goes on where it was, asks nothing again that is stored, and comes to the same end."""

from __future__ import annotations

import gzip
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from email.utils import formatdate
from pathlib import Path

import pytest
from crawls import ALLOW_ALL, FAST, SMALL, Hands, notes, of, records
from hostile_site import Handler, Site, page, redirect, response, serving

from llmctl.errors import UserError
from llmctl.store.crawl import crawl

SCRIPT = """
import sys
from pathlib import Path
from llmctl.store.crawl import CrawlLimits, crawl
print(crawl([sys.argv[1]], Path(sys.argv[2]), CrawlLimits(delay=0.0, allow_private=("127.0.0.1",))).pages)
"""


def tree(handler: Handler) -> None:
    """A page of a tree of 80 pages, three links a page, served slowly enough to be interrupted."""
    time.sleep(0.003)
    path = handler.path.rstrip("/")
    links = [f"{path}/{n}" for n in "abc"] if path.count("/") < 4 else []
    handler.wfile.write(page(*links, text=f"Page {path} " + "text " * 300))


TREE = {
    r"/robots\.txt": response(b"User-agent: *\nDisallow: /b/b\nSitemap: /sitemap.txt"),
    r"/sitemap\.txt": response(b"/no address\n", Content_Type="text/plain"),
    r"/a/b": redirect("/c/c"),
    r".*": tree,
}


def responses(out: Path) -> list[str]:
    return [path for kind, path, *_ in records(out) if kind == "response"]


def killed_after(requests: int, site: Site, out: Path) -> None:
    """Crawl in a process of its own that is killed when the site has seen so many requests."""
    process = subprocess.Popen([sys.executable, "-c", SCRIPT, site.url, str(out)], stdout=subprocess.PIPE)
    while len(site.asked) < requests and process.poll() is None:
        time.sleep(0.001)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL


def test_a_crawl_that_is_killed_comes_to_the_same_end_and_asks_nothing_twice(tmp_path: Path) -> None:
    with serving(TREE) as site:
        undisturbed = of(site, tmp_path / "u.warc.gz")
        expected = responses(tmp_path / "u.warc.gz")
        site.asked.clear()
        for requests in (1, 17, 55):
            killed_after(requests, site, tmp_path / "k.warc.gz")
        facts = of(site, tmp_path / "k.warc.gz")
        asked = Counter(site.asked)
    assert responses(tmp_path / "k.warc.gz") == expected
    assert len(expected) > 80
    assert sum(asked.values()) - len(asked) <= 3  # what was on its way when the process was killed
    assert facts == replace(undisturbed, replayed=facts.replayed)
    assert facts.replayed >= 50
    assert notes(tmp_path / "k.warc.gz") == notes(tmp_path / "u.warc.gz")


def test_a_file_that_is_cut_anywhere_is_gone_on_with(tmp_path: Path) -> None:
    out = tmp_path / "c.warc.gz"
    with serving({**SMALL, r"/d": page("/private", text="D")}) as site:
        facts = of(site, out)
        whole, expected = out.read_bytes(), responses(out)
        first = gzip_members(whole)[1]
        for end in range(first, len(whole), max((len(whole) - first) // 40, 1)):
            out.write_bytes(whole[:end])
            again = of(site, out)
            assert (again.pages, again.fetches, responses(out)) == (facts.pages, facts.fetches, expected), end


def gzip_members(data: bytes) -> list[int]:
    """Where the members of a file begin, and its end."""
    import zlib

    edges = [0]
    while edges[-1] < len(data):
        inflate = zlib.decompressobj(31)
        inflate.decompress(data[edges[-1] :])
        edges.append(len(data) - len(inflate.unused_data))
    return edges


@pytest.mark.parametrize("part", ["request", "request and half a response"])
def test_half_an_exchange_is_cut_off(part: str, tmp_path: Path) -> None:
    out = tmp_path / "c.warc.gz"
    with serving(SMALL) as site:
        of(site, out)
        whole = out.read_bytes()
        edges = gzip_members(whole)
        assert len(edges) == 2 + 2 * 7
        out.write_bytes(whole[: edges[-2] + (0 if part == "request" else 30)])
        assert of(site, out).replayed == 6
    assert site.asked[7:] == ["/d"]
    assert [kind for kind, *_ in records(out)].count("request") == 7


def test_nothing_of_what_was_cut_off_is_left_behind_a_shorter_answer(tmp_path: Path) -> None:
    out = tmp_path / "c.warc.gz"
    answers = [response(os.urandom(50_000)), page(text="D")]
    with serving({**SMALL, r"/d": lambda handler: handler.wfile.write(answers.pop(0))}) as site:
        of(site, out)
        out.write_bytes(out.read_bytes()[:-40])
        of(site, out)
    assert responses(out)[-1] == "/d" and answers == []
    assert out.stat().st_size < 20_000


def test_a_crawl_that_is_done_is_not_touched_again(tmp_path: Path) -> None:
    out = tmp_path / "c.warc.gz"
    with serving(SMALL) as site:
        facts = of(site, out)
        before, asked = out.read_bytes(), list(site.asked)
        assert of(site, out) == replace(facts, replayed=facts.fetches)
    assert (out.read_bytes(), site.asked) == (before, asked)


def test_a_crawl_goes_on_when_it_may_have_more_pages(tmp_path: Path) -> None:
    with serving(SMALL) as site:
        of(site, tmp_path / "whole.warc.gz")
        for pages in (1, 2, 4, 100):
            facts = of(site, tmp_path / "c.warc.gz", max_pages=pages)
            assert facts.pages == min(pages, 5)
        assert of(site, tmp_path / "c.warc.gz", max_pages=2).ended == "max_pages"
    assert responses(tmp_path / "c.warc.gz") == responses(tmp_path / "whole.warc.gz")
    assert Counter(site.asked[7:]).most_common(1)[0][1] == 1


def test_a_crawl_that_has_all_its_pages_is_not_touched_for_a_site_that_was_given_up(tmp_path: Path) -> None:
    out = tmp_path / "c.warc.gz"
    with serving(SMALL) as site, serving({r"/robots\.txt": response(b"", "500 Error")}) as ill:
        limits = replace(FAST, max_pages=3)
        facts = crawl([site.url, ill.url], out, limits, clock=Hands().clock)
        assert (facts.pages, len(facts.stopped)) == (3, 1)
        before = out.read_bytes()
        assert crawl([site.url, ill.url], out, limits, clock=Hands().clock).stopped == facts.stopped
    assert out.read_bytes() == before


def test_a_date_to_come_back_at_is_decided_the_same_way_again(tmp_path: Path) -> None:
    hands = Hands(time=1_800_000_000.123456789)
    at = formatdate(1_800_000_000 + FAST.max_wait, usegmt=True)  # a wait that is just short of the most
    answers = [response(b"busy", "503 Busy", Retry_After=at), page("/b", "/c", text="A")]
    with serving({**SMALL, r"/a": lambda handler: handler.wfile.write(answers.pop(0))}) as site:
        facts = of(site, tmp_path / "c.warc.gz", hands=hands, sitemaps=False)
        assert (facts.pages, facts.stopped) == (5, {})
        assert of(site, tmp_path / "c.warc.gz", hands=hands, sitemaps=False) == replace(facts, replayed=facts.fetches)


def test_waiting_goes_on_over_a_kill(tmp_path: Path) -> None:
    hands = Hands()
    with serving(SMALL) as site:
        of(site, tmp_path / "c.warc.gz", hands=hands, delay=10.0, max_pages=1)
        hands.time += 4
        hands.waits.clear()
        of(site, tmp_path / "c.warc.gz", hands=hands, delay=10.0, max_pages=2)
    assert hands.waits[0] == pytest.approx(6.0)


def test_other_addresses_are_another_crawl(tmp_path: Path) -> None:
    out = tmp_path / "c.warc.gz"
    with serving(SMALL) as site:
        of(site, out)
        before = out.read_bytes()
        with pytest.raises(UserError, match="choose another --warc"):
            of(site, out, path="/b")
    assert out.read_bytes() == before


FOREIGN = gzip.compress(b"WARC/1.0\r\nWARC-Type: warcinfo\r\nContent-Length: 0\r\n\r\n\r\n\r\n", mtime=0)


@pytest.mark.parametrize(
    "content",
    [b"notes of mine\n", gzip.compress(b"notes of mine\n", mtime=0), b"\x1f\x8b\x08", FOREIGN, b"\0" * 100],
    ids=["text", "packed text", "torn", "another's WARC", "zeros"],
)
def test_a_file_of_others_is_refused_and_not_touched(content: bytes, tmp_path: Path) -> None:
    out = tmp_path / "c.warc.gz"
    out.write_bytes(content)
    with pytest.raises(UserError, match="is not a crawl of llmctl"):
        crawl(["http://127.0.0.1:1/"], out, FAST)
    assert out.read_bytes() == content


def test_damage_before_the_end_is_refused_and_not_touched(tmp_path: Path) -> None:
    out = tmp_path / "c.warc.gz"
    with serving(SMALL) as site:
        of(site, out)
        data = bytearray(out.read_bytes())
        data[gzip_members(bytes(data))[4] + 60] ^= 0xFF
        out.write_bytes(data)
        with pytest.raises(UserError, match="damaged behind byte"):
            of(site, out)
    assert out.read_bytes() == data


def test_a_broken_end_is_cut_off(tmp_path: Path) -> None:
    out = tmp_path / "c.warc.gz"
    with serving(SMALL) as site:
        of(site, out)
        expected, data = responses(out), out.read_bytes()
        out.write_bytes(data[:-40] + b"\0" * 40)  # what a loss of power leaves
        of(site, out)
    assert responses(out) == expected


def test_two_crawls_do_not_write_one_file(tmp_path: Path) -> None:
    out = tmp_path / "c.warc.gz"
    seen: list[str] = []

    def meanwhile(handler: Handler) -> None:
        try:
            crawl(["http://127.0.0.1:1/"], out, FAST)
        except UserError as error:
            seen.append(str(error))
        handler.wfile.write(page(text="Mine"))

    with serving({r"/robots\.txt": ALLOW_ALL, r"/": meanwhile}) as site:
        assert of(site, out, sitemaps=False).pages == 1
    assert len(seen) == 1 and "is being written by another crawl" in seen[0]
