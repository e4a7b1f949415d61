"""Bytes that a process keeps for backward at the worst moment of a step, walked through the order of its pipeline.

A forward pass of a micro-batch through a stage keeps what `model/size.py` counts, and its backward pass lets it go. With
recomputation a block keeps less, and one block at a time is whole again in backward; the head's logits are whole for a moment
before and after. A stage of a pipeline also has a buffer for each micro-batch that it receives, forward and back (torch, in
distributed/pipelining/stage.py), and holds what it sent until that comes back. All numbers count as fp32: autocast needs less.
"""

from __future__ import annotations

from dataclasses import dataclass

from llmctl.model.size import (
    Kept,
    block,
    kept_at_begin,
    kept_at_end,
    kept_of_embedding,
    kept_of_head,
    kept_of_memory,
    mask_numbers,
    total,
)
from llmctl.settings.pretrain import Pretrain
from llmctl.train.layout import Stage
from llmctl.train.schedule import Order

NUMBER = 4  # bytes of one in fp32


@dataclass(frozen=True)
class Flow:
    """A micro-batch as it goes through: settings, the vocabulary, sequences, their tokens in the decoder and the encoder."""

    settings: Pretrain
    vocab_size: int
    rows: int
    lengths: tuple[int, int]

    @property
    def memory(self) -> int | None:
        """Tokens of the encoder that blocks of the decoder read."""
        return self.lengths[1] if self.settings.model.depth_of_encoder else None


def received(stage: Stage, flow: Flow) -> int:
    """Numbers that a stage receives of a micro-batch: the stream, and for a decoder what the encoder made."""
    model, (decoder, encoder) = flow.settings.model, flow.lengths
    if stage.is_first:
        return 0
    tokens = encoder if model.depth_of_encoder else decoder
    if model.depth_of_encoder and stage.decoder.start:
        tokens += decoder
    return flow.rows * tokens * model.hidden


def worst(order: Order, mine: dict[int, tuple[Stage, Stage | None]], flow: Flow, pieces: int) -> int:
    """Bytes at the worst moment of a step; `mine` are the stages of a process, each with the one that comes after it."""
    each = {index: _of_stage(stage, after, flow) for index, (stage, after) in mine.items()}
    held, most = 0, 0
    for item in order:
        kept, passing = each[item.stage]
        if item.forward:
            held += kept
            most = max(most, held + passing)
        else:
            most = max(most, held + passing)
            held -= kept
    buffers = sum(received(stage, flow) + (received(after, flow) if after else 0) for stage, after in mine.values())
    steady = sum(_masks(stage, flow, steady=True) for stage, _ in mine.values())
    return NUMBER * (most + pieces * buffers + steady)


def _of_stage(stage: Stage, after: Stage | None, flow: Flow) -> tuple[int, int]:
    """Numbers that a micro-batch keeps from its forward pass to its backward pass, and what more there is for a moment."""
    model, how, (decoder, encoder) = flow.settings.model, flow.settings.train.recompute, flow.lengths
    kept = total(
        [
            *(_of_block(flow, encoder, None, how) for _ in stage.encoder),
            *(_of_block(flow, decoder, flow.memory, how) for _ in stage.decoder),
            *_of_ends(stage, flow),
        ]
    )
    numbers = flow.rows * _on(kept, flow) + _masks(stage, flow, steady=False)
    if after:  # what came lies in a buffer, which is counted; what was sent is held
        numbers += received(after, flow)
    logits = flow.rows * decoder * flow.vocab_size // flow.settings.parallel.tensor if stage.is_last else 0
    again = 0
    if how != "none":
        tokens, memory = (decoder, flow.memory) if stage.decoder else (encoder, None)
        again = flow.rows * (
            _on(_of_block(flow, tokens, memory, "none"), flow) - _on(_of_block(flow, tokens, memory, how), flow)
        )
    return numbers - received(stage, flow), max(logits, again)


def _of_ends(stage: Stage, flow: Flow) -> list[Kept]:
    """What lies around the blocks."""
    model, (decoder, encoder) = flow.settings.model, flow.lengths
    found = []
    if stage.encoder:
        if stage.encoder.start == 0:
            found += [kept_of_embedding(model, encoder), kept_at_begin(model, encoder)]
        if stage.encoder.stop == model.depth_of_encoder:
            found.append(kept_at_end(model, encoder))
    if stage.decoder:
        if stage.decoder.start == 0:
            found += [kept_of_embedding(model, decoder), kept_at_begin(model, decoder)]
        if flow.memory is not None:
            found.append(kept_of_memory(model, flow.memory))
    if stage.is_last:
        head = kept_of_head(model, flow.vocab_size, decoder)
        found += [kept_at_end(model, decoder), Kept(head.whole, split=head.split // 2)]  # logits are there for a moment
    return found


def _of_block(flow: Flow, tokens: int, memory: int | None, how: str) -> Kept:
    """What a block keeps with `train.recompute` = how."""
    model, parallel = flow.settings.model, flow.settings.parallel
    parts, given = block(model, tokens, memory), Kept(stream=tokens * model.hidden)
    if how == "none":
        return total(part.kept for part in parts)
    if how == "full":
        return given
    sums = given * (len(parts) - 1) if parallel.tensor > 1 else Kept()  # of the processes' parts: communicated once
    return total(part.products for part in parts) + given + sums


def _on(kept: Kept, flow: Flow) -> int:
    parallel = flow.settings.parallel
    return kept.on(flow.settings.model, parallel.tensor, sequence=parallel.sequence)


def _masks(stage: Stage, flow: Flow, *, steady: bool) -> int:
    """Numbers of dense biases: made once (`steady`), or for each micro-batch, where rows differ or the bias is learned."""
    model, (decoder, encoder), rows = flow.settings.model, flow.lengths, flow.rows
    tensor, found = flow.settings.parallel.tensor, 0
    differ = model.architecture == "prefix" or flow.settings.data.document_mask
    if stage.encoder and not steady:
        found += mask_numbers(model, encoder, rows, per_row=True, tensor=tensor)
    if stage.decoder:
        if steady != (differ or model.position == "t5"):
            found += mask_numbers(model, decoder, rows, per_row=differ, tensor=tensor)
        if flow.memory is not None and not steady:
            found += rows * decoder * flow.memory
    return found
