"""E-mail and Internet addresses: what of a pattern's match is one.

Patterns take the longest run that could be an address, so that `1.2.3.4.5` is one match and no address, and hostile
input gives few matches; the checks use `ipaddress` and the lengths of RFC 5321.
"""

from __future__ import annotations

import ipaddress
import re

from llmctl.text.privacy.spans import Detector, Found, Options, is_ascii_alnum

_LETTERS = (  # RFC 6531: addresses are international; Latin, Greek and Cyrillic, scripts that use spaces
    "A-Za-z0-9\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0370-\u03ff\u0400-\u052f\u1e00-\u1fff"
)
_ATOM = rf"[{_LETTERS}!#$%&'*+/=?^_`{{|}}~-]+"  # RFC 5322 3.2.3
EMAIL = rf"{_ATOM}(?:\.{_ATOM})*@(?:[{_LETTERS}-]+\.)+(?:[A-Za-z]{{2,}}|xn--[A-Za-z0-9-]+)"
IPV4 = r"[0-9]+(?:\.[0-9]+){3,}"
IPV6 = r"[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,}(?:(?:\.[0-9]{1,3}){3})?"  # RFC 4291 2.2; `ipaddress` decides
GLOBAL_UNICAST, LOOPBACK = ipaddress.IPv6Network("2000::/3"), ipaddress.IPv6Address(1)  # IANA gives out no other
ROUTERS = ipaddress.IPv4Network("224.0.0.0/23")  # multicast of protocols, RFC 5771; others occur as names of hosts
EMAIL_LOCAL_MAX, EMAIL_MAX, LABEL_MAX = 64, 254, 63  # RFC 5321 4.5.3.1.1, RFC 3696 erratum 1690, RFC 1035 2.3.4
QUOTES = "'-"  # legal in an address, but before one they belong to the text around it
MARKUP = re.compile(r"[`{}|/*?!#$&^~]")  # legal too: ends `\url{`, `path/to/`, `?a=b&`
FIELD = re.compile(r"[A-Za-z_]*=+")  # `email=` of a query
GROUP = re.compile(r"\{(?:[A-Za-z0-9._-]{1,32}, ?){1,8}[A-Za-z0-9._-]{1,32}\\?\}@$")  # `{ann,bob}@example.org`
GLUED = re.compile(r"[a-z]{2,}(?=[A-Z][a-z]|[A-Z]$)")  # `example.orgChapter 7` of text extraction
ACCOUNTS = {"git", "hg", "svn", "cvs", "anoncvs", "anonymous"}  # of servers of software, nobody's
NO_TOP_LEVEL = {  # what stands after `@` in names of files and units; none is in IANA's list of top-level domains
    "png", "jpg", "avif", "jpeg", "gif", "svg", "webp", "css", "service", "socket", "timer", "mount", "slice", "scope", "tex",
    "sty", "cls", "ldf", "def", "clo", "fd", "aux", "html", "htm", "js", "json", "xml", "yaml", "yml", "toml", "txt",
    "pdf", "exe", "dll", "tar", "tgz", "whl", "deb", "rpm", "jar", "target",
}  # fmt: skip
NUMBERED = {  # what numbers of four parts otherwise are: versions, sections, object identifiers
    "version", "versions", "ver", "release", "build", "rev", "revision", "v", "section", "sections", "sec", "chapter",
    "clause", "figure", "fig", "table", "appendix", "oid", "abschnitt", "kapitel", "secci\u00f3n", "cap\u00edtulo",
    "se\u00e7\u00e3o", "sezione", "capitolo", "chapitre", "sectie", "\u0440\u0430\u0437\u0434\u0435\u043b",
    "ph\u1ea7n", "m\u1ee5c", "kernel", "firmware", "bios", "driver", "firefox", "thunderbird", "chrome", "chromium", "opera",
    "safari", "java", "jdk", "jre", "mysql", "apache", "nginx", "php", "wireshark",
}  # fmt: skip
JOINTS = " \t\xa0:\uff1a=#.(-"
LINKING = {"number", "no", "is", "was", "are", "of", "to", "the", "than", "now", "nr", "at", "and", "in"}
NUMBERED_ENDS = (  # version, its number, chapter, section in Chinese and in Arabic
    "\u7248\u672c", "\u7248\u672c\u53f7", "\u7ae0\u8282", "\u00a7", "\u7b2c", "\u8282", "\u7bc0", "\u0642\u0633\u0645",
)  # fmt: skip
VERSION_AFTER = re.compile(  # `1.2.3.4-7ubuntu1` of Debian; sections in Korean
    r"\s?(?:\u7248|\uc808|\uc7a5|\ud56d|version\b|release\b)|-[0-9]+(?:[A-Za-z+~]|\.[0-9]+(?![0-9.]))", re.IGNORECASE
)
KERNEL = re.compile(r"2\.6\.(?:8|9|[1-3][0-9])\.[0-9]{1,2}")  # kernel.org: Linux 2.6.8.1 to 2.6.39.4
LAST_WORD = re.compile(r"[^\W\d_]+$")
LAST_PART = re.compile(r"(?:[A-Z\u0410-\u042f]|Ph)[^\W\d_A-Z\u0410-\u042f]+$")  # of `seeSection`
DECIMALS = re.compile(r"-?[0-9]*\.[0-9]+(?:-?\.[0-9]+|-[0-9]+\.[0-9]+)+")  # of drawings: `1.08.58`, `1.2-.5`
QUAD = re.compile(r"(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![0-9.])")
NUMERAL = re.compile(r"[A-Za-z]?-?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)")
MAX_VERSION = 31  # of each part of a version that stands behind a name of software
NAMED = re.compile(r"(?<![^\W_])([A-Z][A-Za-z]{2,}) $")
NO_SOFTWARE = {
    "DNS",
    "Server",
    "Servers",
    "Host",
    "Address",
    "Try",
    "Ping",
    "Use",
    "From",
    "And",
    "The",
    "Nameserver",
    "Gateway",
}
RETINA = re.compile(r"[0-9](?:\.[0-9])?x")  # `logo@2x.avif`
UNICODE_ESCAPE = re.compile(r"u[0-9A-Fa-f]{4}")
QUAD_BEFORE = re.compile(r"(?<![A-Za-z0-9_.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}$")
USER_BEFORE = re.compile(r"://[^\s/@]{0,64}:$")  # a password, not a name
PATH_AFTER = re.compile(r":(?:[A-Za-z~./]|<[A-Z]+>)[^\s:]*")  # scp's `user@host:path`


