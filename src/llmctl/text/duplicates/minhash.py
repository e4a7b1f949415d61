"""MinHash signatures, bit for bit those of datasketch 2 (scheme affine32), and the keys of their bands.

In: shingles of a batch. Out: for each text the smallest value of each of many permutations of their low 32 bits (Broder
1997), and one 64-bit key a band (LSH: Leskovec, Rajaraman, Ullman, Mining of Massive Datasets, 3.4). Numba, about 0.05 ns
a shingle and permutation: the minimum over a block of shingles stays in registers.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from llmctl.text.duplicates.shingles import Hashes, Shingles, finish

Signatures = npt.NDArray[np.uint32]
SEED = 1  # of the permutations: datasketch's default, so that signatures of two runs compare
WIDTH = 32  # bits of a hash value (datasketch 2.0 minhash.py, _SCHEME_WIDTHS)
BLOCK = 4096  # shingles whose mixed hashes stand in the first-level cache: 16 KB
ROUND = 64  # hashes that one round of the compiled loop takes (four registers of AVX-512)
USUAL = {(0.8, 256, 0.99): (28, 9)}  # what datasketch answers for the defaults: importing it costs 0.7 s


@functools.lru_cache(maxsize=8)
def permutations(count: int, seed: int = SEED) -> tuple[Signatures, Signatures]:
    """a (odd) and b of h -> a h + b mod 2**32, drawn as datasketch 2.0 draws them (minhash.py, _init_permutations)."""
    generator = np.random.RandomState(seed)
    a = generator.randint(0, 1 << (WIDTH - 1), count, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
    return a, generator.randint(0, 1 << WIDTH, count, dtype=np.uint32)


@njit(cache=True, nogil=True)
def _mix(value: Any) -> Any:
    """fmix32 of the low half of a shingle; each product is cast back, for numba makes 64 bits of two times 32."""
    h = np.uint32(value)
    h = np.uint32((h ^ (h >> np.uint32(16))) * np.uint32(0x85EBCA6B))  # MurmurHash3 (Appleby 2011)
    h = np.uint32((h ^ (h >> np.uint32(13))) * np.uint32(0xC2B2AE35))
    return np.uint32(h ^ (h >> np.uint32(16)))


@njit(cache=True, nogil=True)
def _least(mixed: Any, size: int, a: Any, b: Any, least: Any) -> Any:
    """The smallest a h + b, and `least`: the loop that the compiler turns into vector instructions."""
    for k in range(size):
        value = np.uint32(np.uint32(a * mixed[k]) + b)
        least = value if value < least else least
    return least


@njit(cache=True, nogil=True)
def _smallest(rows: Any, hashes: Any, a: Any, b: Any, out: Any) -> None:
    mixed = np.empty(BLOCK, np.uint32)
    for row in range(len(rows) - 1):
        for start in range(rows[row], rows[row + 1], BLOCK):
            size = min(BLOCK, rows[row + 1] - start)
            for k in range(size):
                mixed[k] = _mix(hashes[start + k])
            full = (size + ROUND - 1) // ROUND * ROUND
            mixed[size:full] = mixed[0]  # a repeat changes no minimum, and spares the loop its slow rest
            for p in range(len(a)):
                out[row, p] = _least(mixed, full, a[p], b[p], out[row, p])


def signatures(of: Shingles, count: int, seed: int = SEED) -> Signatures:
    """(texts, permutations): 2**32 - 1 throughout where a text has no shingle."""
    out = np.full((len(of.rows) - 1, count), 0xFFFFFFFF, np.uint32)
    _smallest(of.rows, of.hashes, *permutations(count, seed), out)
    return out


@njit(cache=True, nogil=True)
def _band_keys(sketches: Any, bands: int, rows: int, out: Any) -> None:
    for text in range(len(sketches)):
        for band in range(bands):
            h = finish(np.uint64(band + 1))
            for k in range(band * rows, (band + 1) * rows):
                h = finish(h ^ np.uint64(sketches[text, k]))
            out[text, band] = h


def band_keys(sketches: Signatures, bands: int, rows: int) -> Hashes:
    """(texts, bands): equal where two signatures agree in all rows of a band."""
    out = np.empty((len(sketches), bands), np.uint64)
    _band_keys(sketches, bands, rows, out)
    return out


def bands_for(threshold: float, count: int, miss_weight: float) -> tuple[int, int]:
    """Bands and rows for a threshold: datasketch's optimum, missed pairs weighing `miss_weight`, false ones the rest."""
    if (threshold, count, miss_weight) in USUAL:
        return USUAL[threshold, count, miss_weight]
    from datasketch.lsh import (
        _optimal_param,  # b and r of MinHashLSH, but for one band (threshold 1), which that refuses
    )

    bands, rows = _optimal_param(threshold, count, 1 - miss_weight, miss_weight)
    return int(bands), int(rows)
