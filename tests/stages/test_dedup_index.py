"""dedup over several runs: the index remembers what earlier ones kept, and names it."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest
from near_copies import Row, cuts, page, stayed, went, written


def texts(names: str, first: int) -> list[Row]:
    """Documents of their own, named after the letters."""
    return [{"id": name, "text": page(random.Random(first + i))} for i, name in enumerate(names)]


JANUARY, FEBRUARY, MARCH = texts("abc", 10), texts("de", 20), texts("f", 30)
AGAIN = {"id": "a again", "text": JANUARY[0]["text"]}
NEARLY = {"id": "d nearly", "text": f"{FEBRUARY[0]['text']} Indeed."}


@pytest.fixture(scope="module")
def months(tmp_path_factory: pytest.TempPathFactory, run) -> Path:
    """Three runs with one index."""
    place = tmp_path_factory.mktemp("months")
    for name, rows in (
        ("1", JANUARY),
        ("2", [*FEBRUARY, AGAIN]),
        ("3", [NEARLY, *MARCH, {**AGAIN, "id": "a once more"}]),
    ):
        written(place / f"{name}.jsonl", rows)
        run("dedup", f"{name}.jsonl", "-o", f"out{name}", "--index", "ix", cwd=place)
    return place


@pytest.fixture
def copied(months: Path, tmp_path: Path) -> Path:
    """The same, to be changed."""
    shutil.copytree(months, tmp_path / "months")
    return tmp_path / "months"


def test_a_document_goes_for_that_of_an_earlier_run(months: Path) -> None:
    assert [set(stayed(months / f"out{n}")) for n in "123"] == [{"a", "b", "c"}, {"d", "e"}, {"f"}]
    assert went(months / "out1") == {}
    found = {id: (row["removed_by"][0], row["twin_id"]) for id, row in went(months / "out3").items()}
    assert found == {"d nearly": ("near_duplicate", "d"), "a once more": ("exact_duplicate", "a")}
    assert went(months / "out2")["a again"]["twin_id"] == "a"
    assert len(list((months / "ix").iterdir())) == 3


@pytest.mark.parametrize("month", ["1", "2", "3"])
def test_the_same_command_again_has_nothing_to_do(month: str, copied: Path, run) -> None:
    again = run("dedup", f"{month}.jsonl", "-o", f"out{month}", "--index", "ix", cwd=copied)
    assert again.out.startswith("already done") and len(list((copied / "ix").iterdir())) == 3


@pytest.mark.parametrize("month", ["1", "3"])
def test_the_same_command_after_its_output_is_gone_makes_it_again(month: str, copied: Path, run) -> None:
    before = {path.name: path.read_bytes() for path in (copied / f"out{month}").glob("*.parquet")}
    shutil.rmtree(copied / f"out{month}")
    run("dedup", f"{month}.jsonl", "-o", f"out{month}", "--index", "ix", cwd=copied)
    assert before == {path.name: path.read_bytes() for path in (copied / f"out{month}").glob("*.parquet")}
    assert len(list((copied / "ix").iterdir())) == 3


def test_the_same_documents_into_another_output_are_all_known(copied: Path, run) -> None:
    run("dedup", "1.jsonl", "-o", "other", "--index", "ix", cwd=copied)
    assert {id: row["twin_id"] for id, row in went(copied / "other").items()} == {"a": "a", "b": "b", "c": "c"}


def test_killed_after_it_was_remembered_a_run_does_not_meet_itself(copied: Path, run) -> None:
    """What lies there between the rename of the index's part and that of the artifact: a draft with its identity."""
    manifest = (copied / "out3" / "_manifest.json").read_text()
    (copied / "out3").rename(copied / ".out3.draft")
    work = copied / ".out3.draft" / "_work"
    work.mkdir()
    key = manifest.partition('"key": "')[2][:32]
    (work / "identity.json").write_text(f'{{"key": "{key}", "stage": "dedup"}}')
    (copied / ".out3.draft" / "_manifest.json").unlink()
    run("dedup", "3.jsonl", "-o", "out3", "--index", "ix", cwd=copied)
    assert set(stayed(copied / "out3")) == {"f"}
    assert (copied / "out3" / "_manifest.json").read_text().partition('"key": "')[2][:32] == key
    assert len(list((copied / "ix").iterdir())) == 3


def test_a_higher_threshold_may_be_asked_of_the_same_index(copied: Path, run) -> None:
    done = run("dedup", "3.jsonl", "-o", "strict", "--index", "ix", "--threshold", "1", "--json", cwd=copied).json
    assert set(stayed(copied / "strict")) == {"d nearly"} and done["counts"]["by_reason"] == {"exact_duplicate": 2}
    assert (done["signed"]["bands"], done["signed"]["rows"]) == (28, 9)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--set", "near.shingle=3"), "ix was made with shingle 5 (now 3)"),
        (("--measure", "containment"), "measure jaccard (now containment)"),
        (("--threshold", "0.5"), "bands 28 (now 64)"),
        (("--within", "lang"), "within (now lang)"),
    ],
)
def test_signatures_that_cannot_be_compared_are_refused(words: tuple[str, str], said: str, copied: Path, run) -> None:
    ran = run("dedup", "3.jsonl", "-o", "new", "--index", "ix", *words, cwd=copied, expect=1)
    assert said in ran.err and ran.err.count("\n") == 1 and not (copied / "new").exists()


