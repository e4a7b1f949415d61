"""Causal self-attention with grouped keys and values (GQA, Ainslie et al. 2023, arXiv:2305.13245): x_BTD -> x_BTD.

The kernel is torch's scaled_dot_product_attention (FlashAttention where the device has it). A `Cache` keeps the keys
and values of what was read, so that generation costs one token a step.

Shapes: B batch, T new tokens, S all tokens so far, H query heads, G key heads, D width of a head.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from llmctl.model.feedforward import linear
from llmctl.model.position import Rotation, rotate
from llmctl.settings.pretrain import Model


class Cache:
    """Keys and values of the tokens read so far, one pair of BGSD tensors a layer; grows by what each forward reads."""

    def __init__(self, layers: int) -> None:
        self.keys: list[Tensor | None] = [None] * layers
        self.values: list[Tensor | None] = [None] * layers

    @property
    def length(self) -> int:
        """Tokens read so far."""
        newest = self.keys[-1]
        return 0 if newest is None else newest.shape[2]

    def extend(self, layer: int, key_BGTD: Tensor, value_BGTD: Tensor) -> tuple[Tensor, Tensor]:
        """All keys and values of `layer`, the new ones included."""
        for kept, new in ((self.keys, key_BGTD), (self.values, value_BGTD)):
            old = kept[layer]
            kept[layer] = new if old is None else torch.cat((old, new), dim=2)
        key, value = self.keys[layer], self.values[layer]
        assert key is not None and value is not None
        return key, value

    def rows(self, index_B: Tensor) -> Cache:
        """A cache of the chosen rows of the batch (one may be chosen many times: one prompt, many continuations)."""
        chosen = Cache(len(self.keys))
        chosen.keys = [k if k is None else k.index_select(0, index_B) for k in self.keys]
        chosen.values = [v if v is None else v.index_select(0, index_B) for v in self.values]
        return chosen


class Attention(nn.Module):
    """softmax(q k / sqrt(D)) v over the token itself and what came before it."""

    def __init__(self, config: Model, layer: int) -> None:
        super().__init__()
        self.layer, self.heads, self.key_heads = layer, config.heads, config.key_heads
        width = config.key_heads * config.head_width
        self.query = linear(config.hidden, config.hidden, config.bias)
        self.key = linear(config.hidden, width, config.bias)
        self.value = linear(config.hidden, width, config.bias)
        self.output = linear(config.hidden, config.hidden, config.bias)

    def forward(self, x_BTD: Tensor, rotation: Rotation, cache: Cache | None = None) -> Tensor:
        query_BHTD = rotate(_split(self.query(x_BTD), self.heads), rotation)
        key_BGSD = rotate(_split(self.key(x_BTD), self.key_heads), rotation)
        value_BGSD = _split(self.value(x_BTD), self.key_heads)
        if cache is not None:
            key_BGSD, value_BGSD = cache.extend(self.layer, key_BGSD, value_BGSD)
        seen_BHTD = attend(query_BHTD, key_BGSD, value_BGSD)
        out_BTD: Tensor = self.output(seen_BHTD.transpose(1, 2).flatten(2))
        return out_BTD


def _split(x_BTD: Tensor, heads: int) -> Tensor:
    split_BHTD: Tensor = x_BTD.unflatten(-1, (heads, -1)).transpose(1, 2)  # type: ignore[no-untyped-call]  # torch's own
    return split_BHTD


def attend(query_BHTD: Tensor, key_BGSD: Tensor, value_BGSD: Tensor) -> Tensor:
    """Causal attention where the queries are the last T of the S positions."""
    new, seen = query_BHTD.shape[2], key_BGSD.shape[2]
    mask_TS = None
    if 1 < new < seen:
        mask_TS = torch.ones(new, seen, dtype=torch.bool, device=query_BHTD.device).tril(seen - new)
    grouped = query_BHTD.shape[1] != key_BGSD.shape[1]
    seen_BHTD: Tensor = functional.scaled_dot_product_attention(
        query_BHTD, key_BGSD, value_BGSD, attn_mask=mask_TS, is_causal=new > 1 and new == seen, enable_gqa=grouped
    )
    return seen_BHTD
