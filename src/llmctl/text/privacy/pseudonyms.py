"""Pseudonyms: for a value another of the same shape that is nobody's, the same one wherever the value stands.

All of a pseudonym is drawn from HMAC-SHA256(key, entity and value) (RFC 2104), so it depends on nothing but the key and
the value, and without the key it can neither be made nor undone. Values are compared as their kind is (digits of a
phone number, letters of a name without case), so that `415-555-2671` and `(415) 555 2671` get the same digits.

Each kind has a reserved range, which `is_reserved` knows again: example.org (RFC 2606), 192.0.2.0/24 (RFC 5737),
2001:db8::/32 (RFC 3849), 555-01xx (NANPA), country code 999 (ITU-T E.164, reserved), 00-00-5E-00-53 (RFC 7042), dates
before 1900, secrets that end in EXAMPLE (as the issuers' own documentation has them), IBANs of country XX with check
digits 00 (ISO 3166 leaves XX to users), numbers that begin with 000 and end in two check digits of our own (1 of 100 of
those that begin so by nature), names and addresses all of whose words end in -xq, and in Chinese those that begin with
\u67d0, "a certain".
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
import unicodedata
from collections.abc import Callable

from llmctl.text.privacy.online.spelt import spelt_out
from llmctl.text.privacy.phones import cues

MIN_KEY = 16  # bytes; shorter keys can be guessed (NIST SP 800-107 5.3.4: at least 112 bits)
CONSONANTS, VOWELS = "bdfgklmnprstvz", "aeiou"
STEMS = (  # of the stems and branches that Chinese counts with, as A, B, C, those that are no surnames
    "\u7532\u4e59\u4e19\u620a\u5df1\u5e9a\u58ec\u7678\u5b50\u4e11\u5bc5\u536f\u8fb0\u5df3\u5348\u672a\u9149\u620c\u4ea5"
)
CYRILLIC = (
    "\u0431\u0434\u0437\u043a\u043b\u043c\u043d\u0440\u0441\u0442",
    "\u0430\u0435\u0438\u043e\u0443",
    "\u044a\u0449",
)
ENDINGS = ("xq", CYRILLIC[2])
DOCUMENTED_MACS = ("00005e0053", "02005e10000000")  # 48 bits, 64 bits: RFC 7042 2.1.2, 2.2.3
SOMEONE = "\u67d0"
WORD = re.compile(
    r"[^\W\d_](?:[^\W\d_]|[\u0300-\u036f\u0900-\u0dff\u0e31\u0e34-\u0e3a\u0e47-\u0e4e])*"
)  # with its marks
IDEOGRAPH = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
EXTENSION = re.compile(rf"(?:{cues.EXTENSION.pattern})$", re.IGNORECASE)
HINT = re.compile("[0-9\u0430-\u9fff]|xq|example", re.IGNORECASE)  # in every pseudonym is one of these
NORTH_AMERICAN = ([3, 3, 4], [10], [3, 4])  # digits of the groups, without 1 or 001: area, exchange, line


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
    value = unicodedata.normalize("NFC", value)
    if entity == "phone":
        number, size = EXTENSION.sub("", value), _north_american(value)
        return re.sub(r"\D", "", number)[-size:] if size else re.sub(r"\D", "", number)
    if entity in ("card", "iban", "id-number", "mac"):
        return re.sub(r"[\W_]", "", value).upper()
    if entity == "ip":
        return _address(value)
    if entity == "email":
        return spelt_out(value).lower()
    if entity == "birth-date" and (figures := _figures(value)):
        return "-".join(str(int(figure)) for figure in figures)
    if entity in ("secret", "url-credentials"):
        return value
    if entity == "crypto":
        return value.lower() if value.startswith("0x") else value
    return " ".join(value.casefold().split())


def _address(value: str) -> str:
    try:
        return str(ipaddress.ip_address(value))
    except ValueError:
        return value


def is_reserved(entity: str, value: str) -> bool:
    """Whether what a detector took can be a pseudonym, of whatever entity it was made for."""
    if not HINT.search(value):
        return False
    lowered = value.lower()
    if lowered.endswith("@example.org") or value.startswith("192.0.2.") or lowered.startswith("2001:db8:"):
        return True
    if re.search(r"(?:^|[@/])example_[a-z2-9]{8}$", value):
        return True
    if entity in ("secret", "url-credentials"):
        return value.rstrip("=").endswith("EXAMPLE")
    if entity in ("name", "address"):
        words = [word for word in WORD.findall(value) if len(word) > 1]
        figures = re.findall(r"\d+", value)  # a box whose number alone was an address
        return bool(words) and (
            all(word.lower().endswith(ENDINGS) or _is_counted(word) for word in words)
            or (bool(figures) and all(group.startswith("000"[: len(group)]) for group in figures))
        )
    digits = _without_extension(value) if entity == "phone" else re.sub(r"\D", "", value)
    symbols = digits if entity == "phone" else re.sub(r"[\W_]", "", value)
    if entity == "mac":
        return symbols.lower().startswith(DOCUMENTED_MACS)
    return (
        (symbols.startswith("000") and symbols[-2:] == _check(symbols[:-2]))
        or symbols[:4].upper() == "XX00"
        or ("+" in value and digits.startswith("999"))
        or (_north_american(value) > 0 and re.search(r"55501\d\d$", digits) is not None)
    )


def _is_counted(word: str) -> bool:
    return all(char in STEMS or char == SOMEONE or not IDEOGRAPH.match(char) for char in word) and any(
        char in STEMS or char == SOMEONE for char in word
    )


def _check(symbols: str) -> str:
    """Two digits of our own for what stands before them: ISO 7064's modulus of its code points."""
    return f"{int.from_bytes(symbols.upper().encode(), 'big') % 97:02d}"


