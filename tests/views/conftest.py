"""One small chain for all views."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_chain import chain


@pytest.fixture(scope="session")
def chained(tmp_path_factory: pytest.TempPathFactory, run) -> Path:
    """A folder with docs.jsonl, cle<i>an, unique, safe, tokens."""
    return chain(tmp_path_factory.mktemp("chain"), run)
