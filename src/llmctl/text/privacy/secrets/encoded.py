"""Secrets in containers: PEM and PGP private keys, JSON web tokens, HTTP credentials, password files."""

from __future__ import annotations

import base64
import json
import re

from llmctl.text.privacy.secrets.randomness import bits, is_random, is_stand_in
from llmctl.text.privacy.spans import Detector, Found, Options, is_ascii_alnum

PEM_MAX = 16_384  # code points of a body: an RSA key of 16384 bits has 12,700
PEM_MIN = 40  # an Ed25519 key in PKCS#8 has 64
PEM_LINE = re.compile(r"(?<!\\)[A-Za-z0-9+/=]{16,}")  # RFC 7468 2; in a JSON string `\n` stands before them
PEM_LAST = re.compile(
    r"(?:(?:\\[nr]|[\s\"'+,>#*])*=?[A-Za-z0-9+/]{1,15}={0,2}(?![A-Za-z0-9+/])){1,2}"
)  # and OpenPGP's sum
PEM_FILLING = re.compile(
    r"(?:Proc-Type|DEK-Info|Version|Comment|Hash|Charset|X-[A-Za-z-]+): ?[^\n\\]*|\\[nr]|[^A-Za-z0-9+/=]"
)
PUTTY_LINES = re.compile(r"(?:\r?\n[A-Za-z0-9+/]{4,64}={0,2}(?![^\r\n]))+")
MIN_BITS = 4.0  # a character of base 64, of which a long random run has close to 6
JWT_HEADER_MAX, JWT_MAX = 2048, 16_384
NETRC = re.compile(r"(?:machine\s+\S{1,100}|\bdefault)\s+(?:login|user)\s+\S{1,100}\s+$")  # the curl and ftp manuals
PLACE = 6  # characters of a password that is worth one


def private_keys(text: str, start: int, end: int, options: Options) -> Found:
    """The body between BEGIN and END; of a key that breaks off, what there is of it."""
    dashes = text.find("-----", end, end + PEM_MAX)
    cut = dashes if dashes >= 0 else min(len(text), end + PEM_MAX)
    lines = list(PEM_LINE.finditer(text, end, cut))
    if not lines:
        return []
    first, last = lines[0].start(), lines[-1].end()
    body = "".join(line[0] for line in lines)
    rest = PEM_FILLING.sub("", text[end:cut])
    complete = text.startswith("-----END", cut)
    if len(body) < PEM_MIN or bits(body) < MIN_BITS or (complete and len(rest) > 1.2 * len(body) + 8):
        return []
    if not complete:
        return [(first, _unbroken(lines))]
    rest_of_body = PEM_LAST.match(text, last, cut)
    return [(first, rest_of_body.end() if rest_of_body else last)]


def putty_keys(text: str, start: int, end: int, options: Options) -> Found:
    """The lines below the header."""
    lines = PUTTY_LINES.match(text, end, end + PEM_MAX)
    if not lines or len(lines[0]) < PEM_MIN or bits(lines[0]) < MIN_BITS:
        return []
    return [(lines.end() - len(lines[0].lstrip()), lines.end())]


def _unbroken(lines: list[re.Match[str]]) -> int:
    """Where the lines of a body stop to follow each other."""
    last = lines[0].end()
    for line in lines[1:]:
        if line.start() - last > 12:
            break
        last = line.end()
    return last


def web_tokens(text: str, start: int, end: int, options: Options) -> Found:
    """A header that decodes to JSON and names an algorithm."""
    if end - start > JWT_MAX or is_ascii_alnum(text[start - 1 : start]):
        return []
    header, *parts = text[start:end].split(".")
    if sum(map(bool, parts)) < 2 or len(header) > JWT_HEADER_MAX:
        return []
    try:
        fields = json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))
    except (ValueError, RecursionError):
        return []
    return [(start, end)] if isinstance(fields, dict) and ("alg" in fields or "enc" in fields) else []


def bearer_tokens(text: str, start: int, end: int, options: Options) -> Found:
    """A random word after `Bearer`."""
    at = start + len("Bearer ")
    return [(at, end)] if end - at <= 1024 and not _goes_on(text, end) and is_random(text[at:end]) else []


def basic_credentials(text: str, start: int, end: int, options: Options) -> Found:
    """After `Basic`, what decodes to a name, a colon and a password."""
    at = start + len("Basic ")
    if not 8 <= end - at <= 512 or (end - at) % 4 or _goes_on(text, end):
        return []
    try:
        name, colon, password = base64.b64decode(text[at:end], validate=True).decode("utf-8").partition(":")
    except ValueError:
        return []
    if not name or not colon or len(password) < 4 or not (name + password).isprintable():
        return []
    return [] if is_stand_in(password) else [(at, end)]


def _goes_on(text: str, end: int) -> bool:
    return text[end : end + 1] in ("(", "[", "{", "<", "$") or is_ascii_alnum(text[end : end + 1])


def netrc_passwords(text: str, start: int, end: int, options: Options) -> Found:
    """What follows `password` where `machine ... login ...` went before."""
    at = end - len(text[start : min(end, start + 256)].split()[-1]) if end - start <= 256 else end
    if at == end or not NETRC.search(text, max(0, start - 256), start):
        return []
    return _password(text, at, end)


def pgpass_passwords(text: str, start: int, end: int, options: Options) -> Found:
    """The fifth field of a line of `host:port:database:user:password`."""
    if end - start > 512 or text[start - 1 : start] not in ("", "\n") or text[end : end + 1] not in ("", "\n", "\r"):
        return []
    fields = text[start:end].split(":", 4)
    if fields[1] == "*" and "." not in fields[0] and fields[0] not in ("localhost", "*"):
        return []
    return _password(text, end - len(fields[4]), end)


def _password(text: str, start: int, end: int) -> Found:
    value = text[start:end]
    if value in ("machine", "default", "login", "account", "macdef"):
        return []
    return [] if len(value) < PLACE or value[0] in "$<{%[*" or is_stand_in(value) else [(start, end)]


LABEL = "(?:RSA |EC |DSA |OPENSSH |ENCRYPTED |ANY |SSH2 ENCRYPTED |PGP )?PRIVATE KEY(?: BLOCK)?"
ROWS = (
    Detector("secret", "private-key", private_keys, "RFC 7468, RFC 9580 6.2, OpenSSH PROTOCOL.key",
             pattern=f"-----BEGIN {LABEL}-----"),
    Detector("secret", "putty", putty_keys, "PuTTY, PPK file format", pattern="Private-Lines: [0-9]+"),
    Detector("secret", "jwt", web_tokens, "RFC 7519 3, RFC 7515 7.1",
             pattern=r"\beyJ[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*){2,4}"),
    Detector("secret", "bearer", bearer_tokens, "RFC 6750 2.1", pattern=r"\b[Bb]earer [A-Za-z0-9._~+/-]{16,}=*"),
    Detector("secret", "basic", basic_credentials, "RFC 7617 2", pattern=r"\bBasic [A-Za-z0-9+/]{6,}=*"),
    Detector("secret", "netrc", netrc_passwords, "curl, .netrc", pattern=r"\bpassword[ \t]+[!-~]+"),
    Detector("secret", "pgpass", pgpass_passwords, "PostgreSQL, the password file",
             pattern=r"[A-Za-z0-9.*_-]+:(?:5432|5433|6432|\*):[A-Za-z0-9_*-]+:[A-Za-z0-9_*.-]+:[!-9;-~]+"),
)  # fmt: skip
