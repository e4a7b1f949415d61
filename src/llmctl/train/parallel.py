"""A finished model spread over the processes, as one thing that computes losses and gradients.

Applied in one order: pipeline split, tensor parallelism, recomputation, compilation, FSDP or DDP. The trainer sees `Spread`
alone, and a single process is the case where nothing is done. The parallelism is torch's (DTensor, FSDP2, DDP, pipelining);
what is ours is the arithmetic that makes every layout learn the same: sums over the global batch, and shares that are filled
up to equal shapes.

ZeRO 1 and 2 are FSDP2 that keeps the gathered weights for a whole step. What lies between them is when gradients are
divided: once a step, or after each micro-batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import torch
from torch import Tensor, distributed, nn
from torch.distributed import ProcessGroup
from torch.distributed.device_mesh import DeviceMesh, init_device_mesh
from torch.distributed.fsdp import FSDPModule, fully_shard
from torch.distributed.tensor import DTensor
from torch.nn.parallel import DistributedDataParallel

from llmctl.model.transformer import Block, Noise, Transformer
from llmctl.train.batches import Batch
from llmctl.train.course import Course
from llmctl.train.gradients import Held, add_up, add_up_copies, settle
from llmctl.train.layout import AXES, Layout, division_of, holders_of, stages_of
from llmctl.train.loss import token_losses
from llmctl.train.pipeline import NoiseOf, Pipeline, Section
from llmctl.train.precision import forward_in
from llmctl.train.recompute import recomputed
from llmctl.train.tensor import divide_matrices, local, losses_divided, partly_summed
from llmctl.train.world import World

Fill = Callable[[Transformer], None]  # sets the weights that a model (or a stage of one) holds


class Spread:
    """What this process holds of the model, and its part in a pass over a batch."""

    def __init__(self, course: Course, world: World, layout: Layout, fill: Fill) -> None:
        self.course, self.world, self.layout = course, world, layout
        self.place, self.data_rank = layout.place(world.rank), layout.data_rank(world.rank)
        settings = course.settings
        self.dtype = settings.train.dtype or "fp32"
        self.share = layout.rows(settings.data.batch)  # sequences of a step, the same for all
        self.piece, pieces = division_of(course, layout)
        self.rows = self.piece * (pieces if layout.pipeline > 1 else 1)  # sequences of a call of `losses`
        self.stages = stages_of(settings, course.vocab_size, course.lengths)
        self.holders = holders_of(settings.model, self.stages)
        self.mesh = init_device_mesh(world.device.type, layout.sizes, mesh_dim_names=AXES) if world.size > 1 else None
        self.sections = self._sections()
        for section in self.sections:
            fill(section)
        modules = [self._applied(section) for section in self.sections]
        self.module = modules[0]
        self.held = [held for section in self.sections for held in self._held(section)]
        self.groups = self._groups_of_copies()
        self.pipeline: Pipeline | None = None
        if layout.pipeline > 1:
            staged = [section for section in self.sections if isinstance(section, Section)]
            group = self._group("pipeline")
            self.pipeline = Pipeline(staged, course, pieces, self.piece, world.device, group)

    @property
    def speaks(self) -> bool:
        """Does this process report the losses of its sequences? One of those that worked on them does."""
        return self.place["tensor"] == 0 and self.place["pipeline"] == self.layout.pipeline - 1

    def _sections(self) -> list[Transformer]:
        """The model, or the stages of it that are ours."""
        course, layout = self.course, self.layout
        if layout.pipeline == 1:
            return [Transformer(course.settings.model, course.vocab_size)]
        mine = [stage for stage in self.stages if stage.index % layout.pipeline == self.place["pipeline"]]
        return [Section(course.settings.model, course.vocab_size, stage) for stage in mine]

    def _applied(self, section: Transformer) -> nn.Module:
        """A section made parallel, in place; what is called in its stead."""
        settings, layout, device = self.course.settings, self.layout, self.world.device
        if isinstance(section, Section):
            section.precision = partial(forward_in, self.dtype, device)
        if layout.tensor > 1:
            has_head = not isinstance(section, Section) or section.stage.is_last
            divide_matrices(section, self._axes("tensor"), sequence=settings.parallel.sequence, has_head=has_head)
        blocks = [module for module in section.modules() if isinstance(module, Block)]
        for block in blocks:
            recomputed(block, settings.train.recompute)
            if settings.train.compile:
                block.compile()
        if settings.parallel.zero and layout.data > 1:
            self._shard(section, blocks)
            return section
        section.to(device)
        if layout.data > 1 and layout.tensor == layout.pipeline == 1:
            mine = [device.index] if device.type == "cuda" else None
            return DistributedDataParallel(section, device_ids=mine, gradient_as_bucket_view=True)
        return section

    def _shard(self, section: Transformer, blocks: list[Block]) -> None:
        """FSDP2, block by block and then the rest."""
        mesh = self._axes("shard") if self.layout.replicate == 1 else self._axes("replicate", "shard")
        whole = self.course.settings.parallel.zero < 3  # gathered weights are kept until the step's end
        for block in blocks:
            fully_shard(block, mesh=mesh, reshard_after_forward=not whole)
        fully_shard(section, mesh=mesh, reshard_after_forward=False if whole else None)
        for module in section.modules():
            if isinstance(module, FSDPModule):
                module.set_gradient_divide_factor(1.0)  # sums: the loss is divided by the tokens of the global batch
                module.set_force_sum_reduction_for_comms(True)  # gloo knows no sum with a factor

    def _held(self, section: Transformer) -> Iterator[Held]:
        for name, weight in section.named_parameters():
            parts = 1
            if isinstance(weight, DTensor):
                for axis, placement in enumerate(weight.placements):
                    parts *= 1 if placement.is_replicate() else weight.device_mesh.size(axis)
            everywhere = self.layout.data * self.layout.tensor * len(self.holders.get(name, [0]))
            yield Held(name, weight, everywhere // parts)

    def _groups_of_copies(self) -> dict[str, ProcessGroup]:
        """For each weight that stages on several processes hold, those processes (of our share and slice)."""
        layout = self.layout
        others = layout.world // layout.pipeline  # ranks of one stage of the pipeline
        groups: dict[str, ProcessGroup] = {}
        for name, holders in self.holders.items():
            places = sorted({index % layout.pipeline for index in holders})
            for first in range(others if len(places) > 1 else 0):
                ranks = [place * others + first for place in places]
                group = distributed.new_group(ranks)  # all ranks make all groups, in the same order
                if self.world.rank in ranks:
                    groups[name] = group
        return groups

    def _axes(self, *names: str) -> DeviceMesh:
        assert self.mesh is not None, "one process has no mesh"
        return self.mesh[names if len(names) > 1 else names[0]]

    def _group(self, name: str) -> ProcessGroup:
        if name == "data":
            return self._axes("replicate", "shard")._flatten("data").get_group()
        return self._axes(name).get_group()

    def losses(self, batch: Batch) -> Tensor | None:
        """The loss of each target of at most `rows` sequences, BT; none where another process knows it. No gradients.

        All processes call this equally often.
        """
        with losses_divided(self.layout.tensor > 1):
            if self.pipeline is None:
                return self._losses(batch, None)
            found = self.pipeline.run(batch.filled(self.rows), lambda _rows: None, None)
        return None if found is None else found[: len(batch.ids_BT)]

    def gradients(self, batch: Batch, noise_of: NoiseOf, factor: float) -> Tensor:
        """Gradients of `factor` times the sum of all losses of the world; returns the sum of those that are ours to report."""
        if isinstance(self.module, DistributedDataParallel):
            self.module.zero_grad(set_to_none=False)  # its gradients lie in its messages, and stay there
        else:
            for item in self.held:
                item.weight.grad = None
        with losses_divided(self.layout.tensor > 1):
            if self.pipeline is None:
                summed = self._accumulated(batch.filled(self.share), noise_of, factor)
            else:
                found = self.pipeline.run(batch.filled(self.rows), noise_of, factor)
                summed = torch.zeros((), device=self.world.device) if found is None else found.double().sum()
        self._add_up()
        return summed.double() if self.speaks else torch.zeros_like(summed, dtype=torch.float64)

    def _accumulated(self, batch: Batch, noise_of: NoiseOf, factor: float) -> Tensor:
        summed = torch.zeros((), dtype=torch.float64, device=self.world.device)
        if isinstance(self.module, DistributedDataParallel):
            factor *= self.layout.data  # it averages: undo that
        count = len(batch.ids_BT)
        for first in range(0, count, self.piece):
            rows = range(first, min(first + self.piece, count))
            with self._exchanging(last=rows.stop == count):
                loss = self._losses(batch.rows(slice(rows.start, rows.stop)), noise_of(rows)).sum()
                (loss * factor).backward()  # type: ignore[no-untyped-call]  # torch's own
            summed += loss.detach().double()
        return summed

    def _losses(self, batch: Batch, noise: Noise | None) -> Tensor:
        with forward_in(self.dtype, self.world.device):
            logits_BTV = self.module(batch.ids_BT, **batch.read, noise=noise)
        return local(token_losses(logits_BTV, batch.targets_BT))

    @contextmanager
    def _exchanging(self, *, last: bool) -> Iterator[None]:
        """Communicate no more than is needed: whole gradients once a step, with the last micro-batch."""
        module, zero = self.module, self.course.settings.parallel.zero
        if isinstance(module, DistributedDataParallel) and not last:
            with module.no_sync():
                yield
            return
        if isinstance(module, FSDPModule):
            module.set_is_last_backward(last)
            module.set_requires_gradient_sync(last or zero > 1)
            module.set_reshard_after_backward(last or zero == 3)
        yield

    def _add_up(self) -> None:
        """What is left to add up once all micro-batches are through: time's parts, copies of stages, shares of data."""
        settle(self.held)
        if self.course.settings.parallel.sequence:
            partly = {id(weight) for section in self.sections for weight in partly_summed(section)}
            parts = [h.gradient for h in self.held if id(h.weight) in partly and h.gradient is not None]
            add_up(parts, self._group("tensor"))
        add_up_copies(self.held, self.holders, self.groups)
        if self.layout.data > 1 and not isinstance(self.module, DistributedDataParallel | FSDPModule):
            add_up([h.gradient for h in self.held if h.gradient is not None], self._group("data"))
