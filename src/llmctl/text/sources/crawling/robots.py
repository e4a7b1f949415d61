"""An answer to /robots.txt -> the rules of its origin: what may be asked, how often, and where its sitemaps are.

RFC 9309, by protego, whose matching is linear in rule and address: 2xx is read (the first 500 KiB), any other answer
of the host but a failure allows everything. Failures (5xx, timeouts, 429) are for the frontier: they allow nothing.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from protego import Protego

from llmctl.text.sources.crawling.answers import Answer

MAX_BYTES = 500 * 1024  # RFC 9309 2.5
AGENT = "llmctl"  # the product token that rules are looked up for (RFC 9309 2.2.1)
MAX_SITEMAPS = 20  # lines of one robots.txt that are followed


@dataclass(frozen=True, slots=True)
class Rules:
    """What an origin asks of crawlers; `rules` None allows everything."""

    rules: Protego | None = None
    delay: float = 0.0  # seconds between two requests
    sitemaps: tuple[str, ...] = ()

    def allows(self, url: str) -> bool:
        """Whether the origin allows to ask for `url`."""
        return self.rules is None or self.rules.can_fetch(url, AGENT)


def rules_of(answer: Answer) -> Rules:
    """The rules that an answer other than a failure or a redirect gives."""
    if not 200 <= answer.status <= 299:
        return Rules()
    body = answer.body[:MAX_BYTES].removeprefix(codecs.BOM_UTF8)
    if answer.truncated or len(answer.body) > MAX_BYTES:
        body = body[: body.rfind(b"\n") + 1]  # half a rule may forbid too little
    rules = Protego.parse(body.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n"))
    rate = rules.request_rate(AGENT)
    delay = max(rules.crawl_delay(AGENT) or 0.0, rate.seconds / rate.requests if rate else 0.0)
    return Rules(rules, delay, tuple(rules.sitemaps)[:MAX_SITEMAPS])