def emails(text: str, start: int, end: int, options: Options) -> Found:
    """Lengths of RFC 5321; quotes, brackets and names of fields around it are not part of it."""
    at = text.index("@", start, end)
    group = GROUP.search(text, max(0, at - 130), at + 1)
    start = group.start() if group else _beginning(text, start, at)
    glued = GLUED.match(text, text.rindex(".", at, end) + 1, end)
    end = glued.end() if glued else end
    local, domain = text[start:at], text[at + 1 : end]
    labels = domain.split(".")
    if not local or local[0] == "." or len(local) > EMAIL_LOCAL_MAX * (8 if group else 1) or len(domain) > EMAIL_MAX:
        return []
    if any(len(label) > LABEL_MAX or label[0] == "-" or label[-1] == "-" for label in labels):
        return []
    if labels[-1].lower() in NO_TOP_LEVEL or local in ACCOUNTS or RETINA.fullmatch(labels[0]):
        return []
    if text[start - 1 : start] == ":" and USER_BEFORE.search(text, max(0, start - 72), start):
        return []
    if text[max(0, start - 8) : start].endswith(("http://", "https://")):  # a user's name or a key, RFC 3986 3.2.1
        return []
    path = PATH_AFTER.match(text, end, end + 80)
    return [] if path and "/" in path.group() else [(start, end)]


def _beginning(text: str, start: int, at: int) -> int:
    """Where the address begins: behind markup, quotes, names of fields, and the letter of an escape like `\\n`."""
    escaped = text[start - 1 : start] == "\\"
    for mark in MARKUP.finditer(text, max(start, at - EMAIL_LOCAL_MAX - 1), at):
        start, escaped = mark.end(), False
    if escaped:
        start += 5 if UNICODE_ESCAPE.match(text, start, at) else text[start] in "nrt"
    field = FIELD.match(text, start, at)
    start = field.end() if field else start
    while start < at and text[start] in QUOTES:
        start += 1
    return start


