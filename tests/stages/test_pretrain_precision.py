"""Training in 16 bits follows fp32, and an overflow on one process is left out on all."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from token_shards import encoded, trained_tokenizer, write_tokens

from llmctl.store.runs import read_metrics

KEYS = {
    "model.layers": 4, "model.hidden": 32, "model.heads": 4, "model.kv_heads": 2, "model.ffn": 64, "model.init_std": 0.1,
    "data.sequence": 64, "data.batch": 8, "optim.lr": 0.03, "optim.min_lr": 0.003, "optim.warmup": 2, "optim.eps": 1e-3,
    "train.threads": 1,
}  # fmt: skip
STEPS, VOCABULARY = 12, 264


def train(place: Path, out: str, program: list[str], **more: Any) -> dict[int, dict[str, Any]]:
    """The metrics of a run, by step."""
    keys = {**KEYS, **{name.replace("__", "."): value for name, value in more.items()}}
    words = [word for key, value in keys.items() for word in ("--set", f"{key}={value}")]
    command = [sys.executable, *program, "pretrain", "web", "-o", out, "--max-steps", str(STEPS), *words]
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False, timeout=200)
    assert done.returncode == 0, done.stderr[-2000:]
    return read_metrics(place / out)[0]


def several(*program: str) -> list[str]:
    return ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", *program]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("precision")
    write_tokens(place / "web", encoded(0, 10, VOCABULARY), tokenizer=trained_tokenizer(VOCABULARY))
    return place


@pytest.fixture(scope="module")
def full(place: Path) -> list[float]:
    """The losses in fp32, which fall by a fifth."""
    losses = [line["loss"] for line in train(place, "fp32", ["-m", "llmctl"], train__dtype="fp32").values()]
    assert losses[-1] < 0.8 * losses[0]
    return losses


@pytest.mark.parametrize(
    ("dtype", "layout"),
    [("bf16", {}), ("fp16", {}), ("bf16", {"parallel__tensor": 2})],
    ids=["bf16", "fp16", "bf16-tensor"],
)
def test_losses_are_near_those_of_fp32_and_not_the_same(
    place: Path, full: list[float], dtype: str, layout: dict[str, Any]
) -> None:
    program = several("-m", "llmctl") if layout else ["-m", "llmctl"]
    steps = train(place, f"{dtype}-{len(layout)}", program, train__dtype=dtype, **layout)
    losses = [line["loss"] for line in steps.values()]
    assert all(loss != exact for loss, exact in zip(losses, full, strict=True))
    assert losses == pytest.approx(full, rel=0.03)


@pytest.mark.parametrize(
    "layout",
    [{"parallel__pipeline": 2}, {"parallel__zero": 3}],
    ids=["pipeline", "zero3"],
)
def test_an_overflow_on_one_process_is_left_out_on_all(place: Path, tmp_path: Path, layout: dict[str, Any]) -> None:
    driver = several(str(Path(__file__).parents[1] / "overflowing.py"), "1", "4", str(tmp_path))
    steps = train(place, str(tmp_path / "run"), driver, train__dtype="fp16", **layout)
    assert [step for step, line in steps.items() if line["skipped"]] == [4]
    assert [line["loss_scale"] for line in steps.values()] == [2.0**16] * 4 + [2.0**15] * (STEPS - 4)
    assert steps[4]["grad_norm"] is None
    for rank in (0, 1):
        found = json.loads((tmp_path / f"{rank}.json").read_text())
        assert found == {
            "weights": ["torch.float32"], "moments": ["torch.float32"], "steps": [STEPS - 1], "scale": 2.0**15, "finite": True,
        }  # fmt: skip
    assert steps[STEPS - 1]["loss"] < steps[3]["loss"]
