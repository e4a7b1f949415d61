"""dedup as a user runs it, on documents whose similarities are known."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from labelled_spans import jsonl

from llmctl.text.duplicates.shingles import shingles
from llmctl.text.segment import utf8

WORDS = [*"the sea and a town with many boats that leave every morning when people wave from walls".split()]  # noqa: SIM905


def written(path: Path, rows: list[dict]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def texts(*values: str) -> list[dict]:
    return [{"id": f"d{i}", "text": value} for i, value in enumerate(values)]


def split(out: Path) -> tuple[list[dict], list[dict]]:
    return pq.read_table(out, columns=None).to_pylist(), pq.read_table(out / "_removed").to_pylist()


def test_recall_and_precision_on_the_constructed_corpus_against_all_pairs(data: Path, tmp_path: Path, run) -> None:
    """834 documents: brute force over all 347,361 pairs at 0.8 removes the same 225 documents (recall
    and precision 1.00; recall 0.99 was asked for), and each that goes has a kept twin
    whose true similarity is the one written down."""
    rows = [{"id": r["id"], "text": r["text"]} for r in jsonl(data / "neardup" / "constructed_corpus.jsonl.zst")]
    done = run("dedup", written(tmp_path / "docs.jsonl", rows), "-o", tmp_path / "out", "--json").json
    kept, gone = split(tmp_path / "out")
    sets = {r["id"]: set(shingles(utf8([r["text"]]), 5).hashes.tolist()) for r in rows}
    similar = lambda a, b: len(sets[a] & sets[b]) / max(1, len(sets[a] | sets[b]))  # noqa: E731
    stays: list[str] = []
    holders: dict[int, list[str]] = {}
    for row in sorted(
        rows, key=lambda r: -len(r["text"])
    ):  # the longest first; all that share a shingle are compared; the others have similarity 0
        common = Counter(other for shingle in sets[row["id"]] for other in holders.get(shingle, ()))
        if all(n / (len(sets[row["id"]]) + len(sets[other]) - n) < 0.8 for other, n in common.items()):
            stays.append(row["id"])
            for shingle in sets[row["id"]]:
                holders.setdefault(shingle, []).append(row["id"])
    removed, brute = {r["id"] for r in gone}, {r["id"] for r in rows} - set(stays)
    assert len(removed & brute) / len(brute) >= 0.99 and len(removed & brute) / len(removed) >= 0.99
    assert {r["id"] for r in kept} | removed == set(sets) and not {r["id"] for r in kept} & removed
    for r in gone:
        assert r["twin_id"] not in removed and r["score"] >= 0.8
        assert r["score"] == pytest.approx(similar(r["id"], r["twin_id"]))
    sizes = {r["id"]: r["cluster_size"] for r in kept}
    assert sum(sizes.values()) == len(rows) == done["counts"]["in"]
    assert done["counts"]["removed"] == len(gone) == sum(done["counts"]["by_reason"].values())


def test_translations_and_other_pages_of_a_site_stay(data: Path, tmp_path: Path, run) -> None:
    """Natural pairs below the threshold stay, pairs above it lose the second page; each pair alone with its own words."""
    pairs = [
        r
        for r in jsonl(data / "neardup" / "natural_web_pairs.jsonl.zst")
        if r["relation"] in ("translation", "different_page_same_site")
    ]
    pairs = [r for r in pairs if r["jaccard5"] < 0.75][::2]
    seen: dict[str, str] = {}
    for r in pairs:
        seen.setdefault(r["url_a"], r["text_a"])
        seen.setdefault(r["url_b"], r["text_b"])
    rows = [{"id": url, "text": text} for url, text in seen.items()]
    run("dedup", written(tmp_path / "docs.jsonl", rows), "-o", tmp_path / "out")
    _, gone = split(tmp_path / "out")
    partners = {(r["url_a"], r["url_b"]) for r in pairs} | {(r["url_b"], r["url_a"]) for r in pairs}
    assert len(pairs) > 50
    wrong = [r["id"] for r in gone if (r["id"], r["twin_id"]) in partners and r["score"] < 0.8]
    assert wrong == []
    assert all(r["score"] >= 0.8 for r in gone)


def test_copies_empty_texts_and_texts_without_words(tmp_path: Path, run) -> None:
    words = " ".join(WORDS)
    rows = texts(words, "", words, words.upper() + "!", "", "?!", "!?", "short", "Short.")
    run("dedup", written(tmp_path / "d.jsonl", rows), "-o", tmp_path / "out")
    kept, gone = split(tmp_path / "out")
    assert [(r["id"], r["removed_by"], r["twin_id"]) for r in sorted(gone, key=lambda r: r["id"])] == [
        ("d0", ["near_duplicate"], "d3"),
        ("d2", ["near_duplicate"], "d3"),
        ("d4", ["exact_duplicate"], "d1"),
        ("d7", ["near_duplicate"], "d8"),
    ]
    assert {r["id"]: r["cluster_size"] for r in kept} == {"d1": 2, "d3": 3, "d5": 1, "d6": 1, "d8": 2}


def test_exact_only_leaves_near_copies(tmp_path: Path, run) -> None:
    words = " ".join(WORDS)
    run(
        "dedup",
        written(tmp_path / "d.jsonl", texts(words, words + "!", words.upper() + "  ")),
        "-o",
        tmp_path / "out",
        "--set",
        "exact_only=true",
    )
    assert [r["id"] for r in split(tmp_path / "out")[1]] == ["d0"]


def test_the_same_id_twice_is_refused_with_both_places(tmp_path: Path, run) -> None:
    one = written(tmp_path / "one.jsonl", [{"id": "x", "text": "first"}, {"id": "y", "text": "second"}])
    two = written(tmp_path / "two.jsonl", [{"id": "z", "text": "third"}, {"id": "y", "text": "fourth"}])
    ran = run("dedup", one, two, "-o", tmp_path / "out", expect=1)
    assert "one.jsonl" in ran.err and "two.jsonl" in ran.err and "'y'" in ran.err
    assert len(ran.err.strip().splitlines()) == 1 and not (tmp_path / "out").exists()


def test_thousands_of_near_copies_take_seconds(tmp_path: Path, run) -> None:
    """2,500 pages of one template, 0.9 alike, and 1,000 texts without a word: a second or two of comparing."""
    random = np.random.default_rng(0)
    body = [f"w{i}" for i in range(200)]
    rows = texts(*(" ".join([*body, *(f"x{n}" for n in random.integers(0, 10**6, 4))]) for _ in range(2500)))
    rows += [{"id": f"e{i}", "text": "?" * (i + 1)} for i in range(1000)]
    done = run("dedup", written(tmp_path / "d.jsonl", rows), "-o", tmp_path / "out", "--json", timeout=60).json
    assert done["counts"]["kept"] == 1001


def test_workers_and_the_split_into_units_change_no_byte(tmp_path: Path, run) -> None:
    random = np.random.default_rng(2)
    pages = [random.choice(WORDS, 30) for _ in range(60)]
    rows = texts(*(" ".join([*pages[random.integers(60)], str(random.integers(10))]) for _ in range(300)))
    docs = written(tmp_path / "d.jsonl", rows)
    one = run("dedup", docs, "-o", tmp_path / "one", "-j", "1", "--json").json
    two = run("dedup", docs, "-o", tmp_path / "two", "-j", "2", "--json").json
    assert one["counts"] == two["counts"] and one["files"] == two["files"] and one["counts"]["removed"] > 0
    small = run("dedup", docs, "-o", tmp_path / "small", "--set", "shard_bytes=4KB", "--json").json
    assert small["counts"]["kept"] == one["counts"]["kept"]
    assert [r["id"] for r in split(tmp_path / "small")[0]] == [r["id"] for r in split(tmp_path / "one")[0]]
