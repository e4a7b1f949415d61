"""Claim: personal data is found at 10 times the speed of Python's `re` with the same patterns; the same spans.

`python -m benchmarks.scrub_speed DATA [--megabytes N]`: documents of many languages (web pages, Debian's manuals, books,
code, chat, the Declaration of Human Rights in 380 languages), no line twice. In one process: each pattern by `re` over each
document, then one RE2 program over all of them; the checks, the order of the table and the repeated look are the same
code, and so must the spans be; the second pass over the texts is told, and what the first one, which builds the automata,
takes more. Then datatrove's PIIFormatter (its e-mail and address patterns alone), then the command,
`llmctl scrub -j 1`, from Parquet to published artifact with `_spans`, with the pattern entities and with names and
addresses too. CPU-seconds are of all threads; the start of the command is told apart.
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
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.tokenize_encode import batched, documents, size_of
from llmctl.settings.scrub import ENTITIES, Scrub
from llmctl.text.privacy.detectors import detectors_of
from llmctl.text.privacy.scan import Proposal, find_spans
from llmctl.text.privacy.spans import Detector, Options, Span

PATTERNS = tuple(entity for entity in ENTITIES if entity not in ("name", "address"))
OPTIONS = Options(False, Scrub().regions)
Found = list[list[Span]]


def by_re(texts: Sequence[str], detectors: tuple[Detector, ...]) -> dict[int, list[Proposal]]:
    """The places that the patterns propose, found by `re`: each pattern compiled once, over each text."""
    compiled = [(row, re.compile(d.pattern, re.ASCII)) for row, d in enumerate(detectors) if d.pattern]
    found: dict[int, list[Proposal]] = {}
    for number, text in enumerate(texts):
        for row, pattern in compiled:
            for match in pattern.finditer(text):
                found.setdefault(number, []).append((row, *match.span()))
    return found


def cpu_of(work: Callable[[], Found]) -> tuple[Found, float]:
    """What it gives, and the CPU-seconds of all threads."""
    start = time.process_time()
    found = work()
    return found, time.process_time() - start


def looked(batches: Sequence[Sequence[str]], detectors: tuple[Detector, ...], *how: Callable[..., object]) -> Found:
    """The spans of all texts, batch by batch as the stage has them."""
    return [spans for batch in batches for spans in find_spans(batch, detectors, OPTIONS, *how)]  # type: ignore[arg-type]


def by_datatrove(texts: Sequence[str]) -> float:
    """CPU-seconds of PIIFormatter on the texts."""
    from datatrove.pipeline.formatters.pii import PIIFormatter

    formatter = PIIFormatter()
    formatter.format("write to a@b.cc or 8.8.8.8")
    start = time.process_time()
    for text in texts:
        formatter.format(text)
    return time.process_time() - start


def command(source: Path, place: Path, *words: str) -> tuple[float, dict[str, int]]:
    """CPU-seconds of the program and its children, start included; and how many spans it found."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-m", "llmctl", "scrub", str(source), "-o", str(place), "-j", "1", *words],
        check=True, stdout=subprocess.DEVNULL, env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    counts = json.loads((place / "_manifest.json").read_text())["counts"]
    spans = {name.removeprefix("spans_"): n for name, n in counts.items() if name.startswith("spans_")}
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, spans


def report(texts: Sequence[str], peer_share: float = 1.0) -> dict[str, float]:
    """Print the table; `re` sees a share of the texts, for it is slow. The speeds, MB of text a CPU-second."""
    batches, speeds = batched(texts), {}
    few = batches[: max(1, round(peer_share * len(batches)))]
    sizes = {"all": size_of(texts), "few": sum(size_of(batch) for batch in few)}
    patterns, every = detectors_of(PATTERNS), detectors_of(ENTITIES)
    slow, seconds = cpu_of(lambda: looked(few, patterns, by_re))
    speeds["re"] = sizes["few"] / seconds
    for name, rows in (("patterns", patterns), ("names too", every)):
        cold, first = cpu_of(lambda rows=rows: looked(batches, rows))
        again, seconds = cpu_of(lambda rows=rows: looked(batches, rows))
        if again != cold or (rows == patterns and cold[: len(slow)] != slow):
            raise SystemExit("the spans differ")
        speeds[name] = sizes["all"] / seconds
        print(
            f"{name}: {sum(map(len, cold)):,} spans; the first pass took {first - seconds:.2f} CPU-s more than the second"
        )
    speeds["datatrove"] = sizes["few"] / by_datatrove([text for batch in few for text in batch])
    with tempfile.TemporaryDirectory() as folder:
        source, empty = Path(folder) / "docs.parquet", Path(folder) / "one.parquet"
        pq.write_table(
            pa.table({"id": [f"d{n}" for n in range(len(texts))], "text": pa.array(texts, pa.large_string())}), source
        )
        pq.write_table(pa.table({"id": ["d0"], "text": ["nothing"]}), empty)
        for name, words in (("patterns", ("--entities", ",".join(PATTERNS))), ("names too", ("--entities", "all"))):
            start, _ = command(empty, Path(folder) / f"start {name}", *words)
            cpu, spans = command(source, Path(folder) / f"out {name}", *words)
            speeds[f"command, {name}"] = sizes["all"] / cpu
            speeds[f"command, {name}, without its start"] = sizes["all"] / (cpu - start)
            print(f"command, {name}: {cpu:.2f} CPU-s of which start {start:.2f}; spans {spans}")
    print(
        f"{sizes['all']:.1f} MB, {len(texts):,} documents; re on {sizes['few']:.1f} MB, the same {sum(map(len, slow)):,} spans"
    )
    for name, speed in speeds.items():
        print(f"{name:<40} {speed:8.2f} MB a CPU-second  {speed / speeds['re']:7.1f} times re")
    return speeds


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--megabytes", type=float, default=60)
    parser.add_argument("--peer-share", type=float, default=0.25)
    given = parser.parse_args()
    report(documents(given.data, given.megabytes), given.peer_share)


if __name__ == "__main__":
    main()
