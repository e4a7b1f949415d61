"""The closed forms of memory and operations against what torch saves and counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor
from torch.nn import functional
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from llmctl.model.initialisation import initialise
from llmctl.model.size import flops_per_sequence
from llmctl.model.transformer import Transformer
from llmctl.settings.model import Model
from llmctl.settings.objective import Objective
from llmctl.settings.pretrain import Pretrain
from llmctl.train.activations import Flow, kept, masks
from llmctl.train.dropout import noise_of
from llmctl.train.layout import Stage

VOCABULARY, ROWS, TOKENS, MEMORY = 256, 3, 64, 48
LLAMA = Model(layers=3, hidden=64, heads=4, context=TOKENS)
GPT = replace(LLAMA, norm="layernorm", activation="gelu", position="learned", bias=True)
T5 = replace(LLAMA, architecture="encoder-decoder", position="t5", activation="relu")
SHAPES = {
    "llama": LLAMA,
    "one key head": replace(LLAMA, kv_heads=1),
    "wide heads": replace(LLAMA, head_width=32),
    "gpt": GPT,
    "relu": replace(GPT, activation="relu"),
    "reglu": replace(LLAMA, activation="reglu"),
    "alibi": replace(LLAMA, position="alibi"),
    "window": replace(LLAMA, attention=("window", "full"), window=16),
    "t5": replace(LLAMA, position="t5", kv_heads=2),
    "prefix": replace(LLAMA, architecture="prefix"),
    "post": replace(GPT, norm_position="post"),
    "deepnorm": replace(LLAMA, norm="deepnorm"),
    "sandwich": replace(LLAMA, norm_position="sandwich", embedding_norm=True),
    "dropout": replace(GPT, dropout=0.1),
    "encoder and decoder": replace(LLAMA, architecture="encoder-decoder", encoder_layers=2),
    "T5": T5,
    "untied": replace(LLAMA, tied=False),
}
shapes = pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())


def trained(shape: Model) -> tuple[Transformer, Callable[[], Tensor]]:
    """A model, and its loss of a batch."""
    model = Transformer(shape, VOCABULARY)
    initialise(model, 0)
    ids_BT = torch.arange(ROWS * TOKENS).view(ROWS, TOKENS) % VOCABULARY
    told: dict[str, Tensor] = {}
    if shape.depth_of_encoder:
        told = {"encoder_ids_BS": ids_BT[:, :MEMORY], "encoder_documents_BS": torch.zeros(ROWS, MEMORY).long()}
    if shape.architecture == "prefix":
        told = {"prefix_B": torch.tensor([5, 9, 1])}
    noise = noise_of(0, 0, range(ROWS)) if shape.dropout else None

    def loss() -> Tensor:
        return functional.cross_entropy(model(ids_BT, noise=noise, **told).flatten(0, 1), ids_BT.flatten())

    return model, loss


def saved(model: Transformer, loss: Callable[[], Tensor]) -> list[Tensor]:
    """What the forward pass keeps for backward, without weights; one tensor a storage."""
    known = {weight.untyped_storage().data_ptr() for weight in model.parameters()}
    found: list[Tensor] = []

    def keep(tensor: Tensor) -> Tensor:
        if tensor.untyped_storage().data_ptr() not in known:
            known.add(tensor.untyped_storage().data_ptr())
            found.append(tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        loss()
    return found


@shapes
def test_the_estimate_of_memory_is_what_torch_saves_for_backward(shape: Model) -> None:
    found = sum(tensor.untyped_storage().nbytes() for tensor in saved(*trained(shape)))
    objective = Objective(name="span-corruption" if shape.depth_of_encoder else "lm")
    flow = Flow(Pretrain(model=shape, objective=objective), VOCABULARY, ROWS, (TOKENS, MEMORY))
    all_of_it = Stage(0, 1, range(shape.depth_of_encoder), range(shape.layers))
    estimate = 4 * (kept(all_of_it, flow) + masks(all_of_it, flow, steady=True))
    assert estimate == pytest.approx(found, rel=0.05)


@pytest.mark.parametrize("pattern", ["window", "strided", "fixed", "global-local"])
@pytest.mark.parametrize("packed", [True, False])
def test_layers_of_a_pattern_share_one_mask(pattern: str, packed: bool) -> None:
    model = Transformer(replace(LLAMA, attention=(pattern,), window=8, stride=8), VOCABULARY)
    initialise(model, 0)
    ids_BT, documents_BT = torch.zeros(ROWS, TOKENS).long(), torch.arange(TOKENS).expand(ROWS, -1) // 20
    found = saved(model, lambda: model(ids_BT, documents_BT=documents_BT if packed else None).sum())
    assert len([tensor for tensor in found if tensor.dim() == 4 and tensor.shape[-2:] == (TOKENS, TOKENS)]) == 1


@pytest.mark.parametrize("name", ["llama", "one key head", "wide heads", "gpt", "t5", "encoder and decoder"])
def test_the_operations_are_those_that_torch_counts(name: str) -> None:
    """By the kernel that multiplies everything out: flash hides half of a causal mask, which is not counted here either."""
    shape = SHAPES[name]
    _, loss = trained(shape)
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        loss().backward()
    expected = ROWS * flops_per_sequence(shape, VOCABULARY, TOKENS, MEMORY if shape.depth_of_encoder else 0)
    assert counter.get_total_flops() == expected
