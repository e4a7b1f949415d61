"""What a tokenizer is trained on: how much text of each source and language, as a share of what there is.

(bytes by source and language, wanted shares, most bytes) -> for each cell the share of its documents that is read. A cell
is read whole at most and never twice: the one that is shortest of text decides how much the others give.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

ALL = "all"  # of a table of shares: whoever has no row of its own, together
Shares = Mapping[str, float]


class Cell(NamedTuple):
    """A row of each table of shares."""

    source: str
    language: str


def cell_of(source: str, language: str, sources: Shares, languages: Shares) -> Cell:
    """The rows that a document belongs to."""
    return Cell(source if source in sources else ALL, language if language in languages else ALL)


def weight(cell: Cell, sources: Shares, languages: Shares) -> float:
    """How much of the text a cell should be, before all are brought to a sum of 1; without a table each row counts 1."""
    return (sources or {ALL: 1.0}).get(cell.source, 0.0) * (languages or {ALL: 1.0}).get(cell.language, 0.0)


def rates(sizes: Mapping[Cell, int], sources: Shares, languages: Shares, most: int) -> dict[Cell, float]:
    """For each cell with text the share of its documents to read (0 to 1); `most` bytes in all, 0 for no limit."""
    wanted = {cell: weight(cell, sources, languages) for cell, size in sizes.items() if size}
    whole = sum(wanted.values())
    shares = {cell: value / whole for cell, value in wanted.items() if whole and value / whole}
    total = min((sizes[cell] / share for cell, share in shares.items()), default=0.0)
    total = min(total, most) if most else total
    return {cell: min(1.0, share * total / sizes[cell]) for cell, share in shares.items()}
