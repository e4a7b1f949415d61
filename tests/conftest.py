"""Where tests find the real data, and how they run the program."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """`gpu` tests run where there is an accelerator and are skipped with that reason elsewhere."""
    for item in items:
        if item.get_closest_marker("gpu"):
            item.add_marker(pytest.mark.skip(reason="needs an accelerator"))


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real data (`../shared/data` or LLMCTL_TEST_DATA); absent: skip, but fail where CI=true."""
    place = Path(os.environ.get("LLMCTL_TEST_DATA", ROOT.parent / "shared" / "data"))
    if not (place / "MANIFEST.tsv").exists():
        reason = f"the real test data is not at {place} (set LLMCTL_TEST_DATA)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return place


@dataclass(frozen=True)
class Ran:
    """A finished command: exit code, stdout, stderr."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # Any: whatever the command printed
        return json.loads(self.out)


def llmctl(*words: str | Path, cwd: Path | None = None, stdin: bytes | None = None, expect: int | None = 0,
           timeout: float = 300, **env: str) -> Ran:  # fmt: skip
    """Run `llmctl WORDS` as a user would, in a process of its own; assert its exit code (`expect=None`: any)."""
    done = subprocess.run(
        [sys.executable, "-m", "llmctl", *map(str, words)],
        cwd=cwd, input=stdin if stdin is not None else b"", capture_output=True, timeout=timeout,
        env={**os.environ, **env},
    )  # fmt: skip
    ran = Ran(done.returncode, done.stdout.decode(), done.stderr.decode())
    if expect is not None:
        assert ran.code == expect, (
            f"llmctl {' '.join(map(str, words))}: exit {ran.code}\n{ran.out[-2000:]}\n{ran.err[-4000:]}"
        )
    return ran


@pytest.fixture(scope="session")
def run():
    """The program as a fixture: `run("filter", docs, "-o", out)`."""
    return llmctl
