"""Tensor parallelism: each matrix divided over the processes of one mesh dimension, the model's code untouched.

Megatron's division (Shoeybi et al. 2019, arXiv:1909.08053, section 3): the first matrix of a block by outputs, the second by
inputs, so that attention and feed-forward each end in one sum over the processes; the vocabulary's tables by words, and the
loss worked out on the pieces. With `sequence` (Korthikanti et al. 2022, arXiv:2205.05198, section 4.2.2) what lies between the
blocks' matrices is divided along time: the sum becomes a reduce-scatter, and an all-gather comes before the next matrices.

torch's DTensor styles do it by hooks; between them activations are plain tensors. `STYLES` is the table of what is divided how.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from torch import Tensor, nn
from torch.distributed.device_mesh import DeviceMesh
from torch.distributed.tensor import DTensor, Partial, Placement, Replicate, Shard, distribute_module
from torch.distributed.tensor.parallel import (
    ColwiseParallel,
    ParallelStyle,
    PrepareModuleInput,
    RowwiseParallel,
    loss_parallel,
    parallelize_module,
)

from llmctl.model.transformer import Block, Stack, Transformer

TIME = 1  # the dimension of BTD that `sequence` divides


class SharedHeads(ParallelStyle):
    """Keys or values of fewer heads than processes: all are projected everywhere, and each process keeps those it needs."""

    def __init__(self, columns: slice) -> None:
        super().__init__()
        self.columns = columns

    def _apply(self, module: nn.Module, device_mesh: DeviceMesh) -> nn.Module:
        def whole(module: nn.Module, inputs: Any, mesh: DeviceMesh) -> Any:  # Any: torch's own signature
            (x_BSD,) = inputs
            return (
                x_BSD
                if isinstance(x_BSD, DTensor)
                else DTensor.from_local(x_BSD, mesh, (Replicate(),), run_check=False)
            )

        def kept(module: nn.Module, output: Any, mesh: DeviceMesh) -> Tensor:  # Any: torch's own signature
            # other processes keep other heads: what comes back through ours is a part of the gradient
            local_BSD: Tensor = output.to_local(grad_placements=(Partial(),))
            return local_BSD[..., self.columns]

        return distribute_module(module, device_mesh, None, whole, kept)  # type: ignore[arg-type]  # torch says None, and means any


def divide_matrices(model: Transformer, mesh: DeviceMesh, *, sequence: bool, has_head: bool = True) -> None:
    """Divide a model's (or a stage's) weights over `mesh`, in place; `partly_summed` says whose gradients are left to add.

    Where the head is, logits come out divided by words (a DTensor).
    """
    rank, size = mesh.get_local_rank(), mesh.size()
    between: Placement = Shard(TIME) if sequence else Replicate()
    for stack in stacks_of(model):
        each = model.config.heads // size
        stack.heads = range(rank * each, (rank + 1) * each)
        if stack.distances is not None:
            parallelize_module(stack.distances, mesh, ColwiseParallel())
        for block in stack.blocks.values():
            assert isinstance(block, Block)
            parallelize_module(block, mesh, styles_of(model, block, rank, size, between))
        if sequence:
            _divide_time(stack, mesh)
    if getattr(model, "embedding", None) is not None:  # a stage may be without
        parallelize_module(model.embedding, mesh, RowwiseParallel(input_layouts=Replicate()))
        # the sum is still on its way (an AsyncCollectiveTensor), which a compiled block cannot differentiate; a copy has arrived
        model.embedding.register_forward_hook(lambda _module, _inputs, x: x.clone())
    if model.head is not None:
        parallelize_module(model.head, mesh, ColwiseParallel())
    if has_head:
        model.decoder.register_forward_hook(lambda _module, _inputs, output: _whole(output, mesh))


def styles_of(model: Transformer, block: Block, rank: int, size: int, between: Placement) -> dict[str, ParallelStyle]:
    """How the parts of a block are divided; `between` is how the residual stream is."""
    config, narrow = model.config, model.config.key_heads
    keys: ParallelStyle = ColwiseParallel()
    if narrow % size:  # fewer heads than processes: the one that this process's queries belong to
        first = rank * narrow // size * config.width_of_head
        keys = SharedHeads(slice(first, first + config.width_of_head))
    styles: dict[str, ParallelStyle] = {
        "attention": PrepareModuleInput(
            input_layouts=(between, None, None, None), desired_input_layouts=(Replicate(), None, None, None)
        ),
        "attention.query": ColwiseParallel(),
        "attention.key": keys,
        "attention.value": keys,
        "attention.output": RowwiseParallel(output_layouts=between),
        "feedforward": PrepareModuleInput(input_layouts=between, desired_input_layouts=Replicate()),
        "feedforward.up": ColwiseParallel(),
        "feedforward.down": RowwiseParallel(output_layouts=between),
    }
    if block.feedforward.gate is not None:
        styles["feedforward.gate"] = ColwiseParallel()
    if block.cross is not None:  # what an encoder made is whole on every process
        styles |= {
            "cross.query": ColwiseParallel(input_layouts=between),
            "cross.key": keys,
            "cross.value": keys,
            "cross.output": RowwiseParallel(output_layouts=between),
        }
    return styles


def stacks_of(model: Transformer) -> Iterator[Stack]:
    """The stacks that have blocks here."""
    for stack in (model.encoder, model.decoder):
        if stack is not None and len(stack.blocks):
            yield stack


def partly_summed(model: Transformer) -> list[nn.Parameter]:
    """With `sequence`, the weights that each process applied to its own part of the time: the norms of blocks, and the last."""
    found = []
    for stack in stacks_of(model):
        for name, module in stack.named_modules():
            if (name.startswith("blocks.") and isinstance(module, nn.LayerNorm | nn.RMSNorm)) or name == "norm":
                found += list(module.parameters())
    return found


def losses_divided(divided: bool) -> AbstractContextManager[None]:
    """Where logits are divided by words, cross entropy (and its backward) is worked out on the pieces."""
    context: AbstractContextManager[None] = loss_parallel() if divided else nullcontext()
    return context


def _divide_time(stack: Stack, mesh: DeviceMesh) -> None:
    """The residual stream is cut along the time before the first block, and whole again after the last norm."""
    first, *_ = stack.blocks.values()
    *_, last = stack.blocks.values()
    first.register_forward_pre_hook(lambda _module, inputs: (_cut(inputs[0], mesh), *inputs[1:]))
    (last if stack.norm is None else stack.norm).register_forward_hook(lambda _module, _inputs, x: _joined(x, mesh))


def _cut(x_BTD: Tensor, mesh: DeviceMesh) -> Tensor:
    whole = DTensor.from_local(x_BTD, mesh, (Replicate(),), run_check=False)
    return whole.redistribute(placements=(Shard(TIME),)).to_local()


def _joined(x_BTD: Tensor, mesh: DeviceMesh) -> Tensor:
    parts = DTensor.from_local(x_BTD, mesh, (Shard(TIME),), run_check=False)
    return parts.redistribute(placements=(Replicate(),)).to_local()


def _whole(x_BTD: Tensor, mesh: DeviceMesh) -> DTensor:
    return DTensor.from_local(x_BTD, mesh, (Replicate(),), run_check=False)


def local(tensor: Tensor) -> Tensor:
    """The numbers that lie here."""
    if isinstance(tensor, DTensor):
        found: Tensor = tensor.to_local()
        return found
    return tensor