@pytest.mark.parametrize(("index", "said"), [("1.jsonl", "is a file"), ("out1", "holds no index")])
def test_what_is_no_index_is_refused(index: str, said: str, copied: Path, run) -> None:
    before = sorted(p.name for p in copied.rglob("*"))
    ran = run("dedup", "3.jsonl", "-o", "new", "--index", index, cwd=copied, expect=1)
    assert said in ran.err and ran.err.count("\n") == 1
    assert sorted(p.name for p in copied.rglob("*")) == before


def test_what_an_earlier_run_kept_stays_though_a_longer_copy_comes(tmp_path: Path, run) -> None:
    short = page(random.Random(1))
    written(tmp_path / "1.jsonl", [{"id": "short", "text": short}])
    written(tmp_path / "2.jsonl", [{"id": "long", "text": f"{short} Indeed."}])
    for n in "12":
        run("dedup", f"{n}.jsonl", "-o", f"out{n}", "--index", "ix", cwd=tmp_path)
    assert {id: row["twin_id"] for id, row in went(tmp_path / "out2").items()} == {"long": "short"}


def test_an_id_may_come_again_in_a_later_run_but_not_twice_in_one(copied: Path, run) -> None:
    written(copied / "4.jsonl", [{"id": "a", "text": page(random.Random(77))}])
    run("dedup", "4.jsonl", "-o", "out4", "--index", "ix", cwd=copied)
    assert set(stayed(copied / "out4")) == {"a"}
    ran = run("dedup", "4.jsonl", "1.jsonl", "-o", "out5", "--index", "ix", cwd=copied, expect=1)
    assert "the id 'a' stands twice" in ran.err


def test_preview_and_dry_run_remember_nothing(copied: Path, run) -> None:
    written(copied / "4.jsonl", texts("xyz", 40))
    run("dedup", "4.jsonl", "--preview", "3", "--index", "ix", cwd=copied)
    run("dedup", "4.jsonl", "-o", "out4", "-n", "--index", "ix", cwd=copied)
    assert len(list((copied / "ix").iterdir())) == 3 and not (copied / "out4").exists()


def test_an_index_goes_with_the_other_levels(tmp_path: Path, run) -> None:
    written(tmp_path / "1.jsonl", JANUARY)
    sentence = "The clerk counted all the barrels again. "
    written(tmp_path / "2.jsonl", [AGAIN, {"id": "own", "text": f"{page(random.Random(5))} {sentence}{sentence}"}])
    for n in "12":
        run("dedup", f"{n}.jsonl", "-o", f"out{n}", "--index", "ix", "--level", "document,sentence", cwd=tmp_path)
    assert set(stayed(tmp_path / "out2")) == {"own"} and [cut["id"] for cut in cuts(tmp_path / "out2")] == ["own"]


def test_what_a_run_removed_is_not_remembered(tmp_path: Path, run) -> None:
    """The third text is 0.84 like the second, which went for the first; it is 0.77 like the first."""
    words = [f"w{n}" for n in range(60)]
    first, second, third = (" ".join(words[:length]) for length in (60, 55, 47))
    written(tmp_path / "1.jsonl", [{"id": "first", "text": first}, {"id": "second", "text": second}])
    written(tmp_path / "2.jsonl", [{"id": "third", "text": third}])
    for n in "12":
        run("dedup", f"{n}.jsonl", "-o", f"out{n}", "--index", "ix", cwd=tmp_path)
    assert set(went(tmp_path / "out1")) == {"second"} and set(stayed(tmp_path / "out2")) == {"third"}


def test_what_later_passes_removed_is_not_remembered(tmp_path: Path, run) -> None:
    """The first text is one sentence again and again and goes for that; its copy in a later run has no twin there."""
    again = "The ferry carries many heavy barrels of salt. " * 20
    written(
        tmp_path / "1.jsonl",
        [{"id": "first", "text": again}, {"id": "other", "text": "Quite another text stands here."}],
    )
    written(tmp_path / "2.jsonl", [{"id": "second", "text": again}])
    run("dedup", "1.jsonl", "-o", "out1", "--index", "ix", "--level", "document,sentence", cwd=tmp_path)
    run("dedup", "2.jsonl", "-o", "out2", "--index", "ix", cwd=tmp_path)
    assert set(went(tmp_path / "out1")) == {"first"} and set(stayed(tmp_path / "out2")) == {"second"}


def test_the_index_is_no_output(tmp_path: Path, run) -> None:
    written(tmp_path / "1.jsonl", [{"id": "first", "text": "one text"}])
    ran = run("dedup", "1.jsonl", "-o", "out", "--index", "./out", cwd=tmp_path, expect=2)
    assert "directory of its own" in ran.err and not (tmp_path / "out").exists()


def test_calibration_of_stdin_is_refused(tmp_path: Path, run) -> None:
    assert "--calibrate reads files" in run("dedup", "-", "--calibrate", cwd=tmp_path, expect=2).err
