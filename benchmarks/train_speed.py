"""Claim: a step of `pretrain` is at least 0.95 times as fast as a plain loop and as transformers' GPT-2, per CPU-second.

`python -m benchmarks.train_speed [--rounds N] [--size NAME] [--no-compile]`: one thread, one process, one step of each in
turn, every round in another order. Ours is `Trainer.step` whole: windows found and read, batch hashed, the objective's
examples laid out, forward, loss, backward, the check that it is finite, clipping, fused AdamW, the line of the metrics
(writing it and checkpoints are not in it). The peers draw random windows and do the same of the rest; GPT-2 (eager, sdpa)
gets torch's exact GELU, which is faster than its default. With the same weights all three must give the same loss first.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import GPT2Config, GPT2LMHeadModel

from benchmarks.gpt_peer import Peer, Recipe, Shape, Windows, optimizer_of, random_windows, take_step
from llmctl.model.transformer import Transformer
from llmctl.settings.model import Model
from llmctl.settings.objective import Objective
from llmctl.settings.pretrain import Data, Optim, Pretrain, Train
from llmctl.store.tokens import Stream
from llmctl.tokens.mixture import order_of
from llmctl.train.course import Course, first_weights
from llmctl.train.layout import Layout
from llmctl.train.objectives import specials_of
from llmctl.train.trainer import Trainer
from llmctl.train.world import World

TARGET, TOKENS, WARM = 0.95, 100_000, 3
SIZES = {  # nanoGPT's for characters on a CPU, and one near the smallest that is trained on subwords
    "characters": (Shape(layers=4, heads=4, hidden=128, context=64, vocab=65), 12),
    "subwords": (Shape(layers=6, heads=6, hidden=384, context=256, vocab=8192), 2),
}
SWITCHES = {
    "like the peer": {"norm": "layernorm", "activation": "gelu", "position": "learned", "bias": False},
    "like GPT-2": {"norm": "layernorm", "activation": "gelu", "position": "learned", "bias": True},
    "RMSNorm SwiGLU RoPE": {"norm": "rmsnorm", "activation": "swiglu", "position": "rope", "bias": False},
}
NAMES = {  # of the peer's matrices and norms in a layer -> ours, GPT-2's
    "norm_1": ("attention_norm", "ln_1"),
    "attention.write": ("attention.output", "attn.c_proj"),
    "norm_2": ("feedforward_norm", "ln_2"),
    "widen": ("feedforward.up", "mlp.c_fc"),
    "write": ("feedforward.down", "mlp.c_proj"),
}


@dataclass(frozen=True)
class Contestant:
    """One step, and the loss that it had."""

    name: str
    step: Callable[[], float]


class Gpt2(nn.Module):
    """transformers' GPT-2, ids_BT -> logits_BTV."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        config = GPT2Config(
            vocab_size=shape.vocab, n_positions=shape.context, n_embd=shape.hidden, n_layer=shape.layers, n_head=shape.heads,
            activation_function="gelu", resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0, use_cache=False,
            attn_implementation="sdpa", bos_token_id=None, eos_token_id=None,
        )  # fmt: skip
        self.model = GPT2LMHeadModel(config)

    def forward(self, ids_BT: Tensor) -> Tensor:
        return self.model(input_ids=ids_BT).logits


def trainer_of(
    shape: Shape, batch: int, switches: dict[str, object], ids_N: Tensor, *, compiled: bool = False
) -> Trainer:
    """Ours, as the stage would make it; the tokens lie in memory and not in a mapped file."""
    model = Model(layers=shape.layers, heads=shape.heads, hidden=shape.hidden, context=shape.context, **switches)  # type: ignore[arg-type]
    recipe = Recipe()
    settings = Pretrain(
        model=model, data=Data(sequence=shape.context, batch=batch), max_steps=recipe.steps,
        optim=Optim(lr=recipe.lr, warmup=0, beta2=recipe.beta2), train=Train(threads=1, compile=compiled),
    )  # fmt: skip
    count = len(ids_N)
    stream = Stream(ids_N.numpy().astype(np.uint16), np.array([0, count]), np.zeros(1, np.uint16), ("text",))
    order = order_of(0, batch, shape.context, [count], None, True)
    course = Course(settings, order, shape.vocab, specials_of(Objective(), shape.vocab, shape.context), 0)
    return Trainer(course, [stream], World(), Layout(), partial(first_weights, course))


def contestant_of(name: str, model: nn.Module, windows: Callable[[], Windows]) -> Contestant:
    """The peer's loop around a model."""
    recipe = Recipe()
    optimizer = optimizer_of(model, recipe)
    return Contestant(name, lambda: take_step(model, optimizer, windows(), recipe.lr, recipe.clip))


def take_over(peer: Peer, model: Transformer) -> None:
    """Give ours the peer's weights; biases stay zero."""
    state = {"embedding.weight": peer.tokens.weight, "decoder.positions.weight": peer.places.weight,
             "decoder.norm.weight": peer.norm.weight}  # fmt: skip
    for number, layer in enumerate(peer.layers):
        weights, place = layer.state_dict(), f"decoder.blocks.{number}"
        state |= {f"{place}.{ours}.weight": weights[f"{theirs}.weight"] for theirs, (ours, _) in NAMES.items()}
        three = weights["attention.project.weight"].chunk(3)
        state |= {
            f"{place}.attention.{kind}.weight": w for kind, w in zip(("query", "key", "value"), three, strict=True)
        }
    left = model.load_state_dict(state, strict=False)
    assert not left.unexpected_keys and all(key.endswith("bias") for key in left.missing_keys), left


