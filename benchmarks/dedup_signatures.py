"""Claim: the signature kernel of `dedup` is 15 times as fast as datasketch's `MinHash.bulk`, per CPU-second, same bits.

`python benchmarks/dedup_signatures.py FILE... [--megabytes N] [--permutations N,N]`: text from JSON lines (`text` or
`content`) or WET, plain or as .zst or .gz, in documents of 4,000 characters. All get the same shingles, made before any
clock runs. datasketch runs twice: with integers that its hash function (`int`) takes as they are, so that nothing but
signatures is timed, and with bytes and xxh32, the fastest way for who has no hashes. rensa takes them as one flat array;
its signatures are its own. Each is the best of some rounds in turn.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import json
import os
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import xxhash
import zstandard
from datasketch import MinHash

from llmctl.text.duplicates.minhash import SEED, signatures
from llmctl.text.duplicates.shingles import Shingles, shingles
from llmctl.text.segment import utf8

DOCUMENT = 4000
ROUNDS = 3
Rows = npt.NDArray[np.uint32]


class Documents(NamedTuple):
    """The same documents as each contestant takes them."""

    hashes: Shingles
    integers: list[list[int]]  # the low 32 bits of each
    tokens: list[list[bytes]]  # the eight bytes of each
    token_hashes: Shingles  # the xxh32 of those


def texts_of(path: Path) -> Iterator[str]:
    """The texts of a file."""
    openers = {".zst": zstandard.open, ".gz": gzip.open}
    with openers.get(path.suffix, open)(path, "rt", encoding="utf-8", newline="\n", errors="replace") as file:
        if ".wet" in path.name:
            yield from (record.partition("\r\n\r\n")[2] for record in file.read().split("WARC/1.0")[1:])
            return
        for line in file:
            row = json.loads(line)
            yield row.get("text") or row.get("content") or ""


def documents_of(texts: list[str]) -> Documents:
    """Shingles of five words of every document, and what the peer is given for them."""
    found = shingles(utf8(texts), 5)
    low = (found.hashes & np.uint64(0xFFFFFFFF)).tolist()
    tokens = [value.to_bytes(8, "little") for value in found.hashes.tolist()]
    digests = np.array([xxhash.xxh32_intdigest(token) for token in tokens], np.uint64)
    spans = list(pairwise(found.rows.tolist()))
    return Documents(
        found, [low[a:b] for a, b in spans], [tokens[a:b] for a, b in spans], Shingles(found.rows, digests)
    )


def bulk(lists: list[Any], permutations: int, hash: Callable[..., int]) -> Rows:
    """datasketch's signatures. (Any: its elements are what the hash function takes.)"""
    return np.array(
        [sketch.hashvalues for sketch in MinHash.bulk(lists, num_perm=permutations, seed=SEED, hashfunc=hash)]
    )


def contestants(documents: Documents, permutations: int) -> dict[str, Callable[[], Any]]:
    """Name -> its work. (Any: rensa's signatures are no array.)"""
    found = documents.hashes
    work: dict[str, Callable[[], Any]] = {
        "datasketch bulk, integers": lambda: bulk(documents.integers, permutations, int),
        "datasketch bulk, bytes and xxh32": lambda: bulk(documents.tokens, permutations, xxhash.xxh32_intdigest),
        "llmctl": lambda: signatures(found, permutations),
    }
    if importlib.util.find_spec("rensa"):
        from rensa import RMinHash

        rows = found.rows.astype(np.uint64)
        work["rensa, a flat array"] = lambda: RMinHash.digest_matrix_from_flat_token_hashes(
            found.hashes, rows, permutations, SEED
        )
    return work


def best_seconds(work: dict[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    """The fewest CPU seconds of each (all threads), the contestants taking turns."""
    took = dict.fromkeys(work, float("inf"))
    for _ in range(rounds):
        for name, run in work.items():
            begin = time.process_time()
            run()
            took[name] = min(took[name], time.process_time() - begin)
    return took


def same_bits(documents: Documents, permutations: int) -> bool:
    """Whether every signature is datasketch's, of integers and of hashed bytes."""
    work = contestants(documents, permutations)
    integers, tokens = work["datasketch bulk, integers"](), work["datasketch bulk, bytes and xxh32"]()
    ours, hashed = signatures(documents.hashes, permutations), signatures(documents.token_hashes, permutations)
    return bool(np.array_equal(integers, ours) and np.array_equal(tokens, hashed))


def report(documents: Documents, permutations: int, rounds: int) -> float:
    """Print a line for each contestant; how many times as fast as the faster datasketch we are."""
    took = best_seconds(contestants(documents, permutations), rounds)
    pairs = len(documents.hashes.hashes) * permutations / 1e9
    print(f"{permutations} permutations, same bits as datasketch: {same_bits(documents, permutations)}")
    for name, seconds in took.items():
        rate, times = len(documents.integers) / seconds, seconds / took["llmctl"]
        print(f"  {name:34s}{rate:12,.0f} documents/s {pairs / seconds:7.2f} G/s; ours {times:.1f} times as fast")
    if not importlib.util.find_spec("rensa"):
        print("  rensa is not installed here")
    return min(took["datasketch bulk, integers"], took["datasketch bulk, bytes and xxh32"]) / took["llmctl"]


def main() -> None:
    """Print what was compared, the time to compile, and the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--megabytes", type=float, default=8)
    parser.add_argument("--permutations", default="112,128,256")
    options = parser.parse_args()
    begin = time.process_time()
    signatures(shingles(utf8(["compile first"]), 5), 2)
    compiled = time.process_time() - begin
    whole = (text for path in options.files for text in texts_of(path))
    texts = [text[i : i + DOCUMENT] for text in whole for i in range(0, len(text), DOCUMENT)]
    size = sum(len(text.encode()) for text in texts) / 1e6
    texts = texts[:: max(int(size / options.megabytes), 1)]
    documents = documents_of(texts)
    size, count = sum(len(text.encode()) for text in texts) / 1e6, len(documents.hashes.hashes)
    print(f"{len(texts):,} documents, {size:.1f} MB, {count / len(texts):.0f} shingles each")
    print(f"first call {compiled:.1f} s (compiling, or numba's cache)")
    print(f"load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    for permutations in map(int, options.permutations.split(",")):
        report(documents, permutations, ROUNDS)


if __name__ == "__main__":
    main()
