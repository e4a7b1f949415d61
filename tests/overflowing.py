"""`llmctl` in one process of several, in whose gradients an infinity appears at a chosen step on a chosen rank.

`torchrun ... overflowing.py RANK STEP WITNESSES pretrain ...`: each rank leaves in WITNESSES/RANK.json the kinds of its
weights and moments, and how many steps its optimisers took.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import torch

from llmctl.train import trainer

rank, at, witnesses = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
inner = trainer.Trainer._gradients


def with_an_infinity(self: trainer.Trainer, batch: Any, step: int, first_row: int) -> float:
    loss = inner(self, batch, step, first_row)
    if step == at and int(os.environ.get("RANK", "0")) == rank:
        gradient = self.spread.held[3].gradient
        assert gradient is not None
        gradient.view(-1)[0] = torch.inf
    return loss


def witnessed(self: trainer.Trainer, run: Path, step: int) -> Path:
    draft = save(self, run, step)
    states = [state for optimizer in self.optimizers for state in optimizer.state.values()]
    found = {
        "weights": sorted({str(item.weight.dtype) for item in self.spread.held}),
        "moments": sorted({str(state["exp_avg"].dtype) for state in states}),
        "steps": sorted({int(state["step"].item()) for state in states}),
        "scale": self.scale.scale,
        "finite": all(bool(torch.isfinite(item.weight).all()) for item in self.spread.held),
    }
    (witnesses / f"{self.world.rank}.json").write_text(json.dumps(found))
    return draft


save = trainer.Trainer.save
trainer.Trainer._gradients = with_an_infinity  # type: ignore[method-assign]
trainer.Trainer.save = witnessed  # type: ignore[method-assign]
sys.argv = ["llmctl", *sys.argv[4:]]
from llmctl.cli.main import main  # noqa: E402

main()
