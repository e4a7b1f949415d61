"""Claim: text to clusters, verified and explained, 6 times as fast as datasketch and 30 times datatrove, per CPU-second.

`python -m benchmarks.dedup_documents DATA [--megabytes N] [--form jsonl]`: documents of known clusters out of sentences
of real books (proofs/recombined.py), one file for all, Parquet or JSON Lines. Each contestant is a process of its own,
its whole tree counts: `llmctl dedup -j 1` (true similarities, evidence, artifact) against datasketch in its fastest
setting (`bulk` with xxhash, `MinHashLSH`, the union of what it proposes; our bands and rows) and datatrove's four
stages as they come (14 x 8, and ours so too). rensa is reported where it can be imported. Quality: the pairs found.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import combinations, islice, pairwise
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from llmctl.text.duplicates.components import components, unite
from llmctl.text.duplicates.minhash import bands_for

ROOT = Path(__file__).resolve().parents[1]
THRESHOLD, SHINGLE = 0.8, 5
BANDS, ROWS = bands_for(THRESHOLD, 256, 0.99)
THEIR_BANDS, THEIR_ROWS = 14, 8  # datatrove 0.10 minhash.py, MinhashConfig
CLUSTERS = "clusters.json"
Clusters = list[list[str]]
WORD = re.compile(r"\w+")


class Cost(NamedTuple):
    """What a process tree took."""

    cpu: float
    wall: float


class Quality(NamedTuple):
    """Pairs of a known cluster, those found of them, and how many of all that were found these are."""

    pairs: int
    recall: float
    precision: float


def rows_of(source: Path) -> Iterator[dict[str, str]]:
    """The rows of a Parquet or JSON Lines file."""
    if source.suffix == ".parquet":
        for batch in pq.ParquetFile(source).iter_batches(columns=["id", "text", "cluster"]):
            yield from batch.to_pylist()
        return
    with source.open(encoding="utf-8", newline="\n") as lines:
        yield from map(json.loads, lines)


def shingles_of(text: str) -> set[str]:
    """Word 5-grams, lower case, without punctuation: what all but datatrove are given."""
    words = WORD.findall(text.lower())
    return {" ".join(words[i : i + SHINGLE]) for i in range(max(1, len(words) - SHINGLE + 1))}


def united(ids: list[str], pairs: Iterable[tuple[int, int]]) -> Clusters:
    """The clusters that pairs of documents come to."""
    import numpy as np

    parent, both = np.arange(len(ids)), np.array(list(pairs), np.int64).reshape(-1, 2)
    unite(parent, both[:, 0].copy(), both[:, 1].copy())
    found = components(parent)
    return [[ids[i] for i in found.documents[a:b]] for a, b in pairwise(found.bounds.tolist())]


def by_datasketch(source: Path, place: Path) -> Clusters:
    """`MinHash.bulk`, `MinHashLSH`, the union of what every query proposes. The permutations of our bands, no more."""
    import xxhash
    from datasketch import MinHash, MinHashLSH

    ids, texts = zip(*((row["id"], row["text"]) for row in rows_of(source)), strict=True)
    sets = ([shingle.encode() for shingle in shingles_of(text)] for text in texts)
    sketches = MinHash.bulk(sets, num_perm=BANDS * ROWS, hashfunc=xxhash.xxh32_intdigest)
    lsh = MinHashLSH(num_perm=BANDS * ROWS, params=(BANDS, ROWS))
    with lsh.insertion_session() as session:
        for number, sketch in enumerate(sketches):
            session.insert(number, sketch, check_duplication=False)
    return united(list(ids), ((number, other) for number, s in enumerate(sketches) for other in lsh.query(s)))


def by_rensa(source: Path, place: Path) -> Clusters:
    """Its signatures of whole sets, its LSH; what it finds is estimated, not compared."""
    from rensa import RMinHash, RMinHashLSH

    ids, texts = zip(*((row["id"], row["text"]) for row in rows_of(source)), strict=True)
    sketches = RMinHash.from_token_sets([list(shingles_of(text)) for text in texts], num_perm=BANDS * ROWS, seed=1)
    lsh = RMinHashLSH(threshold=THRESHOLD, num_perm=BANDS * ROWS, num_bands=BANDS)
    for number, sketch in enumerate(sketches):
        lsh.insert(number, sketch)
    return united(list(ids), ((number, other) for number, s in enumerate(sketches) for other in lsh.query(s)))


def by_datatrove(source: Path, place: Path) -> Clusters:
    """Its four stages as its example runs them, with the numbers of the clusters, one task each."""
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.dedup import (
        MinhashDedupBuckets,
        MinhashDedupCluster,
        MinhashDedupFilter,
        MinhashDedupSignature,
    )
    from datatrove.pipeline.readers import JsonlReader, ParquetReader
    from datatrove.pipeline.writers import JsonlWriter

    def reader() -> JsonlReader | ParquetReader:
        kind = ParquetReader if source.suffix == ".parquet" else JsonlReader
        return kind(str(source.parent), glob_pattern=source.name)

    ways = {name: str(place / name) for name in ("signatures", "buckets", "removed", "kept", "out")}
    stages = [
        [reader(), MinhashDedupSignature(ways["signatures"])],
        [MinhashDedupBuckets(ways["signatures"], ways["buckets"])],
        [MinhashDedupCluster(ways["buckets"], ways["removed"], save_cluster_id=True)],
        [
            reader(),
            MinhashDedupFilter(
                ways["removed"],
                exclusion_writer=JsonlWriter(ways["out"], compression=None),
                load_cluster_ids=True,
            ),
            JsonlWriter(ways["kept"], compression=None),
        ],
    ]
    for number, stage in enumerate(stages):
        tasks = THEIR_BANDS if number == 1 else 1  # stage 2 wants a task a bucket
        LocalPipelineExecutor(stage, tasks=tasks, workers=1, logging_dir=str(place / f"logs{number}")).run()
    clusters = defaultdict(list)
    for way in ("kept", "out"):
        for path in Path(ways[way]).glob("*.jsonl"):
            for row in rows_of(path):
                clusters[row["metadata"].get("minhash_cluster_id", -1)].append(row["id"])  # type: ignore[index]
    clusters.pop(-1, None)
    return list(clusters.values())


PEERS: dict[str, Callable[[Path, Path], Clusters]] = {
    "datasketch": by_datasketch, "datatrove": by_datatrove, "rensa": by_rensa,
}  # fmt: skip


def clusters_of_artifact(artifact: Path) -> Clusters:
    """What `llmctl dedup` left: the kept document and those that went for it."""
    clusters = defaultdict(list)
    for path in (*artifact.glob("*.parquet"), *(artifact / "_removed").glob("*.parquet")):
        rows = pq.read_table(path, columns=["id", "cluster_id"]).to_pydict()
        for id, cluster in zip(rows["id"], rows["cluster_id"], strict=True):
            clusters[cluster].append(id)
    return [cluster for cluster in clusters.values() if len(cluster) > 1]


def pairs_of(clusters: Clusters) -> set[tuple[str, str]]:
    """Every pair of documents that stand in one cluster."""
    return {pair for cluster in clusters for pair in combinations(sorted(cluster), 2)}


def true_pairs(source: Path) -> set[tuple[str, str]]:
    """The pairs of known clusters whose similarity is at or above the threshold."""
    known: dict[str, list[tuple[str, set[str]]]] = defaultdict(list)
    for row in rows_of(source):
        known[row["cluster"]].append((row["id"], shingles_of(row["text"])))
    return {
        (min(one, other), max(one, other))
        for cluster in known.values() if len(cluster) > 1
        for (one, a), (other, b) in combinations(cluster, 2)
        if len(a & b) >= THRESHOLD * len(a | b)
    }  # fmt: skip


def quality(found: Clusters, true: set[tuple[str, str]]) -> Quality:
    """Recall and precision of pairs."""
    pairs = pairs_of(found)
    return Quality(len(true), len(pairs & true) / max(1, len(true)), len(pairs & true) / max(1, len(pairs)))


def timed(words: list[str | Path]) -> Cost:
    """CPU of a process and all that it started."""
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", *map(str, words)], cwd=ROOT, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])},
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(done.stderr[-4000:])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(cpu, time.perf_counter() - begin)


def ours(source: Path, place: Path, *more: str) -> tuple[Cost, Clusters]:
    """Our run through the command."""
    with tempfile.TemporaryDirectory(dir=place) as folder:
        artifact = Path(folder) / "artifact"  # a new one each time: a repeated command would have nothing to do
        cost = timed(["llmctl", "dedup", source, "-o", artifact, "-j", "1", *more])
        return cost, clusters_of_artifact(artifact)


def theirs(name: str, source: Path, place: Path) -> tuple[Cost, Clusters]:
    """A peer's run, in a process of its own."""
    with tempfile.TemporaryDirectory(dir=place) as folder:
        cost = timed(["benchmarks.dedup_documents", source, "--contestant", name, "--place", folder])
        return cost, json.loads((Path(folder) / CLUSTERS).read_text())


