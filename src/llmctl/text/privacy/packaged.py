"""Word lists that are packaged with the code: the only files that this floor reads."""

from __future__ import annotations

import functools
import tomllib
from importlib.resources import files
from typing import Any


@functools.lru_cache(maxsize=32)
def packaged(folder: str, name: str) -> bytes:
    """The content of a file beside the modules of `llmctl.text.privacy.FOLDER`."""
    return files(f"llmctl.text.privacy.{folder}").joinpath(name).read_bytes()


def packaged_toml(folder: str, name: str) -> dict[str, Any]:
    """A packaged TOML file, as nested values."""
    return tomllib.loads(packaged(folder, name).decode())
