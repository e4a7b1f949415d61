"""pretrain: every knob of the model, its data, its optimiser and its loop, spelled once.

Only what is built is offered: an architecture or a method that is not in `choices` does not exist yet. Defaults follow
the survey's section on optimisation (AdamW 0.9/0.95/1e-8, weight decay 0.1, clipping 1.0, cosine to a tenth).
"""

from __future__ import annotations

from dataclasses import dataclass

from llmctl.settings.knobs import BadValue, knob
from llmctl.settings.model import Model
from llmctl.settings.objective import Objective
from llmctl.settings.parallel import Parallel

DTYPES = ("fp32", "bf16", "fp16")
RECOMPUTE = ("none", "selective", "full")


@dataclass(frozen=True)
class Data:
    """How documents become sequences."""

    sequence: int = knob(256, "predicted tokens of a sequence", low=1)
    batch: int = knob(32, "sequences of a step, over all processes", low=1)
    shuffle: bool = knob(True, "visit the windows in a seeded random order (false: in file order)")
    end_token: str | None = knob(None, "token after each document (none: the usual names are tried)")
    document_mask: bool = knob(False, "a token sees its own document alone, whose positions begin at 0")
    # in the key where it is above 1 (train/plan.py), so that runs without it keep the key that they had before it was there
    temperature: float | None = knob(
        None,
        "above 1: languages by tokens to the power of 1/T (none: as a mixture file says, else 1)",
        low=1,
        keyed=False,
    )
    max_conversation: float = knob(
        0.2, "warn above this share of conversation in the tokens trained on", low=0, high=1, keyed=False
    )


@dataclass(frozen=True)
class Optim:
    """AdamW and its schedule."""

    name: str = knob("adamw", "the optimiser", choices=("adamw",))
    lr: float = knob(1e-3, "the highest learning rate", low=0)
    min_lr: float = knob(1e-4, "the learning rate that the schedule ends at", low=0)
    warmup: float = knob(0.01, "steps of linear warm-up; below 1 a share of max-steps", low=0)
    schedule: str = knob("cosine", "the learning rate after warm-up", choices=("cosine",))
    beta1: float = knob(0.9, "decay of the first moment", low=0, high=1)
    beta2: float = knob(0.95, "decay of the second moment", low=0, high=1)
    eps: float = knob(1e-8, "added to the root of the second moment", low=0)
    weight_decay: float = knob(0.1, "decoupled decay of matrices (not of norms and biases)", low=0)
    clip: float = knob(1.0, "largest norm of the gradient (0: no clipping)", low=0)

    def __post_init__(self) -> None:
        for name in ("beta1", "beta2"):
            if getattr(self, name) == 1:
                raise BadValue(f"optim.{name} is below 1: a moment that forgets nothing never learns")
        if self.min_lr > self.lr:
            raise BadValue(f"optim.min_lr={self.min_lr:g} is above optim.lr={self.lr:g}")


@dataclass(frozen=True)
class Train:
    """The loop: how often it looks and saves, and how it uses the machine (which decides no byte but rounding)."""

    checkpoint_every: int = knob(100, "steps between checkpoints (0: only after the last step)", low=0, keyed=False)
    keep: int = knob(0, "newest checkpoints to keep (0: all)", low=0, keyed=False)
    valid_every: int = knob(100, "steps between validations (0: only after the last step)", low=0, keyed=False)
    valid_batches: int = knob(0, "batches of a validation (0: the whole set)", low=0)
    microbatch: int = knob(
        0, "sequences of one forward pass (0: as many as keep the logits below 256 MB)", low=0, keyed=False
    )
    threads: int = knob(0, "threads of a process (0: the cores it has to itself)", low=0, keyed=False)
    dtype: str | None = knob(
        None, "numbers of the forward pass (none: bf16 or fp16 on GPUs that have it, else fp32)", choices=DTYPES
    )
    recompute: str = knob(
        "none",
        "what backward computes again: all of a block, or all but its matrix products",
        choices=RECOMPUTE,
        keyed=False,
    )
    compile: bool = knob(False, "compile each block with torch.compile (first steps are slow)", keyed=False)


@dataclass(frozen=True)
class Pretrain:
    """All of it."""

    model: Model = knob(Model(), "the shape of the Transformer")
    objective: Objective = knob(Objective(), "what is predicted")
    data: Data = knob(Data(), "how documents become sequences")
    optim: Optim = knob(Optim(), "the optimiser and its schedule")
    train: Train = knob(Train(), "the loop")
    parallel: Parallel = knob(Parallel(), "how several processes share the work", keyed=False)
    valid: str | None = knob(None, "tokens to measure the loss on", option=True, keyed=False, metavar="TOKENS")
    from_: str | None = knob(
        None, "start from these weights (and no more)", option=True, keyed=False, metavar="RUN|DIR"
    )
    max_steps: int = knob(1000, "steps in all (the schedule ends there)", option=True, low=1, metavar="N")
    world_size: int | None = knob(
        None, "with --dry-run: plan for so many processes", option=True, low=1, keyed=False, metavar="N"
    )
    max_loss: float | None = knob(
        None,
        "gate: exit 4 when the last validation (or training) loss is higher",
        option=True,
        keyed=False,
        metavar="LOSS",
    )

    def __post_init__(self) -> None:
        whole = self.objective.reads_whole_window
        if self.model.architecture == "encoder-decoder" and self.objective.name == "lm":
            raise BadValue(
                "objective.name=lm gives model.architecture=encoder-decoder nothing to encode; "
                "set prefix-lm, span-corruption, denoise or ul2"
            )
        if not whole and self.data.sequence < 2:
            raise BadValue(f"data.sequence=1 leaves objective.name={self.objective.name} nothing to take out; raise it")
        if self.train.microbatch and self.parallel.pipeline > 1:
            raise BadValue(
                f"train.microbatch={self.train.microbatch} is not read in a pipeline, which divides a batch into "
                "parallel.microbatches pieces; set that"
            )
        if self.data.document_mask and (not whole or self.model.architecture == "encoder-decoder"):
            raise BadValue(
                "data.document_mask=true needs objective.name=lm or prefix-lm and a decoder alone: "
                "what is taken out of a text does not stand in its document any more"
            )
