"""A column of names (`source`, `lang`) of many documents as numbers: two bytes a document, whatever the names.

A document without a name has the one that UNNAMED gives the column.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from llmctl.tokens.packing import Longs

UNNAMED = {"source": "other", "lang": "und"}  # documents without one; und: undetermined, ISO 639-2


@dataclass(frozen=True)
class Labels:
    """What a column of names says of each document."""

    names: tuple[str, ...] = ()  # sorted; none where no shard has the column
    of: NDArray[np.uint16] = field(default_factory=lambda: np.empty(0, np.uint16))  # which name each document has (N)

    def are(self, name: str) -> NDArray[np.bool_]:
        """Which documents have this name (N)."""
        return self.of == self.names.index(name) if name in self.names else np.zeros(len(self.of), dtype=bool)

    def at(self, rows: Longs) -> Labels:
        """Those of some documents."""
        return Labels(self.names, self.of[rows])


class Labelling:
    """A column of names read batch by batch: two bytes a document are kept."""

    def __init__(self, column: str) -> None:
        self.column, self.exists = column, False
        self.numbers: dict[str, int] = {}  # in the order of their first coming
        self.read_so_far: list[NDArray[np.uint16]] = []

    def read(self, batch: pa.RecordBatch) -> None:
        """Take note of a batch's names."""
        here = self.column in batch.schema.names
        self.exists |= here
        values = batch.column(self.column).to_pylist() if here else [None] * batch.num_rows
        names = (str(value or UNNAMED[self.column]) for value in values)
        self.read_so_far.append(np.array([self.numbers.setdefault(n, len(self.numbers)) for n in names], np.uint16))

    def labels(self) -> Labels:
        """The names sorted, so that their numbers do not depend on the order of documents."""
        of_N = np.concatenate(self.read_so_far)
        if not self.exists:
            return Labels((), np.zeros_like(of_N))
        names = tuple(sorted(self.numbers))
        return Labels(names, np.array([names.index(name) for name in self.numbers], np.uint16)[of_N])
