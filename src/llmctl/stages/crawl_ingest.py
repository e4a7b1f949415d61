"""crawl-ingest: raw records become documents.

Records of WARC files, whole files and rows of text -> documents with their text, language and origin. A record goes
by the first of: unreadable, too_large, revisit, status, type, listing, empty; nothing else is judged here. Costs about
8 ms a page with `careful`, a tenth of that with `fast`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from llmctl.settings.crawl_ingest import CrawlIngest
from llmctl.settings.how import How
from llmctl.store import records
from llmctl.store.artifacts import Outcome
from llmctl.store.documents import COLUMNS
from llmctl.store.rows import RowStage, Verdict, run_rows
from llmctl.store.verdicts import breaches, reasons
from llmctl.text.language import identify
from llmctl.text.sources import charset, formats, html

VERSION = 1
HTML_TYPES = ("text/html", "application/xhtml+xml")
TEXT_TYPES = ("text/plain", "text/markdown", "text/x-rst", "text/x-web-markdown")
UNSAID = ("", "unknown", "unknown/unknown", "application/octet-stream", "application/unknown", "content/unknown")
SNIFFED = (*UNSAID, "text/plain", "text/xml", "application/xml")  # may be pages after all
CRAWLER_NOTES = ("metadata:", "dns:", "whois:")  # schemes of what a crawler writes down for itself (wget, Heritrix)
LOST = "\ufffd"  # the replacement character (Unicode 23.8)
MACHINE_FILES = ("/robots.txt", "/ads.txt", "/app-ads.txt", "/humans.txt", "/sitemap.txt", "/.well-known/security.txt")


@dataclass
class Judged:
    """A record on its way to a document: the cells that change, or why it goes."""

    text: str | None = None
    source: str = "web"
    metadata: dict[str, str] = field(default_factory=dict)
    reason: str | None = None
    breach: dict[str, Any] | None = None  # Any: a name and numbers


def run(settings: CrawlIngest, sources: list[str], out: str | None, how: How) -> Outcome:
    """Read the raw files of `sources` into the documents `out`."""
    stage = RowStage("crawl-ingest", VERSION, judge, records.reader(settings.max_record_bytes))
    return run_rows(stage, settings, sources, out, how)


def judge(batch: pa.Table, settings: CrawlIngest) -> Verdict:
    """Each record as the document that it holds, or the one reason why it holds none."""
    rows = batch.to_pylist()
    judged = [_judge(row, settings) for row in rows]
    kept = [i for i, (row, one) in enumerate(zip(rows, judged, strict=True)) if one.reason is None and not row["lang"]]
    langs, scores = identify([str(judged[i].text) for i in kept])
    for i, lang, score in zip(kept, langs, scores, strict=True):
        rows[i]["lang"], rows[i]["lang_score"] = lang, float(score) if lang else None
    cells = [_document(row, one, settings) for row, one in zip(rows, judged, strict=True)]
    return Verdict(
        pa.Table.from_pylist(cells, schema=pa.schema(list(COLUMNS.items()))),
        reasons([(one.reason,) if one.reason else () for one in judged]),
        breaches([[one.breach] if one.breach else [] for one in judged]),
        counts={"documents": sum(one.reason is None for one in judged)},
    )


def _document(row: dict[str, Any], one: Judged, settings: CrawlIngest) -> dict[str, Any]:
    given = json.loads(row["metadata"]) if row["metadata"] else {}
    metadata = {**one.metadata, **given}
    return {
        **{name: row[name] for name in COLUMNS},
        "text": one.text if one.reason is None else None,
        "source": settings.source or row["source"] or one.source,
        "metadata": json.dumps(metadata, ensure_ascii=False, sort_keys=True) if metadata else None,
    }


def _judge(row: dict[str, Any], settings: CrawlIngest) -> Judged:
    if row["problem"]:
        limit = {"rule": "too_large", "value": None, "low": None, "high": float(settings.max_record_bytes)}
        return Judged(reason=row["problem"], breach=limit if row["problem"] == "too_large" else None)
    if row["warc_type"] == "revisit":
        return Judged(reason="revisit")
    status = row["http_status"]
    if status is not None and not 200 <= status <= 299:
        return Judged(reason="status", breach={"rule": "status", "value": float(status), "low": 200.0, "high": 299.0})
    if row["payload"] is None:
        text = html.clean(row["text"] or "")
        return Judged(text, "other", reason=None if text.strip() else "empty")
    return _judge_payload(row, settings)


def _judge_payload(row: dict[str, Any], settings: CrawlIngest) -> Judged:
    payload: bytes = row["payload"]
    source = "web" if row["warc_type"] else "other"
    kind = kind_of(payload, row["content_type"], row["url"])
    if kind is None:
        return Judged(source=source, reason="type")
    text, name = charset.decode(payload, row["content_type"])
    one = Judged(html.clean(text).strip(), source, {"charset": name})
    if kind == "html":
        if html.is_listing(text):
            return Judged(source="web", reason="listing")
        page = html.extract(text, settings.extract)
        one.text, one.source = page.text, "web"
        if page.title:
            one.metadata["title"] = page.title
    return without_lost(one)


def without_lost(one: Judged) -> Judged:
    """U+FFFD stands for text that was lost before us or in decoding: it goes, and `metadata` says how often it stood."""
    if lost := (one.text or "").count(LOST):
        one.text = str(one.text).replace(LOST, "").strip()
        one.metadata["lost_characters"] = str(lost)
    one.reason = None if one.text else "empty"
    return one


def kind_of(payload: bytes, content_type: str | None, url: str | None) -> str | None:
    """`html`, `text`, or None: by the declared type where the bytes do not contradict it, else by the bytes."""
    declared = (content_type or "").split(";")[0].split(",")[0].strip().lower()
    head = payload[: formats.HEAD]
    place = (url or "").lower()
    if place.startswith(CRAWLER_NOTES) or place.endswith(MACHINE_FILES) or formats.is_binary(head):
        return None
    if declared in HTML_TYPES or (declared in SNIFFED and formats.is_html(head)):
        return "html"
    return "text" if declared in TEXT_TYPES or declared in UNSAID else None
