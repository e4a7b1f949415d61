"""Every record of a file is found, damage is reported where it is, and ranges read what the whole gives."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from llmctl.text.sources.web_archives import warc
from llmctl.text.sources.web_archives.warc import RawRecord, Unreadable

HTTP = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"


def record(block: bytes, kind: str = "response", url: str = "http://a.example/", length: int | None = None) -> bytes:
    size = len(block) if length is None else length
    head = f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {url}\r\nWARC-Date: 2024-01-02T03:04:05Z\r\n"
    return (
        (head + f"Content-Type: application/http; msgtype=response\r\nContent-Length: {size}\r\n\r\n").encode()
        + block
        + b"\r\n\r\n"
    )


def page(number: int) -> bytes:
    return record(HTTP + b"<p>page %d" % number)


def read(data: bytes, *range_: int, **knobs: int) -> list[RawRecord | Unreadable]:
    return list(warc.read(io.BytesIO(data), *range_, **knobs))


def bodies(found: list[RawRecord | Unreadable]) -> list[bytes | str]:
    return [one.payload if isinstance(one, RawRecord) else one.why for one in found]


PAGES = [b"<p>page %d" % n for n in range(5)]
PLAIN = b"".join(page(n) for n in range(5))
MEMBERS = [gzip.compress(page(n), mtime=0) for n in range(5)]
CONTAINERS = {
    "plain": PLAIN,
    "a member per record": b"".join(MEMBERS),
    "one gzip stream": gzip.compress(PLAIN),
    "members that cut records": b"".join(gzip.compress(PLAIN[i : i + 100]) for i in range(0, len(PLAIN), 100)),
    "zstd": zstandard.compress(PLAIN),
    "zero padding between members": (b"\0" * 100).join(MEMBERS),
}


@pytest.mark.parametrize("container", CONTAINERS)
def test_every_container_gives_the_same_records(container: str) -> None:
    assert bodies(read(CONTAINERS[container])) == PAGES


@pytest.mark.parametrize("container", CONTAINERS)
def test_ranges_between_indexed_offsets_give_what_the_whole_gives(container: str) -> None:
    data = CONTAINERS[container]
    ends = {span.offset: span.end for span in warc.index(io.BytesIO(data))}
    assert [one for start, end in sorted(ends.items()) for one in read(data, start, end)] == read(data)
    assert len(data) - len(b"\r\n\r\n") <= max(ends.values()) <= len(data)


def test_a_record_keeps_what_its_headers_say() -> None:
    (one,) = read(record(HTTP + b"x", url="<http://a.example/with space>"))
    assert isinstance(one, RawRecord)
    assert one.url == "http://a.example/with space"
    assert (one.http_status, one.content_type, one.date) == (200, "text/html", "2024-01-02T03:04:05Z")


def test_a_date_that_is_none_is_left_out_and_a_short_one_stays() -> None:
    found = read(
        PLAIN.replace(b"2024-01-02T03:04:05Z", b"2008-10-294T05:21:46-0700", 1).replace(
            b"2024-01-02T03:04:05Z", b"2024-01", 1
        )
    )
    assert [one.date for one in found if isinstance(one, RawRecord)][:2] == [None, "2024-01"]


def test_requests_are_passed_over_and_revisits_count() -> None:
    found = read(record(b"GET / HTTP/1.0\r\n\r\n", "request") + record(b"", "warcinfo") + record(HTTP, "revisit"))
    assert [one.warc_type for one in found if isinstance(one, RawRecord)] == ["revisit"]


def test_a_truncated_file_loses_its_last_record_alone() -> None:
    assert bodies(read(PLAIN[:-20])) == [*PAGES[:4], "truncated"]
    assert bodies(read(b"".join(MEMBERS)[:-20])) == [*PAGES[:4], "truncated"]


def test_a_broken_member_is_reported_at_its_offset_and_the_next_ones_are_read() -> None:
    broken = MEMBERS[1][:40] + b"\xff" * 30 + MEMBERS[1][70:]
    found = read(MEMBERS[0] + broken + b"".join(MEMBERS[2:]))
    assert bodies(found) == [PAGES[0], "broken_gzip_member", *PAGES[2:]]
    assert found[1].offset == len(MEMBERS[0])


def test_garbage_between_records_is_reported_once() -> None:
    garbage = b"no record at all\n" * 9000
    assert bodies(read(page(0) + garbage + page(1))) == [PAGES[0], "garbage_between_records", PAGES[1]]


@pytest.mark.parametrize("lie", [-8, 5, 60, 100_000])
def test_a_length_that_lies_gives_way_to_the_next_record(lie: int) -> None:
    block = HTTP + b"<p>a lie, but whole"
    found = read(record(block, length=len(block) + lie) + page(1))
    assert bodies(found) == [b"<p>a lie, but whole", PAGES[1]]


def test_a_record_above_the_limit_is_cut_and_marked() -> None:
    found = read(record(HTTP + b"x" * 10_000) + page(1), max_record_bytes=1_000)
    assert [one.too_large for one in found if isinstance(one, RawRecord)] == [True, False]
    assert len(found[0].payload) <= 1_000


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(CONTAINERS)), st.integers(0, 10**6), st.binary(max_size=80), st.integers(0, 120))
def test_no_damage_raises_and_records_before_it_are_read(container: str, at: int, noise: bytes, gone: int) -> None:
    data = CONTAINERS[container]
    at %= len(data)
    damaged = data[:at] + noise + data[at + gone :]
    whole = read(damaged)
    spans = list(warc.index(io.BytesIO(damaged)))
    ends = {span.offset: span.end for span in spans}
    assert [one for start, end in sorted(ends.items()) for one in read(damaged, start, end)] == whole
    if container == "a member per record":
        untouched = sum(1 for n in range(5) if len(b"".join(MEMBERS[: n + 1])) <= at)
        assert bodies(whole)[:untouched] == PAGES[:untouched]


def test_offsets_are_those_of_the_crawls_own_index(data: Path) -> None:
    rows = [line.split(" ") for line in (data / "web/crawl/legacy.example.cdx").read_text().splitlines()[1:]]
    with (data / "web/crawl/legacy.example.warc.gz").open("rb") as stream:
        offsets = {
            one.offset for one in warc.read(stream) if isinstance(one, RawRecord) and one.warc_type == "response"
        }
    assert {int(row[-3]) for row in rows} <= offsets


def test_a_length_far_above_the_limit_that_lies_costs_no_other_record() -> None:
    lying = record(HTTP + b"<p>page 0", length=70_000_000)
    assert bodies(read(lying + page(1) + page(2), max_record_bytes=1_000_000)) == [
        b"<p>page 0",
        b"<p>page 1",
        b"<p>page 2",
    ]
