"""show TOKENS objective: what a model will read and predict, window by window, before anything is trained.

The windows, their order and every draw are those of `pretrain` with the same seed and settings: the example in row r of step s
is drawn from `train.objectives.draws_of(seed, s, r)`. Costs one pass over the shards (lengths and ids are checked), then
the row groups of the windows that are shown.
"""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from llmctl.errors import UserError
from llmctl.settings.pretrain import Pretrain
from llmctl.store.tokenizers import load_tokenizer
from llmctl.store.tokens import TOKENIZER, Tokens, open_tokens, stream_pieces
from llmctl.tokens.mixture import batch_places
from llmctl.tokens.packing import end_token_of
from llmctl.train.objectives import draws_of, example_of, specials_in
from llmctl.train.sources import streams_of

Facts = dict[str, Any]  # Any: JSON


def examples_of(place: Path, settings: Pretrain, *, seed: int, sample: int) -> Facts:
    """`{examples: [{source, inputs, targets, weights, denoiser}], sentinels, mode_tokens}`."""
    tokens = open_tokens(str(place))
    objective, sequence, batch = settings.objective, settings.data.sequence, settings.data.batch
    specials = specials_in(objective, tokens.vocabulary, sequence)
    examples = []
    for index, window_L in enumerate(_windows(tokens, settings, seed, sample)):
        draws = draws_of(seed, index // batch, index % batch)
        example = example_of(objective, window_L, specials, draws)
        source = window_L if objective.reads_whole_window else window_L[:-1]
        examples.append({
            "source": source.tolist(), "inputs": example.inputs.tolist(), "targets": example.targets.tolist(),
            "weights": example.weights.tolist(), "denoiser": example.denoiser,
        })  # fmt: skip
    return {"examples": examples, "sentinels": list(specials.sentinels), "mode_tokens": specials.modes}


def _windows(tokens: Tokens, settings: Pretrain, seed: int, sample: int) -> list[NDArray[np.int64]]:
    """The first windows that training would visit."""
    data = settings.data
    if tokens.stream <= data.sequence:
        raise UserError(
            f"data.sequence={data.sequence} is longer than {tokens.path}, which holds {tokens.stream:,} tokens; lower it"
        )
    end = end_token_of(tokens.vocabulary, data.end_token)
    streams = streams_of([tokens], data, None, seed)
    steps = range(-(-sample // data.batch))
    places = [place for step in steps for place in batch_places(streams.order, step)][:sample]
    found = np.empty((len(places), data.sequence + 1), dtype=np.int64)
    for source, part in enumerate(streams.tokens):
        rows = [row for row, place in enumerate(places) if place.source == source]
        starts = [places[row].window * data.sequence for row in rows]
        pieces = stream_pieces(part, [(start, start + data.sequence + 1) for start in starts], end)
        found[rows] = np.array(pieces, dtype=np.int64).reshape(len(rows), data.sequence + 1)
    return list(found)


def readings(place: Path, facts: Facts) -> list[Facts]:
    """The same examples as text: ids decoded, mode tokens and sentinels named."""
    tokenizer = load_tokenizer(place / TOKENIZER)
    names = {id: f"[{mode}]" for mode, id in facts["mode_tokens"].items()}
    names |= {id: f"<extra_id_{n}>" for n, id in enumerate(facts["sentinels"])}

    def text_of(ids: list[int]) -> str:
        runs = groupby(ids, key=lambda id: id in names)
        return "".join(
            "".join(names[id] for id in run) if named else tokenizer.decode(list(run), skip_special_tokens=False)
            for named, run in runs
        )

    return [{name: text_of(example[name]) for name in ("inputs", "targets")} for example in facts["examples"]]
