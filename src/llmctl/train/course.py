"""What is to be learned: settings, the order of sequences, the vocabulary with what the objective adds to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from llmctl.model.initialisation import initialise
from llmctl.model.size import flops_per_sequence
from llmctl.model.transformer import Transformer
from llmctl.settings.pretrain import Pretrain
from llmctl.tokens.mixture import Order
from llmctl.tokens.packing import key_of
from llmctl.train.batches import Batch, Ids, lay_out
from llmctl.train.objectives import Specials, example_of, longest, longest_together

MAX_LOGITS = 1 << 26  # numbers of one forward pass's logits (256 MB in fp32) where train.microbatch is 0


@dataclass(frozen=True)
class Course:
    """All that decides what a step learns."""

    settings: Pretrain
    order: Order
    vocab_size: int  # of the model
    specials: Specials
    start: int  # what a decoder reads first after an encoder
    skips: tuple[tuple[int, int], ...] = ()  # ranges of sequences left out, by global position

    @property
    def lengths(self) -> tuple[int, int]:
        """The most tokens of a sequence that the decoder and the encoder read."""
        return lengths_of(self.settings)

    @property
    def shape(self) -> tuple[int, int]:
        """The same, as long as rows are padded where all are equally long."""
        multiple = self.multiple
        decoder, encoder = self.lengths
        return -(-decoder // multiple) * multiple, -(-encoder // multiple) * multiple

    @property
    def multiple(self) -> int:
        """The number of tokens of a row is a multiple of this."""
        parallel = self.settings.parallel
        return parallel.tensor if parallel.sequence else 1

    @property
    def flops_per_sequence(self) -> int:
        """Operations to train on one sequence."""
        return flops_per_sequence(self.settings.model, self.vocab_size, *self.lengths)

    @property
    def rows(self) -> int:
        """Sequences of one forward pass: `train.microbatch`, or as many as keep the logits small."""
        fitting = max(1, MAX_LOGITS // (self.lengths[0] * self.vocab_size))
        return min(self.settings.data.batch, self.settings.train.microbatch or fitting)

    def batch(self, windows: Sequence[Ids], draws: Sequence[np.random.Generator], documents_BL: Ids | None) -> Batch:
        """Windows as the model reads them, each drawn with its own generator.

        With dropout all rows are as long as rows can be: what a row drops must not depend on who is in its batch. So they are
        in a pipeline, whose messages have one shape.
        """
        settings = self.settings
        examples = [example_of(settings.objective, w, self.specials, d) for w, d in zip(windows, draws, strict=True)]
        documents_BL = documents_BL if settings.data.document_mask else None
        equal = settings.model.dropout > 0 or settings.parallel.pipeline > 1
        lengths = self.lengths if equal else (1, 1)
        return lay_out(examples, settings.model, self.start, documents_BL, at_least=lengths, multiple=self.multiple)


def lengths_of(settings: Pretrain) -> tuple[int, int]:
    """The most tokens of a sequence that the decoder and the encoder read."""
    objective, sequence = settings.objective, settings.data.sequence
    if not settings.model.depth_of_encoder:
        return longest_together(objective, sequence) - 1, 0
    inputs, targets = longest(objective, sequence)
    return targets, inputs


def first_weights(course: Course, model: Transformer) -> None:
    """Draw the weights before the first step, in place: equal for all who hold a weight."""
    initialise(model, key_of(course.order.seed))
