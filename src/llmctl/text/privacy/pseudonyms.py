"""Pseudonyms: for a value another of the same shape that is nobody's, the same one wherever the value stands.

All of a pseudonym is drawn from HMAC-SHA256(key, entity and value) (RFC 2104), so it depends on nothing but the key and
the value, and without the key it can neither be made nor undone. Values are compared as their kind is (digits of a
phone number, letters of a name without case), so that `+1 415 555 2671` and `+1-415-555-2671` get the same digits.

Each kind has a reserved range, which `is_reserved` knows again: example.org (RFC 2606), 192.0.2.0/24 (RFC 5737),
2001:db8::/32 (RFC 3849), 555-01xx (NANPA), country code 999 (ITU-T E.164, reserved), 00-00-5E-00-53 (RFC 7042), dates
before 1900, secrets that end in EXAMPLE (as the issuers' own documentation has them), IBANs of country XX with check
digits 00 (ISO 3166 leaves XX to users), numbers that begin with 000 (no issuer, region or area has it), names whose
words end in -xq, and in Chinese those that begin with \u67d0, "a certain".
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable

MIN_KEY = 16  # bytes; shorter keys can be guessed (NIST SP 800-107 5.3.4: at least 112 bits)
CONSONANTS, VOWELS = "bdfgklmnprstvz", "aeiou"
STEMS = (  # the ten stems and twelve branches that Chinese counts with, as A, B, C
    "\u7532\u4e59\u4e19\u4e01\u620a\u5df1\u5e9a\u8f9b\u58ec\u7678"
    "\u5b50\u4e11\u5bc5\u536f\u8fb0\u5df3\u5348\u672a\u7533\u9149\u620c\u4ea5"
)
CYRILLIC = (
    "\u0431\u0434\u0437\u043a\u043b\u043c\u043d\u0440\u0441\u0442",
    "\u0430\u0435\u0438\u043e\u0443",
    "\u044a\u0449",
)
ENDING = re.compile(r"(?:xq|\u044a\u0449)(?![^\W\d_])", re.IGNORECASE)
DOCUMENTED_MACS = ("00005e0053", "02005e10000000")  # 48 bits, 64 bits: RFC 7042 2.1.2, 2.2.3
NUMBERS = ("phone", "card", "iban", "id-number", "crypto")
SOMEONE = "\u67d0"
WORD = re.compile(r"[^\W\d_]+")
IDEOGRAPH = re.compile("[\u3400-\u9fff]")
NORTH_AMERICAN = ([3, 3, 4], [10], [3, 4])  # digits of the groups, without 1 or 001: area, exchange, line
FICTITIOUS = re.compile(r"(?:001|1)?(?:[2-9][0-9]{2})?55501[0-9]{2}[0-9]{0,6}")


class Draw:
    """Numbers drawn from a key and a value; the same key and value give the same numbers."""

    def __init__(self, key: bytes, label: str) -> None:
        self.key, self.label, self.pool, self.block = key, label.encode("utf-8", "surrogatepass"), 0, 0
        self.left = 0

    def below(self, n: int) -> int:
        """A number in 0..n-1, n up to 2**16 (its bias below 2**-48)."""
        if self.left < 64:
            stream = hmac.digest(self.key, self.block.to_bytes(4, "big") + self.label, "sha256")
            self.pool, self.left, self.block = int.from_bytes(stream, "big"), 256, self.block + 1
        value = self.pool & (2**64 - 1)
        self.pool >>= 64
        self.left -= 64
        return value % n

    def of(self, choices: str) -> str:
        """One of the characters."""
        return choices[self.below(len(choices))]

    def digits(self, count: int) -> str:
        """So many decimal digits."""
        return "".join(self.of("0123456789") for _ in range(count))


def fingerprint(key: bytes, entity: str, value: str) -> str:
    """What `_spans` records of a value: 64 bits of its HMAC, as hexadecimal digits."""
    return hmac.digest(key, f"value/{entity}/{canonical(entity, value)}".encode("utf-8", "surrogatepass"), "sha256")[
        :8
    ].hex()


def derived(secret: bytes) -> bytes:
    """The key of the draws from the content of a key file."""
    return hmac.digest(secret, b"llmctl scrub pseudonyms", hashlib.sha256)


def pseudonym(key: bytes, entity: str, value: str) -> str:
    """Another value of the same shape, from a range that is nobody's."""
    return MAKERS.get(entity, _number)(value, key, Draw(key, f"{entity}/{canonical(entity, value)}"))


