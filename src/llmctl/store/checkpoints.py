"""Checkpoints of a run: `step-00000100/` is the state after 100 steps, there whole or not at all.

The training state is written by torch.distributed.checkpoint, all processes together, under layout-free names: any
number of processes reads what any other number wrote. The model beside it is in the layout of Hugging Face.
"""

from __future__ import annotations

import os
import re
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from torch import Tensor, distributed
from torch.distributed.checkpoint.api import CheckpointException
from torch.distributed.checkpoint.state_dict_loader import load
from torch.distributed.checkpoint.state_dict_saver import save

from llmctl.errors import UserError
from llmctl.store.files import disk_error, remove, sync_directory, sync_file
from llmctl.store.models import CARD, CONFIG, TOKENIZER, WEIGHTS

State = dict[str, Any]  # Any: tensors, numbers and nested tables, as torch's state dicts are


def step_directory(run: Path, step: int) -> Path:
    """Where the state after `step` steps lies."""
    return run / f"step-{step:08d}"


def steps_of(run: Path) -> list[int]:
    """The steps that have a checkpoint, in order."""
    names = (re.fullmatch(r"step-(\d{8,})", child.name) for child in run.iterdir())
    return sorted(int(match[1]) for match in names if match)


def draft_of(run: Path, step: int) -> Path:
    """Where a checkpoint is being written."""
    return run / f".step-{step:08d}.tmp"


@contextmanager
def _quiet() -> Iterator[None]:
    """Without torch's warning that a single process is one: here that is meant."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="torch.distributed is disabled")
        yield


def write_state(run: Path, step: int, state: State) -> Path:
    """Write the training state into the checkpoint's draft; every process calls this. Returns the draft."""
    draft = draft_of(run, step)
    try:
        with _quiet():
            save(state, checkpoint_id=draft, no_dist=not distributed.is_initialized())
    except OSError as error:
        raise disk_error(error, draft) from error
    return draft


def read_state(run: Path, step: int, state: State) -> None:
    """Fill `state` (the shapes to fill are its own) from a checkpoint; every process calls this."""
    place = step_directory(run, step)
    try:
        with _quiet():
            load(state, checkpoint_id=place, no_dist=not distributed.is_initialized())
    except (CheckpointException, OSError, RuntimeError) as error:
        first = str(error).strip().splitlines()[-1:] or [type(error).__name__]
        raise UserError(
            f"cannot read the checkpoint {place}: {first[0]}; remove it to resume from the one before"
        ) from None


def read_weights(place: Path, weights: dict[str, Tensor]) -> None:
    """Fill `weights` from the model in a checkpoint, or its draft, that all processes have written; one process may call this."""
    with _quiet():
        load({"model": weights}, checkpoint_id=place, no_dist=True)


def publish(run: Path, step: int, keep: int) -> None:
    """Make a finished draft the newest checkpoint and its model the run's; then forget all but the newest `keep`."""
    draft, place = draft_of(run, step), step_directory(run, step)
    try:
        for path in draft.rglob("*"):
            sync_file(path)
        sync_directory(draft)
        remove(place)
        draft.rename(place)
        sync_directory(run)
        refresh_model(run, step)
    except OSError as error:
        raise disk_error(error, place) from error
    for old in steps_of(run)[: -keep or None] if keep else ():
        remove(step_directory(run, old))


def refresh_model(run: Path, step: int) -> None:
    """`model/` is the model of `step`: its weights are swapped by one rename, so readers always find a whole one."""
    source, place = step_directory(run, step) / "model", run / "model"
    place.mkdir(exist_ok=True)
    cards = [CARD] if (source / CARD).exists() else []  # an older checkpoint may have none
    for name in (WEIGHTS, TOKENIZER, *cards, CONFIG):  # the last one is what a reader looks for
        temporary = place / f".{name}.tmp"
        temporary.unlink(missing_ok=True)
        try:
            os.link(source / name, temporary)
        except OSError:  # a file system without hard links
            shutil.copyfile(source / name, temporary)
            sync_file(temporary)
        temporary.replace(place / name)
        temporary.unlink(missing_ok=True)  # renaming a link onto itself leaves it
    sync_directory(place)


def clear_drafts(run: Path) -> None:
    """Remove what a killed run was writing."""
    for draft in run.glob(".step-*.tmp"):
        remove(draft)
