"""Standard deviations by the papers, and dropout's rate."""

from __future__ import annotations

import pytest
import torch

from llmctl.model.initialisation import initialise
from llmctl.model.transformer import Transformer, drop
from llmctl.settings.model import Model
from llmctl.train.dropout import noise_of


def drawn(**switches: object) -> dict[str, torch.Tensor]:
    """Weights of a wide model: enough numbers in each matrix to tell standard deviations apart."""
    model = Transformer(Model(**{"hidden": 128, "heads": 4, "layers": 2, **switches}), 300)  # type: ignore[arg-type]
    initialise(model, 0)
    return model.state_dict()


def spread(weights: dict[str, torch.Tensor], name: str) -> float:
    """Standard deviation, of a matrix of mean zero."""
    assert abs(weights[name].mean().item()) < 5 * weights[name].std().item() / weights[name].numel() ** 0.5
    return float(weights[name].std())


def close(std: float) -> object:
    return pytest.approx(std, rel=0.04)  # 16,384 numbers: a standard error of 0.6 %


def test_gpt2_divides_what_is_written_to_the_stream_by_the_root_of_its_writers() -> None:
    weights = drawn(init="gpt2", init_std=0.02, layers=8)
    assert spread(weights, "embedding.weight") == close(0.02)
    assert spread(weights, "decoder.blocks.1.attention.query.weight") == close(0.02)
    assert spread(weights, "decoder.blocks.1.feedforward.gate.weight") == close(0.02)
    assert spread(weights, "decoder.blocks.1.attention.output.weight") == close(0.02 / 16**0.5)
    assert spread(weights, "decoder.blocks.7.feedforward.down.weight") == close(0.02 / 16**0.5)


def test_gpt2_counts_the_writers_of_each_stack() -> None:
    weights = drawn(init="gpt2", architecture="encoder-decoder", encoder_layers=8, layers=3)
    assert spread(weights, "encoder.blocks.1.feedforward.down.weight") == close(0.02 / 16**0.5)
    assert spread(weights, "decoder.blocks.1.feedforward.down.weight") == close(0.02 / 9**0.5)
    assert spread(weights, "decoder.blocks.1.cross.output.weight") == close(0.02 / 9**0.5)


def test_normal_is_the_same_everywhere() -> None:
    weights = drawn(
        init="normal", init_std=0.05, tied=False, position="t5", relative_buckets=128, relative_distance=256
    )
    matrices = [name for name, weight in weights.items() if weight.dim() > 1 and weight.numel() > 5000]
    assert {name for name in matrices if spread(weights, name) != close(0.05)} == set()
    assert "head.weight" in matrices
    assert weights["decoder.distances.weight"].std().item() == pytest.approx(0.05, rel=0.2)


def test_xavier_is_two_over_inputs_and_outputs() -> None:
    weights = drawn(init="xavier", kv_heads=1, ffn=512, activation="relu")
    assert spread(weights, "decoder.blocks.0.attention.query.weight") == close((2 / (128 + 128)) ** 0.5)
    assert spread(weights, "decoder.blocks.0.attention.key.weight") == close((2 / (128 + 32)) ** 0.5)
    assert spread(weights, "decoder.blocks.0.feedforward.up.weight") == close((2 / (128 + 512)) ** 0.5)


def test_deepnorm_makes_all_but_queries_and_keys_smaller_by_beta() -> None:
    weights, xavier, beta = drawn(norm="deepnorm", layers=2), (2 / 256) ** 0.5, 0.5  # (8 * 2)^(-1/4)
    for name in ("query", "key"):
        assert spread(weights, f"decoder.blocks.1.attention.{name}.weight") == close(xavier)
    for name in ("value", "output"):
        assert spread(weights, f"decoder.blocks.1.attention.{name}.weight") == close(xavier * beta)
    feedforward = (2 / sum(weights["decoder.blocks.1.feedforward.down.weight"].shape)) ** 0.5
    for name in ("gate", "up", "down"):
        assert spread(weights, f"decoder.blocks.1.feedforward.{name}.weight") == close(feedforward * beta)


def test_deepnorm_of_an_encoder_and_a_decoder_has_two_betas() -> None:
    weights = drawn(norm="deepnorm", architecture="encoder-decoder", encoder_layers=16, layers=1)
    xavier = (2 / 256) ** 0.5
    assert spread(weights, "encoder.blocks.0.attention.value.weight") == close(xavier * 0.87 / 2)  # (16^4 * 1)^(1/16)
    assert spread(weights, "decoder.blocks.0.attention.value.weight") == close(xavier * 12**-0.25)
    assert spread(weights, "decoder.blocks.0.cross.value.weight") == close(xavier * 12**-0.25)
    assert spread(weights, "decoder.blocks.0.cross.key.weight") == close(xavier)


@pytest.mark.parametrize("init", ["gpt2", "normal", "xavier"])
def test_norms_start_at_one_and_biases_at_zero(init: str) -> None:
    weights = drawn(init=init, bias=True, norm="layernorm", embedding_norm=True)
    ones = {name for name, weight in weights.items() if weight.dim() == 1 and weight.eq(1).all()}
    zeros = {name for name, weight in weights.items() if weight.dim() == 1 and weight.eq(0).all()}
    flat = {name for name, weight in weights.items() if weight.dim() == 1}
    assert ones == {name for name in flat if "norm" in name and name.endswith("weight")}
    assert zeros == {name for name in flat if name.endswith("bias")}


def test_dropout_drops_its_share_and_keeps_the_mean() -> None:
    kept = drop(torch.ones(2, 200, 100), 0.3, noise_of(0, 0, [1, 2]), "decoder.0.attention")
    assert kept.unique().tolist() == pytest.approx([0.0, 1 / 0.7])
    assert kept.eq(0).float().mean((1, 2)).tolist() == pytest.approx([0.3, 0.3], abs=0.012)  # 3.7 standard errors
    assert not torch.equal(kept[0], kept[1])


def test_dropout_is_off_without_noise() -> None:
    x = torch.randn(2, 5, 4, generator=torch.Generator().manual_seed(1))
    assert drop(x, 0.3, None, "decoder") is x
