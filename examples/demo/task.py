"""Make an in-context task of held-out pages: with which of four words does the page go on?

In: VALID (held-out documents) for the examples, TRAIN for the demonstrations. Out: a folder with `task.toml`,
`test.jsonl` and `pool.jsonl`. Every word is the right one equally often, so chance is one in four.

usage: task.py VALID TRAIN OUT
"""

from __future__ import annotations

import json
import random
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

WORDS = ("the", "of", "is", "to")
BEFORE = 12  # words that the model reads
LONGEST = 90  # their characters at most: three such pieces fit the window of 128 tokens
PLACE = re.compile(rf"(?<!\S)((?:\S+\s+){{{BEFORE - 1}}}\S+) ({'|'.join(WORDS)})(?= )")
EACH = {"test": 100, "pool": 20}  # examples of each word
TASK = f"""name = "next-word"
test = "test.jsonl"
pool = "pool.jsonl"
template = "{{{{ text }}}}"
label = "word"
labels = {json.dumps(WORDS)}
"""


def places(documents: Path) -> list[dict[str, Any]]:
    """Every piece of a page that one of the words follows, apart from its neighbours."""
    pages = pq.read_table(documents, columns=["id", "text", "source"])
    pages = pages.filter(pc.equal(pages["source"], "web"))
    return [
        {"id": f"{page['id']}#{found.start()}", "text": found[1], "word": found[2]}
        for page in pages.to_pylist()
        for found in PLACE.finditer(page["text"])
        if len(found[1]) <= LONGEST
    ]


def balanced(found: list[dict[str, Any]], each: int) -> list[dict[str, Any]]:
    """As many examples of each word, drawn with a fixed seed."""
    draw = random.Random(0)
    draw.shuffle(found)
    by_word = [[row for row in found if row["word"] == word] for word in WORDS]
    each = min(each, *map(len, by_word))
    chosen = [row for rows in by_word for row in rows[:each]]
    draw.shuffle(chosen)
    return chosen


def main() -> None:
    valid, train, out = map(Path, sys.argv[1:])
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    for name, documents in (("test", valid), ("pool", train)):
        rows = balanced(places(documents), EACH[name])
        (out / f"{name}.jsonl").write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
        print(f"task: {len(rows)} examples in {out}/{name}.jsonl")
    (out / "task.toml").write_text(TASK)


if __name__ == "__main__":
    main()
