"""A window of text -> an example: what is read without loss, and what is predicted. One row of OBJECTIVES an objective.

Pure functions of (objective, window, special ids, seeded generator), numpy alone. A window has one id more than a sequence
predicts, and shares it with its neighbour: `lm` and `prefix-lm` use all of it, the others leave the last id to the next
window. A short window (the last one of a validation set) gives a short example, at worst one without targets. 5 to 60 us each.
"""

from __future__ import annotations

from bisect import bisect
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import accumulate, count

import numpy as np
from numpy.typing import NDArray

from llmctl.errors import BadSettings
from llmctl.settings.objective import Objective
from llmctl.tokens.packing import key_of
from llmctl.tokens.vocabulary import reserved
from llmctl.train.noise import Ids, noise_counts, noise_mask, take_out

MODES = ("R", "S", "X")
SENTINELS = 100  # T5's `extra_ids` (t5/data/utils.py DEFAULT_EXTRA_IDS)


@dataclass(frozen=True)
class Example:
    """What a model reads and predicts of one window."""

    inputs: Ids  # read without loss
    targets: Ids  # predicted, each from the inputs and the targets before it
    weights: NDArray[np.float32]  # of each target's loss
    places: Ids  # index into the window of the token that a target repeats; a sentinel's is its span's first token
    denoiser: str | None = None  # R, S, X


@dataclass(frozen=True)
class Specials:
    """The ids above the text vocabulary: three mode tokens, then the sentinels."""

    text_vocab: int
    modes: dict[str, int]
    sentinels: range

    @property
    def vocab_size(self) -> int:
        """Text, modes and sentinels."""
        return self.text_vocab + len(self.modes) + len(self.sentinels)

    @property
    def names(self) -> list[str]:
        """Their names in a tokenizer file, in the order of the ids: UL2's and T5's."""
        return [*(f"[{mode}]" for mode in self.modes), *(f"<extra_id_{n}>" for n in range(len(self.sentinels)))]


@dataclass(frozen=True)
class Denoiser:
    """One row of UL2's mixture."""

    mode: str
    mean_span: float
    rate: float


# UL2 (arXiv:2205.05131), table 1; the rows of a mode share its weight evenly
SEQUENTIAL = Denoiser("S", 0.0, 0.0)  # its rate is a knob; its one span is the end of the text
DENOISERS = (
    Denoiser("R", 3, 0.15),
    Denoiser("R", 8, 0.15),
    SEQUENTIAL,
    Denoiser("X", 3, 0.5),
    Denoiser("X", 8, 0.5),
    Denoiser("X", 64, 0.15),
    Denoiser("X", 64, 0.5),
)
OF_MODE = Counter(row.mode for row in DENOISERS)

Draw = Callable[[Objective, Ids, Specials, np.random.Generator], Example]


def draws_of(seed: int, step: int, row: int) -> np.random.Generator:
    """What a row of a step draws its example with: the same on any rank."""
    return np.random.default_rng(key_of(seed, step, row, 2))  # 1 is its dropout


def held_out_draws_of(window: int) -> np.random.Generator:
    """What a held-out window draws its example with: the same in every run."""
    return np.random.default_rng(key_of(window, 3))


def example_of(objective: Objective, window_L: Ids, specials: Specials, random: np.random.Generator) -> Example:
    """The example that an objective makes of a window; the same generator state gives the same one."""
    return OBJECTIVES[objective.name](objective, np.asarray(window_L, dtype=np.int64), specials, random)


def language_model(objective: Objective, window_L: Ids, specials: Specials, random: np.random.Generator) -> Example:
    """Each token from those before it; the first has none before it, so it is not counted."""
    example = _after(window_L, 0)
    example.weights[:1] = 0
    return example


def prefix_model(objective: Objective, window_L: Ids, specials: Specials, random: np.random.Generator) -> Example:
    """The rest after a prefix of 1 to L - 1 tokens, each length equally likely (T5's `random_prefix_noise_mask`)."""
    return _after(window_L, int(random.integers(1, len(window_L))) if len(window_L) > 1 else len(window_L))


def span_corruption(objective: Objective, window_L: Ids, specials: Specials, random: np.random.Generator) -> Example:
    """Spans that were taken out, from the text with sentinels in their place."""
    return _corrupted(window_L[:-1], Denoiser("", objective.mean_span, objective.rate), specials, random)


def mixture(objective: Objective, window_L: Ids, specials: Specials, random: np.random.Generator) -> Example:
    """One of UL2's denoisers, drawn by weight; what is read begins with its mode token."""
    source_S, row = window_L[:-1], draw_denoiser(objective, random)
    if row is SEQUENTIAL:
        example = _after(source_S, _prefix(len(source_S), objective.s_rate))
    else:
        example = _corrupted(source_S, row, specials, random)
    inputs = np.concatenate(([specials.modes[row.mode]], example.inputs))
    return Example(inputs, example.targets, example.weights, example.places, row.mode)


def draw_denoiser(objective: Objective, random: np.random.Generator) -> Denoiser:
    """A row of DENOISERS, by one `random.random()`."""
    weights = objective.weights
    sums = list(accumulate(weights[row.mode] / OF_MODE[row.mode] for row in DENOISERS))
    return DENOISERS[bisect(sums, random.random() * sums[-1])]


