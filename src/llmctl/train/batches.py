"""A step's windows -> what the model reads and what it is to predict.

Which windows they are is decided in `tokens/mixture.py` from the step alone; here they are fetched (ids_BL, L = sequence + 1),
turned into examples by the objective, and laid out for the architecture. A decoder reads inputs and targets as one
sequence; an encoder reads the inputs and the decoder the targets, one place later. Rows are padded on the right.

Shapes: B batch, L window, T read by the decoder, S by the encoder.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from llmctl.settings.model import Model
from llmctl.store.tokens import Stream
from llmctl.tokens.mixture import Place
from llmctl.train.loss import IGNORED
from llmctl.train.objectives import Example

Ids = NDArray[np.int64]
PADDING = -1  # in documents, and in windows where a stream ended


@dataclass(frozen=True)
class Batch:
    """Tensors of a forward pass, and its targets (IGNORED where nothing is predicted)."""

    ids_BT: Tensor
    targets_BT: Tensor
    places_BT: Tensor  # where in its window each target stands; negative where nothing is predicted
    documents_BT: Tensor | None = None
    prefix_B: Tensor | None = None
    encoder_ids_BS: Tensor | None = None
    encoder_documents_BS: Tensor | None = None

    @property
    def read(self) -> dict[str, Tensor | None]:
        """The arguments of the model besides the ids."""
        given = ("documents_BT", "prefix_B", "encoder_ids_BS", "encoder_documents_BS")
        return {name: getattr(self, name) for name in given}

    def rows(self, rows: slice) -> Batch:
        """Some rows of it."""
        return self._each(lambda tensor: tensor[rows])

    def filled(self, count: int) -> Batch:
        """With copies of the first row, in which nothing is predicted, up to so many rows."""
        missing = count - len(self.ids_BT)
        if missing <= 0:
            return self
        more = self._each(lambda tensor: torch.cat((tensor, tensor[:1].expand(missing, *tensor.shape[1:]))))
        more.targets_BT[-missing:] = IGNORED
        return more

    def to(self, device: torch.device) -> Batch:
        """The same on a device."""
        return self._each(lambda tensor: tensor.to(device))

    def _each(self, change: Callable[[Tensor], Tensor]) -> Batch:
        given = {f.name: getattr(self, f.name) for f in fields(self)}
        return replace(self, **{name: change(tensor) for name, tensor in given.items() if tensor is not None})


def read_batch(streams: Sequence[Stream], places: Sequence[Place], sequence: int) -> Ids:
    """The windows of `places`, one a row."""
    rows = [streams[p.source].ids[p.window * sequence : (p.window + 1) * sequence + 1] for p in places]
    return np.stack([np.asarray(row, dtype=np.int64) for row in rows])


def documents_of(streams: Sequence[Stream], places: Sequence[Place], sequence: int) -> Ids:
    """The number of the document of each token of the windows of `places`, in its source."""
    found = np.empty((len(places), sequence + 1), dtype=np.int64)
    for row, place in enumerate(places):
        index_L = np.arange(place.window * sequence, (place.window + 1) * sequence + 1)
        found[row] = np.searchsorted(streams[place.source].starts, index_L, side="right") - 1
    return found


def lay_out(
    examples: Sequence[Example],
    model: Model,
    start: int,
    documents_BL: Ids | None = None,
    *,
    at_least: tuple[int, int] = (1, 1),
    multiple: int = 1,
) -> Batch:
    """Examples for the architecture of `model`; `start` is what a decoder reads first after an encoder.

    Rows of the decoder and of the encoder are padded to the longest, to `at_least` so many tokens, and to a `multiple`.
    """
    if model.depth_of_encoder:
        return _for_encoder_and_decoder(examples, start, at_least, multiple)
    long = at_least[0], multiple
    ids_BT = _padded([np.concatenate((e.inputs, e.targets))[:-1] for e in examples], 0, *long)
    unpredicted = [np.full(len(e.inputs), IGNORED) for e in examples]
    pairs = list(zip(unpredicted, examples, strict=True))
    targets_BT = _padded([np.concatenate((u, _counted(e)))[1:] for u, e in pairs], IGNORED, *long)
    places_BT = _padded([np.concatenate((u, e.places))[1:] for u, e in pairs], IGNORED, *long)
    documents_BT = None if documents_BL is None else _fitted(documents_BL, ids_BT.shape[1])
    prefix_B = torch.tensor([len(e.inputs) for e in examples]) if model.architecture == "prefix" else None
    if prefix_B is not None and not prefix_B.any():
        prefix_B = None
    return Batch(ids_BT, targets_BT, places_BT, documents_BT, prefix_B)


def _fitted(documents_BL: Ids, length: int) -> Tensor:
    """Cut, or padded, to so many tokens."""
    added = max(0, length - documents_BL.shape[1])
    return torch.from_numpy(np.pad(documents_BL[:, :length], ((0, 0), (0, added)), constant_values=PADDING))


def _for_encoder_and_decoder(
    examples: Sequence[Example], start: int, at_least: tuple[int, int], multiple: int
) -> Batch:
    decoder, encoder = ((length, multiple) for length in at_least)
    inputs = [e.inputs if len(e.inputs) else np.array([start]) for e in examples]
    encoder_BS = _padded(inputs, PADDING, *encoder)
    ids_BT = _padded([np.concatenate(([start], e.targets[:-1])) for e in examples], 0, *decoder)
    documents_BS = torch.where(encoder_BS == PADDING, PADDING, 0)
    return Batch(
        ids_BT,
        _padded([_counted(e) for e in examples], IGNORED, *decoder),
        _padded([e.places for e in examples], IGNORED, *decoder),
        encoder_ids_BS=encoder_BS.clamp(min=0),
        encoder_documents_BS=documents_BS if (documents_BS < 0).any() else None,
    )


def _counted(example: Example) -> Ids:
    return np.where(example.weights > 0, example.targets, IGNORED)


def _padded(rows: Sequence[Ids], filler: int, at_least: int, multiple: int) -> Tensor:
    longest = max(1, at_least, *map(len, rows))
    padded = np.full((len(rows), -(-longest // multiple) * multiple), filler, dtype=np.int64)
    for row, values in zip(padded, rows, strict=True):
        row[: len(values)] = values
    return torch.from_numpy(padded)


def batch_hash(ids_BL: Ids) -> str:
    """The first 16 hexadecimal digits of SHA-256 over the ids as little-endian 32-bit numbers, row by row."""
    return hashlib.sha256(np.ascontiguousarray(ids_BL, dtype="<u4").tobytes()).hexdigest()[:16]
