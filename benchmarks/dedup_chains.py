"""Claim: where chains of near-duplicates connect unrelated documents, nothing goes that does not match its kept twin.

`python -m benchmarks.dedup_chains [--documents N]`: templates of 100 slots; each document is the one before with another
slot changed (true similarity 0.90, at two steps 0.81, at three 0.73), so that after 100 steps nothing is left of the
first. Unverified LSH with union-find (datasketch, our bands and rows), as most pipelines have it, keeps one document of
a whole chain. True similarities are computed from the texts in plain Python.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from benchmarks.dedup_documents import THRESHOLD, by_datasketch, shingles_of, timed

SLOTS = 100  # words of a template
CHAIN = 250  # documents of a template
STRIDE = 7  # places between one changed slot and the next, so that each change costs five 5-grams of its own
WORDS = 50_000  # different words that a slot may hold


def chained(documents: int, seed: int = 0) -> list[dict[str, str]]:
    """Rows with id and text, in random order."""
    draw = random.Random(seed)
    rows: list[dict[str, str]] = []
    while len(rows) < documents:
        slots = [f"w{draw.randrange(WORDS)}" for _ in range(SLOTS)]
        for step in range(min(CHAIN, documents - len(rows))):
            rows.append({"id": f"{len(rows):06d}", "text": " ".join(slots)})
            slots[step * STRIDE % SLOTS] = f"w{draw.randrange(WORDS)}"
    draw.shuffle(rows)
    return rows


def similarity(one: str, other: str) -> float:
    """Jaccard, from the texts."""
    a, b = shingles_of(one), shingles_of(other)
    return len(a & b) / len(a | b)


def unmatched(texts: Mapping[str, str], twins: Mapping[str, str]) -> int:
    """How many documents went for a twin that they do not match."""
    return sum(similarity(texts[id], texts[twin]) < THRESHOLD for id, twin in twins.items())


def verified(source: Path, out: Path) -> tuple[dict[str, str], set[str]]:
    """What `llmctl dedup` removes, each with its twin, and what it keeps."""
    timed(["llmctl", "dedup", source, "-o", out, "-j", "1"])
    gone = pq.read_table(out / "_removed", columns=["id", "twin_id"]).to_pylist()
    return {row["id"]: row["twin_id"] for row in gone}, set(pq.read_table(out, columns=["id"])["id"].to_pylist())


def transitive(source: Path, place: Path) -> dict[str, str]:
    """What unverified LSH with union-find removes: all of a component but its first document."""
    return {
        id: min(component) for component in by_datasketch(source, place) for id in component if id != min(component)
    }


def figures(documents: int, place: Path) -> dict[str, Any]:  # Any: JSON
    """Both ways on the same documents."""
    rows = chained(documents)
    texts = {row["id"]: row["text"] for row in rows}
    source = place / "chains.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    ours, kept = verified(source, place / "out")
    theirs = transitive(source, place)
    order = sorted(texts)
    near = [(a, b) for i, a in enumerate(order) if a in kept for b in order[i + 1 : i + 5] if b in kept]
    return {
        "documents": documents,
        "removed": len(ours),
        "removed_without_a_kept_twin": sum(twin not in kept for twin in ours.values()),
        "removed_without_a_match": unmatched(texts, ours),
        "kept_though_alike": sum(similarity(texts[a], texts[b]) >= THRESHOLD for a, b in near),
        "unverified_removed": len(theirs),
        "unverified_removed_without_a_match": unmatched(texts, theirs),
    }


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=50_000)
    with tempfile.TemporaryDirectory() as place:
        json.dump(figures(parser.parse_args().documents, Path(place)), sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
