"""One tiny model on disk for all tests of this floor."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_model import tiny_model

from llmctl.infer.backend import LocalModel, open_model


@pytest.fixture(scope="session")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def model(directory: Path) -> LocalModel:
    return open_model(str(directory))