def _without_extension(value: str) -> str:
    return re.sub(r"\D", "", EXTENSION.sub("", value))


def _north_american(value: str) -> int:
    """How many digits of a number written as North America does are its own (10, or 7 without an area), else 0."""
    groups = re.findall(r"\d+", EXTENSION.sub("", value))
    if "+" in value:
        digits = "".join(groups)
        return 10 if len(digits) == 11 and digits[0] == "1" else 0
    own = groups[1:] if groups[:1] in (["1"], ["001"]) else groups
    sizes = [len(group) for group in own]
    return sum(sizes) if sizes in NORTH_AMERICAN and own[0][0] in "23456789" else 0


def _email(value: str, key: bytes, draw: Draw) -> str:
    return "".join(draw.of("abcdefghijkmnpqrstuvwxyz23456789") for _ in range(10)) + "@example.org"


def _phone(value: str, key: bytes, draw: Draw) -> str:
    """Digits alone change: `555-01xx` where North America's are, else country 999 or a number that begins with 000."""
    count, size = len(re.sub(r"\D", "", value)), _north_american(value)
    own = len(_without_extension(value))
    if size:
        trunk = re.sub(r"\D", "", value)[: own - size]
        area = draw.of("23456789") + draw.digits(2) if size == 10 else ""
        fake = f"{trunk}{area}55501{draw.digits(2)}"
        return _with_digits(value, fake + draw.digits(count - len(fake)))
    if "+" in value:
        return _with_digits(value, "999" + draw.digits(count))
    fake = "000" + draw.digits(max(0, own - 5))
    return _with_digits(value, fake + _check(fake) + draw.digits(count - own))


def _with_digits(value: str, digits: str) -> str:
    left = iter(digits)
    return re.sub(r"\d", lambda _: next(left), value)


def _ip(value: str, key: bytes, draw: Draw) -> str:
    if ":" not in value:
        return f"192.0.2.{draw.below(256)}"
    return "2001:db8:" + ":".join(f"{draw.below(2**16):x}" for _ in range(6))


UPPER, LOWER, DIGITS = "ABCDEFGHJKLMNPQRSTUVWXYZ", "abcdefghjklmnpqrstuvwxyz", "0123456789"


def _like(value: str, draw: Draw) -> str:
    """Letters for letters, digits for digits, all else as it stands."""
    made = []
    for char in value:
        new = draw.of(DIGITS if char.isdigit() else UPPER) if char.isalnum() else char
        made.append(new.lower() if char.isalpha() and not char.isupper() else new)
    return "".join(made)


def _number(value: str, key: bytes, draw: Draw) -> str:
    """Cards, ids, coins: as many digits and letters, the first three 000, the last two our own check digits."""
    made, zeros = [], 3
    for char, new in zip(value, _like(value, draw), strict=True):
        made.append("0" if zeros and char.isalnum() else new)
        zeros -= zeros > 0 and char.isalnum()
    last = [at for at, char in enumerate(made) if char.isalnum()][-2:]
    if len(last) < 2:
        return "".join(made)
    check = _check(re.sub(r"[\W_]", "", "".join(made[: last[0]])))
    for at, digit in zip(last, check, strict=False):
        made[at] = digit
    return "".join(made)


