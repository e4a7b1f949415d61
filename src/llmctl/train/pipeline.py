"""Pipeline parallelism: a model's blocks as stages on different processes, micro-batches flowing through them.

A stage is a Transformer that lacks the rest; its parameters keep their names, so that a checkpoint does not know of stages.
torch's schedules move the activations. What a stage needs besides them (masks, prefixes, ids) it makes of its own copy of the
batch: the schedule carries no more than which rows a micro-batch has (masks that travel break split schedules, torchtitan
#3584). Weights that several stages hold (a tied head, t5's table) are copies, whose gradients are added up every step.

1F1B is PipeDream's schedule with a flush at the end of each step; its asynchronous update is left out on purpose, because
weights that differ between forward and backward would not learn what one process learns.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor
from torch.distributed import ProcessGroup
from torch.distributed.pipelining import PipelineStage, Schedule1F1B, ScheduleGPipe, ScheduleInterleaved1F1B

from llmctl.model.transformer import Noise, Transformer
from llmctl.settings.model import Model
from llmctl.train.batches import Batch
from llmctl.train.course import Course
from llmctl.train.layout import Stage
from llmctl.train.loss import token_losses
from llmctl.train.tensor import local

NoiseOf = Callable[[range], Noise | None]  # of the rows of a batch


class Section(Transformer):
    """The blocks of one stage, and the tables, norm and head that belong to it. Weights are unset."""

    def __init__(self, config: Model, vocab_size: int, stage: Stage) -> None:
        super().__init__(config, vocab_size)
        self.stage = stage
        self.batch: Batch | None = None  # of the step under way
        self.noise_of: NoiseOf = lambda _rows: None
        self.precision: Callable[[], AbstractContextManager[Any]] = nullcontext  # Any: torch's autocast
        kept = [
            ("encoder", self.encoder, stage.encoder, config.depth_of_encoder),
            ("decoder", self.decoder, stage.decoder, config.layers),
        ]
        for name, stack, blocks, depth in kept:
            if stack is None or not blocks:
                setattr(self, name, None)
                continue
            stack.begins = blocks.start == 0
            for layer in set(range(depth)) - set(blocks):
                del stack.blocks[str(layer)]
            if not stack.begins:
                stack.positions = stack.embedding_norm = None
            if blocks.stop < depth:
                stack.norm = None
        if not stage.embeds and not (stage.is_last and config.tied):
            self.embedding = None  # type: ignore[assignment]  # what is not held is never called
        if not stage.is_last:
            self.head = None

    def forward(self, *received: Tensor, rows_B: Tensor) -> Tensor | tuple[Tensor, ...]:  # type: ignore[override]
        """What the stage before made of a micro-batch -> what the next one needs, or the loss of each target."""
        assert self.batch is not None, "the step's batch comes first"
        rows = range(int(rows_B[0]), int(rows_B[-1]) + 1)
        part, noise = self.batch.rows(slice(rows.start, rows.stop)), self.noise_of(rows)
        with self.precision():
            return self._pass(received, part, noise)

    def _pass(self, received: tuple[Tensor, ...], part: Batch, noise: Noise | None) -> Tensor | tuple[Tensor, ...]:
        stage, x_BTD = self.stage, received[0]
        if stage.encoder:
            assert self.encoder is not None and part.encoder_ids_BS is not None
            x_BTD = self.embedding(part.encoder_ids_BS) if stage.is_first else x_BTD
            x_BTD = self.encoder(x_BTD, documents_BT=part.encoder_documents_BS, noise=noise)
        if not stage.decoder:
            return x_BTD
        memory_BSD = (x_BTD if stage.embeds else received[1]) if self.config.depth_of_encoder else None
        x_BTD = self.decoder(
            self.embedding(part.ids_BT) if stage.embeds else x_BTD,
            documents_BT=part.documents_BT,
            prefix_B=part.prefix_B,
            memory_BSD=memory_BSD,
            memory_documents_BS=part.encoder_documents_BS,
            noise=noise,
        )
        if stage.is_last:
            return local(token_losses(self.logits(x_BTD), part.targets_BT))
        return x_BTD if memory_BSD is None else (x_BTD, memory_BSD.view_as(memory_BSD))


SCHEDULES: dict[str, Callable[..., Any]] = {  # Any: torch's schedules have a stage or several
    "gpipe": lambda stages, *rest, **more: ScheduleGPipe(stages[0], *rest, **more),
    "1f1b": lambda stages, *rest, **more: Schedule1F1B(stages[0], *rest, **more),
    "interleaved": ScheduleInterleaved1F1B,
}


class Pipeline:
    """The stages of this process, and the schedule that drives them together with the other processes'."""

    def __init__(
        self,
        sections: list[Section],
        course: Course,
        pieces: int,
        piece: int,
        device: torch.device,
        group: ProcessGroup,
    ) -> None:
        self.sections, self.rows = sections, torch.arange(pieces * piece)
        self.factor = 1.0
        stages = [
            PipelineStage(
                section,
                section.stage.index,
                section.stage.count,
                device,
                *shapes_of(section.stage, course, piece, device),
                group=group,
            )
            for section in sections
        ]
        self.schedule = SCHEDULES[course.settings.parallel.schedule](
            stages, pieces, loss_fn=self._scaled, scale_grads=False
        )
        self.found: list[Tensor] = []  # losses_BT of each micro-batch, where the last stage is

    def _scaled(self, losses_BT: Tensor, _target: Tensor) -> Tensor:
        self.found.append(losses_BT.detach())
        return losses_BT.sum() * self.factor

    def run(self, batch: Batch, noise_of: NoiseOf, factor: float | None) -> Tensor | None:
        """A pass over all micro-batches, and back with gradients of `factor` times the sum of losses (none: forward alone).

        The losses of all rows, BT, where the last stage is.
        """
        self.found.clear()
        for section in self.sections:
            section.batch, section.noise_of = batch, noise_of
        first = [batch.ids_BT] if self.sections[0].stage.is_first else []
        if factor is None:
            self.schedule.eval(*first, target=self.rows, losses=[], return_outputs=False, rows_B=self.rows)
        else:
            self.factor = factor
            self.schedule.step(*first, target=self.rows, losses=[], return_outputs=False, rows_B=self.rows)
        for section in self.sections:
            section.batch = None
        return torch.cat(self.found) if self.found else None


def shapes_of(
    stage: Stage, course: Course, rows: int, device: torch.device
) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
    """What a stage receives and hands on, as empty tensors: the schedule then need not try the model out."""
    model = course.settings.model
    lengths = dict(zip("TS", course.shape, strict=True))

    def stream(name: str) -> Tensor:
        return torch.empty(rows, lengths[name], model.hidden, device=device, requires_grad=True)

    def before(stage: Stage) -> tuple[Tensor, ...]:
        if stage.encoder.start < model.depth_of_encoder or stage.decoder.start == 0:
            return (stream("S"),)
        return (stream("T"), stream("S")) if model.depth_of_encoder else (stream("T"),)

    ids = torch.empty(rows, lengths["T"], dtype=torch.int64, device=device)
    received = (ids,) if stage.is_first else before(stage)
    if stage.is_last:
        return received, (torch.empty(rows, lengths["T"], device=device, requires_grad=True),)
    rest = range(stage.encoder.stop, model.depth_of_encoder), range(stage.decoder.stop, model.layers)
    return received, before(Stage(stage.index + 1, stage.count, *rest))
