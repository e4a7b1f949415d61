"""The words of books in many languages, from `words.toml` beside this file: a table for each question, read once."""

from __future__ import annotations

import pkgutil
import tomllib
from typing import Any

_packaged = pkgutil.get_data(__package__, "words.toml")
assert _packaged is not None, "words.toml lies in this package"
TABLES: dict[str, Any] = tomllib.loads(_packaged.decode("utf-8"))  # Any: lists, strings and tables of them
