"""Real sources through the command, against what is known of them from elsewhere."""

from __future__ import annotations

import json
import tarfile
from collections import defaultdict
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pyarrow.parquet as pq
import pytest
import zstandard
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter


def rows(out: Path, folder: str = "") -> list[dict[str, Any]]:
    return pq.read_table(out / folder).to_pylist()


def unpacked(path: Path) -> bytes:
    return zstandard.ZstdDecompressor().stream_reader(path.read_bytes()).read()


def components(annotation: str) -> list[set[int]]:
    """Lines that links connect, each set once."""
    together: dict[int, set[int]] = {}
    for line in annotation.split("\n"):
        if line.strip():
            a, b = (int(word) for word in line.split()[:2])
            merged = together.get(a, {a}) | together.get(b, {b})
            together.update(dict.fromkeys(merged, merged))
    return list({id(found): found for found in together.values()}.values())


def test_dialogues_of_annotated_logs_are_the_components_of_their_reply_graph(data: Path, tmp_path: Path, run) -> None:
    source = data / "conversation" / "ubuntu_irc_disentangle.tar.zst"
    run("crawl-ingest", source, "-o", "irc", cwd=tmp_path)
    found: dict[str, list[frozenset[int]]] = defaultdict(list)
    for row in rows(tmp_path / "irc"):
        metadata = json.loads(row["metadata"])
        found[metadata["path"].removesuffix(".raw.txt")].append(frozenset(metadata["messages"]))
    files = {}
    with tarfile.open(fileobj=BytesIO(unpacked(source))) as held:
        for member in held:
            if (stream := held.extractfile(member)) is not None:
                files[member.name] = stream.read().decode("utf-8", "replace")
    annotated = [name.removesuffix(".annotation.txt") for name in files if name.endswith(".annotation.txt")]
    assert len(annotated) == 50
    for name in annotated:
        lines = files[f"{name}.raw.txt"].split("\n")
        said = [
            {n for n in part if not lines[n].startswith("===")} for part in components(files[f"{name}.annotation.txt"])
        ]
        assert sorted(map(sorted, found[name])) == sorted(sorted(part) for part in said if len(part) > 1)


def test_kept_files_of_code_are_the_files_with_their_language_and_licence(data: Path, tmp_path: Path, run) -> None:
    source = data / "code" / "code.jsonl.zst"
    run("crawl-ingest", source, "-o", "code", cwd=tmp_path)
    truth = {row["id"]: row for line in unpacked(source).decode().split("\n") if line for row in [json.loads(line)]}
    kept = rows(tmp_path / "code")
    assert len(kept) >= 0.98 * len(truth)
    assert all(row["text"] == truth[row["id"]]["content"] for row in kept)
    assert all(row["source"] == "code" and row["license"] for row in kept)
    right = [json.loads(row["metadata"])["language"] == truth[row["id"]]["language"] for row in kept]
    assert sum(right) >= 0.98 * len(right)
    assert {row["removed_by"][0] for row in rows(tmp_path / "code", "_removed")} == {
        "vendored",
        "generated",
        "minified",
    }


def test_every_question_worth_it_is_a_document_with_its_answers_in_order(data: Path, tmp_path: Path, run) -> None:
    source = data / "stackexchange" / "jrfoster.Posts.xml.zst"
    run("crawl-ingest", source, "-o", "qa", "--set", "shard_bytes=50000", cwd=tmp_path)
    posts = [post.attrib for post in ElementTree.fromstring(unpacked(source).decode("utf-8-sig"))]
    answers = defaultdict(list)
    for post in posts:
        if post["PostTypeId"] == "2":
            answers[post["ParentId"]].append(post)
    questions = {post["Id"]: post for post in posts if post["PostTypeId"] == "1"}
    worth = [id for id, post in questions.items() if answers[id] or int(post["Score"]) > 0]
    kept = rows(tmp_path / "qa")
    assert len(kept) == len(worth) == 392
    found = {json.loads(row["metadata"])["title"]: json.loads(row["metadata"]).get("answers", []) for row in kept}
    for id in worth:
        accepted = questions[id].get("AcceptedAnswerId")
        order = sorted(
            answers[id], key=lambda a: (a["Id"] != accepted, -int(a["Score"]), a["CreationDate"], int(a["Id"]))
        )
        told = found[" ".join(questions[id]["Title"].split())]
        assert [int(a["id"] if isinstance(a, dict) else a) for a in told] == [int(a["Id"]) for a in order]


def test_every_paper_of_a_bulk_archive_is_a_document(data: Path, tmp_path: Path, run) -> None:
    run("crawl-ingest", data / "scientific" / "arXiv_like_src_2611_001.tar", "-o", "papers", cwd=tmp_path)
    papers = rows(tmp_path / "papers")
    assert len(papers) == 31 and {row["source"] for row in papers} == {"scientific"}
    assert rows(tmp_path / "papers", "_removed") == []


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two WARC files in which one address stands under three spellings, once with a 404 before all."""
    place = tmp_path_factory.mktemp("sites")
    fetches = {
        "a": [("http://one.example/page", "404 Not Found"), ("http://ONE.example:80/page#top", "200 OK"),
              ("http://ads.example/x", "200 OK")],
        "b": [("https://www.one.example/page?utm_source=mail", "200 OK"), ("http://one.example/other", "200 OK")],
    }  # fmt: skip
    for name, pages in fetches.items():
        with (place / f"{name}.warc.gz").open("wb") as stream:
            writer = WARCWriter(stream, gzip=True)
            for url, status in pages:
                headers = StatusAndHeaders(status, [("Content-Type", "text/html")], protocol="HTTP/1.1")
                body = f"<html><body><p>What {name} says of {url} is not much, but it is a whole sentence.</p></body></html>"
                writer.write_record(
                    writer.create_warc_record(url, "response", payload=BytesIO(body.encode()), http_headers=headers)
                )
    (place / "ads").write_text("ads.example\n")
    return place


def test_of_an_address_the_first_record_that_was_served_stays(sites: Path, run) -> None:
    for workers in (1, 2):
        words = ("--set", "url.unique=true", "--set", "shard_bytes=300", "-j", str(workers))
        run("crawl-ingest", "a.warc.gz", "b.warc.gz", *words, "-o", f"out{workers}", cwd=sites)
        assert [row["url"] for row in rows(sites / f"out{workers}")] == [
            "http://ONE.example:80/page#top", "http://ads.example/x", "http://one.example/other",
        ]  # fmt: skip
        assert {row["url"]: row["removed_by"] for row in rows(sites / f"out{workers}", "_removed")} == {
            "http://one.example/page": ["status"],
            "https://www.one.example/page?utm_source=mail": ["url_seen"],
        }


def test_a_blocked_address_goes_with_the_name_of_its_list(sites: Path, run) -> None:
    run("crawl-ingest", "a.warc.gz", "--set", "url.block=ads", "-o", "blocked", cwd=sites)
    gone = {row["url"]: row["removed_by"] for row in rows(sites / "blocked", "_removed")}
    assert gone["http://ads.example/x"] == ["blocked_url:ads"]
