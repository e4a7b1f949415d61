"""Bytes that a process sends in a step, by what sends them.

A ring sends 2 (N - 1) / N of what it adds up, and half of that where it only scatters the sums or only gathers (Rajbhandari et
al. 2020, arXiv:1910.02054, section 7.1). Data parallelism sends gradients (and, sharded, weights) whose size is the model's;
tensor parallelism the residual stream, several times a block and micro-batch (arXiv:1909.08053, section 3; divided along the
sequence, as much: arXiv:2205.05198, section 4.2.2); a pipeline the stream once between two stages, forward and back. A few
numbers a step (the norm, the loss) are not counted.
"""

from __future__ import annotations

from collections.abc import Sequence

from llmctl.settings.pretrain import Pretrain
from llmctl.train.activations import NUMBER, Flow, received
from llmctl.train.layout import Layout, Stage
from llmctl.train.shapes import Weight, is_shared, numbers

KINDS = ("all-reduce", "reduce-scatter", "all-gather", "tensor", "pipeline")  # the first three: of data parallelism
SUMS_OF_LOSS = 3  # all-reduces of a loss over divided logits: largest, sum, the target's (torch, tensor/parallel/loss.py)


def ring(processes: int) -> float:
    """What each sends of a sum over so many processes."""
    return 2 * (processes - 1) / processes


def of_data(weights: Sequence[Weight], settings: Pretrain, layout: Layout, rank: tuple[int, int], pieces: int) -> dict[str, float]:  # fmt: skip
    """Gradients and gathered weights; `rank` in tensor parallelism and in a sharded copy."""
    model, zero, tensor = settings.model, settings.parallel.zero, (layout.tensor, rank[0])
    whole = NUMBER * numbers(weights, model, tensor)
    if not zero or layout.data == 1:
        return {"all-reduce": ring(layout.data) * whole}
    shard = NUMBER * numbers(weights, model, tensor, (layout.shard, rank[1]))
    blocks = NUMBER * numbers([weight for weight in weights if weight.of_block], model, tensor)
    half = ring(layout.shard) / 2
    reductions = pieces if zero > 1 else 1
    gathered = pieces * (whole + blocks) if zero == 3 else whole  # a block again in backward; the rest stays for a pass
    return {
        "all-reduce": ring(layout.replicate) * shard * reductions,
        "reduce-scatter": half * whole * reductions,
        "all-gather": half * gathered,
    }


def of_tensor(stages: Sequence[Stage], weights: Sequence[Weight], flow: Flow, layout: Layout, rank: tuple[int, int], pieces: int) -> float:  # fmt: skip
    """Sums of the stream of all micro-batches, and of gradients of weights that each process used on a part."""
    if layout.tensor == 1:
        return 0.0
    model, sequence = flow.settings.model, flow.settings.parallel.sequence
    partly = [weight for weight in weights if is_shared(weight, model, layout.tensor)]
    if sequence:
        partly += [weight for weight in weights if _is_norm_of_stream(weight)]
    sums = numbers(partly, model, (layout.tensor, rank[0]), (layout.shard, rank[1]))
    streams = sum(pieces * flow.rows * numbers_added_up(stage, flow) for stage in stages)
    return ring(layout.tensor) * NUMBER * (streams + sums)


def _is_norm_of_stream(weight: Weight) -> bool:
    norm = weight.kind.split(".")[0].endswith(("norm", "after"))
    return norm and (weight.of_block or weight.name.split(".")[1] == "norm")


def numbers_added_up(stage: Stage, flow: Flow) -> float:
    """Numbers of one sequence that tensor parallelism adds up on a stage; a scatter or a gather counts as half."""
    model, sequence, (decoder, encoder) = flow.settings.model, flow.settings.parallel.sequence, flow.lengths
    crosses = flow.memory is not None
    found = 0.0
    for blocks, tokens, sublayers in ((stage.encoder, encoder, 2), (stage.decoder, decoder, 3 if crosses else 2)):
        sums = 2 * sublayers + again(flow.settings.train.recompute, sublayers, sequence)
        found += len(blocks) * sums * tokens * model.hidden
        found += tokens * model.hidden if sequence and blocks else 0  # divided before the first, whole after the last
        found += tokens * model.hidden if blocks and blocks.start == 0 else 0  # the embedding
    if crosses:
        found += len(stage.decoder) * 2 * encoder * model.hidden  # gradients of the memory, through keys and values
    if stage.is_last:
        found += decoder * (model.hidden + SUMS_OF_LOSS)  # the gradient of what the head reads
    return found


def again(how: str, sublayers: int, sequence: bool) -> float:
    """Sums of a block that backward waits for once more where it computes again."""
    gathers = sublayers / 2 if sequence else 0  # what is gathered is not kept
    return {"none": 0.0, "selective": gathers, "full": sublayers - 1 + (0.5 if sequence else 0)}[how]


def of_pipeline(mine: Sequence[tuple[Stage, Stage | None]], flow: Flow, pieces: int) -> float:
    """The stream, forward to the next stage and its gradient back to the one before."""
    return NUMBER * pieces * sum(received(stage, flow) + (received(after, flow) if after else 0) for stage, after in mine)


def of_copies(weights: Sequence[Weight], holders: dict[str, int], settings: Pretrain, layout: Layout, rank: tuple[int, int]) -> float:  # fmt: skip
    """Gradients of weights that several processes of the pipeline hold."""
    found = 0.0
    for name, processes in holders.items():
        same = [Weight(weight.name, weight.shape, 1) for weight in weights if weight.name == name][:1]
        size = numbers(same, settings.model, (layout.tensor, rank[0]), (layout.shard, rank[1]))
        found += ring(processes) * NUMBER * size
    return found
