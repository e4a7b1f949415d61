"""Activation recomputation: a block keeps less for backward, and computes it again (Chen et al. 2016, arXiv:1604.06174).

full: a block keeps what it was given. selective: also what its matrix products and its attention gave, so that only what is
cheap is computed again (Korthikanti et al. 2022, arXiv:2205.05198, section 5, chooses by the same price the other way round:
there attention is computed again, which flash kernels do by themselves now). Gradients are the same to the bit.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch.utils.checkpoint import CheckpointPolicy, checkpoint, create_selective_checkpoint_contexts

from llmctl.model.transformer import Block

aten = torch.ops.aten
DEAR = {  # what selective recomputation keeps
    aten.mm.default,
    aten.addmm.default,
    aten.bmm.default,
    aten.linear.default,
    aten._scaled_dot_product_flash_attention_for_cpu.default,
    aten._scaled_dot_product_flash_attention.default,
    aten._scaled_dot_product_efficient_attention.default,
    aten._scaled_dot_product_cudnn_attention.default,
    torch.ops._c10d_functional.all_reduce.default,
    torch.ops._c10d_functional.reduce_scatter_tensor.default,
}


def _policy(context: Any, op: Any, *args: Any, **more: Any) -> CheckpointPolicy:  # Any: torch's own signature
    return CheckpointPolicy.MUST_SAVE if op in DEAR else CheckpointPolicy.PREFER_RECOMPUTE


KINDS: dict[str, dict[str, Any]] = {  # Any: arguments of torch's checkpoint
    "full": {},
    "selective": {"context_fn": partial(create_selective_checkpoint_contexts, _policy)},
}


def recomputed(block: Block, how: str) -> None:
    """Make a block compute again in backward, in place; `none` leaves it alone."""
    if how == "none":
        return
    # dropout draws by place and row, so no random state needs to be kept
    block.forward = partial(checkpoint, block.forward, use_reentrant=False, preserve_rng_state=False, **KINDS[how])  # type: ignore[method-assign]
