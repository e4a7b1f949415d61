"""Is a tokenizer the right one for a text? Beside it stands a vocabulary of the text's own: byte-level BPE on half of it.

The same sentences in two languages can take several times the tokens in one of them (Petrov et al. 2023, arXiv:2305.15425), and
much of what a monolingual tokenizer gains lies in its vocabulary alone (Rust et al. 2021, arXiv:2012.15613). Tokens a word
cannot say which language is served badly, since languages write long and short words; a vocabulary of the language's own can.
It is trained on one half of the documents and both are counted on the other, so it knows no sentence by heart; where there is
little text it is a poor vocabulary, and the ratio too low. Cost: about a second a megabyte.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from itertools import accumulate

import numpy as np
from tokenizers import Tokenizer

from llmctl.tokens.fertility import Facts, Subject, encode, ratio_of, subject_of
from llmctl.tokens.training import Recipe, train

ENTRIES = 8192  # of the vocabulary of its own, at most: ours; GPT-2 needs 50,257 to do in English what these do in one language
MIN_FREQUENCY = 2  # of a merge; huggingface/tokenizers' usual value
ENOUGH_BYTES = (
    5_000  # of a language, below which nothing is compared: ours (docs/tokenize.md has the Declaration's 6 to 17 kB)
)
HALF_BYTES = 1_000_000  # of each half, at most: ours
TOO_MANY = 1.5  # times the tokens, above which is warned: ours. GPT-2 takes 1.07 on English and 2.1 on Chinese (docs/tokenize.md)


def halves(texts: Iterable[str]) -> tuple[list[str], list[str]]:
    """Texts in two parts of about the same bytes, by a hash of the text: in whatever order they come, copies on one side.

    A text that stands several times is taken once; each half is cut off at HALF_BYTES.
    """
    by_hash = {hashlib.blake2b(text.encode(), digest_size=8, person=b"halves").digest(): text for text in texts}
    ordered = [by_hash[key] for key in sorted(by_hash)]
    if len(ordered) < 2:
        return ordered, []
    until = list(accumulate(len(text.encode()) for text in ordered))
    cut = min(range(1, len(ordered)), key=lambda n: (abs(2 * until[n - 1] - until[-1]), n))
    return clipped(ordered[:cut]), clipped(ordered[cut:])


def clipped(texts: Sequence[str]) -> list[str]:
    """The first HALF_BYTES of some texts."""
    found, left = [], HALF_BYTES
    for text in texts:
        if left <= 0:
            break
        found.append(text.encode()[:left].decode(errors="ignore"))
        left -= len(text.encode())
    return found


def too_little(trained: Sequence[str], measured: Sequence[str]) -> str | None:
    """Why two halves do not carry a comparison, if they do not."""
    if not measured:
        return "a single document"
    sizes = [sum(len(text.encode()) for text in half) for half in (trained, measured)]
    return "too little text" if sum(sizes) < ENOUGH_BYTES or min(sizes) < ENOUGH_BYTES / 4 else None


def train_own(texts: Sequence[str], size: int) -> Subject:
    """A vocabulary of at most `size` entries (at least the 256 bytes), with GPT-2's pre-tokenizer; the same on every machine."""
    recipe = Recipe("bpe", max(size, 256), MIN_FREQUENCY, "gpt2", "none", first=(), last=(), alphabet=0)
    return subject_of(Tokenizer.from_str(train(recipe, lambda: iter(texts))))


def compared(given: Subject, own: Subject, texts: Sequence[str]) -> Facts:
    """The tokens of both on the same texts: how many times those of its own vocabulary a tokenizer takes, with the interval."""
    lengths_N2 = np.column_stack([encode(subject, texts).lengths_N for subject in (given, own)]).astype(np.float64)
    sums_2 = lengths_N2.sum(axis=0)
    value, low, high = ratio_of(len(texts), sums_2, lengths_N2.T @ lengths_N2)
    return {"tokens": int(sums_2[0]), "own_tokens": int(sums_2[1]), "ratio": value, "low": low, "high": high}
