"""What money goes by: cards, bank accounts, and the addresses of crypto-currencies in `coins.py`.

A card has an issuer's prefix, one of the issuer's lengths and Luhn's check digit; that holds for one in twenty runs of
sixteen digits, so that a run without groups must not be part of something else, nor be announced as something else.
An IBAN has its country's length and structure, and MOD 97-10.
"""

from __future__ import annotations

import re

from llmctl.text.privacy.checkdigits import is_varied, luhn, mod_97_10, weighted
from llmctl.text.privacy.context import announced
from llmctl.text.privacy.payment.accounts import BBANS, GROUPED, IBAN, proposing
from llmctl.text.privacy.rows import row_around
from llmctl.text.privacy.spans import Detector, Found, Options, is_ascii_alnum

_S = "[ \u00a0-]"
CARD = (  # 4-4-4-4 and 4-4-4-4-3, 6-13, 4-6-5 and 4-6-4, 4-4-5; a run
    rf"\b(?:[0-9]{{4}}{_S}[0-9]{{4}}{_S}[0-9]{{4}}{_S}[0-9]{{4}}(?:{_S}[0-9]{{1,3}}\b)?|[0-9]{{6}}{_S}[0-9]{{13}}|"
    rf"[0-9]{{4}}{_S}[0-9]{{6}}{_S}[0-9]{{4,5}}|[0-9]{{4}}{_S}[0-9]{{4}}{_S}[0-9]{{5}}|[0-9]{{12,20}})"
)
ISSUERS = (  # ISO/IEC 7812: (issuer, first and last prefix, lengths, lengths that need a word beside)
    ("visa", "4", "4", (16,), ()),
    ("mastercard", "51", "55", (16,), ()),
    ("mastercard", "2221", "2720", (16,), ()),
    ("amex", "34", "34", (15,), ()),
    ("amex", "37", "37", (15,), ()),
    ("discover", "6011", "6011", (16,), ()),
    ("discover", "644", "659", (16,), ()),
    ("jcb", "3528", "3589", (16,), ()),
    ("jcb", "1800", "1800", (), (15,)),
    ("jcb", "2131", "2131", (), (15,)),
    ("unionpay", "62", "62", (16, 19), ()),
    ("unionpay", "81", "81", (), (16, 17, 18, 19)),
    ("mir", "2200", "2204", (16,), (17, 18, 19)),
    ("troy", "9792", "9792", (), (16,)),
    (
        "any of travel or banking",
        "3",
        "6",
        (),
        tuple(range(12, 20)),
    ),  # ISO/IEC 7812-1 table 1: Maestro, Elo, Verve, ...
)
SHAPE = re.compile(CARD)
CARD_WORDS = (
    "card", "cards", "cc", "visa", "mastercard", "amex", "american express", "maestro", "discover", "diners", "jcb",
    "unionpay", "credit", "debit", "tarjeta", "carte", "karte", "kreditkarte", "carta", "cart\u00e3o", "kaart", "karta",
    "creditcard", "\u043a\u0430\u0440\u0442\u0430", "\u043a\u0430\u0440\u0442\u044b", "\u5361\u53f7", "\u5361\u865f",
    "\u94f6\u884c\u5361", "\u4fe1\u7528\u5361", "\u50a8\u84c4\u5361", "\u501f\u8bb0\u5361", "\u8d26\u53f7", "\u8d26\u6237",
    "\u94f6\u8054", "\u30ab\u30fc\u30c9",
)  # fmt: skip
OTHER = re.compile(  # what other numbers are announced as
    r"(?:order|tracking|invoice|ticket|serial|imei|isbn|ean|upc|gtin|sku|barcode|build|transaction|txn?|ref(?:erence)?|"
    r"status|tweet|(?P<any>id)|uid|gid|pid|timestamp|time|seed|hash|version|part|item|product|case|account|session|oclc|"
    r"\u8ba2\u5355\u53f7?|\u5355\u53f7|\u6784\u5efa\u53f7|\u7f16\u53f7|\u6d41\u6c34\u53f7|\u5b66\u53f7|\u4e66\u53f7)"
    r"s?(?:[\s_.:\uff1a=#\"'\[(-]|nos?|nr|num|numbers?|is|are|\u4e3a|\u662f)*$",
    re.IGNORECASE,
)
JOINED_BEFORE = re.compile("[0-9A-Za-z][.+#\u2010-\u2013-]$|[_/\\\\%@.$\u20ac]$")
JOINED_AFTER = re.compile("[.\u2010-\u2013/-]?[0-9A-Za-z]|[_%\u20ac$@\\\\]")
ROW_BEFORE = re.compile("[0-9][ \u00a0]$")
TAIL_BEFORE = re.compile("<CARD>(?: [0-9]{1,2}/[0-9]{2,4})?(?: [0-9]{3,4})? $")  # of the card before
ROW_AFTER = re.compile("[ \u00a0][0-9](?![0-9]?/[0-9]{2}|[0-9]{2}(?![0-9]))")  # but the month it ends in, or its code
FOURS = re.compile("(?:[0-9]{4}[ \u00a0-]){4}")
IN_FOURS = re.compile("(?:[0-9]{4}[ \u00a0-]){3}[0-9]{4}")  # as cards are, behind `ID: ` too
LISTED_BEFORE, LISTED_AFTER = re.compile("[0-9]{8}[,;|\t ] ?$"), re.compile("[,;|\t ] ?[0-9]{8}")
LENGTHS = (16, 19, 15, 17)  # characters: a run, in groups
MAX_IBAN = 34  # ISO 13616
CCC = r"\b[0-9]{4}(?: [0-9]{4} [0-9]{2} |-[0-9]{4}-[0-9]{2}-)[0-9]{10}"
CCC_WORDS = ("cuenta", "cuentas", "ccc", "c.c.c", "banco", "bancaria", "bancario")


