"""Detectors: a pattern that proposes and a check that disposes, one row an entity.

Patterns run in RE2 (linear time on hostile input) over the whole text; checks use the field's own parsers: `ipaddress`,
`phonenumbers`. Figures that look like personal data but are not (versions, dates, ISBNs, private addresses) are what
the checks are for.
"""

from __future__ import annotations

import functools
import ipaddress
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import phonenumbers
import re2

EMAIL = (  # RFC 5321 4.1.2 dot-atom local parts and LDH domains of at least two labels, the last one of letters or punycode
    r"(?:[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*)"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+(?:[A-Za-z]{2,63}|xn--[A-Za-z0-9-]{1,59})"
)
IPV4 = r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}"
IPV6 = (
    r"[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3})?"  # RFC 4291 2.2; ipaddress decides
)
PHONE = r"\(?\+?\(?[0-9](?:[0-9 ().\x{A0}\x{2010}-\x{2013}/-]{5,22})[0-9]"
VERSION_WORDS = ("version", "ver", "release", "build", "v")
EMAIL_LOCAL_MAX, EMAIL_MAX = 64, 254  # RFC 5321 4.5.3.1.1, RFC 3696 erratum 1690
MIN_PHONE_DIGITS, MAX_PHONE_DIGITS = 7, 15  # ITU-T E.164 6.1


@dataclass(frozen=True)
class Span:
    """[start, end) in code points of the text, what it is, and the rule that found it."""

    start: int
    end: int
    entity: str
    rule: str


@dataclass(frozen=True)
class Options:
    """What the checks need to know."""

    private_ips: bool = False
    regions: tuple[str, ...] = ("US",)


Check = Callable[[str, int, int, Options], tuple[int, int] | None]


@dataclass(frozen=True)
class Detector:
    """One way to find one entity: `hint` is a character without which a text cannot hold it."""

    entity: str
    rule: str
    pattern: str
    hint: str
    check: Check


def is_email(text: str, start: int, end: int, options: Options) -> tuple[int, int] | None:
    """Lengths of RFC 5321; quotes and brackets around it are not part of it."""
    while start < end and text[start] in "'`{|/=*?!#$%&^~-":
        start += 1
    local = text[start:end].partition("@")[0]
    if not local or len(local) > EMAIL_LOCAL_MAX or end - start > EMAIL_MAX:
        return None
    if text[end : end + 1] in ("@",) or (
        text[end : end + 2] == "-" + text[end + 1 : end + 2] and text[end + 1 : end + 2].isalnum()
    ):
        return None
    return start, end


def is_ipv4(text: str, start: int, end: int, options: Options) -> tuple[int, int] | None:
    """A whole dotted quad that is no version, no part of a longer number, and (unless asked for) not private."""
    if _touches_number(text, start, end) or _is_version(text, start):
        return None
    return (start, end) if _is_address(text[start:end], options) else None


def is_ipv6(text: str, start: int, end: int, options: Options) -> tuple[int, int] | None:
    """What `ipaddress` reads as IPv6; at least two groups of digits, so that `::` and `a::` in code stay."""
    if text[end - 1] == ":" and text[end - 2 : end] != "::":  # `see fe80::1:` ends a clause
        end -= 1
    value = text[start:end]
    before, after = text[start - 1 : start], text[end : end + 1]
    if (before and (before.isalnum() or before in ":.")) or (after and (after.isalnum() or after == ":")):
        return None
    if sum(bool(group) for group in value.split(":")) < 2 or not any(c.isdigit() for c in value):
        return None
    return (start, end) if _is_address(value, options) else None