def write_source(path: Path, data: Path, megabytes: float) -> Path:
    """Documents of known clusters in one file, in an order that tells nothing."""
    sys.path.append(str(ROOT / "proofs"))
    from recombined import sentences, write

    table = pq.read_table(write(path.with_name("made"), sentences(data), int(megabytes * 1e6)))
    return written(path, table)


def written(path: Path, table: pa.Table) -> Path:
    """The rows as Parquet, as a stage leaves them, or as JSON Lines."""
    if path.suffix == ".parquet":
        pq.write_table(table, path, compression="zstd", row_group_size=1024)
        return path
    with path.open("w", encoding="utf-8", newline="\n") as out:
        for row in table.to_pylist():
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
    return path


def first_rows(source: Path, count: int) -> Path:
    """A small file, to start and compile with."""
    rows = list(islice(rows_of(source), count))
    return written(source.with_name(f"tiny{source.suffix}"), pa.Table.from_pylist(rows))


class Line(NamedTuple):
    """A contestant's line: with and without its start."""

    name: str
    cost: Cost
    start: Cost
    quality: Quality

    @property
    def net(self) -> float:
        """CPU-seconds after the start."""
        return self.cost.cpu - self.start.cpu


def told(line: Line, megabytes: float) -> str:
    """The line for a person."""
    return (
        f"{line.name:34s}{line.cost.cpu:8.1f} s CPU {megabytes / line.cost.cpu:7.2f} MB/s   "
        f"start {line.start.cpu:4.1f} s, beside it {megabytes / line.net:7.2f} MB/s   "
        f"pairs found {line.quality.recall:7.2%}, right {line.quality.precision:7.2%}"
    )


