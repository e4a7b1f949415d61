"""The benchmarks that train, in small: what they compare is the same thing, and their path runs through."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from conftest import ROOT, llmctl
from token_shards import modules

from benchmarks.char_model import PEER, VARIANTS, Race, held_out_loss, split, summary
from benchmarks.dedup_documents import quality, race, true_pairs, write_source
from benchmarks.dedup_signatures import documents_of, report, same_bits
from benchmarks.gpt_peer import Peer, Recipe, Shape, learning_rate, optimizer_of, take_step
from benchmarks.gpu_mfu import MASKS, NUMBERS, SIZES, WARM, Case, line_of, measure, write_tokens
from benchmarks.train_speed import SWITCHES, losses_of_equal_weights, take_over, trainer_of
from llmctl.model.size import parameters
from llmctl.settings.model import Model
from llmctl.tokens.mixture import batch_places
from llmctl.train.batches import read_batch

SHAPE = Shape(layers=2, heads=2, hidden=32, context=16, vocab=41)


def test_the_peer_and_gpt2_and_ours_have_one_loss_where_they_have_the_same_weights() -> None:
    losses = losses_of_equal_weights(SHAPE)
    assert len(losses) == 4
    assert max(losses.values()) - min(losses.values()) < 1e-5
    assert abs(losses["peer loop"] - math.log(41)) > 0.1  # the weights say something


def test_the_trainer_and_the_peers_loop_learn_the_same_from_the_same_windows() -> None:
    recipe = Recipe(steps=2000, batch=4, warmup=0)
    ids_N = torch.arange(5000) * 7 % 41
    peer, trainer = Peer(SHAPE, 3), trainer_of(SHAPE, 4, SWITCHES["like the peer"], ids_N)
    take_over(peer, trainer.spread.sections[0])
    optimizer, theirs, ours = optimizer_of(peer, recipe), [], []
    for step in range(12):
        windows_BL = torch.from_numpy(read_batch(trainer.streams, batch_places(trainer.course.order, step), 16))
        windows = windows_BL[:, :-1], windows_BL[:, 1:]
        theirs.append(take_step(peer, optimizer, windows, learning_rate(recipe, step), recipe.clip))
        ours.append(trainer.step(step)["loss"])
    assert ours == pytest.approx(theirs, abs=1e-5)
    assert ours[-1] < ours[0] - 0.05


def test_the_loss_of_a_model_that_knows_nothing_is_the_logarithm_of_its_vocabulary() -> None:
    class Uniform(torch.nn.Module):
        def forward(self, ids_BT: torch.Tensor) -> torch.Tensor:
            return torch.zeros(*ids_BT.shape, 7)

    assert held_out_loss(Uniform(), torch.arange(131) % 7) == pytest.approx(math.log(7))


def test_a_text_is_split_nine_to_one_by_characters() -> None:
    assert split("abcdefghijklmnopqrst") == ("abcdefghijklmnopqr", "st")


def test_the_race_of_characters_measures_a_run_as_the_command_does(tmp_path: Path) -> None:
    text, name = "".join(text for _, text in modules(3)), next(iter(VARIANTS))
    race = Race(tmp_path, text, 12)
    peer, ours = race.peer(0), race.ours(name, 0)
    assert ours["loss"] == pytest.approx(ours["its_own"], abs=1e-5)
    assert ours["parameters"] == peer["parameters"]
    table = summary({PEER: [peer], name: [ours]})
    assert all(row["mean"] < math.log(len(set(text))) - 0.5 for row in table.values())
    assert abs(table[name]["beside_the_peer"]) < 0.15


def test_the_benchmark_of_gpus_says_in_one_sentence_that_there_is_none() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.gpu_mfu"], cwd=ROOT, capture_output=True, text=True, timeout=120,
        env={**os.environ, "CUDA_VISIBLE_DEVICES": "", "PYTHONPATH": str(ROOT / "src")},
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "benchmarks.gpu_mfu: this machine has no GPU that torch can use; run it where there is one\n"


def test_the_benchmark_of_gpus_measures_a_run_under_torchrun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    case = Case("tiny", 2, ("train.threads=1",), "documents", "fp32", compiled=False, steps=WARM + 3)
    found = measure(case, tmp_path)
    assert found.mfu is not None and 0 < found.mfu < 1
    assert found.tokens_per_s > 0 and found.memory is None
    assert line_of(case, found).split()[:3] == ["tiny", "2", "train.threads=1"]


@pytest.mark.parametrize(("size", "millions"), [("124M", 124), ("1.3B", 1316), ("7B", 6738)])
def test_a_named_size_has_so_many_parameters(size: str, millions: int) -> None:
    shape = SIZES[size]
    model = Model(**{name: getattr(shape, name) for name in (*NUMBERS, "tied")})
    assert parameters(model, shape.vocab) == pytest.approx(millions * 1e6, rel=0.01)


@pytest.mark.parametrize("mask", MASKS)
def test_every_mask_of_the_benchmark_of_gpus_is_a_setting_of_the_program(tmp_path: Path, mask: str) -> None:
    tokens = write_tokens(tmp_path / "tokens", SIZES["tiny"])
    planned = llmctl(
        "pretrain", tokens, "-o", "run", "--dry-run", "--json", *Case("tiny", 1, (), mask).words, cwd=tmp_path
    )
    assert planned.json["vocab_size"] == SIZES["tiny"].vocab


def test_the_benchmark_of_signatures_gives_every_contestant_the_same_shingles(
    capsys: pytest.CaptureFixture[str],
) -> None:
    documents = documents_of([text[:2000] for _, text in modules(5)] + ["", "\u4e2d\u6587 \u0130"])
    assert report(documents, 24, rounds=1) > 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "24 permutations, same bits as datasketch: True"
    assert [line[2:12] for line in lines[1:4]] == ["datasketch", "datasketch", "llmctl    "]
    other = documents._replace(integers=[[hash + 1 for hash in row] for row in documents.integers])
    assert same_bits(documents, 8) and not same_bits(other, 8)


def test_the_race_of_duplicates_gives_every_contestant_the_same_clusters_to_find(data: Path, tmp_path: Path) -> None:
    source = write_source(tmp_path / "documents.parquet", data, 0.5)
    printed, lines = race(source, tmp_path, ["datasketch", "datatrove"])
    assert [line.name.split(",")[0] for line in lines] == ["llmctl dedup", "llmctl dedup", "datasketch", "datatrove"]
    assert all(line.quality.pairs > 10 and line.quality.recall == line.quality.precision == 1 for line in lines)
    assert all(line.cost.cpu > 0 and line.start.cpu > 0 for line in lines)
    assert sum("times per CPU-second" in line for line in printed) == 2


def test_pairs_that_are_missed_or_wrong_show_in_the_quality_of_a_contestant(data: Path, tmp_path: Path) -> None:
    true = true_pairs(write_source(tmp_path / "documents.jsonl", data, 0.5))
    some = [list(pair) for pair in sorted(true)][: len(true) // 2]
    assert quality(some, true).recall < 0.9 and quality(some, true).precision == 1
    assert quality([*some, ["no", "document"]], true).precision < 1
