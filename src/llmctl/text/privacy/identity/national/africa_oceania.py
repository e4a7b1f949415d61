"""National numbers of Africa and Oceania: how they are written, checked and announced."""

from __future__ import annotations

from llmctl.text.privacy.checkdigits import is_day, is_varied, luhn, weighted
from llmctl.text.privacy.identity.national.numbering import Number


def au_tfn(number: str) -> bool:
    """Weights of the Australian Taxation Office, modulus 11."""
    return is_varied(number) and weighted(number, (1, 4, 3, 7, 5, 8, 6, 9, 10)) % 11 == 0


def au_abn(number: str) -> bool:
    """Australian Business Register: one less of the first digit, modulus 89."""
    return weighted(number, (10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19)) % 89 == 10 and number[0] != "0"


def au_medicare(number: str) -> bool:
    """Weights 1, 3, 7, 9 over eight digits, the ninth is the check."""
    return number[0] in "23456" and weighted(number, (1, 3, 7, 9, 1, 3, 7, 9)) % 10 == int(number[8])


def nz_ird(number: str) -> bool:
    """Inland Revenue: 10,000,000 to 150,000,000; two sets of weights, modulus 11."""
    if not 10_000_000 <= int(number) <= 150_000_000:
        return False
    padded = number.zfill(9)
    check = -weighted(padded, (3, 2, 7, 6, 5, 4, 3, 2)) % 11
    if check == 10:
        check = -weighted(padded, (7, 4, 3, 2, 5, 2, 7, 6)) % 11
    return check == int(padded[-1])


def eg_identity(number: str) -> bool:
    """Century 2 or 3, birth date, governorate."""
    return (
        number[0] in "23" and is_day(number[3:5], number[5:7]) and (1 <= int(number[7:9]) <= 35 or number[7:9] == "88")
    )


def za_identity(number: str) -> bool:
    """Department of Home Affairs: birth date, sex and serial, 0 or 1 for citizens and residents, Luhn."""
    return is_day(number[2:4], number[4:6]) and number[10] in "012" and luhn(number)


NUMBERS = (
    Number("AU", "tax file number", (), ("3 3 3", "3-3-3", "9"), au_tfn,
           ("tfn", "tax file"), "Australian Taxation Office"),
    Number("AU", "business number", (), ("2 3 3 3", "11", "2-3-3-3"), au_abn,
           ("abn", "business number", "australian business"), "Australian Business Register"),
    Number("AU", "Medicare", (), ("4 5 1", "4 5 1-1", "4 5 1/1"), au_medicare,
           ("medicare",), "Services Australia"),
    Number("NZ", "IRD", (), ("3-3-3", "2-3-3", "9", "8", "3 3 3"), nz_ird, ("IRD", "inland revenue"), "Inland Revenue"),
    Number("ZA", "identity number", (), ("13", "6 4 2 1", "6 4 3"), za_identity,
           ("identity number", "id number", "south african id", "identity document", "id no", "RSA ID", "ID"),
           "Identification Act 68 of 1997"),
    Number("EG", "national identity", (), ("14",), eg_identity,
           ("\u0627\u0644\u0631\u0642\u0645 \u0627\u0644\u0642\u0648\u0645\u064a", "national id",
            "\u0631\u0642\u0645 \u0642\u0648\u0645\u064a"), "Civil Status Law 143/1994"),
)  # fmt: skip
