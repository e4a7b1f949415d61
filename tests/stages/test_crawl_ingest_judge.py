"""A raw record becomes the document that it holds, or goes for the one reason why it holds none."""

from __future__ import annotations

import json
from collections import Counter
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from llmctl.settings.crawl_ingest import CrawlIngest
from llmctl.stages.crawl_ingest import judge
from llmctl.store.documents import COLUMNS
from llmctl.store.tables import as_raw
from llmctl.text.sources.formats import sniff
from llmctl.text.sources.raw import EMPTY, RAW_SCHEMA, file_row, raw_row
from llmctl.text.sources.web_archives import warc

PARAGRAPH = b"<p>The installer asks for a password before it writes the partition table to the disk.</p>"
PAGE = b"<html><head><title>Disks</title></head><body>" + PARAGRAPH * 4 + b"</body></html>"
RESPONSE = {"warc_type": "response", "http_status": 200, "content_type": "text/html", "url": "http://a.example/x"}


def judged(settings: CrawlIngest | None = None, **cells: Any) -> dict[str, Any]:
    table = pa.Table.from_pylist(
        [{**EMPTY, "id": "a", "record": {"file": "f", "offset": 1}} | cells], schema=RAW_SCHEMA
    )
    verdict = judge(table, settings or CrawlIngest())
    return {
        **verdict.rows.to_pylist()[0],
        "removed_by": verdict.removed_by.to_pylist()[0],
        "breaches": verdict.breaches.to_pylist()[0],
    }


def test_an_empty_batch_has_the_columns_of_documents() -> None:
    verdict = judge(RAW_SCHEMA.empty_table(), CrawlIngest())
    assert dict(zip(verdict.rows.schema.names, verdict.rows.schema.types, strict=True)) == COLUMNS
    assert [c.num_rows for c in verdict.split()] == [0, 0]


def test_a_page_becomes_a_document_with_its_origin_language_and_title() -> None:
    row = judged(payload=PAGE, date="2024-01-02", **RESPONSE)
    assert row["removed_by"] == []
    assert row["text"].startswith("The installer asks")
    assert (row["source"], row["lang"], row["url"], row["date"]) == ("web", "en", "http://a.example/x", "2024-01-02")
    assert row["lang_score"] > 0.5
    assert json.loads(row["metadata"]) == {"charset": "utf-8", "title": "Disks", "script": "Latn"}