def versus(one: Line, other: Line) -> str:
    """How many times as fast per CPU-second the first is."""
    return (
        f"{one.name} against {other.name}: {other.cost.cpu / one.cost.cpu:.1f} times per CPU-second, "
        f"{other.net / one.net:.1f} without both starts"
    )


def race(source: Path, place: Path, peers: list[str]) -> tuple[list[str], list[Line]]:
    """What is printed, and every contestant's line."""
    true, tiny = true_pairs(source), first_rows(source, 2)
    megabytes = sum(len(row["text"].encode()) for row in rows_of(source)) / 1e6
    near = ("--set", f"near.bands={THEIR_BANDS}", "--set", f"near.rows={THEIR_ROWS}")
    compiled, _ = ours(tiny, place)
    runs: dict[str, Callable[[Path], tuple[Cost, Clusters]]] = {
        f"llmctl dedup, {BANDS} x {ROWS}": lambda of: ours(of, place),
        f"llmctl dedup, {THEIR_BANDS} x {THEIR_ROWS}": lambda of: ours(of, place, *near),
        **{name: lambda of, name=name: theirs(name, of, place) for name in peers},  # type: ignore[misc]
    }
    lines = []
    for name, run in runs.items():
        start, _ = run(tiny)
        cost, found = min((run(source) for _ in range(2 if name.startswith("llmctl") else 1)), key=lambda r: r[0].cpu)
        lines.append(Line(name, cost, start, quality(found, true)))
    printed = [
        f"{megabytes:.1f} MB of text, {len(true):,} pairs of known clusters at {THRESHOLD} or above; "
        f"our first run, which may compile: {compiled.cpu:.1f} s",
        *(told(line, megabytes) for line in lines),
    ]
    ways = {"datasketch": lines[0], "rensa": lines[0], "datatrove": lines[1]}
    return [*printed, *(versus(ways[line.name], line) for line in lines[2:])], lines


def importable(name: str) -> bool:
    """Is the peer there?"""
    from importlib.util import find_spec

    return find_spec(name) is not None


def main() -> None:
    """Print one line for each contestant, and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, help="the folder of real data")
    parser.add_argument("--megabytes", type=float, default=100)
    parser.add_argument("--form", choices=("parquet", "jsonl"), default="parquet")
    parser.add_argument("--peers", default=",".join(PEERS))
    parser.add_argument("--contestant", choices=PEERS, help="(one peer's run, for its own process)")
    parser.add_argument("--place", type=Path)
    options = parser.parse_args()
    if options.contestant:
        found = PEERS[options.contestant](options.source, options.place)
        (options.place / CLUSTERS).write_text(json.dumps(found))
        return
    with tempfile.TemporaryDirectory(dir=options.place) as folder:
        source = write_source(Path(folder) / f"documents.{options.form}", options.source, options.megabytes)
        print(f"load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)
        peers = [name for name in options.peers.split(",") if importable(name)]
        for line in race(source, Path(folder), peers)[0]:
            print(line, flush=True)


if __name__ == "__main__":
    main()
