"""What a crawl decides without the network: which machine, which site, which address, what a robots.txt says."""

from __future__ import annotations

import gzip
import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmctl.text.sources.crawling import answers, robots, scope
from llmctl.text.sources.crawling import frontier as frontier_module
from llmctl.text.sources.crawling.addresses import may_connect
from llmctl.text.sources.crawling.answers import Answer, answer_of, final_response, retry_after
from llmctl.text.sources.crawling.frontier import Errand, Frontier, Policy, Refusal
from llmctl.text.sources.crawling.sitemaps import MAX_URLS, sitemap
from llmctl.text.sources.crawling.traps import Budget, trap_of

QUICK = settings(max_examples=50, deadline=None)


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "8.8.8.8", "2606:2800:220:1::1", "::ffff:8.8.8.8", "2002:808:808::1"]
)
def test_public_addresses_may_be_asked(address: str) -> None:
    assert may_connect("host", address)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "127.255.255.254", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
     "192.0.2.1", "198.18.0.1", "203.0.113.7", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "192.0.0.8",
     "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "fec0::1", "ff02::1", "2001:db8::1", "100::1",
     "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "2002:7f00:1::1", "2002:a00:1::", "64:ff9b::7f00:1",
     "64:ff9b::a9fe:a9fe", "64:ff9b:1::7f00:1", "nonsense", "", "127.1"],
)  # fmt: skip
def test_addresses_that_are_not_public_may_not(address: str) -> None:
    assert not may_connect("host", address)


@pytest.mark.parametrize("allowed", ["127.0.0.1", "127.0.0.0/8", "here.example", "HERE.example", "0.0.0.0/0"])
def test_what_is_allowed_may_be_asked_although_it_is_private(allowed: str) -> None:
    assert may_connect("here.example", "127.0.0.1", (allowed,))
    assert not may_connect("elsewhere.example", "::1", (allowed,))


LETTERS = st.characters(max_codepoint=0x2FF)


@given(st.text(LETTERS, max_size=30), st.text(LETTERS, max_size=30))
@QUICK
def test_any_text_is_judged(host: str, address: str) -> None:
    assert may_connect(host, address, (host + "x", address + "/")) in (True, False)


@pytest.mark.parametrize(
    ("base", "link", "url"),
    [
        ("http://a/b/c", "d", "http://a/b/d"),
        ("http://a/b/c", "../../../d", "http://a/d"),
        ("http://a/b", "//B.example:80/x#y", "http://b.example/x"),
        ("http://a/b", "?q=1", "http://a/b?q=1"),
        ("http://a/b", "  \n c\td ", "http://a/cd"),
        ("http://a/b", "http://user:secret@a/c", "http://a/c"),
        ("http://a/b", "/c;jsessionid=0A1B?PHPSESSID=3&x=1", "http://a/c?x=1"),
        ("http://a/b", "/caf\u00e9", "http://a/caf%C3%A9"),
        ("http://a/b", "HTTPS://A/", "https://a/"),
        ("http://a/b", "#part", "http://a/b"),
        ("http://a/b", "mailto:x@y", None),
        ("http://a/b", "javascript:void(0)", None),
        ("http://a/b", "file:///etc/passwd", None),
        ("http://a/b", "ftp://a/", None),
        ("http://a/b", "http://[::1", None),
    ],
)
def test_links_are_resolved_to_one_spelling(base: str, link: str, url: str | None) -> None:
    assert scope.resolved(base, link) == url


@given(st.text(LETTERS, max_size=80))
@QUICK
def test_any_link_is_resolved_or_left(link: str) -> None:
    url = scope.resolved("http://host/base/page", link)
    assert url is None or (url.startswith(("http://", "https://")) and scope.resolved("http://other/", url) == url)


def test_http_and_https_of_a_host_are_one_site_and_other_ports_are_not() -> None:
    sites = scope.sites_of(["http://a.example/x", "https://b.example/"], ["c.example", "D.example:8080"])
    assert sites == {"a.example", "b.example", "c.example", "d.example:8080"}
    assert scope.site_of("https://a.example/") in sites
    assert scope.site_of("http://a.example:8080/") not in sites
    assert scope.origin_of("https://a.example:8443/x?y=//z") == "https://a.example:8443"


@pytest.mark.parametrize(
    ("path", "trap"),
    [
        ("/a/b/c", None),
        ("/2024/01/01/", None),
        ("/a/a/b", None),
        ("/a/a/a/b", "repeated_path"),
        ("/x/a/b/a/b/a/b", "repeated_path"),
        ("/a/b/c/a/b/c/a/b/c", "repeated_path"),
        ("/a//b//c", None),
        ("////////", None),
        ("/" + "/".join(map(str, range(21))), "segments"),
        ("/" + "x" * 2000, "url_length"),
        ("/picture.JPG", "type"),
        ("/archive.tar.gz?download=1", "type"),
        ("/page.html", None),
        ("/v1.2", None),
        ("/?file=x.jpg", None),
    ],
)
def test_traps_are_known_by_their_address(path: str, trap: str | None) -> None:
    assert trap_of(f"http://host{path}", 2000) == trap


