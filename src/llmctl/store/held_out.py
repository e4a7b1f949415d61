"""A validation set split off by cluster: no document of it has a near-duplicate in what stays.

Whole components (documents that some chain of equal keys connects) fall on one side, by a hash of the seed and of their
smallest id hash, so that the choice depends on no order. A component too large for its share stays. The rows lie in
`_removed` of the artifact as `held_out`, and as documents in an artifact of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from llmctl.errors import BadSettings, OutputExists
from llmctl.settings.how import How
from llmctl.store.artifacts import Draft, Identity, Input, Outcome, building, counts_line, input_of, manifest_of
from llmctl.store.files import fact_of, remove
from llmctl.store.parts import Writers
from llmctl.store.rows import text_bytes
from llmctl.store.signatures import Signatures, read_arrow
from llmctl.store.verdicts import keep_all

HELD_OUT = "held_out"
EVIDENCE = ("removed_by", "breaches", "twin_id", "score")
FIRST, SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)  # splitmix64 (Steele et al. 2014)


def held_out(signatures: Signatures, tasks: Sequence[Path], share: float, seed: int) -> npt.NDArray[np.bool_]:
    """For every document whether its component is held out."""
    key = signatures.column("id_hash").astype(np.uint64)
    size = np.ones(len(key), np.int64)
    for path in tasks:
        task = read_arrow(path)
        documents, component = task["document"].to_numpy(), task["component"].to_numpy()
        firsts = np.concatenate([[0], np.flatnonzero(np.diff(component)) + 1])
        counts = np.diff(np.append(firsts, len(component)))
        key[documents] = np.repeat(np.minimum.reduceat(key[documents], firsts), counts)
        size[documents] = np.repeat(counts, counts)
    chosen = mixed(key ^ mixed(np.array([seed], np.uint64))) / 2.0**64 < share
    return np.asarray(chosen & (size <= max(1.0, share * len(key))))


def mixed(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """A bijection of 64-bit numbers after which their high bits are fair (the finaliser of splitmix64)."""
    values = (values ^ (values >> np.uint64(30))) * FIRST
    values = (values ^ (values >> np.uint64(27))) * SECOND
    return values ^ (values >> np.uint64(31))


def refuse_same(out: str, valid: str) -> None:
    """Before anything is read: do the two artifacts have a place each?"""
    if Path(valid).resolve() == Path(out).resolve():
        raise BadSettings(f"--hold-out {valid}: the validation set needs a directory of its own, not that of -o")


def refuse_taken(draft: Draft, valid: str, how: How) -> None:
    """Before a row is judged: may the held-out rows of the artifact under construction go to `valid`?"""
    place, manifest = Path(valid), manifest_of(Path(valid))
    made = draft.identity
    ours = manifest and manifest.get("key") == held_identity(draft.out, made.version, made.key).key
    if place.exists() and not (ours or how.force or (place.is_dir() and not any(place.iterdir()))):
        remove(draft.path)  # nothing of worth is in it yet
        raise OutputExists(f"{valid} holds something else; choose another --hold-out, or pass --force to replace it")


def held_identity(out: Path, version: int, key: str) -> Identity:
    """Who the validation set of the artifact `out` with this key is."""
    return Identity("dedup", version, {"held_out_of": out.name}, (Input(str(out), key),))


def publish_held_out(out: str, valid: str, version: int, how: How) -> Outcome:
    """The held-out rows of the artifact `out` as the artifact `valid`."""
    parts = sorted((Path(out) / "_removed").glob("part-*.parquet"))
    identity = held_identity(Path(out), version, input_of(out).key)
    with building(valid, identity, {"held_out_of": out}, how) as draft:
        if not (already := draft.already):
            files, kept, size = [], 0, 0
            for index, part in enumerate(parts):
                source = pq.ParquetFile(part)
                nothing = keep_all(source.schema_arrow.empty_table().drop_columns(list(EVIDENCE)))
                with Writers(draft.path, f"{index:05d}", nothing, always=index == 0) as writers:
                    for batch in source.iter_batches(batch_size=1024):
                        rows = held_rows(pa.Table.from_batches([batch]))
                        writers.write("", rows)
                        kept, size = kept + rows.num_rows, size + text_bytes(rows)
                    files += [fact_of(path, draft.path, rows_) for path, rows_ in writers.close()]
            counts = {"in": kept, "kept": kept, "removed": 0, "by_reason": {}, "unreadable": 0}
            draft.publish(counts, sorted(files, key=lambda f: f["path"]), bytes={"in": size, "kept": size})
    assert draft.manifest is not None
    return Outcome(valid, draft.manifest, f"dedup: held out {counts_line(draft.manifest)} -> {valid}", already)


def held_rows(rows: pa.Table) -> pa.Table:
    """The held-out rows among removed ones, as documents."""
    first = pc.list_element(rows["removed_by"], 0)
    return rows.filter(pc.equal(first, HELD_OUT)).drop_columns(list(EVIDENCE))
