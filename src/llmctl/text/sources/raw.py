"""Raw sources -> raw records: byte streams in, rows of RAW_SCHEMA out, which `crawl-ingest` judges.

A row holds a `payload` (bytes as a server sent them, decoded from their transfer) or, from JSON Lines and Parquet, a
`text` that is a document already. `problem` is why a reader could make no more of it: a removal reason.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from llmctl.text.sources.warc import RawRecord, Unreadable

RECORD = pa.struct([("file", pa.string()), ("offset", pa.int64())])
RAW_SCHEMA = pa.schema([
    ("id", pa.string()),
    ("payload", pa.large_binary()),
    ("text", pa.large_string()),
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
        "url": record.url,
        "date": record.date,
        "content_type": record.content_type,
        "http_status": record.http_status,
        "warc_type": record.warc_type,
        "problem": "too_large" if record.too_large else None,
    }


def whole_file(
    payload: bytes, content_type: str | None, file: str, prefix: str, too_large: bool = False
) -> dict[str, Any]:
    """A file that is one record."""
    row = {**EMPTY, "id": f"{prefix}:0", "record": {"file": file, "offset": 0}, "content_type": content_type}
    return {**row, "problem": "too_large"} if too_large else {**row, "payload": payload}
