"""The training loop against plain torch and transformers, and a RUN's life: grow, finish, resume, refuse, replace."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from token_shards import encoded, read_documents, write_tokens
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM

from llmctl.errors import BadSettings, OutputExists, UserError
from llmctl.model.hugging_face import to_hugging_face
from llmctl.model.initialisation import initialise
from llmctl.model.transformer import Transformer
from llmctl.settings.how import How
from llmctl.settings.knobs import resolve
from llmctl.settings.pretrain import Pretrain
from llmctl.stages.pretrain import run as pretrain
from llmctl.store.artifacts import Outcome
from llmctl.store.models import load_model, save_model
from llmctl.store.runs import read_lines, read_metrics
from llmctl.tokens.packing import key_of

SMALL: dict[str, Any] = {
    "model": {"layers": 2, "hidden": 32, "heads": 4, "kv_heads": 2, "ffn": 64},
    "data": {"sequence": 32, "batch": 6},
    "optim": {"lr": 1e-2, "min_lr": 1e-3, "warmup": 3},
    "train": {"checkpoint_every": 4, "valid_every": 4, "threads": 1},
    "max_steps": 8,
}


def settings(*layers: dict[str, Any]) -> Pretrain:
    return resolve(Pretrain, [SMALL, *layers])


@pytest.fixture(scope="module")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Path:
    kinds = ["code" if n % 3 else "book" for n in range(12)]
    return write_tokens(tmp_path_factory.mktemp("shards") / "tokens", encoded(0, 12), sources=kinds)


@pytest.fixture(scope="module")
def valid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    kinds = ["code", "book", "code"]
    return write_tokens(tmp_path_factory.mktemp("shards") / "valid", encoded(12, 15), sources=kinds, shards=1)


def reference_losses(tokens: Path, steps: int, batch: int, sequence: int) -> tuple[list[float], torch.nn.Module]:
    """Llama of transformers, AdamW of torch, clipping and schedule written out; windows in file order."""
    end = Tokenizer.from_file(str(tokens / "_tokenizer.json")).token_to_id("<|endoftext|>")
    stream = [id for ids in read_documents(tokens).values() for id in [*ids, end]]
    chosen = settings().model
    ours = Transformer(chosen, 384)
    initialise(ours, key_of(0))
    config, state = to_hugging_face(chosen, 384, ours.state_dict())
    model = LlamaForCausalLM(LlamaConfig(**config, attn_implementation="eager"))
    model.load_state_dict(state, strict=False)
    decayed = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim == 1]
    groups = [{"params": decayed, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=1.0, betas=(0.9, 0.95), eps=1e-8)
    losses = []
    for step in range(steps):
        windows = (len(stream) - 1) // sequence  # of an epoch
        first = [(step * batch + row) % windows * sequence for row in range(batch)]
        ids = torch.tensor([stream[f : f + sequence + 1] for f in first])
        loss = torch.nn.functional.cross_entropy(model(ids[:, :-1]).logits.flatten(0, 1), ids[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        lr = 1e-2 * (step + 1) / 3 if step < 3 else 1e-3 + 9e-3 * (1 + math.cos(math.pi * (step - 3) / (steps - 3))) / 2
        for group in optimizer.param_groups:
            group["lr"] = lr
        optimizer.step()
        losses.append(loss.item())
    return losses, model


def losses_of(run: Path) -> list[float]:
    return [line["loss"] for line in read_metrics(run)[0].values()]


def weights_of(run: Path) -> bytes:
    return (run / "model" / "model.safetensors").read_bytes()


def test_losses_equal_those_of_transformers_and_torch_on_the_same_batches(tmp_path: Path) -> None:
    tokens = write_tokens(tmp_path / "tokens", [ids[:300] for ids in encoded(0, 3)])  # little text, many epochs
    chosen = settings({"data": {"shuffle": False, "batch": 8}, "train": {"checkpoint_every": 0}, "max_steps": 70})
    pretrain(chosen, [str(tokens)], str(tmp_path / "run"), How())
    expected, model = reference_losses(tokens, 70, 8, 32)
    found = losses_of(tmp_path / "run")
    assert found[-1] < 0.8 * found[0]
    assert found == pytest.approx(expected, abs=1e-4)
    ours = AutoModelForCausalLM.from_pretrained(tmp_path / "run" / "model")
    ids = torch.arange(64).view(2, 32)
    assert torch.allclose(ours(ids).logits, model(ids).logits, atol=1e-3)


def test_micro_batches_do_not_change_the_losses(tokens: Path, tmp_path: Path) -> None:
    dropout = {"model": {"dropout": 0.1}, "train": {"checkpoint_every": 0}}
    pretrain(settings(dropout), [str(tokens)], str(tmp_path / "whole"), How())
    pretrain(settings(dropout, {"train": {"microbatch": 4}}), [str(tokens)], str(tmp_path / "parts"), How())
    assert losses_of(tmp_path / "parts") == pytest.approx(losses_of(tmp_path / "whole"), abs=1e-5)


def test_a_finished_run_holds_what_the_contract_says(tokens: Path, valid: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    outcome = pretrain(settings({"valid": str(valid)}), [str(tokens)], str(out), How())
    assert {p.name for p in out.iterdir()} == {
        "step-00000004", "step-00000008", "model", "metrics.jsonl", "events.jsonl", "settings.toml",
        "mixture.json", "_manifest.json", "_identity.json",
    }  # fmt: skip
    steps, evaluations = read_metrics(out)
    assert list(steps) == list(range(8))
    assert set(steps[0]) == {"step", "loss", "grad_norm", "lr", "tokens", "tokens_per_s", "mfu", "batch_hash"}
    assert [steps[n]["tokens"] for n in (0, 7)] == [6 * 32, 8 * 6 * 32]
    assert list(evaluations) == [4, 8]
    assert set(evaluations[8]["val_loss_by_source"]) == {"code", "book"}
    manifest = json.loads((out / "_manifest.json").read_text())
    assert manifest["counts"] == {"in": 12, "kept": 12, "removed": 0, "by_reason": {}}
    assert manifest["val_loss"] == evaluations[8]["val_loss"]
    assert [i["path"] for i in manifest["inputs"]] == [str(tokens), str(valid)]
    assert (outcome.already, outcome.manifest["key"]) == (False, manifest["key"])
    assert [e["event"] for e in read_lines(out / "events.jsonl")] == ["start", "checkpoint", "checkpoint", "stop"]
    assert (out / "model" / "model.safetensors").read_bytes() == (
        out / "step-00000008" / "model" / "model.safetensors"
    ).read_bytes()


def test_the_validation_loss_is_that_of_the_saved_model_over_every_token(
    tokens: Path, valid: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    pretrain(settings({"valid": str(valid)}), [str(tokens)], str(out), How())
    loaded = load_model(str(out))
    stream = [id for ids in read_documents(valid).values() for id in [*ids, loaded.end_token]]
    total = 0.0
    with torch.no_grad():
        for first in range(0, len(stream) - 1, 32):
            ids = torch.tensor([stream[first : first + 33]])
            logits = loaded.transformer(ids[:, :-1])[0]
            total += float(torch.nn.functional.cross_entropy(logits, ids[0, 1:], reduction="sum"))
    found = read_metrics(out)[1][8]
    assert found["val_loss"] == pytest.approx(total / (len(stream) - 1), abs=1e-5)
    low, high = sorted(found["val_loss_by_source"].values())
    assert low < found["val_loss"] < high


def test_the_same_command_again_is_done_already(tokens: Path, tmp_path: Path) -> None:
    first = pretrain(settings(), [str(tokens)], str(tmp_path / "run"), How())
    before = {p: p.stat().st_mtime_ns for p in (tmp_path / "run").rglob("*")}
    again = pretrain(settings({"train": {"checkpoint_every": 1}}), [str(tokens)], str(tmp_path / "run"), How())
    assert again.already and again.manifest == first.manifest
    assert {p: p.stat().st_mtime_ns for p in (tmp_path / "run").rglob("*")} == before


def test_other_settings_are_refused_untouched_and_replace_with_force(tokens: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    pretrain(settings(), [str(tokens)], str(out), How())
    before = {p: p.stat().st_mtime_ns for p in out.rglob("*")}
    with pytest.raises(OutputExists, match=r"optim\.lr 0\.01 there, 0\.02 here"):
        pretrain(settings({"optim": {"lr": 0.02}}), [str(tokens)], str(out), How())
    assert {p: p.stat().st_mtime_ns for p in out.rglob("*")} == before
    outcome = pretrain(settings({"optim": {"lr": 0.02}}), [str(tokens)], str(out), How(force=True))
    assert outcome.manifest["settings"]["optim"]["lr"] == 0.02
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


def test_a_directory_that_is_no_run_is_refused(tokens: Path, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "thesis.txt").write_text("years of work")
    with pytest.raises(OutputExists, match="not a run"):
        pretrain(settings(), [str(tokens)], str(tmp_path / "run"), How())


def test_the_gate_is_judged_on_a_finished_run_too(tokens: Path, tmp_path: Path) -> None:
    arguments = [str(tokens)], str(tmp_path / "run"), How()
    assert pretrain(settings({"max_loss": 1.0}), *arguments).failed_gates
    assert pretrain(settings({"max_loss": 1.0}), *arguments).failed_gates
    assert not pretrain(settings({"max_loss": 99.0}), *arguments).failed_gates


def test_a_dry_run_estimates_and_writes_nothing(tokens: Path, tmp_path: Path) -> None:
    outcome = pretrain(settings(), [str(tokens)], str(tmp_path / "run"), How(dry_run=True))
    assert outcome.manifest["tokens"] == 8 * 6 * 32
    assert outcome.manifest["parameters"] == 384 * 32 + 2 * (2 * 32 * 32 + 2 * 32 * 16 + 3 * 32 * 64) + 5 * 32
    assert not list(tmp_path.iterdir())


def test_weights_of_a_parent_are_where_training_starts(tokens: Path, tmp_path: Path) -> None:
    pretrain(settings({"data": {"shuffle": False}}), [str(tokens)], str(tmp_path / "parent"), How())
    child = settings({"data": {"shuffle": False}, "from": str(tmp_path / "parent"), "max_steps": 2})
    outcome = pretrain(child, [str(tokens)], str(tmp_path / "child"), How())
    end = load_model(str(tmp_path / "parent"))
    stream = [id for ids in read_documents(tokens).values() for id in [*ids, end.end_token]]
    ids = torch.tensor([stream[row * 32 : row * 32 + 33] for row in range(6)])
    with torch.no_grad():
        loss = torch.nn.functional.cross_entropy(end.transformer(ids[:, :-1]).flatten(0, 1), ids[:, 1:].flatten())
    assert losses_of(tmp_path / "child")[0] == pytest.approx(float(loss), abs=1e-5)
    assert outcome.manifest["parent"] == {"path": str(tmp_path / "parent"), "digest": end.digest}


def test_a_parent_of_another_shape_is_refused_by_setting(tokens: Path, tmp_path: Path) -> None:
    other = replace(settings().model, layers=3)
    model = Transformer(other, 384)
    initialise(model, 0)
    save_model(tmp_path / "parent", other, 384, model.state_dict(), (tokens / "_tokenizer.json").read_text())
    with pytest.raises(UserError, match=r"model\.layers is 2 here and 3"):
        pretrain(settings({"from": str(tmp_path / "parent")}), [str(tokens)], str(tmp_path / "run"), How())
    assert not (tmp_path / "run").exists()


IMPOSSIBLE = {
    "a sequence longer than the data": ({"data": {"sequence": 10**6}}, r"data\.sequence=1000000 is longer"),
    "an end token that does not exist": ({"data": {"end_token": "<stop>"}}, r"data\.end_token"),
}


@pytest.mark.parametrize(("change", "sentence"), IMPOSSIBLE.values(), ids=IMPOSSIBLE.keys())
def test_an_impossible_setting_is_named_and_leaves_no_output(
    tokens: Path, tmp_path: Path, change: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(UserError, match=sentence):
        pretrain(settings(change), [str(tokens)], str(tmp_path / "run"), How())
    assert not list(tmp_path.iterdir())


def test_ids_outside_the_vocabulary_are_refused(tmp_path: Path) -> None:
    place = write_tokens(tmp_path / "tokens", [[1, 2, 384], [3] * 99])
    with pytest.raises(UserError, match="holds id 384"):
        pretrain(settings(), [str(place)], str(tmp_path / "run"), How())


def test_sources_with_different_tokenizers_are_refused(tokens: Path, tmp_path: Path) -> None:
    other = Tokenizer.from_file(str(tokens / "_tokenizer.json"))
    other.add_tokens(["another"])
    place = write_tokens(tmp_path / "tokens", [[1] * 99], tokenizer=other)
    with pytest.raises(UserError, match="different tokenizers"):
        pretrain(settings(), [str(tokens), str(place)], str(tmp_path / "run"), How())


def test_a_weight_for_one_source_alone_is_refused(tokens: Path, tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="every TOKENS a weight"):
        pretrain(settings(), [f"{tokens}=0.5", str(tokens)], str(tmp_path / "run"), How())


def test_a_diverging_run_stops_with_one_sentence(tokens: Path, tmp_path: Path) -> None:
    wild = settings({"optim": {"lr": 1e30, "min_lr": 0, "warmup": 0, "clip": 0}})
    with pytest.raises(UserError, match=r"the gradient of step \d is not finite; lower optim\.lr"):
        pretrain(wild, [str(tokens)], str(tmp_path / "run"), How())


def test_settings_as_resolved_are_a_preset(tokens: Path, tmp_path: Path, run: Any) -> None:
    outcome = pretrain(settings(), [str(tokens)], str(tmp_path / "run"), How())
    preset = tmp_path / "run" / "settings.toml"
    again = run("pretrain", tokens, "-o", tmp_path / "run", "--preset", preset, "--json").json
    assert again["key"] == outcome.manifest["key"]


def dry_run(tokens: Path, world: int, **parallel: Any) -> Outcome:
    chosen = settings({"parallel": parallel, "world_size": world})
    return pretrain(chosen, [str(tokens)], "never", How(dry_run=True))


def test_a_dry_run_for_several_processes_is_a_table_of_what_each_holds_and_sends(tokens: Path) -> None:
    outcome = dry_run(tokens, 4, tensor=2, zero=3)
    lines = outcome.headline.splitlines()
    start = lines.index("  4 processes: shard 2 x tensor 2, zero 3; micro-batches of a step 1, sequences of one 3")
    names, row, kinds, sent = (line.split() for line in lines[start + 1 :])
    assert names[3:] == ["parameters", "weights", "gradients", "optimizer", "gathered", "activations", "together"]
    # half of half of each matrix, and half of each norm: 4 * (384 * 32 + 2 * (3072 + 6144)) / 4 + 4 * 5 * 32 / 2
    assert row[:4] == ["0-3", "7,760", "31.0", "kB"] and row[-2:] == ["decoder", "0-1"]
    assert kinds[4:] == ["all-reduce", "reduce-scatter", "all-gather", "tensor", "pipeline"] and sent[0] == "0-3"


def test_the_layout_is_in_the_answer_of_a_dry_run(tokens: Path) -> None:
    layout = dry_run(tokens, 2, pipeline=2, schedule="gpipe").manifest["layout"]
    assert (layout["world"], layout["pipeline"], layout["bubble"], layout["micro_batches"]) == (2, 2, 0.1429, 6)
    assert [entry["blocks"] for entry in layout["ranks"]] == [["decoder 0"], ["decoder 1"]]
    alone = pretrain(settings(), [str(tokens)], "never", How(dry_run=True)).manifest
    assert alone["layout"]["world"] == 1 and alone["layout"]["ranks"][0]["parameters"] == alone["parameters"]


def test_one_process_is_told_as_one_line(tokens: Path) -> None:
    last = pretrain(settings(), [str(tokens)], "never", How(dry_run=True)).headline.splitlines()[-1]
    assert last.startswith("  memory in fp32: weights 0.1 MB, gradients 0.1 MB, optimizer 0.2 MB, activations ")


def test_processes_that_do_not_factor_are_refused_before_anything(tokens: Path) -> None:
    with pytest.raises(
        BadSettings, match=r"parallel\.tensor=2 times parallel\.pipeline=1 does not divide the 3 processes"
    ):
        dry_run(tokens, 3, tensor=2)


def test_a_number_of_processes_is_for_planning(tokens: Path, tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="--world-size 4 plans, and needs --dry-run"):
        pretrain(settings({"world_size": 4}), [str(tokens)], str(tmp_path / "run"), How())
    assert not list(tmp_path.iterdir())
