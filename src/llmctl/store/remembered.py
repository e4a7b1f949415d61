"""The index of earlier runs: the signatures of what they kept, so that later documents are compared with them too.

An index is a directory with one directory a run, `NNNNN-KEY`: the signature files of its kept documents and a manifest
that says how they were signed. A run adds its own by one rename before its artifact is published; the same command again
finds it there, and compares with the runs before it alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from llmctl.errors import UserError
from llmctl.store.artifacts import MANIFEST, WORK, draft_path, manifest_of
from llmctl.store.calibration import s_curve
from llmctl.store.files import read_json, remove, sync_directory, write_json
from llmctl.store.signatures import Keys, Longs, Signatures, Signing, read_arrow
from llmctl.store.signing import Scheme

Facts = dict[str, Any]  # Any: JSON


def earlier_runs(index: Path, out: Path | None) -> list[Path]:
    """The runs that `out` is compared with: all, or those before the one that `out` itself added."""
    if index.exists() and not index.is_dir():
        raise UserError(f"{index} is a file; an index is a directory")
    found = sorted(run for run in index.glob("[0-9]*-*") if manifest_of(run)) if index.exists() else []
    stray = [p for p in index.iterdir() if not p.name.startswith(".")] if index.exists() and not found else []
    if stray:
        raise UserError(f"{index} is not empty and holds no index; name another directory")
    if out is None:
        return found
    draft = read_json(draft_path(out) / WORK / "identity.json") or {}
    own = {(manifest_of(out) or {}).get("key"), draft.get("key")} - {None}
    for number, run in enumerate(found):
        if run.name.partition("-")[2] in own:
            return found[:number]
    return found


def scheme_beside(own: Scheme, runs: Sequence[Path]) -> Scheme:
    """The bands of earlier runs, where these propose no fewer of the pairs at the threshold; else one's own."""
    known = (manifest_of(runs[0]) or {})["signed"] if runs else {}
    if not known.get("bands") or not own.bands or own.settings.near.bands:
        return own
    theirs, at = replace(own, bands=known["bands"], rows=known["rows"]), np.array([own.settings.threshold])
    return theirs if s_curve(at, theirs)[0] >= s_curve(at, own)[0] else own


def signature_files(runs: list[Path], signed: Mapping[str, Any]) -> list[Path]:
    """The units of all runs; refuses runs that were signed in another way."""
    for run in runs:
        known = (manifest_of(run) or {})["signed"]
        differs = [
            f"{name} {known.get(name)} (now {value})" for name, value in signed.items() if known.get(name) != value
        ]
        if differs:
            raise UserError(f"{run.parent} was made with {', '.join(differs)}; use the same settings, or another index")
    return [path.with_suffix("") for run in runs for path in sorted(run.glob("*.arrow"))]


def remember(index: Path, key: str, runs: int, signed: Facts, signatures: Signatures, first: int, gone: Longs) -> None:
    """Add what this run kept: the units of `signatures` from `first` on, without the documents `gone`."""
    target = index / f"{runs + 1:05d}-{key}"
    if target.exists():
        return
    draft = index / f".{target.name}.draft"
    remove(draft)
    draft.mkdir(parents=True)
    for number in range(first, len(signatures.units)):
        start, end = signatures.starts[number : number + 2]
        stays = np.ones(end - start, bool)
        stays[gone[np.searchsorted(gone, start) : np.searchsorted(gone, end)] - start] = False
        _copy(signatures, number, stays, draft, f"{number - first:05d}")
    write_json(draft / MANIFEST, {"stage": "dedup-index", "key": key, "signed": signed})
    draft.rename(target)
    sync_directory(index)


def _copy(
    signatures: Signatures, number: int, stays: np.ndarray[Any, np.dtype[np.bool_]], draft: Path, name: str
) -> None:
    table = signatures.table(number)
    keys = read_arrow(signatures.units[number].with_suffix(".keys"))
    row = keys["row"].to_numpy()
    mine = stays[row]
    renumbered = np.cumsum(stays) - 1
    documents = np.flatnonzero(stays) + signatures.starts[number]
    with Signing(draft, name, table.slice(0, 0)) as signing:
        _, hashes = signatures.shingles(documents)
        signing.add(table.filter(pa.array(stays)), hashes, Keys(keys["key"].to_numpy()[mine], renumbered[row[mine]]))
