"""Rotary position embedding (Su et al. 2021, arXiv:2104.09864): queries and keys are turned by their position.

Pairs are (i, i + D/2), the convention of Hugging Face's Llama (`rotate_half`), so that weights need no permutation.
Computed in fp32 for each forward pass: T x D/2 sines cost nothing beside the matrices, and no length is built in.

Shapes: B batch, H heads, T time, D width of a head, K = D/2.
"""

from __future__ import annotations

import torch
from torch import Tensor

Rotation = tuple[Tensor, Tensor]  # cosine and sine, each TD


def rope(start: int, length: int, head_width: int, theta: float, device: torch.device) -> Rotation:
    """The rotation of positions start .. start + length; pair k turns by position * theta^(-2k/D) (section 3.2.2)."""
    exponent_K = torch.arange(0, head_width, 2, dtype=torch.float32, device=device) / head_width
    position_T = torch.arange(start, start + length, dtype=torch.float32, device=device)
    angle_TK = torch.outer(position_T, 1.0 / theta**exponent_K)
    angle_TD = torch.cat((angle_TK, angle_TK), dim=-1)
    return angle_TD.cos(), angle_TD.sin()


def rotate(x_BHTD: Tensor, rotation: Rotation) -> Tensor:
    """Turn each pair of `x` by its angle."""
    cosine_TD, sine_TD = rotation
    left, right = x_BHTD.chunk(2, dim=-1)
    turned_BHTD = x_BHTD * cosine_TD + torch.cat((-right, left), dim=-1) * sine_TD
    return turned_BHTD.to(x_BHTD.dtype)