def token_denoising(objective: Objective, window_L: Ids, specials: Specials, random: np.random.Generator) -> Example:
    """The whole text, from one where single tokens are replaced by random ones or hidden behind the first sentinel.

    BART's token masking (Lewis et al. 2020, arXiv:1910.13461, section 2.2) with BERT's random tokens. Two draws: a number in
    [0, 1) for each token, below `replaced` a random token, then below `replaced + masked` the sentinel; then the random tokens.
    """
    source_S = window_L[:-1]
    chance_S = random.random(len(source_S))
    replaced_S = chance_S < objective.replaced
    inputs_S = np.where(chance_S < objective.replaced + objective.masked, specials.sentinels.start, source_S)
    inputs_S[replaced_S] = random.integers(0, specials.text_vocab, np.count_nonzero(replaced_S))
    whole = _after(source_S, 0)
    return Example(inputs_S, whole.targets, whole.weights, whole.places)


def _after(source_S: Ids, prefix: int) -> Example:
    """The first `prefix` tokens are read, the others predicted."""
    places = np.arange(prefix, len(source_S))
    return Example(source_S[:prefix].copy(), source_S[prefix:].copy(), np.ones(len(places), np.float32), places)


def _corrupted(source_S: Ids, row: Denoiser, specials: Specials, random: np.random.Generator) -> Example:
    mask_S = noise_mask(len(source_S), row.rate, row.mean_span, random)
    inputs, targets, places = take_out(source_S, mask_S, specials.sentinels.start)
    return Example(inputs, targets, np.ones(len(targets), np.float32), places)


def _prefix(length: int, rate: float) -> int:
    """Tokens before the one span at the end; a text of one token is all prefix."""
    return length - noise_counts(length, rate, 1)[0] if length > 1 else length


OBJECTIVES: dict[str, Draw] = {
    "lm": language_model,
    "prefix-lm": prefix_model,
    "span-corruption": span_corruption,
    "ul2": mixture,
    "denoise": token_denoising,
}


def longest(objective: Objective, sequence: int) -> tuple[int, int]:
    """The most ids that the inputs and the targets of a window of `sequence` + 1 ids (or fewer) can have."""
    sizes = _extremes(objective, sequence)
    return max(inputs for inputs, _ in sizes), max(targets for _, targets in sizes)


def longest_together(objective: Objective, sequence: int) -> int:
    """The most ids that inputs and targets have in one example: what is short in one may be long in the other."""
    return max(inputs + targets for inputs, targets in _extremes(objective, sequence))


def _extremes(objective: Objective, sequence: int) -> list[tuple[int, int]]:
    """(inputs, targets) of the examples of whole windows; for a prefix of any length, of the shortest and the longest."""
    whole = {
        "lm": [(0, sequence + 1)],
        "prefix-lm": [(1, sequence), (sequence, 1)],
        "denoise": [(sequence, sequence)],
    }
    if objective.name in whole:
        return whole[objective.name]
    if sequence < 2:  # one token has no noise
        return [(sequence + (objective.name == "ul2"), 0)]
    sizes = [_sizes(sequence, row) for row in _rows(objective)]
    if objective.name == "ul2":
        prefix = _prefix(sequence, objective.s_rate)
        sizes += [(prefix, sequence - prefix)] if objective.weights["S"] else []
        sizes = [(inputs + 1, targets) for inputs, targets in sizes]
    return sizes


def _sizes(length: int, row: Denoiser) -> tuple[int, int]:
    noise, spans = noise_counts(length, row.rate, row.mean_span)
    return length - noise + spans, noise + spans


def _rows(objective: Objective) -> list[Denoiser]:
    """The denoisers that take spans out."""
    if objective.name == "span-corruption":
        return [Denoiser("", objective.mean_span, objective.rate)]
    if objective.name != "ul2":
        return []
    return [row for row in DENOISERS if row is not SEQUENTIAL and objective.weights[row.mode]]


def _spans(objective: Objective, sequence: int) -> int:
    """The most spans that it takes out of a sequence."""
    return max((noise_counts(max(sequence, 2), row.rate, row.mean_span)[1] for row in _rows(objective)), default=1)


def specials_in(objective: Objective, vocabulary: Mapping[str, int], sequence: int) -> Specials:
    """The ids that an objective uses: those that a tokenizer reserved at its end under their names, else ids above it."""
    above = specials_of(objective, max(vocabulary.values()) + 1, sequence)
    held = next(n for n in count() if f"<extra_id_{n}>" not in vocabulary)
    if objective.reads_whole_window or objective.sentinels not in (None, held) or held < _spans(objective, sequence):
        return above
    first = reserved(vocabulary, replace(above, sentinels=range(held)).names)
    return specials_of(replace(objective, sentinels=held), first, sequence) if first < above.text_vocab else above


def specials_of(objective: Objective, text_vocab: int, sequence: int) -> Specials:
    """The ids that an objective adds to a vocabulary; refuses fewer sentinels than a sequence can need (exit 2)."""
    if objective.reads_whole_window:
        return Specials(text_vocab, {}, range(text_vocab, text_vocab))
    needed = _spans(objective, sequence)
    if objective.sentinels is not None and objective.sentinels < needed:
        raise BadSettings(
            f"objective.sentinels={objective.sentinels} is too few: {objective.name} takes up to {needed} spans out of "
            f"data.sequence={sequence} tokens; raise it to {needed} or lower data.sequence"
        )
    first = text_vocab + len(MODES)
    modes = {mode: text_vocab + n for n, mode in enumerate(MODES)}
    return Specials(text_vocab, modes, range(first, first + (objective.sentinels or max(SENTINELS, needed))))
