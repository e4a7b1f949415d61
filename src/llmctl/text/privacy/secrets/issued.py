"""Keys that say who issued them: a prefix that nothing else has, and a length.

A row a kind, its issuer as its source. Patterns take the longest run behind the prefix, so that a piece of something
longer is no key; lengths are told by the checks.
"""

from __future__ import annotations

import base64
import functools
import re
import zlib
from dataclasses import dataclass

from llmctl.text.privacy.secrets.randomness import bits, is_stand_in
from llmctl.text.privacy.spans import Check, Detector, Found, Options, is_ascii_alnum

BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
MAX_TOKEN = 1024  # characters; the longest here (a PyPI token with caveats) has a few hundred
MIN_BITS = 2.5  # a character; sixteen drawn from 32 have less once in a million
AWS_SECRET = re.compile(r"(?<![A-Za-z0-9+/=])[A-Za-z0-9+/]{40}(?![A-Za-z0-9+/=])")
AWS_SECRET_WITHIN = 100  # characters behind its access key: the next column, or the next line of a file


@dataclass(frozen=True)
class Issued:
    """A kind of key: `prefix` (alternatives), the characters of its body (as of a class), how many there are."""

    rule: str
    prefix: str
    body: str
    fewest: int
    most: int
    source: str
    parts: str = ""  # of what shape the body is, where it is not one run


WORDS, DASHED, DOTTED = "A-Za-z0-9", "A-Za-z0-9_-", "A-Za-z0-9_.-"
KINDS = (
    Issued("anthropic", "sk-ant-", DASHED, 80, 160, "Anthropic, API reference"),
    Issued("openai", "sk-(?:proj-|svcacct-|admin-|or-v1-)?", DASHED, 20, 200, "OpenAI, API reference"),
    Issued("stripe", "(?:sk|rk)_(?:live|test)_|whsec_", WORDS, 16, 120, "Stripe, API keys"),
    Issued("gitlab", "gl(?:pat|ptt|dt|rt|cbt|ft|soat|imt|agent|oas)-", DOTTED, 20, 110, "GitLab, token prefixes"),
    Issued("slack", "xox[abeoprs](?:\\.xox[a-z])?-|xapp-", DASHED, 20, 300, "Slack, token types", r"[0-9].*-[A-Za-z0-9]+"),
    Issued("google", "AIza", DASHED, 35, 35, "Google Cloud, API keys"),
    Issued("google-oauth", "GOCSPX-|ya29\\.", DOTTED, 24, 512, "Google, OAuth 2.0"),
    Issued("hugging-face", "hf_|api_org_", WORDS, 34, 34, "Hugging Face, user access tokens"),
    Issued("pypi", "pypi-AgE(?:IcHlwaS5vcmc|NdGVzdC5weXBpLm9yZw)", DASHED, 40, MAX_TOKEN, "PyPI, warehouse's macaroons"),
    Issued("sendgrid", "SG\\.", DOTTED, 66, 66, "SendGrid, API keys", r"[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}"),
    Issued("twilio", "(?:SK|AC)", "0-9a-f", 32, 32, "Twilio, API keys and account SIDs"),
    Issued("docker", "dckr_(?:pat|oat)_", DASHED, 27, 40, "Docker Hub, access tokens"),
    Issued("digitalocean", "do[opr]_v1_", "0-9a-f", 64, 64, "DigitalOcean, token prefixes"),
    Issued("shopify", "shp(?:at|ca|pa|ss)_", "0-9a-fA-F", 32, 32, "Shopify, access tokens"),
    Issued("databricks", "dapi", "0-9a-f", 32, 34, "Databricks, personal access tokens"),
    Issued("vault", "hv[sbr]\\.", DASHED, 24, 300, "HashiCorp Vault, token prefixes"),
    Issued("grafana", "gl(?:sa|c)_", "A-Za-z0-9_+/=", 32, 200, "Grafana, service account tokens"),
    Issued("groq", "gsk_", WORDS, 48, 60, "Groq, API keys"),
    Issued("replicate", "r8_", WORDS, 37, 40, "Replicate, API tokens"),
    Issued("postman", "PMAK-", "0-9a-f-", 59, 59, "Postman, API keys", "[0-9a-f]{24}-[0-9a-f]{34}"),
    Issued("new-relic", "NRAK-", "A-Z0-9", 27, 27, "New Relic, user keys"),
    Issued("linear", "lin_(?:api|oauth)_", WORDS, 40, 64, "Linear, API keys"),
    Issued("notion", "ntn_", WORDS, 40, 50, "Notion, integration tokens"),
    Issued("square", "sq0(?:atp|csp|idp)-", DASHED, 22, 43, "Square, access tokens"),
    Issued("alibaba", "LTAI", WORDS, 12, 26, "Alibaba Cloud, AccessKey"),
    Issued("tencent", "AKID", WORDS, 32, 44, "Tencent Cloud, SecretId"),
    Issued("age", "AGE-SECRET-KEY-1", "A-Z0-9", 58, 58, "age, C2SP specification"),
)  # fmt: skip