def ipv4s(text: str, start: int, end: int, options: Options) -> Found:
    """A whole dotted quad that is no version, no section number, and (unless asked for) not private."""
    if end - start > 15 or not _is_address(text[start:end], options):
        return []
    if _continues(text, start, end) or _is_numbered(text, start, end):
        return []
    before, after = text[start - 1 : start], text[end : end + 1]
    named = before in ("-", "/") and is_ascii_alnum(text[start - 2 : start - 1])  # `Chrome/120.0.0.0`, `name-1.2.3.4`
    if named and not QUAD_BEFORE.search(text, max(0, start - 18), start - 1):  # but a range of addresses
        return []
    heading = (not before or before == "\n") and after == "." and text[end + 1 : end + 2] in (" ", "\xa0")
    return [] if heading else [(start, end)]  # `1.2.3.4. Title` begins a section


def ipv6s(text: str, start: int, end: int, options: Options) -> Found:
    """What `ipaddress` reads as IPv6, less what clocks, slices (`a[1::2]`), scopes (`a::b`) and hardware addresses are."""
    if text[end - 1] == ":" and text[end - 2 : end] != "::":  # `see fe80::1:` ends a clause
        end -= 1
    if end - start > 45 or not _is_address(text[start:end], options):
        return []
    before, after = text[start - 1 : start], text[end : end + 1]
    if is_ascii_alnum(before) or before in (":", ".", "_") or is_ascii_alnum(after) or after in (":", "_"):
        return []
    groups = [group for group in text[start:end].split(":") if group]
    if len(groups) < 2 or max(map(len, groups)) < 3:  # eight groups of two: EUI-64
        return []
    if "::" in text[start:end] and len(groups[0]) < 3 and groups[0].lower() != "64":  # 2000::/3, fc00::/7, 64:ff9b::/96
        return []
    return [(start, end)]


def _is_numbered(text: str, start: int, end: int) -> bool:
    """Whether this is a version, the number of a section, or a piece of a drawing, by its form or the words beside."""
    if VERSION_AFTER.match(text, end) or KERNEL.fullmatch(text, start, end):
        return True
    before = text[max(0, start - 32) : start]
    if _is_drawn(before, text[end : end + 32]) or _is_release(before, text[start:end]):
        return True
    before = before.rstrip(JOINTS)
    if before.endswith(NUMBERED_ENDS):
        return True
    for _ in range(3):  # `version number is`
        word = LAST_WORD.search(before)
        last = word.group().lower() if word else ""
        if last in NUMBERED:
            return True
        if last not in LINKING:
            break
        before = before[: -len(last)].rstrip(JOINTS)
    part = LAST_PART.search(before)
    return part is not None and part.group().lower() in NUMBERED


def _is_drawn(before: str, after: str) -> bool:
    """Whether decimals stand around, as in the path of a drawing; a time (`8.8.8.8 0.023 ms`) is none."""
    if before[-1:] != " " or after[:1] != " ":
        return False
    left, right = before.split(), after.split()
    if not left or not right:
        return False
    if any(DECIMALS.match(word) and not QUAD.match(word) for word in (left[-1], right[0])):
        return True
    if not NUMERAL.fullmatch(left[-1]) or not NUMERAL.fullmatch(right[0]) or right[1:2] == ["ms"]:
        return False
    return "." in left[-1] + right[0] or any(word.startswith((".", "-.")) for word in left + right)


def _is_release(before: str, value: str) -> bool:
    """`SEO Pack 2.3.11.4`"""
    named = NAMED.search(before)
    return named is not None and named[1] not in NO_SOFTWARE and max(map(int, value.split("."))) <= MAX_VERSION


def _continues(text: str, start: int, end: int) -> bool:
    """Whether the address is a piece of a word or of a drawing (`2.2.82.64-.18`)."""
    before, after = text[start - 1 : start], text[end : end + 1]
    if any(is_ascii_alnum(char) or char in ("_", ".") for char in (before, after if after != "." else "")):
        return True
    return after == "-" and text[end + 1 : end + 2] == "."


def _is_address(value: str, options: Options) -> bool:
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        return False
    if options.private_ips:
        return True
    if isinstance(address, ipaddress.IPv4Address):
        return address.is_global and address not in ROUTERS
    if "::" in value and address not in GLOBAL_UNICAST:  # eight groups are an address all the same
        address = address.ipv4_mapped or LOOPBACK
    return address.is_global and not address.is_multicast


ROWS = (
    Detector("email", "email", emails, "RFC 5322 3.4.1, RFC 6531", pattern=EMAIL),
    Detector("ip", "ipv6", ipv6s, "RFC 4291 2.2", pattern=IPV6),
    Detector("ip", "ipv4", ipv4s, "RFC 6943 3.1.1", pattern=IPV4),
)
