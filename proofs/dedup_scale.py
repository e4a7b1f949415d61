"""Out of core: 30 MB, 300 MB and 3 GB of documents through `dedup --memory 2GB -j 2`, and chains of 50,000 documents.

The documents are recombined sentences (`recombined`), a tenth of them near-duplicates of known clusters. The sum of the
resident memory of all processes stays below 2.5 GB, CPU time grows with the text and no faster, and of two documents
of a cluster with a true similarity of 0.8 (in plain Python, from the texts) one goes. The chains: what unverified LSH
would remove beside what is removed. Peak of disk some 9 GB, given back as soon as it is measured.
"""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from measuring import ran, remember, remembered
from recombined import sentences, write

from benchmarks.dedup_chains import figures as chains
from benchmarks.dedup_documents import THRESHOLD, shingles_of

SIZES = {"30 MB": 30_000_000, "300 MB": 300_000_000, "3 GB": 3_000_000_000}
LIMIT = 2_500_000_000
WORDS = ("-j", "2", "--memory", "2GB")
CHAINED = 50_000


def run(place: Path, data: Path) -> tuple[dict[str, Any], dict[str, bool]]:
    """Each size with its claims, then growth, then the chains."""
    pool = sentences(data)
    start = started(place, pool)
    found = {name: deduplicated(place, pool, name, size) for name, size in SIZES.items()}
    claims = {}
    for name, facts in found.items():
        facts["cpu_seconds_per_megabyte"] = round((facts["cpu_seconds"] - start) / facts["megabytes"], 4)
        claims[f"{name}: all processes together below 2.5 GB"] = facts["peak_memory_tree"] <= LIMIT
        claims[f"{name}: of planted near-duplicates at 0.8 or above one goes"] = facts["alike_but_kept"] == 0
        claims[f"{name}: what goes has its twin in its own cluster"] = facts["twins_of_other_clusters"] == 0
    small, middle, large = found.values()
    claims["a megabyte of 3 GB takes at most a fifth more CPU than one of 30 MB"] = (
        large["cpu_seconds_per_megabyte"] <= 1.2 * small["cpu_seconds_per_megabyte"]
    )
    slopes = [slope(small, middle), slope(middle, large)]  # free of what every run takes, workers that start among it
    claims["each further megabyte up to 3 GB takes as much CPU as up to 300 MB, within a fifth"] = (
        slopes[1] <= 1.2 * slopes[0]
    )
    linked = chained(place)
    claims["chains: nothing goes without a kept twin that it matches"] = (
        linked["removed_without_a_match"] == linked["removed_without_a_kept_twin"] == 0
    )
    return {"command": f"llmctl dedup DOCS -o OUT {' '.join(WORDS)}", "start_cpu_seconds": start, "sizes": found,
            "cpu_seconds_per_further_megabyte": slopes, "chains": linked}, claims  # fmt: skip


def slope(one: Mapping[str, Any], other: Mapping[str, Any]) -> float:
    """CPU seconds of each megabyte that the larger run has more."""
    return float(round((other["cpu_seconds"] - one["cpu_seconds"]) / (other["megabytes"] - one["megabytes"]), 4))


def started(place: Path, pool: list[str]) -> float:
    """CPU seconds of a run over next to nothing, after one that may compile."""
    source = write(place / "tiny", pool, 10_000)
    for name in ("first", "start"):
        shutil.rmtree(place / name, ignore_errors=True)
        done = ran("dedup", source, "-o", place / name, *WORDS)
    return round(sum(done.busy.values()), 2)


def deduplicated(place: Path, pool: list[str], name: str, size: int) -> dict[str, Any]:
    """One size: what it took, and what was found. Its files are gone afterwards."""
    kept = place / f"{size}.json"
    known = remembered(kept)
    if known:
        return dict(known)
    source, out = write(place / f"docs-{size}", pool, size), place / f"out-{size}"
    shutil.rmtree(out, ignore_errors=True)
    done = ran("dedup", source, "-o", out, *WORDS, "--json", "--force")
    facts = {
        "megabytes": round(done.json["bytes"]["in"] / 1e6, 1),
        "counts": {k: done.json["counts"][k] for k in ("in", "kept", "removed", "clusters")},
        "seconds": done.seconds,
        "cpu_seconds": round(sum(done.busy.values()), 1),
        "peak_memory_tree": done.tree,
        "peak_memory": sorted(done.peaks.values(), reverse=True)[:3],
        **what_remains(out),
    }
    remember(kept, facts)
    for path in (source, out):
        shutil.rmtree(path)
    return facts


def rows(folder: Path, columns: list[str]) -> Iterator[dict[str, Any]]:
    """The rows of an artifact's folder, a batch at a time."""
    for path in sorted(folder.glob("part-*.parquet")):
        for batch in pq.ParquetFile(path).iter_batches(batch_size=4096, columns=columns):
            yield from batch.to_pylist()


def what_remains(out: Path) -> dict[str, int]:
    """Of the planted near-duplicates: pairs that both stay though they are alike, and twins of another cluster."""
    cluster_of = {row["id"]: row["cluster"] for row in rows(out, ["id", "cluster"])}
    gone = list(rows(out / "_removed", ["cluster", "twin_id"]))
    members: dict[int, list[str]] = defaultdict(list)
    for id, cluster in cluster_of.items():
        members[cluster].append(id)
    several = {cluster for cluster, ids in members.items() if len(ids) > 1}
    texts: dict[int, list[set[str]]] = defaultdict(list)
    for row in rows(out, ["cluster", "text"]):
        if row["cluster"] in several:
            texts[row["cluster"]].append(shingles_of(row["text"]))
    pairs = [pair for sets in texts.values() for pair in combinations(sets, 2)]
    return {
        "planted_and_gone": len(gone),
        "twins_of_other_clusters": sum(cluster_of.get(row["twin_id"]) != row["cluster"] for row in gone),
        "kept_of_one_cluster": len(pairs),
        "alike_but_kept": sum(len(a & b) >= THRESHOLD * len(a | b) for a, b in pairs),
    }


def chained(place: Path) -> dict[str, Any]:
    """The chains, once."""
    kept = place / "chains.json"
    known = remembered(kept)
    if not known:
        folder = place / "chains"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        remember(kept, chains(CHAINED, folder))
        shutil.rmtree(folder)
    return dict(remembered(kept))
