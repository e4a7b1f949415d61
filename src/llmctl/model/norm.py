"""Normalisation layers: x_BTD -> x_BTD.

RMSNorm (Zhang and Sennrich 2019, arXiv:1910.07467) divides by the root mean square alone; the survey advises it for
stability. `NORMS` is the table that `model.norm` chooses from.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import nn


def rmsnorm(width: int, eps: float) -> nn.Module:
    """torch's fused RMSNorm; its weight starts at one."""
    return nn.RMSNorm(width, eps=eps)


NORMS: dict[str, Callable[[int, float], nn.Module]] = {"rmsnorm": rmsnorm}
