"""Bytes that a process sends in a step, by what sends them.

A ring sends 2 (N - 1) / N of what it adds up, and half of that where it only scatters the sums or only gathers (Rajbhandari et
al. 2020, arXiv:1910.02054, section 7.1). Data parallelism sends gradients (and, sharded, weights) whose size is the model's;
tensor parallelism the residual stream, several times a block and micro-batch (arXiv:1909.08053, section 3; divided along the
sequence, as much: arXiv:2205.05198, section 4.2.2); a pipeline the stream once between two stages, forward and back. A few
numbers a step (the norm, the loss) are not counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from llmctl.train.activations import NUMBER, Flow, received, sent
from llmctl.train.layout import Stage
from llmctl.train.shapes import Holding, Weight, is_shared

KINDS = ("all-reduce", "reduce-scatter", "all-gather", "tensor", "pipeline")  # the first three: of data parallelism
SUMS_OF_LOSS = (
    3  # all-reduces of a loss over divided logits: largest, sum, the target's (torch, tensor/parallel/loss.py)
)


def ring(processes: int) -> float:
    """What each sends of a sum over so many processes."""
    return 2 * (processes - 1) / processes


def sent_in_a_step(held: Holding, flow: Flow, pieces: int, holders: Mapping[str, int]) -> dict[str, int]:
    """By kind. `holders`: the weights that several processes of the pipeline hold, and how many do."""
    found = {
        **_of_data(held, pieces),
        "tensor": _of_tensor(held, flow, pieces),
        "pipeline": _of_pipeline(held, flow, pieces) + _of_copies(held, holders),
    }
    return {kind: round(found[kind]) for kind in KINDS}


def _of_data(held: Holding, pieces: int) -> dict[str, float]:
    """Gradients and gathered weights."""
    zero, layout = held.settings.parallel.zero, held.layout
    whole = NUMBER * held.numbers(held.weights, sharded=False)
    if not zero:
        return {"all-reduce": ring(layout.data) * whole, "reduce-scatter": 0, "all-gather": 0}
    shard = NUMBER * held.numbers(held.weights, sharded=True)
    blocks = NUMBER * held.numbers(held.blocks, sharded=False)
    half, reductions = ring(layout.shard) / 2, pieces if zero > 1 else 1
    gathered = pieces * (whole + blocks) if zero == 3 else whole  # a block again in backward; what is outside stays
    return {
        "all-reduce": ring(layout.replicate) * shard * reductions,
        "reduce-scatter": half * whole * reductions,
        "all-gather": half * gathered,
    }


def _of_tensor(held: Holding, flow: Flow, pieces: int) -> float:
    """Sums of the stream of all micro-batches, and of gradients of weights that each process used on a part."""
    tensor, model, sequence = held.layout.tensor, flow.settings.model, flow.settings.parallel.sequence
    if tensor == 1:
        return 0
    partly = [w for w in held.weights if is_shared(w, model, tensor) or (sequence and is_norm_of_stream(w))]
    streams = sum(pieces * flow.rows * added_up(stage, flow) for stage in held.stages)
    return ring(tensor) * NUMBER * (streams + held.numbers(partly, sharded=True))


def added_up(stage: Stage, flow: Flow) -> float:
    """Numbers of one sequence that tensor parallelism adds up on a stage; a scatter or a gather counts as half."""
    model, sequence, (decoder, encoder) = flow.settings.model, flow.settings.parallel.sequence, flow.lengths
    crosses, found = flow.memory is not None, 0.0
    for blocks, tokens, sublayers in ((stage.encoder, encoder, 2), (stage.decoder, decoder, 3 if crosses else 2)):
        if blocks:
            sums = len(blocks) * (2 * sublayers + again(flow.settings.train.recompute, sublayers, sequence))
            sums += sequence  # a gather of gradients before the first block, one of the stream after the last norm
            sums += blocks.start == 0  # the embedding
            found += sums * tokens * model.hidden
    if crosses:
        found += len(stage.decoder) * 2 * encoder * model.hidden  # gradients of the memory, through keys and values
    if stage.is_last:
        found += decoder * (model.hidden + SUMS_OF_LOSS)  # the gradient of what the head reads
    return found


def again(how: str, sublayers: int, sequence: bool) -> float:
    """Sums of a block that backward waits for once more where it computes again: not the last, whose result nobody reads."""
    gathers = sublayers / 2 if sequence else 0.0  # what is gathered is not kept
    return {"none": 0.0, "selective": gathers, "full": sublayers - 1 + (0.5 if sequence else 0)}[how]


def is_norm_of_stream(weight: Weight) -> bool:
    """Does each process apply it to its own part of the sequence? The norms of blocks, and the last."""
    norm = weight.kind.split(".")[0].endswith(("norm", "after"))
    return norm and (weight.of_block or weight.name.split(".")[1] == "norm")


def _of_pipeline(held: Holding, flow: Flow, pieces: int) -> float:
    """The stream forward to the next stage, and its gradient back to the one before."""
    return NUMBER * pieces * sum(received(stage, flow) + sent(stage, flow) for stage in held.stages)


def _of_copies(held: Holding, holders: Mapping[str, int]) -> float:
    """Gradients of weights that several processes of the pipeline hold."""
    copies = {weight.name: replace(weight, count=1) for weight in held.weights if weight.name in holders}
    return sum(ring(holders[name]) * NUMBER * held.numbers([weight], sharded=True) for name, weight in copies.items())
