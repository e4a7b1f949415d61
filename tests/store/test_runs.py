"""A RUN on disk: torn lines, repeated lines, settings that can be read again."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from llmctl.errors import OutputExists
from llmctl.settings.how import How
from llmctl.settings.knobs import plain, resolve
from llmctl.settings.pretrain import Pretrain
from llmctl.store.artifacts import Identity
from llmctl.store.checkpoints import refresh_model, steps_of
from llmctl.store.runs import METRICS, growing, read_metrics, to_toml

ONE, OTHER = (Identity("pretrain", 1, {"seed": seed}, ()) for seed in (0, 1))


def test_a_torn_last_line_is_cut_and_the_next_one_stands_alone(tmp_path: Path) -> None:
    out = tmp_path / "run"
    with growing(str(out), ONE, Pretrain(), How()) as run:
        run.append(METRICS, {"step": 0, "loss": 3.0})
    with (out / METRICS).open("a") as stream:
        stream.write('{"step": 1, "lo')
    with growing(str(out), ONE, Pretrain(), How()) as run:
        run.append(METRICS, {"step": 1, "loss": 2.0})
    assert read_metrics(out)[0] == {0: {"step": 0, "loss": 3.0}, 1: {"step": 1, "loss": 2.0}}


def test_the_last_line_of_a_step_counts(tmp_path: Path) -> None:
    lines = ['{"step": 1, "loss": 9}', '{"step": 2, "val_loss": 5}', '{"step": 1, "loss": 8}', '{"step": 2, "loss": 7}']
    (tmp_path / METRICS).write_text("\n".join(lines) + "\n")
    steps, evaluations = read_metrics(tmp_path)
    assert {step: line["loss"] for step, line in steps.items()} == {1: 8, 2: 7}
    assert evaluations == {2: {"step": 2, "val_loss": 5}}


def test_a_run_killed_before_it_said_what_it_is_can_begin_again(tmp_path: Path) -> None:
    out = tmp_path / "run"
    out.mkdir()
    (out / "_lock").touch()
    (out / "_identity.json.123.tmp").write_text('{"st')
    with growing(str(out), ONE, Pretrain(), How()):
        assert {p.name for p in out.iterdir()} == {"_lock", "_identity.json", "settings.toml"}


def test_a_replaced_run_is_deleted_only_when_the_new_one_is_finished(tmp_path: Path) -> None:
    with growing(str(tmp_path / "run"), ONE, Pretrain(), How()) as run:
        run.append(METRICS, {"step": 0, "loss": 3.0})
    with pytest.raises(OutputExists), growing(str(tmp_path / "run"), OTHER, Pretrain(), How()):
        pass
    with growing(str(tmp_path / "run"), OTHER, Pretrain(), How(force=True)) as run:
        assert read_metrics(tmp_path / ".run.replaced")[0]
        (run.path / "model").mkdir()
        run.finish({"in": 1, "kept": 1, "removed": 0})
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


def test_settings_survive_toml() -> None:
    settings = resolve(Pretrain, [{"model": {"kv_heads": 2, "dropout": 0.1}, "valid": 'a "b"\\c', "from": "run"}])
    assert resolve(Pretrain, [tomllib.loads(to_toml(plain(settings)))]) == settings


def test_the_model_of_a_run_is_swapped_file_by_file(tmp_path: Path) -> None:
    for step in (2, 10):
        place = tmp_path / f"step-{step:08d}" / "model"
        place.mkdir(parents=True)
        for name in ("config.json", "tokenizer.json", "model.safetensors"):
            (place / name).write_text(f"{name} of {step}")
        refresh_model(tmp_path, step)
        refresh_model(tmp_path, step)
        assert (tmp_path / "model" / "model.safetensors").read_text() == f"model.safetensors of {step}"
    assert len(list((tmp_path / "model").iterdir())) == 3
    assert steps_of(tmp_path) == [2, 10]
