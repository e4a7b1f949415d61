"""dedup with every level, index and hold-out on: the same bytes for any workers, and after any kill."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from near_copies import cuts, documents, stayed, went, written

VOLATILE = ("seconds", "versions", "where")
SETS = ("--set", "line.min_count=4", "--set", "shard_bytes=40KB")
WORDS = ("dedup", "docs.jsonl", "-o", "out", "--level", "document,sentence,line", "--index", "ix", "--hold-out",
         "valid=0.05", *SETS)  # fmt: skip
MENU = "Home - About us - Write to us"


def laid(place: Path) -> Path:
    """A folder with documents and an index of an earlier run."""
    rows = documents(3000, seed=3)
    for row in rows[::3]:
        row["text"] = f"{MENU}\n{row['text']}"
    shared = " ".join(rows[1]["text"].split("\n")[:3])
    for row in rows[::11]:  # a line of sentences that only its end tells apart
        row["text"] += f"\n{shared} This is {row['id']}."
    place.mkdir()
    written(place / "before.jsonl", [{"id": f"before{n}", "text": rows[7 * n + 2]["text"]} for n in range(50)])
    written(place / "docs.jsonl", rows)
    return place


def content(place: Path) -> dict[str, str]:
    """Every file of the artifacts and of the index by its hash; of manifests what is the same."""
    found = {}
    for path in sorted(p for name in ("out", "valid", "ix") for p in (place / name).rglob("*") if p.is_file()):
        raw = path.read_bytes()
        if path.name == "_manifest.json":
            raw = json.dumps({k: v for k, v in json.loads(raw).items() if k not in VOLATILE}).encode()
        found[str(path.relative_to(place))] = hashlib.sha256(raw).hexdigest()
    return found


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, run) -> Path:
    """OUT, VALID and the index of a run with one worker."""
    place = laid(tmp_path_factory.mktemp("dedup") / "place")
    run("dedup", "before.jsonl", "-o", "first", "--index", "ix", cwd=place)
    shutil.copytree(place / "ix", place.parent / "ix")
    run(*WORDS, "-j", "1", cwd=place)
    return place


@pytest.fixture
def place(undisturbed: Path, tmp_path: Path) -> Path:
    """The same folder before the run."""
    place = tmp_path / "place"
    place.mkdir()
    shutil.copy(undisturbed / "docs.jsonl", place)
    shutil.copytree(undisturbed.parent / "ix", place / "ix")
    return place


def test_every_level_has_something_to_do(undisturbed: Path) -> None:
    reasons = {row["removed_by"][0] for row in went(undisturbed / "out").values()}
    assert reasons == {"exact_duplicate", "near_duplicate", "repeated_sentences", "held_out"}
    assert {cut["rule"] for cut in cuts(undisturbed / "out")} >= {"common_line", "repeated_span"}
    assert any(row["twin_id"] and row["twin_id"].startswith("before") for row in went(undisturbed / "out").values())
    assert len(list((undisturbed / "out").glob("part-*.parquet"))) >= 40 and len(stayed(undisturbed / "valid")) > 50


@pytest.mark.parametrize("more", [("-j", "2"), ("-j", "3", "--memory", "2MB")])
def test_workers_and_memory_change_no_byte(more: tuple[str, ...], undisturbed: Path, place: Path, run) -> None:
    run(*WORDS, *more, cwd=place)
    assert content(place) == content(undisturbed)


def start(place: Path, *more: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "llmctl", *WORDS, *more], cwd=place, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE)  # fmt: skip


def finished(place: Path, kind: str = "") -> int:
    """Markers of finished units and passes in the draft."""
    done = place / ".out.draft" / "_work" / "done"
    return sum(path.stem != "plan" and path.name.startswith(kind) for path in done.glob("*.json"))


def kill(process: subprocess.Popen[bytes]) -> None:
    children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert psutil.wait_procs(children, timeout=20)[1] == []  # workers end with their parent


def test_killed_ten_times_it_gives_the_bytes_of_an_undisturbed_run(undisturbed: Path, place: Path, run) -> None:
    """At ten random places between the first finished unit and the end, with one worker and two in turn."""
    chance, hits = random.Random(4), 0
    every = 3 * len(list((undisturbed / "out").glob("part-*.parquet"))) + 6  # three passes over units, pairs, tasks
    for number, goal in enumerate(sorted(chance.sample(range(1, every - 8), 10))):
        process = start(place, "-j", str(1 + number % 2))
        until = time.monotonic() + 100
        while finished(place) < goal and process.poll() is None:
            assert time.monotonic() < until
            time.sleep(0.001)
        time.sleep(chance.random() / 50)
        if process.poll() is None:
            hits += finished(place) >= 1 and not (place / "out").exists()
            kill(process)
    assert hits >= 7
    run(*WORDS, "-j", "2", cwd=place)
    assert content(place) == content(undisturbed)
    assert not list(place.glob(".*.draft")) and not list((place / "ix").glob(".*"))


def test_killed_among_many_ranges_of_keys_it_goes_on_with_few(undisturbed: Path, place: Path, run) -> None:
    """Little memory makes many ranges, much makes one: what the first run joined is none of the second's."""
    process = start(place, "-j", "1", "--memory", "200kB")
    while finished(place, "pairs-") < 3:
        assert process.poll() is None, process.communicate()
        time.sleep(0.001)
    kill(process)
    assert finished(place, "twins-") == 0
    run(*WORDS, "-j", "1", cwd=place)
    assert content(place) == content(undisturbed)
