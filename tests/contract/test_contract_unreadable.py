"""Records that cannot be read never stop a run and never vanish."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from contract.corpus import Case, documents, draft, write_jsonl

BROKEN = [
    ("json", b'{"text": "the brace is missing"'),
    ("json", b'{"text": "a raw null \x00 byte"}'),
    ("json", b'{"text": "half a surrogate \\ud800"}'),
    ("utf8", b'{"text": "not utf-8 \xff\xfe"}'),
    ("no_text", b'{"words": "no text here"}'),
    ("no_text", b'{"text": 7}'),
    ("no_text", b'{"text": null}'),
    ("not_an_object", b'["a", "list"]'),
]


def removed(out: Path) -> list[dict[str, object]]:
    rows = pq.read_table(out / "_removed").to_pylist()
    return [row for row in rows if any(reason.startswith("unreadable:") for reason in row["removed_by"])]


def test_each_broken_line_is_recorded_with_file_offset_and_reason(case: Case, tmp_path: Path, run) -> None:
    good = list(documents(40))
    write_jsonl(tmp_path / "mixed.jsonl", [*good[:20], *(line for _, line in BROKEN), *good[20:]])
    found = run(
        case.name, "mixed.jsonl", *case.words, "-o", "out", "--max-unreadable", "0.5", "--json", cwd=tmp_path
    ).json
    raw = (tmp_path / "mixed.jsonl").read_bytes()
    expected = [(raw.index(line), f"unreadable:{why}") for why, line in BROKEN]
    lost = removed(tmp_path / "out")
    assert [(row["record"]["offset"], row["removed_by"][0]) for row in lost] == expected
    assert {row["record"]["file"] for row in lost} == {"mixed.jsonl"}
    assert all(row.get("text") is None for row in lost)
    assert found["counts"]["unreadable"] == len(BROKEN) and found["counts"]["in"] == 48


def test_more_than_max_unreadable_exits_1_and_a_higher_one_goes_on_from_the_draft(
    case: Case, tmp_path: Path, run
) -> None:
    write_jsonl(tmp_path / "mixed.jsonl", [*documents(40), *[b"{"] * 5])
    refused = run(case.name, "mixed.jsonl", *case.words, "-o", "out", cwd=tmp_path, expect=1)
    assert refused.err.count("\n") == 1 and "--max-unreadable" in refused.err and "unreadable:json 5" in refused.err
    assert not (tmp_path / "out").exists() and draft(tmp_path / "out").exists()
    run(case.name, "mixed.jsonl", *case.words, "-o", "out", "--max-unreadable", "0.2", cwd=tmp_path)
    assert len(removed(tmp_path / "out")) == 5 and not draft(tmp_path / "out").exists()


def test_an_input_none_of_which_is_readable_exits_1(case: Case, tmp_path: Path, run) -> None:
    write_jsonl(tmp_path / "broken.jsonl", [b"{", b"}", b"{{"])
    words = (case.name, "broken.jsonl", *case.words, "-o", "out", "--max-unreadable", "1")
    assert "none of the 3 records" in run(*words, cwd=tmp_path, expect=1).err
    assert not (tmp_path / "out").exists()


def test_an_empty_file_gives_an_empty_artifact_that_the_next_stage_reads(case: Case, tmp_path: Path, run) -> None:
    (tmp_path / "empty.jsonl").touch()
    run(case.name, "empty.jsonl", *case.words, "-o", "out", cwd=tmp_path)
    assert pq.read_table(tmp_path / "out").num_rows == 0 and "id" in pq.read_table(tmp_path / "out").column_names
    if case.name != "tokenize":
        run("scrub", "out", "-o", "next", cwd=tmp_path)
        assert pq.read_table(tmp_path / "next").num_rows == 0


@pytest.mark.parametrize("form", ["gz", "zst"])
def test_a_packed_file_is_read_as_far_as_it_goes(case: Case, form: str, tmp_path: Path, run) -> None:
    lines = b"".join(json.dumps(row).encode() + b"\n" for row in documents(400))
    packed = gzip.compress(lines) if form == "gz" else zstandard.compress(lines)
    (tmp_path / f"cut.jsonl.{form}").write_bytes(packed[: len(packed) - len(packed) // 10])
    if form == "zst" and len(lines) < 1 << 17:
        pytest.fail("the corpus must be larger than a block of zstandard")
    found = run(case.name, f"cut.jsonl.{form}", *case.words, "-o", "out", "--json", cwd=tmp_path).json
    reasons = [reason for row in removed(tmp_path / "out") for reason in row["removed_by"]]
    assert "unreadable:broken_archive" in reasons
    assert found["counts"]["in"] > 100


@pytest.mark.parametrize("form", ["jsonl.gz", "jsonl.zst", "parquet"])
def test_every_form_of_the_same_documents_gives_the_same_rows(
    case: Case, form: str, place: Path, tmp_path: Path, run
) -> None:
    plain = (place / "small.jsonl").read_bytes()
    target = tmp_path / f"small.{form}"
    if form == "parquet":
        pq.write_table(
            pa.Table.from_pylist([json.loads(line) for line in plain.splitlines()]), target, row_group_size=17
        )
    else:  # two members, as `cat a.gz b.gz` makes them
        middle = plain.index(b"\n", len(plain) // 2) + 1
        pack = gzip.compress if form.endswith("gz") else zstandard.compress
        target.write_bytes(pack(plain[:middle]) + pack(plain[middle:]))
    run(case.name, place / "small.jsonl", *case.words, "-o", "plain", cwd=tmp_path)
    run(case.name, target.name, *case.words, "-o", "other", cwd=tmp_path)
    drop = [name for name in ("record", "metadata") if name in pq.read_table(tmp_path / "plain").column_names]
    assert pq.read_table(tmp_path / "other").drop(drop).equals(pq.read_table(tmp_path / "plain").drop(drop))


def test_parquet_rows_without_text_or_utf8_are_recorded_with_their_row(case: Case, tmp_path: Path, run) -> None:
    texts = [row["text"].encode() for row in documents(60)]
    texts[7], texts[31] = b"not \xff\xfe text", None
    column = pa.array(texts, pa.binary()).view(pa.string())  # as a careless writer leaves it
    pq.write_table(pa.table({"text": column}), tmp_path / "rows.parquet", row_group_size=20)
    run(case.name, "rows.parquet", *case.words, "-o", "out", cwd=tmp_path)
    lost = [(row["record"]["file"], row["record"]["offset"], row["removed_by"]) for row in removed(tmp_path / "out")]
    assert lost == [("rows.parquet", 7, ["unreadable:utf8"]), ("rows.parquet", 31, ["unreadable:no_text"])]


def test_a_damaged_page_of_parquet_loses_its_rows_alone(case: Case, tmp_path: Path, run) -> None:
    table = pa.Table.from_pylist(list(documents(600)))
    pq.write_table(table, tmp_path / "rows.parquet", row_group_size=100, compression="zstd", use_dictionary=False)
    place = pq.read_metadata(tmp_path / "rows.parquet").row_group(3).column(1)
    raw = bytearray((tmp_path / "rows.parquet").read_bytes())
    for i in range(place.data_page_offset + 60, place.data_page_offset + 400):
        raw[i] ^= 0xFF
    (tmp_path / "rows.parquet").write_bytes(raw)
    found = run(
        case.name, "rows.parquet", *case.words, "-o", "out", "--max-unreadable", "0.3", "--json", cwd=tmp_path
    ).json
    lost = removed(tmp_path / "out")
    assert found["counts"]["in"] == 600
    assert [row["record"]["offset"] for row in lost] == list(range(300, 400))
    assert {tuple(row["removed_by"]) for row in lost} == {("unreadable:parquet",)}


@pytest.mark.parametrize("form", ["cut off", "no text column"])
def test_a_parquet_file_that_is_none_exits_1_and_names_it(case: Case, form: str, tmp_path: Path, run) -> None:
    pq.write_table(pa.table({"words": ["a", "b"]}), tmp_path / "rows.parquet")
    if form == "cut off":
        raw = (tmp_path / "rows.parquet").read_bytes()
        (tmp_path / "rows.parquet").write_bytes(raw[:-10])
    refused = run(case.name, "rows.parquet", *case.words, "-o", "out", cwd=tmp_path, expect=1)
    assert refused.err.count("\n") == 1 and "rows.parquet" in refused.err


def test_a_line_larger_than_a_batch_is_read_whole(case: Case, tmp_path: Path, run) -> None:
    rows = list(documents(30))
    rows[11]["text"] = "\n".join(
        f"Line {n} of a very long ledger that the clerk of the harbour kept." for n in range(80_000)
    )
    write_jsonl(tmp_path / "long.jsonl", rows)
    assert len(rows[11]["text"]) > 5_000_000  # more than documents.BATCH_BYTES
    found = run(
        case.name, "long.jsonl", *case.words, "-o", "out", "--set", "shard_bytes=100000", "--json", cwd=tmp_path
    ).json
    assert found["counts"]["in"] == 30 and found["counts"]["unreadable"] == 0


def test_strange_text_is_no_reason_to_stop(case: Case, tmp_path: Path, run) -> None:
    strange = ["", " ", "\u0000", "\u2028\u0085\x0c", "\ufeff", "\U0001f600" * 50, "a" * 100_000, "\n" * 5000, "ไทย " * 30,
               "مرحبا " * 40, "中文" * 400, "e\u0301" * 200, "\ud7ff\ue000"]  # fmt: skip
    write_jsonl(tmp_path / "strange.jsonl", [{"text": text, "n": n} for n, text in enumerate(strange)])
    found = run(case.name, "strange.jsonl", *case.words, "-o", "out", "--json", cwd=tmp_path).json
    assert found["counts"]["in"] == len(strange) and found["counts"]["unreadable"] == 0


def test_columns_of_many_kinds_are_no_reason_to_stop(case: Case, tmp_path: Path, run) -> None:
    kinds = [2**60 + 1, 1.5, 2**64 + 5, "text", None, True, {"a": 1}, [1, 2], -(2**63)]
    rows = [{"text": f"row {n}", "any": kind, "number": 2**60 + n if n % 2 else n / 2} for n, kind in enumerate(kinds)]
    rows += [{"text": "odd ones", "id": 12, "lang_score": "high", "date": 2011, "metadata": {"a": 1}, "record": "here"}]
    write_jsonl(tmp_path / "kinds.jsonl", rows)
    found = run(case.name, "kinds.jsonl", *case.words, "-o", "out", "--json", cwd=tmp_path).json
    assert found["counts"]["in"] == 10 and found["counts"]["unreadable"] == 0
