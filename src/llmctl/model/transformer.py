"""The Transformer: ids_BT -> logits_BTV; a causal decoder, a prefix decoder or an encoder and a decoder of the same blocks.

Vaswani et al. 2017 with the switches of `settings/model.py`. One module that knows nothing of devices, processes or files;
parallelism is applied to a finished model elsewhere. Parameter names are layout-free (`decoder.blocks.LAYER...`, a
dictionary by layer, so that a stage of a pipeline may delete what it does not own). What all blocks of a stack share, the
t5 table or the rotation, lives in the stack and is worked out once a forward pass.

Shapes: B batch, T time, S time of the encoder, D width, V vocabulary, H heads, R buckets.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from llmctl.model.attention import Attention, Lowered, lower
from llmctl.model.cache import Cache
from llmctl.model.feedforward import FeedForward, linear
from llmctl.model.norm import NORMS, deepnorm
from llmctl.model.position import Rotation, alibi_slopes, embedding, learned, rope, sinusoidal
from llmctl.model.visibility import Reading, cross_spec, spec_of
from llmctl.settings.model import Model

Noise = Callable[[str, torch.Size, torch.device], Tensor]  # place in the model, BTD -> BTD, even in [0, 1)
KEPT_SIGHTS = 8  # dense biases that do not change from batch to batch, kept a stack


class Block(nn.Module):
    """Attention, attention to the encoder where there is one, feed-forward; each beside the residual stream.

    pre: x + f(norm(x)) (Xiong et al. 2020, arXiv:2002.04745); post: norm(alpha x + f(x)) (Vaswani et al. 2017; alpha is
    DeepNorm's); sandwich: x + after(f(norm(x))) (Ding et al. 2021, arXiv:2105.13290).
    """

    def __init__(self, config: Model, layer: int, *, encoder: bool) -> None:
        super().__init__()
        self.name = f"{'encoder' if encoder else 'decoder'}.{layer}"
        self.pattern, self.place, self.dropout = config.pattern(layer), config.norm_place, config.dropout
        self.alpha, _ = deepnorm(config, encoder=encoder)
        self.attention_norm, self.attention_after = self._norms(config)
        self.attention = Attention(config, layer)
        self.cross: Attention | None = None
        if config.depth_of_encoder and not encoder:
            self.cross_norm, self.cross_after = self._norms(config)
            self.cross = Attention(config, layer)
        self.feedforward_norm, self.feedforward_after = self._norms(config)
        self.feedforward = FeedForward(config)

    def _norms(self, config: Model) -> tuple[nn.Module, nn.Module | None]:
        return NORMS[config.norm](config), NORMS[config.norm](config) if self.place == "sandwich" else None

    def forward(self, x_BTD: Tensor, sight: Sight, cache: Cache | None, noise: Noise | None) -> Tensor:
        read_BTD = self._before(x_BTD, self.attention_norm)
        out_BTD = self.attention(read_BTD, sight.patterns[self.pattern], sight.rotation, cache)
        x_BTD = self._add(x_BTD, out_BTD, self.attention_norm, self.attention_after, noise, "attention")
        if self.cross is not None:
            read_BTD = self._before(x_BTD, self.cross_norm)
            out_BTD = self.cross.across(read_BTD, sight.cross, *self._of_encoder(self.cross, sight, cache))
            x_BTD = self._add(x_BTD, out_BTD, self.cross_norm, self.cross_after, noise, "cross")
        out_BTD = self.feedforward(self._before(x_BTD, self.feedforward_norm))
        return self._add(x_BTD, out_BTD, self.feedforward_norm, self.feedforward_after, noise, "feedforward")

    def _before(self, x_BTD: Tensor, norm: nn.Module) -> Tensor:
        read_BTD: Tensor = x_BTD if self.place == "post" else norm(x_BTD)
        return read_BTD

    def _add(
        self, x_BTD: Tensor, out_BTD: Tensor, norm: nn.Module, after: nn.Module | None, noise: Noise | None, part: str
    ) -> Tensor:
        out_BTD = drop(out_BTD if after is None else after(out_BTD), self.dropout, noise, f"{self.name}.{part}")
        if self.place != "post":
            return x_BTD + out_BTD
        normed_BTD: Tensor = norm((x_BTD if self.alpha == 1 else self.alpha * x_BTD) + out_BTD)
        return normed_BTD

    def _of_encoder(self, cross: Attention, sight: Sight, cache: Cache | None) -> tuple[Tensor, Tensor]:
        if cache is not None and cross.layer in cache.cross:
            return cache.cross[cross.layer]
        assert sight.memory_BSD is not None, "the first tokens of a decoder come with what the encoder reads"
        made = cross.keys_and_values(sight.memory_BSD)
        if cache is not None:
            cache.cross[cross.layer] = made
        return made


@dataclass(frozen=True)
class Sight:
    """What the blocks of a stack share in one forward pass."""

    patterns: dict[str, Lowered]
    rotation: Rotation | None = None
    memory_BSD: Tensor | None = None  # what the encoder made
    cross: Lowered = Lowered()


class Stack(nn.Module):
    """Positions, blocks and a last norm: an encoder, or a decoder. A process may hold some of its blocks, and of the heads.

    `begins`: is what comes in an embedding? `heads`: those whose scores are worked out here.
    """

    def __init__(self, config: Model, *, encoder: bool) -> None:
        super().__init__()
        self.config, self.encoder = config, encoder
        self.begins, self.heads = True, range(config.heads)
        depth = config.depth_of_encoder if encoder else config.layers
        self.positions = learned(config) if config.position == "learned" else None
        self.distances = embedding(config.relative_buckets, config.heads) if config.position == "t5" else None
        self.embedding_norm = NORMS[config.norm](config) if config.embedding_norm else None
        self.blocks = nn.ModuleDict({str(layer): Block(config, layer, encoder=encoder) for layer in range(depth)})
        self.norm = None if config.norm_place == "post" else NORMS[config.norm](config)
        self._kept: dict[tuple[object, ...], Lowered] = {}

    def forward(
        self,
        x_BTD: Tensor,
        *,
        documents_BT: Tensor | None = None,
        prefix_B: Tensor | None = None,
        memory_BSD: Tensor | None = None,
        memory_documents_BS: Tensor | None = None,
        cache: Cache | None = None,
        noise: Noise | None = None,
    ) -> Tensor:
        """Embedded tokens (or what the block before made) -> what the head (or a decoder, or the next block) reads."""
        start = cache.length if cache is not None else 0
        assert documents_BT is None or start == 0, "tokens of several documents are read in one pass"
        places_BT = None if documents_BT is None else places_in(documents_BT)
        position_BT = places_BT if places_BT is not None else torch.arange(start, start + x_BTD.shape[1])[None]
        reading = Reading(start, documents_BT, places_BT, prefix_B)
        sight = self._sight(x_BTD, reading, memory_BSD, memory_documents_BS)
        if self.begins:
            x_BTD = self._begin(x_BTD, position_BT.to(x_BTD.device), noise)
        for block in self.blocks.values():
            x_BTD = block(x_BTD, sight, cache, noise)
        out_BTD: Tensor = x_BTD if self.norm is None else self.norm(x_BTD)
        return out_BTD

    def _begin(self, x_BTD: Tensor, position_BT: Tensor, noise: Noise | None) -> Tensor:
        x_BTD = self._positioned(x_BTD, position_BT)
        if self.embedding_norm is not None:
            x_BTD = self.embedding_norm(x_BTD)
        return drop(x_BTD, self.config.dropout, noise, "encoder" if self.encoder else "decoder")

    def _positioned(self, x_BTD: Tensor, position_BT: Tensor) -> Tensor:
        if self.positions is not None:
            added_BTD: Tensor = self.positions(position_BT + self.config.position_offset)
            return x_BTD + added_BTD
        if self.config.position == "sinusoidal":
            return x_BTD + sinusoidal(position_BT, x_BTD.shape[-1]).to(x_BTD.dtype)
        return x_BTD

    def _sight(
        self, x_BTD: Tensor, reading: Reading, memory_BSD: Tensor | None, memory_documents_BS: Tensor | None
    ) -> Sight:
        rows, queries, device = x_BTD.shape[0], x_BTD.shape[1], x_BTD.device
        config, keys = self.config, reading.start + queries
        patterns = {p: self._lowered(p, reading, rows, queries, device) for p in dict.fromkeys(config.attention)}
        rotation = rope(config, torch.arange(reading.start, keys, device=device)) if config.position == "rope" else None
        crossed = Lowered()
        if memory_documents_BS is not None:
            sizes = {"rows": rows, "heads": len(self.heads), "queries": queries, "keys": memory_documents_BS.shape[1]}
            crossed = lower(cross_spec(memory_documents_BS), **sizes, device=device)
        return Sight(patterns, rotation, memory_BSD, crossed)

    def _lowered(self, pattern: str, reading: Reading, rows: int, queries: int, device: torch.device) -> Lowered:
        """The specification of a pattern, made ready; kept where the next batch will need the same."""
        config, keys = self.config, reading.start + queries
        steady = reading.start == 0 and reading.documents_BS is None and reading.prefix_B is None
        name = (pattern, queries, device)
        if steady and name in self._kept:
            return self._kept[name]
        with torch.inference_mode(False):  # what is kept may be used with and without gradients
            bias_H = self._distance_bias(device)
            spec = spec_of(config, pattern, reading, both_ways=self.encoder, bias_H=bias_H)
            lowered = lower(spec, rows=rows, heads=len(self.heads), queries=queries, keys=keys, device=device)
        if steady and self.distances is None:
            if len(self._kept) >= KEPT_SIGHTS:
                self._kept.clear()
            self._kept[name] = lowered
        return lowered

    def _distance_bias(self, device: torch.device) -> Tensor | None:
        if self.config.position == "alibi":
            return alibi_slopes(self.config.heads, device)[self.heads.start : self.heads.stop]
        if self.distances is None:
            return None
        table_RH: Tensor = self.distances(torch.arange(self.config.relative_buckets, device=device))
        return table_RH


class Transformer(nn.Module):
    """Embedding, stacks and head. Its weights are unset until `initialise` or `load_state_dict`."""

    def __init__(self, config: Model, vocab_size: int) -> None:
        super().__init__()
        self.config, self.vocab_size = config, vocab_size
        self.embedding = embedding(vocab_size, config.hidden)
        self.encoder = Stack(config, encoder=True) if config.depth_of_encoder else None
        self.decoder = Stack(config, encoder=False)
        self.head = None if config.tied else linear(config.hidden, vocab_size, False)

    def forward(
        self,
        ids_BT: Tensor,
        cache: Cache | None = None,
        *,
        documents_BT: Tensor | None = None,
        prefix_B: Tensor | None = None,
        encoder_ids_BS: Tensor | None = None,
        encoder_documents_BS: Tensor | None = None,
        noise: Noise | None = None,
    ) -> Tensor:
        """The logits of the token after each of `ids`. With a `cache`, `ids` continue what the cache has read.

        `documents` differ between the documents of a row, which do not see each other; negative is padding. `prefix` tokens
        at the start of a row see each other both ways (a prefix decoder), and are read in one pass. `encoder_ids` are what the
        encoder reads. `noise` turns dropout on.
        """
        memory_BSD = None
        if encoder_ids_BS is not None:
            memory_BSD = self.encode(encoder_ids_BS, documents_BS=encoder_documents_BS, noise=noise)
        states_BTD = self.states(
            ids_BT,
            cache,
            documents_BT=documents_BT,
            prefix_B=prefix_B,
            memory_BSD=memory_BSD,
            memory_documents_BS=encoder_documents_BS,
            noise=noise,
        )
        return self.logits(states_BTD)

    def encode(self, ids_BS: Tensor, *, documents_BS: Tensor | None = None, noise: Noise | None = None) -> Tensor:
        """What the encoder makes of a text, BSD: the memory of the decoder."""
        assert self.encoder is not None, "a decoder alone has nothing that could encode"
        memory_BSD: Tensor = self.encoder(self.embedding(ids_BS), documents_BT=documents_BS, noise=noise)
        return memory_BSD

    def states(
        self,
        ids_BT: Tensor,
        cache: Cache | None = None,
        *,
        documents_BT: Tensor | None = None,
        prefix_B: Tensor | None = None,
        memory_BSD: Tensor | None = None,
        memory_documents_BS: Tensor | None = None,
        noise: Noise | None = None,
    ) -> Tensor:
        """What the head reads, BTD: a forward pass without its largest matrix. A cache keeps the memory it was given."""
        if cache is not None and memory_BSD is None:
            memory_documents_BS = cache.memory_documents_BS
        elif cache is not None:
            cache.memory_documents_BS = memory_documents_BS
        states_BTD: Tensor = self.decoder(
            self.embedding(ids_BT),
            documents_BT=documents_BT,
            prefix_B=prefix_B,
            memory_BSD=memory_BSD,
            memory_documents_BS=memory_documents_BS,
            cache=cache,
            noise=noise,
        )
        return states_BTD

    def logits(self, states_BTD: Tensor) -> Tensor:
        """The score of every token of the vocabulary, BTV."""
        scale = self.config.logit_scale
        return functional.linear(states_BTD if scale is None else states_BTD * scale, self.head_weight)

    @property
    def head_weight(self) -> Tensor:
        return self.embedding.weight if self.head is None else self.head.weight


def places_in(documents_BT: Tensor) -> Tensor:
    """How manieth token of its document each token is, from 0."""
    index_T = torch.arange(documents_BT.shape[1], device=documents_BT.device)
    begins_BT = torch.ones_like(documents_BT, dtype=torch.bool)
    begins_BT[:, 1:] = documents_BT[:, 1:] != documents_BT[:, :-1]
    return index_T - (index_T * begins_BT).cummax(dim=1).values


def drop(x_BTD: Tensor, share: float, noise: Noise | None, place: str) -> Tensor:
    """Dropout (Vaswani et al. 2017, section 5.4); what is dropped depends on the place, and on what the noise was made of."""
    if noise is None or share == 0:
        return x_BTD
    return x_BTD * (noise(place, x_BTD.shape, x_BTD.device) >= share) / (1 - share)
