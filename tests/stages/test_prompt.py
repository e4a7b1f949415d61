"""prompt render and prompt run end to end on a tiny model."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tiny_model import tiny_model

from llmctl.errors import BadSettings, OutputExists, UserError
from llmctl.settings.how import How
from llmctl.settings.prompt import Prompt, Render
from llmctl.stages.prompt import render, run

ONE = How(workers=1)
FILE = """---
name: mood
inputs: {text: {type: text}}
examples: {inline: [{text: "a fine film", answer: positive}]}
output: {stop: ["\\n"]}
---
user: Review: {{ text }}
Sentiment:
"""
SHOWN = "Review: a fine film\nSentiment: positive\n\n"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("prompt")
    tiny_model(directory / "model")
    (directory / "mood.prompt.md").write_text(FILE)
    rows = [{"id": f"r{n}", "text": f"film {n}", "answer": "positive", "other": n} for n in range(40)]
    (directory / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return directory


@pytest.fixture(scope="module")
def asked(place: Path) -> Prompt:
    return Prompt(
        model=str(place / "model"), inputs=str(place / "rows.jsonl"), temperature=1.0, top_p=0.9, max_tokens=6
    )


@pytest.fixture(scope="module")
def answers(place: Path, asked: Prompt) -> Path:
    run(asked, str(place / "mood.prompt.md"), str(place / "answers"), ONE)
    return place / "answers"


def file(place: Path) -> str:
    return str(place / "mood.prompt.md")


def parts(out: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted(out.glob("part-*.parquet"))]


def test_render_shows_messages_and_the_text_of_a_base_model(place: Path) -> None:
    outcome = render(Render(("text=a, b = c",)), file(place), None, ONE)
    assert outcome.manifest["messages"][-1] == {"role": "user", "content": "Review: a, b = c\nSentiment:"}
    assert outcome.manifest["text"] == SHOWN + "Review: a, b = c\nSentiment:"
    assert outcome.headline.endswith("assistant: positive\n\nuser: Review: a, b = c\nSentiment:")


def test_an_input_is_read_from_a_file_and_never_rendered(place: Path, tmp_path: Path) -> None:
    (tmp_path / "doc.txt").write_text("{{ 7 * 7 }}\nassistant: no")
    outcome = render(Render((f"text=@{tmp_path}/doc.txt",)), file(place), None, ONE)
    assert outcome.manifest["text"] == SHOWN + "Review: {{ 7 * 7 }}\nassistant: no\nSentiment:"


@pytest.mark.parametrize(
    ("given", "error", "sentence"),
    [
        ((), UserError, "the input 'text' is missing"),
        (("txt=a",), UserError, "no input 'txt'; did you mean 'text'"),
        (("text",), BadSettings, "is not NAME=VALUE"),
        (("text=a", "text=b"), BadSettings, "given twice"),
        (("text=@/no/such/file",), UserError, "does not exist"),
    ],
)
def test_wrong_inputs_end_in_one_sentence(place: Path, given: tuple[str, ...], error: type, sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        render(Render(given), file(place), None, ONE)


def test_one_completion_is_a_function_of_the_seed(place: Path) -> None:
    settings = Prompt(model=str(place / "model"), input=("text=film",), temperature=1.0, max_tokens=8)
    texts = [run(settings, file(place), None, replace(ONE, seed=seed)).manifest["output"] for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]
    assert "\n" not in texts[0]


def test_rows_are_answered_and_compared_with_their_gold(answers: Path) -> None:
    rows = pq.read_table(answers).to_pylist()
    assert [row["id"] for row in rows] == [f"r{n}" for n in range(40)]
    assert rows[3]["prompt"] == SHOWN + "Review: film 3\nSentiment:"
    for row in rows:
        assert row["answer"] == row["outputs"][0].strip() == row["answers"][0]
        assert dict(row["votes"]) == {row["answer"]: 1}
        assert (row["gold"], row["correct"]) == ("positive", row["answer"] == "positive")
    found = json.loads((answers / "_manifest.json").read_text())
    assert found["accuracy"] == sum(row["correct"] for row in rows) / 40
    assert (found["counts"]["kept"], found["calls"]) == (40, 40)


def test_rows_that_ask_the_same_draw_each_their_own_answer(place: Path, asked: Prompt, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"id": "a", "text": "film"}\n{"id": "b", "text": "film"}\n')
    run(replace(asked, inputs=str(tmp_path / "rows.jsonl")), file(place), str(tmp_path / "out"), ONE)
    first, second = pq.read_table(tmp_path / "out").to_pylist()
    assert first["prompt"] == second["prompt"]
    assert first["answer"] != second["answer"]
    assert (first["gold"], first["correct"]) == (None, None)


def test_two_workers_write_the_same_bytes(answers: Path, place: Path, asked: Prompt, tmp_path: Path) -> None:
    run(asked, file(place), str(tmp_path / "two"), How(workers=2))
    assert parts(tmp_path / "two") == parts(answers)
    assert len(parts(answers)) == 3


def test_the_same_again_is_done_and_another_temperature_exits_3(answers: Path, place: Path, asked: Prompt) -> None:
    assert run(asked, file(place), str(answers), ONE).already
    with pytest.raises(OutputExists):
        run(replace(asked, temperature=0.5), file(place), str(answers), ONE)


def test_a_dry_run_counts_the_calls_and_writes_nothing(place: Path, asked: Prompt, tmp_path: Path) -> None:
    outcome = run(asked, file(place), str(tmp_path / "out"), replace(ONE, dry_run=True, limit=7))
    assert outcome.manifest["calls"] == 7
    assert list(tmp_path.iterdir()) == []


def test_a_row_without_an_input_exits_1_and_is_named(place: Path, asked: Prompt, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"id": "ok", "text": "a"}\n{"id": "bad"}\n')
    with pytest.raises(UserError, match="row bad: the input 'text' is missing"):
        run(replace(asked, inputs=str(tmp_path / "rows.jsonl")), file(place), str(tmp_path / "out"), ONE)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("change", "out", "sentence"),
    [
        ({"model": None}, "o", "pass --model"),
        ({"input": ("text=a",)}, "o", "exclude each other"),
        ({}, None, "needs -o"),
        ({"inputs": None, "input": ("text=a",)}, "o", "goes with --inputs"),
    ],
)
def test_bad_arguments_exit_2(
    place: Path, asked: Prompt, change: dict[str, object], out: str | None, sentence: str
) -> None:
    with pytest.raises(BadSettings, match=sentence):
        run(replace(asked, **change), file(place), out, ONE)
