"""`--hold-out`: a validation set of which no document has a near-duplicate in what stays."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from near_copies import documents, shingles, stayed, went, written

from llmctl.store.held_out import held_out
from llmctl.store.signatures import Signatures, write_arrow

ROWS = documents(600, seed=9)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, run) -> Path:
    """OUT and VALID of three files."""
    place = tmp_path_factory.mktemp("held")
    for n in range(3):
        written(place / f"{n}.jsonl", ROWS[200 * n : 200 * (n + 1)])
    run("dedup", "0.jsonl", "1.jsonl", "2.jsonl", "-o", "out", "--hold-out", "valid=0.05", "-j", "1", cwd=place)
    return place


def test_the_validation_set_is_an_artifact_of_its_own(place: Path, run) -> None:
    valid, manifest = stayed(place / "valid"), json.loads((place / "valid" / "_manifest.json").read_text())
    assert manifest["counts"]["kept"] == manifest["counts"]["in"] == len(valid) > 0
    assert manifest["inputs"] == [
        {"path": "out", "key": json.loads((place / "out" / "_manifest.json").read_text())["key"]}
    ]
    texts = {row["id"]: row["text"] for row in ROWS}
    assert all(row["text"] == texts[id] for id, row in valid.items())
    assert set(valid) == {id for id, row in went(place / "out").items() if row["removed_by"] == ["held_out"]}
    assert not set(valid) & set(stayed(place / "out"))
    assert "valid" in run("show", "valid", cwd=place).out


def test_every_document_is_kept_held_out_or_a_duplicate(place: Path) -> None:
    kept, gone, valid = stayed(place / "out"), went(place / "out"), stayed(place / "valid")
    assert set(kept) | set(gone) == {row["id"] for row in ROWS} and not set(kept) & set(gone)
    for id, row in gone.items():
        if id not in valid:
            assert row["twin_id"] in kept or row["twin_id"] in valid


def test_no_near_duplicate_crosses(place: Path) -> None:
    """Over all pairs: documents that share a shingle are compared, the others have similarity 0."""
    train, valid = ({id: shingles(r["text"]) for id, r in stayed(place / n).items()} for n in ("out", "valid"))
    holders: dict[tuple[str, ...], list[str]] = {}
    for id, found in train.items():
        for shingle in found:
            holders.setdefault(shingle, []).append(id)
    worst = 0.0
    for found in valid.values():
        common = Counter(other for shingle in found for other in holders.get(shingle, ()))
        worst = max([worst, *(n / (len(found) + len(train[other]) - n) for other, n in common.items())])
    assert worst < 0.8


def test_the_share_is_within_the_bounds_of_chance(place: Path) -> None:
    """By clusters: their number is binomial, four standard deviations."""
    clusters, held = len(stayed(place / "out")) + len(stayed(place / "valid")), len(stayed(place / "valid"))
    assert abs(held - 0.05 * clusters) <= 4 * (0.05 * 0.95 * clusters) ** 0.5


def test_workers_and_the_order_of_files_choose_the_same_documents(place: Path, run) -> None:
    run("dedup", "2.jsonl", "0.jsonl", "1.jsonl", "-o", "out2", "--hold-out", "valid2=0.05", "-j", "2",
        "--set", "shard_bytes=5KB", cwd=place)  # fmt: skip
    assert set(stayed(place / "valid2")) == set(stayed(place / "valid"))
    assert set(stayed(place / "out2")) == set(stayed(place / "out"))


def test_another_seed_chooses_others(place: Path, run) -> None:
    words = ("0.jsonl", "1.jsonl", "2.jsonl", "-o", "out3", "--hold-out", "valid3=0.05")
    run("dedup", *words, "--seed", "1", cwd=place)
    assert set(stayed(place / "valid3")) != set(stayed(place / "valid"))
    run("dedup", *words, "--seed", "2", cwd=place, expect=3)


def test_the_same_command_again_makes_a_lost_validation_set_again(place: Path, run) -> None:
    words = ("0.jsonl", "1.jsonl", "2.jsonl", "-o", "out", "--hold-out", "valid=0.05")
    before = stayed(place / "valid")
    (place / "valid").rename(place / "aside")
    assert run("dedup", *words, cwd=place).out.startswith("already done")
    assert stayed(place / "valid") == before


@pytest.mark.parametrize(
    ("asked", "code", "said"),
    [
        ("valid=2", 2, "VALID=SHARE"),
        ("valid", 2, "VALID=SHARE"),
        ("=0.1", 2, "VALID=SHARE"),
        ("new=0.1", 2, "a directory of its own"),
        ("taken=0.1", 3, "taken holds something else"),
        ("valid=0.1", 3, "valid holds something else"),  # that of another OUT
    ],
)
def test_a_place_or_share_that_cannot_be_is_refused_before_anything_is_written(
    asked: str, code: int, said: str, place: Path, run
) -> None:
    (place / "taken").mkdir(exist_ok=True)
    (place / "taken" / "notes.txt").write_text("mine")
    ran = run("dedup", "0.jsonl", "-o", "new", "--hold-out", asked, cwd=place, expect=code)
    assert said in ran.err and ran.err.count("\n") == 1
    assert not (place / "new").exists() and (place / "taken" / "notes.txt").read_text() == "mine"


def test_a_validation_set_of_an_older_output_of_that_name_is_refused_before_a_row_is_judged(
    tmp_path: Path, run
) -> None:
    docs = written(tmp_path / "d.jsonl", documents(60))
    words = ("-o", "out", "--hold-out", "valid=0.2")
    run("dedup", docs, *words, cwd=tmp_path)
    before = (tmp_path / "valid" / "_manifest.json").read_bytes()
    shutil.rmtree(tmp_path / "out")
    ran = run("dedup", docs, *words, "--threshold", "0.9", cwd=tmp_path, expect=3)
    assert "valid holds something else" in ran.err and ran.err.count("\n") == 1
    assert {p.name for p in tmp_path.iterdir()} == {"d.jsonl", "valid"}
    assert (tmp_path / "valid" / "_manifest.json").read_bytes() == before
    run("dedup", docs, *words, cwd=tmp_path)  # the same as before: what is there is its own
    assert (tmp_path / "valid" / "_manifest.json").read_bytes() == before


def test_it_needs_an_output(place: Path, run) -> None:
    assert "needs -o OUT" in run("dedup", "0.jsonl", "-o", "-", "--hold-out", "v=0.1", cwd=place, expect=2).err


def test_what_is_held_out_is_no_loss_of_its_source(tmp_path: Path, run) -> None:
    rows = [{**row, "source": "web"} for row in documents(60)]
    docs = written(tmp_path / "d.jsonl", [row for n, row in enumerate(rows) if n % 5 != 4 and n % 7 != 6])
    words = ("-o", "out", "--hold-out", "valid=0.5", "--max-source-loss", "0.1", "--json")
    done = run("dedup", docs, *words, cwd=tmp_path).json
    web = done["counts"]["by_source"]["web"]
    assert web["in"] == web["kept"] + web["held_out"] and web["held_out"] == len(stayed(tmp_path / "valid")) > 10


def test_a_component_falls_on_one_side_and_a_too_large_one_stays(tmp_path: Path) -> None:
    """Of 400 documents 0 to 99 are one component, the others pairs."""
    hashes = np.random.default_rng(3).integers(0, 2**64, 400, dtype=np.uint64)
    write_arrow(tmp_path / "u.arrow", pa.table({"id_hash": hashes}))
    component = np.concatenate([np.zeros(100, np.int64), np.arange(300) // 2 + 1])
    write_arrow(tmp_path / "task.arrow", pa.table({"document": np.arange(400), "component": component}))
    chosen = held_out(Signatures([tmp_path / "u"]), [tmp_path / "task.arrow"], 0.2, seed=0)
    pairs = chosen[100:].reshape(-1, 2)
    assert (pairs[:, 0] == pairs[:, 1]).all() and 0.1 < pairs.mean() < 0.3
    for seed in range(40):  # whatever the seed: more than a fifth of all is no fifth
        assert not held_out(Signatures([tmp_path / "u"]), [tmp_path / "task.arrow"], 0.2, seed=seed)[:100].any()
