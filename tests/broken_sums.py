"""llmctl with one of its sums over processes left out: `python broken_sums.py WHICH pretrain ...`, in each process.

A harness that finds every layout equal must be able to find one that is not. Each row of BREAKS leaves out what one kind of
parallelism adds up, and the run then goes through to its end as if all were well.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from torch import Tensor, distributed
from torch.distributed.fsdp._fully_shard._fsdp_collectives import DefaultReduceScatter
from torch.nn.parallel import DistributedDataParallel

from llmctl.cli.main import main
from llmctl.train import parallel


def data_parallel() -> None:
    """Each rank learns from its own sequences (DDP)."""

    forward = DistributedDataParallel.forward

    def apart(self: DistributedDataParallel, *inputs: Any, **more: Any) -> Any:  # Any: torch's own signature
        self.require_backward_grad_sync = False  # as in `no_sync`, for ever
        return forward(self, *inputs, **more)

    DistributedDataParallel.forward = apart  # type: ignore[method-assign]


def sharded() -> None:
    """Each rank keeps its shard of its own gradient (FSDP)."""

    def own_part(
        _: Any, output_tensor: Tensor, input_tensor: Tensor, group: distributed.ProcessGroup, **__: Any
    ) -> None:  # Any: torch's own signature
        output_tensor.copy_(input_tensor.view(group.size(), *output_tensor.shape)[group.rank()])

    DefaultReduceScatter.__call__ = own_part  # type: ignore[assignment]


def shares() -> None:
    """Under tensor or pipeline parallelism: each share of the data keeps its own gradient; along the time too."""
    parallel.add_up = lambda *_: None


def copies() -> None:
    """The stages of a pipeline that hold the tied embedding do not tell each other its gradients."""
    parallel.add_up_copies = lambda *_: None


BREAKS: dict[str, Callable[[], None]] = {b.__name__: b for b in (data_parallel, sharded, shares, copies)}

if __name__ == "__main__":
    BREAKS[sys.argv.pop(1)]()
    main()
