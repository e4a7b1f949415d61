"""Archives that other programs made, whole and broken: what warcio reads is read here, and each difference is a row."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

from llmctl.text.sources.formats import HEAD, sniff
from llmctl.text.sources.web_archives import arc, warc
from llmctl.text.sources.web_archives.warc import RawRecord, Unreadable

READERS: dict[str, ModuleType] = {"warc": warc, "arc": arc}
FILES = 50
NO_ARCHIVE = ["CC-MAIN-2024-22.warc.paths.gz"]  # a list of file names; warcio reads none of it either
# file: the types of its records by hand (grep of WARC-Type and of the lines of fields), and why warcio has others
BEYOND_WARCIO = {
    # several records in one gzip member, at which warcio stops
    "example-bad-non-chunked.warc.gz": {"warcinfo": 2, "response": 1, "request": 2, "revisit": 1},
    "example-bad.warc.gz.bad": {"warcinfo": 1, "response": 2, "request": 2, "revisit": 1},
    "badexample.arc.gz": {"warcinfo": 1, "response": 5},
    # a length that ends too early; warcio takes the page for the next record
    "example-wrong-chunks.warc.gz": {"response": 1, "request": 1},
    "small-sample-1262850551027_8.arc.zst": {"warcinfo": 1, "response": 8},
    "sample.warc.txt": {"warcinfo": 1, "conversion": 3},
    # warcio knows no lz4
    "block-sized-records.warc.lz4": {"unknown": 3},
    "warcfile.warc.lz4": {"warcinfo": 1, "request": 17, "response": 16, "metadata": 16},
    # warcio fails on brotli
    "transfer_compression_brotli.warc": {"warcinfo": 1, "request": 1, "response": 1, "metadata": 1, "resource": 1},
    "transfer_compression_brotli.warc.gz": {"warcinfo": 1, "request": 1, "response": 1, "metadata": 1, "resource": 1},
}
# file: what of it cannot be read, one removal each; warcio gives the first bytes of these records without a word
BROKEN = {
    "badexample.arc.gz": ["truncated"],  # its last record says 680 bytes, of which 201 are there
    "clipped.warc.gz": ["truncated"],
    "example-space-in-url.arc": ["truncated"],  # line ends were turned into \n, so 12 bytes are missing
}


def fixtures(data: Path) -> dict[str, dict]:
    lines = (data / "web/fixtures/expected_warcio.jsonl").read_text(encoding="utf-8").splitlines()
    return {row["file"].rsplit("/", 1)[1]: row for row in map(json.loads, lines)}


def reader_of(path: Path) -> ModuleType | None:
    with path.open("rb") as stream:
        return READERS.get(sniff(path.name, stream.read(HEAD)).format.reader)


def read(path: Path) -> list[RawRecord | Unreadable]:
    reader = reader_of(path)
    assert reader is not None
    with path.open("rb") as stream:
        return list(reader.read(stream))


def test_every_archive_is_known_for_one_by_its_first_bytes(data: Path) -> None:
    rows = fixtures(data)
    assert len(rows) == FILES
    assert [name for name, row in rows.items() if reader_of(data / row["file"]) is None] == NO_ARCHIVE


def test_archives_give_the_records_that_warcio_reads_or_those_of_the_table(data: Path) -> None:
    wrong = {}
    for name, row in fixtures(data).items():
        reader = reader_of(data / row["file"])
        if reader is None:
            continue
        with (data / row["file"]).open("rb") as stream:
            found = dict(Counter(span.kind for span in reader.index(stream) if span.kind))
        if found != BEYOND_WARCIO.get(name, row["warcio_types"]):
            wrong[name] = found
    assert not wrong


def test_what_is_broken_is_said_once_and_nothing_else_is(data: Path) -> None:
    found = {}
    for name, row in fixtures(data).items():
        if name not in NO_ARCHIVE:
            found[name] = [one.why for one in read(data / row["file"]) if isinstance(one, Unreadable)]
    assert {name: why for name, why in found.items() if why} == BROKEN


@pytest.mark.parametrize("name", ["warcfile.warc.zst", "warcfile.warc.lz4"])
def test_packings_of_one_archive_give_the_same_payloads(data: Path, name: str) -> None:
    rows = fixtures(data)
    expected = [(one.url, one.payload) for one in read(data / rows["warcfile.warc.gz"]["file"])]
    assert [(one.url, one.payload) for one in read(data / rows[name]["file"])] == expected


@pytest.mark.parametrize("coding", ["gzip", "brotli"])
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_body_that_was_compressed_is_that_which_was_not(data: Path, coding: str, suffix: str) -> None:
    rows = fixtures(data)

    def bodies(which: str) -> list[bytes]:
        found = read(data / rows[f"transfer_compression_{which}.warc{suffix}"]["file"])
        return [one.payload for one in found if isinstance(one, RawRecord) and one.warc_type == "response"]

    assert bodies(coding) == bodies("none")
    assert b"<title>Simple page" in bodies("none")[0]
