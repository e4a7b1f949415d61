"""Which weights, and how many numbers of each, a process holds: from shapes alone, before any process group exists.

A stage of a pipeline holds its blocks and the tables, norms and head that belong to them (`train/pipeline.py:Section`); tensor
parallelism holds a run of rows or columns of a matrix (`train/tensor.py`), FSDP2 a run of rows of that, in the sizes of
`torch.chunk`: equal ones, rounded up, and what is left for the last. The tests compare with what those really hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod

from llmctl.model.transformer import Transformer
from llmctl.settings.model import Model
from llmctl.settings.pretrain import Pretrain
from llmctl.train.layout import Layout, Stage

DIVIDED = {  # the dimension of a weight that tensor parallelism divides; others are whole everywhere
    **{f"{name}.{kind}": 0 for name in ("query", "key", "value", "gate", "up") for kind in ("weight", "bias")},
    "embedding.weight": 0,
    "head.weight": 0,
    "output.weight": 1,
    "down.weight": 1,
    "distances.weight": 1,
}


@dataclass(frozen=True)
class Weight:
    """A weight of a model, and in how many blocks of a stage one like it stands."""

    name: str  # that of the first block: decoder.blocks.0...
    shape: tuple[int, ...]
    count: int

    @property
    def of_block(self) -> bool:
        return ".blocks." in self.name

    @property
    def kind(self) -> str:
        """`query.weight` of `decoder.blocks.0.attention.query.weight`."""
        return ".".join(self.name.split(".")[-2:])


def weights_of(model: Model, vocab_size: int) -> dict[str, tuple[int, ...]]:
    """The shape of each weight of a model with one block a stack."""
    one = replace(model, layers=1, encoder_layers=1 if model.depth_of_encoder else None)
    made = Transformer(one, vocab_size)  # weights are not drawn, so that no memory is touched
    return {name: tuple(weight.shape) for name, weight in made.named_parameters()}


def weights_on(stage: Stage, model: Model, shapes: dict[str, tuple[int, ...]]) -> list[Weight]:
    """Those that a stage holds."""
    found = [Weight(name, shape, _count(name, stage, model)) for name, shape in shapes.items()]
    return [weight for weight in found if weight.count]


def _count(name: str, stage: Stage, model: Model) -> int:
    first, second, *_ = name.split(".")
    if first == "embedding":
        return int(stage.embeds or (stage.is_last and model.tied))
    if first == "head":
        return int(stage.is_last)
    blocks, depth = (stage.encoder, model.depth_of_encoder) if first == "encoder" else (stage.decoder, model.layers)
    if not blocks:
        return 0
    here = {"blocks": len(blocks), "norm": blocks.stop == depth, "distances": True}
    return int(here.get(second, blocks.start == 0))


def sliced(weight: Weight, model: Model, tensor: int, rank: int) -> tuple[int, ...]:
    """The shape of a process's slice of a matrix."""
    dimension = DIVIDED.get(weight.kind)
    if dimension is None or is_shared(weight, model, tensor):
        return weight.shape
    shape = list(weight.shape)
    shape[dimension] = chunk(shape[dimension], tensor, rank)
    return tuple(shape)


def is_shared(weight: Weight, model: Model, tensor: int) -> bool:
    """Keys and values of fewer heads than processes: all are projected everywhere."""
    return model.key_heads % tensor > 0 and weight.kind.split(".")[0] in ("key", "value")


def chunk(length: int, parts: int, index: int) -> int:
    """The length of one of `torch.chunk`'s parts; late ones may be empty."""
    size = -(-length // parts)
    return max(0, min(size, length - index * size))


@dataclass(frozen=True)
class Holding:
    """What one process holds: its stages and their weights, and its place in tensor parallelism and in a sharded copy."""

    settings: Pretrain
    layout: Layout
    stages: tuple[Stage, ...]
    weights: tuple[Weight, ...]
    tensor: int
    shard: int

    @property
    def blocks(self) -> list[Weight]:
        """The weights of blocks, which FSDP gathers one block at a time."""
        return [weight for weight in self.weights if weight.of_block]

    def numbers(self, weights: Sequence[Weight], *, sharded: bool) -> int:
        """How many of these weights' numbers lie here; not `sharded`: those of the gathered slice."""
        parts, index = (self.layout.shard, self.shard) if sharded else (1, 0)
        found = 0
        for weight in weights:
            rows, *rest = sliced(weight, self.settings.model, self.layout.tensor, self.tensor)
            found += weight.count * chunk(rows, parts, index) * prod(rest)
        return found
