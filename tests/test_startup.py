"""Help is answered from a table: no heavy package is imported for it, and an argument error costs none either."""

from __future__ import annotations

import subprocess
import sys

import pytest

from llmctl.cli.table import COMMANDS

HEAVY = {"pyarrow", "numpy", "torch", "numba", "ray", "rich"}
HELPS = [[], ["-h"], ["--help"], ["--version"], ["prompt"], *([*c.name.split(), "--help"] for c in COMMANDS)]


def imported(*words: str) -> tuple[int, set[str], str]:
    """Exit code, top-level packages that a command line imports, and what it printed."""
    command = [sys.executable, "-X", "importtime", "-m", "llmctl", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return done.returncode, {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}, done.stdout


@pytest.mark.parametrize("words", HELPS, ids=" ".join)
def test_help_loads_nothing_heavy(words: list[str]) -> None:
    code, modules, out = imported(*words)
    assert code == 0
    assert out.strip()
    assert not modules & HEAVY


def test_the_top_level_help_loads_not_even_typer() -> None:
    _, modules, _ = imported("--help")
    assert not modules & {"typer", "click", "dataclasses_json"}


@pytest.mark.parametrize(
    "words", [["nope"], ["filter", "--nope"], ["filter", "x", "-o", "y", "--set", "nope=1"]], ids=" ".join
)
def test_a_bad_argument_is_found_before_anything_heavy_is_loaded(words: list[str]) -> None:
    code, modules, _ = imported(*words)
    assert code == 2
    assert not modules & HEAVY


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c.name)
def test_a_stage_has_at_most_twelve_options_of_its_own(command) -> None:
    from llmctl.cli.options import stage_options

    assert len(stage_options(command)) <= 12


def test_the_table_is_in_the_help_of_the_program() -> None:
    _, _, out = imported("--help")
    assert all(f"  {command.name} " in out for command in COMMANDS)
