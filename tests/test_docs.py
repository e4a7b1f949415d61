"""The documentation is true: every shell line of README.md runs, in its order, on small data, and its Python; links lead somewhere.

A block marked `sh no-run` is not executed here: `make demo` and `make test` are what runs this, and their targets are checked.
Training is cut to two steps. The crawl is made of Python's own language reference, which every interpreter carries.
"""

from __future__ import annotations

import gzip
import html
import json
import os
import re
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from pydoc_data.topics import topics

import pyarrow.parquet as pq
import pytest
from conftest import ROOT
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w+)( no-run)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = [(kind, not quiet, text) for kind, quiet, text in BLOCK.findall(README)]
SHORTER = {f"--max-steps {n}": "--max-steps 2 --set train.threads=1" for n in (500, 50)}
PAGE = "<html><head><title>{title}</title></head><body><article><h1>{title}</h1>{body}</article></body></html>"


def page(title: str, text: str) -> bytes:
    paragraphs = "".join(f"<p>{html.escape(' '.join(p.split()))}</p>" for p in text.split("\n\n"))
    return PAGE.format(title=html.escape(title), body=paragraphs).encode()


def write_crawl(path: Path) -> None:
    """A page a topic, and one of them at a second address."""
    pages = [(f"http://reference.example/{name}", page(name, text)) for name, text in sorted(topics.items())]
    pages.append(("http://mirror.example/copy", max((body for _, body in pages), key=len)))
    with path.open("wb") as stream:
        writer = WARCWriter(stream, gzip=True)
        for url, body in pages:
            headers = StatusAndHeaders("200 OK", [("Content-Type", "text/html; charset=utf-8")], protocol="HTTP/1.1")
            writer.write_record(writer.create_warc_record(url, "response", payload=BytesIO(body), http_headers=headers))


