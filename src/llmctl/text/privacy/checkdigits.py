"""Check digits: what tells a number somebody was given from one that only has its length.

Numbers come as their digits and letters alone, without what separates groups.
"""

from __future__ import annotations

from collections.abc import Sequence

DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)  # twice a digit, the sum of the two digits of it

# Verhoeff 1969: the dihedral group D5, and the powers of one permutation of it
_PERMUTATION = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)


def luhn(number: str) -> bool:
    """ISO/IEC 7812-1 annex B."""
    total = sum(map(int, number[-1::-2])) + sum(DOUBLED[int(digit)] for digit in number[-2::-2])
    return total % 10 == 0


def weighted(number: str, weights: Sequence[int]) -> int:
    """The sum of the first digits, each times its weight."""
    return sum(int(digit) * weight for digit, weight in zip(number, weights, strict=False))


def mod_11_10(number: str) -> bool:
    """ISO 7064, MOD 11,10."""
    check = 10
    for digit in number[:-1]:
        check = ((check + int(digit)) % 10 or 10) * 2 % 11
    return (check + int(number[-1])) % 10 == 1


def mod_11_2(number: str) -> bool:
    """ISO 7064, MOD 11-2: the last one may be X, for ten."""
    check = 0
    for char in number:
        check = check * 2 + (10 if char in "Xx" else int(char))
    return check % 11 == 1


def mod_97_10(number: str) -> bool:
    """ISO 7064, MOD 97-10, letters as 10 to 35."""
    return int("".join(str(int(char, 36)) for char in number)) % 97 == 1


def verhoeff(number: str) -> bool:
    """J. Verhoeff, Error Detecting Decimal Codes (1969)."""
    check = 0
    for place, char in enumerate(reversed(number)):
        digit = int(char)
        for _ in range(place % 8):
            digit = _PERMUTATION[digit]
        check = _dihedral(check, digit)
    return check == 0


def _dihedral(left: int, right: int) -> int:
    """The product in D5: 0 to 4 turn, 5 to 9 turn over."""
    if left < 5:
        return (left + right) % 5 + (5 if right >= 5 else 0)
    return (left - right) % 5 + (5 if right < 5 else 0)


def ean(number: str) -> bool:
    """The check digit of GS1 (EAN-13 and its kin)."""
    return (sum(map(int, number[-1::-2])) + 3 * sum(map(int, number[-2::-2]))) % 10 == 0


def is_day(month: str | int, day: str | int) -> bool:
    """Whether some year has this day."""
    return 1 <= int(month) <= 12 and 1 <= int(day) <= DAYS[int(month) - 1]


def is_varied(number: str) -> bool:
    """Not one digit alone: what is typed to fill a form passes many a check."""
    return len(set(number)) > 2 or len(number) < 3
