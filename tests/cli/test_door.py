"""The door: what it answers itself, what it refuses, and where its words go."""

from __future__ import annotations

from pathlib import Path

import pytest

from llmctl import __version__
from llmctl.cli.main import run as door
from llmctl.cli.table import BY_NAME, COMMANDS, find
from llmctl.errors import UserError


def test_bare_it_shows_the_commands_and_exits_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert door([]) == 0
    told = capsys.readouterr()
    assert told.err == "" and all(command.summary in told.out for command in COMMANDS)


def test_the_version_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert door(["--version"]) == 0
    assert capsys.readouterr().out == f"llmctl {__version__}\n"


@pytest.mark.parametrize(("asked", "near"), [("fliter", "filter"), ("tokenise", "tokenize"), ("pretrian", "pretrain")])
def test_a_command_that_is_none_exits_2_and_names_the_nearest(
    asked: str, near: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert door([asked]) == 2
    assert capsys.readouterr().err == f"llmctl: no command {asked!r}; did you mean {near!r}?\n"


def test_the_longest_name_is_the_command() -> None:
    assert find(["prompt", "run", "a.md"]) == (BY_NAME["prompt run"], ["a.md"])
    assert find(["filter", "run"]) == (BY_NAME["filter"], ["run"])
    assert find(["prompt", "a.md"])[0] is None


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c.name)
def test_help_has_every_option_and_an_example(command, capsys: pytest.CaptureFixture[str]) -> None:
    from llmctl.cli.options import option_name, shared_options, stage_options

    assert door([*command.name.split(), "--help"]) == 0
    told = capsys.readouterr().out
    for found in (*stage_options(command), *shared_options(command)):
        assert option_name(found.name) in told
    assert command.examples and all(f"llmctl {command.name}" in example for example in command.examples)


def failing(error: BaseException):
    def run(*_: object) -> None:
        raise error

    return run


@pytest.mark.parametrize(
    ("error", "code", "lines"),
    [
        (UserError("the input is wrong"), 1, 1),
        (KeyboardInterrupt(), 130, 1),
        (RuntimeError("a bug"), 70, None),
    ],
)
def test_each_error_has_its_exit_code(
    error: BaseException,
    code: int,
    lines: int | None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("llmctl.stages.scrub.run", failing(error))
    assert door(["scrub", "in", "-o", "out"]) == code
    told = capsys.readouterr()
    assert told.out == ""
    assert ("Traceback" in told.err) == (code == 70)
    if lines is not None:
        assert told.err.count("\n") == lines and told.err.startswith("llmctl scrub: ")


def test_a_working_directory_that_is_gone_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert door(["scrub", "docs", "-o", "safe"]) == 2
    said = capsys.readouterr().err
    assert "working directory does not exist" in said and "Traceback" not in said


def test_option_over_set_over_preset_over_default(tmp_path: Path) -> None:
    from llmctl.cli.options import read_settings, stage_options

    preset = tmp_path / "mine.toml"
    preset.write_text("[dedup]\nthreshold = 0.6\nnear.shingle = 7\nnear.permutations = 128\n")
    given = {"preset": [str(preset)], "set": ["near.shingle=3", "threshold=0.65"], "threshold": "0.7"}
    values = {k.name: None for k in stage_options(BY_NAME["dedup"])} | given
    found = read_settings(BY_NAME["dedup"], values)
    assert (found.threshold, found.near.shingle, found.near.permutations) == (0.7, 3, 128)


def test_an_option_of_several_values_takes_commas_and_repeats(tmp_path: Path) -> None:
    from llmctl.cli.options import read_settings, stage_options

    values = {k.name: None for k in stage_options(BY_NAME["scrub"])} | {"preset": [], "set": []}
    found = read_settings(BY_NAME["scrub"], values | {"entities": ["email,ip", "phone"]})
    assert found.entities == ("email", "ip", "phone")
