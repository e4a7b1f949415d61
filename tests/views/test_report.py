"""report: the manifests' figures on one page that asks nobody for anything and believes no text to be markup."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from small_chain import STAGES


class Page(HTMLParser):
    """Tags, attributes, and the tables as rows of text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.rows: list[list[str]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th") and self.rows:
            self.rows[-1].append("")

    def handle_data(self, data: str) -> None:
        self.text += data
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] += data


@pytest.fixture(scope="module")
def source(chained: Path, run) -> str:
    run("report", "tokens", "-o", "report.html", cwd=chained)
    return (chained / "report.html").read_text(encoding="utf-8")


def test_the_figures_are_those_of_the_manifests(source: str, chained: Path) -> None:
    rows = {row[0]: row for row in Page(source).rows if row}
    for name in STAGES:
        manifest = json.loads((chained / name / "_manifest.json").read_text(encoding="utf-8"))
        counts = manifest["counts"]
        shown = [cell.replace(",", "") for cell in rows[name][:5]]
        assert shown == [name, manifest["stage"], *(str(counts[key]) for key in ("in", "kept", "removed"))]
        for reason, count in counts["by_reason"].items():
            assert rows[reason][1] == str(count)
    tokens = json.loads((chained / "tokens" / "_manifest.json").read_text(encoding="utf-8"))["counts"]["tokens"]
    assert f"{tokens:,}" in rows["tokens"]


def test_nothing_is_fetched_and_nothing_runs(source: str) -> None:
    page = Page(source)
    assert not {"script", "link", "img", "iframe", "object", "embed", "base", "video", "form"} & set(page.tags)
    assert [
        a for a in page.attributes if a[1] in ("src", "href", "srcset", "action", "data") or a[1].startswith("on")
    ] == []
    assert not re.search(r"url\(|@import", source)


def test_texts_ids_urls_and_paths_are_text(source: str) -> None:
    page = Page(source)
    assert not {"b", "i", "u"} & set(page.tags)
    assert "<b>bold</b>" in page.text and STAGES[0] in page.text


def test_the_twin_and_its_score_stand_with_the_removal(source: str) -> None:
    (row,) = [row for row in Page(source).rows if row and row[0] == "near_duplicate"]
    assert "twin" in row[2] and "first" in row[2] and "0.8" in row[2]


def test_two_artifacts_on_one_page_and_an_unknown_one(chained: Path, tmp_path: Path, run) -> None:
    told = run("report", "unique", "safe", "-o", tmp_path / "both.html", "--json", cwd=chained).json
    assert [Path(path).name for path in told["artifacts"]] == [STAGES[0], "unique", "safe"]
    run("report", "nowhere", "-o", tmp_path / "none.html", cwd=chained, expect=1)
    assert not (tmp_path / "none.html").exists()


def test_the_tokenizer_s_figures_are_those_of_fertility_and_drawn(source: str, chained: Path, run) -> None:
    told = run("show", "tokens", "fertility", "--json", cwd=chained).json
    whole = told["groups"][0]
    (row,) = (row for row in Page(source).rows if row[:2] == ["all", "all"])
    assert row[2:4] == [str(whole["documents"]), str(whole["tokens"])]
    assert row[4] == f"{whole['tokens_per_word']:,.4g}" and row[6] == f"{whole['bytes_per_token']:,.4g}"
    assert "<h2>Tokenizer</h2>" in source and f"from {told['of']} of {told['of']} documents, decoded" in source
    assert (
        source.count("aria-label='tokens per character'")
        == source.count("aria-label='bytes of UTF-8 text per token'")
        == 1
    )
