"""U-PaLM in small: a causal run goes on as a prefix decoder for a tenth of its steps, against going on as it was.

Tay et al. 2022 (arXiv:2210.11399) report gains for 8 to 540 billion parameters; whether 0.9 million that read characters
show any is asked here, and reported whatever comes. Same parent, same windows, same steps and learning rates; losses on the
same held-out windows, cut in two at the same places, three seeds. Some 25 CPU-minutes, resumable.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.char_model import CONTEXT, VARIANTS, Race, pretrain
from llmctl.settings.model import Model
from llmctl.settings.objective import Objective
from llmctl.settings.pretrain import Data, Pretrain
from llmctl.store.models import load_model
from llmctl.store.tokens import Stream, open_stream, open_tokens, unpack, unpacked
from llmctl.tokens.mixture import order_of
from llmctl.train.batches import Batch
from llmctl.train.course import Course
from llmctl.train.layout import Layout
from llmctl.train.loss import token_losses
from llmctl.train.objectives import specials_of
from llmctl.train.validation import evaluate
from llmctl.train.world import World

SEEDS, STEPS, MORE = 3, 2000, 200
SWITCHES = VARIANTS["llmctl, RMSNorm SwiGLU RoPE"]
# Where the parent's schedule ended; it falls to a tenth. From 1e-3, where it began, causal and prefix of seed 0 end at 1.734
# and 1.754, worse than their parent's 1.694: 200 steps do not mend what so high a rate breaks.
LR = 1e-4
WAYS = {  # how a run goes on
    "causal": ("causal", "lm"),
    "prefix": ("prefix", "prefix-lm"),
    "causal sight, loss of prefix-lm": ("causal", "prefix-lm"),
    "prefix, UL2's mixture": ("prefix", "ul2"),
}
MEASURES = {  # what is measured: (who sees whom, what is predicted)
    "prefix-lm, prefix seen both ways": ("prefix", "prefix-lm"),
    "prefix-lm, causal sight": ("causal", "prefix-lm"),
    "lm": ("causal", "lm"),
}
PREFIX, CAUSAL, _ = MEASURES
AFTER_MODE = f"{PREFIX}, after UL2's [S]"
OWN = {
    "causal": CAUSAL,
    "prefix": PREFIX,
    "causal sight, loss of prefix-lm": CAUSAL,
    "prefix, UL2's mixture": AFTER_MODE,
}

Losses = dict[str, float]


def run(place: Path, data: Path) -> tuple[dict[str, Any], dict[str, bool]]:
    """Three parents, and what becomes of each."""
    torch.set_num_threads(1)
    race = Race(place, (data / "general" / "tinyshakespeare.txt").read_text(encoding="utf-8"), STEPS)
    stream = held_out(place, race.valid)
    found = {seed: family(place, race, stream, seed) for seed in range(SEEDS)}
    figures = {"steps": STEPS, "further_steps": MORE, "lr": LR, "held_out_characters": len(stream.ids) - 1,
               "losses": found, "prefix_lm_loss_as_trained": beside_causal(found)}  # fmt: skip
    hashes = [[hashes_of(place / f"way-{way}-{seed}") for way in range(len(WAYS))] for seed in range(SEEDS)]
    return figures, {
        "every way of going on, three seeds, was measured": all(len(m) == 1 + len(WAYS) for m in found.values()),
        "all ways of a seed read the same windows in the same order": all(
            len(one[0]) == MORE and all(other == one[0] for other in one) for one in hashes
        ),
    }


def hashes_of(run: Path) -> list[str]:
    """What each step of a run read."""
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [row["batch_hash"] for row in rows if "batch_hash" in row]


def held_out(place: Path, valid: Path) -> Stream:
    """The held-out text, laid out flat."""
    flat, tokens = place / "valid-stream", open_tokens(str(valid))
    if not unpacked(flat):
        unpack(tokens, flat, tokens.vocabulary["\n"])
    return open_stream(flat)


def family(place: Path, race: Race, stream: Stream, seed: int) -> dict[str, Losses]:
    """The losses of a parent and its continuations."""
    parent = place / f"parent-{seed}"

    def made(out: Path, steps: int, seed: int, switches: dict[str, Any]) -> Losses:
        pretrain(race.tokens, race.valid, out, seed=seed, steps=steps, switches=switches)
        return measured(out, stream, race.vocab)

    found = {"parent": kept(parent, lambda: made(parent, STEPS, seed, SWITCHES))}
    for number, (way, (architecture, objective)) in enumerate(WAYS.items()):
        out = place / f"way-{number}-{seed}"
        switches = {"model.architecture": architecture, "objective.name": objective, "optim.lr": LR, "optim.min_lr": LR / 10,
                    "from": parent}  # fmt: skip
        found[way] = kept(out, lambda: made(out, MORE, 100 + seed, switches))  # noqa: B023
    return found


def kept(out: Path, make: Callable[[], Losses]) -> Losses:
    """What was measured before, or now."""
    path = out.with_name(f"{out.name}.losses.json")
    if not path.exists():
        path.write_text(json.dumps(make()))
    losses: Losses = json.loads(path.read_text())
    print(out.name, {name: round(loss, 4) for name, loss in losses.items()}, flush=True)
    return losses


def measured(run: Path, stream: Stream, text_vocab: int) -> Losses:
    """Held-out losses of a run's model; a window is cut where its number says, whatever the model."""
    loaded = load_model(str(run))
    found = {name: loss_of(loaded.transformer, loaded.config, stream, *what) for name, what in MEASURES.items()}
    if loaded.transformer.vocab_size > text_vocab:  # UL2 added its modes
        mode = specials_of(Objective(name="ul2"), text_vocab, CONTEXT).modes["S"]
        found[AFTER_MODE] = loss_of(AfterMode(loaded.transformer, mode), loaded.config, stream, *MEASURES[PREFIX])
    return found


