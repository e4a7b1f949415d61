"""The loop: steps, validations and checkpoints in their order, each on the record before the next begins.

Validation and a checkpoint always follow the last step. `run` is rank 0's; the other ranks compute and write only their
part of the checkpoints.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from llmctl.model.transformer import Transformer
from llmctl.settings.how import Progress
from llmctl.store.checkpoints import publish, read_weights
from llmctl.store.models import save_model
from llmctl.store.runs import EVENTS, METRICS, Run
from llmctl.store.tokens import Stream
from llmctl.train.account import at_step
from llmctl.train.trainer import Trainer
from llmctl.train.validation import evaluate


def train(
    trainer: Trainer,
    path: Path,
    *,
    start: int,
    valid: Stream | None,
    run: Run | None,
    model_facts: Any,
    progress: Progress,
) -> None:  # Any: the keyword arguments of save_model
    """Take all steps from `start` on."""
    settings = trainer.course.settings
    progress(start, settings.max_steps, "pretrain")
    for step in range(start, settings.max_steps):
        facts, done, val_loss = trainer.step(step), step + 1, None
        if run:
            run.append(METRICS, facts)
        if valid and is_due(done, settings.train.valid_every, settings.max_steps):
            val_loss = validate(trainer, valid, done, run)
        if is_due(done, settings.train.checkpoint_every, settings.max_steps):
            known = run and {**model_facts, "training": at_step(model_facts["training"], facts, val_loss)}
            checkpoint(trainer, path, done, run, known)
        progress(done, settings.max_steps, f"pretrain: loss {facts['loss']:.4f}, {facts['tokens_per_s']:,.0f} tokens/s")


def is_due(done: int, every: int, last: int) -> bool:
    """Every so many steps (0: never), and after the last one."""
    return done == last or bool(every and done % every == 0)


def validate(trainer: Trainer, valid: Stream, done: int, run: Run | None) -> float:
    """Put the validation loss after `done` steps on the record."""
    found = evaluate(trainer.spread, valid, trainer.course)
    if run:
        run.append(METRICS, {"step": done, "val_loss": found.loss, "val_loss_by_source": found.by_source})
    return found.loss


def checkpoint(trainer: Trainer, path: Path, done: int, run: Run | None, model_facts: Any) -> None:
    """Write the state and the model after `done` steps, and make them the newest."""
    draft = trainer.save(path, done)
    if run:
        settings, vocab_size = trainer.course.settings, trainer.course.vocab_size
        weights = Transformer(settings.model, vocab_size).state_dict()
        read_weights(draft, weights)  # whatever the layout was: the checkpoint has all of them
        save_model(draft / "model", settings.model, vocab_size, weights, **model_facts)
        run.sync()
        publish(path, done, settings.train.keep)
        run.append(EVENTS, {"event": "checkpoint", "step": done})
