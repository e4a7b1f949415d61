"""Who stays: documents in order, each compared with the kept ones that share a bucket with it.

A document goes only for a kept twin that is itself at or above the threshold (no chains of neighbours). Only kept
documents wait in a bucket, so a cluster of a million copies costs a million comparisons, not their square.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Twin:
    """The kept document for which another one goes."""

    of: int
    score: float
    reason: str  # exact_duplicate | near_duplicate


def repeated(*keys: npt.NDArray[np.uint64]) -> list[list[int]]:
    """Groups of at least two documents with equal keys, each in document order."""
    if not len(keys[0]):
        return []
    order = np.lexsort(keys[::-1])
    differs = np.zeros(len(order), bool)
    differs[0] = True
    for key in keys:
        differs[1:] |= key[order][1:] != key[order][:-1]
    starts = np.flatnonzero(differs)
    ends = np.append(starts[1:], len(order))
    return [sorted(order[a:b].tolist()) for a, b in zip(starts, ends, strict=True) if b - a > 1]


def survivors(
    exact: Sequence[Sequence[int]],
    buckets: Sequence[Sequence[int]],
    similarities: Callable[[int, Sequence[int]], Sequence[float]],
    threshold: float,
) -> dict[int, Twin]:
    """The documents that go, with their twins: copies of earlier ones first, then near-duplicates in document order."""
    first = {document: group[0] for group in exact for document in group[1:]}
    where: dict[int, list[int]] = {}
    for number, bucket in enumerate(buckets):
        for document in bucket:
            if document not in first:
                where.setdefault(document, []).append(number)
    kept: dict[int, list[int]] = {}
    gone: dict[int, Twin] = {}
    for document in sorted(where):
        candidates = sorted({other for number in where[document] for other in kept.get(number, ())})
        scores = similarities(document, candidates) if candidates else ()
        score, other = max(zip(scores, (-c for c in candidates), strict=True), default=(0.0, 0))
        if score >= threshold:
            gone[document] = Twin(-other, score, "near_duplicate")
            continue
        for number in where[document]:
            kept.setdefault(number, []).append(document)
    for document, original in first.items():
        gone[document] = gone[original] if original in gone else Twin(original, 1.0, "exact_duplicate")
    return gone
