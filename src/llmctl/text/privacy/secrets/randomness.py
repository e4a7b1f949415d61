"""Whether a string was drawn at random or written by somebody: entropy, words, placeholders."""

from __future__ import annotations

import math
import re
from collections import Counter

MIN_BITS_HEX, MIN_BITS = 3.0, 3.5  # a character: truffleHog's limit for hexadecimal; gitleaks' for values beside a name
HEX = re.compile(r"(?:[0-9a-f]+|[0-9A-F]+)")
WORD = re.compile(r"[A-Z]?[a-z]{3,}|[A-Z]{4,}")  # four letters
UNSPEAKABLE = re.compile(r"[^aeiouyAEIOUY]{4}")
VOWEL = re.compile(r"[aeiouyAEIOUY]")
PATH = re.compile(r"^[/~.\\]|^[A-Za-z]:[\\/]|://|\.[a-z]{2,4}[0-9]?$")
UUID = re.compile(r"\{?[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\}?")  # RFC 9562 4
REPEATED = re.compile(r"(.)\1{5}|(..)\2{4}|(....)\3{3}|\*{3}|\.{3}|[xX]{4}")
STAND_IN = re.compile(  # what documentation and tests write where a secret goes
    r"example|sample|your|change.?me|placeholder|dummy|insert|replace|redacted|removed|fixme|todo|fake|mock|lorem"
    r"|(?:pass|secret|token|api.?key|goes|value|enter|put).?here|not.?a.?real|secret.?key|access.?token|api.?key"
    r"|my.?(?:secret|token|password|pass|key)|super.?secret|top.?secret|pass.?word|[_-]test|test[_-]|qwerty|deadbeef|undefined",
    re.IGNORECASE,
)


def bits(value: str) -> float:
    """Shannon entropy of the characters, in bits a character."""
    total = len(value)
    return -sum(n / total * math.log2(n / total) for n in Counter(value).values())


def is_stand_in(value: str) -> bool:
    """Placeholders: `your-api-key`, `xxxxxxxx`, `AKIAIOSFODNN7EXAMPLE`, and what mostly counts up: `1234567890abcdef`."""
    return bool(STAND_IN.search(value) or REPEATED.search(value)) or _counting(value) > len(value) // 2


def _counting(value: str) -> int:
    """Characters in runs of four or more, each one above (or below) the one before."""
    total = 0
    for step in (1, -1):
        run = 1
        for before, char in zip(value, value[1:] + "\0", strict=True):
            if ord(char) - ord(before) == step or before + char == "90":
                run += 1
                continue
            total += run if run >= 4 else 0
            run = 1
    return total


def is_wordy(value: str) -> bool:
    """Whether most of it can be spoken; letters drawn at random change their case too often for it."""
    words = [w for w in WORD.findall(value) if VOWEL.search(w) and not UNSPEAKABLE.search(w)]
    return 2 * sum(map(len, words)) > len(value)


def is_random(value: str) -> bool:
    """Letters and digits, many different ones, no words, no placeholder, no path, no UUID."""
    if not any(map(str.isdigit, value)) or not any(map(str.isalpha, value)):
        return False
    if bits(value) < (MIN_BITS_HEX if HEX.fullmatch(value) else MIN_BITS):
        return False
    return not (is_wordy(value) or is_stand_in(value) or UUID.fullmatch(value) or PATH.search(value))
