"""Claim: `careful` finds main text as well as trafilatura's best, `fast` in a quarter of its time.

`PYTHONPATH=src python benchmarks/extraction.py FOLDER [--rounds N]`: FOLDER holds the three sets of pages (articles with
their body, pages with segments that must and must not come out, pages with what Readability makes of them). Articles
are judged as the article extraction benchmark of Scrapinghub does: shingles of four words with their counts, each
page's precision and recall, their means over pages, F1 of the two means, 1.96 standard deviations of 1,000 resamplings.
Segments: found or not, F1 over all of them. Pages are cut in two halves by a hash of their name: constants were chosen on
the first, both are printed. Time is CPU time of this process, the best of N rounds.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import re
import statistics
import time
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import trafilatura
import zstandard
from resiliparse.extract.html2text import extract_plain_text

from llmctl.text.sources.pages import html

WORD = re.compile(r"\w+")
SHINGLE = 4
SETS = ("zyte_article_benchmark", "trafilatura_eval", "mozilla_readability_pages")

Extractor = Callable[[str], str]
CONTESTANTS: dict[str, Extractor] = {
    "trafilatura": lambda page: trafilatura.extract(page, include_comments=False) or "",
    "trafilatura fast": lambda page: trafilatura.extract(page, include_comments=False, fast=True) or "",
    "resiliparse": lambda page: extract_plain_text(page, main_content=True, alt_texts=False),
    "llmctl careful": lambda page: html.extract(page, "careful").text,
    "llmctl fast": lambda page: html.extract(page, "fast").text,
}


class Score(NamedTuple):
    """Precision and recall of a page, None where they have no denominator."""

    precision: float | None
    recall: float | None


def shingles(text: str) -> Counter[tuple[str, ...]]:
    """Runs of four words with their counts; a text of fewer words is one run."""
    words = WORD.findall(text)
    runs = (tuple(words[i : i + SHINGLE]) for i in range(max(1, len(words) - SHINGLE + 1)))
    return Counter(run for run in runs if run)


def score(gold: str, found: str) -> Score:
    """How much of what was found is of the gold text, and of the gold text how much was found."""
    true, said = shingles(gold), shingles(found)
    shared = (true & said).total()
    if true == said:
        return Score(1.0 if said else None, 1.0 if true else None)
    return Score(shared / said.total() if said else None, shared / true.total() if true else None)


def f1(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def summary(scores: Sequence[Score]) -> tuple[float, float, float]:
    """F1, precision and recall over pages."""
    precision = statistics.mean([s.precision for s in scores if s.precision is not None] or [0.0])
    recall = statistics.mean([s.recall for s in scores if s.recall is not None] or [0.0])
    return f1(precision, recall), precision, recall


def interval(scores: Sequence[Score], samples: int = 1000, seed: int = 1) -> float:
    """Half the width of the 95 % interval of F1 by resampling pages."""
    chance = random.Random(seed)
    return 1.96 * statistics.stdev(summary(chance.choices(scores, k=len(scores)))[0] for _ in range(samples))


class Segments(NamedTuple):
    """Segments that are right, wrongly there and wrongly missing."""

    right: int
    wrong: int
    missing: int


def segments(row: dict[str, Any], found: str) -> Segments:
    """What of a page's segments came out, spaces aside."""
    text = " ".join(found.split())
    there = [" ".join(one.split()) in text for one in row["must_have"]]
    return Segments(sum(there), sum(" ".join(one.split()) in text for one in row["must_not_have"]), there.count(False))


def segment_f1(rows: Sequence[Segments]) -> float:
    right, wrong, missing = (sum(column) for column in zip(*rows, strict=True))
    return 2 * right / max(2 * right + wrong + missing, 1)


def half(name: str) -> int:
    """0: constants may be chosen on this page; 1: they may not."""
    return zlib.crc32(name.encode()) % 2


def load(folder: Path, name: str) -> list[dict[str, Any]]:
    """The pages of a set."""
    with (folder / f"{name}.jsonl.zst").open("rb") as packed:
        stream = io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(packed), encoding="utf-8", newline="\n")
        return [json.loads(line) for line in stream]


def gold_of(row: dict[str, Any]) -> str:
    """The body of an article, or the words of what Readability keeps."""
    return row["gold_text"] if "gold_text" in row else html.plain(extract_plain_text(row["expected_html"]))


def timed(extract: Extractor, pages: Sequence[str], rounds: int) -> tuple[list[str], float]:
    """What comes out of each page, and the CPU seconds of the fastest round."""
    best, found = float("inf"), []
    for _ in range(rounds):
        begin = time.process_time()
        found = [extract(page) for page in pages]
        best = min(best, time.process_time() - begin)
    return found, best


def report(folder: Path, names: Sequence[str], rounds: int, worst: int) -> None:
    """Print the three tables."""
    sets = {name: load(folder, name) for name in SETS}
    baseline = 0.0
    for name in names:
        line = [f"{name:<17}"]
        for which, rows in sets.items():
            found, seconds = timed(CONTESTANTS[name], [row["html"] for row in rows], rounds)
            halves = [half(row["id"]) for row in rows]
            if which == "trafilatura_eval":
                parts = [segments(row, text) for row, text in zip(rows, found, strict=True)]
                figures = [
                    segment_f1([p for p, h in zip(parts, halves, strict=True) if h != skip]) for skip in (2, 1, 0)
                ]
                line.append("segments F1 {:.3f} (halves {:.3f} {:.3f})".format(*figures))
                continue
            scores = [score(gold_of(row), text) for row, text in zip(rows, found, strict=True)]
            figures = [summary([s for s, h in zip(scores, halves, strict=True) if h != skip])[0] for skip in (1, 0)]
            whole = summary(scores)
            line.append(
                "{} F1 {:.3f} +- {:.3f} P {:.3f} R {:.3f} (halves {:.3f} {:.3f})".format(
                    which.split("_")[0], whole[0], interval(scores), *whole[1:], *figures
                )
            )
            if which == SETS[0]:
                baseline = seconds if name == "trafilatura" else baseline
                line.append(f"{seconds:6.2f} s" + (f" {baseline / seconds:.1f}x" if baseline else ""))
                if worst and name.startswith("llmctl"):
                    ranked = sorted(
                        zip(scores, rows, strict=True), key=lambda p: f1(p[0].precision or 0, p[0].recall or 0)
                    )
                    line += [
                        f"\n    {s.precision or 0:.2f} {s.recall or 0:.2f} {row['url']}" for s, row in ranked[:worst]
                    ]
        print("  ".join(line), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="the sets of pages")
    parser.add_argument("--only", nargs="+", choices=CONTESTANTS, default=list(CONTESTANTS), help="contestants")
    parser.add_argument("--rounds", type=int, default=1, help="time is that of the fastest")
    parser.add_argument("--worst", type=int, default=0, help="list so many of the worst articles")
    given = parser.parse_args()
    report(given.folder, given.only, given.rounds, given.worst)


if __name__ == "__main__":
    main()
