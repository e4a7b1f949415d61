"""A number as books write it above a chapter -> an integer: 12, XII, twelve, the twelfth, and Chinese numerals.

Only whole words are read, and every word list is bounded: what is not in it is no number. Costs a dictionary look-up.
"""

from __future__ import annotations

import re
import unicodedata

from llmctl.text.sources.books.tables import TABLES

MOST = 2000  # the longest novels have chapters in four digits; a year above a chapter is a year
ROMAN = re.compile(r"(?=[MDCLXVI])M?(?:C[MD]|D?C{0,4})(?:X[CL]|L?X{0,4})(?:I[XV]|V?I{0,4})", re.I)
VALUES = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100, "d": 500, "m": 1000}
NUMBERS = TABLES["numbers"]
DIGITS = {character: n for n, characters in enumerate(NUMBERS["digits"]) for character in characters}
TENS: dict[str, int] = NUMBERS["tens"]
JOINED: dict[str, str] = NUMBERS["joined"]
HAN = "".join([*DIGITS, *TENS, *JOINED])
ROWS = [row.split() for row in NUMBERS["words"]]
BY_TEN = NUMBERS["english_tens"].split()
NAMED = {word: n for row in ROWS for n, word in enumerate(row, 1)}
NAMED |= {
    f"{stem}{end}": n for n, stem in enumerate(NUMBERS["german_ordinals"].split(), 1) for end in ("er", "es", "e")
}
NAMED |= {ten: 10 * n for n, ten in enumerate(BY_TEN, 2)}
NAMED |= {f"{ten}-{one}": 10 * n + NAMED[one] for n, ten in enumerate(BY_TEN, 2) for row in ROWS[:2] for one in row[:9]}


def number(word: str) -> int | None:
    """The number that `word` is, from 0 to MOST; None for any other word."""
    word = unicodedata.normalize("NFKC", word.strip())
    if word.isascii() and word.isdigit():
        found: int | None = int(word) if len(word) <= 4 else None
    elif word and all(c in HAN for c in word):
        found = _chinese(word)
    elif ROMAN.fullmatch(word) and (word.isupper() or word.islower()):
        found = _roman(word.lower())
    else:
        found = NAMED.get(folded(word).replace(" ", "-"))
    return found if found is not None and found <= MOST else None


def folded(word: str) -> str:
    """Lower case without accents."""
    if word.isascii():
        return word.lower()
    parts = unicodedata.normalize("NFD", word.casefold())
    return "".join(c for c in parts if not unicodedata.combining(c))


def _roman(word: str) -> int:
    values = [VALUES[c] for c in word]
    return sum(-v if v < after else v for v, after in zip(values, [*values[1:], 0], strict=True))


def _chinese(word: str) -> int | None:
    """By units where there are any, else digit by digit (105 is written both ways, in one book too)."""
    for short, long in JOINED.items():
        word = word.replace(short, long)
    if len(word) > 9:  # 9: the longest below ten thousand, with a zero
        return None
    if not any(c in TENS for c in word):
        return int("".join(str(DIGITS[c]) for c in word))
    total, digit = 0, 0
    for c in word:
        if c in TENS:
            total += (digit or 1) * TENS[c]
            digit = 0
        else:
            digit = DIGITS[c]
    return total + digit
