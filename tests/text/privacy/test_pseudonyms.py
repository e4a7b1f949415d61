"""Pseudonyms: the same for the same value and key, another for another key, of the same shape, and nobody's."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmctl.settings.scrub import ENTITIES
from llmctl.text.privacy.pseudonyms import canonical, derived, fingerprint, is_reserved, pseudonym

KEY, OTHER = derived(b"0123456789abcdef"), derived(b"0123456789abcdeg")
VALUES = [
    ("email", "Ann.Lee@mail.test"), ("phone", "+1 415 555 2671"), ("phone", "(415) 555-2671 x12"),
    ("phone", "+49 (0)30 901820"), ("phone", "13812345678"), ("phone", "555-0199"), ("phone", "06 12 34 56 78"),
    ("ip", "8.8.8.8"), ("ip", "2a00:4860:4860::8888"), ("card", "4111 1111 1111 1111"),
    ("iban", "GB82 WEST 1234 5698 7654 32"), ("iban", "gb82west12345698765432"), ("id-number", "078-05-1120"),
    ("id-number", "11010519491231002X"), ("id-number", "E97588728"), ("secret", "ghp_0123456789abcdefABCDEF0123456789abcd"),
    ("secret", "hunter2"), ("url-credentials", "bob:pa55word"), ("handle", "@bob"), ("mac", "00:1A:2B:3C:4D:5E"),
    ("mac", "001a.2b3c.4d5e"), ("crypto", "0x52908400098527886E0F7030069857D2E4169EE7"),
    ("crypto", "1JayVxfVgdaFKirkZTZVK4CdRnFDdFNENN"), ("name", "Mary Ann van der Berg"), ("name", "J. R. O'Neil"),
    ("name", "袁伟"), ("name", "Иван Петров"), ("address", "12 Main Street, Apt. 4, NY 10001"),
    ("address", "北京市海淀区中关村大街1号"), ("birth-date", "1980-09-23"), ("birth-date", "1961年09月21日"),
    ("birth-date", "12 March 1975"),
]  # fmt: skip
both = pytest.mark.parametrize(("entity", "value"), VALUES, ids=[f"{e}-{i}" for i, (e, _) in enumerate(VALUES)])


@both
def test_the_same_for_one_key_another_for_another_and_nothing_of_the_value(entity: str, value: str) -> None:
    one = pseudonym(KEY, entity, value)
    assert one == pseudonym(KEY, entity, value) != value
    assert one != pseudonym(OTHER, entity, value) or value == "hunter2"
    assert not [part for part in re.findall(r"\w{4,}", value) if part.lower() in one.lower()]


@both
def test_the_shape_stays(entity: str, value: str) -> None:
    """Digits, letters and separators stand where they stood, but where a kind has one shape only."""
    one = pseudonym(KEY, entity, value)
    shape = re.sub(r"[^\W\d_]", "a", re.sub(r"\d", "0", value)), re.sub(r"[^\W\d_]", "a", re.sub(r"\d", "0", one))
    if entity in ("phone", "card", "mac") and value[:4] != "001a":
        assert re.sub(r"[a0]", "x", shape[0]) == re.sub(r"[a0]", "x", shape[1])
    elif entity in ("id-number", "iban", "crypto"):
        assert len(one) == len(value)
    elif entity == "email":
        assert re.fullmatch(r"[a-z0-9]+@example\.org", one)
    elif entity == "name":
        assert len(one.split()) == len(value.split())


@both
def test_a_pseudonym_is_known_again(entity: str, value: str) -> None:
    one = pseudonym(KEY, entity, value)
    assert is_reserved(entity, one) or entity == "birth-date" or one.startswith("0x")  # no detector takes these
    assert entity != "birth-date" or re.search(r"18\d\d", one)
    assert not is_reserved(entity, value) or value in ("555-0199",)


def test_reserved_ranges_are_those_of_their_standards() -> None:
    assert pseudonym(KEY, "ip", "8.8.8.8").startswith("192.0.2.")
    assert pseudonym(KEY, "ip", "2a00::1").startswith("2001:db8:")
    assert re.fullmatch(r"\+1 [2-9]\d\d 555 01\d\d", pseudonym(KEY, "phone", "+1 415 555 2671"))
    assert re.fullmatch(r"555-01\d\d", pseudonym(KEY, "phone", "867-5309"))
    assert pseudonym(KEY, "phone", "+49 30 901820").startswith("+99 9")
    assert pseudonym(KEY, "mac", "00:1A:2B:3C:4D:5E").startswith("00:00:5E:00:53:")


def test_ways_to_write_one_value_are_one_value() -> None:
    digits = {re.sub(r"\D", "", pseudonym(KEY, "phone", v)) for v in ("415-555-2671", "(415) 555 2671", "415.555.2671")}
    assert len(digits) == 1
    assert pseudonym(KEY, "email", "Ann@X.example") == pseudonym(KEY, "email", "ann@x.example")
    assert fingerprint(KEY, "iban", "GB82 WEST 1234") == fingerprint(KEY, "iban", "gb82west1234")
    assert fingerprint(KEY, "iban", "GB82WEST1234") != fingerprint(OTHER, "iban", "GB82WEST1234")


def test_a_first_name_is_the_same_alone_and_beside_its_surname() -> None:
    assert pseudonym(KEY, "name", "Mary Smith").split()[0] == pseudonym(KEY, "name", "Mary")
    assert pseudonym(KEY, "name", "MARY").capitalize() == pseudonym(KEY, "name", "Mary")


@given(st.sampled_from(ENTITIES), st.text(min_size=1, max_size=60))
def test_any_text_has_a_pseudonym(entity: str, value: str) -> None:
    if entity != "phone" or re.search(r"[0-9]", value):
        one = pseudonym(KEY, entity, value)
        assert one and one == pseudonym(KEY, entity, value)
    assert isinstance(canonical(entity, value), str)


def test_few_values_share_a_pseudonym() -> None:
    """Ten thousand e-mail addresses, numbers and secrets; those of ten digits have a million pseudonyms, so some repeat."""
    for entity, make in (("email", "a{}@b.cd"), ("id-number", "1234-{:07d}"), ("secret", "abcdefghij{:06d}abcdefgh")):
        made = {pseudonym(KEY, entity, make.format(n)) for n in range(10_000)}
        assert len(made) > 9_900


@pytest.mark.parametrize(
    ("entity", "value"),
    [("email", "liuxq@pku.edu.cn"), ("handle", "@chenxq"), ("secret", "Kxq9mQ2vL7xq"), ("url-credentials", "bob:EXAMPLE1real9"),
     ("address", "12 Oak Street, Apt XQ, Springfield, IL 62704"), ("id-number", "000.123.456-01"), ("id-number", "00.03.15-123.59"),
     ("id-number", "000315-1230"), ("crypto", "0x00000000219ab540356cBB839Cbe05303d7705Fa"), ("phone", "+971 55 501 2345"),
     ("phone", "+52 55 5501 2345"), ("phone", "55 5012 3456"), ("name", "\u4e01\u7532\u6797"), ("mac", "00:02:6F:36:90:11")],
)  # fmt: skip
def test_what_only_looks_like_a_pseudonym_is_somebodys(entity: str, value: str) -> None:
    assert not is_reserved(entity, value)


def test_one_number_in_many_groupings_is_one_number() -> None:
    """With the country's code before it, in North America only: there it is no part of the plan."""
    american = ("+1-415-555-2671", "+14155552671", "+1415-555-2671", "1 415 555 2671", "415 555 2671", "4155552671")
    assert len({re.sub(r"\D", "", pseudonym(KEY, "phone", v))[-10:] for v in american}) == 1
    for ways in (("13812345678", "138 1234 5678", "138-1234-5678"), ("020 7946 0958", "02079460958")):
        assert len({re.sub(r"\D", "", pseudonym(KEY, "phone", v)) for v in ways}) == 1
    assert pseudonym(KEY, "iban", "GB29NWBK60161331926819").lower() == pseudonym(KEY, "iban", "gb29nwbk60161331926819")
    assert pseudonym(KEY, "ip", "2a00:1450:0:0:0:0:0:200e") == pseudonym(KEY, "ip", "2a00:1450::200e")
    assert pseudonym(KEY, "name", "Jose\u0301") == pseudonym(KEY, "name", "Jos\xe9")


