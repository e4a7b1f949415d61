"""Addresses -> one spelling of each, so that a page that was fetched by two spellings counts once.

`normalised` does what RFC 3986 6.2.2 and 6.2.3 allow without asking the server (case, percent encoding, dot segments,
the default port, an empty path), leaves out fragment and user, and writes hosts in ASCII (IDNA). On wish parameters
go that say who came from where (`TRACKING`) and who is visiting (`SESSION`). Parameters keep their order: servers may
mind it. `key_of` also leaves out scheme and `www.`, which RFC 3986 does not allow: two addresses with one key are
nearly always one page. Both are idempotent; an address of another scheme than http and https comes out as it is.
"""

from __future__ import annotations

import re

PARTS = re.compile(r"([^:/?#]+)://([^/?#]*)([^?#]*)(?:\?([^#]*))?(?:#.*)?", re.S)  # RFC 3986, appendix B
AUTHORITY = re.compile(r"(?:.*@)?(\[[^\]]*\]|[^:]*)(?::(\d*))?", re.S)
PORTS = {"http": "80", "https": "443"}
ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")  # RFC 3986 2.3
# what stays as it is in path and query: reserved characters (RFC 3986 2.2) and the sign of an escape
UNSAFE = re.compile(r"[^A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]|%(?![0-9A-Fa-f]{2})")
SPACE = re.compile(r"[\t\r\n]+")  # WHATWG URL 4.4 passes over them
DOTS = re.compile(r"[\u3002\uff0e\uff61]")  # full stops of IDNA (RFC 3490 3.1)
# parameters of campaigns and click counters: Google, Meta, Microsoft, Yandex, Mailchimp, HubSpot, Matomo, Adobe,
# X, TikTok, LinkedIn (the lists of ClearURLs and of Firefox agree on these)
TRACKING = re.compile(
    r"(?:utm_\w+|mtm_\w+|pk_\w+|piwik_\w+|hsa_\w+|ga_\w+|_hs\w+|oly_\w+_id|gclid|gclsrc|dclid|gbraid|wbraid|fbclid|"
    r"msclkid|yclid|ysclid|twclid|ttclid|li_fat_id|igshid|mc_cid|mc_eid|mkt_tok|s_cid|vero_id|_ga|_gl|_openstat|"
    r"cmpid|wt_mc|wickedid|rb_clickid|srsltid)",
    re.I,
)
# sessions: PHP, Java servlets, ASP, ColdFusion, osCommerce, phpBB (a sid of hex digits), and those spelled out
SESSION = re.compile(
    r"(?:phpsessid|jsessionid|aspsessionid\w*|cfid|cftoken|oscsid|zenid|xtcsid|sessionid|session_id|sessid|session)",
    re.I,
)
SESSION_VALUE = re.compile(r"s(?:id)?=[0-9a-f]{16,64}", re.I)
SESSION_PATH = re.compile(r";(?:jsessionid|phpsessid)=[^/;]*", re.I)
WWW = "www."


def normalised(url: str, *, tracking: bool = False, sessions: bool = False) -> str:
    """One spelling; `tracking` and `sessions` say that parameters of that kind stay."""
    url = SPACE.sub("", url.strip())
    found = PARTS.fullmatch(url)
    if not found or found[1].lower() not in PORTS:
        return url
    scheme, path, query = found[1].lower(), _escaped(found[3]), _escaped(found[4] or "")
    if not sessions:
        path = SESSION_PATH.sub("", path)
    kept = [one for one in query.split("&") if one and _stays(one, tracking=tracking, sessions=sessions)]
    asked = f"?{'&'.join(kept)}" if kept else ""
    return f"{scheme}://{_authority(found[2], scheme)}{_without_dots(path)}{asked}"


def key_of(url: str) -> str:
    """What addresses of one page share: the normalised address without scheme and `www.`."""
    url = normalised(url)
    scheme, mark, rest = url.partition("://")
    if not mark or scheme not in PORTS:
        return url
    return rest.removeprefix(WWW)


def _stays(parameter: str, *, tracking: bool, sessions: bool) -> bool:
    name = parameter.partition("=")[0]
    if not tracking and TRACKING.fullmatch(name):
        return False
    return sessions or not (SESSION.fullmatch(name) or SESSION_VALUE.fullmatch(parameter))


def _escaped(text: str) -> str:
    """Escapes in capitals, unreserved characters as themselves, everything else that may not stand in an address escaped."""
    text = ESCAPE.sub(_unreserved, text)
    return UNSAFE.sub(lambda found: "".join(f"%{b:02X}" for b in found[0].encode("utf-8", "replace")), text)


def _unreserved(found: re.Match[str]) -> str:
    character = chr(int(found[1], 16))
    return character if character in UNRESERVED else found[0].upper()


def _authority(authority: str, scheme: str) -> str:
    found = AUTHORITY.fullmatch(authority)
    if not found:
        return authority
    host, port = _host(found[1]), found[2]
    return f"{host}:{port.lstrip('0') or '0'}" if port and port.lstrip("0") != PORTS[scheme] else host


def _host(host: str) -> str:
    """Lower case and ASCII; a host that IDNA refuses stays as it is."""
    host = DOTS.sub(".", ESCAPE.sub(_unreserved, host)).lower().rstrip(".")
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return host


def _without_dots(path: str) -> str:
    """RFC 3986 5.2.4, piece by piece."""
    kept: list[str] = []
    pieces = path.split("/")[1:] if path else [""]
    for piece in pieces:
        if piece == "..":
            kept[-1:] = []
        elif piece != ".":
            kept.append(piece)
    if pieces[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)
