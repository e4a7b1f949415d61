"""Records of ARC files are found by their lines of fields, whatever their lengths say, and ranges read what the whole gives."""

from __future__ import annotations

import gzip
import io
import time

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from llmctl.text.sources.web_archives import arc
from llmctl.text.sources.web_archives.warc import RawRecord, Unreadable

HTTP = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=koi8-r\r\n\r\n"
ABOUT = b"1 0 Somebody\nURL IP-address Archive-date Content-type Archive-length\n\n"
VERSION_1 = "{url} 192.0.2.7 {date} text/html {length}\n"
VERSION_2 = "{url} 192.0.2.7 {date} text/html 200 9f1a - 0 crawl.arc {length}\n"


def record(block: bytes, url: str = "http://a.example/", length: int | str | None = None, *, line: str = VERSION_1,
           date: str = "20080430204825") -> bytes:  # fmt: skip
    said = len(block) if length is None else length
    return line.format(url=url, date=date, length=said).encode() + block + b"\n"


def page(number: int, **knobs: str) -> bytes:
    return record(HTTP + b"<p>page %d" % number, **knobs)


DESCRIPTION = record(ABOUT, "filedesc://crawl.arc")
PAGES = [b"<p>page %d" % n for n in range(5)]
PLAIN = DESCRIPTION + b"".join(page(n) for n in range(5))
MEMBERS = [gzip.compress(one, mtime=0) for one in (DESCRIPTION, *(page(n) for n in range(5)))]
CONTAINERS = {
    "plain": PLAIN,
    "a member per record": b"".join(MEMBERS),
    "one gzip stream": gzip.compress(PLAIN),
    "members that cut records": b"".join(gzip.compress(PLAIN[i : i + 100]) for i in range(0, len(PLAIN), 100)),
    "zstd": zstandard.compress(PLAIN),
    "version 2": DESCRIPTION + b"".join(page(n, line=VERSION_2) for n in range(5)),
}


def read(data: bytes, *range_: int, **knobs: int) -> list[RawRecord | Unreadable]:
    return list(arc.read(io.BytesIO(data), *range_, **knobs))


def bodies(found: list[RawRecord | Unreadable]) -> list[bytes | str]:
    return [one.payload if isinstance(one, RawRecord) else one.why for one in found]


@pytest.mark.parametrize("container", CONTAINERS)
def test_every_container_gives_the_same_records(container: str) -> None:
    assert bodies(read(CONTAINERS[container])) == PAGES


@pytest.mark.parametrize("container", CONTAINERS)
def test_ranges_between_indexed_offsets_give_what_the_whole_gives(container: str) -> None:
    data = CONTAINERS[container]
    ends = {span.offset: span.end for span in arc.index(io.BytesIO(data))}
    assert [one for start, end in sorted(ends.items()) for one in read(data, start, end)] == read(data)


def test_a_record_keeps_what_its_fields_and_its_server_say() -> None:
    (one,) = read(record(HTTP + b"x", "http://a.example/with space?a=b c"))
    assert isinstance(one, RawRecord)
    assert one.url == "http://a.example/with space?a=b c"
    assert (one.http_status, one.content_type) == (200, "text/html; charset=koi8-r")
    assert (one.warc_type, one.date) == ("response", "2008-04-30T20:48:25Z")


def test_a_type_with_parameters_is_one_field() -> None:
    (one,) = read(record(b"x").replace(b"text/html", b"text/html; charset=koi8-r;a=b"))
    assert isinstance(one, RawRecord)
    assert one.content_type == "text/html; charset=koi8-r;a=b"


def test_what_a_server_did_not_say_is_as_the_fields_say() -> None:
    (one,) = read(record(b"<p>a page without headers", line=VERSION_2))
    assert isinstance(one, RawRecord)
    assert (one.http_status, one.content_type, one.payload) == (200, "text/html", b"<p>a page without headers")


