"""What a crawl asks next: a machine that is fed with answers, and the same answers always lead it the same way.

Breadth first within a site, the sites in turn; robots.txt of an origin before anything else of it, its sitemaps behind
what already waits. It holds no clock and no connection: `at` is when an answer came, `ready_at` the earliest moment of
the next request. Because its course is a function of the answers alone, a crawl is resumed by feeding it the answers
that were stored. Memory: 250 bytes an address that waits, 70 an address that is known.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import xxhash

from llmctl.text.sources import charset
from llmctl.text.sources.crawling import robots, scope
from llmctl.text.sources.crawling.answers import PAGES, TEXTS, Answer, retry_after
from llmctl.text.sources.crawling.links import links
from llmctl.text.sources.crawling.sitemaps import sitemap
from llmctl.text.sources.crawling.traps import Budget, trap_of

MAX_WAITING = 200_000  # addresses that wait at once for one site: 50 MB, 440 MB where each is as long as it may be
MAX_KNOWN = 4_000_000  # addresses that are told from new ones: 280 MB
MAX_SITEMAPS = 100  # files of one site
MAX_NESTING = 2  # an index, what it lists, and no index below that (sitemaps.org allows one level)


@dataclass(frozen=True)
class Policy:
    """How far a crawl goes and how much it bears: the part of its limits that decides what is asked."""

    max_depth: int
    max_redirects: int
    max_url_length: int
    max_query_variants: int
    max_alike: int
    max_links: int
    sitemaps: bool
    delay: float
    max_delay: float
    max_wait: float
    max_tries: int
    max_failures: int


@dataclass(frozen=True, slots=True)
class Errand:
    """One request to make. `depth` counts links from the start, `hops` redirects, `tries` what failed before."""

    url: str
    kind: str = "page"  # page, robots, sitemap
    depth: int = 0
    hops: int = 0
    tries: int = 0
    origin: str = ""  # whose robots.txt it is, wherever redirects led


@dataclass(frozen=True, slots=True)
class Refusal:
    """An address that is not asked although something led there, and why."""

    url: str
    reason: str
    target: str = ""  # where it led, if it is not the address itself


@dataclass
class Site:
    """What is known of one host and port."""

    queue: deque[Errand] = field(default_factory=deque)
    rules: dict[str, robots.Rules] = field(default_factory=dict)
    ready_at: float = 0.0
    failures: int = 0  # in a row
    sitemaps: int = 0
    contents: set[int] = field(default_factory=set)
    is_secure: bool = False  # it sends http to https: links to http are taken there at once
    stopped: str | None = None


def _secure(url: str) -> str:
    return url.replace("http://", "https://", 1)


class Frontier:
    """The state of a crawl: which addresses wait, which are known, and what was counted."""

    def __init__(self, seeds: Iterable[str], hosts: Iterable[str], policy: Policy) -> None:
        self.policy = policy
        seeds = list(dict.fromkeys(seeds))
        self.sites = {name: Site() for name in sorted(scope.sites_of(seeds, hosts))}
        self.turn = deque(self.sites)
        self.known: set[int] = set()
        self.budget = Budget(policy.max_query_variants, policy.max_alike)
        self.refusals: deque[Refusal] = deque()
        self.pages = self.fetches = self.received = self.repeated = 0
        self.refused: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()
        self.led_out = ""  # where the first redirect to another host led
        for url in seeds:
            self._is_new(url)
            self._site(url).queue.append(Errand(url))

    def next(self) -> Errand | Refusal | None:
        """What to do next; None when nothing is left that may be asked."""
        if self.refusals:
            return self.refusals.popleft()
        for _ in self.sites:
            site = self.sites[self.turn[0]]
            self.turn.rotate(-1)
            if site.queue and not site.stopped:
                return self._first(site)
        return None

    def ready_at(self, errand: Errand) -> float:
        """The earliest moment of a request."""
        return self._site(errand.url).ready_at

    def take(self, errand: Errand, answer: Answer, size: int, at: float) -> None:
        """What an errand brought: `size` bytes came over the wire, the last of them `at`."""
        self.fetches += 1
        self.received += size
        site = self._site(errand.url)
        if answer.trouble:
            self._bear(site, errand, answer, answer.trouble, at)
        else:
            site.failures = 0
            if answer.location is not None:
                self._redirect(errand, answer.location)
            else:
                {"page": self._page, "robots": self._robots, "sitemap": self._sitemap}[errand.kind](errand, answer)
        asked = max((rules.delay for rules in site.rules.values()), default=0.0)
        site.ready_at = max(site.ready_at, at + max(self.policy.delay, min(asked, self.policy.max_delay)))

    def revive(self) -> bool:
        """Try again the sites that were given up; False where there are none."""
        stopped = [site for site in self.sites.values() if site.stopped]
        for site in stopped:
            site.stopped, site.failures = None, 0
        return bool(stopped)

    @property
    def stopped(self) -> dict[str, str]:
        """The sites that were given up, and why."""
        return {name: site.stopped for name, site in self.sites.items() if site.stopped}

    def _site(self, url: str) -> Site:
        return self.sites[scope.site_of(url)]

    def _queue(self, errand: Errand) -> deque[Errand]:
        """Where an errand waits: a robots.txt with the pages that wait for it, wherever redirects led."""
        return self._site(errand.origin or errand.url).queue

    def _is_new(self, url: str) -> bool:
        digest = xxhash.xxh3_64_intdigest(url)
        if digest in self.known:
            return False
        if len(self.known) >= MAX_KNOWN:
            self.refused["known"] += 1
            return False
        self.known.add(digest)
        return True

    def _first(self, site: Site) -> Errand | Refusal:
        """The first that waits, or the robots.txt that must be read before it."""
        errand = site.queue[0]
        origin = scope.origin_of(errand.url)
        if errand.kind != "robots" and origin not in site.rules:
            url = f"{origin}/robots.txt"
            self._is_new(url)  # lists of files link to it: it is no page
            return Errand(url, "robots", origin=origin)
        site.queue.popleft()
        if errand.kind == "page" and not site.rules[origin].allows(errand.url):
            self.refused["robots"] += 1
            return Refusal(errand.url, "robots")
        return errand

    def _bear(self, site: Site, errand: Errand, answer: Answer, trouble: str, at: float) -> None:
        """Wait and ask again, leave the address, or give the site up."""
        site.failures += 1
        wait = retry_after(answer, at)
        if wait is None and answer.is_passing:
            wait = max(self.policy.delay, 1.0) * 2**errand.tries  # doubled, as RFC 9110 leaves open and all clients do
        site.ready_at = max(site.ready_at, at + min(wait or 0.0, self.policy.max_wait))
        if answer.is_passing and errand.tries + 1 < self.policy.max_tries:
            self._queue(errand).appendleft(replace(errand, tries=errand.tries + 1))
        else:
            self.failed[trouble] += 1
            if errand.kind == "robots":  # RFC 9309 2.3.1.4: assume that nothing is allowed
                self._queue(errand).appendleft(replace(errand, tries=0))
                self._site(errand.origin).stopped = "robots_unreachable"
        if trouble == "private_address":
            site.stopped = trouble
        elif wait is not None and wait > self.policy.max_wait:
            site.stopped = "retry_after"
        elif site.failures >= self.policy.max_failures:
            site.stopped = site.stopped or "failures"

    def _redirect(self, errand: Errand, location: str) -> None:
        target = scope.resolved(errand.url, location)
        if target is None or scope.site_of(target) not in self.sites:
            self._refuse(errand.url, "redirect_out", target or location[:2000])
            if errand.kind == "robots":
                self._site(errand.origin).stopped = "robots_redirect_out"
            return
        site = self._site(target)
        site.is_secure = site.is_secure or (errand.kind == "page" and target == _secure(errand.url))
        if errand.hops >= self.policy.max_redirects:
            self._refuse(errand.url, "redirects", target)
            if errand.kind == "robots":
                self._learn(errand.origin, robots.Rules())  # RFC 9309 2.3.1.2: unavailable
        elif errand.kind != "page" or (self._is_new(target) and not self._refuses(target, errand.depth, False)):
            hop = replace(errand, url=target, hops=errand.hops + 1, tries=0)
            self._queue(hop).appendleft(hop)

    def _refuse(self, url: str, reason: str, target: str) -> None:
        self.refused[reason] += 1
        self.refusals.append(Refusal(url, reason, target))
        if reason == "redirect_out":
            self.led_out = self.led_out or target

    def _robots(self, errand: Errand, answer: Answer) -> None:
        self._learn(errand.origin, robots.rules_of(answer))

    def _learn(self, origin: str, rules: robots.Rules) -> None:
        self._site(origin).rules[origin] = rules
        usual = f"{origin}/sitemap.xml"
        if self.policy.sitemaps:
            self._want_sitemaps(origin, rules.sitemaps or [usual] * rules.allows(usual), 0)

    def _want_sitemaps(self, base: str, listed: Iterable[str], nesting: int) -> None:
        for one in listed:
            url = scope.resolved(base, one)
            site = self.sites.get(scope.site_of(url)) if url else None
            if url is None or site is None:
                self.refused["host"] += 1
            elif self._is_new(url) and site.sitemaps < MAX_SITEMAPS:
                site.sitemaps += 1
                site.queue.append(Errand(url, "sitemap", depth=nesting))

    def _sitemap(self, errand: Errand, answer: Answer) -> None:
        if not 200 <= answer.status <= 299:
            return
        found = sitemap(answer.body)
        if not found.is_index:
            self._offer(errand.url, found.urls, 1, is_listed=True)
        elif errand.depth + 1 < MAX_NESTING:
            self._want_sitemaps(errand.url, found.urls, errand.depth + 1)

    def _page(self, errand: Errand, answer: Answer) -> None:
        if not 200 <= answer.status <= 299:
            self.failed[f"status_{answer.status}"] += 1
        elif answer.truncated:
            self.failed[answer.truncated] += 1
        elif answer.content_type not in TEXTS:
            self.failed["type"] += 1
        elif not self._is_new_content(errand.url, answer.body):
            self.repeated += 1  # under an address that is new: its links would lead on for ever
        else:
            self.pages += 1
            if answer.content_type in PAGES:
                self._follow(errand, answer)

    def _is_new_content(self, url: str, body: bytes) -> bool:
        contents = self._site(url).contents
        before = len(contents)
        contents.add(xxhash.xxh3_64_intdigest(body))
        return len(contents) > before

    def _follow(self, errand: Errand, answer: Answer) -> None:
        text, _ = charset.decode(answer.body, answer.headers.get("content-type"))
        found = links(text, self.policy.max_links, answer.headers.get("x-robots-tag", ""))
        base = scope.resolved(errand.url, found.base) if found.base else None
        self._offer(base or errand.url, found.links, errand.depth + 1)

    def _offer(self, base: str, found: Iterable[str], depth: int, *, is_listed: bool = False) -> None:
        """Let addresses wait; what a sitemap lists is meant to be asked, however many are alike."""
        for link in found:
            url = scope.resolved(base, link)
            if url is None:
                continue
            if (site := self.sites.get(scope.site_of(url))) and site.is_secure:
                url = _secure(url)
            if self._is_new(url) and not self._refuses(url, depth, is_listed):
                self._site(url).queue.append(Errand(url, depth=depth))

    def _refuses(self, url: str, depth: int, is_listed: bool) -> bool:
        """Whether an address is not worth a place in the queue; counted by reason."""
        reason = self._why_not(url, depth, is_listed)
        if reason:
            self.refused[reason] += 1
        return reason is not None

    def _why_not(self, url: str, depth: int, is_listed: bool) -> str | None:
        if scope.site_of(url) not in self.sites:
            return "host"
        if depth > self.policy.max_depth:
            return "depth"
        if len(self._site(url).queue) >= MAX_WAITING:
            return "waiting"
        trap = trap_of(url, self.policy.max_url_length)
        return trap or (None if is_listed else self.budget.spend(url))