def test_a_budget_is_spent_by_variants_of_a_path_and_by_numbers() -> None:
    budget = Budget(max_query_variants=2, max_alike=3)
    assert [budget.spend(f"http://h/t?sort={name}") for name in "abc"] == [None, None, "query_variants"]
    assert [budget.spend(f"http://h/day/{n}") for n in range(4)] == [None, None, None, "alike"]
    assert [budget.spend(f"http://h/{name}") for name in "abcdefgh"] == [None] * 8


@pytest.mark.parametrize(
    ("text", "urls", "is_index"),
    [
        (b"<urlset><url><loc> http://h/a?x&amp;y </loc></url><url><loc><![CDATA[http://h/b]]></loc></url>",
         ["http://h/a?x&y", "http://h/b"], False),
        (b"<?xml version='1.0'?><sitemapindex xmlns='x'><sitemap><loc>http://h/s.xml</loc></sitemap></sitemapindex>",
         ["http://h/s.xml"], True),
        (b"http://h/a\nhttps://h/b\r\nno address\n", ["http://h/a", "https://h/b"], False),
        (b"<urlset><url><image:loc>http://h/i</image:loc><loc>http://h/a</loc><loc>http://h/cut", ["http://h/a"], False),
        (b"", [], False), (b"\x1f\x8b\x08broken", [], False), (b"\xff\xfe<\0l\0", [], False),
    ],
)  # fmt: skip
def test_sitemaps_are_read(text: bytes, urls: list[str], is_index: bool) -> None:
    assert sitemap(text) == (urls, is_index)
    assert text.startswith(b"\x1f") or sitemap(gzip.compress(text)) == (urls, is_index)


def test_a_sitemap_has_bounds() -> None:
    bomb = gzip.compress(b"<urlset>" + b" " * 60_000_000 + b"<loc>http://h/behind</loc>")
    assert sitemap(bomb).urls == []
    assert len(sitemap(b"<loc>http://h/a</loc>" * (MAX_URLS + 10)).urls) == MAX_URLS
    began = time.process_time()
    assert sitemap(b"<loc>" * 2_000_000).urls == []
    assert sitemap(b"<loc>http://h/" * 500_000).urls == []
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    ("received", "kept"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiMORE", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n\r\nx",
         b"HTTP/1.1 200 OK\r\n\r\nx"),
        (b"HTTP/1.1 101 Switching\r\n\r\nx", b"HTTP/1.1 101 Switching\r\n\r\nx"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n2\r\nhi\r\n0\r\n\r\n",) * 2,
        (b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\nx",) * 2,
        (b"HTTP/1.1 200 OK\r\nContent-Le",) * 2,
        (b"",) * 2,
    ],
)  # fmt: skip
def test_what_is_kept_of_what_was_received(received: bytes, kept: bytes) -> None:
    assert final_response(received) == kept


def test_interim_responses_without_end_take_linear_time() -> None:
    began = time.process_time()
    assert final_response(b"HTTP/1.1 102 Processing\r\n\r\n" * 40_000) == b""
    assert final_response(b"HTTP/1.1 102 P\r\n" + b"A: b\r\n" * 100_000).startswith(b"HTTP/1.1 102")
    assert time.process_time() - began < 2


@given(st.binary(max_size=200), st.sampled_from([b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 302 X\r\nLocation: "]))
@QUICK
def test_any_bytes_are_an_answer(data: bytes, head: bytes) -> None:
    answer = answer_of(final_response(head + data))
    assert isinstance(answer.content_type, str) and isinstance(answer.is_passing, bool)
    retry_after(answer, 0.0)
    robots.rules_of(answer).allows("http://h/x")
    sitemap(answer.body)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("120", 120.0), ("0", 0.0), ("", None), ("-5", None), ("soon", None), ("1e999", None), ("nan", None),
     ("Thu, 01 Jan 1970 00:01:40 GMT", 90.0), ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0), ("Thu, 99 Foo 1970", None)],
)  # fmt: skip
def test_retry_after_is_read(said: str, seconds: float | None) -> None:
    assert retry_after(Answer(503, {"retry-after": said}), at=10.0) == seconds


def test_a_bomb_is_unpacked_to_its_limit() -> None:
    body = gzip.compress(b" " * 30_000_000)
    answer = answer_of(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + body)
    assert (len(answer.body), answer.truncated) == (answers.MAX_UNPACKED, "length")


