"""Documents of sentences with copies of known likeness, and plain Python that says how alike two texts are."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

NOUNS = """
    ferry lantern orchard ledger harbour kettle ladder violin canal tailor beacon meadow anchor cellar compass
""".split()  # noqa: SIM905
VERBS = "carries repairs follows measures forgets gathers welcomes sketches crosses polishes borrows guards".split()  # noqa: SIM905
SIGNS = "narrow wooden patient quiet copper distant salted crooked hollow early amber stubborn gentle painted".split()  # noqa: SIM905
Row = dict[str, Any]  # a document


def sentence(chance: random.Random) -> str:
    """A sentence of 13 words; two of the same chance hardly ever agree."""
    a, b, c, d = (f"{chance.choice(SIGNS)} {chance.choice(NOUNS)}" for _ in range(4))
    return (
        f"The {a} {chance.choice(VERBS)} a {b} near the {c} and {chance.choice(VERBS)} {chance.randint(2, 999)} {d}s."
    )


def page(chance: random.Random, sentences: int = 6) -> str:
    """A text, a sentence a line."""
    return "\n".join(sentence(chance) for _ in range(sentences))


def documents(count: int, seed: int = 1) -> list[Row]:
    """Every fifth document is the one before with a word at its end, every seventh any one before as it is."""
    chance, rows = random.Random(seed), []
    for number in range(count):
        text = page(chance, chance.randint(4, 8))
        if number % 5 == 4:
            text = f"{rows[-1]['text']} Indeed{number}."
        if number % 7 == 6:
            text = rows[chance.randint(0, number - 1)]["text"]
        rows.append({"id": f"d{number:04d}", "text": text, "url": f"http://{number % 3}.example/{number}"})
    return rows


def shingles(text: str, words: int = 5) -> set[tuple[str, ...]]:
    """The word n-grams of a text in lower case, punctuation out."""
    found = re.findall(r"\w+", text.lower())
    return {tuple(found[i : i + words]) for i in range(max(1, len(found) - words + 1))} if found else set()


def jaccard(a: str, b: str) -> float:
    """The share of the shingles of both that they share."""
    one, two = shingles(a), shingles(b)
    return len(one & two) / max(1, len(one | two))


def written(path: Path, rows: list[Row]) -> Path:
    """JSON Lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def stayed(out: Path) -> dict[str, Row]:
    """The rows that stayed, by id."""
    return {row["id"]: row for row in pq.read_table(out).to_pylist()}


def went(out: Path) -> dict[str, Row]:
    """The rows that went, by id."""
    return {row["id"]: row for row in pq.read_table(out / "_removed").to_pylist()}


def cuts(out: Path) -> list[Row]:
    """What was cut."""
    return pq.read_table(out / "_cuts").to_pylist() if (out / "_cuts").exists() else []
