"""Hardware addresses of one device; hashes, times and group addresses stay."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from labelled_spans import REGIONS

from llmctl.text.privacy.detectors import detectors_of
from llmctl.text.privacy.scan import find_spans


def found(text: str) -> list[str]:
    return [
        text[s.start : s.end]
        for s in find_spans([text], detectors_of(("mac", "ip", "phone")), REGIONS)[0]
        if s.entity == "mac"
    ]


@pytest.mark.parametrize("address", [
    "00:1B:44:11:3A:B7", "00-1b-44-11-3a-b7", "001b.4411.3ab7", "021b.44ff.fe11.3ab7", "02:00:5e:ff:fe:10:00:01",
    "00:02:6F:36:90:11",
])  # fmt: skip
@pytest.mark.parametrize("text", ["from {} via eth1", "({})", "ether={}.", "\u5730\u5740{}\u53ef\u7528", "{}"])
def test_each_form_is_found(text: str, address: str) -> None:
    assert found(text.format(address)) == [address]


@pytest.mark.parametrize("text", [
    "FF:FF:FF:FF:FF:FF 00:00:00:00:00:00 ffff.ffff.ffff", "01:00:5e:00:00:fb 33:33:00:00:00:01 01-80-c2-00-00-00",
    "00:11:22:33:44:55 12:34:56:78:9a:bc 11:22:33:44:55:66",
    "SHA1 43:51:43:A1:B5:FC:8B:B7:0A:3A:A9:B1:0F:66:73:A8:79:02:34:56",
    "12:34:56 10:20:30:40:50:12 24-03-05-12-34-56", "1234.5678.9012", "00:1b:44:11:3a 00:1b:44-11:3a:b7",
    "x00:1b:44:11:3a:b7",
    "550e8400-e29b-41d4-a716-446655440000", "fe80::21b:44ff:fe11:3ab7 2001:db8:1:2:3:4:5:6",
    "0x1b44.4411.3ab7x",
])  # fmt: skip
def test_what_only_looks_like_one_stays(text: str) -> None:
    assert found(text) == []


def test_decimal_ones_need_a_word() -> None:
    assert found("HWaddr 00:02:69:36:90:11") == ["00:02:69:36:90:11"]
    assert found("at 00:02:69:36:90:11") == []


@given(st.binary(min_size=6, max_size=6), st.sampled_from(":-"))
def test_group_addresses_are_nobodys(octets: bytes, separator: str) -> None:
    text = octets.hex(separator)
    assert found(f"mac {text}") == [] if octets[0] & 1 else found(f"mac {text}") in ([text], [])
