"""A corpus of sentences of our own, the stages under contract, and what they leave on disk."""

from __future__ import annotations

import hashlib
import json
import random
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ADJECTIVES = """
    narrow wooden patient quiet copper distant salted crooked hollow early borrowed amber stubborn
    gentle painted rusty shallow careful winding silver humble drowsy tidy frozen mossy clever
""".split()  # noqa: SIM905
NOUNS = """
    ferry lantern orchard ledger harbour kettle ladder violin canal tailor beacon meadow anchor cellar
    compass bakery sparrow quarry satchel chimney plough trumpet estuary clerk turbine barrel shepherd
    mirror glacier notebook engine carpet parish fiddler thicket pantry saddle lighthouse weaver furnace
""".split()  # noqa: SIM905
VERBS = """
    carries repairs follows measures forgets gathers welcomes sketches crosses polishes borrows guards
    counts paints remembers lifts circles questions warms trades
""".split()  # noqa: SIM905
VOLATILE = ("seconds", "versions", "where")  # of a manifest: the same bytes means all but these
ROWS = 11_500  # more than ten batches of 1,024 rows, and more than 40 units of 64 kB


@dataclass(frozen=True)
class Case:
    """A row stage: its settings, and others that make another artifact."""

    name: str
    words: tuple[str, ...] = ()
    other: tuple[str, ...] = ()
    label: str = ""  # where a stage stands under contract more than once

    def __str__(self) -> str:
        return self.label or self.name


def sentence(chance: random.Random) -> str:
    """One sentence."""
    a, b, c = chance.sample(NOUNS, 3)
    return (
        f"The {chance.choice(ADJECTIVES)} {a} of the {b} {chance.choice(VERBS)} a {chance.choice(ADJECTIVES)} {c} "
        f"with {chance.choice(ADJECTIVES)} {chance.choice(NOUNS)}s that have come to the {chance.choice(NOUNS)} "
        f"and {chance.choice(VERBS)} {chance.randint(2, 99)} {chance.choice(NOUNS)}s."
    )


def documents(count: int, seed: int = 7) -> Iterator[dict[str, Any]]:
    """Documents: long ones, every ninth too short, every twelfth a copy of the one before, some with an address."""
    chance, before = random.Random(seed), ""
    for number in range(count):
        length = 1 if number % 9 == 4 else chance.randint(3, 6)
        text = "\n".join(sentence(chance) for _ in range(length))
        if number % 12 == 5:
            text = before
        if number % 10 == 3:
            text += f"\nWrite to keeper{number}@harbour.example or look at 81.2.69.{number % 250}."
        yield {"id": f"d{number}", "text": text, "url": f"http://corpus.example/{number}", "shelf": number % 5}
        before = text


def write_jsonl(path: Path, rows: Iterator[Any] | list[Any]) -> Path:
    """Objects as JSON Lines; a str or bytes is a line as it is."""
    lines = [row if isinstance(row, bytes) else row.encode() if isinstance(row, str) else json.dumps(row).encode()
             for row in rows]  # fmt: skip
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return path


BESIDE = Path(tempfile.mkdtemp(prefix="llmctl-contract-"))
REFERENCE = str(write_jsonl(BESIDE / "reference.jsonl", documents(700, seed=11)))
OTHERS = str(write_jsonl(BESIDE / "others.jsonl", documents(300, seed=12)))
CLASSIFIER = (
    "--classifier-positives", REFERENCE, "--classifier-negatives", OTHERS, "--set", "training.updates=0",
    "--set", "training.epoch=1", "--set", "training.dim=4", "--set", "training.bucket=1000",
)  # fmt: skip
NGRAMS = ("--perplexity-reference", REFERENCE, "--set", "ngram.order=2")
EDITS = ("--preset", "c4", "--set", "edit.refinedweb=true", "--where", "length(id) > 1")
KEY = BESIDE / "scrub.key"
KEY.write_bytes(b"a key of the contract tests alone\n")
PSEUDONYMS = ("--entities", "all", "--mode", "pseudonym", "--key-file", str(KEY), "--set", "mode.ip=drop")
CASES = [
    Case("crawl-ingest", (), ("--source", "book")),
    Case("filter", ("--preset", "gopher"), ("--preset", "c4")),
    Case(
        "filter",
        (*EDITS, *NGRAMS, *CLASSIFIER, "--keep-fraction", "0.5"),
        (*CLASSIFIER, "--keep-fraction", "0.4"),
        label="filter-models",
    ),
    Case("dedup", (), ("--threshold", "0.9")),
    Case("scrub", PSEUDONYMS, ("--entities", "email")),
    Case(
        "tokenize",
        ("--train", "bpe", "--vocab-size", "400", "--verify", "--export", "megatron"),
        ("--train", "bpe", "--vocab-size", "300"),
    ),
]


def content(out: Path) -> dict[str, Any]:
    """What must be the same: every file by its hash, the manifest but for what may differ."""
    manifest = {k: v for k, v in json.loads((out / "_manifest.json").read_text()).items() if k not in VOLATILE}
    files = {str(p.relative_to(out)): hashlib.sha256(p.read_bytes()).hexdigest()
             for p in sorted(out.rglob("*")) if p.is_file() and p.name != "_manifest.json"}  # fmt: skip
    return {"files": files, "manifest": manifest}


def stamps(place: Path) -> dict[str, int]:
    """Every path below `place` and when it was written."""
    return {str(p.relative_to(place)): p.stat().st_mtime_ns for p in sorted(place.rglob("*"))}


def draft(out: Path) -> Path:
    """Where an artifact is built."""
    return out.with_name(f".{out.name}.draft")


def finished_units(out: Path) -> int:
    """Markers of finished units in the draft of `out`."""
    done = draft(out) / "_work" / "done"
    return sum(p.suffix == ".json" and p.stem != "plan" for p in done.iterdir()) if done.exists() else 0
