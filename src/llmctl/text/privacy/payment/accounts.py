"""ISO 13616: the length and the structure of each country's bank accounts, of which IBANs are made.

The registry (SWIFT, release 101) writes `n` for digits, `a` for capitals, `c` for either, each behind a count.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

REGISTRY = """
AD:8n12c AE:19n AL:8n16c AT:16n AZ:4a20c BA:16n BE:12n BG:4a6n8c BH:4a14c BI:23n BR:23n1a1c BY:4c4n16c CH:5n12c
CR:18n CY:8n16c CZ:20n DE:18n DJ:23n DK:14n DO:4c20n EE:16n EG:25n ES:20n FI:14n FK:2a12n FO:14n FR:10n11c2n
GB:4a14n GE:2a16n GI:4a15c GL:14n GR:7n16c GT:24c HN:4a20n HR:17n HU:24n IE:4a14n IL:19n IQ:4a15n IS:22n IT:1a10n12c
JO:4a4n18c KW:4a22c KZ:3n13c LB:4n20c LC:4a24c LI:5n12c LT:16n LU:3n13c LV:4a13c LY:21n MC:10n11c2n MD:20c ME:18n
MK:3n10c2n MN:16n MR:23n MT:4a5n18c MU:4a19n3a NI:4a20n NL:4a10n NO:11n OM:3n16c PK:4a16c PL:24n PS:4a21c PT:21n
QA:4a21c RO:4a16c RS:18n RU:14n15c SA:2n18c SC:4a20n3a SD:14n SE:20n SI:15n SK:20n SM:1a10n12c SO:19n ST:21n
SV:4a20n TL:19n TN:20n TR:6n16c UA:6n19c VA:18n VG:4a16n XK:16n YE:4a4n18c
"""
KINDS = {"n": "0-9", "a": "A-Z", "c": "A-Z0-9"}


@dataclass(frozen=True)
class Bban:
    """The part behind country and check digits."""

    length: int
    pattern: re.Pattern[str]


def _bban(structure: str) -> Bban:
    parts = [(int(count), kind) for count, kind in re.findall("([0-9]+)([nac])", structure)]
    return Bban(sum(n for n, _ in parts), re.compile("".join(f"[{KINDS[kind]}]{{{n}}}" for n, kind in parts)))


BBANS = {entry[:2]: _bban(entry[3:]) for entry in REGISTRY.split()}
SPACE = "[ \u00a0-]"
IBAN = re.compile("[A-Za-z]{2}[0-9]{2}[0-9A-Za-z]{11,30}")
GROUPED = re.compile("[A-Za-z]{2}[0-9]{2}([ \u00a0-])[0-9A-Za-z]{4}(?:\\1[0-9A-Za-z]{4}){1,6}(?:\\1[0-9A-Za-z]{1,3})?")


def proposing() -> str:
    """What begins like an IBAN of some country, as short as the shortest (Norway's have 15)."""
    first: dict[str, str] = {}
    for country in BBANS:
        first[country[0]] = first.get(country[0], "") + country[1]
    upper = "|".join(f"{one}[{others}]" for one, others in first.items())
    return rf"\b(?:{upper}|{upper.lower()})[0-9]{{2}}(?:{SPACE}?[0-9A-Za-z]{{4}}){{2}}{SPACE}?[0-9A-Za-z]{{3}}"
