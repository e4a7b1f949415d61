"""The first pass of dedup: every document as its hashes, its shingles, the keys it is proposed by, and its rank.

In: a unit of documents. On disk: the unit's signature files (`signatures`). The rank says who stays where documents are
duplicates (small stays); `within` mixes a column into every key, so that only documents that agree in it ever meet.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from llmctl.errors import UserError
from llmctl.settings.dedup import Dedup
from llmctl.settings.knobs import nearest, plain
from llmctl.store.evaluation_sets import open_hits
from llmctl.store.signatures import Keys, Signing
from llmctl.store.units import DOCUMENTS, Unit, read_unit
from llmctl.text.duplicates.exact import exact_hashes
from llmctl.text.duplicates.minhash import band_keys, bands_for, signatures
from llmctl.text.duplicates.shingles import Shingles, shingles
from llmctl.text.segment import utf8

Hashes = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]
SIGNED_BY = ("shingle", "sample", "measure", "within", "bands", "rows")  # what signatures depend on
NOBODY = np.inf  # the rank of a value that is missing: every other document is preferred
SIGNED = pa.schema([
    ("id", pa.string()), ("id_hash", pa.uint64()), ("file", pa.string()), ("offset", pa.int64()), ("exact_low", pa.uint64()),
    ("exact_high", pa.uint64()), ("shingles", pa.int64()), ("rank", pa.float64()), ("source", pa.string()),
])  # fmt: skip


@dataclass(frozen=True)
class Scheme:
    """How documents are signed: the settings, and the bands that they come to."""

    settings: Dedup
    bands: int
    rows: int


def scheme_of(settings: Dedup) -> Scheme:
    """The bands and rows asked for, or those that datasketch finds best for the threshold."""
    near = settings.near
    if settings.exact_only or settings.measure == "containment":
        return Scheme(settings, 0, 0)
    chosen = (
        (near.bands, near.rows) if near.bands else bands_for(settings.threshold, near.permutations, near.miss_weight)
    )
    return Scheme(settings, *chosen)


def signing_settings(scheme: Scheme) -> dict[str, Any]:
    """What signatures depend on: an index holds for no other."""
    every = {**plain(scheme.settings), **plain(scheme.settings.near), "bands": scheme.bands, "rows": scheme.rows}
    return {name: every[name] for name in SIGNED_BY}


def sign(scheme: Scheme, work: str, schema: pa.Schema, apart: bool, unit: Unit) -> dict[str, Any]:
    """Sign the documents of one unit: {rows, keys, shingles}. Runs in a worker.

    `apart`: documents that hold an entry of an evaluation set go anyway, and are nobody's twin.
    """
    facts = {"rows": 0, "keys": 0, "shingles": 0}
    out = open_hits(Path(work), unit.name)["row"].to_numpy() if apart else np.empty(0, np.int64)
    with Signing(Path(work) / "signatures", unit.name, SIGNED.empty_table()) as signing:
        for batch in read_unit(unit, DOCUMENTS, schema):
            if batch.rows.num_rows:
                rows, found, keys = signed(batch.rows, scheme)
                stays = ~np.isin(keys.row + facts["rows"], out)
                keys = Keys(keys.key[stays], keys.row[stays])
                signing.add(rows, found, keys)
                facts["rows"] += rows.num_rows
                facts["keys"] += len(keys.key)
                facts["shingles"] += len(found)
    return facts


def signed(rows: pa.Table, scheme: Scheme) -> tuple[pa.Table, Hashes, Keys]:
    """(a row a document, their shingles one after another, the keys they are proposed by)."""
    settings = scheme.settings
    batch = utf8(rows["text"])
    exact = exact_hashes(batch)
    if settings.exact_only:
        found = Shingles(np.zeros(rows.num_rows + 1, np.int64), np.empty(0, np.uint64))
    else:
        found = shingles(batch, settings.near.shingle)
    salt = salts(rows, settings.within)
    low = exact.low ^ salt
    ids = rows["id"].combine_chunks().cast(pa.string())
    columns = {
        "id": ids,
        "id_hash": pa.array([xxhash.xxh3_64_intdigest(id.encode()) for id in ids.to_pylist()], pa.uint64()),
        "file": pc.struct_field(rows["record"], "file"),
        "offset": pc.struct_field(rows["record"], "offset"),
        "exact_low": pa.array(low, pa.uint64()),
        "exact_high": pa.array(exact.high, pa.uint64()),
        "shingles": pa.array(np.diff(found.rows), pa.int64()),
        "rank": pa.array(ranks(rows, settings.keep), pa.float64()),
        "source": rows["source"].combine_chunks()
        if "source" in rows.column_names
        else pa.nulls(rows.num_rows, pa.string()),
    }
    table = pa.table([columns[field.name] for field in SIGNED], schema=SIGNED)
    same = Keys(low, np.arange(rows.num_rows))  # every text is proposed with its copies, one without a word too
    return table, found.hashes, joined(same, near_keys(found, scheme, salt))


def near_keys(found: Shingles, scheme: Scheme, salt: Hashes) -> Keys:
    """The keys of near-duplicates: the bands of the MinHash signature, or for containment sampled shingles themselves.

    A text without a shingle has none. What is contained at 0.8 shares a sampled shingle with it but for a probability of
    0.2 to the number of samples (mod-p sketches: Broder 1997).
    """
    settings = scheme.settings
    if settings.exact_only:
        return Keys(np.empty(0, np.uint64), np.empty(0, np.int64))
    if settings.measure == "containment":
        chosen = np.flatnonzero(found.hashes % np.uint64(settings.near.sample) == 0)
        row = np.searchsorted(found.rows, chosen, side="right") - 1
        return Keys(found.hashes[chosen] ^ salt[row], row)
    full = np.flatnonzero(np.diff(found.rows) > 0)
    sketches = signatures(found, scheme.bands * scheme.rows)[full]
    keys = band_keys(sketches, scheme.bands, scheme.rows) ^ salt[full][:, None]
    return Keys(keys.ravel(), np.repeat(full, scheme.bands))


def joined(one: Keys, other: Keys) -> Keys:
    """Keys of two kinds in one list."""
    return Keys(np.concatenate([one.key, other.key]), np.concatenate([one.row, other.row]))


def salts(rows: pa.Table, within: str) -> Hashes:
    """For each document a hash of its value in the column `within` (0 where there is none)."""
    if not within:
        return np.zeros(rows.num_rows, np.uint64)
    values = column(rows, within, "--within").cast(pa.string()).to_pylist()
    return np.array([0 if v is None else xxhash.xxh3_64_intdigest(v.encode()) for v in values], np.uint64)


def column(rows: pa.Table, name: str, option: str) -> pa.Array:
    """A column of the documents, or one sentence."""
    if name not in rows.column_names:
        raise UserError(f"{option}: the documents have no column {name!r}{nearest(name, rows.column_names)}")
    return rows[name].combine_chunks()


def ranks(rows: pa.Table, keep: str) -> Floats:
    """What decides who stays: the smallest rank does, of equal ones (`first` aside) the smallest id."""
    policy, _, name = keep.partition("=")
    if policy == "best":
        return best(rows, name)
    return RANKS[policy](rows)


def longest(rows: pa.Table) -> Floats:
    """The most characters first."""
    return -np.asarray(pc.fill_null(pc.utf8_length(rows["text"]), 0)).astype(np.float64)


def newest(rows: pa.Table) -> Floats:
    """The latest date first: the digits of an ISO date, YYYYMMDDhhmmss, what is missing as zeros."""
    if "date" not in rows.column_names:
        return np.full(rows.num_rows, NOBODY)
    digits = pc.replace_substring_regex(rows["date"].cast(pa.string()), r"\D", "").to_pylist()
    return np.array([-float(d[:14].ljust(14, "0")) if d else NOBODY for d in digits])


def best(rows: pa.Table, name: str) -> Floats:
    """The largest value of a column first."""
    values = column(rows, name, f"--keep best={name}")
    try:
        numbers = np.asarray(values.cast(pa.float64()).to_numpy(zero_copy_only=False))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        raise UserError(f"--keep best={name}: the column is {values.type}, not a number") from None
    return np.where(np.isnan(numbers), NOBODY, -numbers)


def none(rows: pa.Table) -> Floats:
    """No preference: the order of the input decides."""
    return np.zeros(rows.num_rows)


RANKS: dict[str, Callable[[pa.Table], Floats]] = {
    "longest": longest, "newest": newest, "first": none, "source-order": none,
}  # fmt: skip
