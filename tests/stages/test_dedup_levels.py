"""dedup at the level of sentences and lines, as a user runs it: what is cut, where, and which documents go for it."""

from __future__ import annotations

import random
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from near_copies import Row, cuts, documents, page, stayed, went, written

SAME = "The harbour was quiet that morning. "
TWICE = f"I like tea \U0001f375. \u5c71\u9ad8\u6c34\u957f\u3002{SAME}{SAME}Boats left."
STORY = "The pilot came home late in May. Nobody at the quay had seen him before. He sold his boat to a tailor."
MENU = "Home - About us - Write to us"


def without(text: str, rows: list[Row]) -> str:
    """The text without the cuts, by Python's own slices of code points."""
    for cut in sorted(rows, key=lambda row: -row["start"]):
        text = text[: cut["start"]] + text[cut["end"] :]
    return text


def pages(count: int, host: str = "shop.example", menu: str = MENU) -> list[Row]:
    """Pages of a host, each with the menu and lines of its own."""
    chance = random.Random(host)
    return [
        {"id": f"{host}-{n}", "url": f"http://{host}/{n}", "text": f"{menu}\n{page(chance, 2)}"} for n in range(count)
    ]


def test_a_repeated_sentence_is_cut_and_the_cut_says_where(tmp_path: Path, run) -> None:
    docs = written(tmp_path / "d.jsonl", [{"id": "tea", "text": TWICE}, {"id": "plain", "text": STORY}])
    done = run("dedup", docs, "-o", tmp_path / "out", "--level", "sentence", "--json").json
    rows = stayed(tmp_path / "out")
    start = TWICE.rindex("The harbour")
    assert cuts(tmp_path / "out") == [
        {"id": "tea", "start": start, "end": TWICE.index("Boats"), "rule": "repeated_sentence"}
    ]
    assert rows["tea"]["text"] == without(TWICE, cuts(tmp_path / "out")) == TWICE.replace(SAME, "", 1)
    assert rows["plain"]["text"] == STORY
    assert "cluster_size" not in rows["tea"]
    assert done["counts"]["kept"] == 2 and any(f["path"].startswith("_cuts/") for f in done["files"])


@pytest.mark.parametrize("level", ["sentence", "line", "sentence,line", "line,sentence,document"])
def test_the_cuts_of_every_level_lead_from_the_text_as_it_came_to_the_text_that_stays(
    level: str, tmp_path: Path, run
) -> None:
    rows = (
        documents(200)
        + pages(15)
        + pages(12, "b\u00fccher.example", "\u9996\u9875 \u5173\u4e8e \u8054\u7cfb\u6211\u4eec \U0001f44b")
    )
    rows += [{"id": f"half{n}", "text": f"{STORY} {page(random.Random(n))}"} for n in range(8)]
    rows.append({"id": "tea", "text": TWICE, "url": "http://tea.example/"})
    docs = written(tmp_path / "d.jsonl", rows)
    words = ("--level", level, "--set", "line.min_count=3", "--set", "shard_bytes=9KB")
    run("dedup", docs, "-o", tmp_path / "out", *words)
    found, kept_rows = cuts(tmp_path / "out"), stayed(tmp_path / "out")
    assert {cut["id"] for cut in found} <= set(kept_rows) and len(found) > 5
    for row in rows:
        if row["id"] in kept_rows:
            assert kept_rows[row["id"]]["text"] == without(row["text"], [c for c in found if c["id"] == row["id"]])
    assert len(kept_rows) + len(went(tmp_path / "out")) == len(rows)
    for row in went(tmp_path / "out").values():  # what goes is told as it came
        assert row["text"] == next(r["text"] for r in rows if r["id"] == row["id"])


def test_a_line_on_most_pages_of_a_host_is_cut_and_one_that_stands_once_is_not(tmp_path: Path, run) -> None:
    docs = written(tmp_path / "d.jsonl", [*pages(12), *pages(9, "small.example")])
    run("dedup", docs, "-o", tmp_path / "out", "--level", "line")
    rows = stayed(tmp_path / "out")
    assert {(cut["id"].partition("-")[0], cut["start"], cut["end"], cut["rule"]) for cut in cuts(tmp_path / "out")} == {
        ("shop.example", 0, len(MENU) + 1, "host_line")
    }
    assert all(MENU not in row["text"] and row["text"].startswith("The ") for id, row in rows.items() if "shop" in id)
    assert all(row["text"].startswith(MENU) for id, row in rows.items() if "small" in id)  # nine pages are too few


def test_a_line_on_three_documents_is_cut_by_its_count_digits_and_capitals_aside(tmp_path: Path, run) -> None:
    lines = ["Read 12 more stories", "Read 34 more stories", "read 56 more stories", "Read the news"]
    own = [
        "The ferry carries barrels.",
        "A lantern lights the quay.",
        "Gulls follow every plough.",
        "Clerks count coins.",
    ]
    rows = [{"id": f"d{i}", "text": f"{text}\n{line}"} for i, (text, line) in enumerate(zip(own, lines, strict=True))]
    docs = written(tmp_path / "d.jsonl", rows)
    words = ("--level", "line", "--set", "line.min_count=3")
    run("dedup", docs, "-o", tmp_path / "out", *words)
    assert [row["text"] for row in stayed(tmp_path / "out").values()] == [*own[:3], rows[3]["text"]]
    run("dedup", docs, "-o", tmp_path / "one", *words, "--set", "line.keep=first")
    assert [row["text"] for row in stayed(tmp_path / "one").values()] == [rows[0]["text"], *own[1:3], rows[3]["text"]]


