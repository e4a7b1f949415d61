"""Where a crawl may go: addresses of http and https on the sites that it was given, in one spelling each.

A site is a host with its port; the two default ports are one site, because sites move from http to https. `www.` is
another host: it is named when a redirect leads there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urljoin

from llmctl.text.sources.urls import normalised

SCHEMES = ("http", "https")
SITE = re.compile(r"(?:\[[0-9a-f:.]+\]|[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)(?::(\d{1,5}))?")
MAX_PORT = 65535


def resolved(base: str, link: str) -> str | None:
    """The address that `link` on the page `base` means, in one spelling; None where it is none of http or https."""
    try:
        url = normalised(urljoin(base, link.strip()))
    except ValueError:  # brackets that hold no IPv6 address
        return None
    return url if site_of(url) else None


def origin_of(url: str) -> str:
    """Scheme, host and port of a normalised address: what one robots.txt speaks for (RFC 9309 2.3)."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0].partition('?')[0]}"


def site_of(url: str) -> str:
    """Host, and port where it is not the default, of a normalised address; empty where it is no address of the web."""
    scheme, _, rest = url.partition("://")
    host = rest.partition("/")[0].partition("?")[0]
    return host if scheme in SCHEMES and host and not host.startswith(":") else ""


def is_site(site: str) -> bool:
    """Whether a host and port can be asked at all; people mistype them, and pages hold anything."""
    found = SITE.fullmatch(site)
    return found is not None and 0 < int(found[1] or 80) <= MAX_PORT


def sites_of(urls: Iterable[str], more: Iterable[str] = ()) -> frozenset[str]:
    """The sites of the given addresses, and those that were named as `host` or `host:port`."""
    named = (site_of(normalised(f"http://{host.strip()}/")) for host in more)
    return frozenset(filter(None, [*map(site_of, urls), *named]))
