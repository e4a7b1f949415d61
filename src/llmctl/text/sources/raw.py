"""Raw sources -> raw records: byte streams in, rows of RAW_SCHEMA out, which `crawl-ingest` judges.

A row holds a `payload` (bytes as a server sent them, decoded from their transfer) or, from JSON Lines and Parquet, a
`text` that is a document already, or only `metadata` that a kind of source knows (the messages of a chat). `problem` is
why a reader could make no more of it: a removal reason.
"""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa

from llmctl.text.sources.web_archives.warc import RawRecord, Unreadable

RECORD = pa.struct([("file", pa.string()), ("offset", pa.int64())])
RAW_SCHEMA = pa.schema([
    ("id", pa.string()),
    ("payload", pa.large_binary()),
    ("text", pa.large_string()),
    ("path", pa.string()),  # within its source, with forward slashes
    ("parts", pa.map_(pa.string(), pa.large_binary())),  # further files that belong to it, by path
    ("source", pa.string()),
    ("lang", pa.string()),
    ("lang_score", pa.float64()),
    ("url", pa.string()),
    ("date", pa.string()),
    ("license", pa.string()),
    ("record", RECORD),
    ("metadata", pa.string()),
    ("content_type", pa.string()),
    ("http_status", pa.int32()),
    ("warc_type", pa.string()),  # null for files that are no WARC
    ("problem", pa.string()),  # too_large, or unreadable:WHY
])  # fmt: skip
EMPTY: dict[str, Any] = dict.fromkeys(RAW_SCHEMA.names)  # Any: cells of every type of the schema


def raw_row(record: RawRecord | Unreadable, file: str, prefix: str) -> dict[str, Any]:
    """A WARC record as a row; its id is unique within the file that `prefix` stands for."""
    inner = f".{record.within}" if record.within else ""
    row = {**EMPTY, "id": f"{prefix}:{record.offset}{inner}", "record": {"file": file, "offset": record.offset}}
    if isinstance(record, Unreadable):
        return {**row, "problem": f"unreadable:{record.why}"}
    return {
        **row,
        "payload": None if record.too_large else record.payload,
        "path": file.rsplit("/", 1)[-1],
        "url": record.url,
        "date": record.date,
        "content_type": record.content_type,
        "http_status": record.http_status,
        "warc_type": record.warc_type,
        "problem": "too_large" if record.too_large else None,
        "metadata": json.dumps({"truncated": record.truncated}) if record.truncated else None,
    }


def file_row(
    payload: bytes, path: str, content_type: str | None, file: str, offset: int, prefix: str
) -> dict[str, Any]:
    """A file that is one record: on disk, or a member of the archive `file`."""
    place = {"id": f"{prefix}:{offset}", "record": {"file": file, "offset": offset}}
    return {**EMPTY, **place, "payload": payload, "path": path, "content_type": content_type}
