"""How well near-duplicates are found in your corpus: edited copies are planted in a sample of it, and looked for.

In: document sources. Out: for every pair with an equal key and every planted pair its true similarity and whether it was
proposed; from these recall and precision over the threshold, beside the S-curve of theory. Nothing is written.
"""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from llmctl.store import documents
from llmctl.store.signing import Scheme, near_keys, salts
from llmctl.store.units import LARGEST
from llmctl.text.duplicates.join import distinct, matched
from llmctl.text.duplicates.planting import RATES, edited
from llmctl.text.duplicates.shingles import shingles
from llmctl.text.intervals import share
from llmctl.text.segment import utf8

SAMPLE = 1800  # documents: 200 copies at each of nine rates
PIECES = 16  # places of the corpus that the sample is taken from
THRESHOLDS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
SHORTEST = 20  # words of a document in which an edit is planted


class Pairs(NamedTuple):
    """Pairs of documents of the sample: true similarity, whether they share a key, and the rate of a planted copy (-1: none)."""

    similarity: npt.NDArray[np.float64]
    proposed: npt.NDArray[np.bool_]
    rate: npt.NDArray[np.float64]


def sample(sources: Sequence[str], most: int = SAMPLE) -> list[str]:
    """Texts from places spread evenly over the corpus, with enough words."""
    with tempfile.TemporaryDirectory(prefix="llmctl-") as spool:
        spans = [s for f in documents.source_files(sources) for s in documents.spans_of(f, Path(spool), LARGEST)]
        chosen = [spans[i * len(spans) // PIECES] for i in range(PIECES)] if len(spans) > PIECES else spans
        texts: list[str] = []
        for span in chosen:
            texts += itertools.islice(_texts(span), most // len(chosen) + 1)
    return texts[:most]


def _texts(span: documents.Span) -> Iterator[str]:
    schema = documents.unify([documents.columns_of(span)])
    for batch in documents.read(span, schema):
        yield from (t for t in batch.rows["text"].to_pylist() if t and len(t) > 4 * SHORTEST)


def planted_pairs(texts: Sequence[str], scheme: Scheme, seed: int) -> Pairs:
    """Every text with one copy, the rates in turn: what is proposed among all of them, and how similar it truly is."""
    generator = np.random.default_rng(seed)
    rates = [RATES[i % len(RATES)] for i in range(len(texts))]
    copies = [edited(text, rate, generator) for text, rate in zip(texts, rates, strict=True)]
    found = shingles(utf8(pa.array([*texts, *copies], pa.large_string())), scheme.settings.near.shingle)
    keys = near_keys(found, scheme, salts(pa.table({"text": [*texts, *copies]}), ""))
    order = np.argsort(keys.key, kind="stable")
    key, row = keys.key[order], keys.row[order]
    proposed = {
        (int(a), int(b))
        for start, end in _runs(key)
        for a, b in itertools.combinations(sorted(set(row[start:end].tolist())), 2)
    }
    planted = {(i, i + len(texts)): rates[i] for i in range(len(texts))}
    pairs = sorted(proposed | set(planted))
    contained = scheme.settings.measure == "containment"
    similar = [similarity(found.rows, found.hashes, a, b, contained) for a, b in pairs]
    return Pairs(
        np.array(similar), np.array([p in proposed for p in pairs]), np.array([planted.get(p, -1.0) for p in pairs])
    )


def _runs(key: npt.NDArray[np.uint64]) -> Iterator[tuple[int, int]]:
    bounds = np.concatenate([[0], np.flatnonzero(key[1:] != key[:-1]) + 1, [len(key)]])
    yield from ((int(a), int(b)) for a, b in itertools.pairwise(bounds) if b - a > 1)


def similarity(starts: Any, hashes: Any, a: int, b: int, contained: bool) -> float:  # Any: numpy arrays
    """The true similarity of two documents."""
    pieces = [hashes[starts[i] : starts[i + 1]] for i in (a, b)]
    sets = distinct(np.cumsum([0, *map(len, pieces)]), np.concatenate(pieces))
    return float(matched(sets, np.array([0, 2]), 1e-9, contained=contained).score[1])


def s_curve(similar: npt.NDArray[np.float64], scheme: Scheme) -> npt.NDArray[np.float64]:
    """The probability with which a pair of this Jaccard similarity shares a band (Mining of Massive Datasets 3.4.2)."""
    return np.asarray(1 - (1 - similar**scheme.rows) ** scheme.bands)


def table(pairs: Pairs, scheme: Scheme) -> list[dict[str, Any]]:  # Any: JSON
    """A row a threshold: what of the planted copies at or above it is found, and what else is.

    `proposed` is the measured share in the bin that begins at the threshold and `theory` the S-curve there (None for
    containment, and where the bin is empty); recall and precision have a 95 % interval (Wilson).
    """
    planted = pairs.rate >= 0
    rows = []
    for low, high in itertools.pairwise((*THRESHOLDS, 1.0 + 1e-9)):
        inside = planted & (pairs.similarity >= low) & (pairs.similarity < high)
        above = pairs.similarity >= low
        found = above & pairs.proposed
        theory = scheme.bands and inside.any()
        rows.append({
            "threshold": low,
            "pairs": int(inside.sum()),
            "proposed": float(pairs.proposed[inside].mean()) if inside.any() else None,
            "theory": float(s_curve(pairs.similarity[inside], scheme).mean()) if theory else None,
            "recall": share(int((found & planted).sum()), int((above & planted).sum())),
            "precision": share(int((found & planted).sum()), int(found.sum())),
        })  # fmt: skip
    return rows


def told(rows: Sequence[dict[str, Any]], scheme: Scheme, documents_: int) -> list[str]:
    """The table for a person."""
    bands = f"{scheme.bands} bands of {scheme.rows} rows" if scheme.bands else "sampled shingles"
    lines = [
        f"dedup (calibrate): {documents_:,} documents of your corpus, each with an edited copy; {bands}",
        "threshold  planted  proposed  S-curve  recall at or above    precision (the rest are your own duplicates)",
    ]
    for row in rows:
        cells = [f"{row['threshold']:9.2f}  {row['pairs']:7,}", _cell(row["proposed"], 8), _cell(row["theory"], 7)]
        cells += [_interval(row["recall"]), _interval(row["precision"])]
        lines.append("  ".join(cells))
    return lines


def _cell(value: float | None, width: int) -> str:
    return f"{'-':>{width}}" if value is None else f"{value:{width}.3f}"


def _interval(of: dict[str, Any] | None) -> str:
    return f"{'-':<21}" if of is None else f"{of['value']:.3f} [{of['low']:.3f}, {of['high']:.3f}]"
