"""Credentials within URLs: `user:password` before the host, and keys, tokens and passwords in the query.

Of the authority the pair goes: the name is a person's as often as not, what remains (`https://<URL-CREDENTIALS>@host/`)
still reads as a URL, and the pair is what the URL Standard calls the credentials of a URL. Of a query only the value
goes. Templates, variables and the passwords of manuals are no secrets.
"""

from __future__ import annotations

import re

from llmctl.text.privacy.spans import Detector, Found, Options, is_ascii_alnum

# RFC 3986 3.2.1, less what templates and quotes need; `@` within the password as the URL Standard 4.4 reads it
USERINFO = r"://[A-Za-z0-9%._~!$&*+,;=-]*:[A-Za-z0-9%._~!$&*+,;=:@^-]+@"
TOKEN = r"://[A-Za-z0-9_-]{20,}@[A-Za-z0-9]"  # a token in place of a name, as GitHub and GitLab take it
_NAME = (
    "[Kk]ey|KEY|[Tt]oken|TOKEN|[Ss]ecret|SECRET|[Pp]ass(?:wd|word)?|PASS(?:WD|WORD)?|[Pp]wd|PWD|[Ss]ig(?:nature)?"
    "|[Aa]uth|[Cc]redential|[Ss]ession_?[Ii]d|SESSID|[Jj]wt|KeyId|[Pp]assphrase"
)
QUERY = rf"[?&#;][A-Za-z0-9_.-]*(?:{_NAME})=[A-Za-z0-9%._~+/=:@!$*-]{{4}}[A-Za-z0-9%._~+/=:@!$*-]*"
MIN_PASSWORD, MIN_TOKEN, MIN_KEY = 4, 8, 16  # characters
PAGES = (
    "page",
    "next",
    "cont",
    "sync",
    "csrf",
    "xsrf",
    "sort",
    "cache",
    "primary",
    "foreign",
    "public",
    "group",
    "object",
)
KEYS = re.compile(
    r"(?:^|api|access|private|secret|subscription|auth|licen[cs]e|account|client|service|consumer|s)key(?:id)?$"
)
PLACEHOLDER = re.compile(  # whole values of manuals
    r"(?:your|my|the|some|any|new|old|db|api|user|access|auth|http|admin|proxy|git|mysql|smtp|_|-|\.)*"
    r"(?:pass(?:word|wd|code|phrase)?|pwd?|secret|token|api_?key|key|user(?:name)?|login|admin|root|guest|test(?:ing)?|"
    r"foo|bar|something|baz|qux|value|string|change_?me|example|sample|demo|dummy|fake|hunter2|true|false|null|none|undefined|"
    r"required|optional|hidden|redacted|removed|masked|credentials?|s3cr3t|p[a@]ss(?:w[o0]rd)?|qwerty|letmein|abc|host(?:name)?)"
    r"(?:_?here|[0-9_!-]{0,4})|[0-9]{1,5}|1234567?8?9?0?|abcd?e?f?g?[0-9]*|[a-z]"
    r"|\$[a-z_][a-z0-9_]*|%[a-z_]+%?|[x*.+_~!$-]+|(?:[a-z]\*+|\*+[a-z0-9]+|[a-z0-9]{0,4}[x*.]{3,}[a-z0-9]{0,4})"
)
SAMPLE = re.compile(
    r"example|xxxx|your[_-]?|placeholder|insert|redacted|\*\*\*|\.\.\.|changeme|12345678", re.IGNORECASE
)
PLAIN = re.compile("[A-Za-z0-9_-]+")  # and no DOI
SIGNATURE = re.compile(
    r".{43,}|.{24,}(?:=|%3D)"
)  # 32 octets, or fewer with base64's padding; shorter: a page of a book
TRAILING = ".,:;*"


def userinfos(text: str, start: int, end: int, options: Options) -> Found:
    """`user:password` of a URL."""
    if not is_ascii_alnum(text[start - 1 : start]):  # the scheme
        return []
    start, end = start + 3, end - 1
    user, _, password = text[start:end].partition(":")
    if len(password) < MIN_PASSWORD or password.lower() == user.lower() or _is_placeholder(password):
        return []
    return [] if text[end : end + 2] in ("@}", "@)") else [(start, end)]


def tokens(text: str, start: int, end: int, options: Options) -> Found:
    """A token in place of the user: letters and figures, no name."""
    start, end = start + 3, end - 2
    value = text[start:end]
    return [(start, end)] if is_ascii_alnum(text[start - 4 : start - 3]) and _is_random(value, 20) else []


def query_secrets(text: str, start: int, end: int, options: Options) -> Found:
    """The value of a parameter that is named after a secret and is not a template."""
    if end - start > 4096 or not _is_query(text, start):
        return []
    name, _, value = text[start + 1 : end].partition("=")
    value = value.rstrip(TRAILING)
    begin = start + 2 + len(name)
    return [(begin, begin + len(value))] if _is_secret(re.sub(r"[_.-]", "", name).lower(), value) else []


def _is_query(text: str, start: int) -> bool:
    """Behind `?`; or behind another parameter; `&amp;` is `&` in HTML."""
    if text[start] == ";":
        return text[start - 4 : start] == "&amp" or text[start : start + 11].lower() == ";jsessionid"
    before = text[max(0, start - 256) : start]
    run = before[max(before.rfind(space) for space in " \t\n\"'<>") + 1 :]
    return text[start] == "?" or "=" in run or "://" in run


def _is_secret(name: str, value: str) -> bool:
    if SAMPLE.search(value) or _is_placeholder(value) or name.startswith(PAGES):
        return False
    if name.endswith(("pass", "passwd", "password", "pwd", "passphrase")):
        return len(value) >= MIN_PASSWORD
    if name.endswith(("key", "keyid")):
        return KEYS.search(name) is not None and PLAIN.fullmatch(value) is not None and _is_random(value, MIN_KEY)
    if name.endswith(("sig", "signature")):
        return SIGNATURE.fullmatch(value) is not None and _is_random(value, MIN_KEY)
    return _is_random(value, MIN_TOKEN if name.endswith(("token", "secret")) else MIN_KEY)


def _is_placeholder(value: str) -> bool:
    return len(value) <= 64 and PLACEHOLDER.fullmatch(value.lower()) is not None


def _is_random(value: str, length: int) -> bool:
    """Long enough, of letters and figures."""
    return len(value) >= length and any(map(str.isdigit, value)) and any(map(str.isalpha, value))


ROWS = (
    Detector("url-credentials", "url-userinfo", userinfos, "RFC 3986 3.2.1, URL Standard 4.4", pattern=USERINFO),
    Detector("url-credentials", "url-token", tokens, "RFC 3986 3.2.1", pattern=TOKEN),
    Detector("url-credentials", "url-query", query_secrets, "RFC 6750 2.3, RFC 6749 4.1.3", pattern=QUERY),
)
