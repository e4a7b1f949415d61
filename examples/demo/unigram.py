"""The loss of a model that knows nothing but how frequent each token is, on the tokens that `pretrain --valid` measures.

In: a TOKENS directory. Out (JSON): `entropy`, the unigram entropy of its tokens in nats, which no unigram model can go
below on them; `goal`, four fifths of it. Each document counts with the end token that training puts after it.

usage: unigram.py TOKENS
"""

from __future__ import annotations

import json
import math
import sys
from collections import Counter
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

GOAL = 0.8  # the validation loss is to end at least 20 % below the entropy


def entropy(counts: Counter[int]) -> float:
    """Nats a token."""
    total = sum(counts.values())
    return -sum(n / total * math.log(n / total) for n in counts.values())


def main() -> None:
    table = pq.read_table(Path(sys.argv[1]), columns=["ids"])
    found = pc.value_counts(pc.list_flatten(table["ids"]))
    counts = Counter({row["values"].as_py(): row["counts"].as_py() for row in found})
    counts[-1] = table.num_rows  # the end token
    nats = entropy(counts)
    print(json.dumps({"tokens": counts.total(), "entropy": round(nats, 4), "goal": round(GOAL * nats, 4)}))


if __name__ == "__main__":
    main()
