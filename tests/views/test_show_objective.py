"""show TOKENS objective: the examples that training with the same seed would visit."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from token_shards import encoded, write_tokens

from llmctl.cli.main import run as door
from llmctl.settings.objective import OBJECTIVES, Objective
from llmctl.settings.pretrain import Data
from llmctl.store.tokens import open_stream, open_tokens, unpack, unpack_parts
from llmctl.tokens.mixture import batch_places, order_of
from llmctl.tokens.packing import key_of
from llmctl.train.batches import read_batch
from llmctl.train.objectives import example_of, specials_of
from llmctl.train.sources import streams_of


@pytest.fixture(scope="module")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Path:
    documents = [piece for ids in encoded(0, 12) for piece in (ids[:150], [], ids[150:170])]
    return write_tokens(tmp_path_factory.mktemp("shown") / "tokens", documents, shards=3)


def shown(capsys: pytest.CaptureFixture[str], *words: str | Path) -> str:
    assert door(["show", *map(str, words)]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("name", OBJECTIVES)
def test_the_examples_are_those_that_training_draws(name: str, tokens: Path, tmp_path: Path, capsys) -> None:
    keys = (f"objective.name={name}", "data.sequence=48", "data.batch=2")
    told = json.loads(
        shown(capsys, tokens, "objective", *(f"--set={key}" for key in keys), "--sample", 5, "--seed", 9, "--json")
    )
    opened = open_tokens(str(tokens))
    unpack(opened, tmp_path / "stream", 0)
    streams = [open_stream(tmp_path / "stream")]
    order = order_of(9, 2, 48, [opened.stream], None, True)
    objective, specials = Objective(name=name), specials_of(Objective(name=name), 384, 48)
    visited = [
        (step, row, window)
        for step in range(3)
        for row, window in enumerate(read_batch(streams, batch_places(order, step), 48))
    ][:5]
    assert len(told["examples"]) == 5
    for (step, row, window), example in zip(visited, told["examples"], strict=True):
        drawn = example_of(objective, window, specials, np.random.default_rng(key_of(9, step, row, 2)))
        assert example == {
            "source": (window if name in ("lm", "prefix-lm") else window[:48]).tolist(),
            "inputs": drawn.inputs.tolist(),
            "targets": drawn.targets.tolist(),
            "weights": drawn.weights.tolist(),
            "denoiser": drawn.denoiser,
        }
    assert told["sentinels"] == list(specials.sentinels) and told["mode_tokens"] == specials.modes


def test_with_a_temperature_the_windows_are_those_of_its_streams(tmp_path: Path, capsys) -> None:
    place = write_tokens(tmp_path / "tokens", encoded(0, 9), langs=["en", "zh", "sw"] * 3)
    keys = ("--set=data.temperature=9", "--set=data.sequence=48", "--set=data.batch=2", "--sample=6", "--json")
    told = json.loads(shown(capsys, place, "objective", *keys))
    streams = streams_of([open_tokens(str(place))], Data(sequence=48, batch=2, temperature=9), None, 0)
    unpack_parts({tmp_path / str(n): tokens for n, tokens in enumerate(streams.tokens)}, 0)
    laid = [open_stream(tmp_path / str(n)) for n in range(3)]
    expected = [row for step in range(3) for row in read_batch(laid, batch_places(streams.order, step), 48).tolist()]
    assert [example["source"] for example in told["examples"]] == expected


def test_the_special_ids_lie_above_the_text_vocabulary(tokens: Path, capsys) -> None:
    told = json.loads(shown(capsys, tokens, "objective", "--set", "objective.name=ul2", "--json"))
    assert told["mode_tokens"] == {"R": 384, "S": 385, "X": 386} and told["sentinels"] == list(range(387, 487))
    for example in told["examples"]:
        assert example["inputs"][0] == told["mode_tokens"][example["denoiser"]]


def test_a_language_model_reads_nothing_without_loss(tokens: Path, capsys) -> None:
    told = json.loads(shown(capsys, tokens, "objective", "--set", "data.sequence=16", "--json"))
    assert (told["sentinels"], told["mode_tokens"], len(told["examples"])) == ([], {}, 3)
    assert all(e["inputs"] == [] and e["targets"] == e["source"] and len(e["source"]) == 17 for e in told["examples"])


def test_a_person_reads_text_with_the_special_tokens_named(tokens: Path, capsys) -> None:
    keys = ("--set=objective.name=ul2", "--set=objective.s_weight=0", "--set=objective.x_weight=0")
    told = shown(capsys, tokens, "objective", *keys, "--set=data.sequence=48", "--set=data.shuffle=false", "--sample=1")
    first, inputs, targets = told.splitlines()
    assert first.startswith("example 1: denoiser R, 48 tokens, ")
    source = open_tokens(str(tokens)).tokenizer.decode(encoded(0, 1)[0][:6])
    assert inputs.removeprefix("  inputs   ")[1:].startswith(f"[R]{source[:5]}")
    assert "<extra_id_0>" in inputs and "<extra_id_0>" in targets


def test_a_preset_is_that_of_pretrain(tokens: Path, capsys) -> None:
    told = json.loads(shown(capsys, tokens, "objective", "--preset", "tiny", "--sample", 1, "--json"))
    assert len(told["examples"][0]["source"]) == 129


def test_a_row_group_without_a_shown_window_is_not_read(tokens: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    read: list[list[int]] = []
    whole = pq.ParquetFile.iter_batches

    def watched(self: pq.ParquetFile, *args, **named):
        read.append(named.get("row_groups"))
        return whole(self, *args, **named)

    monkeypatch.setattr(pq.ParquetFile, "iter_batches", watched)
    shown(capsys, tokens, "objective", "--set=data.sequence=8", "--set=data.shuffle=false", "--sample=1")
    assert read == [None, None, None, [0]]  # lengths of the three shards, then one row group


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["objective", "--set", "objective.nme=ul2"], 2, "no key 'objective.nme'; did you mean 'name'?"),
        (["objective", "--set", "objective.name=ul3"], 2, "objective.name: no 'ul3'"),
        (["objective", "--set", "objective.rate=0.5", "--set", "objective.rate=1"], 2, "objective.rate is above 0"),
        (["objective", "--preset", "tinny"], 2, "did you mean 'tiny'?"),
        (["objective", "--seed", "x"], 2, "seed is a whole number"),
        (["--set", "objective.name=ul2"], 2, "--set is for `show TOKENS objective`"),
        (["funnel", "--seed", "1"], 2, "--seed is for `show TOKENS objective`"),
        (["objective", "--set", "data.sequence=99999"], 1, "data.sequence=99999 is longer than"),
        (["objective", "--set", "data.end_token=<none>"], 1, "has no end token (<none>)"),
        (["objective", "--set", "objective.name=ul2", "--set", "objective.sentinels=3"], 2, "objective.sentinels=3"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(words: list[str], code: int, said: str, tokens: Path, capsys) -> None:
    assert door(["show", str(tokens), *words]) == code
    told = capsys.readouterr()
    assert said in told.err and told.err.count("\n") == 1 and told.out == ""


def test_documents_are_no_tokens(tmp_path: Path, tokens: Path, capsys) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "part-00000.parquet").write_bytes((tokens / "part-00000.parquet").read_bytes())
    assert door(["show", str(tmp_path / "docs"), "objective"]) == 1
    assert "is not a TOKENS directory (_tokenizer.json is missing)" in capsys.readouterr().err