def _coin(value: str, key: bytes, draw: Draw) -> str:
    """No checksum holds; Ethereum's is that of capitals and small letters, so there are both."""
    if not value.startswith("0x"):
        return _number(value, key, draw)
    return "0x" + "".join(draw.of("0123456789abcdefABCDEF") for _ in value[4:]) + "aB"


def _iban(value: str, key: bytes, draw: Draw) -> str:
    made = _like(value.upper(), draw)
    return "XX00" + made[4:] if value[:1].isupper() else "xx00" + made[4:].lower()


def _secret(value: str, key: bytes, draw: Draw) -> str:
    """Hexadecimal digits stay such."""
    if re.fullmatch(r"[0-9a-f]{16,}|[0-9A-F]{16,}", value):
        made = "".join(draw.of("0123456789ABCDEF" if value.isupper() else "0123456789abcdef") for _ in value)
    else:
        made = _like(value, draw)
    return made[: max(0, len(value) - 7)] + "EXAMPLE"


def _handle(value: str, key: bytes, draw: Draw) -> str:
    lead = re.match(r".*[@/]", value)
    own = "".join(draw.of("abcdefghijkmnpqrstuvwxyz23456789") for _ in range(8))
    return (lead.group() if lead else "") + "example_" + own


def _mac(value: str, key: bytes, draw: Draw) -> str:
    """RFC 7042: 00-00-5E-00-53-00 to FF for documentation, and 02-00-5E-10-00-00-00-00 to FF of 64 bits."""
    digits = re.sub(r"[^0-9A-Fa-f]", "", value)
    fake = DOCUMENTED_MACS[len(digits) > 12] + f"{draw.below(256):02x}"
    left = iter(fake.upper() if digits.upper() == digits else fake)
    return re.sub(r"[0-9A-Fa-f]", lambda match: next(left, match.group()), value)


def _words(value: str, key: bytes, draw: Draw) -> str:
    """Word by word, so that a first name is the same beside its surname and alone; figures begin with 000."""
    value = unicodedata.normalize("NFC", value)
    made = _chinese(value, draw) if IDEOGRAPH.search(value) else WORD.sub(lambda match: _word(match[0], key), value)
    return re.sub(r"\d+", lambda match: ("000" + draw.digits(len(match[0])))[: len(match[0])], made)


def _word(word: str, key: bytes) -> str:
    draw = Draw(key, f"word/{word.casefold()}")
    cyrillic = "\u0400" <= word[0] <= "\u04ff"
    consonants, vowels, ending = CYRILLIC if cyrillic else (CONSONANTS, VOWELS, "xq")
    if len(word) == 1:
        return draw.of(consonants).upper() if word.isupper() else draw.of(consonants)
    made = "".join(draw.of(consonants) + draw.of(vowels) for _ in range(3)) + ending
    if word.isupper():
        return made.upper()
    return made.capitalize() if word[0].isupper() else made


def _chinese(value: str, draw: Draw) -> str:
    """\u67d0 and letters that are counted with, at least two, for as many ideographs."""
    rest = "".join(draw.of(STEMS) if IDEOGRAPH.match(char) else char for char in value[1:])
    return SOMEONE + (rest if len(rest) > 1 else draw.of(STEMS) + draw.of(STEMS))


def _figures(date: str) -> list[str]:
    """The three figures of a date that is written in figures alone, Chinese too; else none."""
    figures = re.findall(r"\d+", date)
    return figures if len(figures) == 3 and (not WORD.search(date) or IDEOGRAPH.search(date)) else []


def _birth_date(value: str, key: bytes, draw: Draw) -> str:
    """A day of the nineteenth century: as the value is written where that is in figures alone, else as ISO 8601."""
    year, month, day = f"18{draw.digits(2)}", f"{1 + draw.below(12):02d}", f"{1 + draw.below(28):02d}"
    figures = _figures(value)
    if figures and 4 in (len(figures[0]), len(figures[2])):
        left = iter((year, month, day) if len(figures[0]) == 4 else (day, month, year))
        return re.sub(r"\d+", lambda _: next(left), value)
    return f"{year}-{month}-{day}"


MAKERS: dict[str, Callable[[str, bytes, Draw], str]] = {
    "email": _email,
    "phone": _phone,
    "ip": _ip,
    "iban": _iban,
    "crypto": _coin,
    "secret": _secret,
    "url-credentials": _secret,
    "handle": _handle,
    "mac": _mac,
    "name": _words,
    "address": _words,
    "birth-date": _birth_date,
}  # the others are numbers