def canonical(entity: str, value: str) -> str:
    """What two ways to write one value have in common."""
    if entity in ("phone", "card"):
        return re.sub(r"\D", "", value)
    if entity in ("iban", "id-number", "mac"):
        return re.sub(r"[\W_]", "", value).upper()
    if entity in ("secret", "url-credentials", "crypto"):
        return value
    return " ".join(value.casefold().split())


def is_reserved(entity: str, value: str) -> bool:
    """Whether what a detector took can be a pseudonym, of whatever entity."""
    if value.lower().endswith("@example.org") or value.startswith(("192.0.2.", "@example_", SOMEONE)):
        return True
    if value.lower().startswith("2001:db8:") or ENDING.search(value):
        return True
    if entity in ("secret", "url-credentials"):
        return "EXAMPLE" in value
    symbols, digits = re.sub(r"[\W_]", "", value), re.sub(r"\D", "", value)
    if entity == "mac":
        return symbols.lower().startswith(DOCUMENTED_MACS)
    return entity in NUMBERS and (
        symbols.removeprefix("0x").startswith("000")
        or symbols[:4].upper() == "XX00"
        or ("+" in value and digits.startswith("999"))
        or FICTITIOUS.fullmatch(digits) is not None
    )


def _email(value: str, key: bytes, draw: Draw) -> str:
    return "".join(draw.of("abcdefghijkmnpqrstuvwxyz23456789") for _ in range(10)) + "@example.org"


def _phone(value: str, key: bytes, draw: Draw) -> str:
    """Digits alone change: `555-01xx` where North America's are, else country 999 or a number that begins with 000."""
    groups = re.findall(r"\d+", value)
    trunk = groups[0] if groups[0] in ("1", "001") else ""
    size = next((sum(g) for g in NORTH_AMERICAN if g == [len(x) for x in groups[bool(trunk) :][: len(g)]]), 0)
    count = sum(map(len, groups))
    if size and ("+" not in value or trunk == "1"):
        area = draw.of("23456789") + draw.digits(2) if size == 10 else ""
        fake = f"{trunk}{area}55501{draw.digits(2)}"
    else:
        fake = "999" if "+" in value else "000"
    return _with_digits(value, fake + draw.digits(max(0, count - len(fake))))


def _with_digits(value: str, digits: str) -> str:
    left = iter(digits)
    return re.sub(r"\d", lambda _: next(left), value)


def _ip(value: str, key: bytes, draw: Draw) -> str:
    if ":" not in value:
        return f"192.0.2.{draw.below(256)}"
    return "2001:db8:" + ":".join(f"{draw.below(2**16):x}" for _ in range(6))


def _like(value: str, draw: Draw) -> str:
    """Letters for letters, digits for digits, all else as it stands."""
    kinds = (
        ("0123456789", str.isdigit),
        ("ABCDEFGHJKLMNPQRSTUVWXYZ", str.isupper),
        ("abcdefghijkmnopqrstuvwxyz", str.isalpha),
    )
    return "".join(next((draw.of(own) for own, is_one in kinds if is_one(char)), char) for char in value)


