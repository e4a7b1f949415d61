"""Mixed precision: matrix products in 16 bits, weights, gradients, moments and losses in fp32 (Micikevicius et al. 2018,
arXiv:1710.03740).

bf16 has fp32's range. fp16 has not: the loss is multiplied by a scale that keeps small gradients above zero, and that shrinks
when one overflows; that step is then left out, on all ranks alike. The numbers are those of torch.amp.GradScaler.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
BF16_FROM, FP16_FROM = (8, 0), (7, 0)  # CUDA compute capabilities whose tensor cores multiply these numbers
FIRST_SCALE, GROWTH, BACKOFF, GROWTH_EVERY = 2.0**16, 2.0, 0.5, 2000


def default_dtype() -> str:
    """What this machine trains in where nothing is said: 16 bits where the hardware is made for it, on CPUs fp32."""
    if not torch.cuda.is_available():
        return "fp32"
    capability = torch.cuda.get_device_capability()
    return "bf16" if capability >= BF16_FROM else "fp16" if capability >= FP16_FROM else "fp32"


def forward_in(dtype: str, device: torch.device) -> AbstractContextManager[Any]:  # Any: torch's autocast
    """Where a forward pass is computed."""
    return nullcontext() if dtype == "fp32" else torch.autocast(device.type, DTYPES[dtype])


@dataclass
class LossScale:
    """What the loss is multiplied with before backward; 1 for ever but with fp16."""

    dynamic: bool
    scale: float = 1.0
    steps: int = 0  # without an overflow since the scale changed

    @classmethod
    def of(cls, dtype: str) -> LossScale:
        """The scale that a run begins with."""
        return cls(True, FIRST_SCALE) if dtype == "fp16" else cls(False)

    def update(self, *, overflowed: bool) -> None:
        """After a step: smaller where a gradient overflowed, larger after many steps in which none did."""
        if not self.dynamic:
            return
        self.steps = 0 if overflowed else self.steps + 1
        if overflowed:
            self.scale *= BACKOFF
        elif self.steps == GROWTH_EVERY:
            self.scale, self.steps = self.scale * GROWTH, 0

    @property
    def state(self) -> list[float]:
        """For a checkpoint."""
        return [self.scale, float(self.steps)]

    def restore(self, state: list[float]) -> None:
        """As a checkpoint has it."""
        self.scale, self.steps = state[0], int(state[1])
