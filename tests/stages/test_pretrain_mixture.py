"""A run of several sources: shares of its tokens, batches of any number of processes, and the table that says so before it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from token_shards import write_tokens

from llmctl.settings.how import How
from llmctl.settings.knobs import resolve
from llmctl.settings.pretrain import Pretrain
from llmctl.stages.pretrain import run as pretrain
from llmctl.store.runs import identity_of, read_metrics
from llmctl.views.mixture import mixture_of
from llmctl.views.trace import trace

KEYS = {
    "model.layers": 1, "model.hidden": 16, "model.heads": 2, "model.ffn": 32, "data.sequence": 16, "data.batch": 4,
    "train.checkpoint_every": 0, "train.threads": 1, "train.dtype": "fp32",
}  # fmt: skip
WORDS = [word for key, value in KEYS.items() for word in ("--set", f"{key}={value}")]
SMALL: dict[str, Any] = {
    "model": {"layers": 1, "hidden": 16, "heads": 2, "ffn": 32},
    "data": {"sequence": 16, "batch": 4},
    "train": {"checkpoint_every": 0, "threads": 1, "dtype": "fp32"},
}
MIXTURE = 'temperature = 2.5\n[[source]]\npath = "web"\nweight = 0.7\n[[source]]\npath = "code"\nweight = 0.3\n'


def documents(count: int, first: int) -> list[list[int]]:
    return [[(7 * d + 3 * i + first) % 300 for i in range(20 + 5 * d % 17)] for d in range(count)]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`web` in four languages (of one there are 12 tokens) and `code`, a mixture file beside them."""
    place = tmp_path_factory.mktemp("mixture")
    langs = [("en", "en", "zh", None)[n % 4] for n in range(40)]
    write_tokens(place / "plain-web", documents(40, 0))
    write_tokens(place / "web", [*documents(40, 0), list(range(12))], langs=[*langs, "sw"])
    write_tokens(place / "code", documents(25, 5), sources=["code"] * 25)
    (place / "mixture.toml").write_text(MIXTURE)
    return place


def settings(steps: int, **data: Any) -> Pretrain:
    return resolve(Pretrain, [SMALL, {"max_steps": steps, "data": data}])


def hashes(run: Path) -> list[str]:
    return [line["batch_hash"] for line in read_metrics(run)[0].values()]


GOLDEN = {  # of the program as it was before it knew temperatures and mixture files
    ("plain-web", "code"): ["78e7da3fa804a985", "a9adb435ac09dbc7", "1bdef75c1e39deed"],
    ("plain-web=0.7", "code=0.3"): ["568b17f40ce2a2ea", "03c2c9499a4a12f9", "2994514ae3bc4cee"],
}


@pytest.mark.parametrize(("words", "expected"), GOLDEN.items(), ids=map(" ".join, GOLDEN))
def test_without_a_temperature_batches_and_keyed_settings_are_what_they_were(
    words: tuple[str, ...], expected: list[str], place: Path, tmp_path: Path
) -> None:
    pretrain(settings(3), [str(place / word) for word in words], str(tmp_path / "run"), How(seed=3))
    assert hashes(tmp_path / "run") == expected
    keyed = identity_of(str(tmp_path / "run"))["settings"]
    assert set(keyed) == {"model", "objective", "data", "optim", "train", "max_steps", "seed", "weights", "sources"}
    assert set(keyed["data"]) == {"sequence", "batch", "shuffle", "end_token", "document_mask"}


def test_over_200_steps_the_traced_tokens_of_each_source_are_its_weight(tmp_path: Path) -> None:
    place = tmp_path
    write_tokens(place / "web", [[n % 300] * 30 for n in range(200)])
    write_tokens(place / "code", [[n % 300] * 30 for n in range(60)])
    words = [f"{place / 'web'}=0.7", f"{place / 'code'}=0.3"]
    pretrain(settings(200, batch=8), words, str(place / "run"), How())
    had: Counter[str] = Counter()
    for step in range(200):
        for piece in trace(str(place / "run"), step)["documents"]:
            had[piece["id"].partition(":")[0]] += piece["end"] - piece["start"]
    assert had["web"] / had.total() == pytest.approx(0.7, rel=0.01)
    assert had["code"] / had.total() == pytest.approx(0.3, rel=0.01)
    table = json.loads((place / "run" / "_manifest.json").read_text())["mixture"]
    assert [row["seen"] for row in table["sources"]] == [0.7 * 200 * 8 * 16, 0.3 * 200 * 8 * 16]


