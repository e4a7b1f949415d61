"""A step is traced to the documents whose tokens stood in its batch."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from token_shards import encoded, read_documents, trained_tokenizer, write_tokens

from llmctl.errors import UserError
from llmctl.settings.how import How
from llmctl.settings.knobs import resolve
from llmctl.settings.pretrain import Pretrain
from llmctl.stages.pretrain import run as pretrain
from llmctl.store.artifacts import Identity, Input
from llmctl.store.runs import EVENTS, METRICS, growing, identity_of, read_metrics
from llmctl.views.trace import trace

SETTINGS = resolve(
    Pretrain,
    [
        {
            "model": {"layers": 1, "hidden": 16, "heads": 2, "ffn": 32},
            "data": {"sequence": 48, "batch": 5},
            "train": {"checkpoint_every": 0},
            "max_steps": 4,
        }
    ],
)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    one = write_tokens(tmp_path / "one", [*encoded(0, 6), [], [7]], sources=["code"] * 8)
    two = write_tokens(tmp_path / "two", encoded(6, 9))
    pretrain(SETTINGS, [f"{one}=3", f"{two}=2"], str(tmp_path / "run"), How(seed=4))
    return tmp_path


@pytest.mark.parametrize("step", range(4))
def test_the_traced_ranges_are_the_ids_that_the_batch_hash_stands_for(place: Path, step: int) -> None:
    found = is_what_was_hashed(place / "run", step, [place / "one", place / "two"])
    assert {d["id"].partition(":")[0] for d in found} == {"one", "two"}


@pytest.mark.parametrize("weights", [("", ""), ("=3", "=2")], ids=["by size", "weights"])
def test_with_a_temperature_the_rows_are_those_of_the_directory(weights: tuple[str, str], tmp_path: Path) -> None:
    langs = ["en", None, "zh"] * 4
    one = write_tokens(tmp_path / "one", encoded(0, 12), langs=langs)
    two = write_tokens(tmp_path / "two", encoded(12, 15), langs=["zh", "en", "zh"])
    warm = replace(SETTINGS, data=replace(SETTINGS.data, temperature=5))
    sources = [f"{place}{weight}" for place, weight in zip((one, two), weights, strict=True)]
    pretrain(warm, sources, str(tmp_path / "run"), How(seed=4))
    ids = {d["id"] for step in range(4) for d in is_what_was_hashed(tmp_path / "run", step, [one, two])}
    assert {langs[int(id.partition(":")[2])] for id in ids if id.startswith("one:")} == {"en", None, "zh"}


def is_what_was_hashed(run: Path, step: int, sources: list[Path]) -> list[dict[str, Any]]:
    """The documents of a step, once their ids at the traced ranges have the batch's hash."""
    found = trace(str(run), step)
    documents = {id: ids for source in sources for id, ids in read_documents(source).items()}
    end = trained_tokenizer().token_to_id("<|endoftext|>")
    pieces = [documents[d["id"]][d["start"] : d["end"]] for d in found["documents"]]
    assert all(pieces)
    ids = rebuilt(found["documents"], documents, end)
    assert len(ids) == 5 * 49
    digest = hashlib.sha256(np.array(ids, dtype="<u4").tobytes()).hexdigest()[:16]
    assert digest == found["batch_hash"] == read_metrics(run)[0][step]["batch_hash"]
    return list(found["documents"])


def rebuilt(pieces: list[dict[str, object]], documents: dict[str, list[int]], end: int) -> list[int]:
    """The batch from its traced pieces: a window is 49 ids, an end token follows each document that it finishes."""
    ids: list[int] = []
    for piece in pieces:
        if piece["start"] == 0 and len(ids) % 49 and ids[-1] != end:
            ids.append(end)
        text = documents[str(piece["id"])]
        ids += text[int(str(piece["start"])) : int(str(piece["end"]))]
        if piece["end"] == len(text) and len(ids) % 49:
            ids.append(end)
            while not text and len(ids) % 49:
                ids.append(end)
    return ids


def test_url_and_source_come_through_where_the_documents_had_them(place: Path) -> None:
    found = [d for step in range(4) for d in trace(str(place / "run"), step)["documents"]]
    one = next(d for d in found if d["id"].startswith("one:"))
    two = next(d for d in found if d["id"].startswith("two:"))
    assert (one["source"], one["url"]) == ("code", f"https://example.org/{one['id'].split(':')[1]}")
    assert (two["source"], two["url"]) == (None, None)


def test_a_step_that_was_not_trained_is_one_sentence(place: Path) -> None:
    with pytest.raises(UserError, match="has no step 4; it has steps 0 to 3"):
        trace(str(place / "run"), 4)


def test_changed_tokens_are_not_traced_wrongly(place: Path) -> None:
    shutil.rmtree(place / "two")
    write_tokens(place / "two", encoded(7, 9))
    with pytest.raises(UserError, match="not what"):
        trace(str(place / "run"), 0)


def test_a_directory_that_is_no_run_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is not a run"):
        trace(str(tmp_path), 0)


def test_the_skip_list_is_followed(place: Path) -> None:
    later = trace(str(place / "run"), 2)["documents"]
    known = identity_of(str(place / "run"))
    inputs = tuple(Input(i["path"], i["key"]) for i in known["inputs"])
    identity = Identity("pretrain", known["version"], known["settings"] | {"max_steps": 5}, inputs)
    with growing(str(place / "skipping"), identity, SETTINGS, How()) as run:
        run.append(METRICS, {"step": 1, "loss": 1.0, "batch_hash": "-"})
        run.append(EVENTS, {"event": "skip", "step": 1, "from": 5, "until": 10})
    assert trace(str(place / "skipping"), 1)["documents"] == later