def test_robots_rules_take_linear_time() -> None:
    text = "User-agent: *\n" + "Disallow: /" + "*a" * 5000 + "b\n" + "Disallow: /*x*y*z\n" * 20_000
    rules = robots.rules_of(Answer(200, {}, text.encode()))
    began = time.process_time()
    assert rules.allows("http://h/" + "a" * 1900)
    assert time.process_time() - began < 1


def test_half_a_rule_is_left_out() -> None:
    rules = robots.rules_of(Answer(200, {}, b"User-agent: *\nDisallow: /\nAllow: /a", truncated="length"))
    assert not rules.allows("http://h/a")


POLICY = Policy(
    max_depth=3, max_redirects=2, max_url_length=200, max_query_variants=5, max_alike=50, max_links=50, sitemaps=False,
    delay=1.0, max_delay=10.0, max_wait=60.0, max_tries=2, max_failures=4,
)  # fmt: skip
HTML = {"content-type": "text/html"}


def walk(frontier: Frontier, answers: dict[str, Answer], most: int = 200) -> list[str]:
    """Feed a frontier; what it asked or refused, in order."""
    course: list[str] = []
    while len(course) < most and (step := frontier.next()):
        if isinstance(step, Refusal):
            course.append(f"{step.reason} {step.url}")
            continue
        course.append(step.url)
        frontier.take(step, answers.get(step.url, Answer(404)), 10, at=float(len(course)))
    return course


def test_the_course_is_breadth_first_and_the_sites_take_turns() -> None:
    pages = {
        "http://a/": Answer(200, HTML, b"<a href=/1>x</a><a href=/2>x</a><a href=http://b/z>x</a>"),
        "http://a/1": Answer(200, HTML, b"<a href=/3>x</a>"),
        "http://b/": Answer(200, HTML, b"<a href=/y>"),
    }
    course = walk(Frontier(["http://a/", "http://b/"], (), POLICY), pages)
    assert [url for url in course if "robots" not in url] == [
        "http://a/", "http://b/", "http://a/1", "http://b/z", "http://a/2", "http://b/y", "http://a/3",
    ]  # fmt: skip


def test_robots_that_moved_are_asked_again_where_they_moved_to() -> None:
    pages = {"http://b/robots.txt": Answer(302, {"location": "http://a/rules"}), "http://a/rules": Answer(503)}
    frontier = Frontier(["http://b/"], ("a",), POLICY)
    assert walk(frontier, pages) == ["http://b/robots.txt", "http://a/rules", "http://a/rules"]
    assert frontier.stopped == {"b": "robots_unreachable"}


def test_failures_count_in_a_row() -> None:
    names = [f"{n}{end}" for n in range(6) for end in ("ok", "bad")]
    pages = {f"http://a/{name}": Answer(200 if "ok" in name else 500, HTML, name.encode()) for name in names}
    pages["http://a/"] = Answer(200, HTML, "".join(f"<a href={name}>" for name in names).encode())
    frontier = Frontier(["http://a/"], (), POLICY)
    assert len(walk(frontier, pages)) == 2 + 12
    assert frontier.failed == {"status_500": 6} and not frontier.stopped


def test_sitemaps_have_bounds_in_number_and_depth() -> None:
    def index(*names: object) -> Answer:
        return Answer(200, {}, b"<sitemapindex>" + b"".join(f"<loc>/{name}.xml</loc>".encode() for name in names))

    policy = replace(POLICY, sitemaps=True)
    assert len(walk(Frontier(["http://a/"], (), policy), {"http://a/sitemap.xml": index(*range(300))})) == 2 + 100
    nested = {"http://a/sitemap.xml": index("inner"), "http://a/inner.xml": index("deeper")}
    assert walk(Frontier(["http://a/"], (), policy), nested) == [
        "http://a/robots.txt", "http://a/", "http://a/sitemap.xml", "http://a/inner.xml",
    ]  # fmt: skip


def test_what_a_sitemap_lists_is_asked_however_many_are_alike() -> None:
    listed = "".join(f"<loc>/page?id={n}</loc>" for n in range(60))
    pages = {"http://a/sitemap.xml": Answer(200, {}, listed.encode())}
    frontier = Frontier(["http://a/"], (), replace(POLICY, sitemaps=True))
    assert len(walk(frontier, pages)) == 3 + 60


def test_a_page_of_text_is_a_page_and_has_no_links() -> None:
    pages = {"http://a/": Answer(200, {"content-type": "text/plain"}, b"<a href=/1>")}
    frontier = Frontier(["http://a/"], (), POLICY)
    assert walk(frontier, pages) == ["http://a/robots.txt", "http://a/"]
    assert frontier.pages == 1


def test_robots_of_another_scheme_are_asked_for_themselves() -> None:
    pages = {"http://a/": Answer(301, {"location": "https://a/"})}
    course = walk(Frontier(["http://a/"], (), POLICY), pages)
    assert course == ["http://a/robots.txt", "http://a/", "https://a/robots.txt", "https://a/"]