def test_an_address_that_is_spelt_is_the_address() -> None:
    assert pseudonym(KEY, "email", "Ann.Lee [at] mail (dot) test") == pseudonym(KEY, "email", "ann.lee@mail.test")


@pytest.mark.parametrize(("entity", "ways"), [
    ("card", ["4532847193027466", "4532 8471 9302 7466", "4532-8471-9302-7466"]),
    ("id-number", ["110105198705123414", "110105 19870512 3414"]),
    ("iban", ["DE16500105170648489890", "DE16 5001 0517 0648 4898 90"]),
    ("birth-date", ["1987-05-12", "1987/05/12", "1987.05.12", "1987年05月12日", "1987年5月12日"]),
    ("birth-date", ["12.05.1987", "12/5/1987"]),
    ("phone", ["020 7946 0123", "(020) 7946-0123", "02079460123"]),
    ("phone", ["617-338-2910", "(617) 338 2910", "617.338.2910"]),
])  # fmt: skip
def test_other_separators_make_no_other_value(entity: str, ways: list[str]) -> None:
    """Letters and digits of the pseudonym are the same ones, and digits stay digits."""
    assert len({fingerprint(KEY, entity, way) for way in ways}) == 1
    made = [re.sub(r"[\W_\u5e74\u6708\u65e5]", "", pseudonym(KEY, entity, way)) for way in ways]
    assert len(set(made)) == 1 and made[0].isdigit() == re.sub(r"\W|[\u5e74\u6708\u65e5]", "", ways[0]).isdigit()


@pytest.mark.parametrize(
    "value", ["0161 496 8231 ext 12", "87051250677 x5424", "+44 20 7946 0123 x7", "010-82345678转12"]
)
def test_a_number_is_known_again_with_and_without_its_extension(value: str) -> None:
    one = pseudonym(KEY, "phone", value)
    assert is_reserved("phone", one) and is_reserved("phone", re.sub(r" ?(?:ext |x|\u8f6c)\d+$", "", one))
