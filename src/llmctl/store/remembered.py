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
import pyarrow.compute as pc
import pyarrow.parquet as pq

from llmctl.errors import BadSettings, UserError
from llmctl.store.artifacts import MANIFEST, WORK, draft_path, manifest_of
from llmctl.store.calibration import s_curve
from llmctl.store.files import read_json, remove, sync_directory, write_json
from llmctl.store.held_out import HELD_OUT
from llmctl.store.signatures import Keys, Signatures, Signing, read_arrow
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
    if index.resolve() == out.resolve():
        raise BadSettings(f"--index {index}: the index needs a directory of its own, not that of -o")
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


def remember(index: Path, key: str, runs: int, signed: Facts, root: Path, units: Sequence[str]) -> None:
    """Add what this run kept: of the signatures in the draft `root` those of documents that its judge let stay.

    Held-out documents are remembered too: nothing like them shall come into what is trained on.
    """
    target = index / f"{runs + 1:05d}-{key}"
    if target.exists():
        return
    draft = index / f".{target.name}.draft"
    remove(draft)
    draft.mkdir(parents=True)
    signatures = Signatures([root / WORK / "signatures" / unit for unit in units])
    for number, unit in enumerate(units):
        gone = pa.array(removed_ids(root / "_removed" / f"part-{unit}.parquet"), pa.string())
        stays = pc.invert(pc.is_in(signatures.table(number)["id"].combine_chunks(), value_set=gone))
        _copy(signatures, number, np.asarray(stays), draft, f"{number:05d}")
    write_json(draft / MANIFEST, {"stage": "dedup-index", "key": key, "signed": signed})
    draft.rename(target)
    sync_directory(index)


def removed_ids(part: Path) -> list[str]:
    """The ids of a unit's removed rows, but for those held out."""
    if not part.exists():
        return []
    rows = pq.read_table(part, columns=["id", "removed_by"])
    gone = rows.filter(pc.not_equal(pc.list_element(rows["removed_by"], 0), HELD_OUT))
    return [str(id) for id in gone["id"].to_pylist()]


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