def test_a_site_that_moves_to_https_is_asked_there_at_once() -> None:
    pages = {
        "http://a/": Answer(301, {"location": "https://a/"}),
        "https://a/": Answer(200, HTML, b"<a href=http://a/1><a href=https://a/1><a href=http://b/2>"),
        "http://b/2": Answer(200, HTML, b"<a href=http://a/3>"),
    }
    course = walk(Frontier(["http://a/"], ("b",), POLICY), pages)
    assert [url for url in course if "robots" not in url] == [
        "http://a/", "https://a/", "https://a/1", "http://b/2", "https://a/3",
    ]  # fmt: skip


def test_robots_that_moved_to_another_site_of_the_crawl_are_waited_for() -> None:
    pages = {
        "http://a/robots.txt": Answer(301, {"location": "http://b/rules"}),
        "http://b/rules": Answer(200, {}, b"User-agent: *\nDisallow: /"),
    }
    course = walk(Frontier(["http://a/"], ("b",), POLICY), pages)
    assert course == ["http://a/robots.txt", "http://b/rules", "robots http://a/"]


@st.composite
def webs(draw: st.DrawFn) -> dict[str, Answer]:
    """A small web at random: pages, redirects, failures, robots."""
    urls = [f"http://{host}/{name}" for host in "ab" for name in ["", *map(str, range(5)), "robots.txt", "sitemap.xml"]]
    kinds = st.one_of(
        st.builds(
            lambda links: Answer(200, HTML, " ".join(f"<a href='{u}'>" for u in links).encode()),
            st.lists(st.sampled_from([*urls, "/x/x/x/x", "?q", "http://c/"]), max_size=5),
        ),
        st.builds(lambda to: Answer(302, {"location": to}), st.sampled_from([*urls, "http://c/", "mailto:x"])),
        st.builds(lambda why: Answer(failure=why), st.sampled_from(["timeout", "tls", "private_address", "dns"])),
        st.builds(Answer, st.sampled_from([200, 204, 304, 404, 429, 500, 503])),
        st.builds(lambda a: Answer(503, {"retry-after": a}), st.sampled_from(["1", "1000", "x"])),
        st.just(Answer(200, {"content-type": "text/plain"}, b"User-agent: *\nDisallow: /1\nCrawl-delay: 100")),
        st.just(Answer(200, {}, b"<sitemapindex><loc>http://a/sitemap.xml</loc><loc>http://a/3</loc>")),
    )
    return {url: draw(kinds) for url in urls}


@given(webs())
@settings(max_examples=50, deadline=None)
def test_any_web_is_crawled_to_an_end_and_any_beginning_of_the_course_leads_to_the_same(web: dict[str, Answer]) -> None:
    policy = replace(POLICY, sitemaps=True)
    frontier = Frontier(["http://a/", "http://b/1"], (), policy)
    course = walk(frontier, web, most=500)
    assert len(course) < 200
    asked = [step for step in course if step.startswith("http")]
    assert all(url.startswith(("http://a/", "http://b/")) for url in asked)
    assert max((asked.count(url) for url in set(asked)), default=0) <= 2 * (policy.max_redirects + 2) * policy.max_tries
    halfway = Frontier(["http://a/", "http://b/1"], (), policy)
    first = walk(halfway, web, most=len(course) // 2)
    assert first + walk(halfway, web) == course
    is_stopped = bool(frontier.stopped)
    assert frontier.revive() == is_stopped and frontier.stopped == {}


@pytest.mark.parametrize(("limit", "reason"), [("MAX_WAITING", "waiting"), ("MAX_KNOWN", "known")])
def test_memory_has_bounds(limit: str, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frontier_module, limit, 5)
    pages = {"http://a/": Answer(200, HTML, b"".join(b"<a href=/%d>" % n for n in range(20)))}
    frontier = Frontier(["http://a/"], (), POLICY)
    assert len(walk(frontier, pages)) <= 7
    assert frontier.refused[reason] >= 15


def test_an_errand_waits_for_its_site() -> None:
    frontier = Frontier(["http://a/"], (), POLICY)
    first = frontier.next()
    assert isinstance(first, Errand) and frontier.ready_at(first) == 0.0
    frontier.take(first, Answer(200, {}, b"User-agent: *\nCrawl-delay: 5"), 10, at=100.0)
    second = frontier.next()
    assert isinstance(second, Errand) and frontier.ready_at(second) == 105.0
    frontier.take(second, Answer(503, {"retry-after": "33"}), 10, at=105.0)
    third = frontier.next()
    assert isinstance(third, Errand) and (third.url, third.tries, frontier.ready_at(third)) == ("http://a/", 1, 138.0)