def loss_of(model: nn.Module, config: Model, stream: Stream, architecture: str, objective: str) -> float:
    """Nats a predicted character."""
    settings = Pretrain(
        model=replace(config, architecture=architecture),
        objective=Objective(name=objective),
        data=Data(sequence=CONTEXT, batch=64),
    )
    order = order_of(0, 64, CONTEXT, [len(stream.ids)], None, False)
    course = Course(settings, order, 0, specials_of(settings.objective, 0, CONTEXT), 0)
    return evaluate(Alone(model), stream, course).loss  # type: ignore[arg-type]  # what it asks of a Spread


class Alone:
    """A model on one process, as `evaluate` asks for it."""

    rows, data_rank, speaks, layout, world = 64, 0, True, Layout(), World()

    def __init__(self, model: nn.Module) -> None:
        self.model = model

    def losses(self, batch: Batch) -> Tensor:
        """The loss of each target."""
        return token_losses(self.model(batch.ids_BT, **batch.read), batch.targets_BT)


class AfterMode(nn.Module):
    """A model that reads a mode token before each row, as part of the prefix."""

    def __init__(self, model: nn.Module, mode: int) -> None:
        super().__init__()
        self.model, self.mode = model, mode

    def forward(self, ids_BT: Tensor, *, prefix_B: Tensor, **read: Tensor | None) -> Tensor:
        logits_BTV: Tensor = self.model(functional.pad(ids_BT, (1, 0), value=self.mode), prefix_B=prefix_B + 1, **read)
        return logits_BTV[:, 1:]


def beside_causal(found: dict[int, dict[str, Losses]]) -> dict[str, Any]:
    """Each way's prefix-LM loss in its own sight, minus that of going on as causal: seed by seed, mean and deviation."""
    table = {}
    for way, sight in {"parent": CAUSAL, **OWN}.items():
        losses = [members[way][sight] for members in found.values()]
        apart = [loss - m["causal"][CAUSAL] for loss, m in zip(losses, found.values(), strict=True)]
        table[way] = {"losses": [round(x, 4) for x in losses], "minus_causal": [round(x, 4) for x in apart],
                      "mean": round(statistics.mean(apart), 4), "deviation": round(statistics.stdev(apart), 4)}  # fmt: skip
    return table
