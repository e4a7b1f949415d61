"""The loss on held-out tokens, whole and by the source of each document.

The set is read in file order, its last short window included; an objective's draws depend on the window alone. Calls, not
rows, are dealt out to the ranks and every call's sums keep a place of their own, so the number does not depend on how many
ranks there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from llmctl.errors import UserError
from llmctl.store.tokens import Stream
from llmctl.train.batches import PADDING, Ids
from llmctl.train.course import Course
from llmctl.train.loss import IGNORED
from llmctl.train.objectives import held_out_draws_of
from llmctl.train.parallel import Spread
from llmctl.train.world import total


@dataclass(frozen=True)
class Evaluation:
    """Mean loss of the predicted tokens, in nats."""

    loss: float
    by_source: dict[str, float]  # empty where the documents name no source


@torch.no_grad()
def evaluate(spread: Spread, stream: Stream, course: Course) -> Evaluation:
    """Evaluate at most `train.valid_batches` batches (0: the whole set); UserError where nothing is predicted."""
    most = course.settings.train.valid_batches * course.settings.data.batch
    windows = -(-(len(stream.ids) - 1) // course.settings.data.sequence)
    windows = min(windows, most) if most else windows
    calls = [range(first, min(first + spread.rows, windows)) for first in range(0, windows, spread.rows)]
    kinds = max(1, len(stream.kinds))
    sums = torch.zeros(len(calls), kinds, 2, dtype=torch.float64)  # loss and tokens, by call and source
    for first in range(0, len(calls), spread.layout.data):
        index = first + spread.data_rank
        # all take part in every round: who has nothing left works on the first windows once more
        found = _sums(spread, stream, calls[index if index < len(calls) else 0], course, kinds)
        if found is not None and index < len(calls):
            sums[index] = found
    tally = total(sums.to(spread.world.device), spread.world).cpu().sum(dim=0).numpy()
    if not tally[:, 1].sum():
        raise UserError(
            f"the held-out set has nothing that {course.settings.objective.name} could predict; name a larger one for --valid"
        )
    by_source = {kind: float(loss / max(1, n)) for kind, (loss, n) in zip(stream.kinds, tally, strict=False) if n}
    return Evaluation(float(tally[:, 0].sum() / tally[:, 1].sum()), by_source)


def _sums(spread: Spread, stream: Stream, windows: range, course: Course, kinds: int) -> torch.Tensor | None:
    """Loss and tokens by source; none where it is another process that reports them."""
    ids, kind_BL, document_BL = read_windows(stream, windows, course.settings.data.sequence)
    batch = course.batch(ids, [held_out_draws_of(window) for window in windows], document_BL).to(spread.world.device)
    found_BT = spread.losses(batch)
    if found_BT is None or not spread.speaks:
        return None
    losses_BT = found_BT.double().cpu().numpy()
    counted_BT = (batch.targets_BT != IGNORED).cpu().numpy()
    row_N, place_N = counted_BT.nonzero()[0], batch.places_BT.cpu().numpy()[counted_BT]
    kind_N = kind_BL[row_N, place_N]
    loss_K = np.bincount(kind_N, weights=losses_BT[counted_BT], minlength=kinds)
    return torch.from_numpy(np.stack([loss_K, np.bincount(kind_N, minlength=kinds)], axis=1))


def read_windows(stream: Stream, windows: range, sequence: int) -> tuple[list[Ids], Ids, Ids]:
    """Windows in file order (the last may be short); the kind and the number of the document of each token, BL."""
    ids, document_BL = [], np.full((len(windows), sequence + 1), PADDING, dtype=np.int64)
    kind_BL = np.zeros_like(document_BL)
    for row, window in enumerate(windows):
        ids.append(np.asarray(stream.ids[window * sequence : (window + 1) * sequence + 1], dtype=np.int64))
        places = np.arange(window * sequence, window * sequence + len(ids[row]))
        document_BL[row, : len(places)] = np.searchsorted(stream.starts, places, side="right") - 1
        kind_BL[row, : len(places)] = stream.kind_of[document_BL[row, : len(places)]]
    return ids, kind_BL, document_BL


def unigram_entropy(streams: Sequence[Stream], vocab_size: int, chunk: int = 1 << 22) -> float:
    """Nats a token that the frequencies of these very tokens give: what a model without context could reach."""
    counts = np.zeros(vocab_size, dtype=np.int64)
    for ids in (stream.ids for stream in streams):
        for first in range(0, len(ids), chunk):
            counts += np.bincount(ids[first : first + chunk], minlength=vocab_size)
    share = counts[counts > 0] / counts.sum()
    return float(-(share * np.log(share)).sum())
