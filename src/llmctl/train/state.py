"""The state of training under names that no layout changes: any layout reads what any other wrote.

Tensors that are spread stay so (DTensors); torch.distributed.checkpoint writes each process's part and reads what another
layout needs of it. A weight that several stages hold is one entry.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import nn
from torch.distributed.checkpoint.state_dict import (
    StateDictOptions,
    get_model_state_dict,
    get_optimizer_state_dict,
    set_model_state_dict,
    set_optimizer_state_dict,
)
from torch.optim import Optimizer

FLAT = StateDictOptions(flatten_optimizer_state_dict=True)  # names that any layout can load

State = dict[str, Any]  # Any: tensors and numbers


def state_of(sections: Sequence[nn.Module], optimizers: Sequence[Optimizer]) -> State:
    """Weights and moments of what this process holds."""
    model: State = {}
    optimizer: State = {}
    for section, its in zip(sections, optimizers, strict=True):
        model |= get_model_state_dict(section, options=FLAT)
        optimizer |= get_optimizer_state_dict(section, its, options=FLAT)
    return {"model": model, "optimizer": optimizer}


def fill_state(sections: Sequence[nn.Module], optimizers: Sequence[Optimizer], state: Mapping[str, Any]) -> None:
    """Set weights and moments from a state that was read."""
    for section, its in zip(sections, optimizers, strict=True):
        model = {name: state["model"][name] for name in get_model_state_dict(section, options=FLAT)}
        optimizer = {name: state["optimizer"][name] for name in get_optimizer_state_dict(section, its, options=FLAT)}
        set_model_state_dict(section, model, options=FLAT)
        set_optimizer_state_dict(section, its, optimizer, options=FLAT)
