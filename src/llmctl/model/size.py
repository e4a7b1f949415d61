"""How large a model is, part by part, in closed form: parameters, operations of a training step, numbers kept for backward.

Used for `--dry-run` and for model FLOPs utilisation (MFU), which compares with what the hardware could do. Operations are
6 a weight and token that it is multiplied with, and 12 a layer, head width and pair of tokens for the scores (PaLM,
arXiv:2204.02311, appendix B; as there, what a mask hides is counted). What is kept is what torch's CPU kernels save in fp32:
inputs of matrices, of norms and of activations, queries, keys, values and what attention makes of them. A kernel that
needs less (CUDA's RMSNorm, FlexAttention) makes the model smaller than it says.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from llmctl.settings.model import Model

ADAM = 2  # numbers that AdamW keeps a weight: both moments (arXiv:1711.05101, algorithm 2)


@dataclass(frozen=True)
class Kept:
    """Numbers kept for backward, by what divides them where several processes share each matrix (arXiv:2205.05198, table 2)."""

    whole: int = 0  # nothing: what a matrix reads
    stream: int = 0  # dividing the sequence too: norms and dropout inside blocks
    split: int = 0  # tensor parallelism: heads, inner widths, the vocabulary
    keys: int = 0  # the same, unless there are fewer heads of keys than processes

    def __add__(self, other: Kept) -> Kept:
        return Kept(
            self.whole + other.whole, self.stream + other.stream, self.split + other.split, self.keys + other.keys
        )

    def __mul__(self, times: int) -> Kept:
        return Kept(self.whole * times, self.stream * times, self.split * times, self.keys * times)

    def on(self, model: Model, tensor: int = 1, *, sequence: bool = False) -> int:
        """Numbers on one of so many processes."""
        stream = self.stream // tensor if sequence else self.stream
        keys = self.keys if model.key_heads % tensor else self.keys // tensor
        return self.whole + stream + self.split // tensor + keys


@dataclass(frozen=True)
class Part:
    """A part of the model. `multiplied`: weights that a token is multiplied with; operations are of one sequence."""

    name: str
    parameters: int
    multiplied: int = 0
    flops: int = 0
    kept: Kept = field(default_factory=Kept)  # of one sequence's forward pass
    products: Kept = field(default_factory=Kept)  # the same where all but matrix products is computed again

    def times(self, count: int, name: str) -> Part:
        """So many of it."""
        weights, multiplied, flops = self.parameters * count, self.multiplied * count, self.flops * count
        return Part(name, weights, multiplied, flops, self.kept * count, self.products * count)


def total(kept: Iterable[Kept]) -> Kept:
    """Their sum."""
    return sum(kept, Kept())


def parts(model: Model, vocab_size: int, decoder: int, encoder: int = 0) -> list[Part]:
    """Every part, in the order of a forward pass, for sequences of so many tokens."""
    table = vocab_size * model.hidden
    found = [Part("embedding", 0 if model.tied else table)]
    if model.depth_of_encoder:
        found += _stack(model, "encoder", model.depth_of_encoder, encoder, None)
    found += _stack(model, "decoder", model.layers, decoder, encoder if model.depth_of_encoder else None)
    return [*found, Part("head", table, table, 6 * table * decoder)]


def kept_of_embedding(model: Model, tokens: int) -> Kept:
    """Ids, and with dropout what of the embedding was dropped (a byte each)."""
    return Kept(tokens * (2 + (model.hidden // 4 if model.dropout else 0)))  # 2: an int64


def kept_of_head(model: Model, vocab_size: int, tokens: int) -> Kept:
    """What it reads, and the logarithms of the probabilities."""
    return Kept(tokens * model.hidden, split=tokens * vocab_size)


def _stack(model: Model, name: str, depth: int, tokens: int, memory: int | None) -> list[Part]:
    positions = {
        "learned": ((model.context or 0) + model.position_offset) * model.hidden,
        "t5": model.relative_buckets * model.heads,
    }
    found = [Part(f"{name} positions", positions[model.position])] if model.position in positions else []
    *others, norms = (part.times(depth, f"{name} {part.name}") for part in block(model, tokens, memory))
    outer = (model.norm_place != "post") + model.embedding_norm
    return [*found, *others, replace(norms, parameters=norms.parameters + outer * _norm_width(model))]


def block(model: Model, tokens: int, memory: int | None = None) -> list[Part]:
    """The parts of one block; `memory` tokens of an encoder where it reads them. Its norms come last."""
    found = [_attention(model, "attention", tokens, tokens)]
    if memory is not None:
        found.append(_attention(model, "cross-attention", tokens, memory, crosses=True))
    return [*found, _feedforward(model, tokens), _norms(model, tokens, len(found) + 1)]


def _feedforward(model: Model, tokens: int) -> Part:
    matrices = 3 if model.gated else 2
    weights = matrices * model.hidden * model.ffn_width
    biases = ((matrices - 1) * model.ffn_width + model.hidden) if model.bias else 0
    # in and out of the activation, the other factor, the product; ReLU's gradient needs what comes out alone
    inside = (4 if model.gated else 2) - (model.activation in ("relu", "reglu"))
    kept = Kept(tokens * model.hidden, split=tokens * inside * model.ffn_width)
    products = Kept(tokens * model.hidden, split=tokens * (matrices - 1) * model.ffn_width)
    return Part("feed-forward", weights + biases, weights, 6 * weights * tokens, kept, products)


def _attention(model: Model, name: str, tokens: int, seen: int, *, crosses: bool = False) -> Part:
    wide, narrow = model.heads * model.width_of_head, model.key_heads * model.width_of_head
    ours, theirs = 2 * model.hidden * wide, 2 * model.hidden * narrow  # query, output; key, value
    biases = (wide + 2 * narrow + model.hidden) if model.bias else 0
    scores = 12 * wide * tokens * seen
    flops = 6 * (ours * tokens + theirs * seen) + scores
    kept = Kept(tokens * model.hidden, split=tokens * 2 * wide)  # read; query, and what was seen
    if model.position == "t5" and not crosses:  # no flash for a bias that learns: all shares, and keys for every head
        shares = Kept(split=seen * 2 * wide + tokens * seen * model.heads)
        products = kept + Kept(split=tokens * seen * model.heads, keys=seen * 2 * narrow)
    else:
        shares = Kept(split=tokens * model.heads, keys=seen * 2 * narrow)
        products = kept + shares
    return Part(name, ours + theirs + biases, ours + theirs, flops, kept + shares, products)


def _norms(model: Model, tokens: int, sublayers: int) -> Part:
    count = sublayers * (2 if model.norm_place == "sandwich" else 1)
    dropped = sublayers * model.hidden // 4 if model.dropout else 0  # a byte each
    return Part("norms", count * _norm_width(model), kept=Kept(stream=tokens * (count * _normed(model) + dropped)))


def _norm_width(model: Model) -> int:
    return model.hidden * (2 if model.bias and model.norm != "rmsnorm" else 1)


def _normed(model: Model) -> int:
    """RMSNorm keeps its input, the same divided by the root, and the root; LayerNorm its input, a mean and a root."""
    return 2 * model.hidden + 1 if model.norm == "rmsnorm" else model.hidden + 2


def kept_at_begin(model: Model, tokens: int) -> Kept:
    """A stack's norm of the embedding, before the sequence is divided."""
    return Kept(tokens * _normed(model) * model.embedding_norm)


def kept_at_end(model: Model, tokens: int) -> Kept:
    """A stack's last norm."""
    return Kept(stream=tokens * _normed(model) * (model.norm_place != "post"))


def kept_of_memory(model: Model, tokens: int) -> Kept:
    """What an encoder made, and every block of the decoder reads."""
    return Kept(tokens * model.hidden)


def parameters(model: Model, vocab_size: int) -> int:
    """All trained numbers."""
    return sum(part.parameters for part in parts(model, vocab_size, 0))


def flops_per_sequence(model: Model, vocab_size: int, decoder: int, encoder: int = 0) -> int:
    """Operations to train on one sequence, forward and backward."""
    return sum(part.flops for part in parts(model, vocab_size, decoder, encoder))


def mask_numbers(model: Model, tokens: int, rows: int, *, per_row: bool, tensor: int = 1) -> int:
    """Numbers of the dense biases that the layers of a stack share: a pattern has one, for each row where rows differ."""
    of_heads = model.position in ("alibi", "t5")
    patterns = {pattern for pattern in model.attention if pattern != "full" or of_heads or per_row}
    heads = model.heads // tensor if of_heads else 1
    return len(patterns) * heads * (rows if per_row else 1) * tokens * tokens
