"""The decoder against transformers' Llama, and the properties that generation and training rest on."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from llmctl.errors import UserError
from llmctl.model.cache import Cache
from llmctl.model.hugging_face import from_hugging_face, to_hugging_face
from llmctl.model.initialisation import initialise
from llmctl.model.size import flops_per_sequence, parameters, parts
from llmctl.model.transformer import Transformer
from llmctl.settings.knobs import BadValue
from llmctl.settings.model import Model
from llmctl.train.dropout import noise_of

SHAPES = {
    "multi-head, tied": Model(layers=2, hidden=48, heads=4, ffn=80),
    "grouped, untied": Model(layers=3, hidden=64, heads=8, kv_heads=2, ffn=96, tied=False, rope_theta=500.0),
    "one key head, biases": Model(layers=2, hidden=48, heads=6, kv_heads=1, bias=True, norm_eps=1e-6),
}
shapes = pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())


def made(shape: Model, vocab_size: int = 97, seed: int = 1) -> Transformer:
    model = Transformer(shape, vocab_size)
    initialise(model, seed)
    with torch.no_grad():  # away from zero and one, so that a forgotten bias or norm is seen
        for weight in model.parameters():
            if weight.dim() == 1:
                weight.add_(torch.randn(weight.shape, generator=torch.Generator().manual_seed(3)) * 0.3)
    return model.eval()


def ids(rows: int = 2, length: int = 33, vocab_size: int = 97) -> torch.Tensor:
    return torch.randint(vocab_size, (rows, length), generator=torch.Generator().manual_seed(7))


def config_of(shape: Model) -> dict[str, Any]:
    return json.loads(json.dumps(to_hugging_face(shape, 97, {})[0]))


@shapes
@torch.no_grad()
def test_our_weights_give_the_same_logits_in_transformers(shape: Model) -> None:
    ours = made(shape)
    config, tensors = to_hugging_face(replace(shape, context=64), 97, ours.state_dict())
    theirs = LlamaForCausalLM(LlamaConfig(**config)).eval()
    missing, unexpected = theirs.load_state_dict(tensors, strict=False)
    assert (missing, unexpected) == (["lm_head.weight"] if shape.tied else [], [])
    assert torch.allclose(ours(ids()), theirs(ids()).logits, atol=1e-5)


@shapes
@torch.no_grad()
def test_weights_of_transformers_give_the_same_logits_here(shape: Model) -> None:
    torch.manual_seed(5)
    theirs = LlamaForCausalLM(LlamaConfig(**config_of(shape), attn_implementation="eager")).eval()
    found, vocab_size, state = from_hugging_face(theirs.config.to_dict(), theirs.state_dict())
    assert found == Model(**{**vars(shape), "kv_heads": shape.key_heads, "ffn": shape.ffn_width, "context": 2048})
    ours = Transformer(found, vocab_size).eval()
    ours.load_state_dict(state)
    assert torch.allclose(ours(ids()), theirs(ids()).logits, atol=1e-5)


def test_a_llama_with_scaled_rope_is_refused_by_name() -> None:
    config = config_of(SHAPES["multi-head, tied"]) | {"rope_parameters": {"rope_type": "llama3", "rope_theta": 1e4}}
    with pytest.raises(UserError, match="rope_type='llama3'"):
        from_hugging_face(config, {})


@shapes
@torch.no_grad()
def test_a_cache_read_in_pieces_gives_the_logits_of_the_whole(shape: Model) -> None:
    model, cache = made(shape), Cache()
    pieces = [model(piece, cache) for piece in ids().split((9, 1, 1, 15, 7), dim=1)]
    assert cache.length == 33
    assert torch.allclose(torch.cat(pieces, dim=1), model(ids()), atol=1e-5)


@torch.no_grad()
def test_chosen_rows_of_a_cache_continue_their_own_prompt() -> None:
    shape = SHAPES["grouped, untied"]
    model, cache = made(shape), Cache()
    model(ids()[:, :20], cache)
    again = model(ids()[[1, 0, 1], 20:], cache.rows(torch.tensor([1, 0, 1])))
    assert torch.allclose(again, model(ids())[[1, 0, 1], 20:], atol=1e-5)


@torch.no_grad()
def test_a_later_token_changes_no_earlier_logits() -> None:
    model = made(SHAPES["grouped, untied"])
    changed = ids()
    changed[:, 20:] = (changed[:, 20:] + 1) % 97
    before, after = model(ids()), model(changed)
    assert torch.equal(before[:, :20], after[:, :20])
    assert not torch.allclose(before[:, 20:], after[:, 20:], atol=1e-2)


def test_the_seed_alone_decides_the_weights() -> None:
    torch.manual_seed(0)
    state = torch.get_rng_state()
    one = made(SHAPES["grouped, untied"]).state_dict()
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(1)
    two, three = (made(SHAPES["grouped, untied"], seed=seed).state_dict() for seed in (1, 2))
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert not torch.equal(one["head.weight"], three["head.weight"])


def test_residual_matrices_start_smaller() -> None:
    model = Transformer(Model(layers=8, hidden=256, heads=4), 500)
    initialise(model, 0)
    state = model.state_dict()
    assert state["decoder.blocks.3.attention.query.weight"].std().item() == pytest.approx(0.02, rel=0.02)
    assert state["decoder.blocks.3.feedforward.down.weight"].std().item() == pytest.approx(0.02 / 4, rel=0.02)
    assert state["decoder.norm.weight"].eq(1).all()


@torch.no_grad()
def test_dropout_of_a_row_does_not_depend_on_its_batch() -> None:
    model = made(Model(layers=2, hidden=48, heads=4, dropout=0.2))
    both = model(ids(), noise=noise_of(0, 0, [1, 2]))
    assert torch.allclose(both[1:], model(ids()[1:], noise=noise_of(0, 0, [2])), atol=1e-6)
    assert not torch.allclose(both, model(ids()), atol=1e-2)


@shapes
def test_parameters_are_counted_in_closed_form(shape: Model) -> None:
    model = Transformer(shape, 97)
    assert parameters(shape, 97) == sum(weight.numel() for weight in model.parameters())
    matrices = (w for n, w in model.named_parameters() if w.dim() > 1 and (shape.tied or n != "embedding.weight"))
    assert sum(part.multiplied for part in parts(shape, 97, 1)) == sum(weight.numel() for weight in matrices)


def test_flops_follow_the_palm_formula() -> None:
    shape = Model(layers=2, hidden=48, heads=4, ffn=80)
    per_token = 6 * (2 * (4 * 48 * 48 + 3 * 48 * 80) + 97 * 48) + 12 * 2 * 4 * 12 * 33
    assert flops_per_sequence(shape, 97, 33) == 33 * per_token


def test_heads_that_do_not_divide_hidden_are_refused_by_name() -> None:
    with pytest.raises(BadValue, match=r"model\.heads=7 does not divide model\.hidden=256"):
        Model(heads=7)


def test_key_heads_that_do_not_divide_heads_are_refused_by_name() -> None:
    with pytest.raises(BadValue, match=r"model\.kv_heads=3 does not divide model\.heads=4"):
        Model(kv_heads=3)
