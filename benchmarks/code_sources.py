"""Claim: the languages and licences of code are told right, and rules remove what no person wrote.

`python -m benchmarks.code_sources DATA [--files N]` prints four figures. DATA is the folder of test data: its 662 labelled
files tell how often a language is right, by name and by content alone. The packages that are installed beside the program
tell the rest: their `License-Expression` is the gold of their licence files, and their sources, of which N are drawn, say
how many files each rule takes; the paths are printed, to be looked at by eye.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sysconfig
import time
from collections import Counter
from collections.abc import Iterator
from email import message_from_string
from pathlib import Path
from typing import Any

import zstandard

from llmctl.text.sources.code import documents
from llmctl.text.sources.programs import licenses
from llmctl.text.sources.programs.recognize import language_of
from llmctl.text.sources.programs.removals import RULES, SourceFile, broken
from llmctl.text.sources.record import Record, Refused

ENDINGS = (
    ".py",
    ".pyi",
    ".pyx",
    ".pxd",
    ".c",
    ".h",
    ".cc",
    ".cpp",
    ".hpp",
    ".js",
    ".ts",
    ".css",
    ".json",
    ".yaml",
    ".toml",
    ".sh",
)
TOLERANCES = (0.6, 0.7, 0.8, 0.9)
SINGLE = re.compile(r"[\w.-]+")  # an expression of one licence
# directories of installed packages are what `vendored` is about: here they are the place itself
JUDGED = ("generated", "minified", "data_like")


def labelled(data: Path) -> list[dict[str, Any]]:
    with zstandard.open(data / "code" / "code.jsonl.zst", "rt", encoding="utf-8", newline="") as file:
        return [json.loads(line) for line in file]


def tell_languages(rows: list[dict[str, Any]]) -> None:
    for how in ("name and content", "content alone"):
        found = [language_of(row["path"] if how[0] == "n" else "", row["content"]) for row in rows]
        answered = [(one.name, row["language"]) for one, row in zip(found, rows, strict=True) if one]
        right = sum(ours == theirs for ours, theirs in answered)
        print(f"language by {how}: {len(answered)} of {len(rows)} answered, {right / len(answered):.1%} of these right")


def tell_removals(rows: list[dict[str, Any]]) -> None:
    started, gone = time.process_time(), Counter[str]()
    for row in rows:
        try:
            documents(Record(given={name: row[name] for name in ("content", "path", "repo", "licence")}))
        except Refused as why:
            gone[why.reason] += 1
            print(f"  {why.reason}: {row['id']}")
    size = sum(len(row["content"]) for row in rows)
    print(
        f"labelled files: {dict(gone)} of {len(rows)} removed; {size / 1e6 / (time.process_time() - started):.1f} MB/s"
    )


def licence_files(place: Path) -> Iterator[tuple[Path, str]]:
    """Licence files at the top of a package's folder, where its metadata names one licence."""
    for folder in sorted(place.glob("*.dist-info")):
        gold = message_from_string((folder / "METADATA").read_text(errors="replace")).get("License-Expression")
        if gold and SINGLE.fullmatch(gold):
            files = [*folder.glob("licenses/*"), *folder.glob("*")]
            yield from ((file, gold) for file in files if file.is_file() and licenses.is_license_name(file.name))


def tell_licences(place: Path) -> None:
    files = [(path, path.read_text(errors="replace"), gold) for path, gold in licence_files(place)]
    for tolerance in TOLERANCES:
        licenses.TRIPLES = tolerance  # type: ignore[misc]
        wrong = [
            (path.parent.parent.name, found, gold)
            for path, text, gold in files
            if (found := licenses.license_of(text)) != gold
        ]
        print(f"licence files at tolerance {tolerance}: {len(files) - len(wrong)} of {len(files)} right; {wrong}")


def tell_rules(place: Path, count: int) -> None:
    paths = sorted(path for path in place.rglob("*") if path.suffix in ENDINGS and path.is_file())
    drawn = random.Random(1).sample(paths, min(count, len(paths)))
    taken: dict[str, list[str]] = {rule.name: [] for rule in RULES}
    judged = 0
    for path in drawn:
        try:
            text = path.read_bytes().decode()
        except UnicodeDecodeError:
            continue
        name = path.relative_to(place).as_posix()
        language = language_of(name, text)
        if language and text.strip():
            judged += 1
            if found := broken(SourceFile(name, text, language), JUDGED):
                taken[found.rule.name].append(f"{name} ({found.value:.2f})")
    print(f"rules on {judged} files of installed packages:")
    for rule, names in taken.items():
        print(f"  {rule}: {len(names)} {'; '.join(names[:12])}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--files", type=int, default=5000)
    asked = parser.parse_args()
    rows, place = labelled(asked.data), Path(sysconfig.get_path("purelib"))
    tell_languages(rows)
    tell_removals(rows)
    tell_licences(place)
    tell_rules(place, asked.files)


if __name__ == "__main__":
    main()
