"""The pages about kinds of sources are true: every shell block runs, in a folder that has `examples/` and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import ROOT
from test_docs import BLOCK, shell

PAGES = sorted((ROOT / "docs" / "sources").glob("*.md"))
KINDS = ("web", "crawl", "conversation", "books", "scientific", "code", "qa", "languages")


def test_every_kind_has_a_page_and_example_files() -> None:
    assert {page.stem for page in PAGES} == set(KINDS)
    assert {place.name for place in (ROOT / "examples" / "sources").iterdir()} == {
        "web", "conversation", "book", "scientific", "code", "qa",
    }  # fmt: skip


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_shell_blocks_run(page: Path, tmp_path: Path) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    blocks = [
        text for kind, quiet, text in BLOCK.findall(page.read_text(encoding="utf-8")) if kind == "sh" and not quiet
    ]
    assert blocks or page.stem in ("crawl", "languages")
    for text in blocks:
        done = shell(text, tmp_path)
        assert done.returncode == 0, f"{text}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?://)([^)#\s]+)", page.read_text(encoding="utf-8"))
    assert all((page.parent / target).exists() for target in targets), targets
