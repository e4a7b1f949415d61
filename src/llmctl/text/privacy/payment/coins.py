"""Addresses of crypto-currencies, by the checksums that they carry.

Base58Check (Bitcoin and what descends from it): the first four bytes of SHA-256 twice. Bech32 and Bech32m: a BCH code.
Ethereum: capitals chosen by Keccak-256 (EIP-55); an address in one case has no checksum and needs a word beside it.
"""

from __future__ import annotations

import hashlib
import re

from llmctl.text.privacy.payment.keccak import keccak_256
from llmctl.text.privacy.spans import Detector, Found, Options, is_ascii_alnum

BITCOIN_DIGITS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
RIPPLE_DIGITS = "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz"
BASE58 = rf"\b[{BITCOIN_DIGITS}]{{25,}}"
VERSIONS = {  # first letters of addresses, and the bytes before the hash of a key or of a script
    "1": (b"\x00",), "3": (b"\x05",), "2": (b"\xc4",), "m": (b"\x6f",), "n": (b"\x6f",),  # Bitcoin and its test net
    "L": (b"\x30",), "M": (b"\x32",),  # Litecoin
    "D": (b"\x1e",), "A": (b"\x16",), "9": (b"\x16",),  # Dogecoin
    "X": (b"\x4c",), "7": (b"\x10",),  # Dash
    "T": (b"\x41",),  # Tron
    "t": (b"\x1c\xb8", b"\x1c\xbd"),  # Zcash
}  # fmt: skip
HASH, SUM = 20, 4  # bytes
MIN_BASE58, MAX_BASE58 = 25, 35
MONERO_PREFIXES = {18, 19, 42}  # main net: standard, integrated, subaddress
MONERO_LENGTHS = {95: 69, 106: 77}  # characters and bytes
MONERO_BLOCK = {11: 8, 2: 1, 3: 2, 5: 3, 6: 4, 7: 5, 9: 6, 10: 7}  # characters of a block and its bytes
BECH32 = "(?:bc|tb|ltc|addr|stake|cosmos|osmo|BC|TB|LTC)1[02-9ac-hj-np-zAC-HJ-NP-Z]{25,}"
BECH32_DIGITS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"  # BIP 173
BECH32_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
BECH32_SUMS = (1, 0x2BC830A3)  # BIP 173, BIP 350
MAX_BECH32 = 120  # Cardano's are longer than the 90 of Bitcoin
ETHEREUM = "0x[0-9A-Fa-f]{40}"
COIN_WORDS = (
    "eth", "ethereum", "erc20", "erc-20", "ether", "wallet", "wallets", "metamask", "usdt", "usdc", "polygon", "bnb",
    "bsc", "crypto", "donate", "donation", "donations", "airdrop", "deposit", "\u94b1\u5305", "\u4ee5\u592a\u574a",
    "\u94b1\u5305\u5730\u5740",
)  # fmt: skip


def base58_addresses(text: str, start: int, end: int, options: Options) -> Found:
    """Base58Check with a version that a currency uses, Ripple's alphabet, or Monero's blocks."""
    length = end - start
    if length > max(MONERO_LENGTHS) or is_ascii_alnum(text[start - 1 : start]) or is_ascii_alnum(text[end : end + 1]):
        return []
    value = text[start:end]
    if length in MONERO_LENGTHS:
        return [(start, end)] if value[0] in "48" and _is_monero(value) else []
    if not MIN_BASE58 <= length <= MAX_BASE58:
        return []
    if value[0] == "r":
        return [(start, end)] if _has_sum(value, RIPPLE_DIGITS, (b"\x00",)) else []
    return [(start, end)] if value[0] in VERSIONS and _has_sum(value, BITCOIN_DIGITS, VERSIONS[value[0]]) else []


def _number(value: str, digits: str) -> int:
    number = 0
    for char in value:
        number = number * 58 + digits.index(char)
    return number


def _has_sum(value: str, digits: str, versions: tuple[bytes, ...]) -> bool:
    """Whether the last four bytes are those of SHA-256 twice of what is before."""
    number = _number(value, digits)
    for version in versions:
        length = len(version) + HASH + SUM
        if number.bit_length() <= 8 * length:
            raw = number.to_bytes(length, "big")
            twice = hashlib.sha256(hashlib.sha256(raw[:-SUM]).digest()).digest()
            if raw.startswith(version) and twice[:SUM] == raw[-SUM:]:
                return True
    return False


def _is_monero(value: str) -> bool:
    """Blocks of 11 characters are 8 bytes each; the last four are Keccak-256 of what is before."""
    raw = b""
    for at in range(0, len(value), 11):
        block = value[at : at + 11]
        number, length = _number(block, BITCOIN_DIGITS), MONERO_BLOCK[len(block)]
        if number.bit_length() > 8 * length:
            return False
        raw += number.to_bytes(length, "big")
    return raw[0] in MONERO_PREFIXES and keccak_256(raw[:-SUM])[:SUM] == raw[-SUM:]


def bech32_addresses(text: str, start: int, end: int, options: Options) -> Found:
    """BIP 173 and 350: one case, and a remainder of the BCH code."""
    value = text[start:end]
    if end - start > MAX_BECH32 or not (value.islower() or value.isupper()):
        return []
    if any(char and (is_ascii_alnum(char) or char == "_") for char in (text[start - 1 : start], text[end : end + 1])):
        return []
    prefix, _, data = value.lower().partition("1")
    spread = [ord(char) >> 5 for char in prefix] + [0] + [ord(char) & 31 for char in prefix]
    check = 1
    for symbol in [*spread, *map(BECH32_DIGITS.index, data)]:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ symbol
        for bit, generator in enumerate(BECH32_GENERATOR):
            check ^= generator if top >> bit & 1 else 0
    return [(start, end)] if check in BECH32_SUMS else []


def ethereum_addresses(text: str, start: int, end: int, options: Options) -> Found:
    """Mixed case by EIP-55."""
    digits = text[start + 2 : end]
    if digits.islower() or digits.isupper() or digits.isdigit() or not _stands_alone(text, start, end):
        return []
    nibbles = keccak_256(digits.lower().encode()).hex()
    fits = all(
        char.isdigit() or char.isupper() == (nibble >= "8") for char, nibble in zip(digits, nibbles, strict=False)
    )
    return [(start, end)] if fits else []


def ethereum_addresses_in_one_case(text: str, start: int, end: int, options: Options) -> Found:
    """No constant of zeros or of one digit repeated."""
    digits = text[start + 2 : end]
    if not _stands_alone(text, start, end) or not (digits.islower() or digits.isupper()):
        return []
    return [(start, end)] if len(set(digits)) > 7 and "00000000" not in digits else []


def _stands_alone(text: str, start: int, end: int) -> bool:
    return not (is_ascii_alnum(text[start - 1 : start]) or re.match("[0-9A-Za-z_]", text[end : end + 1]))


ROWS = (
    Detector("crypto", "base58", base58_addresses, "Bitcoin Core base58.h, XRPL and Monero docs", pattern=BASE58),
    Detector("crypto", "bech32", bech32_addresses, "BIP 173, BIP 350", pattern=BECH32),
    Detector("crypto", "ethereum", ethereum_addresses, "EIP-55", pattern=ETHEREUM),
    Detector(
        "crypto", "ethereum-announced", ethereum_addresses_in_one_case, "EIP-55", pattern=ETHEREUM, context=COIN_WORDS
    ),
)
