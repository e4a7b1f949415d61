"""Task files and rows: what is read, and what is refused with which exit code."""

from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from llmctl.errors import BadSettings, UserError
from llmctl.store.tasks import ANSWERS, RESULTS, read_rows, read_task, read_text, write_results

GOOD = 'test = "test.jsonl"\ntemplate = "{{ text }}"\nlabel = "gold"\n'


def task_file(directory: Path, text: str) -> str:
    path = directory / "mood.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_short_task_has_the_defaults_of_the_format(tmp_path: Path) -> None:
    task = read_task(task_file(tmp_path, GOOD + 'labels = ["a", "b"]'))
    assert (task.name, task.id, task.label_prefix, task.separator, task.metric) == (
        "mood",
        "id",
        " ",
        "\n\n",
        "accuracy",
    )
    assert (task.test, task.pool, task.labels) == (tmp_path / "test.jsonl", None, ("a", "b"))


def test_every_key_of_the_format_is_read(tmp_path: Path) -> None:
    more = 'name = "n"\npool = "p.parquet"\nid = "i"\nlabel_prefix = ""\nseparator = "#"\nmetric = "loss"\n'
    task = read_task(task_file(tmp_path, GOOD + more))
    assert (task.name, task.id, task.label_prefix, task.separator, task.metric) == ("n", "i", "", "#", "loss")
    assert task.files == (tmp_path / "mood.toml", tmp_path / "test.jsonl", tmp_path / "p.parquet")


def test_without_labels_the_gold_text_is_scored(tmp_path: Path) -> None:
    assert read_task(task_file(tmp_path, GOOD)).metric == "loss"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (GOOD + 'lables = ["a", "b"]', "did you mean 'labels'"),
        (GOOD + 'prompt = "x.prompt.md"', "'prompt' is not built yet"),
        (GOOD + 'extract = "number"', "'extract' is not built yet"),
        (GOOD + 'metric = "exact"', "'exact' is not built yet"),
        (GOOD + 'metric = "accuracy"', "accuracy needs labels"),
        (GOOD + 'metric = "f1"', "no metric 'f1'"),
        (GOOD + "labels = [1, 2]", "labels is a list of texts"),
        (GOOD + 'labels = ["a", "a"]', "all different"),
        (GOOD + "separator = 3", "separator is a text"),
        ('test = "t"\nlabel = "l"', "'template' is missing"),
        ("not toml", "not a task file in TOML"),
    ],
)
def test_a_wrong_task_file_exits_2_and_names_the_key(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(BadSettings, match=sentence):
        read_task(task_file(tmp_path, text))


def test_an_absent_task_file_exits_1(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="does not exist") as caught:
        read_task(str(tmp_path / "no.toml"))
    assert caught.value.exit_code == 1


def test_lines_end_at_newlines_alone(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes('\ufeff{"t": "a\u2028b\u0085c"}\n\n{"t": "\x7f"}'.encode())
    assert [row["t"] for row in read_rows(path)] == ["a\u2028b\u0085c", "\x7f"]


def test_rows_are_read_from_gzip_and_parquet(tmp_path: Path) -> None:
    rows = [{"t": "a", "n": 1}, {"t": "b", "n": None}]
    (tmp_path / "r.jsonl.gz").write_bytes(gzip.compress(b'{"t": "a", "n": 1}\n{"t": "b", "n": null}\n'))
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "r.parquet")
    assert read_rows(tmp_path / "r.jsonl.gz") == read_rows(tmp_path / "r.parquet") == rows


def test_a_limit_takes_the_first_rows(tmp_path: Path) -> None:
    (tmp_path / "r.jsonl").write_text('{"n": 1}\n{"n": 2}\nbroken\n')
    assert read_rows(tmp_path / "r.jsonl", limit=2) == [{"n": 1}, {"n": 2}]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b'{"a": 1}\n[2]\n', "byte 9 .*not_an_object"), (b"{", "json"), (b"", "no rows"), (b"PAR1 but not", "Parquet")],
)
def test_a_broken_file_exits_1_and_names_the_place(tmp_path: Path, content: bytes, sentence: str) -> None:
    (tmp_path / "r").write_bytes(content)
    with pytest.raises(UserError, match=sentence) as caught:
        read_rows(tmp_path / "r")
    assert caught.value.exit_code == 1


def test_the_columns_of_results_are_those_of_the_format() -> None:
    wanted = """id model task shots select order labels calibration seed sample prompt demo_ids demo_labels demo_scores
        label_names ll token_ll pred gold correct pred_contextual pred_domain text tokens latency cached"""
    assert RESULTS.names[:26] == wanted.split()
    assert ANSWERS.names[:8] == ["id", "prompt", "outputs", "answers", "answer", "votes", "gold", "correct"]


def test_results_are_written_whole_and_read_back(tmp_path: Path) -> None:
    row = {"id": "a", "votes": {"7": 1}, "outputs": ["7 "], "correct": None}
    write_results(tmp_path / "part-00000.parquet", [row], ANSWERS)
    found = pq.read_table(tmp_path).to_pylist()[0]
    assert (found["id"], dict(found["votes"]), found["outputs"], found["correct"]) == ("a", {"7": 1}, ["7 "], None)
    assert [path.name for path in tmp_path.iterdir()] == ["part-00000.parquet"]


def test_a_text_that_is_not_utf8_exits_1(tmp_path: Path) -> None:
    (tmp_path / "t").write_bytes(b"caf\xe9")
    with pytest.raises(UserError, match="not UTF-8"):
        read_text(str(tmp_path / "t"))
