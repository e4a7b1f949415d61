"""Cards, bank accounts and coins: what has the issuer's form and check, and what only has the length."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from labelled_spans import REGIONS, jsonl

from llmctl.text.privacy.checkdigits import luhn, mod_97_10, verhoeff
from llmctl.text.privacy.detectors import detectors_of
from llmctl.text.privacy.payment.coins import BECH32_DIGITS
from llmctl.text.privacy.payment.keccak import keccak_256
from llmctl.text.privacy.scan import find_spans

KINDS = ("card", "iban", "crypto")


def found(text: str) -> list[tuple[str, str]]:
    return [(s.entity, text[s.start : s.end]) for s in find_spans([text], detectors_of(KINDS), REGIONS)[0]]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("paid with 4539 2147 1274 6634 on Monday", "4539 2147 1274 6634"),
        ("ID: 4539 2147 1274 6634", "4539 2147 1274 6634"),
        ("id 4539-2147-1274-6634", "4539-2147-1274-6634"),
        ("4539-2147-1274-6634, thanks", "4539-2147-1274-6634"),
        ("4539214712746634", "4539214712746634"),
        ("4539 2147 1274 6634 12/27 123", "4539 2147 1274 6634"),
        ("Amex 3782 822463 10005.", "3782 822463 10005"),
        ("378282246310005", "378282246310005"),
        ("my Diners card 3056 930902 5904", "3056 930902 5904"),
        ("2223 0031 2200 3222", "2223 0031 2200 3222"),
        ("6011111111111117", "6011111111111117"),
        ("JCB 3530 1113 3330 0000", "3530 1113 3330 0000"),
        ("card 4222222222222 is old", "4222222222222"),
        ("4111 1111 1111 1111", "4111 1111 1111 1111"),
        ("卡号6222028669557345679）", "6222028669557345679"),
        ("开户行账号:6222 0286 6955 7345 679", "6222 0286 6955 7345 679"),
        ("card number 630427373398 is lost", "630427373398"),
    ],
)
def test_a_card_is_found_whole(text: str, number: str) -> None:
    assert found(text) == [("card", number)]


@pytest.mark.parametrize(
    "text",
    [
        "4539 2147 1274 6635", "1234 5678 9012 3456", "0.4539214712746634", "IMEI 490154203237518", "630427373398",
        "order 4539214712746634", "order ID: 4539 2147 1274 6634", "transaction id 4539 2147 1274 6634",
        "订单号：4539214712746634", "id=4539214712746634", "4222222222222",
        "978-3-16-148410-0", "ISBN 9780306406157", "1687132800000", "20240101123000", "1Z 999 AA1 01 2345 6784",
        "4539 2147 1274 6634 9938 2211", "/status/4539214712746634", "x4539214712746634",
        "构建号271123560424021253", "4539-2147 1274-6634", "1839214712746634, 4539214712746634",
    ],
)  # fmt: skip
def test_what_only_has_the_length_of_a_card_stays(text: str) -> None:
    assert found(text) == []


VISA, MASTERCARD, AMEX = "4539 2147 1274 6634", "5500 0000 0000 0004", "3782 822463 10005"


@pytest.mark.parametrize("joint", [" ", "\u00a0", ", ", ",", "/", " / ", "|", " or ", ") "])
@pytest.mark.parametrize("cards", [(VISA, MASTERCARD), (AMEX, VISA), (VISA, MASTERCARD, AMEX), (VISA, MASTERCARD) * 6])
@pytest.mark.parametrize("separator", ["", " ", "-"])
def test_cards_side_by_side_are_found_each(separator: str, cards: tuple[str, ...], joint: str) -> None:
    written = [card.replace(" ", separator) for card in cards]
    assert found(f"{joint.join(written)}.") == [("card", card) for card in written]


def test_each_card_may_have_its_month_and_code() -> None:
    text = f"{VISA} 12/27 123 {MASTERCARD} 01/26 321"
    assert found(text) == [("card", VISA), ("card", MASTERCARD)]


@pytest.mark.parametrize("text", [
    f"{VISA} 9938 2211", f"{VISA} 1234 5678 9012 3456", f"1234 5678 9012 3456 {VISA}", f"{VISA} {MASTERCARD} 1234",
    f"9938 {VISA} {MASTERCARD}", "4539214712746634 1839214712746634", "4539214712746634,20240101,5500000000000004",
    "order numbers 4539214712746634, 5500000000000004", "4539 2147 1274 6634 5500 0000", "/4539214712746634/5500000000000004",
    "0.4539214712746634 5500000000000004",
])  # fmt: skip
def test_figures_in_a_row_with_cards_that_are_none_stay(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize("joint", [" ", ", ", ",", "/", " / ", " or ", ") "])
@pytest.mark.parametrize("accounts", [
    ("DE89 3704 0044 0532 0130 00", "GB82 WEST 1234 5698 7654 32"), ("DE89370400440532013000", "GB82WEST12345698765432"),
    ("FR1420041010050500013M02606", "NO9386011117947", "DE89370400440532013000"),
    ("NO93 8601 1117 947", "FR14 2004 1010 0505 0001 3M02 606", "DE89 3704 0044 0532 0130 00"),
    ("2085 8720 60 1902070563", "2085 8720 60 1902070563"),
])  # fmt: skip
def test_accounts_side_by_side_are_found_each(accounts: tuple[str, ...], joint: str) -> None:
    assert found(f"CCC {joint.join(accounts)}.") == [("iban", account) for account in accounts]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("DE89 3704 0044 0532 0130 00 BIC COBADEFFXXX", "DE89 3704 0044 0532 0130 00"),
        ("my iban is gb82west12345698765432", "gb82west12345698765432"),
        ("FR1420041010050500013M02606.", "FR1420041010050500013M02606"),
        ("FR14 2004 1010 0505 0001 3M02 606", "FR14 2004 1010 0505 0001 3M02 606"),
        ("NO9386011117947", "NO9386011117947"),
        ("MT84MALT011000012345MTLCAST001S", "MT84MALT011000012345MTLCAST001S"),
        ("账户CH9300762011623852957。", "CH9300762011623852957"),
        ("CCC 2085 8720 60 1902070563", "2085 8720 60 1902070563"),
        ("cuenta 20858720601902070563", "20858720601902070563"),
    ],
)
def test_an_account_is_found_whole(text: str, number: str) -> None:
    assert found(text) == [("iban", number)]


@pytest.mark.parametrize(
    "text",
    [
        "DE88 3704 0044 0532 0130 00", "DE89 3704 0044 0532 0130", "XX89370400440532013000", "De89370400440532013000",
        "GB82 WEST 1234 5698 7654 3", "aDE89370400440532013000", "DE893704004405320130001", "2085 8720 44 1902070563",
        "20858720601902070563", "ad12" * 9,
    ],
)  # fmt: skip
def test_what_only_looks_like_an_account_stays(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "address",
    [
        "1BoatSLRHtKNngkdXEeobR76b53LETtpyT", "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy",
        "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4",
        "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh", "DH5yaieqoZN36fDVciNyRueRGvGLR3mr7L",
        "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t",
        "888tNkZrPN6JsEgekjMnABU4TBzc2Dt29EPAvkRxbANsAnjyPbb3iQ1YBRk1UXcdRsiKc9dhwMVgN5S9cQUiyoogDavup3H",
    ],
)  # fmt: skip
def test_an_address_with_a_right_checksum_is_found(address: str) -> None:
    assert found(f"pay {address}.") == [("crypto", address)]
    wrong = address[:-1] + ("q" if address[-1] != "q" else "p")
    assert found(f"pay {wrong}.") == []


@pytest.mark.parametrize(
    "text",
    [
        "BTC address: 1AGNa15ZQXAZUgFiqJ2i7Z2DPU2J6hW623", "7c3b1f0a9d2e4b8c6f5a1e0d3c2b4a5968778695",
        "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed", "0x0000000000000000000000000000000000000000 eth wallet",
        "0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "1" * 34, "internationalizationConfigurat",
    ],
)  # fmt: skip
def test_hashes_and_constants_stay(text: str) -> None:
    assert found(text) == []


def test_an_address_in_one_case_needs_a_word() -> None:
    address = "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"
    assert found(f"donate ETH to {address}") == [("crypto", address)]


def test_keccak_is_the_hash_of_its_authors() -> None:
    """Their test vectors for the empty message and (of their library) for `abc`; and a message longer than a block."""
    assert keccak_256(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    assert keccak_256(b"abc").hex() == "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"
    assert len({keccak_256(b"a" * n) for n in range(130, 140)}) == 10


@settings(max_examples=200, deadline=None)
@given(st.text("0123456789", min_size=11, max_size=18), st.integers(0, 9), st.integers(1, 9))
def test_one_wrong_digit_breaks_luhn_and_verhoeff(digits: str, at: int, by: int) -> None:
    for check in (luhn, verhoeff):
        number = next(digits + last for last in "0123456789" if check(digits + last))
        other = number[:at] + str((int(number[at]) + by) % 10) + number[at + 1 :]
        assert not check(other)


def test_mod_97_10_holds_for_the_standards_own_example() -> None:
    assert mod_97_10("3214282912345698765432161182")
    assert len(BECH32_DIGITS) == 32


def test_generated_cards_and_accounts(data: Path) -> None:
    """299 cards and 49 IBANs in English, 180 bank cards in Chinese beside order numbers, ISBNs and numbers of students:
    all found, each whole, and nothing else."""
    types = {"CREDIT_CARD": "card", "BANK_CARD": "card", "IBAN_CODE": "iban"}
    for name in ("presidio_generated_large", "presidio_synth_v2", "zh_generated"):
        rows = jsonl(data / "pii" / f"{name}.jsonl.zst")
        spans = find_spans([row["text"] for row in rows], detectors_of(KINDS), REGIONS)
        true = [{(s["start"], s["end"], types[s["type"]]) for s in r["spans"] if s["type"] in types} for r in rows]
        assert [{(s.start, s.end, s.entity) for s in own} for own in spans] == true
