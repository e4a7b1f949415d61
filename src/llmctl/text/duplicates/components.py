"""Documents that some chain of equal keys connects: what is compared with each other, and nothing else.

In: pairs of documents with an equal key. Out: the components of at least two documents. A component only bounds the
work; what goes is decided pair by pair. Union-find with path halving: about linear, 8 bytes a document.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

Longs = npt.NDArray[np.int64]


class Components(NamedTuple):
    """Documents by component: component c holds documents[bounds[c]:bounds[c + 1]], ascending; by smallest document."""

    documents: Longs
    bounds: Longs


@njit(cache=True, nogil=True)
def _root(parent: Any, i: int) -> int:
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@njit(cache=True, nogil=True)
def unite(parent: Any, one: Any, other: Any) -> None:
    """Join the components of every pair; the root of a component is its smallest document."""
    for k in range(len(one)):
        a, b = _root(parent, one[k]), _root(parent, other[k])
        if a != b:
            parent[max(a, b)] = min(a, b)


@njit(cache=True, nogil=True)
def _flatten(parent: Any) -> None:
    for i in range(len(parent)):  # parents are smaller, so they are roots already
        parent[i] = parent[parent[i]]


def components(parent: Longs) -> Components:
    """The components of at least two documents; `parent` is flattened in place."""
    _flatten(parent)
    sizes = np.bincount(parent, minlength=len(parent))
    documents = np.flatnonzero(sizes[parent] > 1)
    documents = documents[np.argsort(parent[documents], kind="stable")]
    roots = parent[documents]
    bounds = np.concatenate([[0], np.flatnonzero(np.diff(roots)) + 1, [len(roots)]]) if len(roots) else np.zeros(1)
    return Components(documents.astype(np.int64), bounds.astype(np.int64))


def in_tasks(found: Components, weights: Longs, most: int) -> list[Components]:
    """Consecutive components whose documents weigh about `most` together (one at least); none is split."""
    if len(found.bounds) < 2:
        return []
    total = np.concatenate([[0], np.cumsum(weights)])[found.bounds]
    task = total[:-1] // most
    firsts = np.concatenate([[0], np.flatnonzero(np.diff(task)) + 1, [len(task)]])
    return [
        Components(found.documents[found.bounds[a] : found.bounds[b]], found.bounds[a : b + 1] - found.bounds[a])
        for a, b in pairwise(firsts.tolist())
    ]
