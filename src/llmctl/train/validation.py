"""The loss on held-out tokens, whole and by the source of each document.

The set is read in file order, its last short window included. Batches, not rows, are dealt out to the ranks and every
batch's sums keep a place of their own, so the number does not depend on how many ranks there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from llmctl.store.tokens import Stream
from llmctl.train.batches import Ids
from llmctl.train.objectives import IGNORED, OBJECTIVES, token_losses
from llmctl.train.parallel import World, total


@dataclass(frozen=True)
class Evaluation:
    """Mean loss of the predicted tokens, in nats."""

    loss: float
    by_source: dict[str, float]  # empty where the documents name no source


@torch.no_grad()
def evaluate(
    model: nn.Module,
    stream: Stream,
    world: World,
    *,
    objective: str,
    sequence: int,
    batch: int,
    batches: int,
    rows: int,
) -> Evaluation:
    """Evaluate at most `batches` batches (0: the whole set), `rows` sequences a forward pass."""
    windows = -(-(len(stream.ids) - 1) // sequence)
    count = -(-windows // batch)
    count = min(count, batches) if batches else count
    kinds = max(1, len(stream.kinds))
    sums = torch.zeros(count, kinds, 2, dtype=torch.float64)  # loss and tokens, by batch and source
    for index in range(world.rank, count, world.size):
        chosen = range(index * batch, min((index + 1) * batch, windows))
        for part in (chosen[first : first + rows] for first in range(0, len(chosen), rows)):
            sums[index] += _sums(model, stream, part, sequence, objective, kinds, world.device)
    tally = total(sums.to(world.device), world).cpu().sum(dim=0).numpy()
    by_source = {kind: float(loss / max(1, n)) for kind, (loss, n) in zip(stream.kinds, tally, strict=False) if n}
    return Evaluation(float(tally[:, 0].sum() / tally[:, 1].sum()), by_source)


def _sums(
    model: nn.Module, stream: Stream, windows: range, sequence: int, objective: str, kinds: int, device: torch.device
) -> torch.Tensor:
    ids_BL, kind_BT = read_windows(stream, windows, sequence)
    inputs_BT, targets_BT = OBJECTIVES[objective](torch.from_numpy(ids_BL).to(device))
    losses_BT = token_losses(model(inputs_BT), targets_BT).double().cpu().numpy()
    counted_BT = (targets_BT != IGNORED).cpu().numpy()
    kind_N = kind_BT.ravel()
    loss_K = np.bincount(kind_N, weights=losses_BT.ravel(), minlength=kinds)
    count_K = np.bincount(kind_N, weights=counted_BT.ravel(), minlength=kinds)
    return torch.from_numpy(np.stack([loss_K, count_K], axis=1))


def read_windows(stream: Stream, windows: range, sequence: int) -> tuple[Ids, Ids]:
    """Windows in file order, the last one padded with -1, and the kind of the document of each predicted token."""
    ids_BL = np.full((len(windows), sequence + 1), -1, dtype=np.int64)
    kind_BT = np.zeros((len(windows), sequence), dtype=np.int64)
    for row, window in enumerate(windows):
        ids = stream.ids[window * sequence : (window + 1) * sequence + 1]
        ids_BL[row, : len(ids)] = ids
        places = np.arange(window * sequence + 1, window * sequence + len(ids))
        kind_BT[row, : len(ids) - 1] = stream.kind_of[np.searchsorted(stream.starts, places, side="right") - 1]
    return ids_BL, kind_BT


def unigram_entropy(streams: Sequence[Stream], vocab_size: int, chunk: int = 1 << 22) -> float:
    """Nats a token that the frequencies of these very tokens give: what a model without context could reach."""
    counts = np.zeros(vocab_size, dtype=np.int64)
    for ids in (stream.ids for stream in streams):
        for first in range(0, len(ids), chunk):
            counts += np.bincount(ids[first : first + chunk], minlength=vocab_size)
    share = counts[counts > 0] / counts.sum()
    return float(-(share * np.log(share)).sum())
