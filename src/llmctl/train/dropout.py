"""The random numbers of dropout: a function of (seed, step, row of the global batch, place in the model).

So they depend on no rank, no micro-batch and no stage, and a block that is computed again in backward drops the same.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from llmctl.model.transformer import Noise
from llmctl.tokens.packing import key_of


def noise_of(seed: int, step: int, rows: Sequence[int], *, part: int = 0, parts: int = 1) -> Noise:
    """What a model calls for the numbers of each place; inside blocks time may be divided, and we hold one of its parts."""

    def draw(place: str, shape: torch.Size, device: torch.device) -> Tensor:
        inside = "." in place  # the embedding's output is whole
        times = parts if inside else 1
        numbers = [
            torch.rand(
                (shape[1] * times, shape[2]),
                generator=torch.Generator(device).manual_seed(key_of(seed, step, row, 1, place)),
                device=device,
            )
            for row in rows
        ]
        drawn_BTD = torch.stack(numbers)
        return drawn_BTD.chunk(times, dim=1)[part] if times > 1 else drawn_BTD

    return draw
