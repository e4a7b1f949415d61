"""Knobs of `crawl-ingest`: how each kind of source is read, and how far the crawler goes."""

from __future__ import annotations

import re
from dataclasses import dataclass

from llmctl.settings.knobs import BadValue, Size, knob

SOURCES = ("web", "conversation", "book", "scientific", "code", "qa", "other")
LICENSES = re.compile(r"\s*[A-Za-z0-9.+-]+\s*(?:,\s*[A-Za-z0-9.+-]+\s*)*")  # ids have such letters (SPDX 2.3 Annex D)
REMOVED_CODE = ("generated", "minified", "vendored", "data_like")


@dataclass(frozen=True)
class Conversation:
    """Logs, dialogues and chats."""

    policy: str = knob(
        "component", "how a dialogue of a log is laid out: all of it in time, a path, paths, messages, or a tree",
        choices=("component", "longest", "all-paths", "atomic", "tree"),
    )  # fmt: skip
    speakers: str = knob(
        "names", "speakers as the log names them, or numbered in each document", choices=("names", "numbered")
    )
    min_messages: int = knob(2, "a dialogue of fewer messages is no document", low=1)


@dataclass(frozen=True)
class Book:
    """Books."""

    unwrap: bool = knob(True, "join the hard-wrapped lines of prose to paragraphs")


@dataclass(frozen=True)
class Scientific:
    """Papers in TeX."""

    floats: str = knob(
        "captions", "what stays of figures and tables: their captions, nothing, or all",
        choices=("captions", "drop", "keep"),
    )  # fmt: skip
    appendices: bool = knob(True, "whether appendices stay")


@dataclass(frozen=True)
class Code:
    """Files of programs."""

    remove: tuple[str, ...] = knob(REMOVED_CODE, "what goes that nobody wrote by hand", choices=REMOVED_CODE)


@dataclass(frozen=True)
class Qa:
    """Questions of Stack Exchange."""

    min_unanswered_score: int = knob(1, "a question without an answer needs such a score")
    min_answer_score: int | None = knob(None, "answers below this score are left out")
    links: bool = knob(False, "write where links lead behind their text")
    site: str = knob("", "the site, for addresses of questions (default: found in the path of the dump)")


@dataclass(frozen=True)
class Urls:
    """Addresses of records."""

    block: tuple[str, ...] = knob((), "lists of hosts and addresses that are not wanted (UT1's layout)", metavar="PATH")
    unique: bool = knob(False, "of records of one address only the first that was served stays")


@dataclass(frozen=True)
class Crawl:
    """How far the crawler goes from the addresses it is given, how polite it is, and what it bears."""

    max_fetches: int = knob(0, "requests in all, robots.txt, redirects and failures included (0: five a page)", low=0)
    max_total_bytes: Size = knob(Size(10_000_000_000), "received in all", low=1)
    max_bytes: Size = knob(Size(10_000_000), "of one body; what is longer is cut, recorded and not followed", low=1)
    max_depth: int = knob(20, "links between a page and the start (Heritrix: 20 hops)", low=0)
    max_redirects: int = knob(5, "in a row (RFC 9309 2.3.1.2 for robots.txt)", low=0)
    max_url_length: int = knob(2000, "characters; longer addresses are hardly ever pages (sitemaps.org: 2048)", low=1)
    max_query_variants: int = knob(100, "addresses that differ in what follows `?`", low=1)
    max_alike: int = knob(1000, "addresses that differ in digits alone: calendars, counters", low=1)
    max_links: int = knob(5000, "links of one page that are looked at", low=0)
    sitemaps: bool = knob(True, "read the sitemaps that robots.txt names, else /sitemap.xml")
    hosts: tuple[str, ...] = knob((), "further hosts that links may lead to (host or host:port)", metavar="HOST")
    allow_private: tuple[str, ...] = knob(
        (), "hosts, addresses or networks that may be asked although they are not public", metavar="HOST", keyed=False
    )
    delay: float = knob(1.0, "seconds between two requests to a site; a longer Crawl-delay wins", low=0, keyed=False)
    max_delay: float = knob(60.0, "seconds of Crawl-delay that are obeyed at the most", low=0, keyed=False)
    max_wait: float = knob(300.0, "seconds of Retry-After; a site that asks for more is left", low=0, keyed=False)
    max_tries: int = knob(3, "of one address that fails in passing (timeout, 429, 502, 503, 504)", low=1, keyed=False)
    max_failures: int = knob(10, "in a row, after which a site is left", low=1, keyed=False)
    connect_timeout: float = knob(10.0, "seconds", low=0, keyed=False)
    read_timeout: float = knob(20.0, "seconds without a byte", low=0, keyed=False)
    page_timeout: float = knob(60.0, "seconds for one page in all", low=0, keyed=False)
    contact: str = knob("", "address in the User-Agent, where the owner of a site can complain", keyed=False)


@dataclass(frozen=True)
class CrawlIngest:
    """What raw records become."""

    source: str | None = knob(
        None, "read every record as this kind (default: the kind is found)", option=True, choices=SOURCES
    )
    extract: str = knob(
        "careful", "main text of HTML: trafilatura, or resiliparse and a look at its blocks (several times as fast)",
        option=True, choices=("careful", "fast"),
    )  # fmt: skip
    unit: str = knob("book", "a document a book, or one a chapter", option=True, choices=("book", "chapter"))
    licenses: str = knob(
        "any",
        "licences of code that may stay: any, permissive, SPDX ids, or several of them",
        option=True,
        metavar="IDS",
    )
    max_pages: int = knob(1000, "pages that are fetched from an address given as SOURCE", option=True, low=1)
    warc: str | None = knob(
        None,
        "where what is fetched is kept as it comes (default: OUT.warc.gz)",
        option=True,
        metavar="PATH",
        keyed=False,
    )
    languages: bool = knob(
        True, "say of every document its script, and the languages of its paragraphs where they differ"
    )
    conversation: Conversation = knob(Conversation(), "conversations of many")
    book: Book = knob(Book(), "books")
    scientific: Scientific = knob(Scientific(), "papers in TeX")
    code: Code = knob(Code(), "programs")
    crawl: Crawl = knob(Crawl(), "the crawler")
    qa: Qa = knob(Qa(), "questions and answers")
    url: Urls = knob(Urls(), "addresses")
    max_record_bytes: Size = knob(Size(64_000_000), "larger decoded records go as too_large", low=1)
    shard_bytes: Size = knob(Size(0), "bytes of a unit of work (0: by the size of the input)", low=0)

    def __post_init__(self) -> None:
        if not LICENSES.fullmatch(self.licenses):
            raise BadValue(
                f"licenses is any, permissive or SPDX ids with commas, for example MIT,Apache-2.0, not {self.licenses!r}"
            )
