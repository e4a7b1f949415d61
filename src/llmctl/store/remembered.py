"""The index of earlier runs: the signatures of what they kept, so that later documents are compared with them too.

An index is a directory with one directory a run, `NNNNN-KEY`: the signature files of its kept documents and a manifest
that says how they were signed and what the run was. A run adds its own by one rename before its artifact is published;
the same command again, whatever became of its artifact, finds it there and compares with the runs before it alone.
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
from llmctl.store.artifacts import MANIFEST, Draft, Identity, manifest_of
from llmctl.store.calibration import s_curve
from llmctl.store.files import remove, sync_directory, write_json
from llmctl.store.held_out import HELD_OUT
from llmctl.store.signatures import Keys, Signatures, Signing, read_arrow
from llmctl.store.signing import Scheme

Facts = dict[str, Any]  # Any: JSON


def refuse_no_index(index: Path, out: str | None) -> None:
    """Before anything is read: can an index stand here?"""
    if index.exists() and not index.is_dir():
        raise UserError(f"{index} is a file; an index is a directory")
    if out and index.resolve() == Path(out).resolve():
        raise BadSettings(f"--index {index}: the index needs a directory of its own, not that of -o")


def earlier_runs(index: Path, out: str | None, identity: Identity) -> list[Path]:
    """The runs that a run is compared with: all, or those before the one that the same command added.

    `identity` is that of the run without them: into another output the same documents are another run, and known.
    """
    found = sorted(run for run in index.glob("[0-9]*-*") if manifest_of(run)) if index.exists() else []
    stray = [p for p in index.iterdir() if not p.name.startswith(".")] if index.exists() and not found else []
    if stray:
        raise UserError(f"{index} is not empty and holds no index; name another directory")
    mine = {"key": identity.key, "out": Path(out or "").name}
    own = (number for number, run in enumerate(found) if (manifest_of(run) or {}).get("made_by") == mine)
    return found[: next(own, None)]


def told_apart(identity: Identity, index: Path) -> tuple[Identity, list[Path]]:
    """(who a run is without its index, the earlier runs of the index that it is compared with)."""
    earlier = [Path(i.path) for i in identity.inputs if Path(i.path).parent == index]
    alone = tuple(i for i in identity.inputs if Path(i.path) not in earlier)
    return replace(identity, inputs=alone), earlier


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


def remember(index: Path, draft: Draft, signed: Facts, units: Sequence[str]) -> Sequence[Facts]:
    """Add what this run kept: of the signatures in its draft those of documents that its judge let stay.

    Held-out documents are remembered too: nothing like them shall come into what is trained on. Adds no file to the artifact.
    """
    alone, earlier = told_apart(draft.identity, index)
    target = index / f"{len(earlier) + 1:05d}-{draft.identity.key}"
    if target.exists():
        return ()
    place = index / f".{target.name}.draft"
    remove(place)
    place.mkdir(parents=True)
    signatures = Signatures([draft.work / "signatures" / unit for unit in units])
    for number, unit in enumerate(units):
        gone = pa.array(removed_ids(draft.path / "_removed" / f"part-{unit}.parquet"), pa.string())
        stays = pc.invert(pc.is_in(signatures.table(number)["id"].combine_chunks(), value_set=gone))
        _copy(signatures, number, np.asarray(stays), place, f"{number:05d}")
    made_by = {"key": alone.key, "out": draft.out.name}
    write_json(
        place / MANIFEST, {"stage": "dedup-index", "key": draft.identity.key, "made_by": made_by, "signed": signed}
    )
    place.rename(target)
    sync_directory(index)
    return ()


def removed_ids(part: Path) -> list[str]:
    """The ids of a unit's removed rows, but for those held out."""
    if not part.exists():
        return []
    rows = pq.read_table(part, columns=["id", "removed_by"])
    gone = rows.filter(pc.not_equal(pc.list_element(rows["removed_by"], 0), HELD_OUT))
    return [str(id) for id in gone["id"].to_pylist()]


def _copy(
    signatures: Signatures, number: int, stays: np.ndarray[Any, np.dtype[np.bool_]], place: Path, name: str
) -> None:
    table = signatures.table(number)
    keys = read_arrow(signatures.units[number].with_suffix(".keys"))
    row = keys["row"].to_numpy()
    mine = stays[row]
    renumbered = np.cumsum(stays) - 1
    documents = np.flatnonzero(stays) + signatures.starts[number]
    with Signing(place, name, table.slice(0, 0)) as signing:
        _, hashes = signatures.shingles(documents)
        signing.add(table.filter(pa.array(stays)), hashes, Keys(keys["key"].to_numpy()[mine], renumbered[row[mine]]))
