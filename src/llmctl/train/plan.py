"""Sources and settings -> a plan, or the sentence that says which setting cannot be; nothing is written here.

`TOKENS=WEIGHT` gives a source its share of the sequences; sources without weights are read in proportion to their size,
as if they were one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

from llmctl.errors import BadSettings, UserError
from llmctl.model.size import flops_per_token, parameters
from llmctl.settings.knobs import plain
from llmctl.settings.pretrain import Model, Pretrain
from llmctl.store.artifacts import Identity, Input, input_of
from llmctl.store.models import LoadedModel, load_model
from llmctl.store.tokens import Tokens, open_tokens, same_tokenizer
from llmctl.tokens.mixture import order_of
from llmctl.tokens.packing import end_token_of
from llmctl.train.trainer import Course


@dataclass(frozen=True)
class Plan:
    """All that is known before the first byte is written."""

    identity: Identity
    course: Course
    sources: tuple[Tokens, ...]
    valid: Tokens | None
    parent: dict[str, str] | None  # `--from`: path and digest
    end_token: int

    @property
    def tokenizer_json(self) -> str:
        return self.sources[0].tokenizer_json

    @property
    def trained_tokens(self) -> int:
        settings = self.course.settings
        return settings.max_steps * settings.data.batch * settings.data.sequence

    @property
    def size(self) -> dict[str, Any]:
        """What the run amounts to."""
        settings, course = self.course.settings, self.course
        epoch = sum(course.order.windows) * settings.data.sequence
        cost = flops_per_token(settings.model, course.vocab_size, settings.data.sequence)
        return {
            "parameters": parameters(settings.model, course.vocab_size),
            "vocab_size": course.vocab_size,
            "steps": settings.max_steps,
            "tokens": self.trained_tokens,
            "tokens_in_sources": epoch,
            "epochs": round(self.trained_tokens / epoch, 4),
            "flops": cost * self.trained_tokens,
        }


def plan_run(settings: Pretrain, sources: Sequence[str], seed: int, version: int) -> Plan:
    """Look through all inputs and check that they and the settings fit together."""
    paths, weights = parse_sources(sources)
    opened = tuple(open_tokens(path) for path in paths)
    valid = open_tokens(settings.valid) if settings.valid else None
    for other in (*opened[1:], *((valid,) if valid else ())):
        if not same_tokenizer(opened[0].tokenizer_json, other.tokenizer_json):
            raise UserError(
                f"{other.path} and {opened[0].path} have different tokenizers; tokenize both with the same one"
            )
    _check_lengths(settings, opened, valid)
    end = end_token_of(opened[0].vocabulary, settings.data.end_token)
    parent = _parent(settings, opened[0])
    order = order_of(
        seed, settings.data.batch, settings.data.sequence, [s.stream for s in opened], weights, settings.data.shuffle
    )
    inputs = [input_of(path) for path in (*paths, *((settings.valid,) if settings.valid else ()))]
    inputs += [Input(parent["path"], parent["digest"])] if parent else []
    keyed = {**plain(settings, keyed_only=True), "seed": seed, "weights": weights, "sources": len(paths)}
    identity = Identity("pretrain", version, keyed, tuple(inputs))
    return Plan(identity, Course(settings, order, opened[0].vocab_size), opened, valid, parent, end)


def parse_sources(sources: Sequence[str]) -> tuple[list[str], list[str] | None]:
    """`PATH` or `PATH=WEIGHT` -> the paths, and the weights where they are given."""
    if not sources:
        raise BadSettings("name at least one TOKENS directory to train on")
    pairs = [(s, "") if Path(s).exists() else (s.rpartition("=")[::2] if "=" in s else (s, "")) for s in sources]
    given = [weight for _, weight in pairs if weight]
    for path, weight in pairs:
        if weight and not _is_weight(weight):
            raise BadSettings(f"the weight of {path} is a number above 0, not {weight!r}")
    if given and len(given) < len(pairs):
        raise BadSettings("give every TOKENS a weight (TOKENS=WEIGHT), or none (then each counts by its size)")
    return [path for path, _ in pairs], given or None


def _is_weight(text: str) -> bool:
    try:
        return isfinite(float(text)) and float(text) > 0
    except ValueError:
        return False


def _check_lengths(settings: Pretrain, sources: Sequence[Tokens], valid: Tokens | None) -> None:
    sequence = settings.data.sequence
    for source in sources:
        if source.stream <= sequence:
            raise UserError(
                f"data.sequence={sequence} is longer than {source.path}, which holds {source.stream:,} tokens; lower it"
            )
    if valid and valid.stream < 2:
        raise UserError(f"{valid.path} holds nothing to predict; name another set for --valid")


def _parent(settings: Pretrain, tokens: Tokens) -> dict[str, str] | None:
    if settings.from_ is None:
        return None
    loaded = load_model(settings.from_)
    check_parent(settings, loaded, tokens)
    return {"path": settings.from_, "digest": loaded.digest}


def check_parent(settings: Pretrain, parent: LoadedModel, tokens: Tokens) -> None:
    """Weights fit only a model of the same shape and vocabulary."""
    here, there = _shape(settings.model), _shape(parent.config)
    for name, value in here.items():
        if there[name] != value:
            raise UserError(
                f"model.{name} is {value} here and {there[name]} in {settings.from_}; set model.{name}={there[name]}"
            )
    if parent.tokenizer.get_vocab() != tokens.vocabulary:
        raise UserError(
            f"{settings.from_} was trained with another tokenizer than {tokens.path}; tokenize with its own"
        )


def _shape(model: Model) -> dict[str, Any]:
    resolved = plain(model) | {"kv_heads": model.key_heads, "ffn": model.ffn_width}
    return {name: value for name, value in resolved.items() if name != "dropout"}
