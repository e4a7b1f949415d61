"""One step of training, and the state that makes the next one the same after any interruption.

A step is a function of (weights, moments, step): the batch comes from the step, dropout from (seed, step, row), the
learning rate from the step. Losses are sums divided by the number of predicted tokens of the *global* batch, so that
neither ranks nor micro-batches weigh a token differently.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from llmctl.errors import UserError
from llmctl.model.transformer import Noise
from llmctl.store.checkpoints import read_state, write_state
from llmctl.store.tokens import Stream
from llmctl.tokens.mixture import Place, batch_places
from llmctl.train.batches import Batch, Ids, batch_hash, documents_of, read_batch
from llmctl.train.course import Course
from llmctl.train.dropout import noise_of
from llmctl.train.gradients import multiply, norm_of
from llmctl.train.layout import Layout
from llmctl.train.loss import IGNORED
from llmctl.train.objectives import draws_of
from llmctl.train.optim import learning_rate, optimizer_of, set_learning_rate
from llmctl.train.parallel import Fill, Spread
from llmctl.train.precision import LossScale
from llmctl.train.state import fill_state, state_of
from llmctl.train.throughput import peak_flops
from llmctl.train.world import World, total


class Trainer:
    """A model in training, on this process's part of the world."""

    def __init__(self, course: Course, streams: Sequence[Stream], world: World, layout: Layout, fill: Fill) -> None:
        self.course, self.streams, self.world, self.layout = course, streams, world, layout
        self.spread = Spread(course, world, layout, fill)
        self.optimizers = [optimizer_of(section, course.settings.optim) for section in self.spread.sections]
        self.scale = LossScale.of(self.spread.dtype)
        self.peak = peak_flops(world.device, self.spread.dtype)

    def step(self, step: int) -> dict[str, Any]:
        """Take one step; its line in the metrics (the batch's hash is rank 0's to know)."""
        began = time.perf_counter()
        settings, world = self.course.settings, self.world
        places = batch_places(self.course.order, step, self.course.skips)
        share = self.layout.share(len(places), self.spread.data_rank)
        ids_BL = read_batch(self.streams, places if world.rank == 0 else places[share], settings.data.sequence)
        hashed = batch_hash(ids_BL) if world.rank == 0 else None
        mine = self._batch(ids_BL[share] if world.rank == 0 else ids_BL, places[share], step, share.start)
        loss = self._gradients(mine, step, share.start)
        lr = learning_rate(settings.optim, step, settings.max_steps)
        norm = self._update(step, lr)
        speed = len(places) * settings.data.sequence / (time.perf_counter() - began)
        return {
            "step": step,
            "loss": loss,
            "grad_norm": norm,
            "lr": lr,
            "tokens": (step + 1) * len(places) * settings.data.sequence,
            "tokens_per_s": round(speed, 1),
            "mfu": self._mfu(speed),
            "batch_hash": hashed,
            **({"loss_scale": self.scale.scale, "skipped": norm is None} if self.scale.dynamic else {}),
        }

    def _batch(self, ids_BL: Ids, places: Sequence[Place], step: int, first_row: int) -> Batch:
        """This rank's windows as the model reads them; an objective's draws depend on (seed, step, row)."""
        settings, seed = self.course.settings, self.course.order.seed
        documents_BL = (
            documents_of(self.streams, places, settings.data.sequence) if settings.data.document_mask else None
        )
        draws = [draws_of(seed, step, first_row + row) for row in range(len(ids_BL))]
        return self.course.batch(list(ids_BL), draws, documents_BL).to(self.world.device)

    def _gradients(self, batch: Batch, step: int, first_row: int) -> float:
        """Gradients of the (scaled) mean loss of the global batch; returns that loss."""
        predicted = (batch.targets_BT != IGNORED).sum()
        count = float(total(predicted if self.spread.speaks else torch.zeros_like(predicted), self.world))

        def noise(rows: range) -> Noise | None:
            return self._noise(step, [first_row + row for row in rows])

        mean = float(total(self.spread.gradients(batch, noise, self.scale.scale / count), self.world)) / count
        if not math.isfinite(mean):
            raise UserError(
                f"the loss of step {step} is {mean}; lower optim.lr or raise optim.warmup, in another --out"
            )
        return mean

    def _update(self, step: int, lr: float) -> float | None:
        """Clip and apply the gradients; returns their norm, or none where one overflowed fp16 and the step is left out."""
        held, clip = self.spread.held, self.course.settings.optim.clip or math.inf
        norm = norm_of(held, lambda own: total(own, self.world)) / self.scale.scale
        finite = math.isfinite(norm)
        if not finite and not self.scale.dynamic:
            raise UserError(
                f"the gradient of step {step} is not finite; lower optim.lr or raise optim.warmup, in another --out"
            )
        if finite:
            multiply(held, min(1.0, clip / (norm + 1e-6)) / self.scale.scale)  # 1e-6: torch's clip_grad_norm_
            for optimizer in self.optimizers:
                set_learning_rate(optimizer, lr)
                optimizer.step()
        self.scale.update(overflowed=not finite)
        return norm if finite else None

    def _noise(self, step: int, rows: list[int]) -> Noise | None:
        settings, place = self.course.settings, self.spread.place
        if not settings.model.dropout:
            return None
        parts = self.layout.tensor if settings.parallel.sequence else 1
        return noise_of(self.course.order.seed, step, rows, part=place["tensor"] if parts > 1 else 0, parts=parts)

    def _mfu(self, tokens_per_s: float) -> float | None:
        if self.peak is None:
            return None
        settings = self.course.settings
        needed = self.course.flops_per_sequence * tokens_per_s / settings.data.sequence
        if needed > self.peak * self.world.size:  # what is exceeded was measured in a busy moment
            self.peak = max(self.peak, peak_flops(self.world.device, self.spread.dtype) or 0)
        return round(needed / (self.peak * self.world.size), 4)

    def save(self, run: Path, step: int) -> Path:
        """Write the state after `step` steps (all ranks together) into a draft; returns the draft."""
        return write_state(run, step, {**self._state(), "step": step, "skips": list(self.course.skips)})

    def restore(self, run: Path, step: int) -> None:
        """Continue from the state after `step` steps."""
        state = {**self._state(), "step": 0, "skips": []}
        read_state(run, step, state)
        assert state["step"] == step
        fill_state(self.spread.sections, self.optimizers, state)
        self.scale.restore(state["loss_scale"])

    def _state(self) -> dict[str, Any]:
        return {**state_of(self.spread.sections, self.optimizers), "loss_scale": self.scale.state}
