"""The examples run: the rule, and every part of the demo that needs no training (`make demo` is the whole)."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import ROOT, llmctl
from fastwarc.warc import ArchiveIterator, WarcRecordType
from token_shards import encoded, write_tokens

from llmctl.store.runs import read_lines

RULE = ROOT / "examples" / "custom_rule"
DEMO = ROOT / "examples" / "demo"
CLUSTER = ROOT / "examples" / "cluster"
QUIET = "The house has eight rooms, and each of them has a window that looks to the sea. " * 2
LOUD = "THE HOUSE HAS EIGHT ROOMS, and EACH OF THEM has a WINDOW THAT LOOKS TO THE SEA. " * 2


def script(name: str, *words: str | Path) -> str:
    """Run a script of the demo; returns what it prints."""
    command = [sys.executable, str(DEMO / name), *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def documents(path: Path, rows: list[dict]) -> None:
    path.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(rows), path / "part-00000.parquet")


def test_the_custom_rule_names_itself_with_value_and_limit(tmp_path: Path) -> None:
    rows = [{"id": "quiet", "text": QUIET}, {"id": "loud", "text": LOUD}]
    (tmp_path / "docs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    llmctl("filter", "docs.jsonl", "-o", "out", "--preset", RULE / "no_shouting.toml", cwd=tmp_path)
    assert pq.read_table(tmp_path / "out")["id"].to_pylist() == ["quiet"]
    (gone,) = pq.read_table(tmp_path / "out" / "_removed").to_pylist()
    assert gone["removed_by"] == ["shouting"]
    (breach,) = gone["breaches"]
    assert breach["high"] == 0.3 and breach["value"] > 0.3


def test_the_command_of_the_custom_rule_runs_as_its_readme_says(tmp_path: Path) -> None:
    command = (RULE / "README.md").read_text().split("`")[1].split()
    assert command[0] == "llmctl"
    (tmp_path / "docs.jsonl").write_text(json.dumps({"id": "quiet", "text": QUIET}) + "\n")
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    llmctl(*command[1:], cwd=tmp_path)
    assert "shouting" in json.loads((tmp_path / "quiet" / "_manifest.json").read_text())["settings"]["rules"]


def test_the_fetcher_writes_pages_of_pydoc_that_become_documents(tmp_path: Path) -> None:
    assert "fetched 5 pages" in script("fetch.py", tmp_path / "crawl", "5")
    with (tmp_path / "crawl" / "pages.warc.gz").open("rb") as stream:
        records = list(ArchiveIterator(stream, record_types=WarcRecordType.response))
    assert len(records) == 5
    assert len({record.headers["WARC-Target-URI"] for record in records}) == 5
    llmctl("crawl-ingest", "crawl/pages.warc.gz", "-o", "raw", cwd=tmp_path)
    assert "pydoc" in " ".join(pq.read_table(tmp_path / "raw")["text"].to_pylist())
    code = [json.loads(line) for line in (tmp_path / "crawl" / "code.jsonl").read_text().splitlines()]
    assert all(row["source"] == "code" for row in code)
    assert "stdlib/json.py" not in {row["id"] for row in code}, "json is a package"
    assert "stdlib/argparse.py" in {row["id"] for row in code} or "stdlib/ast.py" in {row["id"] for row in code}


def test_split_holds_out_disjoint_documents_and_its_counts_add_up(tmp_path: Path) -> None:
    documents(tmp_path / "safe", [{"id": f"d{n}", "text": f"x{n}", "source": "web"} for n in range(500)])
    (tmp_path / "safe" / "_manifest.json").write_text(json.dumps({"key": "k", "stage": "scrub"}))
    script("split.py", tmp_path / "safe", tmp_path / "train", tmp_path / "valid", "0.1")
    train, valid = (set(pq.read_table(tmp_path / name)["id"].to_pylist()) for name in ("train", "valid"))
    assert not train & valid and len(train | valid) == 500 and 25 <= len(valid) <= 80
    manifest = json.loads((tmp_path / "train" / "_manifest.json").read_text())
    assert manifest["counts"]["kept"] == len(train) and manifest["counts"]["removed"] == len(valid)
    assert set(pq.read_table(tmp_path / "train" / "_removed")["id"].to_pylist()) == valid


def test_the_unigram_loss_of_two_equal_tokens_is_that_of_three_with_the_end(tmp_path: Path) -> None:
    documents(tmp_path / "tokens", [{"id": "a", "ids": [7, 8]}])
    found = json.loads(script("unigram.py", tmp_path / "tokens"))
    assert found == {"tokens": 3, "entropy": pytest.approx(1.0986), "goal": pytest.approx(0.8 * 1.0986, abs=1e-4)}


def test_the_task_asks_each_word_equally_often(tmp_path: Path) -> None:
    filler = [f"word{n}" for n in range(30)]
    text = " ".join(
        " ".join([*(w[:4] for w in filler[:22]), word, "end"]) for word in ("the", "of", "is", "to") for _ in range(3)
    )
    documents(
        tmp_path / "valid", [{"id": "v", "text": text, "source": "web"}, {"id": "c", "text": text, "source": "code"}]
    )
    script("task.py", tmp_path / "valid", tmp_path / "valid", tmp_path / "task")
    rows = [json.loads(line) for line in (tmp_path / "task" / "test.jsonl").read_text().splitlines()]
    words = [row["word"] for row in rows]
    assert rows and {words.count(word) for word in ("the", "of", "is", "to")} == {len(rows) // 4}
    assert all(row["id"].startswith("v#") for row in rows), "code makes no questions"
    from llmctl.store.tasks import read_task

    assert read_task(str(tmp_path / "task" / "task.toml")).labels == ("the", "of", "is", "to")


def slurm(place: Path) -> dict[str, str]:
    """What Slurm gives a job, for one node of two processes: its commands and its variables."""
    commands = {
        "scontrol": "echo localhost",
        "srun": 'while [[ $1 == -* ]]; do shift; done; exec "$@"',
        "torchrun": f'exec {sys.executable} -m torch.distributed.run "$@"',
    }
    (place / "bin").mkdir()
    for name, body in commands.items():
        (place / "bin" / name).write_text(f"#!/bin/bash\n{body}\n")
        (place / "bin" / name).chmod(0o755)
    job = {"SLURM_JOB_ID": str(10_000 + os.getpid()), "SLURM_JOB_NODELIST": "localhost"}
    node = {"SLURM_NNODES": "1", "SLURM_GPUS_ON_NODE": "2", "PATH": f"{place / 'bin'}:{os.environ['PATH']}"}
    return {**os.environ, **job, **node}


def test_the_job_for_slurm_trains_with_every_process_that_its_node_has(tmp_path: Path) -> None:
    write_tokens(tmp_path / "tokens", encoded(0, 3))
    keys = {"model.layers": 1, "model.hidden": 32, "data.sequence": 32, "data.batch": 4, "train.threads": 1}
    words = ["tokens", "-o", "run", "--max-steps", "2", *(w for k, v in keys.items() for w in ("--set", f"{k}={v}"))]
    done = subprocess.run(
        ["bash", str(CLUSTER / "pretrain.sbatch"), *words],
        cwd=tmp_path, env=slurm(tmp_path), capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (begun,) = [event for event in read_lines(tmp_path / "run" / "events.jsonl") if event["event"] == "start"]
    assert begun["processes"] == 2
    assert (tmp_path / "run" / "_manifest.json").exists()


def test_the_options_that_the_readme_of_the_cluster_names_are_in_its_job() -> None:
    job, readme = ((CLUSTER / name).read_text() for name in ("pretrain.sbatch", "README.md"))
    named = re.findall(r"`(--[a-z-]+|[A-Z_]+=1)`", readme)
    added = {"--account", "--partition", "--no-kill"}
    assert {"--nodes", "--max-restarts", "--requeue", "--signal", "TORCH_DISABLE_SHARE_RDZV_TCP_STORE=1"} <= set(named)
    assert [name for name in named if name not in added and name not in job] == []


def test_every_stage_of_the_demo_is_in_its_makefile() -> None:
    done = subprocess.run(
        ["make", "-n", "-f", str(DEMO / "Makefile"), "OUT=nowhere"], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    stages = ("crawl-ingest", "filter", "dedup", "scrub", "tokenize", "pretrain", "eval-icl", "prompt run", "report")
    assert all(f"llmctl {stage} " in done.stdout for stage in stages)
