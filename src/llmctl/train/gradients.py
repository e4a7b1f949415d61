"""Gradients of weights that are spread over a mesh: what is left to add up, their global norm, clipping.

Sums, not means: each rank's part is of the loss divided by the predicted tokens of the global batch. What FSDP or DDP has
added up by itself is left alone. The norm counts each number of the model once, however many ranks hold a copy, so that every
layout clips alike; one sum over the whole world decides it, so that all ranks see an overflow of any of them.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, distributed, nn
from torch.distributed import ProcessGroup
from torch.distributed.tensor import DTensor

from llmctl.train.tensor import local

BUCKET = 25 * 2**20  # bytes that are sent at once: DDP's `bucket_cap_mb` (torch, nn/parallel/distributed.py)


@dataclass(frozen=True)
class Held:
    """A weight (or a part of one) that this process holds."""

    name: str
    weight: nn.Parameter
    copies: int  # processes of the world that hold these very numbers

    @property
    def gradient(self) -> Tensor | None:
        """This process's numbers of the gradient."""
        return None if self.weight.grad is None else local(self.weight.grad)


def settle(held: Iterable[Held]) -> None:
    """A gradient lies as its weight does: what DTensor left as parts is added up."""
    for weight in (item.weight for item in held):
        grad = weight.grad
        if isinstance(grad, DTensor) and isinstance(weight, DTensor) and grad.placements != weight.placements:
            weight.grad = grad.redistribute(placements=weight.placements)


def add_up(gradients: Sequence[Tensor], group: ProcessGroup) -> None:
    """The sum over a group, in place, in buckets of one message each."""
    for bucket in _buckets(gradients):
        flat = torch.cat([gradient.flatten() for gradient in bucket])
        distributed.all_reduce(flat, group=group)
        for gradient, summed in zip(bucket, torch.split(flat, [g.numel() for g in bucket]), strict=True):
            gradient.copy_(summed.view_as(gradient))


def _buckets(gradients: Sequence[Tensor]) -> Iterable[list[Tensor]]:
    bucket: list[Tensor] = []
    size = 0
    for gradient in gradients:
        bucket.append(gradient)
        size += gradient.nbytes
        if size >= BUCKET:
            yield bucket
            bucket, size = [], 0
    if bucket:
        yield bucket


def add_up_copies(held: Sequence[Held], names: Iterable[str], groups: dict[str, ProcessGroup]) -> None:
    """Weights that several stages hold: the sum over all copies, here and on the group's other processes, in each copy."""
    here: dict[str, list[Tensor]] = defaultdict(list)
    for item in held:
        if item.gradient is not None:
            here[item.name].append(item.gradient)
    for name in names:
        if name not in here:
            continue
        first, *others = here[name]
        for other in others:
            first.add_(other)
        if name in groups:
            distributed.all_reduce(first, group=groups[name])
        for other in others:
            other.copy_(first)


def norm_of(held: Sequence[Held], summed: Callable[[Tensor], Tensor]) -> float:
    """The Euclidean norm of the whole model's gradient, from every rank's part."""
    parts = [(item, item.gradient) for item in held]
    norms = [torch.linalg.vector_norm(g.float()).double() ** 2 / item.copies for item, g in parts if g is not None]
    own = torch.stack(norms).sum() if norms else torch.zeros((), dtype=torch.float64)
    return math.sqrt(float(summed(own))) if norms or held else 0.0


def multiply(held: Iterable[Held], factor: float) -> None:
    """Scale all gradients in place."""
    gradients = [item.gradient for item in held if item.gradient is not None]
    if factor != 1 and gradients:
        torch._foreach_mul_(gradients, factor)
