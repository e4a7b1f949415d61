"""An address as SOURCE: crawled into a WARC, judged as any archive, and not asked again."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hostile_site import Site, page, serving
from warcio.archiveiterator import ArchiveIterator

HERE = ("--set", "crawl.allow_private=127.0.0.1", "--set", "crawl.delay=0")
PAGES = 12
STORY = "Page {} of a story about a ferry that crosses the river every hour until the ice comes."


@pytest.fixture
def site() -> Iterator[Site]:
    """Pages in a row, each linking to the next; the second is slow enough to be killed in."""
    paths = {f"/{n}": page(f"/{n + 1}", text=STORY.format(n)) for n in range(PAGES)}
    with serving({"/": page("/0", text=STORY.format("none")), **paths}) as found:
        yield found


def test_an_address_is_crawled_into_a_warc_once_and_its_pages_are_documents(site: Site, tmp_path: Path, run) -> None:
    words = ("crawl-ingest", f"{site.url}/", *HERE, "-o", "raw")
    manifest = run(*words, "--json", cwd=tmp_path).json
    assert manifest["counts"]["documents"] == PAGES + 1 == manifest["crawl"]["pages"]
    assert manifest["inputs"][0]["path"] == f"{site.url}/"
    urls = {row["url"] for row in pq.read_table(tmp_path / "raw").to_pylist()}
    assert {f"{site.url}/{n}" for n in range(PAGES)} < urls
    with (tmp_path / "raw.warc.gz").open("rb") as stream:
        kinds = [record.rec_type for record in ArchiveIterator(stream)]
    assert kinds[0] == "warcinfo" and kinds.count("response") >= PAGES
    asked = len(site.asked)
    assert "already done" in run(*words, cwd=tmp_path).out
    assert len(site.asked) == asked


def test_max_pages_is_kept_and_other_limits_are_another_artifact(site: Site, tmp_path: Path, run) -> None:
    words = ("crawl-ingest", f"{site.url}/", *HERE, "-o", "raw", "--warc", "kept.warc.gz")
    assert run(*words, "--max-pages", "3", "--json", cwd=tmp_path).json["crawl"]["ended"] == "max_pages"
    assert (tmp_path / "kept.warc.gz").exists() and not (tmp_path / "raw.warc.gz").exists()
    run(*words, "--max-pages", "5", cwd=tmp_path, expect=3)
    assert run(*words, "--max-pages", "5", "--force", "--json", cwd=tmp_path).json["crawl"]["pages"] == 5


def test_killed_and_run_again_it_asks_for_no_page_twice_but_the_one_under_way(site: Site, tmp_path: Path, run) -> None:
    slow = ("--set", "crawl.allow_private=127.0.0.1", "--set", "crawl.delay=0.15")
    words = ("crawl-ingest", f"{site.url}/", "-o", "raw")
    process = subprocess.Popen([sys.executable, "-m", "llmctl", *words, *slow], cwd=tmp_path)
    until = time.monotonic() + 60
    while len(site.asked) < 7:
        assert process.poll() is None and time.monotonic() < until
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "raw").exists()
    manifest = run(*words, *HERE, "--json", cwd=tmp_path).json
    assert manifest["counts"]["documents"] == PAGES + 1
    pages = [path for path in site.asked if path.lstrip("/").isdigit()]
    assert len(pages) - len(set(pages)) <= 1


def test_a_private_address_is_refused_in_one_sentence(site: Site, tmp_path: Path, run) -> None:
    refused = run("crawl-ingest", f"{site.url}/", "-o", "raw", cwd=tmp_path, expect=1)
    assert refused.err.count("\n") == 1 and "crawl.allow_private" in refused.err
    assert site.asked == []


@pytest.mark.parametrize(
    "words", [("--dry-run", "-o", "raw"), ("--preview", "5"), ("-o", "-"), ("-o", "raw", "--max-pages", "0")]
)
def test_what_cannot_be_is_refused_before_anything_is_asked(
    words: tuple[str, ...], site: Site, tmp_path: Path, run
) -> None:
    refused = run("crawl-ingest", f"{site.url}/", *HERE, *words, cwd=tmp_path, expect=2)
    assert refused.err.count("\n") == 1 and site.asked == [] and json.dumps(list(tmp_path.iterdir())) == "[]"