def _issued(kind: Issued, text: str, start: int, end: int, options: Options) -> Found:
    """The right length, of different characters, standing alone, no placeholder."""
    if end - start > MAX_TOKEN or _continues(text, start, end):
        return []
    while end > start and text[end - 1] in ".-":
        end -= 1
    found = _compiled(kind).match(text, start, end)
    if found is None or not kind.fewest <= len(body := found[1]) <= kind.most:
        return []
    return [] if bits(body) < MIN_BITS or not _mixed(body) or is_stand_in(body) else [(start, end)]


def _mixed(body: str) -> bool:
    """Digits, or both cases: `sk-learn-contrib-extensions` is none."""
    return any(map(str.isdigit, body)) or not (body.islower() or body.isupper() or "-" in body or "_" in body)


@functools.lru_cache(maxsize=64)
def _compiled(kind: Issued) -> re.Pattern[str]:
    ahead = f"(?={kind.parts}$)" if kind.parts else ""
    return re.compile(f"(?:{kind.prefix}){ahead}([{kind.body}]+)$")


def _continues(text: str, start: int, end: int) -> bool:
    """Whether it is a piece of a longer word, path or blob."""
    before, after = text[start - 1 : start], text[end : end + 1]
    return is_ascii_alnum(before) or before in ("_", "+") or is_ascii_alnum(after) or after == "_"


def aws_keys(text: str, start: int, end: int, options: Options) -> Found:
    """An access key, and the secret close behind it."""
    if end - start != 20 or _continues(text, start, end):
        return []
    body = text[start + 4 : end]
    digits = any(map(str.isdigit, body))  # temporary keys begin like a continent: `ASIANDEVELOPMENTBANK`
    if bits(body) < MIN_BITS or is_stand_in(body) or not (digits or text.startswith("AKIA", start)):
        return []
    secret = AWS_SECRET.search(text, end, end + AWS_SECRET_WITHIN)
    is_secret = secret and bits(secret[0]) > 4 and any(map(str.isupper, secret[0])) and not is_stand_in(secret[0])
    return [(start, end), *([secret.span()] if secret and is_secret else [])]


def checked_tokens(text: str, start: int, end: int, options: Options) -> Found:
    """GitHub's and npm's: 30 characters and their CRC-32 in base 62; or, of a miscopied or other kind, a random run."""
    if end - start > MAX_TOKEN or _continues(text, start, end):
        return []
    body = text[text.index("_", start) + 1 : end]
    if len(body) == 36 and _crc(body[:30]) == body[30:]:
        return [(start, end)]
    fine = text.startswith("github_pat_", start)
    fits = len(body) == 36 or (text.startswith("ghr_", start) and len(body) == 76) or (fine and len(body) == 86)
    return [(start, end)] if fits and bits(body) > 3.5 and _mixed(body) and not is_stand_in(body) else []


