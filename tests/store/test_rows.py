"""Reading and splitting: every line and row belongs to exactly one unit, wherever the cuts fall."""

from __future__ import annotations

import gzip
import io
import itertools
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from llmctl.settings.how import How
from llmctl.store import documents, jsonl
from llmctl.store.artifacts import Identity, building
from llmctl.store.documents import BATCH_ROWS, COLUMNS, SourceFile, Span
from llmctl.store.parts import GROUP_ROWS
from llmctl.store.rows import RowStage, run_rows
from llmctl.store.units import DOCUMENTS, plan_units, read_unit
from llmctl.store.utf8 import utf8_alone
from llmctl.store.verdicts import Verdict, breaches, keep_all, reasons

LINES = st.lists(st.text(alphabet=st.sampled_from("ab\u2028\u0085\x0c中\U0001f600 "), max_size=12), max_size=12)


@given(LINES, st.integers(1, 40), st.booleans())
@settings(deadline=None)
def test_any_cut_of_a_file_yields_each_line_once(lines: list[str], step: int, ends: bool) -> None:
    raw = "\n".join(lines).encode() + (b"\n" if ends and lines else b"")
    whole = [(offset, line) for offset, line in jsonl.lines(io.BytesIO(raw), 0, len(raw))]
    edges = [*range(0, len(raw), step), len(raw)]
    cut = [found for a, b in itertools.pairwise(edges) for found in jsonl.lines(io.BytesIO(raw), a, b)]
    assert cut == whole
    assert [line.rstrip(b"\n").decode() for _, line in whole if line] == [line for line in lines if line.strip(" \x0c")]


