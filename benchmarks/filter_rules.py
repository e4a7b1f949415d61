"""Claim: all Gopher and C4 rules run at 10 MB/s a core or more, ten times datatrove without its tokenizer.

`python benchmarks/filter_rules.py FILE.jsonl[.zst] [MEGABYTES]`: both run in this process, one after the other, on one
core. datatrove gets white-space words and our sentences (`--spacy` its own, where spaCy is installed), so it is timed
without its slowest part.
"""

from __future__ import annotations

import gzip
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import zstandard
from datatrove.data import Document
from datatrove.pipeline.filters import C4QualityFilter, GopherQualityFilter, GopherRepetitionFilter, c4_filters
from datatrove.pipeline.filters import gopher_quality_filter as quality
from datatrove.pipeline.filters import gopher_repetition_filter as repetition

from llmctl.settings.filter import Filter
from llmctl.settings.knobs import resolve
from llmctl.settings.presets import load
from llmctl.text.quality import c4
from llmctl.text.quality.rules import Rule, broken
from llmctl.text.quality.signals import measure


def pages(path: Path, most: int, length: int = 4000) -> Iterator[str]:
    """Texts of the file in pieces of a page, up to `most` bytes."""
    openers = {".zst": zstandard.open, ".gz": gzip.open}
    with openers.get(path.suffix, open)(path, "rt", encoding="utf-8", newline="\n") as lines:
        for line in lines:
            row = json.loads(line)
            text = row.get("text") or row.get("content") or ""
            for start in range(0, len(text), length):
                most -= len(text[start : start + length].encode())
                if most < 0:
                    return
                yield text[start : start + length]


def seconds(work: Callable[[], object]) -> float:
    """CPU seconds of one call, after one on the same data has warmed caches and compiled."""
    work()
    begin = time.process_time()
    work()
    return time.process_time() - begin


def main() -> None:
    """Print one line for each contestant and the ratios."""
    words = [word for word in sys.argv[1:] if not word.startswith("-")]
    texts = list(pages(Path(words[0]), int(float(words[1] if len(words) > 1 else 4) * 1e6)))
    size = sum(len(text.encode()) for text in texts) / 1e6
    array = pa.array(texts, pa.large_string())
    if "--spacy" not in sys.argv:
        quality.split_into_words = repetition.split_into_words = lambda text, language: text.split()
        c4_filters.split_into_sentences = lambda text, language: text.split(". ")

    def llmctl(*presets: str) -> Callable[[], object]:
        settings = resolve(Filter, [load(preset, "filter") for preset in presets])
        rules = [Rule(name, r.signal, r.low, r.high) for name, r in settings.rules.items()]
        names = [rule.signal for rule in rules]
        dialect = c4.DATATROVE if settings.edit == "c4-datatrove" else c4.C4
        return lambda: (broken(measure(array, names), rules, len(array)), c4.edit(array, dialect).texts())

    def datatrove() -> None:
        peers = GopherRepetitionFilter(), GopherQualityFilter(), C4QualityFilter()
        for text in texts:
            for peer in peers:  # every rule set on every page, as in our columns; each peer stops at its first breach
                peer.filter(Document(text=text, id="x"))

    peer = size / seconds(datatrove)
    print(f"{size:.1f} MB in {len(texts):,} pages; MB/s on one core, all Gopher and C4 rules with C4's edit")
    print(f"datatrove                     {peer:7.2f}")
    for presets in (("gopher", "c4"), ("gopher-datatrove", "c4-datatrove")):
        ours = size / seconds(llmctl(*presets))
        print(f"llmctl {' + '.join(presets):24s}{ours:7.2f}   {ours / peer:.0f} times")


if __name__ == "__main__":
    main()
