"""MAC addresses (EUI-48, EUI-64): octets between colons or hyphens, or Cisco's groups of four between dots.

Only addresses of one device: group addresses (broadcast, multicast) and counting examples are nobody's; six pairs of
decimal digits are a time unless a word beside says otherwise.
"""

from __future__ import annotations

import re
from itertools import pairwise

from llmctl.text.privacy.context import announced
from llmctl.text.privacy.spans import Detector, Found, Options, is_ascii_alnum

OCTETS = r"[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5,}"  # as long as it goes: fingerprints of keys are longer
DOTTED = r"[0-9A-Fa-f]{4}(?:\.[0-9A-Fa-f]{4}){2,}"
LENGTHS = (12, 16)  # hexadecimal digits of EUI-48 and EUI-64
GROUP_BIT = 0x01  # of the first octet, IEEE 802 8.4: an address of many
WORDS = ("mac", "ether", "ethernet", "hwaddr", "bssid", "bluetooth", "lladdr", "wifi", "wi-fi", "nic", "arp")


def macs(text: str, start: int, end: int, options: Options) -> Found:
    """The address of one device, alone, with one separator."""
    value = text[start:end] if end - start <= 23 else ""
    digits = re.sub("[:.-]", "", value)
    if len(digits) not in LENGTHS or (":" in value and "-" in value) or _continues(text, start, end):
        return []
    octets = bytes.fromhex(digits)
    if octets[0] & GROUP_BIT or _is_example(octets, digits.lower()):
        return []
    if digits.isdecimal() and not announced(text, start, end, WORDS):
        return []
    return [(start, end)]


def _continues(text: str, start: int, end: int) -> bool:
    before, after = text[start - 1 : start], text[end : end + 1]
    if is_ascii_alnum(before) or is_ascii_alnum(after) or before == "_" or after == "_":
        return True
    joins = (before in (":", "-", ".", "%"), after in (":", "-", "."))
    beyond = (text[start - 2 : start - 1], text[end + 1 : end + 2])
    return any(join and is_ascii_alnum(char) for join, char in zip(joins, beyond, strict=True))


def _is_example(octets: bytes, digits: str) -> bool:
    """All equal, or counting up: 00:00:00:00:00:00, 00:11:22:33:44:55, 12:34:56:78:9a:bc."""
    steps = {(after - before) % 256 for before, after in pairwise(octets)}
    return len(steps) == 1 or digits in "0123456789abcdef0123456789abcdef"


ROWS = (
    Detector("mac", "mac", macs, "IEEE 802-2014 8.1, RFC 7042 2.1", pattern=OCTETS),
    Detector("mac", "mac-dotted", macs, "IEEE 802-2014 8.1, Cisco IOS", pattern=DOTTED),
)
