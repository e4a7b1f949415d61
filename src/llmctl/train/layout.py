"""Which process holds what: a world divided by the degrees of `parallel.`, and the layers divided into stages by cost.

Pure arithmetic, known before any process group exists: what does not fit is refused here, by the setting's name. Ranks count
from the innermost dimension, the one that talks most: tensor, then sharded data, replicated data, pipeline (Megatron's order,
arXiv:2104.04473, section 3.2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from llmctl.errors import BadSettings
from llmctl.model.size import parts
from llmctl.settings.model import Model
from llmctl.settings.pretrain import Pretrain
from llmctl.train.course import Course, lengths_of

PIECES_A_STAGE = 4  # GPipe, arXiv:1811.06965, section 3.3: the bubble hardly matters from 4 micro-batches a stage on
AXES = ("pipeline", "replicate", "shard", "tensor")  # the names of the mesh's dimensions


@dataclass(frozen=True)
class Layout:
    """The degrees; their product is the world."""

    pipeline: int = 1
    replicate: int = 1  # copies of the (sharded) model
    shard: int = 1  # processes that share one copy
    tensor: int = 1

    @property
    def sizes(self) -> tuple[int, int, int, int]:
        """In the order of AXES."""
        return self.pipeline, self.replicate, self.shard, self.tensor

    @property
    def world(self) -> int:
        return self.pipeline * self.data * self.tensor

    @property
    def data(self) -> int:
        """Processes that read different sequences."""
        return self.replicate * self.shard

    def place(self, rank: int) -> dict[str, int]:
        """A rank's coordinate on each axis."""
        found, rest = {}, rank
        for axis, size in zip(reversed(AXES), reversed(self.sizes), strict=True):
            found[axis], rest = rest % size, rest // size
        return found

    def data_rank(self, rank: int) -> int:
        """Which share of a batch a rank reads."""
        place = self.place(rank)
        return place["replicate"] * self.shard + place["shard"]

    def share(self, count: int, data_rank: int) -> slice:
        """A data rank's slice of `count` sequences; slices differ by at most one."""
        return slice(count * data_rank // self.data, count * (data_rank + 1) // self.data)

    def rows(self, count: int) -> int:
        """Sequences of the largest share; smaller ones are filled up with sequences in which nothing is predicted."""
        return -(-count // self.data)


def layout_of(settings: Pretrain, world: int) -> Layout:
    """How `world` processes divide the work; BadSettings names the setting that does not fit."""
    parallel, model = settings.parallel, settings.model
    tensor, pipeline = parallel.tensor, parallel.pipeline
    if world % (tensor * pipeline):
        raise BadSettings(
            f"parallel.tensor={tensor} times parallel.pipeline={pipeline} does not divide the {world} processes; "
            f"start a multiple of {tensor * pipeline}, or set others"
        )
    data = world // (tensor * pipeline)
    shard = (parallel.shard or data) if parallel.zero else 1
    if data % shard:
        raise BadSettings(f"parallel.shard={shard} does not divide the {data} processes of data parallelism")
    layout = Layout(pipeline, data // shard, shard, tensor)
    _check_batch(settings, layout)
    _check_tensor(model, tensor)
    _check_sequence(settings)
    _check_stages(settings)
    return layout


def _check_batch(settings: Pretrain, layout: Layout) -> None:
    batch, pieces, schedule = settings.data.batch, settings.parallel.microbatches, settings.parallel.schedule
    if batch < layout.data:
        raise BadSettings(
            f"data.batch={batch} is smaller than the {layout.data} processes of data parallelism; raise it or start fewer"
        )
    if layout.pipeline == 1:
        return
    rows = layout.rows(batch)
    if pieces > rows:
        raise BadSettings(
            f"parallel.microbatches={pieces} is more than the {rows} sequences that a process has of data.batch={batch}"
        )
    pieces = pieces_of(settings, layout)
    if pieces < layout.pipeline:
        raise BadSettings(
            f"a pipeline of {layout.pipeline} needs at least as many micro-batches, and there are {pieces}: "
            f"raise parallel.microbatches or data.batch={batch}"
        )
    rounds = pieces // layout.pipeline
    if schedule == "interleaved" and pieces % rounds:
        raise BadSettings(
            f"parallel.schedule=interleaved takes micro-batches in rounds of equal size, and {pieces} cannot be divided into "
            f"{rounds}; set parallel.microbatches to a multiple of {layout.pipeline}"
        )


def _check_tensor(model: Model, tensor: int) -> None:
    heads, groups = model.heads, model.key_heads
    if heads % tensor:
        raise BadSettings(f"parallel.tensor={tensor} does not divide model.heads={heads}")
    if groups % tensor and tensor % groups:
        raise BadSettings(
            f"parallel.tensor={tensor} processes cannot share model.kv_heads={groups}: one number must divide the other"
        )
    if model.ffn_width % tensor:
        raise BadSettings(
            f"parallel.tensor={tensor} does not divide the feed-forward width of {model.ffn_width}; set model.ffn"
        )


def _check_sequence(settings: Pretrain) -> None:
    parallel = settings.parallel
    if not parallel.sequence or settings.model.position != "learned":
        return
    for length in lengths_of(settings):
        if length % parallel.tensor:
            raise BadSettings(
                f"parallel.sequence=true divides rows of {length} tokens over parallel.tensor={parallel.tensor} processes, and "
                "learned positions have no row for padding; set data.sequence so that rows can be divided"
            )


def _check_stages(settings: Pretrain) -> None:
    parallel, model = settings.parallel, settings.model
    stages, blocks = parallel.pipeline * parallel.stages_each, model.layers + model.depth_of_encoder
    if stages > blocks:
        raise BadSettings(
            f"parallel.pipeline={parallel.pipeline} divides the model into {stages} stages, and it has {blocks} blocks; lower it"
        )


def pieces_of(settings: Pretrain, layout: Layout) -> int:
    """Micro-batches of a step in a pipeline: what is set, or up to 4 a stage in whole rounds."""
    if settings.parallel.microbatches or layout.pipeline == 1:
        return settings.parallel.microbatches or 1
    rows = layout.rows(settings.data.batch)
    most = min(rows, PIECES_A_STAGE * layout.pipeline)
    return most - most % layout.pipeline if most > layout.pipeline else most


def division_of(course: Course, layout: Layout) -> tuple[int, int]:
    """Sequences of a micro-batch, and micro-batches of a step, the same for every process."""
    share = layout.rows(course.settings.data.batch)
    if layout.pipeline > 1:
        pieces = pieces_of(course.settings, layout)
        return -(-share // pieces), pieces
    rows = min(course.rows, share)
    return rows, -(-share // rows)


@dataclass(frozen=True)
class Stage:
    """A run of blocks: of the encoder, of the decoder, or the end of one and the beginning of the other."""

    index: int
    count: int
    encoder: range
    decoder: range

    @property
    def is_first(self) -> bool:
        return self.index == 0

    @property
    def is_last(self) -> bool:
        return self.index == self.count - 1

    @property
    def embeds(self) -> bool:
        """Does it read token ids?"""
        return self.is_first or self.decoder[:1] == range(1)


def stages_of(settings: Pretrain, vocab_size: int, lengths: tuple[int, int]) -> list[Stage]:
    """The blocks divided into stages whose most expensive one is as cheap as can be; the head belongs to the last."""
    model, count = settings.model, settings.parallel.pipeline * settings.parallel.stages_each
    depth = model.depth_of_encoder
    ends = [0, *accumulate(divide(block_costs(settings.model, vocab_size, lengths), count))]
    spans = list(pairwise(ends))
    return [
        Stage(
            n,
            count,
            range(min(first, depth), min(until, depth)),
            range(max(first - depth, 0), max(until - depth, 0)),
        )
        for n, (first, until) in enumerate(spans)
    ]


def block_costs(model: Model, vocab_size: int, lengths: tuple[int, int]) -> list[float]:
    """Operations of each block on one sequence, in the order of a forward pass; the head's lie on the last."""
    cost = {part.name: part.flops for part in parts(model, vocab_size, *lengths)}
    encoder = sum(value for name, value in cost.items() if name.startswith("encoder"))
    decoder = sum(value for name, value in cost.items() if name.startswith("decoder"))
    costs = [encoder / max(1, model.depth_of_encoder)] * model.depth_of_encoder
    costs += [decoder / model.layers] * model.layers
    costs[-1] += cost["head"]
    return costs


def divide(costs: Sequence[float], parts: int) -> list[int]:
    """How many of `costs`, in their order, each of `parts` runs takes (at least one) so that the largest sum is smallest.

    Of equal divisions the one whose later runs are shorter.
    """
    sums = [0.0, *accumulate(costs)]
    best: list[list[tuple[float, int]]] = [
        [(sum_, 0) for sum_ in sums]
    ]  # [runs - 1][items]: largest sum, last run's first
    for runs in range(2, parts + 1):
        row = [(float("inf"), 0)] * len(sums)
        for items in range(runs, len(sums)):
            row[items] = min(
                (max(best[-1][first][0], sums[items] - sums[first]), -first) for first in range(runs - 1, items)
            )
        best.append([(value, -first) for value, first in row])
    lengths, items = [], len(costs)
    for row in reversed(best):
        first = row[items][1]
        lengths.append(items - first)
        items = first
    return lengths[::-1]


def holders_of(model: Model, stages: Sequence[Stage]) -> dict[str, list[int]]:
    """The weights that several stages hold, and which: a copy each, whose gradients are added up."""
    found = {"embedding.weight": [s.index for s in stages if s.embeds or (s.is_last and model.tied)]}
    if model.position == "t5":
        found["encoder.distances.weight"] = [s.index for s in stages if s.encoder]
        found["decoder.distances.weight"] = [s.index for s in stages if s.decoder]
    return {name: holders for name, holders in found.items() if len(holders) > 1}