def _number(value: str, key: bytes, draw: Draw) -> str:
    """Cards, ids, coins: as many digits and letters, of which the first three are 000."""
    start = 2 if value.startswith("0x") else 0
    zeros = 3
    made = []
    for char, new in zip(value[start:], _like(value[start:], draw), strict=True):
        replaced = zeros > 0 and char.isalnum()
        made.append("0" if replaced else new)
        zeros -= replaced
    return value[:start] + "".join(made)


def _iban(value: str, key: bytes, draw: Draw) -> str:
    lead = "XX00" if value[:1].isupper() else "xx00"
    return lead + _like(value[4:], draw)


def _secret(value: str, key: bytes, draw: Draw) -> str:
    made = _like(value, draw)
    return made[: max(0, len(value) - 7)] + "EXAMPLE"


def _handle(value: str, key: bytes, draw: Draw) -> str:
    return "@example_" + "".join(draw.of("abcdefghijkmnpqrstuvwxyz23456789") for _ in range(8))


def _mac(value: str, key: bytes, draw: Draw) -> str:
    """RFC 7042: 00-00-5E-00-53-00 to FF for documentation, and 02-00-5E-10-00-00-00-00 to FF of 64 bits."""
    digits = re.sub(r"[^0-9A-Fa-f]", "", value)
    fake = DOCUMENTED_MACS[len(digits) > 12] + f"{draw.below(256):02x}"
    left = iter(fake.upper() if digits.upper() == digits else fake)
    return re.sub(r"[0-9A-Fa-f]", lambda match: next(left, match.group()), value)


def _words(value: str, key: bytes, draw: Draw) -> str:
    """Word by word, so that a first name is the same beside its surname and alone; digits as in numbers."""
    if IDEOGRAPH.search(value):
        made = _chinese(value, draw)
    else:
        made = WORD.sub(lambda match: _word(match.group(), key), value)
    digits = re.sub(r"\D", "", made)
    return _with_digits(made, ("000" + draw.digits(len(digits)))[: len(digits)])


def _word(word: str, key: bytes) -> str:
    draw = Draw(key, f"word/{word.casefold()}")
    cyrillic = "\u0400" <= word[0] <= "\u04ff"
    consonants, vowels, ending = CYRILLIC if cyrillic else (CONSONANTS, VOWELS, "xq")
    if len(word) == 1:
        return draw.of(consonants).upper() if word.isupper() else draw.of(consonants)
    made = "".join(draw.of(consonants) + draw.of(vowels) for _ in range(2 + (len(word) > 5))) + ending
    if word.isupper():
        return made.upper()
    return made.capitalize() if word[0].isupper() else made


def _chinese(value: str, draw: Draw) -> str:
    """\u67d0 and letters that are counted with, at least two, for as many ideographs."""
    rest = "".join(draw.of(STEMS) if IDEOGRAPH.match(char) else char for char in value[1:])
    return SOMEONE + (rest if len(rest) > 1 else draw.of(STEMS) + draw.of(STEMS))


def _birth_date(value: str, key: bytes, draw: Draw) -> str:
    """A day of the nineteenth century: as the value is written where that is in figures alone, else as ISO 8601."""
    year, month, day = f"18{draw.digits(2)}", f"{1 + draw.below(12):02d}", f"{1 + draw.below(28):02d}"
    figures = [len(group) for group in re.findall(r"\d+", value)]
    if figures[:1] == [4] and len(figures) == 3 and (not WORD.search(value) or IDEOGRAPH.search(value)):
        left = iter((year, month, day))
        return re.sub(r"\d+", lambda _: next(left), value)
    return f"{year}-{month}-{day}"


MAKERS: dict[str, Callable[[str, bytes, Draw], str]] = {
    "email": _email,
    "phone": _phone,
    "ip": _ip,
    "iban": _iban,
    "secret": _secret,
    "url-credentials": _secret,
    "handle": _handle,
    "mac": _mac,
    "name": _words,
    "address": _words,
    "birth-date": _birth_date,
}  # the others are numbers