def test_lines_without_addresses_and_without_a_count_are_not_cut(tmp_path: Path, run) -> None:
    rows = [{"id": row["id"], "text": row["text"]} for row in pages(12)]
    run("dedup", written(tmp_path / "d.jsonl", rows), "-o", tmp_path / "out", "--level", "line")
    assert [row["text"] for row in stayed(tmp_path / "out").values()] == [row["text"] for row in rows]
    assert cuts(tmp_path / "out") == []


def test_three_sentences_that_an_earlier_document_has_are_cut(tmp_path: Path, run) -> None:
    own = (
        "Years went by without any word. Then a letter came from Oslo. It held four lines and a key. She read it twice."
    )
    rows = [{"id": "first", "text": STORY}, {"id": "second", "text": f"{STORY} {own}"}]
    run("dedup", written(tmp_path / "d.jsonl", rows), "-o", tmp_path / "out", "--level", "sentence")
    assert {id: row["text"] for id, row in stayed(tmp_path / "out").items()} == {"first": STORY, "second": own}
    assert [cut["rule"] for cut in cuts(tmp_path / "out")] == ["repeated_span"]
    run("dedup", tmp_path / "d.jsonl", "-o", tmp_path / "off", "--level", "sentence", "--set", "sentence.span=0")
    assert {id: row["text"] for id, row in stayed(tmp_path / "off").items()} == {row["id"]: row["text"] for row in rows}


def test_a_document_that_would_lose_more_than_the_limit_goes_whole(tmp_path: Path, run) -> None:
    copy = f"{STORY} Then came June."
    docs = written(tmp_path / "d.jsonl", [{"id": "first", "text": STORY}, {"id": "copy", "text": copy}])
    done = run("dedup", docs, "-o", tmp_path / "out", "--level", "sentence", "--json").json
    row = went(tmp_path / "out")["copy"]
    letters = [sum(map(str.isalnum, text)) for text in (STORY, copy)]
    assert (row["removed_by"], row["twin_id"], row["text"]) == (["repeated_sentences"], None, copy)
    assert row["breaches"] == [
        {"rule": "repeated_sentences", "value": pytest.approx(letters[0] / letters[1]), "low": None, "high": 0.5}
    ]
    assert done["counts"]["by_reason"] == {"repeated_sentences": 1} and cuts(tmp_path / "out") == []
    run("dedup", docs, "-o", tmp_path / "all", "--level", "sentence", "--set", "max_shrink=1")
    assert stayed(tmp_path / "all")["copy"]["text"] == "Then came June."


def test_sentences_of_a_document_that_goes_do_not_cut_those_of_its_twin(tmp_path: Path, run) -> None:
    rows = [{"id": "copy", "text": STORY}, {"id": "twin", "text": f"{STORY} Yes."}]
    docs = written(tmp_path / "d.jsonl", rows)
    run("dedup", docs, "-o", tmp_path / "out", "--level", "document,sentence")
    assert [(id, row["text"], row["cluster_size"]) for id, row in stayed(tmp_path / "out").items()] == [
        ("twin", f"{STORY} Yes.", 2)
    ]
    assert {id: (row["removed_by"], row["twin_id"]) for id, row in went(tmp_path / "out").items()} == {
        "copy": (["near_duplicate"], "twin")
    }
    run("dedup", docs, "-o", tmp_path / "alone", "--level", "sentence")
    assert set(went(tmp_path / "alone")) == {"twin"}


@pytest.mark.parametrize("words", [("--hold-out", "v=0.1"), ("--index", "ix"), ("--within", "lang")])
def test_what_needs_the_document_level_says_so(words: tuple[str, str], tmp_path: Path, run) -> None:
    docs = written(tmp_path / "d.jsonl", [{"id": "a", "text": STORY}])
    ran = run("dedup", docs, "-o", "out", "--level", "line", *words, cwd=tmp_path, expect=2)
    assert "--level document,line" in ran.err and ran.err.count("\n") == 1
    assert sorted(p.name for p in tmp_path.iterdir()) == ["d.jsonl"]


def test_a_second_run_over_the_result_cuts_nothing_more(tmp_path: Path, run) -> None:
    docs = written(tmp_path / "d.jsonl", [*pages(15), {"id": "tea", "text": TWICE}])
    words = ("--level", "document,sentence,line")
    run("dedup", docs, "-o", tmp_path / "once", *words)
    run("dedup", tmp_path / "once", "-o", tmp_path / "again", *words)
    assert cuts(tmp_path / "once") and cuts(tmp_path / "again") == []
    assert pq.read_table(tmp_path / "once")["text"] == pq.read_table(tmp_path / "again")["text"]