def _crc(body: str) -> str:
    value, digits = zlib.crc32(body.encode()), ""
    for _ in range(6):
        value, digit = divmod(value, 62)
        digits = BASE62[digit] + digits
    return digits


def telegram_tokens(text: str, start: int, end: int, options: Options) -> Found:
    """The bot's number, a colon, 35 characters."""
    number, _, secret = text[start : min(end, start + 64)].partition(":")
    if not 8 <= len(number) <= 10 or len(secret) != 35 or is_ascii_alnum(text[end : end + 1]):
        return []
    return [] if bits(secret) < 3.5 or is_stand_in(secret) else [(start, end)]


def discord_tokens(text: str, start: int, end: int, options: Options) -> Found:
    """The user's number in base 64, a time, a code."""
    if end - start > 100 or _continues(text, start, end):
        return []
    user, time, code = text[start:end].split(".")
    if len(time) != 6 or not 27 <= len(code) <= 40 or bits(code) < 3.5 or is_stand_in(code):
        return []
    try:
        number = base64.b64decode(user + "=" * (-len(user) % 4)).decode("ascii")
    except ValueError:
        return []
    return [(start, end)] if number.isdigit() and 17 <= len(number) <= 20 else []


def webhooks(text: str, start: int, end: int, options: Options) -> Found:
    """Addresses that are all it takes to post: long random tails."""
    tail = re.split("[/=]", text[max(start, end - 100) : end])[-1]
    if end - start > 300 or not 20 <= len(tail) <= 90 or bits(tail) < 3 or is_stand_in(tail):
        return []
    return [(start, end)]


def azure_keys(text: str, start: int, end: int, options: Options) -> Found:
    """32 or 64 bytes in base 64, behind their name."""
    at = text.index("=", start) + 1
    if end - at not in (44, 88) or text[end : end + 1] == "=" or bits(text[at:end]) < 4 or is_stand_in(text[at:end]):
        return []
    return [(at, end)]


def _row(kind: Issued) -> Detector:
    check: Check = functools.partial(_issued, kind)
    return Detector(
        "secret", kind.rule, check, kind.source, pattern=rf"\b(?:{kind.prefix})[{kind.body}]{{12}}[{kind.body}]*"
    )


HOOKS = "|".join((
    r"https://hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9/_-]+",
    r"https://(?:[a-z]+\.)?discord(?:app)?\.com/api/webhooks/[0-9]+/[A-Za-z0-9_-]+",
    r"https://(?:qyapi\.weixin\.qq\.com/cgi-bin/webhook/send\?key=|open\.(?:feishu\.cn|larksuite\.com)/open-apis/bot/v2/hook/)[0-9a-f-]+",
))  # fmt: skip
ROWS = (
    Detector("secret", "aws", aws_keys, "AWS IAM, unique identifiers", pattern=r"\b(?:AKIA|ASIA)[A-Z0-9]+"),
    Detector("secret", "github", checked_tokens, "GitHub, authentication token formats (2021-04-05)",
             pattern=r"\b(?:gh[pousr]_[A-Za-z0-9]+|github_pat_[A-Za-z0-9_]+)"),
    Detector("secret", "npm", checked_tokens, "npm, access token format (2021-09-23)", pattern=r"\bnpm_[A-Za-z0-9]{36}"),
    Detector("secret", "telegram", telegram_tokens, "Telegram, Bot API", pattern="[0-9]+:AA[A-Za-z0-9_-]+"),
    Detector("secret", "discord", discord_tokens, "Discord, authentication",
             pattern=rf"\b[MNO][DTjz][AEIMQUYcgk][w-z0-5][{WORDS}]+\.[{DASHED}]+\.[{DASHED}]+"),
    Detector("secret", "webhook", webhooks, "Slack, Discord, WeCom, Feishu: incoming webhooks", pattern=HOOKS),
    Detector("secret", "azure", azure_keys, "Azure Storage, connection strings",
             pattern="(?:AccountKey|SharedAccessKey)=[A-Za-z0-9+/]+==?"),
    *map(_row, KINDS),
)  # fmt: skip