def cards(text: str, start: int, end: int, options: Options) -> Found:
    """A number that an issuer gives, with its check digit, and not a part of something else."""
    value = text[start:end]
    digits = value if value.isdigit() else re.sub("[^0-9]", "", value)
    if (
        len(digits) > 16 and FOURS.match(value) and not luhn(digits)
    ):  # what follows is the month it ends in, or its code
        return cards(text, start, start + 19, options)
    needs_word = _needs_word(digits)
    if needs_word is None or not luhn(digits) or len(set(digits)) == 1:
        return []
    if len({char for char in value if not char.isdigit()}) > 1:
        return []
    first, among_figures = start, value.isdigit() and _is_among_figures(text, start, end)
    if among_figures or _continues(text, start, end):
        row = row_around(text, start, end, LENGTHS, _is_card)
        if _continues(text, row.start, row.end, row.open_before, row.open_after):
            return []
        first = row.start
        among_figures = among_figures and _is_among_figures(text, row.start, row.end, row.open_before, row.open_after)
    if needs_word or among_figures or _is_other(text, first, end):
        return [(start, end)] if announced(text, start, end, CARD_WORDS) else []
    return [(start, end)]


def _is_other(text: str, start: int, end: int) -> bool:
    """Whether it is announced as something else; `order id` is, but `ID` may be any number."""
    other = OTHER.search(text, max(0, start - 24), start)
    if other is None or other["any"] is None or not IN_FOURS.fullmatch(text, start, end):
        return other is not None
    return OTHER.search(text, max(0, start - 24), other.start()) is not None


def _is_card(value: str) -> bool:
    """Whether it is one without a word beside it."""
    if not SHAPE.fullmatch(value):
        return False
    digits = re.sub("[^0-9]", "", value)
    return _needs_word(digits) is False and luhn(digits) and len({char for char in value if not char.isdigit()}) < 2


def _needs_word(digits: str) -> bool | None:
    """Whether a number of these digits needs a word beside; None where no issuer gives it."""
    needs: bool | None = None
    for _, first, last, lengths, with_word in ISSUERS:
        if first <= digits[: len(first)] <= last:
            if len(digits) in lengths:
                return False
            needs = True if len(digits) in with_word else needs
    return needs


