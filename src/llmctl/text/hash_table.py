"""An open hash table of 64-bit keys, for kernels: an array of a power of two, at most half full, 0 where nothing is."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

ONE = np.uint64(1)
MIX_1, MIX_2 = np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53)  # the finaliser of MurmurHash3
SHIFT = np.uint64(33)


@njit(cache=True, nogil=True)
def mix(h: Any) -> Any:
    """Spread the bits of a polynomial hash; never 0, which marks an empty place in a table. (Any: numba's uint64.)"""
    h = (h ^ (h >> SHIFT)) * MIX_1
    h = (h ^ (h >> SHIFT)) * MIX_2
    h = h ^ (h >> SHIFT)
    return h if h != np.uint64(0) else ONE


@njit(cache=True, nogil=True)
def table_size(n: int) -> int:
    """The power of two that keeps an open table of n entries at most half full."""
    size = 16
    while size < 2 * n:
        size *= 2
    return size


@njit(cache=True, nogil=True)
def place(table: Any, size: int, key: Any) -> int:
    """Where `key` stands in the table, or would stand: its own place or an empty one."""
    at: Any = np.int64(key & np.uint64(size - 1))
    while table[at] != key and table[at] != 0:
        at = (at + 1) & (size - 1)
    return int(at)
