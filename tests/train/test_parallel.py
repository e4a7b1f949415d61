"""Gradients of every kind of block, objective and sharing, number by number, beside those of one process.

Two processes, one start of torchrun for all cases (tests/gradients_of_layouts.py).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from gradients_of_layouts import CASES

TESTS = Path(__file__).parents[1]
TOLERANCE = 1e-5


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What each rank saw."""
    place = tmp_path_factory.mktemp("gradients")
    program = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    done = subprocess.run(
        [*program, str(TESTS / "gradients_of_layouts.py"), str(place)],
        capture_output=True, text=True, check=False, timeout=300, env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return [json.loads((place / f"{rank}.json").read_text()) for rank in (0, 1)]


@pytest.mark.parametrize("case", CASES)
def test_a_gradient_is_that_of_one_process(found: list[dict[str, Any]], case: str) -> None:
    for facts in (rank[case] for rank in found):
        assert facts["largest"] > 1000 * TOLERANCE  # so that a part left out, or counted twice, shows
        assert max(facts["gradient"], facts["norm"], facts["loss"]) < TOLERANCE, facts
