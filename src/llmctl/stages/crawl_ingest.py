"""crawl-ingest: raw records become documents.

A record is read by the first kind of source that knows it (`text.sources.kinds`), or by the one that `--source` names,
and becomes the documents that it holds, or goes for the one reason why it holds none: unreadable, too_large, revisit,
status, blocked, url_seen, type, empty, and the reasons of its kind; the quality of a text is not judged here.
"""

from __future__ import annotations

import dataclasses
import difflib
import functools
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from llmctl.errors import BadSettings
from llmctl.settings.crawl_ingest import CrawlIngest
from llmctl.settings.how import How
from llmctl.store import records
from llmctl.store.artifacts import Draft, Outcome
from llmctl.store.documents import COLUMNS
from llmctl.store.first_urls import SEEN, lay_beside
from llmctl.store.rows import Fetched, Prepared, RowStage, Verdict, is_remote, run_rows
from llmctl.store.units import Plan, Reader
from llmctl.store.verdicts import breaches, reasons
from llmctl.text.language import identify
from llmctl.text.languages import describe
from llmctl.text.quality.urls import blocked_by
from llmctl.text.sources.formats import UNKNOWN_TYPE
from llmctl.text.sources.kinds import KINDS, OTHER, Kind
from llmctl.text.sources.programs import expressions
from llmctl.text.sources.record import Document, Record, Refused

VERSION = 2
SPEAKER = re.compile(r"^ *<[^<>\n]{1,100}> ", re.M)  # in front of a message (formats.md)
COURSE = ("replayed", "received")  # of the facts of a crawl: what depends on how often it was stopped
LANG = re.compile("[a-z]{2,3}")  # a code of ISO 639, which `lang` holds
Row = dict[str, Any]  # Any: cells of every type of the schema


def run(settings: CrawlIngest, sources: list[str], out: str | None, how: How) -> Outcome:
    """Read the raw files of `sources` into the documents `out`; what is an address is fetched first."""
    _check_licenses(settings.licenses)
    if any(is_remote(source) for source in sources):
        _check_fetching(settings, out, how)
    reader = records.reader(settings.max_record_bytes)
    stage = RowStage(
        "crawl-ingest", VERSION, judge, reader,
        prepare=functools.partial(prepare, reader) if settings.url.unique else None,
        fetch=functools.partial(fetch, settings), also=settings.url.block,
    )  # fmt: skip
    return run_rows(stage, settings, sources, out, how)


def _check_licenses(asked: str) -> None:
    for name in expressions.unknown(asked):
        close = difflib.get_close_matches(name.lower(), expressions.SPELLING, n=1, cutoff=0.5)
        meant = f"did you mean {expressions.SPELLING[close[0]]!r}?" if close else "write SPDX ids, permissive or any"
        raise BadSettings(f"licenses: no {name!r}; {meant}")


def _check_fetching(settings: CrawlIngest, out: str | None, how: How) -> None:
    if how.dry_run or how.preview is not None:
        raise BadSettings("what lies behind an address is known once it is fetched; run it with a small --max-pages")
    if out == "-" and not settings.warc:
        raise BadSettings("an address with -o - needs --warc PATH, where what is fetched is kept")


def fetch(settings: CrawlIngest, urls: Sequence[str], out: str, how: How) -> Fetched:
    """Crawl from `urls` into a WARC beside the artifact, or go on where a crawl was stopped."""
    from llmctl.store.crawl import CrawlLimits, crawl  # the network: who reads files does not wait for it

    warc = Path(settings.warc or f"{out.rstrip('/')}.warc.gz")
    facts = crawl(urls, warc, CrawlLimits(**vars(settings.crawl), max_pages=settings.max_pages), progress=how.progress)
    told = {name: value for name, value in dataclasses.asdict(facts).items() if name not in COURSE}
    return Fetched((str(warc),), {"crawl": {"warc": str(warc), **told}})


def prepare(reader: Reader, draft: Draft, plan: Plan, how: How) -> Prepared:
    """Addresses are looked at before any record is read."""
    return Prepared(judge, beside=str(lay_beside(draft, plan, how, reader)))


def judge(batch: pa.Table, settings: CrawlIngest) -> Verdict:
    """Each record as the documents that it holds, or the one reason why it holds none."""
    rows: list[Row] = []
    reason_of: list[tuple[str, ...]] = []
    breach_of: list[list[Row]] = []
    for record in batch.to_pylist():
        found, refused = ingest(record, settings)
        rows += found
        reason_of += [(refused.reason,)] if refused else [()] * len(found)
        breach_of += [_breach(refused)] if refused else [[]] * len(found)
    _name_languages([row for row, reason in zip(rows, reason_of, strict=True) if not reason], settings)
    for row in rows:
        row["metadata"] = json.dumps(row["metadata"], ensure_ascii=False, sort_keys=True) if row["metadata"] else None
    kept = sum(not reason for reason in reason_of)
    return Verdict(
        pa.Table.from_pylist(rows, schema=pa.schema(list(COLUMNS.items()))),
        reasons(reason_of),
        breaches(breach_of),
        counts={"documents": kept},
        judged=batch.num_rows,
    )