def test_a_line_above_the_limit_is_passed_over_and_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonl, "MAX_LINE", 50)
    (tmp_path / "a.jsonl").write_text('{"text": "a"}\n{"text": "' + "b" * 100 + '"}\n{"text": "c"}\n')
    [(rows, lost)] = jsonl.read(str(tmp_path / "a.jsonl"), 0, 10_000, 100, 10_000)
    assert [row["text"] for _, row in rows] == ["a", "c"]
    assert lost == [(14, "line_too_long")]


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
@pytest.mark.parametrize("cut", [1, 9, 100])
def test_a_cut_archive_gives_what_lies_before_the_cut_and_a_mark(pack, cut: int, tmp_path: Path) -> None:
    text = b"".join(b'{"text": "line %d of %d"}\n' % (n, n * 7919 % 10_007) for n in range(40_000))
    (tmp_path / "a").write_bytes(pack(text)[:-cut])
    plain = jsonl.unpack(tmp_path / "a", tmp_path / "spool" / "a").read_bytes()
    body, _, mark = plain.rpartition(b"\n<broken archive>\n")
    assert mark == b"" and text.startswith(body) and len(body) > len(text) // 2


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_members_one_after_the_other_are_one_text(pack, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(pack(b"one\n") + pack(b"") + pack(b"two\n"))
    assert jsonl.unpack(tmp_path / "a", tmp_path / "b").read_bytes() == b"one\ntwo\n"


def test_strings_that_are_not_utf8_become_null_and_are_named() -> None:
    texts = pa.array([b"ok", b"\xff", None, "中".encode()], pa.binary())
    table, bad = utf8_alone(pa.table({"text": texts.view(pa.string()), "n": [1, 2, 3, 4]}))
    assert bad == {1}
    assert table["text"].to_pylist() == ["ok", None, None, "中"]


@pytest.mark.parametrize(
    ("a", "b", "both"),
    [
        (pa.null(), pa.int64(), pa.int64()),
        (pa.int64(), pa.float64(), pa.float64()),
        (pa.bool_(), pa.int64(), pa.string()),
        (pa.string(), pa.float64(), pa.string()),
    ],
)
def test_two_kinds_of_values_share_a_type_that_holds_both(a: pa.DataType, b: pa.DataType, both: pa.DataType) -> None:
    assert jsonl.wider(a, b) == jsonl.wider(b, a) == both


def test_values_of_a_mixed_column_are_kept_as_json_text() -> None:
    assert jsonl.column([1, "a", {"b": 2}, None], pa.string()).to_pylist() == ["1", "a", '{"b":2}', None]


def test_large_whole_numbers_fit_a_column_of_floats() -> None:
    assert jsonl.column([2**60 + 1, 1.5], pa.float64()).to_pylist() == [float(2**60 + 1), 1.5]


def source(path: Path) -> SourceFile:
    return SourceFile(path, path.name, "abc")


@pytest.mark.parametrize("group", [7, 1000])
@pytest.mark.parametrize("target", [50, 400, 10**9])
def test_any_cut_of_a_parquet_file_yields_each_row_once(group: int, target: int, tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": [f"text {n}" for n in range(100)]}), tmp_path / "a.parquet", row_group_size=group)
    schema = pa.schema(list(COLUMNS.items()))
    spans = documents.spans_of(source(tmp_path / "a.parquet"), tmp_path, target)
    rows = pa.concat_tables([batch.rows for span in spans for batch in documents.read(span, schema)])
    assert rows["text"].to_pylist() == [f"text {n}" for n in range(100)]
    assert rows["id"].to_pylist() == [f"abc:{n}" for n in range(100)]
    assert rows["record"].to_pylist()[42] == {"file": "a.parquet", "offset": 42}


def test_given_ids_and_records_stay_and_missing_ones_are_derived(tmp_path: Path) -> None:
    record = {"file": "origin.warc.gz", "offset": 9}
    rows = [{"id": "mine", "text": "a", "record": record}, {"id": None, "text": "b", "record": None}]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    [span] = documents.spans_of(source(tmp_path / "a.parquet"), tmp_path, 10**9)
    [batch] = documents.read(span, pa.schema(list(COLUMNS.items())))
    assert batch.rows["id"].to_pylist() == ["mine", "abc:1"]
    assert batch.rows["record"].to_pylist() == [record, {"file": "a.parquet", "offset": 1}]


def test_a_unit_is_a_run_of_spans_of_about_the_target() -> None:
    spans = [Span("p", "n", "jsonl", "x", i, i + 1, size=size) for i, size in enumerate([5, 5, 5, 20, 1, 1])]
    assert [[s.size for s in unit] for unit in documents.group(spans, 10)] == [[5, 5], [5], [20], [1, 1]]


def test_a_plan_is_read_back_as_it_was_and_the_limit_is_one_unit(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("".join(json.dumps({"text": f"t{n}"}) + "\n" for n in range(50)))
    files = DOCUMENTS.files([str(tmp_path / "a.jsonl")])[0]
    with building(str(tmp_path / "out"), Identity("s", 1, {}, ()), {}, How()) as draft:
        first = plan_units(files, draft, None, How(limit=5), DOCUMENTS)
        assert plan_units(files, draft, None, How(limit=5), DOCUMENTS) == first
        [unit] = first.units
        assert [r for b in read_unit(unit, DOCUMENTS, first.schema) for r in b.rows["text"].to_pylist()] == [
            f"t{n}" for n in range(5)
        ]


def halve(rows: pa.Table, settings: None) -> Verdict:
    """Every other row goes."""
    gone = [("odd",) if n % 2 else () for n in range(rows.num_rows)]
    return Verdict(rows, reasons(gone), breaches([[] for _ in gone]))


def test_row_groups_are_full_however_little_a_batch_keeps(tmp_path: Path) -> None:
    count = 4 * BATCH_ROWS
    (tmp_path / "a.jsonl").write_text("".join(json.dumps({"text": f"t{n}"}) + "\n" for n in range(count)))
    outcome = run_rows(
        RowStage("halve", 1, halve), None, [str(tmp_path / "a.jsonl")], str(tmp_path / "out"), How(workers=1)
    )
    assert outcome.manifest["counts"]["by_reason"] == {"odd": count // 2}
    metadata = pq.read_metadata(tmp_path / "out" / "part-00000.parquet")
    assert [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)][:-1] == [GROUP_ROWS] * (
        metadata.num_row_groups - 1
    )


def test_a_row_that_breaks_two_rules_counts_once_as_removed_and_for_each_rule(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "a"}\n{"text": "b"}\n')

    def judge(rows: pa.Table, settings: None) -> Verdict:
        gone = [("one", "two") if text == "a" else () for text in rows["text"].to_pylist()]
        return Verdict(rows, reasons(gone), breaches([[] for _ in gone]))

    outcome = run_rows(
        RowStage("s", 1, judge), None, [str(tmp_path / "a.jsonl")], str(tmp_path / "out"), How(workers=1)
    )
    counts = outcome.manifest["counts"]
    assert (counts["removed"], counts["by_reason"]) == (1, {"one": 1, "two": 1})


def test_the_same_file_given_twice_has_ids_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "a"}\n')
    stage = RowStage("s", 1, lambda rows, settings: keep_all(rows))
    run_rows(stage, None, [str(tmp_path / "a.jsonl")] * 2, str(tmp_path / "out"), How(workers=1))
    ids = pq.read_table(tmp_path / "out")["id"].to_pylist()
    assert len(set(ids)) == 2
