"""Documents of any amount by seeded recombination of real sentences; a tenth of them have near-duplicates.

Each document is 8 to 32 sentences drawn from the pool. A tenth belongs to clusters of two to five: the first is drawn, the
others are it with about one word in 150 replaced, which leaves a Jaccard similarity of word 5-grams near 0.94.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

SENTENCE = re.compile(r"[A-Z][^.!?\n]{40,240}[.!?]")
CLUSTERED = 0.1  # of the documents have near-duplicates
PART = 64_000_000  # bytes of text of one file


def sentences(data: Path) -> list[str]:
    """The different sentences of the books of the test data, in a fixed order."""
    found: dict[str, None] = {}
    for path in sorted((data / "books").glob("*.jsonl.zst")):
        with zstandard.open(path, "rt", encoding="utf-8", newline="\n") as lines:
            for line in lines:
                text = " ".join((json.loads(line).get("text") or "").split())
                found.update(dict.fromkeys(SENTENCE.findall(text)))
    return list(found)


def documents(pool: list[str], seed: int = 0) -> Iterator[tuple[str, int]]:
    """(text, cluster) without end; texts of one cluster stand next to each other."""
    draw = random.Random(seed)
    cluster = 0
    while True:
        text = " ".join(draw.choices(pool, k=draw.randint(8, 32)))
        yield text, cluster
        size = draw.randint(2, 5)
        if draw.random() < CLUSTERED / (size - CLUSTERED * (size - 1)):
            for _ in range(size - 1):
                words = text.split(" ")
                for _ in range(max(1, len(words) // 150)):
                    words[draw.randrange(len(words))] = draw.choice(pool).split(" ")[0]
                yield " ".join(words), cluster
        cluster += 1


def write(place: Path, pool: list[str], size: int, seed: int = 0) -> Path:
    """At least `size` bytes of text as Parquet files with id, text and cluster, shuffled within each file."""
    if place.exists():
        return place
    draft = place.with_suffix(".tmp")
    draft.mkdir(parents=True, exist_ok=True)
    source, written, part = documents(pool, seed), 0, 0
    while written < size:
        rows, here = [], 0
        while here < min(PART, size - written):
            rows.append(next(source))
            here += len(rows[-1][0])
        random.Random(part).shuffle(rows)
        ids = [f"{part:04d}-{i}" for i in range(len(rows))]
        table = pa.table(
            {"id": ids, "text": pa.array([t for t, _ in rows], pa.large_string()), "cluster": [c for _, c in rows]}
        )
        pq.write_table(table, draft / f"part-{part:05d}.parquet", compression="zstd", row_group_size=1024)
        written, part = written + here, part + 1
    draft.rename(place)
    return place
