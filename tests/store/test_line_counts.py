"""Counting lines out of core: the same result for any split and memory, and the pages of a real host."""

from __future__ import annotations

import tracemalloc
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from fastwarc.warc import ArchiveIterator, WarcRecordType
from resiliparse.extract.html2text import extract_plain_text

from llmctl.store.line_counts import merge_counts, open_frequent, write_counts
from llmctl.text.duplicates.cuts import apply_cuts
from llmctl.text.duplicates.lines import Found, Frequent, Table, combine, count_batch, table_of
from llmctl.text.duplicates.marks import Limits, cuts_of

NONE = Found(np.empty(0, np.uint64), np.empty(0, np.uint64))
RULES = {"min_count": 2, "host_share": 0.2, "host_pages": 10}


def counted(place: Path, texts: list[str], urls: list[str | None], *, unit: int, batch: int) -> list[str]:
    """Write the counts of these documents in units of so many, each in batches; the names of the units."""
    names = []
    for number, start in enumerate(range(0, len(texts), unit)):
        edges = [
            (i, min(i + batch, start + unit, len(texts))) for i in range(start, min(start + unit, len(texts)), batch)
        ]
        write_counts(place, f"{number:05d}", [count_batch(texts[a:b], urls[a:b], range(a, b)) for a, b in edges])
        names.append(f"{number:05d}")
    return names


def merged(place: Path, texts: list[str], urls: list[str | None], *, unit: int, batch: int, budget: int) -> Frequent:
    units = counted(place, texts, urls, unit=unit, batch=batch)
    merge_counts(place, units, place / "out", budget, **RULES)
    return open_frequent(place / "out")


def some_pages() -> tuple[list[str], list[str | None]]:
    """300 pages of three hosts with lines and sentences from a small stock."""
    rng = np.random.default_rng(5)
    texts = ["\n".join(f"Line {n} has a word. And {n} more." for n in rng.zipf(1.3, 9) % 500) for _ in range(300)]
    return texts, [(None, "http://a.example/x", "http://b.example/y")[i % 3] for i in range(300)]


def files_of(place: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((place / "out").iterdir())}


@pytest.mark.parametrize(
    ("unit", "batch", "budget"), [(300, 7, 1 << 30), (1, 1, 20_000), (64, 300, 3_000), (7, 2, 100_000)]
)
def test_the_result_is_the_same_bytes_for_any_units_batches_and_memory(
    tmp_path: Path, unit: int, batch: int, budget: int
) -> None:
    texts, urls = some_pages()
    merged(tmp_path / "one", texts, urls, unit=300, batch=300, budget=1 << 30)
    found = merged(tmp_path / "other", texts, urls, unit=unit, batch=batch, budget=budget)
    assert files_of(tmp_path / "one") == files_of(tmp_path / "other")
    assert min(len(kind.key) for kind in found) > 0


def test_the_merge_keeps_within_its_memory(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)

    def table() -> Table:
        keys = rng.integers(1, 1 << 64, 200_000, dtype=np.uint64)
        return combine([table_of(keys, np.arange(len(keys), dtype=np.uint64))])

    for unit in range(4):
        write_counts(tmp_path, f"{unit}", [{"spans": table()}])
    size = sum(path.stat().st_size for path in tmp_path.iterdir())
    tracemalloc.start()
    merge_counts(tmp_path, [*"0123"], tmp_path / "out", size // 8, **RULES)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak <= size // 8 and size > 19_000_000


def test_nothing_counted_gives_nothing_to_cut(tmp_path: Path) -> None:
    merge_counts(tmp_path, ["00000"], tmp_path / "out", 1000, **RULES)
    assert [len(kind.key) for kind in open_frequent(tmp_path / "out")] == [0, 0, 0]


@pytest.mark.parametrize(
    ("pages", "holding", "cut"),
    [(10, 2, False), (10, 3, True), (9, 9, False), (100, 20, False), (100, 21, True), (15, 3, False), (15, 4, True)],
)
def test_a_host_line_is_one_on_more_than_a_fifth_of_at_least_ten_pages(
    tmp_path: Path, pages: int, holding: int, cut: bool
) -> None:
    texts = [f"Home\nPage {i}" if i < holding else f"Page {i}" for i in range(pages)]
    found = merged(tmp_path, texts, ["http://a.example/"] * pages, unit=4, batch=4, budget=1000)
    assert len(found.host_lines.key) == cut


@pytest.fixture(scope="module")
def handbook(data: Path) -> dict[str, str]:
    """All text of the pages of a crawled handbook, menus included, by address."""
    pages = {}
    with (data / "web/crawl/handbook.example.warc.gz").open("rb") as stream:
        for record in ArchiveIterator(stream, record_types=WarcRecordType.response):
            if record.http_headers.status_code == 200 and "html" in (record.http_content_type or ""):
                html = record.reader.read().decode("utf-8", "replace")
                pages[record.headers["WARC-Target-URI"].strip("<>")] = extract_plain_text(html)
    return pages


def test_lines_on_a_fifth_of_a_real_host_go_and_lines_on_one_page_stay(
    handbook: dict[str, str], tmp_path: Path
) -> None:
    """1,409 pages; counted once more here, line by line, over all of them."""
    urls, texts = list(handbook), list(handbook.values())
    assert len(urls) > 1400 and {url.split("/")[2] for url in urls} == {"handbook.example"}
    count = Counter(line for text in texts for line in {line.strip() for line in text.split("\n")} - {""})
    often = {line for line, pages in count.items() if pages > 0.2 * len(texts)}
    once = {line for line, pages in count.items() if pages == 1}
    assert {"Download the ebook", "Product SiteDocumentation Site"} <= often and len(once) > 10_000

    found = merged(tmp_path, texts, urls, unit=100, batch=40, budget=1 << 20)._replace(lines=NONE)
    cuts = cuts_of(texts, urls, range(len(texts)), Limits(sentences=False), found)
    left = [[line.strip() for line in text.split("\n")] for text in apply_cuts(texts, cuts).to_pylist()]
    assert not often & {line for lines in left for line in lines}
    for before, after in zip(texts, left, strict=True):
        assert Counter(after) >= Counter(line for line in map(str.strip, before.split("\n")) if line in once)
    assert set(cuts.rule) == {"host_line"} and len(set(cuts.row.tolist())) == 1408