def is_phone(text: str, start: int, end: int, options: Options) -> tuple[int, int] | None:
    """An international number (`+`) that is valid, or a national one that is valid and formatted in a known region."""
    if _touches_number(text, start, end) or (start and (text[start - 1].isalnum() or text[start - 1] in "_=/#")):
        return None
    if text[end : end + 1].isalpha() and text[end : end + 1].isascii():
        return None
    start, end = _balanced(text, start, end)
    value = text[start:end]
    digits = sum(c.isdigit() for c in value)
    if not MIN_PHONE_DIGITS <= digits <= MAX_PHONE_DIGITS or _is_date_or_decimal(value):
        return None
    if any(_is_valid(value, region) for region in _regions_for(value, options)):
        return start, end
    return None


def _regions_for(value: str, options: Options) -> Sequence[str | None]:
    if "+" in value:
        return (None,)
    return options.regions if any(not c.isdigit() for c in value) or _is_mobile_cn(value) else ()


def _is_mobile_cn(value: str) -> bool:
    return len(value) == 11 and value[0] == "1"  # written without spaces in Chinese text


def _is_valid(value: str, region: str | None) -> bool:
    try:
        number = phonenumbers.parse(value, region)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_valid_number(number) and (region is None or _looks_written(value, number, region))


def _looks_written(value: str, number: Any, region: str) -> bool:
    """A bare national number must be grouped as people of the region group it: `1234 5678` is no phone by itself."""
    if region == "CN" and _is_mobile_cn(value):
        return True
    wanted = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    return _groups(value) == _groups(wanted)


def _groups(value: str) -> list[str]:
    return "".join(c if c.isdigit() else " " for c in value).split()


def _balanced(text: str, start: int, end: int) -> tuple[int, int]:
    """Without a bracket that has no partner."""
    if text[start] == "(" and ")" not in text[start:end]:
        start += 1
    return start, end


def _is_date_or_decimal(value: str) -> bool:
    groups = _groups(value)
    if (
        len(groups) == 3
        and any(len(g) == 4 and g[:2] in ("19", "20") for g in (groups[0], groups[2]))
        and all(len(g) <= 4 for g in groups)
    ):
        return True
    return "." in value and not any(c in value for c in " -()+/") and len(groups) < 3


def _touches_number(text: str, start: int, end: int) -> bool:
    before, after = text[start - 1 : start], text[end : end + 1]
    if before.isalnum() or (before in (".", ",", ":") and text[start - 2 : start - 1].isdigit()):
        return True
    return after.isdigit() or (after in (".", ",") and text[end + 1 : end + 2].isdigit())


def _is_version(text: str, start: int) -> bool:
    before = text[max(0, start - 12) : start].lower().rstrip(" :=-#")
    return before.endswith(VERSION_WORDS) and not before.endswith(("server", "driver"))


def _is_address(value: str, options: Options) -> bool:
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        return False
    return address.is_global or options.private_ips


DETECTORS = (
    Detector("email", "email", EMAIL, "@", is_email),
    Detector("ip", "ipv6", IPV6, ":", is_ipv6),
    Detector("ip", "ipv4", IPV4, ".", is_ipv4),
    Detector("phone", "phone", PHONE, "", is_phone),
)


@functools.lru_cache(maxsize=64)
def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.never_nl = False
    options.log_errors = False
    return re2.compile(pattern, options)


def find_spans(text: str, entities: Sequence[str], options: Options) -> list[Span]:
    """The personal data of a text, in order and without overlaps (an earlier row of the table wins)."""
    found: list[Span] = []
    for detector in DETECTORS:
        if detector.entity in entities and (not detector.hint or detector.hint in text):
            found.extend(_spans_of(detector, text, options))
    taken: list[Span] = []
    for span in found:  # table order is priority
        if all(span.end <= other.start or other.end <= span.start for other in taken):
            taken.append(span)
    return sorted(taken, key=lambda s: s.start)


def _spans_of(detector: Detector, text: str, options: Options) -> Iterator[Span]:
    for match in _compiled(detector.pattern).finditer(text):
        checked = detector.check(text, match.start(), match.end(), options)
        if checked:
            yield Span(*checked, detector.entity, detector.rule)
