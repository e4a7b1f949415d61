"""A step's token ids from the sources' streams: ids_BL, L = sequence + 1 (each window reads S ids and predicts S).

Which windows they are is decided in `tokens/mixture.py` from the step alone; here they are only fetched.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from llmctl.store.tokens import Stream
from llmctl.tokens.mixture import Place

Ids = NDArray[np.int64]


def read_batch(streams: Sequence[Stream], places: Sequence[Place], sequence: int) -> Ids:
    """The windows of `places`, one a row."""
    rows = [streams[p.source].ids[p.window * sequence : (p.window + 1) * sequence + 1] for p in places]
    return np.stack([np.asarray(row, dtype=np.int64) for row in rows])


def batch_hash(ids_BL: Ids) -> str:
    """The first 16 hexadecimal digits of SHA-256 over the ids as little-endian 32-bit numbers, row by row."""
    return hashlib.sha256(np.ascontiguousarray(ids_BL, dtype="<u4").tobytes()).hexdigest()[:16]
