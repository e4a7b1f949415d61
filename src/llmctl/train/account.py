"""What a model card says of training: the plan's part before the first step, and a checkpoint's own numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from llmctl.model.card import Source, Training
from llmctl.settings.pretrain import Optim
from llmctl.train.plan import Plan


def account_of(plan: Plan) -> Training:
    """All that is known before the first step."""
    settings, order = plan.course.settings, plan.course.order
    shares = [share / sum(order.shares) for share in order.shares]
    return Training(
        sources=tuple(Source(s.name, share, s.stream) for s, share in zip(plan.streams.tokens, shares, strict=True)),
        objective=settings.objective.name,
        optimizer=optimizer_text(settings.optim),
        max_steps=settings.max_steps,
        batch=settings.data.batch,
        sequence=settings.data.sequence,
        seed=order.seed,
        parent=f"`{plan.parent['path']}` ({plan.parent['digest']})" if plan.parent else None,
    )


def optimizer_text(optim: Optim) -> str:
    """The optimiser and its schedule in words."""
    return (
        f"{optim.name}, learning rate {optim.lr:g} after a warm-up of {optim.warmup:g}, {optim.schedule} to {optim.min_lr:g}, "
        f"betas {optim.beta1:g} and {optim.beta2:g}, weight decay {optim.weight_decay:g}, clipping {optim.clip:g}"
    )


def at_step(training: Training, facts: Mapping[str, Any], val_loss: float | None) -> Training:
    """With the numbers of the step whose line in the metrics is `facts`."""
    return replace(training, step=facts["step"] + 1, tokens=facts["tokens"], loss=facts["loss"], val_loss=val_loss)
