"""Every architecture and objective is trained by one loop: whatever the processes and pieces, and from other runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from token_shards import encoded, write_tokens

from llmctl.errors import UserError
from llmctl.model.position import frequencies
from llmctl.settings.how import How
from llmctl.settings.knobs import BadValue, resolve
from llmctl.settings.pretrain import Pretrain
from llmctl.stages.pretrain import run as pretrain
from llmctl.stages.pretrain import settings_of_parent
from llmctl.store.models import load_model
from llmctl.store.runs import read_metrics
from tests.conftest import llmctl

SMALL: dict[str, Any] = {
    "model": {"layers": 2, "hidden": 32, "heads": 4, "ffn": 64},
    "data": {"sequence": 32, "batch": 6},
    "optim": {"lr": 1e-2, "min_lr": 1e-3, "warmup": 3},
    "train": {"checkpoint_every": 0, "valid_every": 0, "threads": 1},
    "max_steps": 8,
}
ENCODER = {"model": {"architecture": "encoder-decoder", "position": "t5"}, "objective": {"name": "span-corruption"}}
PREFIX = {"model": {"architecture": "prefix"}, "objective": {"name": "prefix-lm"}}
KINDS: dict[str, dict[str, Any]] = {
    "prefix": PREFIX,
    "encoder-decoder": ENCODER,
    "ul2 on a decoder": {"objective": {"name": "ul2"}, "model": {"dropout": 0.1}},
    "denoising with an encoder": {"model": {"architecture": "encoder-decoder"}, "objective": {"name": "denoise"}},
    "documents apart": {
        "data": {"document_mask": True},
        "model": {"position": "learned", "attention": ["window", "full"]},
    },
}
kinds = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())


def settings(*layers: dict[str, Any]) -> Pretrain:
    return resolve(Pretrain, [SMALL, *layers])


@pytest.fixture(scope="module")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Path:
    sources = ["code" if n % 3 else "book" for n in range(12)]
    return write_tokens(tmp_path_factory.mktemp("shards") / "tokens", encoded(0, 12), sources=sources)


@pytest.fixture(scope="module")
def causal(tmp_path_factory: pytest.TempPathFactory, tokens: Path) -> Path:
    place = tmp_path_factory.mktemp("parent") / "run"
    pretrain(settings(), [str(tokens)], str(place), How())
    return place


def losses(run: Path) -> list[float]:
    return [step["loss"] for step in read_metrics(run)[0].values()]


@kinds
def test_pieces_of_a_batch_change_no_loss_and_a_held_out_loss_knows_its_sources(
    kind: dict[str, Any], tokens: Path, tmp_path: Path
) -> None:
    whole = settings(kind, {"valid": str(tokens)})
    manifest = pretrain(whole, [str(tokens)], str(tmp_path / "whole"), How()).manifest
    pieces = settings(kind, {"train": {"microbatch": 2}})
    pretrain(pieces, [str(tokens)], str(tmp_path / "pieces"), How())
    assert losses(tmp_path / "pieces") == pytest.approx(losses(tmp_path / "whole"), abs=2e-5)
    assert losses(tmp_path / "whole")[-1] < losses(tmp_path / "whole")[0]
    shares = manifest["val_loss_by_source"]
    assert set(shares) == {"book", "code"} and min(shares.values()) < manifest["val_loss"] < max(shares.values())


def test_two_processes_train_an_encoder_and_a_decoder_as_one_does(tokens: Path, tmp_path: Path) -> None:
    words = ["--max-steps", "4", "--set", "model.architecture=encoder-decoder", "--set", "objective.name=ul2"]
    for key, value in (("layers", 2), ("hidden", 32), ("heads", 4)):
        words += ["--set", f"model.{key}={value}"]
    words += ["--set", "data.sequence=32", "--set", "data.batch=6", "--set", "train.threads=1"]
    words += ["--set", "model.dropout=0.2"]  # rows of many lengths: what one drops is its own affair
    llmctl("pretrain", tokens, "-o", tmp_path / "one", *words)
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "llmctl"]
    run_python([*torchrun, "pretrain", str(tokens), "-o", str(tmp_path / "two"), *words])
    assert losses(tmp_path / "two") == pytest.approx(losses(tmp_path / "one"), abs=1e-5)


def run_python(words: list[str]) -> None:
    import subprocess
    import sys

    done = subprocess.run([sys.executable, *words], capture_output=True, timeout=300)
    assert done.returncode == 0, done.stderr.decode()[-3000:]


def test_a_causal_run_goes_on_as_a_prefix_decoder_from_its_very_weights(
    tokens: Path, causal: Path, tmp_path: Path
) -> None:
    place, parent = tmp_path / "prefix", load_model(str(causal)).transformer.state_dict()
    words = ["--set", "model.architecture=prefix", "--set", "objective.name=prefix-lm", "--set", "data.sequence=32"]
    words += ["--set", "optim.lr=0", "--set", "optim.min_lr=0", "--max-steps", "2", "--json"]
    manifest = llmctl("pretrain", tokens, "-o", place, "--from", causal, *words).json
    assert manifest["settings"]["model"]["layers"] == 2  # the parent's shape, which nobody repeated
    assert manifest["parent"]["path"] == str(causal)
    found = load_model(str(place))
    assert found.config.architecture == "prefix"
    assert all(torch.equal(weight, parent[name]) for name, weight in found.transformer.state_dict().items())


def test_a_causal_run_goes_on_with_ul2_in_a_grown_vocabulary(tokens: Path, causal: Path, tmp_path: Path) -> None:
    child = settings(
        {"objective": {"name": "ul2"}, "max_steps": 2, "from_": str(causal), "optim": {"lr": 0, "min_lr": 0}}
    )
    pretrain(child, [str(tokens)], str(tmp_path / "ul2"), How())
    found, parent = load_model(str(tmp_path / "ul2")), load_model(str(causal))
    rows = parent.transformer.vocab_size
    assert found.transformer.vocab_size == rows + 3 + 100
    assert torch.equal(found.transformer.embedding.weight[:rows], parent.transformer.embedding.weight)
    assert found.tokenizer.encode("[X]").ids == [rows + 2]
    assert found.tokenizer.encode("a<extra_id_0>").ids[-1] == rows + 3
    again = settings({"max_steps": 2, "from_": str(tmp_path / "ul2")})  # and back to plain text, sentinels and all
    pretrain(again, [str(tokens)], str(tmp_path / "lm"), How())
    assert load_model(str(tmp_path / "lm")).transformer.vocab_size == rows + 103


REFUSED = {
    "an encoder for a decoder": (ENCODER, "an encoder's weights fit no decoder alone"),
    "another norm": ({"model": {"norm": "layernorm"}}, r"model\.norm is layernorm here and rmsnorm"),
    "another width": ({"model": {"hidden": 64}}, r"model\.hidden is 64 here and 32"),
    "another position": ({"model": {"position": "alibi"}}, r"model\.position is alibi here and rope"),
}


@pytest.mark.parametrize(("change", "sentence"), REFUSED.values(), ids=REFUSED.keys())
def test_a_parent_that_does_not_fit_is_refused_with_the_reason(
    change: dict[str, Any], sentence: str, tokens: Path, causal: Path, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=sentence):
        pretrain(settings(change, {"from_": str(causal)}), [str(tokens)], str(tmp_path / "run"), How())
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("position", "sentence"),
    [("t5", "t5 positions are learned for one direction"), ("learned", "learned positions for 32 tokens")],
)
def test_positions_that_mean_something_else_are_refused(
    position: str, sentence: str, tokens: Path, tmp_path: Path
) -> None:
    parent = settings({"model": {"position": position}, "max_steps": 1})
    pretrain(parent, [str(tokens)], str(tmp_path / "parent"), How())
    change = PREFIX if position == "t5" else {"data": {"sequence": 48}}
    child = settings({"model": {"position": position}}, change, {"from_": str(tmp_path / "parent")})
    with pytest.raises(UserError, match=sentence):
        pretrain(child, [str(tokens)], str(tmp_path / "child"), How())


def test_a_longer_context_is_the_child_s_own_choice(tokens: Path, causal: Path, tmp_path: Path) -> None:
    below = settings_of_parent({"from_": str(causal)})
    stretched = {"model": {"rope_scaling": "yarn", "rope_factor": 2}, "data": {"sequence": 64}, "from_": str(causal)}
    child = resolve(Pretrain, [SMALL, below, stretched, {"max_steps": 1}])
    pretrain(child, [str(tokens)], str(tmp_path / "long"), How())
    assert load_model(str(tmp_path / "long")).context == 64


def test_language_modelling_gives_an_encoder_nothing_to_read() -> None:
    with pytest.raises(BadValue, match=r"objective\.name=lm gives model\.architecture=encoder-decoder nothing"):
        settings({"model": {"architecture": "encoder-decoder"}})


def test_a_held_out_set_without_a_prediction_is_no_loss_of_zero(tokens: Path, tmp_path: Path) -> None:
    held = write_tokens(tmp_path / "held", [[5]], shards=1)
    chosen = settings({"objective": {"name": "span-corruption"}, "valid": str(held), "max_steps": 1, "max_loss": 1})
    with pytest.raises(UserError, match="nothing that span-corruption could predict"):
        pretrain(chosen, [str(tokens)], str(tmp_path / "run"), How())


def test_a_stretched_child_turns_as_its_parent_did_in_any_context(tokens: Path, tmp_path: Path) -> None:
    stretched = {"architecture": "prefix", "rope_scaling": "yarn", "rope_factor": 4}
    parent = str(tmp_path / "parent")
    pretrain(settings({"model": stretched, "max_steps": 1}), [str(tokens)], parent, How())
    longer = {"data": {"sequence": 64}, "max_steps": 1, "from_": parent}
    child = resolve(Pretrain, [SMALL, settings_of_parent({"from_": parent}), longer])
    pretrain(child, [str(tokens)], str(tmp_path / "child"), How())
    one, other = (load_model(str(tmp_path / name)).config for name in ("parent", "child"))
    assert (one.context, other.context) == (32, 64)
    cpu = torch.device("cpu")
    assert torch.equal(frequencies(one, cpu)[0], frequencies(other, cpu)[0])


def test_a_dry_run_counts_the_rows_that_a_forward_pass_will_have(tokens: Path) -> None:
    kept = [
        pretrain(settings({"train": {"microbatch": rows}}), [str(tokens)], "never", How(dry_run=True)).manifest[
            "memory"
        ]
        for rows in (2, 600, 0)
    ]
    assert kept[0]["activations"] * 3 == kept[1]["activations"] == kept[2]["activations"]


def test_one_token_has_nothing_to_take_out() -> None:
    with pytest.raises(BadValue, match=r"data\.sequence=1 leaves objective\.name=span-corruption nothing"):
        settings({"objective": {"name": "span-corruption"}, "data": {"sequence": 1}})


def test_what_was_taken_out_of_a_text_has_no_document(tokens: Path) -> None:
    with pytest.raises(BadValue, match=r"data\.document_mask=true needs objective\.name=lm or prefix-lm"):
        settings({"objective": {"name": "ul2"}, "data": {"document_mask": True}})


def test_a_dry_run_says_what_each_part_costs(tokens: Path, tmp_path: Path) -> None:
    facts = pretrain(settings(ENCODER), [str(tokens)], str(tmp_path / "run"), How(dry_run=True)).manifest
    assert sum(part["parameters"] for part in facts["parts"]) == facts["parameters"]
    assert sum(part["flops"] for part in facts["parts"]) * facts["steps"] == facts["flops"]
    names = {part["part"] for part in facts["parts"]}
    assert {"encoder attention", "encoder positions", "decoder cross-attention", "head"} <= names
    assert facts["memory"]["optimizer"] == 8 * facts["parameters"]
    assert not (tmp_path / "run").exists()


def test_a_norm_after_the_embedding_is_built_with_the_survey_s_warning(tokens: Path, tmp_path: Path) -> None:
    chosen = settings({"model": {"embedding_norm": True}, "max_steps": 1})
    outcome = pretrain(chosen, [str(tokens)], str(tmp_path / "run"), How())
    assert "may cost performance" in " ".join(outcome.warnings)
    plain = pretrain(settings(), [str(tokens)], "never", How(dry_run=True))
    assert "may cost performance" not in " ".join(plain.warnings)


def test_a_run_says_its_settings_as_they_were_worked_out(tokens: Path, tmp_path: Path) -> None:
    pretrain(settings(ENCODER, {"max_steps": 1}), [str(tokens)], str(tmp_path / "run"), How())
    manifest = json.loads((tmp_path / "run" / "_manifest.json").read_text())
    assert manifest["settings"]["model"]["context"] == load_model(str(tmp_path / "run")).context == 29
