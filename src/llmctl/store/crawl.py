"""A polite crawl: addresses -> a `.warc.gz` with everything that was asked and answered.

The loop, the clock and the waiting; what to ask next is decided in `text.sources.crawling`, the network is in
`crawl_fetch`, the file in `crawl_warc`. The file is the only state: a crawl that is started again replays it through the
same decisions and goes on behind it, so nothing that is stored is asked twice and the course is that of a crawl that
was never stopped. Limits of amount may be raised between two runs. One request at a time: a page a `delay` and site.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from llmctl import __version__
from llmctl.errors import BadSettings, UserError
from llmctl.settings.crawl_ingest import Crawl
from llmctl.settings.how import Progress, silent
from llmctl.store.crawl_fetch import Fetched, fetch
from llmctl.store.crawl_warc import Tape, opened
from llmctl.text.sources.crawling import robots, scope
from llmctl.text.sources.crawling.answers import Answer, answer_of
from llmctl.text.sources.crawling.frontier import Errand, Frontier, Policy, Refusal


@dataclass(frozen=True)
class CrawlLimits(Crawl):
    """The knobs of the crawler, and how many pages of text are fetched; then the crawl is done."""

    max_pages: int = 1000


@dataclass(frozen=True)
class CrawlFacts:
    """What a crawl came to, what was stored before it was resumed included."""

    pages: int  # of text, of content that was not there before
    fetches: int
    received: int  # bytes over the wire
    repeated: int  # pages with a content that was there before, under another address
    refused: Mapping[str, int]  # addresses that were not asked, by reason
    failed: Mapping[str, int]  # requests that brought no page, by reason
    stopped: Mapping[str, str]  # sites that were given up, and why
    ended: str  # done, max_pages, max_fetches, max_total_bytes
    replayed: int  # fetches that were in the file before


@dataclass(frozen=True)
class Clock:
    """Time, so that tests need not wait."""

    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep


def crawl(
    urls: Sequence[str],
    warc: Path,
    limits: CrawlLimits = CrawlLimits(),
    *,
    progress: Progress = silent,
    clock: Clock = Clock(),
) -> CrawlFacts:
    """Fetch what is reachable from `urls` on their hosts into `warc`, or go on where a crawl of the same was stopped.

    BadSettings for addresses that are none; UserError where no page is got, or `warc` holds something else.
    """
    policy = Policy(**{f.name: getattr(limits, f.name) for f in fields(Policy)})
    seeds = [_checked(url) for url in urls]
    frontier = Frontier(seeds, map(_checked_host, limits.hosts), policy)
    about = {"version": __version__, "format": "WARC File Format 1.1", "robots": "obey",
             "http-header-user-agent": _agent(limits), "seeds": " ".join(seeds)}  # fmt: skip
    with opened(warc, about, clock.now()) as tape:
        replayed = _replay(frontier, tape)
        if frontier.fetches and not _full(frontier, limits) and frontier.revive():
            tape.add_note(None, clock.now(), {"resumed": "sites that were given up are tried again"})
        _go_on(frontier, tape, limits, clock, progress)
    facts = CrawlFacts(
        frontier.pages, frontier.fetches, frontier.received, frontier.repeated, dict(frontier.refused),
        dict(frontier.failed), frontier.stopped, _full(frontier, limits) or "done", replayed,
    )  # fmt: skip
    if not facts.pages:
        raise UserError(_why_nothing(urls, facts, frontier.led_out))
    return facts


def _checked(url: str) -> str:
    found = scope.resolved(url, "")
    if found is None or not scope.is_site(scope.site_of(found)):
        raise BadSettings(f"{url} is not an address to crawl; write for example https://host/path")
    return found


def _checked_host(host: str) -> str:
    sites = scope.sites_of((), [host])
    if "/" in host or not sites or not all(map(scope.is_site, sites)):
        raise BadSettings(f"hosts: {host!r} is no host; write for example www.example.org or example.org:8080")
    return host


def _agent(limits: CrawlLimits) -> str:
    return f"{robots.AGENT}/{__version__}{f' (+{limits.contact})' if limits.contact else ''}"


def _full(frontier: Frontier, limits: CrawlLimits) -> str | None:
    """Which limit of amount is reached."""
    amounts = (
        ("max_pages", frontier.pages, limits.max_pages),
        ("max_fetches", frontier.fetches, limits.max_fetches or 5 * limits.max_pages),
        ("max_total_bytes", frontier.received, limits.max_total_bytes),
    )
    return next((name for name, value, limit in amounts if value >= limit), None)


def _replay(frontier: Frontier, tape: Tape) -> int:
    """Lead the frontier through what is stored; how many fetches that were."""
    for entry in tape.recorded():
        if "resumed" in entry.note:
            frontier.revive()
            continue
        step = frontier.next()
        if step is None or step.url != entry.url or isinstance(step, Refusal) != ("refused" in entry.note):
            raise UserError(
                f"{tape.path} was crawled from other addresses, with other settings or by another version (it has "
                f"{entry.url or 'nothing'} where {step.url if step else 'nothing'} would come); choose another --warc"
            )
        if isinstance(step, Errand):
            failure = entry.note.get("failed")
            answer = Answer(failure=failure) if failure else answer_of(entry.block, entry.truncated)
            frontier.take(step, answer, len(entry.block), entry.date)
    return frontier.fetches


def _go_on(frontier: Frontier, tape: Tape, limits: CrawlLimits, clock: Clock, progress: Progress) -> None:
    """Ask until nothing is left or a limit is reached."""
    while not _full(frontier, limits) and (step := frontier.next()):
        if isinstance(step, Refusal):
            note = {"refused": step.reason, "target": step.target}
            tape.add_note(step.url, clock.now(), {name: value for name, value in note.items() if value})
            continue
        progress(frontier.pages, limits.max_pages, step.url)
        wait = frontier.ready_at(step) - clock.now()
        if wait > 0:
            clock.sleep(min(wait, max(limits.delay, limits.max_delay, limits.max_wait)))  # clocks may jump
        got = _ask(step, limits)
        now = round(clock.now(), 3)  # as exact as the file can tell it: decisions by dates must come out the same
        _store(tape, step, got, now)
        frontier.take(step, _answer(got), len(got.response), now)


def _ask(errand: Errand, limits: CrawlLimits) -> Fetched:
    return fetch(
        errand.url,
        agent=_agent(limits),
        allowed=limits.allow_private,
        max_bytes=robots.MAX_BYTES if errand.kind == "robots" else limits.max_bytes,
        connect_timeout=limits.connect_timeout,
        read_timeout=limits.read_timeout,
        page_timeout=limits.page_timeout,
    )


def _answer(got: Fetched) -> Answer:
    return Answer(failure=got.failure) if got.failure else answer_of(got.response, got.truncated)


def _store(tape: Tape, errand: Errand, got: Fetched, date: float) -> None:
    about = {"WARC-IP-Address": got.address, "WARC-Truncated": got.truncated}
    if got.failure:
        tape.add_note(errand.url, date, {"failed": got.failure})
    else:
        tape.add_exchange(errand.url, date, got.request, got.response, {k: v for k, v in about.items() if v})


def _why_nothing(urls: Sequence[str], facts: CrawlFacts, led_out: str) -> str:
    """One sentence for a crawl without a page."""
    start, why = f"no page was fetched from {', '.join(urls[:3])}", ", ".join(facts.failed)
    if led_out:
        return f"{start}: it redirects to {led_out}; give that address, or allow it with hosts={scope.site_of(led_out)}"
    if "private_address" in facts.failed:
        return f"{start}: its address is not public; allow it with --set crawl.allow_private=HOST if it is yours"
    if "robots_unreachable" in facts.stopped.values():
        return f"{start}: its robots.txt cannot be read ({why}), which forbids everything; run the same command again later"
    if "robots" in facts.refused:
        return f"{start}: its robots.txt forbids it; ask the owner, or choose another address"
    return f"{start}: what came was no page of text ({why or facts.ended}); check the address"
