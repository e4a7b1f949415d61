"""The contract of `pretrain` and `eval-icl`: the same exit codes, no-op, refusal and replacement as the row stages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from contract.corpus import content, stamps
from tiny_model import tiny_model
from token_shards import encoded, write_tokens

TASK = """
name = "films"
test = "test.jsonl"
template = "Review: {{ text }}\\nSentiment:"
label = "label"
labels = ["negative", "positive"]
label_prefix = " "
"""
SMALL = [word for pair in ("model.layers=1", "model.hidden=32", "model.heads=2", "model.kv_heads=1", "model.ffn=32",
                           "data.sequence=32", "data.batch=2", "train.threads=1") for word in ("--set", pair)]  # fmt: skip
COMMANDS = {
    "pretrain": ("tokens", "--max-steps", "3", *SMALL),
    "eval-icl": ("model", "--task", "films.toml"),
}
OTHERS = {"pretrain": ("--seed", "5"), "eval-icl": ("--limit", "2")}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tokens, a model and a task."""
    place = tmp_path_factory.mktemp("models")
    write_tokens(place / "tokens", encoded(0, 4))
    tiny_model(place / "model")
    (place / "films.toml").write_text(TASK)
    rows = [{"id": f"e{n}", "text": f"a {'good' if n % 2 else 'bad'} film {n}", "label": ("negative", "positive")[n % 2]}
            for n in range(6)]  # fmt: skip
    (place / "test.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return place


@pytest.fixture(params=COMMANDS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_the_same_command_again_does_nothing_and_other_settings_exit_3(name: str, place: Path, run) -> None:
    words = (name, *COMMANDS[name], "-o", f"{name}-out")
    first = run(*words, "--json", cwd=place)
    before = stamps(place / f"{name}-out")
    assert run(*words, "--json", cwd=place).json == first.json
    refused = run(*words, *OTHERS[name], cwd=place, expect=3)
    assert refused.err.count("\n") == 1
    assert stamps(place / f"{name}-out") == before


def test_force_replaces_it_with_what_a_fresh_run_gives(name: str, place: Path, run) -> None:
    words = (name, *COMMANDS[name])
    run(*words, "-o", f"{name}-forced", cwd=place)
    run(*words, *OTHERS[name], "-o", f"{name}-forced", "--force", cwd=place)
    run(*words, *OTHERS[name], "-o", f"{name}-fresh", cwd=place)
    forced, fresh = (content(place / f"{name}-{end}") for end in ("forced", "fresh"))
    assert forced["manifest"]["key"] == fresh["manifest"]["key"]
    assert {k: v for k, v in forced["files"].items() if k.endswith((".parquet", ".safetensors"))} == {
        k: v for k, v in fresh["files"].items() if k.endswith((".parquet", ".safetensors"))
    }


def test_counts_add_up(name: str, place: Path, run) -> None:
    counts = run(name, *COMMANDS[name], "-o", f"{name}-out", "--json", cwd=place).json["counts"]
    assert counts["in"] == counts["kept"] + counts["removed"]


@pytest.mark.parametrize("bad", [("--no-such-option",), ("--set", "no_such_key=1")])
def test_a_bad_option_exits_2_and_writes_nothing(name: str, bad: tuple[str, ...], place: Path, run) -> None:
    run(name, *COMMANDS[name], "-o", "refused", *bad, cwd=place, expect=2)
    assert not (place / "refused").exists()


def test_a_missing_input_exits_1_with_one_line(name: str, place: Path, run) -> None:
    refused = run(name, "nowhere", *COMMANDS[name][1:], "-o", "refused", cwd=place, expect=1)
    assert refused.err.count("\n") == 1 and "nowhere" in refused.err
    assert not (place / "refused").exists()


def test_dry_run_writes_nothing(name: str, place: Path, run) -> None:
    run(name, *COMMANDS[name], "-o", "refused", "--dry-run", "--json", cwd=place)
    assert not (place / "refused").exists()
