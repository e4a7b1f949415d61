"""Postal addresses in Korean: where they begin and end, and what only looks like one."""

from __future__ import annotations

import pytest

from llmctl.text.privacy.postal import korean
from llmctl.text.privacy.scan import find_spans
from llmctl.text.privacy.spans import Options


def marked(text: str) -> str:
    """The text with brackets around what is found."""
    for span in reversed(find_spans([text], korean.ROWS, Options())[0]):
        text = f"{text[: span.start]}[{text[span.start : span.end]}]{text[span.end :]}"
    return text


@pytest.mark.parametrize(
    "text",
    [
        "[서울특별시 강남구 테헤란로 152]", "주소: [서울특별시 강남구 테헤란로 152, 12층]",
        "[서울 강남구 역삼동 123-45번지]에 산다",
        "[(06236) 서울시 강남구 테헤란로7길 22 (역삼동)]", "[경기도 성남시 분당구 판교역로 235, 101동 1203호]입니다",
        "[경기 고양시 일산동구 중앙로1275번길 38-10]", "[부산광역시 해운대구 센텀중앙로 79]에서 만나요",
        "[전라남도 순천시 해룡면 상삼리 45]", "[인천광역시 강화군 강화읍 강화대로 394]", "[세종특별자치시 한누리대로 2130]",
        "[제주특별자치도 제주시 문연로 6] 앞",
    ],
)  # fmt: skip
def test_addresses_are_found_whole(text: str) -> None:
    assert marked(text.replace("[", "").replace("]", "")) == text


@pytest.mark.parametrize(
    "text",
    [
        "서울특별시 강남구", "서울특별시에서 3명이 왔다", "서울 강남구 인구로 50만 명", "서울 강남구 전체로 12.5 늘었다",
        "경기 또다시 동점으로 3 대 3", "경기 야구 선수로 3년", "경기도 수원시는 5 대 3", "부산 지하철로 20분",
        "대구 북구 아파트 평균으로 12억", "서울로 7017", "서울 중구 매출로 15%",
    ],
)  # fmt: skip
def test_places_and_counts_that_are_no_address_stay(text: str) -> None:
    assert marked(text) == text
