"""How large a model is: parameters, and floating-point operations a trained token, in closed form.

Used for estimates (`--dry-run`) and for model FLOPs utilisation (MFU), which compares with what the hardware could do.
"""

from __future__ import annotations

from llmctl.settings.pretrain import Model


def matrix_parameters(model: Model, vocab_size: int) -> int:
    """Weights that a token is multiplied with: blocks and head, not the embedding's table look-up."""
    attention = 2 * model.hidden * model.hidden + 2 * model.hidden * model.key_heads * model.head_width
    return model.layers * (attention + 3 * model.hidden * model.ffn_width) + vocab_size * model.hidden


def parameters(model: Model, vocab_size: int) -> int:
    """All trained numbers."""
    norms = (2 * model.layers + 1) * model.hidden
    biases = model.layers * (
        2 * model.hidden + 2 * model.key_heads * model.head_width + 2 * model.ffn_width + model.hidden
    )
    embedding = 0 if model.tied else vocab_size * model.hidden
    return matrix_parameters(model, vocab_size) + norms + embedding + (biases if model.bias else 0)


def flops_per_token(model: Model, vocab_size: int, sequence: int) -> int:
    """Operations to train on one token, forward and backward: 6N + 12 L H Q T (PaLM, arXiv:2204.02311, appendix B).

    N counts matrices alone; L layers, H heads, Q head width, T sequence. As in PaLM the causal mask saves nothing here.
    """
    attention = 12 * model.layers * model.heads * model.head_width * sequence
    return 6 * matrix_parameters(model, vocab_size) + attention
