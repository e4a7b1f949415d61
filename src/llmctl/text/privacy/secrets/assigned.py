"""Random values beside a name that says what they are: `api_key = "..."`, `password: ...`.

Keys and tokens must look drawn at random: Shannon's entropy by alphabet, no words, no placeholder, no UUID, and no name
that means a checksum or something public. Passwords may be words: they must mix kinds of characters. What is computed
(`os.environ[...]`, `${TOKEN}`, `get_token()`) is code, not a secret.
"""

from __future__ import annotations

import re
import string

from llmctl.text.privacy.secrets.randomness import HEX, PATH, is_random, is_stand_in, is_wordy
from llmctl.text.privacy.spans import Detector, Found, Options

WITHIN_NAME = string.ascii_letters + string.digits + "_-."
NAME_MAX, MAX_VALUE = 40, 2048  # code points that are looked at; an RSA key of 2048 bits in base 64 has 1,624
MIN_KEY, MIN_QUOTED, MIN_BARE, MAX_PASSWORD = 16, 6, 8, 64  # characters


def _cases(words: str) -> str:
    return "|".join(f"{word}|{word.capitalize()}|{word.upper()}" for word in words.split())


OF_KEY = _cases(
    "api app access secret private auth account encryption encrypt signing client consumer master shared subscription "
    "license admin server storage session service deploy registration webhook"
)
KEY = (
    f"(?:(?:{OF_KEY})(?:_|-| )?(?:{_cases('key token secret')})|{_cases('secret token credential apikey authkey')}"
    "|\u5bc6\u94a5|\u5bc6\u9470|\u79d8\u94a5|\u79d8\u9470|\u4ee4\u724c)"
)  # fmt: skip
PASSWORD = (
    f"(?:{_cases('password passwd passphrase passcode pass pwd passwort kennwort senha')}"
    "|contrase\u00f1a|Contrase\u00f1a|[Mm]ot de passe|\u043f\u0430\u0440\u043e\u043b\u044c|\u041f\u0430\u0440\u043e\u043b\u044c"
    "|\u5bc6\u7801|\u5bc6\u78bc|\u53e3\u4ee4|\u30d1\u30b9\u30ef\u30fc\u30c9)"
)
ENDING = "(?:[_-][A-Za-z]+)*[0-9]?"  # `SECRET_KEY_BASE`, `password1`
JOINT = (  # what stands between a name and its value: assignments, pairs, attributes, arguments, words
    "(?:[\"'`\\])]*(?:\\[\\])?(?: ?(?:: ?[A-Za-z]+ ?=|=>|:=|===?|=|:|\uff1a|>|,|\\() ?| is:? | ?[\u662f\u4e3a\u70ba] ?| value=)"
    "[ \t]*(?:[brfu@]?[\"'`])?| [\"'])"
)
KEY_PATTERN = KEY + ENDING + f"(?:{JOINT}| )"  # `--token`, `Authorization: token`
PASSWORD_PATTERN = PASSWORD + ENDING + JOINT
TOKEN_VALUE = "[A-Za-z0-9+/=_.~-]{16}"
PASSWORD_VALUE = "[!#-&*-;=?-_a-z~]{6}"  # no quotes, brackets
NAME_AND_JOINT = {pattern: re.compile(pattern) for pattern in (KEY_PATTERN, PASSWORD_PATTERN)}
BARE_TOKEN = re.compile(r"[A-Za-z0-9+/=_.~-]+")
BARE_PASSWORD = re.compile(r"[!#-&*+\-./0-:=?-Z\\^_a-z~]+")  # up to white space, a comma, a quote, a bracket
QUOTED = {quote: re.compile(rf"[^{quote}\s\\]+") for quote in "\"'`"}
LOOSE = re.compile(r"(?<! is)(?<!:)(?<=\w) $")  # only a space between: of hexadecimal figures that is not enough,
STATED = re.compile(r"--[\w-]*$|[Aa]uthorization[\"']?: ?[\"']?$")  # but after these it is
NOT_SECRET = re.compile(  # names of what is public, or of a checksum
    r"hash|digest|checksum|\bsum|sha\d|md5|public|publish|csrf|xsrf|nonce|(?:theme|form|comment|captcha).?token|integrity|site.?key|(?:next|page|sync|cursor|continu\w*).?token"
    r"|token.?(?:id|type|count|name|url|uri|path|file|addr)|key.?(?:id|name|type|file|path|url)|_(?:id|url|uri|file|path|name|field|label|hint|regex|pattern|type)\b"
    r"|contract|mint|commit|revision|version|cache|etag",
    re.IGNORECASE,
)
VERB = re.compile(
    r"(?:(?<=by)|(?<=com)|(?<=tres)|(?<=sur)|(?<=over)|(?<=under))pass(?![a-z])|pass [\"']", re.IGNORECASE
)
QUOTED_ONLY = re.compile(
    "[,(]\\s*$|[ \t]value=$|[\\])]"
)  # of these joints: arguments and selectors are rarely literals
EXPRESSION = re.compile(
    r"::|^[A-Za-z_]+==?[\w\[\"'.]|^(?:[$<{%@&]|\W+$)|\$\{|\{\{|%\(|<[A-Za-z]|^\w+://|^(?:self|this|process|os|config|settings|env|args)\."
)
ALGORITHM = re.compile(
    r"sha-?\d|md5|bcrypt|pbkdf|argon|base64|utf-?8|aes-?\d|rsa-?\d|x509|oauth2|\dfa\b", re.IGNORECASE
)


