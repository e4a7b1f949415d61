"""scrub as a user runs it: what is masked, flagged or dropped, and the record of it."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

TEXTS = [
    "Write to ann@example.org or call 415-555-2671 now.",
    "邮箱wangming@yahoo.com，手机13812345678谢谢",
    "nothing of the kind, version 1.2.3.4",
    "nameserver 8.8.8.8",
]


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    path = tmp_path / "docs.jsonl"
    rows = ({"id": f"d{i}", "text": text, "extra": i} for i, text in enumerate(TEXTS))
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def test_masked_texts_and_the_spans_of_both_sides(docs: Path, tmp_path: Path, run) -> None:
    done = run("scrub", docs, "-o", tmp_path / "out", "--json").json
    rows = pq.read_table(tmp_path / "out").to_pylist()
    texts = {row["id"]: row["text"] for row in rows}
    assert list(texts.values()) == [
        "Write to <EMAIL> or call <PHONE> now.", "邮箱<EMAIL>，手机<PHONE>谢谢", TEXTS[2], "nameserver <IP>",
    ]  # fmt: skip
    spans = pq.read_table(tmp_path / "out" / "_spans").to_pylist()
    assert [(s["id"], s["entity"]) for s in spans] == [
        ("d0", "email"), ("d0", "phone"), ("d1", "email"), ("d1", "phone"), ("d3", "ip"),
    ]  # fmt: skip
    for span in spans:
        before, after = TEXTS[int(span["id"][1:])], texts[span["id"]]
        assert after[span["out_start"] : span["out_end"]] == f"<{span['entity'].upper()}>"
        assert before[span["start"] : span["end"]] not in after
        assert span["action"] == "mask" and span["value_hmac"] is None
    counts = done["counts"]
    assert (counts["in"], counts["kept"], counts["removed"]) == (4, 4, 0)
    assert (counts["spans_email"], counts["spans_phone"], counts["spans_ip"]) == (2, 2, 1)


def test_no_value_is_written_anywhere(docs: Path, tmp_path: Path, run) -> None:
    run("scrub", docs, "-o", tmp_path / "out")
    tables = [pq.read_table(path) for path in (tmp_path / "out").rglob("part-*.parquet")]
    told = " ".join(str(table.to_pylist()) for table in tables) + (tmp_path / "out" / "_manifest.json").read_text()
    assert not any(value in told for value in ("ann@example.org", "415-555-2671", "wangming", "13812345678", "8.8.8.8"))


def test_a_second_scrub_finds_nothing(docs: Path, tmp_path: Path, run) -> None:
    run("scrub", docs, "-o", tmp_path / "one")
    again = run("scrub", tmp_path / "one", "-o", tmp_path / "two", "--json").json
    assert not any(name.startswith("spans_") for name in again["counts"])
    assert pq.read_table(tmp_path / "two")["text"].equals(pq.read_table(tmp_path / "one")["text"])


def test_drop_flag_and_mask_by_entity(docs: Path, tmp_path: Path, run) -> None:
    run("scrub", docs, "-o", tmp_path / "out", "--mode", "flag", "--set", "mode.ip=drop", "--set", "mode.phone=mask")
    kept = pq.read_table(tmp_path / "out").to_pylist()
    gone = pq.read_table(tmp_path / "out" / "_removed").to_pylist()
    assert kept[0]["text"] == "Write to ann@example.org or call <PHONE> now."
    assert [(row["id"], row["removed_by"]) for row in gone] == [("d3", ["ip"])]
    spans = pq.read_table(tmp_path / "out" / "_spans").to_pylist()
    assert {(s["entity"], s["action"]) for s in spans} == {("email", "flag"), ("phone", "mask"), ("ip", "drop")}
    for span in spans:
        if span["action"] == "flag":
            text = {row["id"]: row["text"] for row in kept}[span["id"]]
            assert "@" in text[span["out_start"] : span["out_end"]]


def test_only_what_is_asked_for(docs: Path, tmp_path: Path, run) -> None:
    run("scrub", docs, "-o", tmp_path / "out", "--entities", "ip")
    assert pq.read_table(tmp_path / "out")["text"].to_pylist() == [*TEXTS[:3], "nameserver <IP>"]
    run("scrub", docs, "-o", tmp_path / "bad", "--entities", "ip,shoes", expect=2)


def test_workers_and_units_change_no_row(tmp_path: Path, run) -> None:
    docs = tmp_path / "many.jsonl"
    docs.write_text("".join(json.dumps({"id": f"d{i}", "text": TEXTS[i % 4]}) + "\n" for i in range(400)))
    one = run("scrub", docs, "-o", tmp_path / "one", "-j", "1", "--json").json
    two = run("scrub", docs, "-o", tmp_path / "two", "-j", "2", "--json").json
    assert one["files"] == two["files"] and one["counts"] == two["counts"] and one["counts"]["spans_ip"] == 100
