"""A small chain from documents to tokens, made by the program: a near-copy, personal data, and names that are markup."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

PROSE = (
    "The people of the old town have always loved to be near the sea, and that has shaped all of their lives.\n"
    "Every morning the boats leave with the tide while children run along the wall to wave at them.\n"
    "Nobody remembers when the custom began, but a book in the library describes it with great care.\n"
    "Visitors ask about it often, since nothing like this exists in other places on the same {coast}."
)
OTHER = PROSE.replace("library", "archive").replace("morning", "evening").replace("old town", "new city")
DOCUMENTS = [
    {"id": "first", "text": PROSE.format(coast="coast"), "url": "http://x.example/?a=1&b=<i>"},
    {"id": "twin", "text": PROSE.format(coast="coast") + " So it is."},
    {"id": "personal", "text": OTHER.format(coast="shore") + "\nWrite to ann@mail.example or call 415-555-2671 now."},
    {"id": "script", "text": "<script>alert(1)</script>", "url": "javascript:alert(1)"},
    {"id": "<b>bold</b>", "text": "too <img src=x> short", "url": "http://x.example/<u>"},
]
STAGES = ("cle<i>an", "unique", "safe", "tokens")


def chain(place: Path, run: Callable[..., object]) -> Path:
    """`place` with docs.jsonl and one artifact for each of STAGES."""
    rows = "".join(json.dumps(row) + "\n" for row in DOCUMENTS)
    (place / "docs.jsonl").write_text(rows, encoding="utf-8")
    clean, unique, safe, tokens = STAGES
    run("filter", "docs.jsonl", "-o", clean, "--preset", "gopher", cwd=place)
    run("dedup", clean, "-o", unique, "--keep", "first", cwd=place)
    run("scrub", unique, "-o", safe, cwd=place)
    run("tokenize", safe, "-o", tokens, "--train", "bpe", "--vocab-size", "300", cwd=place)
    return place
