"""A page -> the addresses that it links to, in their order, and whether it lets crawlers follow them.

Tags are told apart as browsers do (WHATWG HTML 13.2.5): quoted attributes, comments and the raw text of scripts are
passed over. A tree is not built: links need none, and the trees that browsers build take quadratic time on pages
written for it (`<a>` within `<a>`: 100,000 of them stop lexbor for minutes). Every byte is looked at a bounded number
of times; 50 MB/s. On the pages of a real crawl it finds the links that lxml finds (tests).
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from html.entities import html5
from typing import NamedTuple

MAX_LINK = 8192  # characters of an attribute: more than any server takes (Apache's LimitRequestLine is 8190)
MAX_TAG = 1 << 16  # characters of a tag in which attributes are looked for
# a comment, or a tag with its name and attributes; what does not end goes to the end of the page, so nothing is read twice
TOKEN = re.compile(
    r"<!--(?:-?>|.*?(?:--!?>|\Z))|<[!?][^>]*+(?:>|\Z)|"
    r"""<(/?)([a-zA-Z][^\s/>]*+)((?:[^>=]++|=\s*+(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z))?+)*+)(?:>|\Z)""",
    re.S,
)
ATTRIBUTE = re.compile(r"""([^\s/>="']++)\s*+(?:=\s*+(?:"([^"]*+)"?|'([^']*+)'?|([^\s>]*+)))?""")
REFERENCE = re.compile(r"&(?:#[0-9]+;?|#[xX][0-9a-fA-F]+;?|[A-Za-z][A-Za-z0-9]*(?:;|(?!=)))")
RAW = frozenset(["script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"])  # WHATWG 13.2.6.2
LINKS = {"a": "href", "area": "href", "frame": "src", "iframe": "src"}
READ = frozenset([*LINKS, "base", "meta"])
REFRESH = re.compile(r"\s*+[\d.]++\s*+[;,]?\s*+(?:url\s*+=\s*+)?[\"']?([^\"']+)", re.I)  # WHATWG HTML 4.2.5.3
ROBOTS = ("robots", "llmctl")
FORBIDDING = frozenset(["nofollow", "none"])  # of Google's and Bing's robots meta tags
DIRECTIVE = re.compile(r"[\s,;:]+")


class Links(NamedTuple):
    """The links of a page as they stand there, and the address that they are relative to, where the page names one."""

    links: list[str]
    base: str | None


def links(page: str, max_links: int, robots_header: str = "") -> Links:
    """The first `max_links` links that may be followed: none where the page (or its header) says `nofollow`."""
    found: list[str] = []
    base: str | None = None
    if _forbids(robots_header):
        return Links([], None)
    for name, attributes in _tags(page):
        if name == "meta":
            if attributes.get("name", "").strip().lower() in ROBOTS and _forbids(attributes.get("content", "")):
                return Links([], None)
            if refresh := _refresh(attributes):
                found.append(refresh)
        elif name == "base":
            base = base or attributes.get("href")
        elif (link := attributes.get(LINKS[name])) and "nofollow" not in attributes.get("rel", "").lower().split():
            found.append(link)
        if len(found) >= max_links:
            break
    return Links(found, base)


def _refresh(attributes: dict[str, str]) -> str | None:
    if attributes.get("http-equiv", "").strip().lower() != "refresh":
        return None
    found = REFRESH.match(attributes.get("content", ""))
    return found[1] if found else None


def _forbids(said: str) -> bool:
    """`nofollow`, `none`, also as `AGENT: nofollow`; what is said to other agents counts, in doubt for the page."""
    return not FORBIDDING.isdisjoint(DIRECTIVE.split(said.lower()))


def _tags(page: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The start tags that matter here, with their attributes."""
    at = 0
    while token := TOKEN.search(page, at):
        at = token.end()
        name = (token[2] or "").lower()
        if token[1] or not name:
            continue
        if name in READ:
            yield name, _attributes(token[3][:MAX_TAG])
        if name in RAW:
            closing = re.compile(rf"</{name}(?=[\s/>])", re.I).search(page, at)
            at = closing.start() if closing else len(page)


def _attributes(text: str) -> dict[str, str]:
    """Attributes by their lower-case names; of repeated ones the first counts, values that are too long do not."""
    table: dict[str, str] = {}
    for name, *values in ATTRIBUTE.findall(text):
        value = next(filter(None, values), "")
        if len(value) <= MAX_LINK:
            table.setdefault(name.lower(), REFERENCE.sub(_character, value))
    return table


def _character(reference: re.Match[str]) -> str:
    """What a reference in an attribute means: whole names alone, so that `?a=1&region=2` stays (WHATWG 13.2.5.73)."""
    name = reference[0]
    return html.unescape(name) if name[1] == "#" or name[1:] in html5 else name