def json_lines(rows: list[dict]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which a reader of the README stands."""
    folder = tmp_path_factory.mktemp("readme")
    (folder / "crawl").mkdir()
    write_crawl(folder / "crawl" / "site.warc.gz")
    rows = [{"id": name, "text": f"{text}\n\nWrite to editor@python.org."} for name, text in sorted(topics.items())]
    (folder / "docs.jsonl.gz").write_bytes(gzip.compress(json_lines(rows[:30]).encode()))
    kinds = [("negative", "bad"), ("positive", "good")] * 6
    reviews = [{"id": n, "text": f"Film {n} was {word}.", "label_text": label} for n, (label, word) in enumerate(kinds)]
    (folder / "test.jsonl").write_text(json_lines(reviews[:6]))
    (folder / "train.jsonl").write_text(json_lines(reviews[6:]))
    (folder / "sst2.toml").write_text(
        'name = "sst2"\ntest = "test.jsonl"\npool = "train.jsonl"\ntemplate = "Review: {{ text }}\\nSentiment:"\n'
        'label = "label_text"\nlabels = ["negative", "positive"]\n'
    )
    (folder / "summary.prompt.md").write_text(
        "---\nname: summary\ninputs: {text: {type: text}}\n---\n{{ text }}\nIn short:\n"
    )
    (folder / "doc.txt").write_text("The with statement wraps a block of code.")
    return folder


def shell(text: str, folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Lines of bash, any of which may fail the whole; `llmctl` and `torchrun` are those beside this interpreter."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(["bash", "-euo", "pipefail", "-c", text], cwd=folder, capture_output=True, text=True, timeout=500,
                          env={**os.environ, "PATH": path, "OMP_NUM_THREADS": "1", **more})  # fmt: skip


@pytest.fixture(scope="module")
def walked(place: Path) -> Path:
    """The folder after every shell block of the README ran."""
    for kind, runs, text in BLOCKS:
        if kind != "sh" or not runs:
            continue
        for long, short in SHORTER.items():
            text = text.replace(long, short)
        known = {}
        if (place / "unique").exists():
            known["ID"] = pq.read_table(place / "unique" / "_removed")["id"][0].as_py()
        done = shell(text, place, **known)
        assert done.returncode == 0, f"{text}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return place


def test_the_pipeline_ends_in_a_report_about_all_of_it(walked: Path) -> None:
    assert pq.read_table(walked / "results").num_rows == 12
    text = (walked / "report.html").read_text()
    assert all(name in text for name in ("crawl-ingest", "filter", "dedup", "scrub", "tokenize"))


def test_the_copy_of_a_page_went_as_a_duplicate(walked: Path) -> None:
    counts = json.loads((walked / "unique" / "_manifest.json").read_text())["counts"]
    assert sum(counts["by_reason"].values()) >= 1 and counts["kept"] > 10


def test_the_pipe_masked_addresses_and_wrote_rows(walked: Path) -> None:
    rows = [json.loads(line) for line in (walked / "clean.jsonl").read_text().splitlines()]
    assert rows and all("editor@python.org" not in row["text"] and "<EMAIL>" in row["text"] for row in rows)


def test_preview_and_dry_run_wrote_nothing(walked: Path) -> None:
    assert not (walked / "clean2").exists()


@pytest.mark.parametrize("run", ["run2", "run3"])
def test_two_processes_trained_as_one(walked: Path, run: str) -> None:
    one, two = (
        [
            json.loads(line)["loss"]
            for line in (walked / name / "metrics.jsonl").read_text().splitlines()
            if '"loss"' in line
        ]
        for name in ("run", run)
    )
    assert len(one) == 2 and two == pytest.approx(one, abs=1e-5)


def test_the_makefile_of_the_readme_makes_once(walked: Path) -> None:
    (text,) = (text for kind, _, text in BLOCKS if kind == "make")
    (walked / "Makefile").write_text(text)
    first, second = shell("make clean4/_manifest.json", walked), shell("make clean4/_manifest.json", walked)
    assert first.returncode == 0 and "filter" in first.stdout, first.stderr
    assert "up to date" in second.stdout


def test_the_python_of_the_readme_runs(walked: Path) -> None:
    (text,) = (text for kind, _, text in BLOCKS if kind == "python")
    done = subprocess.run([sys.executable, "-c", text], cwd=walked, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr


def test_a_second_walk_has_nothing_to_do(walked: Path) -> None:
    done = shell("llmctl crawl-ingest crawl/*.warc.gz -o raw", walked)
    assert done.returncode == 0 and done.stdout.startswith("already done")


@pytest.mark.parametrize("target", ["demo", "test", "check", ".venv"])
def test_the_makefile_has_what_the_readme_names(target: str) -> None:
    assert f"make {target}" in README
    done = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_continuous_integration_runs_make_test_and_no_more() -> None:
    lines = (ROOT / ".ci" / "run").read_text().splitlines()
    assert [line for line in lines if not line.startswith(("#", "set ", "cd "))] == ["make test"]


DOCUMENTS = [ROOT / "README.md", *ROOT.glob("docs/*.md"), *ROOT.glob("examples/**/*.md")]


@pytest.mark.parametrize("document", sorted(p.relative_to(ROOT).as_posix() for p in DOCUMENTS))
def test_links_lead_somewhere(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    targets = [t.split("#")[0] for t in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in t]
    assert [t for t in targets if t and not (ROOT / document).parent.joinpath(t).exists()] == []


PLACES = re.compile(r"`((?:\w+/)*\w+\.py):(\w+)`")


@pytest.mark.parametrize("document", sorted(p.relative_to(ROOT).as_posix() for p in ROOT.glob("docs/*.md")))
def test_files_and_functions_that_documents_name_exist(document: str) -> None:
    named = PLACES.findall((ROOT / document).read_text(encoding="utf-8"))
    files = {file: ROOT / "src" / "llmctl" / file for file, _ in named}
    assert [file for file, path in files.items() if not path.exists()] == []
    texts = {file: path.read_text(encoding="utf-8") for file, path in files.items()}
    missing = [f"{f}:{n}" for f, n in named if not re.search(rf"^(def|class) {n}\b|^{n}\b.*=", texts[f], re.MULTILINE)]
    assert missing == []


def test_the_pictures_and_tables_of_parallel_training_are_the_code_s() -> None:
    done = subprocess.run([sys.executable, ROOT / "docs" / "parallel.py", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_walk_names_many_places() -> None:
    assert len(PLACES.findall((ROOT / "docs" / "walk.md").read_text(encoding="utf-8"))) > 40
