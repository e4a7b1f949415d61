"""The causal decoder: ids_BT -> logits_BTV (Vaswani et al. 2017, with the choices of Llama, arXiv:2302.13971).

One module that knows nothing of devices, processes or files; parallelism is applied to a finished model elsewhere.
Parameter names are layout-free (`blocks.LAYER...`); `hugging_face.py` maps them to the names other tools know.

Shapes: B batch, T time, D width, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import skip_init

from llmctl.model.attention import Attention, Cache
from llmctl.model.feedforward import FEEDFORWARDS, linear
from llmctl.model.norm import NORMS
from llmctl.model.position import Rotation, rope
from llmctl.settings.pretrain import Model

INIT_STD = 0.02  # GPT-2 (openai/gpt-2 src/model.py: w_init_stdev) and Llama (transformers' initializer_range)

Noise = Sequence[torch.Generator]  # one generator a row: dropout does not depend on how a batch is split


class Block(nn.Module):
    """x + attention(norm(x)), then x + feedforward(norm(x)): pre-normalisation (arXiv:2002.04745)."""

    def __init__(self, config: Model, layer: int) -> None:
        super().__init__()
        self.dropout = config.dropout
        self.attention_norm = NORMS[config.norm](config.hidden, config.norm_eps)
        self.attention = Attention(config, layer)
        self.feedforward_norm = NORMS[config.norm](config.hidden, config.norm_eps)
        self.feedforward = FEEDFORWARDS[config.activation](config)

    def forward(self, x_BTD: Tensor, rotation: Rotation, cache: Cache | None, noise: Noise | None) -> Tensor:
        x_BTD = x_BTD + drop(self.attention(self.attention_norm(x_BTD), rotation, cache), self.dropout, noise)
        return x_BTD + drop(self.feedforward(self.feedforward_norm(x_BTD)), self.dropout, noise)


class Transformer(nn.Module):
    """Embedding, blocks, norm and head. Its weights are unset until `initialise` or `load_state_dict`."""

    def __init__(self, config: Model, vocab_size: int) -> None:
        super().__init__()
        self.config, self.vocab_size = config, vocab_size
        embedding = skip_init(nn.Embedding, vocab_size, config.hidden)  # type: ignore[no-untyped-call]  # torch's own
        assert isinstance(embedding, nn.Embedding)
        self.embedding = embedding
        self.blocks = nn.ModuleList(Block(config, layer) for layer in range(config.layers))
        self.norm = NORMS[config.norm](config.hidden, config.norm_eps)
        self.head = None if config.tied else linear(config.hidden, vocab_size, False)

    def forward(self, ids_BT: Tensor, cache: Cache | None = None, *, noise: Noise | None = None) -> Tensor:
        """The logits of the token after each of `ids`. With a `cache`, `ids` continue what the cache has read.

        `noise` turns dropout on (survey: the original Transformer drops embeddings and each block's output).
        """
        start = cache.length if cache is not None else 0
        config = self.config
        rotation = rope(start, ids_BT.shape[1], config.head_width, config.rope_theta, ids_BT.device)
        x_BTD = drop(self.embedding(ids_BT), config.dropout, noise)
        for block in self.blocks:
            x_BTD = block(x_BTD, rotation, cache, noise)
        return functional.linear(self.norm(x_BTD), self.head_weight)

    @property
    def head_weight(self) -> Tensor:
        return self.embedding.weight if self.head is None else self.head.weight


def drop(x_BTD: Tensor, share: float, noise: Noise | None) -> Tensor:
    """Dropout (Vaswani et al. 2017, section 5.4) whose mask is drawn row by row, each from its own generator."""
    if noise is None or share == 0:
        return x_BTD
    kept = torch.stack([torch.rand(x_BTD.shape[1:], generator=g, device=x_BTD.device) for g in noise]) >= share
    return x_BTD * kept / (1 - share)


def initialise(model: Transformer, generator: torch.Generator) -> None:
    """Draw all weights: normal with std 0.02, the two matrices that write into the residual stream by 1/sqrt(2 layers).

    GPT-2 (Radford et al. 2019, section 2.3) scales the residual layers; norms start at one, biases at zero.
    """
    residual = INIT_STD / (2 * model.config.layers) ** 0.5
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if weight.dim() > 1:
                writes = name.endswith(("attention.output.weight", "feedforward.down.weight"))
                weight.normal_(0.0, residual if writes else INIT_STD, generator=generator)
            elif name.endswith("bias"):
                weight.zero_()
            else:
                weight.fill_(1.0)