REASONS = [
    ("status", {"payload": PAGE, "http_status": 404}),
    ("status", {"payload": PAGE, "http_status": 301}),
    ("type", {"payload": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"}),
    ("type", {"payload": b"body { color: red }", "content_type": "text/css"}),
    ("type", {"payload": b'{"a": 1}', "content_type": "application/json"}),
    ("type", {"payload": b"User-agent: *", "content_type": "text/plain", "url": "http://a.example/robots.txt"}),
    (
        "type",
        {
            "payload": b"log of wget",
            "content_type": "text/plain",
            "url": "metadata://gnu.org/software/wget/warc/wget.log",
        },
    ),
    ("type", {"payload": b"<?xml version='1.0'?><rss>x</rss>", "content_type": "application/xml"}),
    ("listing", {"payload": b'<title>Index of /a</title><h1>Index of /a</h1><pre><a href="../">../</a></pre>'}),
    ("empty", {"payload": b"<html><body><img src=a></body></html>"}),
    ("empty", {"payload": b""}),
    ("revisit", {"payload": b"", "warc_type": "revisit", "http_status": 304}),
    ("too_large", {"problem": "too_large"}),
    ("unreadable:truncated", {"problem": "unreadable:truncated"}),
]


@pytest.mark.parametrize(("reason", "cells"), REASONS)
def test_record_goes_for(reason: str, cells: dict[str, Any]) -> None:
    row = judged(**{**RESPONSE, **cells})
    assert row["removed_by"] == [reason]
    assert row["text"] is None
    assert row["record"] == {"file": "f", "offset": 1}


def test_a_status_that_breaks_the_rule_is_evidence() -> None:
    assert judged(payload=PAGE, **{**RESPONSE, "http_status": 503})["breaches"] == [
        {"rule": "status", "value": 503.0, "low": 200.0, "high": 299.0}
    ]


@pytest.mark.parametrize(
    "content_type",
    [None, "application/xhtml+xml", "text/plain", "application/xml", "unknown/unknown", "TEXT/HTML; x=y"],
)
def test_html_is_read_as_html_under_whatever_type(content_type: str | None) -> None:
    row = judged(payload=b"<!DOCTYPE html>" + PAGE, **{**RESPONSE, "content_type": content_type})
    assert row["text"].startswith("The installer asks")


@pytest.mark.parametrize(("name", "content", "reason"), [
    ("example.arc", b"filedesc://live.arc 127.0.0.1 20140216050221 text/plain 75\n1 0 LiveWeb\n", ["type"]),
    ("list.paths", b"segments/a.warc.gz\nsegments/b.warc.gz\n", ["type"]),
    ("notes.txt", b"Some words.\n", []),
    ("__init__.py", b"", ["empty"]),
    ("__init__.py", b"\n\n", ["empty"]),
    ("saved.html", PAGE, []),
])  # fmt: skip
def test_a_whole_file_is_a_document_or_of_no_known_type(name: str, content: bytes, reason: list[str]) -> None:
    file = file_row(content, name, sniff(name, content).format.content_type, name, 0, "prefix")
    row = judged(**file)
    assert (row["removed_by"], row["id"]) == (reason, "prefix:0")


def test_plain_text_is_kept_as_it_is() -> None:
    row = judged(payload="первая строка\r\n\r\n  вторая\n".encode("koi8-r"), content_type="text/plain; charset=koi8-r")
    assert (row["text"], row["source"], row["lang"]) == ("первая строка\n\n  вторая", "other", "ru")


def test_a_row_of_text_keeps_what_it_brings() -> None:
    row = judged(
        text="Some words\0 here.",
        lang="xx",
        lang_score=0.5,
        source="book",
        license="CC0-1.0",
        metadata='{"title": "T"}',
    )
    assert (row["text"], row["lang"], row["lang_score"], row["source"], row["license"]) == (
        "Some words here.",
        "xx",
        0.5,
        "book",
        "CC0-1.0",
    )
    assert json.loads(row["metadata"]) == {"title": "T", "script": "Latn"}


@pytest.mark.parametrize(("said", "told"), [
    ("mit", "MIT"), ("agpl-3.0", "AGPL-3.0-only"), ("other", "other"), (["mit", "apache-2.0"], "MIT AND Apache-2.0"),
    (["mit"], "MIT"), ('["mit", "isc"]', "MIT AND ISC"),
])  # fmt: skip
def test_the_licence_column_of_a_row_of_code_is_read_as_its_row_s(said: Any, told: str) -> None:
    made = as_raw({"content": "x = 1\n", "path": "a.py", "license": said}, "a", "f", 1)
    row = judged(**made)
    assert (row["license"], row["removed_by"]) == (told, [])
    assert json.loads(row["metadata"])["license_from"] == "row"
    kept = judged(CrawlIngest(licenses="permissive"), **made)["removed_by"] == []
    assert kept == (told not in ("other", "AGPL-3.0-only"))


def test_the_licence_beside_a_file_is_the_file_s_and_a_chat_keeps_its_row_s() -> None:
    file = judged(payload=b"x = 1\n", path="a.py", license="MIT")
    assert (file["license"], json.loads(file["metadata"])["license_from"]) == ("MIT", "file")
    chat = [{"role": "user", "content": "Good morning."}, {"role": "assistant", "content": "Good day."}]
    row = judged(**as_raw({"messages": chat, "license": "cc-by-4.0"}, "a", "f", 1))
    assert (row["source"], row["license"]) == ("conversation", "cc-by-4.0")
    assert "license" not in json.loads(row["metadata"])


def test_no_licence_in_a_list_is_none() -> None:
    assert judged(**as_raw({"content": "x = 1\n", "path": "a.py", "license": []}, "a", "f", 1))["license"] is None


def test_lang_may_be_that_of_a_program() -> None:
    row = judged(**as_raw({"content": "print(1)", "lang": "Python"}, "a", "f", 1))
    assert (row["text"], row["source"], row["removed_by"]) == ("print(1)", "code", [])
    assert row["lang"] != "Python" and json.loads(row["metadata"])["language"] == "Python"
    prose = judged(**as_raw({"text": "print(1)", "lang": "Python"}, "a", "f", 1))
    assert (prose["source"], prose["lang"]) == ("other", "Python")
    assert judged(**as_raw({"content": "Good day", "lang": "sql"}, "a", "f", 1))["removed_by"] == ["unreadable:no_text"]


def test_source_setting_wins() -> None:
    assert judged(CrawlIngest(source="code"), payload=PAGE, **RESPONSE)["source"] == "code"


@pytest.mark.parametrize("extract", ["careful", "fast"])
@pytest.mark.parametrize(
    "name", ["legacy.example.warc.gz", "encoded-br.handbook.example.warc.gz", "encoded-gzip.handbook.example.warc.gz"]
)
def test_every_page_of_a_crawl_becomes_a_document_and_nothing_else_does(data: Path, name: str, extract: str) -> None:
    truth = pq.read_table(data / "web/crawl_truth.parquet", filters=[("warc", "=", name)]).to_pylist()
    kinds = {row["offset"]: row for row in truth}
    with (data / "web/crawl" / name).open("rb") as stream:
        rows = [raw_row(one, name, name) for one in warc.read(stream)]
    verdict = judge(pa.Table.from_pylist(rows, schema=RAW_SCHEMA), CrawlIngest(extract=extract))
    outcome: Counter[tuple[str, str]] = Counter()
    for raw, row, why in zip(rows, verdict.rows.to_pylist(), verdict.removed_by.to_pylist(), strict=True):
        known = kinds.get(raw["record"]["offset"])
        kind = known["kind"] if known else "crawler's own"
        outcome[kind, why[0] if why else "kept"] += 1
        if (
            known
            and row["text"]
            and raw["payload"]
            and "\ufffd".encode() not in raw["payload"]
            and b"&#65533;" not in raw["payload"]
        ):
            assert "\ufffd" not in row["text"], row["url"]
    fate = {
        "content": "kept",
        "toc": "kept",
        "http_404": "status",
        "autoindex": "listing",
        "asset": "type",
        "crawler's own": "type",
    }
    assert dict(outcome.keys()) == {kind: fate[kind] for kind, _ in outcome}, outcome
    assert sum(outcome.values()) == len(truth) + outcome["crawler's own", "type"]


def test_replacement_characters_go_and_are_counted() -> None:
    page = b"<html><body><article><p>A page about a broken &#65533; sign, long enough to be kept.</p></article></body></html>"
    table = pa.Table.from_pylist([file_row(page, "a.html", "text/html", "a.html", 0, "x")], schema=RAW_SCHEMA)
    row = judge(table, CrawlIngest()).rows.to_pylist()[0]
    assert "\ufffd" not in row["text"] and "broken" in row["text"]
    assert json.loads(row["metadata"])["lost_characters"] == "1"


def test_a_page_that_was_stored_in_part_says_so() -> None:
    head = b"WARC/1.0\r\nWARC-Type: resource\r\nWARC-Target-URI: http://a.example/\r\nWARC-Truncated: length\r\n"
    whole = head + b"Content-Type: text/html\r\nContent-Length: %d\r\n\r\n%b\r\n\r\n" % (len(PAGE), PAGE)
    (record,) = warc.read(BytesIO(whole))
    row = judge(pa.Table.from_pylist([raw_row(record, "f", "x")], schema=RAW_SCHEMA), CrawlIngest()).rows.to_pylist()[0]
    assert json.loads(row["metadata"])["truncated"] == "length"
