"""What a run reads: sources and weights as they were given -> streams of windows, and in which order they are visited.

`TOKENS=WEIGHT` gives a source its share of the sequences; sources without weights are read in proportion to their size,
as if they were one. With a temperature each language of a source is a stream of its own (`tokens/mixture.py:tempered`).
`pretrain`, `trace` and `show` all ask here, so they speak of the same batches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from llmctl.errors import BadSettings, UserError
from llmctl.settings.pretrain import Data
from llmctl.store.mixtures import Mixture, is_mixture, read_mixture
from llmctl.store.tokens import Tokens
from llmctl.tokens.mixture import Lot, Order, order_of, tempered
from llmctl.tokens.packing import full_windows


@dataclass(frozen=True)
class Streams:
    """The streams of a run and the order in which their windows are visited."""

    tokens: tuple[Tokens, ...]  # of each stream: a source, or one language of it
    order: Order
    left_out: tuple[Tokens, ...] = ()  # languages too small for one window


def given_sources(sources: Sequence[str]) -> tuple[list[str], list[str] | None, float | None]:
    """`PATH`, `PATH=WEIGHT` or one mixture file -> the paths, the weights where they are given, and the file's temperature."""
    if not sources:
        raise BadSettings("name at least one TOKENS directory to train on")
    pairs = [(s, "") if Path(s).exists() else (s.rpartition("=")[::2] if "=" in s else (s, "")) for s in sources]
    mixture = _mixture_of(pairs) or Mixture(tuple(pairs))
    given = [weight for _, weight in mixture.sources if weight]
    for path, weight in mixture.sources:
        if weight and not _is_weight(weight):
            raise BadSettings(f"the weight of {path} is a number above 0, not {weight!r}")
    if given and len(given) < len(mixture.sources):
        raise BadSettings("give every TOKENS a weight (TOKENS=WEIGHT), or none (then each counts by its size)")
    return [path for path, _ in mixture.sources], given or None, mixture.temperature


def _mixture_of(pairs: Sequence[tuple[str, str]]) -> Mixture | None:
    files = [path for path, _ in pairs if is_mixture(path)]
    if not files:
        return None
    if len(pairs) > 1 or pairs[0][1]:
        raise BadSettings(f"the mixture file {files[0]} names all sources; give it alone, without a weight")
    return read_mixture(files[0])


def _is_weight(text: str) -> bool:
    try:
        return isfinite(float(text)) and float(text) > 0
    except ValueError:
        return False


def streams_of(opened: Sequence[Tokens], data: Data, weights: Sequence[str] | None, seed: int) -> Streams:
    """Streams and order of these sources; UserError where one of them has no language that fills a window."""
    temperature = data.temperature or 1
    if temperature == 1:
        sizes = [tokens.stream for tokens in opened]
        return Streams(tuple(opened), order_of(seed, data.batch, data.sequence, sizes, weights, data.shuffle))
    parts = [(n, part) for n, tokens in enumerate(opened) for part in tokens.by_language()]
    kept = [(n, part) for n, part in parts if full_windows(part.stream, data.sequence)]
    for n, tokens in enumerate(opened):
        if n not in {source for source, _ in kept}:
            raise UserError(
                f"no language of {tokens.path} fills a window of data.sequence={data.sequence}; lower it, or set "
                "data.temperature=1"
            )
    lots = [Lot(n, str(part.language), part.stream) for n, part in kept]
    shares = tempered(lots, weights, temperature)
    order = order_of(seed, data.batch, data.sequence, [lot.tokens for lot in lots], shares, data.shuffle)
    left_out = tuple(part for _, part in parts if not full_windows(part.stream, data.sequence))
    return Streams(tuple(part for _, part in kept), order, left_out)