def test_batches_are_those_of_1_2_and_4_processes(place: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    found, losses = {}, {}
    for processes in (1, 2, 4):
        torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
        program = [sys.executable, *(torchrun if processes > 1 else []), "-m", "llmctl"]
        out = tmp_path / f"on-{processes}"
        words = ["pretrain", str(place / "mixture.toml"), "-o", str(out), "--max-steps", "6", *WORDS]
        done = subprocess.run([*program, *words], env=environment, capture_output=True, text=True, timeout=200)
        assert done.returncode == 0, done.stderr
        assert done.stderr.count("left out, since a language that fills no window") == 1
        found[processes] = hashes(out)
        losses[processes] = [line["loss"] for line in read_metrics(out)[0].values()]
    assert len(set(found[1])) == 6
    assert found[1] == found[2] == found[4]
    for processes in (2, 4):  # rank 0 alone hashes the batch; what the others read is in the loss
        assert losses[processes] == pytest.approx(losses[1], abs=1e-5)


def test_a_mixture_file_is_the_run_of_its_words(place: Path, tmp_path: Path) -> None:
    words = [f"{place / 'web'}=0.7", f"{place / 'code'}=0.3"]
    one = pretrain(settings(3), [str(place / "mixture.toml")], str(tmp_path / "run"), How())
    other = pretrain(settings(3, temperature=2.5), words, str(tmp_path / "run"), How())
    assert other.already and other.manifest["key"] == one.manifest["key"]
    colder = pretrain(settings(3, temperature=1), [str(place / "mixture.toml")], str(tmp_path / "cold"), How())
    plain = pretrain(settings(3), words, str(tmp_path / "cold"), How())
    assert plain.already and plain.manifest["key"] == colder.manifest["key"] != one.manifest["key"]


def test_documents_of_a_language_that_is_left_out_are_counted(place: Path, tmp_path: Path) -> None:
    outcome = pretrain(settings(3), [str(place / "mixture.toml")], str(tmp_path / "run"), How())
    assert outcome.manifest["counts"] == {"in": 66, "kept": 65, "removed": 1, "by_reason": {"small_language": 1}}
    card = (tmp_path / "run" / "model" / "README.md").read_text()
    assert f"`{place / 'web'} (zh)`" in card and "(sw)" not in card


def test_a_dry_run_shows_the_table_and_warns(place: Path, run: Any) -> None:
    words = ("pretrain", "mixture.toml", "-o", "never", "--max-steps", "50", *WORDS, "--dry-run")
    told = run(*words, cwd=place)
    names = [line.split()[0] for line in told.out.splitlines()[1:8]]
    assert names == ["tokens", "web", "en", "und", "zh", "code", "und"]
    found = run(*words, "--json", cwd=place).json["mixture"]
    assert [row["path"] for row in found["sources"]] == ["web", "code"]
    assert sum(row["seen"] for row in found["sources"]) == found["seen"] == 50 * 4 * 16
    assert told.err.splitlines() == [f"llmctl pretrain: warning: {text}" for text in found["warnings"]]
    assert [text.split()[0] for text in found["warnings"]] == [f"{found['tokens_per_parameter']:.3g}", "left"]
    assert not (place / "never").exists()


def test_show_reads_the_table_of_a_growing_and_of_a_finished_run(place: Path, tmp_path: Path, run: Any) -> None:
    seen: list[dict[str, Any]] = []

    def look(done: int, steps: int, what: str) -> None:
        if done == 1:
            seen.append(mixture_of(tmp_path / "run"))

    chosen = settings(3, max_conversation=0.0)
    outcome = pretrain(chosen, [str(place / "mixture.toml")], str(tmp_path / "run"), How(progress=look))
    told = run("show", tmp_path / "run", "mixture", "--json").json
    assert seen == [told] == [{"path": str(tmp_path / "run"), **outcome.manifest["mixture"]}]
    lines = run("show", tmp_path / "run", "mixture").out.splitlines()
    assert lines[0].startswith("warning: ") and lines[-1].endswith("temperature 2.5")
    assert "has no mixture.json" in run("show", place / "web", "mixture", expect=1).err


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("[[source]]\npath = 'nowhere'", 1, "nowhere does not exist; make it with llmctl tokenize"),
        ("[[source]", 2, "mine.toml is not a mixture file in TOML"),
        ("[[source]]\npath = 'web'\nshare = 1", 2, "no key 'share'"),
    ],
)
def test_a_bad_mixture_file_is_one_sentence(text: str, code: int, said: str, place: Path, run: Any) -> None:
    (place / "mine.toml").write_text(text)
    refused = run("pretrain", "mine.toml", "-o", "never", *WORDS, cwd=place, expect=code)
    assert said in refused.err and refused.err.count("\n") == 1 and refused.out == ""
    assert not (place / "never").exists()
