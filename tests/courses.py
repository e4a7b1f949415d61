"""Small courses for tests that need no tokens: settings by `group__key=value`, a vocabulary, an order of windows."""

from __future__ import annotations

from typing import Any

from llmctl.settings.knobs import nest, resolve
from llmctl.settings.pretrain import Pretrain
from llmctl.tokens.mixture import Order
from llmctl.train.course import Course
from llmctl.train.objectives import specials_of
from llmctl.train.plan import with_context, with_dtype


def course_of(vocab_size: int, **keys: Any) -> Course:
    """A course of these settings; what the objective adds to the vocabulary is on top."""
    named = {name.replace("__", "."): value for name, value in keys.items()}
    chosen: Pretrain = with_dtype(with_context(resolve(Pretrain, [nest(named)]), None))
    specials = specials_of(chosen.objective, vocab_size, chosen.data.sequence)
    return Course(chosen, Order(0, chosen.data.batch, (100,), (1,)), specials.vocab_size, specials, 0)
