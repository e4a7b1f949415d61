"""Copies with known edits: what `dedup --calibrate` plants among your own documents.

In: a text, a rate and a generator. Out: the text with that share of its words (characters, in scripts without spaces)
replaced, left out or doubled, each with equal chance. Replacements come from the text itself, so that no list is needed.
"""

from __future__ import annotations

import re

import numpy as np

RATES = (0.0, 0.005, 0.01, 0.02, 0.03, 0.05, 0.08, 0.12, 0.2)  # of words; five words a shingle make five times as many
PIECE = re.compile(r"\w+|\W+")


def edited(text: str, rate: float, generator: np.random.Generator) -> str:
    """The text with about `rate` of its words edited; spaces and punctuation stay."""
    pieces = PIECE.findall(text)
    words = [i for i, piece in enumerate(pieces) if piece[0].isalnum()]
    if len(words) < len(text) / 20:  # hardly a word between signs: a script without spaces
        pieces, words = list(text), [i for i, c in enumerate(text) if c.isalnum()]
    if not words:
        return text
    for place in generator.choice(words, int(generator.binomial(len(words), rate)), replace=False).tolist():
        kind = int(generator.integers(3))
        other = pieces[words[int(generator.integers(len(words)))]] or pieces[place]
        pieces[place] = (other, "", f"{pieces[place]} {pieces[place]}")[kind]
    return "".join(pieces)
