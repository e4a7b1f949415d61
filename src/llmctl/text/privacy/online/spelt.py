"""E-mail addresses that are spelt, as people hide them from harvesters: `name [at] host dot org`.

Signs in brackets say it by themselves, before a name of a country or one of the commonest endings. Words alone (`ann at
uni dot edu`) need more: two dots or more, a name that no word looks like, or a word of mail before them.
"""

from __future__ import annotations

import re

import phonenumbers

from llmctl.text.privacy.context import announced
from llmctl.text.privacy.spans import Detector, Found, Options, is_ascii_alnum

_OPEN, _CLOSE = r" ?[\[({<] ?", r" ?[\])}>] ?"
AT = f"(?:{_OPEN}(?:at|At|AT|@){_CLOSE}| (?:at|At|AT) )"
DOT = rf"(?:{_OPEN}(?:dot|Dot|DOT|\.){_CLOSE}| (?:dot|Dot|DOT) )"
SPELT = rf"[A-Za-z0-9][A-Za-z0-9._+-]*(?:{DOT}[A-Za-z0-9_+-]+)*{AT}[A-Za-z0-9-]+(?:(?:\.|{DOT})[A-Za-z0-9-]+)+"
BRACKETED = re.compile(f"{_OPEN}(?:at|@){_CLOSE}", re.IGNORECASE)
IN_WORDS = re.compile(" dot ", re.IGNORECASE)
UNLIKE_A_WORD = re.compile(r"[0-9._+]| dot ", re.IGNORECASE)
COUNTRIES = frozenset(region.lower() for region in phonenumbers.SUPPORTED_REGIONS) | {"uk", "eu"}
WORDS = frozenset({"at", "in", "is", "it", "me", "my", "no", "so", "to", "be", "as", "am", "by", "do", "us", "go"})
GENERIC = frozenset(
    {"com", "org", "net", "edu", "gov", "mil", "int", "info", "biz", "name", "pro", "dev", "app"}
)  # IANA
MAIL = ("mail", "email", "e-mail", "e-mails", "contact", "write", "reach", "address", "mailto", "correspondence")
LOCAL_MAX, MAX = 64, 254  # RFC 5321 4.5.3.1.1, RFC 3696 erratum 1690
NOBODY = frozenset({"us", "me", "you", "it", "up", "home", "him", "her", "them", "look", "available", "here"})


def spelt_out(value: str) -> str:
    """An address that is spelt, with its signs."""
    return re.sub(DOT, ".", re.sub(AT, "@", value, count=1))


def spelt(text: str, start: int, end: int, options: Options) -> Found:
    """What the signs and the ending make an address."""
    value = text[start:end]
    local, _, domain = spelt_out(value).partition("@")
    ending = domain.rpartition(".")[2]
    if is_ascii_alnum(text[start - 1 : start]) or len(local) > LOCAL_MAX or len(domain) > MAX or "@" in domain:
        return []
    if ending.lower() not in COUNTRIES | GENERIC or not (ending.islower() or ending.isupper()):
        return []
    if domain.lower().startswith("www.") or local.lower() in NOBODY:
        return []
    in_words = IN_WORDS.search(value)
    if ending.lower() in WORDS and not (in_words and domain.count(".") > 1):
        return []
    if BRACKETED.search(value):
        return [(start, end)]
    is_loud = " AT " in value and " DOT " in value
    is_sure = is_loud or domain.count(".") > 1 or UNLIKE_A_WORD.search(local) or announced(text, start, end, MAIL)
    return [(start, end)] if in_words and is_sure else []


ROWS = (Detector("email", "email-spelt", spelt, "usage: addresses hidden from harvesters; IANA", pattern=SPELT),)