def take_over_gpt2(peer: Peer, model: GPT2LMHeadModel) -> None:
    """Give GPT-2 the peer's weights: its matrices lie the other way round; biases stay zero."""
    body = "transformer"
    state = {f"{body}.wte.weight": peer.tokens.weight, "lm_head.weight": peer.tokens.weight,
             f"{body}.wpe.weight": peer.places.weight, f"{body}.ln_f.weight": peer.norm.weight}  # fmt: skip
    for number, layer in enumerate(peer.layers):
        weights, place = layer.state_dict(), f"{body}.h.{number}"
        state |= {f"{place}.{theirs}.weight": weights[f"{ours}.weight"].t() for ours, (_, theirs) in NAMES.items()}
        state[f"{place}.attn.c_attn.weight"] = weights["attention.project.weight"].t()
    left = model.load_state_dict(state, strict=False)
    assert not left.unexpected_keys and all(key.endswith("bias") for key in left.missing_keys), left


@torch.no_grad()
def losses_of_equal_weights(shape: Shape) -> dict[str, float]:
    """The loss of one batch in all models, all with one peer's weights."""
    ids_N = torch.randint(shape.vocab, (TOKENS,), generator=torch.Generator().manual_seed(1))
    ids_BT, targets_BT = next(random_windows(ids_N, Recipe(batch=2), shape.context, 2))
    peer, gpt2 = Peer(shape, 3), Gpt2(shape)
    for weight in peer.parameters():
        weight.mul_(3)  # a model with opinions: at the first step every model says "all tokens alike"
    take_over_gpt2(peer, gpt2.model)
    models: dict[str, nn.Module] = {"peer loop": peer, "transformers GPT-2": gpt2}
    for name in ("like the peer", "like GPT-2"):
        ours = trainer_of(shape, 2, SWITCHES[name], ids_N).spread.sections[0]
        take_over(peer, ours)
        models[f"llmctl {name}"] = ours
    return {
        name: float(functional.cross_entropy(m(ids_BT).flatten(0, 1), targets_BT.flatten()))
        for name, m in models.items()
    }


def contestants(shape: Shape, batch: int, *, compiled: bool) -> list[Contestant]:
    """All that run against each other."""
    ids_N = torch.randint(shape.vocab, (TOKENS,), generator=torch.Generator().manual_seed(1))
    batches = random_windows(ids_N, Recipe(batch=batch), shape.context, 2)
    made = [contestant_of("peer loop", Peer(shape, 3), lambda: next(batches))]
    made += [contestant_of("transformers GPT-2", Gpt2(shape), lambda: next(batches))]
    made += [
        ours_of(f"llmctl {name}", trainer_of(shape, batch, switches, ids_N)) for name, switches in SWITCHES.items()
    ]
    for name in ("like the peer", "RMSNorm SwiGLU RoPE") if compiled else ():
        made.append(ours_of(f"llmctl {name}, compiled", trainer_of(shape, batch, SWITCHES[name], ids_N, compiled=True)))
    return made


def ours_of(name: str, trainer: Trainer) -> Contestant:
    """The trainer's steps one after the other."""
    numbers = iter(range(10**9))
    return Contestant(name, lambda: float(trainer.step(next(numbers))["loss"]))


def raced(field: list[Contestant], rounds: int) -> dict[str, list[float]]:
    """CPU seconds of each contestant's step in each round, after some steps that do not count."""
    seconds: dict[str, list[float]] = {one.name: [] for one in field}
    for one in field:
        began, wall = time.process_time(), time.monotonic()
        one.step()
        spent = time.process_time() - began, time.monotonic() - wall
        print(f"  first step of {one.name:<37} {spent[0]:6.2f} CPU s, {spent[1]:6.2f} s of wall time", flush=True)
        for _ in range(WARM):
            one.step()
    for turn in range(rounds):
        for one in field[turn % len(field) :] + field[: turn % len(field)]:
            began = time.process_time()
            one.step()
            seconds[one.name].append(time.process_time() - began)
    return seconds


def ratio(ours: list[float], theirs: list[float]) -> tuple[float, float, float]:
    """How many times as fast as theirs, round against round: (quartile, median, quartile)."""
    low, middle, high = statistics.quantiles([their / our for our, their in zip(ours, theirs, strict=True)], n=4)
    return low, middle, high


def main() -> None:
    """Print a table for each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--no-compile", action="store_true")
    parser.add_argument("--size", choices=SIZES, action="append")
    given = parser.parse_args()
    torch.set_num_threads(1)
    for size in given.size or SIZES:
        shape, batch = SIZES[size]
        losses = losses_of_equal_weights(shape)
        apart = max(losses.values()) - min(losses.values())
        print(f"{size}: {shape}, batch {batch}; equal weights give {min(losses.values()):.6f}, {apart:.1e} apart")
        assert apart < 1e-4, losses
        report(raced(contestants(shape, batch, compiled=not given.no_compile), given.rounds), shape.context * batch)


def report(seconds: dict[str, list[float]], tokens: int) -> None:
    """One line for each contestant."""
    peers = ("peer loop", "transformers GPT-2")
    print(f"  {'tokens / CPU s':<39} {'best':>7} {'median':>7}   {'x peer loop (quartiles)':<25} x GPT-2 (quartiles)")
    for name, spent in seconds.items():
        against = ["{1:.3f} ({0:.3f} to {2:.3f})".format(*ratio(spent, seconds[peer])) for peer in peers]
        rates = f"{tokens / min(spent):7,.0f} {tokens / statistics.median(spent):7,.0f}"
        print(f"  {name:<39} {rates}   {against[0]:<25} {against[1]}", flush=True)


if __name__ == "__main__":
    main()
