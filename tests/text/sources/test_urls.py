"""An address has one spelling, whichever way it was written, and no address breaks the reader of addresses."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmctl.text.sources import urls

SPELLINGS = [
    ("HTTP://Example.COM", "http://example.com/"),
    ("http://example.com:80/a", "http://example.com/a"),
    ("https://example.com:443/a", "https://example.com/a"),
    ("https://example.com:8080/a", "https://example.com:8080/a"),
    ("http://example.com:/a", "http://example.com/a"),
    ("http://user:secret@example.com/a", "http://example.com/a"),
    ("http://example.com/a#part", "http://example.com/a"),
    ("http://example.com/%7euser/%41%2f", "http://example.com/~user/A%2F"),
    ("http://example.com/a/b/c/./../../g", "http://example.com/a/g"),  # RFC 3986 5.2.4
    ("http://example.com/../a", "http://example.com/a"),
    ("http://example.com/a/%2E%2e/b", "http://example.com/b"),
    ("http://example.com/a/..", "http://example.com/"),
    ("http://example.com//a//b", "http://example.com//a//b"),
    ("http://example.com/a b?q=c d", "http://example.com/a%20b?q=c%20d"),
    ("http://example.com/100%", "http://example.com/100%25"),
    ("http://example.com/%2541", "http://example.com/%2541"),
    ("http://example.com/\u6587", "http://example.com/%E6%96%87"),
    ("http://B\u00fccher.example./", "http://xn--bcher-kva.example/"),
    ("http://example.com/a?", "http://example.com/a"),
    ("http://example.com/?b=2&a=1", "http://example.com/?b=2&a=1"),
    ("http://example.com/?id=7&utm_source=x&fbclid=y", "http://example.com/?id=7"),
    ("http://example.com/?utm_source=x", "http://example.com/"),
    ("http://example.com/a;jsessionid=12AB?x=1", "http://example.com/a?x=1"),
    ("http://example.com/?PHPSESSID=1&x=1", "http://example.com/?x=1"),
    ("http://example.com/v.php?sid=0123456789abcdef0123456789abcdef&t=5", "http://example.com/v.php?t=5"),
    ("http://example.com/?sid=12", "http://example.com/?sid=12"),  # the number of a thing
    ("http://[2001:DB8::1]:80/", "http://[2001:db8::1]/"),
    ("  http://example.com/\n", "http://example.com/"),
    ("http://exa\nmple.com/a\tb", "http://example.com/ab"),
    ("mailto:A@Example.com", "mailto:A@Example.com"),
    ("no address", "no address"),
    ("", ""),
]  # fmt: skip


@pytest.mark.parametrize(("url", "expected"), SPELLINGS)
def test_an_address_is_spelled(url: str, expected: str) -> None:
    assert urls.normalised(url) == expected


def test_parameters_of_campaigns_and_sessions_stay_on_wish() -> None:
    url = "http://example.com/a;jsessionid=1?utm_source=x&session=3"
    assert urls.normalised(url, tracking=True, sessions=True) == url
    assert urls.normalised(url, tracking=True) == "http://example.com/a?utm_source=x"
    assert urls.normalised(url, sessions=True) == "http://example.com/a;jsessionid=1?session=3"


def test_scheme_and_www_are_not_in_the_key() -> None:
    assert urls.key_of("https://www.example.com/a?gclid=1#b") == urls.key_of("http://example.com/a") == "example.com/a"
    assert urls.key_of("http://example.com/a/") != urls.key_of("http://example.com/a")


ADDRESS = st.builds(
    "{}://{}{}{}".format,
    st.sampled_from(["http", "HTTPS", "ftp"]),
    st.text(alphabet="aZ.:@[]\u00fc\u3002%41", max_size=12),
    st.text(alphabet="/.%2eEaZ ;=\u6587jsesionid", max_size=30),
    st.text(alphabet="?&=#%41utm_sid\u00fc ", max_size=20),
)


@settings(max_examples=50, deadline=None)
@given(st.one_of(ADDRESS, st.text(max_size=60)))
def test_a_spelling_is_its_own_spelling(url: str) -> None:
    once = urls.normalised(url)
    assert urls.normalised(once) == once
    assert urls.key_of(f"{url}") == urls.key_of(once)
