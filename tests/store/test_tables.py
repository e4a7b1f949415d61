"""A row is read where some kind of source makes a text of it, whatever else its columns are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

CHAT = [{"role": "user", "content": "Good morning."}, {"role": "assistant", "content": "Good day."}]
SAID = "<user> Good morning.\n<assistant> Good day."
# a row, its text, and the reason where it has none
CASES: list[tuple[dict[str, Any], str | None, str]] = [
    ({"text": "Some words."}, "Some words.", ""),
    ({"text": None, "messages": CHAT}, SAID, ""),
    ({"text": None, "content": "print(1)", "path": "a.py"}, "print(1)", ""),
    ({"text": None, "content": "print(1)", "lang": "Python"}, "print(1)", ""),
    ({"text": None, "messages": []}, None, "empty"),
    ({"text": None, "messages": [], "conversations": []}, None, "empty"),
    ({"content": "print(1)", "path": "a.py", "messages": []}, "print(1)", ""),
    ({"text": "Some words.", "messages": []}, "Some words.", ""),
    ({"text": None, "messages": None}, None, "unreadable:no_text"),
    ({"text": None}, None, "unreadable:no_text"),
]
# JSON alone: columns of Parquet have one type
LOOSE: list[tuple[dict[str, Any], str | None, str]] = [
    ({"text": 5, "messages": CHAT}, SAID, ""),
    ({"text": ["a"]}, None, "unreadable:no_text"),
    ({"messages": {"hello": "Hello"}}, None, "unreadable:no_text"),
    ({"content": 5, "code": None}, None, "unreadable:no_text"),
]


def read(source: Path, run: Any) -> list[tuple[str | None, str]]:
    """The text and the reason of each record in the order of the source."""
    run("crawl-ingest", source.name, "-o", "out", "--max-unreadable", "1", cwd=source.parent)
    kept = [(row["record"]["offset"], row["text"], "") for row in pq.read_table(source.parent / "out").to_pylist()]
    gone = pq.read_table(source.parent / "out" / "_removed").to_pylist()
    return [
        found[1:] for found in sorted([*kept, *((r["record"]["offset"], r["text"], r["removed_by"][0]) for r in gone)])
    ]


def test_rows_of_json_lines(tmp_path: Path, run: Any) -> None:
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row, _, _ in CASES + LOOSE))
    assert read(tmp_path / "rows.jsonl", run) == [(text, reason) for _, text, reason in CASES + LOOSE]


def test_rows_of_parquet(tmp_path: Path, run: Any) -> None:
    message = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))
    texts, chats = ("text", "content", "path", "lang"), ("messages", "conversations")
    schema = pa.schema([(name, pa.string()) for name in texts] + [(name, message) for name in chats])
    pq.write_table(pa.Table.from_pylist([row for row, _, _ in CASES], schema=schema), tmp_path / "rows.parquet")
    assert read(tmp_path / "rows.parquet", run) == [(text, reason) for _, text, reason in CASES]
