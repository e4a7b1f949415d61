"""How many books have their chapters found exactly, and what they cost: python benchmarks/book_chapters.py [DATA] [FOLDER]

The counts were made by hand (tests/text/sources/chapters_by_hand.json). FOLDER holds the files that are named there as
`further`, as ID.txt or ID itself; those that lack are passed over. Each book is read as a user would have it read.
"""

from __future__ import annotations

import io
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import zstandard

from llmctl.text.sources import book
from llmctl.text.sources.record import Record

ROOT = Path(__file__).resolve().parents[1]
GOLD = ROOT / "tests" / "text" / "sources" / "chapters_by_hand.json"


def rows(path: Path) -> list[dict[str, str]]:
    with zstandard.open(path, "rb") as stream:
        return [json.loads(line) for line in io.BytesIO(stream.read())]


def records(data: Path, folder: Path | None) -> Iterator[tuple[str, Record]]:
    for row in rows(data / "books" / "books.jsonl.zst"):
        yield row["id"], Record(text=row["text"])
    pairs = rows(data / "neardup" / "moby_dick_editions.jsonl.zst")
    for edition in "ab":
        yield f"moby_dick_{edition}", Record(text="\n\n\n".join(row[f"text_{edition}"] for row in pairs))
    for path in sorted(folder.iterdir()) if folder else []:
        yield path.name.removesuffix(".txt"), Record(payload=path.read_bytes(), path=path.name)


def main(data: Path, folder: Path | None) -> None:
    gold = json.loads(GOLD.read_text(encoding="utf-8"))
    counted = {one["id"]: one["chapters"] for one in [*gold["books"], *gold["further"]]}
    exact = total = 0
    for name, record in records(data, folder):
        if name not in counted:
            continue
        start = time.process_time()
        (whole,) = book.documents(record)
        seconds = time.process_time() - start
        found = whole.metadata["chapters"]
        exact, total = exact + (found == counted[name]), total + 1
        print(
            f"{name:30s} by hand {counted[name]:4d}  found {found:4d}  {len(whole.text):8d} characters  {seconds:.2f} s"
        )
    print(f"exactly as counted: {exact} of {total}")


if __name__ == "__main__":
    place = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT.parent / "shared" / "data"
    main(place, Path(sys.argv[2]) if len(sys.argv) > 2 else None)
