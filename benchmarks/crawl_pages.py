"""Claim: of a crawl 99 % of the content pages become documents, in whatever charset they were, in their language.

`PYTHONPATH=src python benchmarks/crawl_pages.py FOLDER [--extract fast]`: FOLDER holds `crawl/*.warc.gz` and
`crawl_truth.parquet` (one row a response: kind, language, digest of the text). Three figures: content pages that gave a
document; pages in a legacy charset whose text is that of the page from which they were transcoded (the one with the
same digest); pages of more than 200 characters whose language is the true one. The truth calls 190 pages mixed, which are
half translated: no label is right about them, so they are counted apart.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.parquet as pq

from llmctl.text.language import identify
from llmctl.text.sources import web
from llmctl.text.sources.record import Record, Refused
from llmctl.text.sources.web_archives import warc

LONG = 200  # characters; the language of less is a guess
Place = tuple[str, int]


class Language(NamedTuple):
    """Pages of one language, of them those with the right label; pages of two, of them those with one of their labels."""

    right: int
    single: int
    either: int
    mixed: int
    wrong: Counter[tuple[str, str | None]]


def truth_of(folder: Path) -> dict[Place, dict[str, Any]]:
    """The content pages by archive and offset."""
    rows = pq.read_table(folder / "crawl_truth.parquet").to_pylist()
    return {(row["warc"], row["offset"]): row for row in rows if row["kind"] == "content"}


def pages(folder: Path, places: Iterable[Place]) -> Iterator[tuple[Place, Record]]:
    """The records at these places."""
    wanted: dict[str, list[int]] = {}
    for name, offset in places:
        wanted.setdefault(name, []).append(offset)
    for name, offsets in sorted(wanted.items()):
        with (folder / "crawl" / name).open("rb") as stream:
            for offset in sorted(offsets):
                for one in warc.read(stream, offset, offset + 1):
                    assert isinstance(one, warc.RawRecord), one
                    yield (
                        (name, offset),
                        Record(payload=one.payload, content_type=one.content_type, url=one.url, crawled=True),
                    )


def texts_of(folder: Path, places: Iterable[Place], extract: str) -> tuple[dict[Place, str], Counter[str]]:
    """The text of every page that gives one, and why the others gave none."""
    texts: dict[Place, str] = {}
    refused: Counter[str] = Counter()
    for place, record in pages(folder, places):
        try:
            texts[place] = web.documents(record, extract=extract)[0].text
        except Refused as why:
            refused[why.reason] += 1
    return texts, refused


def twins(truth: dict[Place, dict[str, Any]]) -> dict[Place, Place]:
    """Each page in a legacy charset with the page in UTF-8 that it was made of."""
    original = {
        row["text_sha1"]: place
        for place, row in sorted(truth.items(), reverse=True)
        if not place[0].startswith(("legacy", "encoded"))
    }
    return {
        place: original[row["text_sha1"]]
        for place, row in truth.items()
        if place[0].startswith("legacy") and row["text_sha1"] in original
    }


def language(truth: dict[Place, dict[str, Any]], texts: dict[Place, str]) -> Language:
    """How often the label of the text is that of the truth."""
    places = [place for place, text in texts.items() if truth[place]["lang_truth"] and len(text) > LONG]
    labels, _ = identify([texts[place] for place in places])
    rows = [truth[place] for place in places]
    mixed = [label in ("en", row["lang_path"]) for row, label in zip(rows, labels, strict=True) if is_mixed(row)]
    pairs = [(row["lang_truth"], label) for row, label in zip(rows, labels, strict=True) if not is_mixed(row)]
    wrong = Counter((true, ours) for true, ours in pairs if true != ours)
    return Language(len(pairs) - wrong.total(), len(pairs), sum(mixed), len(mixed), wrong)


def is_mixed(row: dict[str, Any]) -> bool:
    """Whether a page is half translated: its truth names no language."""
    return row["lang_truth"] == "mixed"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="the crawl and its truth")
    parser.add_argument("--extract", choices=("careful", "fast"), default="careful")
    given = parser.parse_args()
    truth, begin = truth_of(given.folder), time.process_time()
    texts, refused = texts_of(given.folder, truth, given.extract)
    seconds = time.process_time() - begin
    print(f"documents {len(texts)} of {len(truth)} content pages {dict(refused)}, {seconds:.1f} s of CPU")
    pairs = twins(truth)
    equal = sum(texts.get(old) == texts.get(new) is not None for old, new in pairs.items())
    print(f"legacy charsets: {equal} of {len(pairs)} pages have the text of their twin")
    found = language(truth, texts)
    print(f"language: {found.right} of {found.single} pages of one language = {found.right / found.single:.4f}")
    print(f"          {found.mixed} more are of two, {found.either} of them have the label of one:", end=" ")
    print(f"{(found.right + found.either) / (found.single + found.mixed):.4f} of all")
    print(
        f"          equal to the truth, which calls those mixed: {found.right / (found.single + found.mixed):.4f} of all"
    )
    print("          wrong (truth, ours):", found.wrong.most_common(12))


if __name__ == "__main__":
    main()
