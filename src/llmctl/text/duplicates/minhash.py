"""MinHash signatures and their bands, through datasketch (Broder 1997; LSH: Leskovec et al., MMDS 3.4)."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
import xxhash
from datasketch import MinHash

from llmctl.text.duplicates.shingles import Hashes

SEED = 1  # of the permutations; fixed, so that signatures of two runs compare


def _low(value: int) -> int:
    return value & 0xFFFFFFFF  # datasketch's hash range is 32 bits


@functools.lru_cache(maxsize=4)
def _blank(permutations: int) -> MinHash:
    return MinHash(num_perm=permutations, seed=SEED, hashfunc=_low)


def band_hashes(sets: Sequence[Hashes], *, bands: int, rows: int) -> Hashes:
    """(documents, bands): one 64-bit hash a band of each signature; all empty sets have the same ones."""
    out = np.empty((len(sets), bands), np.uint64)
    blank = _blank(bands * rows)
    for i, shingles in enumerate(sets):
        sketch = blank.copy()
        sketch.update_batch(shingles.tolist())
        signature = np.ascontiguousarray(sketch.hashvalues[: bands * rows])
        for band in range(bands):
            out[i, band] = xxhash.xxh3_64_intdigest(signature[band * rows : (band + 1) * rows].tobytes(), seed=band)
    return out
