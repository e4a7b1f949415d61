"""Sources and settings -> a plan, or the sentence that says which setting cannot be; nothing is written here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from llmctl.errors import BadSettings, UserError
from llmctl.model.size import parameters, parts
from llmctl.settings.knobs import plain
from llmctl.settings.pretrain import Pretrain
from llmctl.store.artifacts import Identity, Input, input_of
from llmctl.store.models import LoadedModel, load_model
from llmctl.store.tokens import Tokens, open_tokens, same_tokenizer
from llmctl.tokens.packing import end_token_of
from llmctl.tokens.vocabulary import with_added
from llmctl.train.course import Course, lengths_of
from llmctl.train.mixture_table import mixture_facts
from llmctl.train.objectives import specials_in
from llmctl.train.parent import check_parent
from llmctl.train.precision import default_dtype
from llmctl.train.sources import Streams, given_sources, streams_of


@dataclass(frozen=True)
class Plan:
    """All that is known before the first byte is written."""

    identity: Identity
    course: Course
    sources: tuple[Tokens, ...]
    streams: Streams
    valid: Tokens | None
    parent: dict[str, str] | None  # `--from`: path and digest
    end_token: int

    @property
    def tokenizer_json(self) -> str:
        """The tokenizer of the sources, and the names of what the objective adds."""
        return with_added(self.sources[0].tokenizer_json, self.course.specials.names, self.course.specials.text_vocab)

    @property
    def trained_tokens(self) -> int:
        settings = self.course.settings
        return settings.max_steps * settings.data.batch * settings.data.sequence

    @property
    def size(self) -> dict[str, Any]:
        """What the run amounts to."""
        settings, course = self.course.settings, self.course
        epoch = sum(course.order.windows) * settings.data.sequence
        return {
            "parameters": parameters(settings.model, course.vocab_size),
            "vocab_size": course.vocab_size,
            "steps": settings.max_steps,
            "tokens": self.trained_tokens,
            "tokens_in_sources": epoch,
            "epochs": round(self.trained_tokens / epoch, 4),
            "flops": course.flops_per_sequence * settings.max_steps * settings.data.batch,
        }

    @property
    def mixture(self) -> dict[str, Any]:
        """What is read of each source, and what speaks against it."""
        settings, course = self.course.settings, self.course
        table = parts(settings.model, course.vocab_size, *course.lengths)
        return mixture_facts(self.streams, settings.data, steps=settings.max_steps, model=table)

    @property
    def parts(self) -> list[dict[str, Any]]:
        """Parameters and operations of a step for each part of the model."""
        settings, course = self.course.settings, self.course
        table = parts(settings.model, course.vocab_size, *course.lengths)
        return [{"part": p.name, "parameters": p.parameters, "flops": p.flops * settings.data.batch} for p in table]


def plan_run(settings: Pretrain, sources: Sequence[str], seed: int, version: int) -> Plan:
    """Look through all inputs and check that they and the settings fit together."""
    paths, weights, temperature = given_sources(sources)
    opened = tuple(open_tokens(path) for path in paths)
    valid = open_tokens(settings.valid) if settings.valid else None
    for other in (*opened[1:], *((valid,) if valid else ())):
        if not same_tokenizer(opened[0].tokenizer_json, other.tokenizer_json):
            raise UserError(
                f"{other.path} and {opened[0].path} have different tokenizers; tokenize both with the same one"
            )
    _check_lengths(settings, opened, valid)
    end = end_token_of(opened[0].vocabulary, settings.data.end_token)
    loaded = load_model(settings.from_) if settings.from_ else None
    settings = with_dtype(with_context(with_temperature(settings, temperature), loaded))
    specials = specials_in(settings.objective, opened[0].vocabulary, settings.data.sequence)
    if loaded:
        check_parent(settings, loaded, opened[0])
    parent = {"path": str(settings.from_), "digest": loaded.digest} if loaded else None
    vocab_size = max(specials.vocab_size, loaded.transformer.vocab_size if loaded else 0)
    streams = streams_of(opened, settings.data, weights, seed)
    inputs = [input_of(path) for path in (*paths, *((settings.valid,) if settings.valid else ()))]
    inputs += [Input(parent["path"], parent["digest"])] if parent else []
    keyed = {**keyed_settings(settings), "seed": seed, "weights": weights, "sources": len(paths)}
    identity = Identity("pretrain", version, keyed, tuple(inputs))
    start = end if loaded is None or loaded.start_token is None else loaded.start_token
    course = Course(settings, streams.order, vocab_size, specials, start)
    return Plan(identity, course, opened, streams, valid, parent, end)


def keyed_settings(settings: Pretrain) -> dict[str, Any]:
    """The settings that decide bytes; a temperature is among them where it divides languages."""
    keyed: dict[str, Any] = plain(settings, keyed_only=True)
    if (settings.data.temperature or 1) > 1:
        keyed["data"]["temperature"] = settings.data.temperature
    return keyed


def with_temperature(settings: Pretrain, of_file: float | None) -> Pretrain:
    """The settings with `data.temperature` worked out: a mixture file's lies below presets and `--set`."""
    return replace(settings, data=replace(settings.data, temperature=settings.data.temperature or of_file or 1.0))


def with_context(settings: Pretrain, parent: LoadedModel | None) -> Pretrain:
    """The settings with `model.context` worked out: the longest that is read, or what the parent is made for."""
    needed = max(lengths_of(settings))
    known = settings.model.context or max(needed, parent.context if parent else 0)
    if known < needed:
        raise BadSettings(
            f"model.context={known} is shorter than the {needed} tokens that a sequence of {settings.objective.name} has "
            f"with data.sequence={settings.data.sequence}; raise it or lower data.sequence"
        )
    return replace(settings, model=replace(settings.model, context=known))


def with_dtype(settings: Pretrain) -> Pretrain:
    """The settings with `train.dtype` worked out: what this machine is made for."""
    return replace(settings, train=replace(settings.train, dtype=settings.train.dtype or default_dtype()))


def _check_lengths(settings: Pretrain, sources: Sequence[Tokens], valid: Tokens | None) -> None:
    sequence = settings.data.sequence
    for source in sources:
        if source.stream <= sequence:
            raise UserError(
                f"data.sequence={sequence} is longer than {source.path}, which holds {source.stream:,} tokens; lower it"
            )
    if valid and valid.stream < 2:
        raise UserError(f"{valid.path} holds nothing to predict; name another set for --valid")
