"""Credentials in URLs, and what manuals write in their place."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from labelled_spans import REGIONS

from llmctl.text.privacy.detectors import detectors_of
from llmctl.text.privacy.masking import mask_spans
from llmctl.text.privacy.scan import find_spans

ENTITIES = ("url-credentials", "email")
SIGNATURE = "fe5f80f77d5fa3beca038a248ff027d0445342fe2855ddc963176630326f1024"


def found(text: str) -> list[str]:
    return [
        text[s.start : s.end]
        for s in find_spans([text], detectors_of(ENTITIES), REGIONS)[0]
        if s.entity == "url-credentials"
    ]


@pytest.mark.parametrize(("text", "expected"), [
    ("postgres://alice:Tr0ub4dor@db.internal:5432/app", "alice:Tr0ub4dor"),
    ("mysql+pymysql://root:Zx9!kq@10.0.0.1/db", "root:Zx9!kq"),
    ("redis://:p4ssw0rdX@redis:6379/0", ":p4ssw0rdX"),
    ("http://me:p@ss1word@host/", "me:p@ss1word"),
    ("clone https://ghp_abcdEFGH1234ijklMNOP5678qrst@github.com/a/b.git", "ghp_abcdEFGH1234ijklMNOP5678qrst"),
    ("https://oauth2:glpat-AbCd1234EfGh5678@gitlab.com/x.git", "oauth2:glpat-AbCd1234EfGh5678"),
    ("jdbc:postgresql://ann:Wq83hf_2@$DB_HOST/x", "ann:Wq83hf_2"),
    ("https://maps.googleapis.com/js?key=AIzaSyD-9tSrke72PouQMnMX-a7eZ&callback=f", "AIzaSyD-9tSrke72PouQMnMX-a7eZ"),
    ("https://x.com/a?token=abc912def456&x=1", "abc912def456"),
    (f"https://b.s3.amazonaws.com/k?X-Amz-Date=20200101T000000Z&X-Amz-Signature={SIGNATURE}", SIGNATURE),
    ("https://a.blob.core.windows.net/c?sv=2020&sig=wVZ4s7Xb%2Bk3J9Q0s8Kd9fT1mNq2%3D.", "wVZ4s7Xb%2Bk3J9Q0s8Kd9fT1mNq2%3D"),
    ("login?user=bob&password=Sup3rSecret!", "Sup3rSecret!"),
    ("grant_type=password&username=bob&password=Sup3rSecret", "Sup3rSecret"),
    ("https://example.com/cb#access_token=ya29.a0AfH6SMBx1934&expires_in=3600", "ya29.a0AfH6SMBx1934"),
    ('href="/a?b=1&amp;token=abq912def456"', "abq912def456"),
    ("/shop;jsessionid=1A530637289A03B07199A44E8D531427?x=1", "1A530637289A03B07199A44E8D531427"),
])  # fmt: skip
def test_the_pair_or_the_value_is_found(text: str, expected: str) -> None:
    assert found(text) == [expected]


@pytest.mark.parametrize("text", [
    "https://user:pass@example.com/ http://user:password@host http://username:YOUR_PASSWORD@host",
    "https://$USER:$PASS@host",
    "https://${USER}:${TOKEN}@github.com https://<user>:<password>@x.com",
    "https://x:xxxx@host http://foo:****@host http://a:...@b",
    "ftp://anonymous:guest@ftp.x.org amqp://guest:guest@localhost postgres://postgres:postgres@db",
    "http://%s:%s@host http://u:p@host",
    "http://localhost:8080/@user https://medium.com:443/@bob http://host:8080 ssh://git@github.com:22/a",
    "https://ann@host.org/",
    "https://x/?api_key=YOUR_API_KEY&b ?token=<token> ?token=${TOKEN} ?token=xxxxxxxxxxxx",
    "?password=test&x ?password=<password>",
    "?sort_key=abcdefgh92345678abcd ?next_page_token=abcdefgh9234567890", "?key=value ?key=42 &key=12",
    "if (a&token=abcdef92345678)",
    "https://books.google.com/books?id=a&ots=u2uBm3RYJC&sig=WeAfJ0Xz8wLcgpvPb_Aufhp0z1s",
    "&amp;key=10.1016%2Fj.vaccine.2013.09.013 ?author=Tolkien1954 ?monkey=abcdefgh92345678abcd",
])  # fmt: skip
def test_templates_and_manuals_stay(text: str) -> None:
    assert found(text) == []


PIECES = st.sampled_from([
    "://", "http", "ann", ":", "@", "Secret99x", "pass", "host", ".org", "/", "?", "&", "token=", "password=",
    "key=", "abc912def456", " ", "#",
    "<URL-CREDENTIALS>", "&amp;", "%3D", "=", ";", "\n",
])  # fmt: skip


@settings(max_examples=500, deadline=None)
@given(st.lists(PIECES, max_size=14).map("".join))
def test_masking_twice_masks_nothing_more(text: str) -> None:
    def masked(text: str) -> str:
        spans = find_spans([text], detectors_of(ENTITIES), REGIONS)[0]
        return mask_spans(text, spans)[0]

    assert masked(masked(text)) == masked(text)
