"""dedup: what counts as a duplicate."""

from __future__ import annotations

from dataclasses import dataclass

from llmctl.settings.knobs import BadValue, Size, knob


@dataclass(frozen=True)
class Dedup:
    """documents -> unique documents; the first of each cluster in input order stays."""

    threshold: float = knob(
        0.8, "true Jaccard similarity of the word n-grams from which on two documents are duplicates", option=True,
        low=0.05, high=1.0, metavar="SHARE",
    )  # fmt: skip
    ngram: int = knob(5, "words of a shingle (characters, where most letters are of scripts without spaces)", low=1)
    permutations: int = knob(256, "length of the MinHash signature", low=16, high=4096)
    recall: float = knob(
        0.99,
        "probability with which a pair at exactly the threshold is proposed; more costs more verification",
        low=0.5,
        high=0.999999,
    )
    exact_only: bool = knob(False, "remove exact duplicates alone", option=True)
    shard_bytes: Size = knob(Size(0), "bytes of a unit of work (0: by the size of the input)", low=0)

    def __post_init__(self) -> None:
        if self.bands == 0:
            raise BadValue(
                f"no banding of permutations={self.permutations} finds pairs at threshold={self.threshold:g} with "
                f"recall={self.recall:g}; raise permutations or lower recall"
            )

    @property
    def rows(self) -> int:
        """Rows of a band: the most (fewest false candidates) that keep the recall at the threshold.

        A pair of similarity s shares a band with probability 1 - (1 - s^rows)^bands (Leskovec, Rajaraman, Ullman,
        Mining of Massive Datasets, 3.4.2).
        """
        best = 0
        for rows in range(1, self.permutations + 1):
            if 1 - (1 - self.threshold**rows) ** (self.permutations // rows) >= self.recall:
                best = rows
        return best

    @property
    def bands(self) -> int:
        """Bands of the signature."""
        return self.permutations // self.rows if self.rows else 0
