"""The most bytes that tensors have at once, counted operation by operation: what a machine without a counter of its own is told."""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from typing import Any

import torch
from torch.distributed._functional_collectives import AsyncCollectiveTensor
from torch.distributed.tensor import DTensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class Alive(TorchDispatchMode):
    """Counts tensors that are made while this is on, until nothing holds them any more; `known` ones are left out."""

    def __init__(self, known: Iterable[torch.Tensor]) -> None:
        super().__init__()
        self.known = {tensor.untyped_storage().data_ptr() for tensor in known}
        self.seen: dict[int, tuple[Any, int]] = {}
        self.most = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(made):
            if isinstance(tensor, torch.Tensor):
                storage = numbers_of(tensor).untyped_storage()
                if storage.nbytes() and storage.data_ptr() not in self.known:
                    self.seen[storage.data_ptr()] = (weakref.ref(storage), storage.nbytes())
        self.most = max(self.most, sum(size for storage, size in self.seen.values() if storage() is not None))
        return made


def numbers_of(tensor: torch.Tensor) -> torch.Tensor:
    """What lies in this process of a tensor that is spread, or on its way."""
    tensor = tensor._local_tensor if isinstance(tensor, DTensor) else tensor
    return tensor.elem if isinstance(tensor, AsyncCollectiveTensor) else tensor
