"""`--from`: the weights of another run, or of a model from elsewhere, as the beginning of this one.

A causal decoder goes on as a prefix decoder (U-PaLM, Tay et al. 2022, arXiv:2210.11399), or with an objective that adds tokens
to the vocabulary: the tables then grow at their end, and what is new starts as it would in a new model. What decides the
shape of weights, or what they mean, must be the same.
"""

from __future__ import annotations

from typing import Any

import torch

from llmctl.errors import UserError
from llmctl.model.transformer import Transformer
from llmctl.settings.knobs import plain
from llmctl.settings.model import Model
from llmctl.settings.pretrain import Pretrain
from llmctl.store.models import LoadedModel, load_model
from llmctl.store.tokens import Tokens

FREE = (  # no weight has another shape or meaning for these
    "architecture", "context", "dropout", "init", "init_std", "rope_theta", "rope_scaling", "rope_factor", "rope_original",
    "attention", "window", "stride", "summary", "global_tokens",
)  # fmt: skip


def parent_model(path: str) -> dict[str, Any]:
    """The shape of the model at `path`, as plain values; `context` is left to be worked out, if it may be."""
    config = load_model(path).config
    shape: dict[str, Any] = plain(config)
    if config.rope_scaling == "yarn":  # its turns stay what they are in another context
        shape["rope_original"] = config.yarn_original
    return shape if shape["position"] == "learned" else shape | {"context": None}


def check_parent(settings: Pretrain, parent: LoadedModel, tokens: Tokens) -> None:
    """UserError names what does not fit."""
    ours, theirs = settings.model, parent.config
    _check_architecture(ours, theirs, settings.from_)
    here, there = _shape(ours), _shape(theirs)
    for name, value in here.items():
        if there[name] != value:
            raise UserError(
                f"model.{name} is {value} here and {there[name]} in {settings.from_}; set model.{name}={there[name]}"
            )
    if ours.position == "learned" and ours.context != theirs.context:
        raise UserError(
            f"{settings.from_} has learned positions for {theirs.context} tokens, and {ours.context} are wanted; "
            f"set model.context={theirs.context} and a data.sequence that fits"
        )
    vocabulary = parent.tokenizer.get_vocab(with_added_tokens=True)
    if {name: id for name, id in vocabulary.items() if id < tokens.vocab_size} != tokens.vocabulary:
        raise UserError(
            f"{settings.from_} was trained with another tokenizer than {tokens.path}; tokenize with its own"
        )


def _check_architecture(ours: Model, theirs: Model, path: str | None) -> None:
    one, other = ours.architecture, theirs.architecture
    if one != other and "encoder-decoder" in (one, other):
        raise UserError(
            f"model.architecture is {one} here and {other} in {path}, and an encoder's weights fit no decoder alone; "
            f"set model.architecture={other}"
        )
    if one != other and ours.position == "t5":
        raise UserError(
            f"model.architecture is {one} here and {other} in {path}: its t5 positions are learned for "
            f"{'one direction' if other == 'causal' else 'both directions'}; set model.architecture={other}"
        )


def _shape(model: Model) -> dict[str, Any]:
    resolved = plain(model) | {
        "kv_heads": model.key_heads,
        "ffn": model.ffn_width,
        "head_width": model.width_of_head,
        "norm_position": model.norm_place,
        "encoder_layers": model.depth_of_encoder,
        "attention_scale": model.scale_of_attention,
    }
    return {name: value for name, value in resolved.items() if name not in FREE}


def take_weights(model: Transformer, parent: Transformer) -> None:
    """Give `model` (or a stage) the weights of `parent`, in place; rows of the vocabulary that the parent has not stay."""
    theirs = dict(parent.named_parameters())
    with torch.no_grad():
        for name, weight in model.named_parameters():
            weight[: len(theirs[name])].copy_(theirs[name])
