"""AdamW and its learning rate.

Decay only where a weight is a matrix (nanoGPT model.py `configure_optimizers`: norms and biases are left alone); linear
warm-up, then half a cosine (Loshchilov and Hutter 2017, arXiv:1608.03983; as in nanoGPT train.py `get_lr`).
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn
from torch.distributed.tensor import DTensor

from llmctl.settings.pretrain import Optim


def optimizer_of(model: nn.Module, settings: Optim) -> torch.optim.Optimizer:
    """AdamW (arXiv:1711.05101), decayed weights and others apart; one fused kernel a group.

    Weights that are spread differently (over which mesh) are groups of their own: one kernel takes tensors of one kind.
    """
    groups: dict[tuple[bool, Any], list[nn.Parameter]] = {}  # Any: a mesh, or none
    for weight in model.parameters():
        mesh = weight.device_mesh if isinstance(weight, DTensor) else None
        groups.setdefault((weight.dim() > 1, mesh), []).append(weight)
    return torch.optim.AdamW(
        [
            {"params": weights, "weight_decay": settings.weight_decay if matrices else 0.0}
            for (matrices, _), weights in groups.items()
        ],
        lr=settings.lr,
        betas=(settings.beta1, settings.beta2),
        eps=settings.eps,
        fused=True,
    )


def warmup_steps(settings: Optim, max_steps: int) -> int:
    """Steps of warm-up; a setting below 1 is a share of all steps."""
    return math.ceil(settings.warmup * max_steps) if settings.warmup < 1 else round(settings.warmup)


def cosine(settings: Optim, done: float) -> float:
    """From lr (done = 0) to min_lr (done = 1) along half a cosine."""
    return settings.min_lr + 0.5 * (1 + math.cos(math.pi * done)) * (settings.lr - settings.min_lr)


SCHEDULES = {"cosine": cosine}


def learning_rate(settings: Optim, step: int, max_steps: int) -> float:
    """The learning rate of a step (from 0); the schedule ends at max_steps."""
    warmup = warmup_steps(settings, max_steps)
    if step < warmup:
        return settings.lr * (step + 1) / warmup
    return SCHEDULES[settings.schedule](settings, (step - warmup) / max(1, max_steps - warmup))


def set_learning_rate(optimizer: torch.optim.Optimizer, lr: float) -> None:
    """The learning rate of the next step."""
    for group in optimizer.param_groups:
        group["lr"] = lr
