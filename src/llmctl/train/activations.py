"""Bytes that a process keeps for backward at the worst moment of a step, walked through the order of its pipeline.

A forward pass of a micro-batch through a stage keeps what `model/size.py` counts, and its backward pass lets it go. With
recomputation a block keeps less, and one block at a time is whole again in backward. Gradients on their way come on top:
those of the logits, or of a block's stream and inner width. A stage of a pipeline has a buffer for each micro-batch that
it receives, forward and back (torch, distributed/pipelining/stage.py), and holds what it sent until that comes back. All
numbers count as fp32: autocast needs less.
"""

from __future__ import annotations

from collections.abc import Sequence
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
    return 0 if stage.is_first else _between(stage.decoder.start, flow)


def sent(stage: Stage, flow: Flow) -> int:
    """Numbers that it hands on."""
    return 0 if stage.is_last else _between(stage.decoder.stop, flow)


def _between(blocks: int, flow: Flow) -> int:
    """Where so many blocks of the decoder lie before."""
    model, (decoder, encoder) = flow.settings.model, flow.lengths
    tokens = encoder + (decoder if blocks else 0) if model.depth_of_encoder else decoder
    return flow.rows * tokens * model.hidden


def worst(order: Order, stages: Sequence[Stage], flow: Flow, pieces: int) -> int:
    """Bytes at the worst moment of a step that goes through the stages of a process in this order."""
    each = {stage.index: (kept(stage, flow), passing(stage, flow)) for stage in stages}
    held, most = 0, 0
    for item in order:
        keeps, passes = each[item.stage]
        held += keeps if item.forward else 0
        most = max(most, held + passes)
        held -= 0 if item.forward else keeps
    buffers = sum(received(stage, flow) + sent(stage, flow) for stage in stages)
    return NUMBER * (most + pieces * buffers + sum(masks(stage, flow, steady=True) for stage in stages))


def kept(stage: Stage, flow: Flow) -> int:
    """Numbers that a micro-batch keeps from its forward pass to its backward pass."""
    how, (decoder, encoder) = flow.settings.train.recompute, flow.lengths
    blocks = [
        of_block(flow, encoder, None, how) * len(stage.encoder),
        of_block(flow, decoder, flow.memory, how) * len(stage.decoder),
    ]
    numbers = flow.rows * _on(total([*blocks, *_of_ends(stage, flow)]), flow) + masks(stage, flow, steady=False)
    # what came lies in a buffer, which is counted by itself; what was sent is held until it comes back
    return numbers + sent(stage, flow) - received(stage, flow)


def passing(stage: Stage, flow: Flow) -> int:
    """Numbers that are there for a moment of a backward pass, beside what is kept."""
    model, how, (decoder, encoder) = flow.settings.model, flow.settings.train.recompute, flow.lengths
    tensor = flow.settings.parallel.tensor
    logits = 2 * decoder * flow.vocab_size // tensor if stage.is_last else 0  # and of their logarithms: gradients
    tokens, memory = (decoder, flow.memory) if stage.decoder else (encoder, None)  # of the block that comes first
    whole, less = (_on(of_block(flow, tokens, memory, way), flow) for way in ("none", how))
    coming = tokens * (model.hidden + model.ffn_width // tensor)  # its gradients on their way
    return flow.rows * max(logits, coming + whole - less)


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
        found += [kept_at_end(model, decoder), kept_of_head(model, flow.vocab_size, decoder)]
    return found


def of_block(flow: Flow, tokens: int, memory: int | None, how: str) -> Kept:
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


def masks(stage: Stage, flow: Flow, *, steady: bool) -> int:
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
