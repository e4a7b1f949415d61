"""Addresses that never end -> the reason why they are not asked.

Spaces of addresses that a server makes up (calendars, counters, relative links that pile up, sorted tables) are
recognised by the shape of an address alone and by how many of one shape there were: no page is read for it.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

# Heritrix, PathologicalPathDecideRule: more than two repetitions in a row; here also of two or three segments together
MAX_REPETITIONS = 2
LONGEST_PERIOD = 3
MAX_SEGMENTS = 20  # Heritrix, TooManyPathSegmentsDecideRule
DIGITS = re.compile(r"\d+")
# what no extractor of this project reads, by the ending of the path: asked for in vain, and often large
ENDINGS = re.compile(
    r"\.(?:7z|aac|apk|avi|avif|bin|bmp|bz2|css|deb|dmg|docx?|eot|exe|flac|gif|gz|ico|iso|jar|jpe?g|js|m4a|m4v|mkv|mov|"
    r"mp[34]|mpe?g|msi|og[agv]|otf|pdf|pkg|png|pptx?|psd|rar|rpm|svgz?|tar|tgz|tiff?|ttf|wasm|wav|webm|webp|wmv|woff2?|"
    r"xlsx?|xz|zip|zst)",
    re.I,
)


def trap_of(url: str, max_url_length: int) -> str | None:
    """Why an address alone is suspicious: `type`, `url_length`, `segments`, `repeated_path`; None where it is not."""
    if len(url) > max_url_length:
        return "url_length"
    path = path_of(url)
    segments = path.split("/")[1:]
    if ENDINGS.fullmatch(path[path.rfind(".") :]):
        return "type"
    if len(segments) > MAX_SEGMENTS:
        return "segments"
    return "repeated_path" if any(_repeats(segments, period) for period in range(1, LONGEST_PERIOD + 1)) else None


def path_of(url: str) -> str:
    """The path of a normalised address."""
    rest = url.partition("://")[2].partition("?")[0]
    return rest[rest.find("/") :]


def _repeats(segments: list[str], period: int) -> bool:
    """Whether `period` segments come more than MAX_REPETITIONS times in a row; empty ones are no repetition."""
    run = 0
    for before, after in zip(segments, segments[period:], strict=False):
        run = run + 1 if before == after != "" else 0
        if run >= period * MAX_REPETITIONS:
            return True
    return False


@dataclass
class Budget:
    """How many addresses of one shape were let through: it has to be kept over a crawl."""

    max_query_variants: int
    max_alike: int
    variants: Counter[str] = field(default_factory=Counter)
    shapes: Counter[str] = field(default_factory=Counter)

    def spend(self, url: str) -> str | None:
        """Why no more like this address are asked: `query_variants` of one path, or `alike` but for their digits."""
        path, mark, _ = url.partition("?")
        shape = DIGITS.sub("#", url)
        if mark and self.variants[path] >= self.max_query_variants:
            return "query_variants"
        if shape != url and self.shapes[shape] >= self.max_alike:
            return "alike"
        self.variants[path] += bool(mark)
        self.shapes[shape] += shape != url
        return None