@pytest.mark.parametrize("date", ["null", "20081399000000", "20080400"])
def test_a_date_that_is_none_is_left_out(date: str) -> None:
    found = read(page(0) + page(1, date=date) + page(2))
    assert [one.date is None for one in found if isinstance(one, RawRecord)] == [False, True, False]


def test_the_description_of_the_file_is_indexed_and_not_read() -> None:
    assert [span.kind for span in arc.index(io.BytesIO(DESCRIPTION + page(0)))] == ["warcinfo", "response"]
    assert bodies(read(DESCRIPTION + page(0))) == PAGES[:1]


@pytest.mark.parametrize("lie", [-8, 5, 60, 100_000, "-1", "abc"])
def test_a_length_that_lies_gives_way_to_the_next_record(lie: int | str) -> None:
    block = HTTP + b"<p>a lie, but whole"
    length = len(block) + lie if isinstance(lie, int) else lie
    assert bodies(read(record(block, length=length) + page(1))) == [b"<p>a lie, but whole", PAGES[1]]


def test_a_truncated_file_loses_its_last_record_alone() -> None:
    assert bodies(read(PLAIN[:-5])) == [*PAGES[:4], "truncated"]
    assert bodies(read(b"".join(MEMBERS)[:-20])) == [*PAGES[:4], "truncated"]


def test_a_broken_member_is_reported_at_its_offset_and_the_next_ones_are_read() -> None:
    broken = MEMBERS[2][:40] + b"\xff" * 30 + MEMBERS[2][70:]
    found = read(b"".join(MEMBERS[:2]) + broken + b"".join(MEMBERS[3:]))
    assert bodies(found) == [PAGES[0], "broken_gzip_member", *PAGES[2:]]
    assert found[1].offset == len(MEMBERS[0]) + len(MEMBERS[1])


def test_garbage_between_records_is_reported_once() -> None:
    garbage = b"no record at all\n" * 9000
    assert bodies(read(garbage + page(1))) == ["garbage_between_records", PAGES[1]]


def test_a_record_above_the_limit_is_cut_and_marked() -> None:
    found = read(record(HTTP + b"x" * 10_000) + page(1), max_record_bytes=1_000)
    assert [one.too_large for one in found if isinstance(one, RawRecord)] == [True, False]
    assert len(found[0].payload) <= 1_000


HOSTILE = {
    "half lines": b"\nhttp://a/ 192.0.2.7 20080430204825 " * 30_000,
    "fields in a row": b"\nhttp://a/ " + b"192.0.2.7 20080430 " * 60_000,
    "types in a row": b"\na:" + b" 20080430 20080430 " + b"x;" * 600_000,
    "parameters": (b"\na: " + b"20080430 20080430 x;x;x;x;x;x;x;x;x;x;x;x " * 150) * 150,
    "records of one byte": b"a:b 1.1 20080430 c 1\nx\n" * 15_000,
    "no line ends": b"http:" * 200_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_megabyte_of_nearly_records_takes_seconds_at_most(name: str) -> None:
    begin = time.process_time()
    read(b"no record" + HOSTILE[name])
    assert time.process_time() - begin < 4


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(sorted(CONTAINERS)), st.integers(0, 10**6), st.binary(max_size=80), st.integers(0, 120))
def test_no_damage_raises_and_ranges_stay_what_the_whole_is(container: str, at: int, noise: bytes, gone: int) -> None:
    data = CONTAINERS[container]
    at %= len(data)
    damaged = data[:at] + noise + data[at + gone :]
    whole = read(damaged)
    ends = {span.offset: span.end for span in arc.index(io.BytesIO(damaged))}
    assert [one for start, end in sorted(ends.items()) for one in read(damaged, start, end)] == whole
    if container == "a member per record":
        untouched = sum(1 for n in range(5) if len(b"".join(MEMBERS[: n + 2])) <= at)
        assert bodies(whole)[:untouched] == PAGES[:untouched]