def ingest(row: Row, settings: CrawlIngest) -> tuple[list[Row], Refused | None]:
    """The documents of a raw record as rows; one row without a text where it has none, and why."""
    row, given = _settled(row)
    kind = OTHER
    try:
        _admit(row, settings)
        record = _record(row, given)
        kind = _kind(record, settings)
        if kind is OTHER and row["content_type"] == UNKNOWN_TYPE:
            raise Refused("type" if row["payload"] else "empty")
        documents = [found for found in kind.documents(record, **options(settings, kind)) if found.text.strip()]
        if not documents:
            raise Refused("empty")
    except Refused as refused:
        named = kind.name if kind is not OTHER or not row["warc_type"] else "web"
        cells = {"text": None, "source": settings.source or row["source"] or named}
        return [{**_columns(row), **cells, "metadata": {**_member(row), **given}}], refused
    source = settings.source or (row["source"] if kind is OTHER and row["source"] else kind.name)
    rest = {name: value for name, value in given.items() if name not in kind.consumes}
    if row["source"] and row["source"] != source:
        rest["source"] = row["source"]
    return [_document(row, found, source, rest) for found in documents], None


def _settled(row: Row) -> tuple[Row, Row]:
    """A raw record, and what it brings that a document has no column for; `lang` is of people, or it goes there too."""
    given = json.loads(row["metadata"]) if row["metadata"] else {}
    if row["text"] is None and row["lang"] and not LANG.fullmatch(row["lang"]):  # of a program, or in other words
        return {**row, "lang": None, "lang_score": None}, {**given, "lang": row["lang"]}
    return row, given


def _admit(row: Row, settings: CrawlIngest) -> None:
    """What can be said of a record without looking into it."""
    if row["problem"] == "too_large":
        raise Refused("too_large", None, None, float(settings.max_record_bytes))
    if row["problem"]:
        raise Refused(row["problem"])
    if row["warc_type"] == "revisit":
        raise Refused("revisit")
    status = row["http_status"]
    if status is not None and not 200 <= status <= 299:
        raise Refused("status", float(status), 200.0, 299.0)
    if row["url"] and settings.url.block:
        _refuse_blocked(row["url"], settings.url.block)
    if row.get(SEEN):
        raise Refused(SEEN)


def _refuse_blocked(url: str, lists: tuple[str, ...]) -> None:
    from llmctl.store.lists import open_block_lists  # word lists lie there too, and their kernels

    if blocked := blocked_by([url], open_block_lists(lists))[0]:
        raise Refused(f"blocked_url:{blocked}")


def _record(row: Row, given: Row) -> Record:
    return Record(
        payload=row["payload"] or b"",
        text=row["text"] if row["payload"] is None else None,
        path=row["path"] or "",
        content_type=None if row["content_type"] == UNKNOWN_TYPE else row["content_type"],
        url=row["url"],
        date=row["date"],
        license=None if row["payload"] is None else row["license"],
        crawled=row["warc_type"] is not None,
        given=given | ({"license": row["license"]} if row["license"] else {}) if row["payload"] is None else {},
        parts=dict(row["parts"] or ()),
    )


def _kind(record: Record, settings: CrawlIngest) -> Kind:
    """The kind that `--source` names, or the first that knows the record; rows of text are documents to most of them."""
    asked = [kind for kind in KINDS if record.text is None or kind.reads_text]
    if settings.source is not None:
        return next((kind for kind in asked if kind.name == settings.source), OTHER)
    return next((kind for kind in asked if kind.is_kind(record)), OTHER)


def options(settings: CrawlIngest, kind: Kind) -> Row:
    """The keywords of a kind's `documents`: its own knobs, and the options that have names of their own."""
    own = getattr(settings, kind.name, None)
    return {**(vars(own) if own else {}), **{keyword: getattr(settings, keyword) for keyword in kind.options}}


def _columns(row: Row) -> Row:
    return {name: row[name] for name in COLUMNS}


def _member(row: Row) -> Row:
    """What an archive calls the record, for its `metadata`."""
    inside = row["path"] and not row["record"]["file"].endswith(row["path"])
    return {"path": row["path"]} if inside else {}


def _document(row: Row, found: Document, source: str, given: Row) -> Row:
    cells = {
        **_columns(row),
        "text": found.text,
        "source": source,
        "metadata": {**_member(row), **given, **found.metadata},
    }
    if found.part:
        cells["id"] = f"{row['id']}/{found.part}"
    return cells | {name: value for name in ("url", "date", "license") if (value := getattr(found, name)) is not None}


def _breach(refused: Refused) -> list[Row]:
    limits = {"value": refused.value, "low": refused.low, "high": refused.high}
    return [{"rule": refused.reason, **limits}] if any(v is not None for v in limits.values()) else []


def _name_languages(rows: list[Row], settings: CrawlIngest) -> None:
    """Language and confidence where a row brings none; what else there is to say of its languages, in `metadata`."""
    texts = [_without_speakers(row) for row in rows]
    some = [i for i, row in enumerate(rows) if not row["lang"]]
    langs, scores = identify([texts[i] for i in some])
    for i, lang, score in zip(some, langs, scores, strict=True):
        rows[i]["lang"], rows[i]["lang_score"] = lang, float(score) if lang else None
    if settings.languages:
        for row, told in zip(rows, describe(texts, [row["lang"] for row in rows]), strict=True):
            row["metadata"] = {**told, **row["metadata"]}


def _without_speakers(row: Row) -> str:
    """The text of a document; of a conversation what is said, for the labels are of no language."""
    return SPEAKER.sub("", row["text"]) if row["source"] == "conversation" else str(row["text"])
