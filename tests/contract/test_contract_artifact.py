"""What every row stage leaves on disk, and what the same and other commands do to it."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
from contract.corpus import ROWS, Case, content, draft, stamps


def test_the_table_holds_kept_rows_alone_and_counts_add_up(case: Case, artifact) -> None:
    out = artifact(case)
    manifest = json.loads((out / "_manifest.json").read_text())
    counts, kept = manifest["counts"], pq.read_table(out)
    removed = pq.read_table(out / "_removed")
    assert "removed_by" not in kept.column_names
    assert (counts["in"], counts["kept"], counts["removed"]) == (ROWS, kept.num_rows, removed.num_rows)
    assert counts["in"] == counts["kept"] + counts["removed"]
    assert all(reasons for reasons in removed["removed_by"].to_pylist())
    assert set(kept["id"].to_pylist()).isdisjoint(removed["id"].to_pylist())


def test_the_manifest_names_every_file_with_its_rows_and_hash(case: Case, artifact) -> None:
    out = artifact(case)
    manifest, found = json.loads((out / "_manifest.json").read_text()), content(out)["files"]
    assert {f["path"]: f["sha256"] for f in manifest["files"]} == found
    assert all(
        f["rows"] == pq.read_metadata(out / f["path"]).num_rows for f in manifest["files"] if f["rows"] is not None
    )
    assert {"stage", "key", "version", "settings", "inputs", "counts", "files", "versions", "seconds", "where"} <= set(
        manifest
    )


def test_one_worker_and_two_write_the_same_bytes_in_forty_units_and_more(
    case: Case, artifact, place: Path, run
) -> None:
    two = artifact(case)
    run(case.name, "corpus.jsonl", *case.words, "-o", f"{case}-1", "-j", "1", cwd=place)
    assert content(place / f"{case}-1") == content(two)
    assert len(list(two.glob("part-*.parquet"))) >= 40


def test_one_unit_of_more_than_ten_batches_gives_the_same_rows(case: Case, artifact, place: Path, run) -> None:
    units = artifact(case)
    run(case.name, "corpus.jsonl", *case.words, "-o", f"{case}-whole", "--set", "shard_bytes=1GB", cwd=place)
    whole = place / f"{case}-whole"
    assert len(list(whole.glob("part-*.parquet"))) == 1
    assert pq.read_table(whole).equals(pq.read_table(units))
    assert pq.read_table(whole / "_removed").equals(pq.read_table(units / "_removed"))


def test_the_same_command_again_does_nothing_and_says_the_same(case: Case, artifact, run) -> None:
    out = artifact(case)
    before = stamps(out)
    again = run(case.name, "corpus.jsonl", *case.words, "-o", out.name, "--json", "-j", "1", cwd=out.parent)
    assert again.json == {**json.loads((out / "_manifest.json").read_text()), "out": out.name}
    assert again.err == ""
    assert stamps(out) == before and not draft(out).exists()


def test_other_settings_exit_3_and_touch_nothing(case: Case, artifact, run) -> None:
    out = artifact(case)
    before = stamps(out)
    refused = run(case.name, "corpus.jsonl", *case.other, "-o", out.name, cwd=out.parent, expect=3)
    assert refused.err.count("\n") == 1 and "--force" in refused.err
    assert stamps(out) == before and not draft(out).exists()


def test_force_replaces_another_run(case: Case, place: Path, tmp_path: Path, run) -> None:
    run(case.name, place / "small.jsonl", *case.words, "-o", "out", cwd=tmp_path)
    first = content(tmp_path / "out")
    run(case.name, place / "small.jsonl", *case.other, "-o", "out", "--force", cwd=tmp_path)
    second = content(tmp_path / "out")
    assert second["manifest"]["key"] != first["manifest"]["key"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out"]


def test_another_input_makes_another_artifact(case: Case, place: Path, tmp_path: Path, run) -> None:
    run(case.name, place / "small.jsonl", *case.words, "-o", "out", cwd=tmp_path)
    changed = tmp_path / "changed.jsonl"
    changed.write_bytes((place / "small.jsonl").read_bytes() + b'{"text": "One more."}\n')
    refused = run(case.name, changed, *case.words, "-o", "out", cwd=tmp_path, expect=3)
    assert "different run" in refused.err


def test_an_artifact_as_input_gives_its_key_to_the_chain(case: Case, place: Path, tmp_path: Path, run) -> None:
    run("scrub", place / "small.jsonl", "-o", "first", cwd=tmp_path)
    found = run(case.name, "first", *case.words, "-o", "second", "--json", cwd=tmp_path).json
    key = json.loads((tmp_path / "first" / "_manifest.json").read_text())["key"]
    assert found["inputs"][0] == {"path": "first", "key": key}


def test_unknown_columns_pass_through(case: Case, artifact) -> None:
    table = pq.read_table(artifact(case))
    if case.name == "tokenize":
        assert table.column_names == ["id", "ids", "tokens", "url", "source", "lang"]
    elif case.name == "crawl-ingest":  # documents have no such column, so it is kept in the metadata
        assert all("shelf" in json.loads(text) for text in table["metadata"].to_pylist())
    else:
        assert set(table["shelf"].to_pylist()) == {0, 1, 2, 3, 4}
