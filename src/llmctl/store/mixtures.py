"""A mixture file: the sources of a run and their weights, in TOML, instead of words on the command line.

temperature = 3.3            # optional: data.temperature
[[source]]
path = "tokens/web"          # from where the file lies
weight = 0.7                 # every source has one, or none has
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llmctl.errors import BadSettings, UserError
from llmctl.settings.knobs import BadValue, nearest, resolve
from llmctl.settings.pretrain import Data


@dataclass(frozen=True)
class Mixture:
    """What a mixture file says: for each source its path and the text of its weight ("": none)."""

    sources: tuple[tuple[str, str], ...]
    temperature: float | None = None


def is_mixture(source: str) -> bool:
    """Does a source name a mixture file, and not a directory?"""
    return source.endswith(".toml") and not Path(source).is_dir()


def read_mixture(path: str) -> Mixture:
    """A checked mixture file, weights as written, so that 0.70 is what it is as a word.

    BadSettings names what is wrong in it; UserError where it cannot be read.
    """
    place = Path(path)
    try:
        table = tomllib.loads(place.read_text(encoding="utf-8"), parse_float=str)
    except OSError as error:
        raise UserError(f"cannot read the mixture file {path}: {error.strerror}; check the path") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadSettings(f"{path} is not a mixture file in TOML: {error}") from None
    _check_keys(path, table, ("source", "temperature"))
    rows = table.get("source")
    if not isinstance(rows, list) or not rows or not all(isinstance(row, Mapping) for row in rows):
        raise BadSettings(f'{path} names no source; write a table [[source]] with path = "TOKENS" for each')
    sources = tuple(_source(path, place.parent, row) for row in rows)
    try:
        temperature = resolve(Data, [{"temperature": table.get("temperature")}]).temperature
    except BadValue as error:
        raise BadSettings(f"{path}: {error}") from None
    return Mixture(sources, temperature)


def _source(path: str, folder: Path, row: Mapping[str, Any]) -> tuple[str, str]:  # Any: values of TOML
    _check_keys(path, row, ("path", "weight"))
    place, weight = row.get("path"), row.get("weight", "")
    if not isinstance(place, str) or not place:
        raise BadSettings(f'{path}: a source has no path; write path = "TOKENS"')
    if isinstance(weight, bool) or not isinstance(weight, (int, str)):
        raise BadSettings(f"{path}: the weight of {place} is a number above 0, not {weight!r}")
    return str(folder / place), str(weight)


def _check_keys(path: str, table: Iterable[str], known: tuple[str, ...]) -> None:
    for name in table:
        if name not in known:
            raise BadSettings(f"{path}: no key {name!r}{nearest(name, known)}")