def keys(text: str, start: int, end: int, options: Options) -> Found:
    """A random value whose name is of a secret, as far as it goes."""
    at, last, quote = _value(text, start, end, KEY_PATTERN, BARE_TOKEN)
    if not MIN_KEY <= last - at < MAX_VALUE or NOT_SECRET.search(_name(text, start, at)):
        return []
    value = text[at:last]
    if not BARE_TOKEN.fullmatch(value) or EXPRESSION.search(value) or (not quote and _calls(text, last)):
        return []
    if (
        HEX.fullmatch(value)
        and LOOSE.search(text, max(0, at - NAME_MAX), at)
        and not STATED.search(text, max(0, start - NAME_MAX), start)
    ):
        return []
    return [(at, last)] if is_random(value) and not _is_dotted(value) else []


def passwords(text: str, start: int, end: int, options: Options) -> Found:
    """A value with letters and digits whose name is of a password; without quotes it must look like nothing else."""
    at, last, quote = _value(text, start, end, PASSWORD_PATTERN, BARE_PASSWORD)
    if not (MIN_QUOTED if quote else MIN_BARE) <= last - at <= MAX_PASSWORD or NOT_SECRET.search(
        _name(text, start, at)
    ):
        return []
    value = text[at:last]
    if EXPRESSION.search(value) or is_stand_in(value) or ALGORITHM.search(value) or PATH.search(value):
        return []
    kinds = _kinds(value)
    if not quote and (_calls(text, last) or kinds < 3 or (is_wordy(value) and not re.search(r"\W", value))):
        return []
    return [(at, last)] if kinds >= 2 and re.search("[0-9]", value) and re.search("[A-Za-z]", value) else []


def _value(text: str, start: int, end: int, kind: str, bare: re.Pattern[str]) -> tuple[int, int, str]:
    """(where the value begins, where it ends, its quotation mark); nowhere: both at `end`."""
    joint = NAME_AND_JOINT[kind].match(text, start, end)
    if joint is None or VERB.match(text, start):
        return end, end, ""
    at = joint.end()
    quote = text[at - 1] if text[at - 1] in QUOTED else ""
    if not quote and QUOTED_ONLY.search(joint[0]):
        return end, end, ""
    found = (QUOTED[quote] if quote else bare).match(text, at, at + MAX_VALUE)
    if found is None or (quote and text[found.end() : found.end() + 1] != quote):
        return end, end, ""
    last = found.end()
    while not quote and last > at and text[last - 1] in ".,;:!?":
        last -= 1
    return at, last, quote


def _name(text: str, start: int, at: int) -> str:
    """The name as far as it is one word, and the joint."""
    before = text[max(0, start - NAME_MAX) : start]
    return before[len(before.rstrip(WITHIN_NAME)) :] + text[start:at]


def _calls(text: str, end: int) -> bool:
    """Whether what looks like a value is called, indexed or goes on."""
    return text[end : end + 1] in ("(", "[", "{", "<") and text[end : end + 2] != "</"


def _is_dotted(value: str) -> bool:
    """`module.attribute2.name`: a path of names; a web token has dots too but other rows have it."""
    return value.count(".") >= 1 and all(len(part) < 24 for part in value.split("."))


def _kinds(value: str) -> int:
    """Of lower case, upper case, digits and other characters, how many there are."""
    return sum(bool(re.search(kind, value)) for kind in ("[a-z]", "[A-Z]", "[0-9]", "[^A-Za-z0-9]"))


ROWS = (
    Detector("secret", "key", keys, "truffleHog (3.0 bits a character in hexadecimal), gitleaks (3.5 beside a name)",
             pattern=KEY_PATTERN + TOKEN_VALUE),
    Detector("secret", "password", passwords, "NIST SP 800-63B 5.1.1", pattern=PASSWORD_PATTERN + PASSWORD_VALUE),
)  # fmt: skip