def _is_among_figures(text: str, start: int, end: int, open_before: bool = False, open_after: bool = False) -> bool:
    """Whether it stands in a row of long figures, of which one in thirty passes for a card."""
    before = not open_before and LISTED_BEFORE.search(text, max(0, start - 10), start)
    return bool(before or (not open_after and LISTED_AFTER.match(text, end, end + 10)))


def _continues(text: str, start: int, end: int, open_before: bool = False, open_after: bool = False) -> bool:
    """Whether the figures beside belong to it; an open side is one where cards go on."""
    return (not open_before and _continues_before(text, start, end)) or (
        not open_after and _continues_after(text, start, end)
    )


def _continues_before(text: str, start: int, end: int) -> bool:
    before = text[max(0, start - 2) : start]
    if is_ascii_alnum(before[-1:]) or JOINED_BEFORE.search(before):
        return True
    if not _is_spaced(text, start, end) or not ROW_BEFORE.search(before):
        return False
    return TAIL_BEFORE.search(text, max(0, start - 24), start) is None


def _continues_after(text: str, start: int, end: int) -> bool:
    if JOINED_AFTER.match(text, end, end + 2):
        return True
    return _is_spaced(text, start, end) and ROW_AFTER.match(text, end, end + 7) is not None


def _is_spaced(text: str, start: int, end: int) -> bool:
    return " " in text[start:end] or "\u00a0" in text[start:end]


def ibans(text: str, start: int, end: int, options: Options) -> Found:
    """As many characters as the country's have, all capitals or none, in one run or in fours."""
    before = text[start - 1 : start]
    if is_ascii_alnum(before) or (before != "" and before in "_/+=" and not text.endswith("<IBAN>/", 0, start)):
        return []
    bban = BBANS.get(text[start : start + 2].upper())
    if bban is None:
        return []
    match = (GROUPED if not is_ascii_alnum(text[start + 4]) else IBAN).match(text, start, start + 2 * MAX_IBAN)
    value = re.sub("[^0-9A-Za-z]", "", match.group()) if match else ""
    length = bban.length + 4
    if len(value) < length or not (value[:length].isupper() or value[:length].islower()):
        return []
    stop = _after(text, start, length)
    value = value[:length].upper()
    if is_ascii_alnum(text[stop : stop + 1]) or not bban.pattern.fullmatch(value[4:]):
        return []
    return [(start, stop)] if mod_97_10(value[4:] + value[:4]) else []


def _after(text: str, start: int, count: int) -> int:
    """Where so many letters and digits end."""
    at = start
    while count:
        count -= is_ascii_alnum(text[at])
        at += 1
    return at


def spanish_accounts(text: str, start: int, end: int, options: Options) -> Found:
    """One that stands alone or among its like."""
    if not _is_ccc(text[start:end]):
        return []
    row = row_around(text, start, end, (end - start,), _is_ccc)
    return [] if _continues(text, row.start, row.end, row.open_before, row.open_after) else [(start, end)]


def _is_ccc(value: str) -> bool:
    """Bank and branch, two check digits, account: weights of the powers of 2, modulus 11."""
    digits = re.sub("[^0-9]", "", value)
    if len(digits) != 20 or not is_varied(digits):
        return False
    return digits[8:10] == f"{_ccc_check('00' + digits[:8])}{_ccc_check(digits[10:])}"


def _ccc_check(digits: str) -> int:
    check = -weighted(digits, [2**i % 11 for i in range(10)]) % 11
    return 1 if check == 10 else check


ROWS = (
    Detector("iban", "iban", ibans, "ISO 13616", pattern=proposing()),
    Detector("iban", "ccc", spanish_accounts, "Consejo Superior Bancario, norma 50", pattern=CCC),
    Detector("iban", "ccc-run", spanish_accounts, "Consejo Superior Bancario, norma 50", pattern=r"\b[0-9]{20}",
             context=CCC_WORDS),
    Detector("card", "card", cards, "ISO/IEC 7812-1", pattern=CARD),
)  # fmt: skip
