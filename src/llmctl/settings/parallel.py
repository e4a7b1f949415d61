"""How many processes share the work, and in what way: it decides no byte of the result but rounding, so it is in no key.

Data parallelism is what is left of the world: processes / (tensor * pipeline). ZeRO: Rajbhandari et al. 2020 (arXiv:1910.02054,
section 5); tensor and sequence parallelism: Shoeybi et al. 2019 (arXiv:1909.08053, section 3), Korthikanti et al. 2022
(arXiv:2205.05198, section 4); pipelines: GPipe (Huang et al. 2019, arXiv:1811.06965), 1F1B (Narayanan et al. 2019,
arXiv:1806.03377, with a flush: 2021, arXiv:2104.04473, section 2.2), interleaved 1F1B (the same, section 2.2.2).
"""

from __future__ import annotations

from dataclasses import dataclass

from llmctl.settings.knobs import BadValue, knob

SCHEDULES = ("1f1b", "gpipe", "interleaved")


@dataclass(frozen=True)
class Parallel:
    """The degrees of parallelism; 1 is none."""

    zero: int = knob(
        0, "sharded over data parallel: 1 optimizer states, 2 gradients too, 3 parameters too", low=0, high=3
    )
    shard: int | None = knob(
        None, "processes that share one sharded copy; copies are replicated (HSDP; none: all of data parallel)", low=1
    )
    tensor: int = knob(1, "processes that share each matrix", low=1)
    sequence: bool = knob(False, "with tensor: norms and the residual stream are divided too, along the sequence")
    pipeline: int = knob(1, "processes that share the layers", low=1)
    schedule: str = knob("1f1b", "the order of a pipeline's forward and backward passes", choices=SCHEDULES)
    chunks: int = knob(2, "interleaved: runs of layers of each process", low=2)
    microbatches: int = knob(0, "pieces of a process's batch in a pipeline (0: up to 4 a process)", low=0)

    def __post_init__(self) -> None:
        if self.zero > 1 and self.pipeline > 1:
            raise BadValue(
                f"parallel.zero={self.zero} cannot go with parallel.pipeline={self.pipeline}: a pipeline adds its gradients up "
                "and reduces them once a step, so that only optimizer states can be sharded; set parallel.zero=1"
            )
        if self.shard is not None and not self.zero:
            raise BadValue(f"parallel.shard={self.shard} shards nothing with parallel.zero=0; set 1, 2 or 3")
        if self.sequence and self.tensor == 1:
            raise BadValue("parallel.sequence=true divides what parallel.tensor processes share; set parallel.tensor")

    @property
    def stages_each(self) -> int:
        """Stages of a pipeline that one process holds."""
        return self.chunks if self.schedule == "interleaved" and self.pipeline > 1 else 1
