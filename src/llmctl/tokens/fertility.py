"""What a tokenizer spends on text: tokens a word, a character and a byte, by group of documents.

In: ids of a batch of texts, and how many words (counted elsewhere), characters and bytes each has. Out: sums of which every
figure is a ratio, with the 95 % interval of a ratio of sums over documents (Cochran 1977, Sampling Techniques, section 6.3).
Fertility is tokens a word (Rust et al. 2021, arXiv:2012.15613, section 3). A *single byte* is a token that stands for one
byte of a character of several: the vocabulary has no better piece for it. Memory: one flag an entry of the vocabulary.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray
from tokenizers import Tokenizer

from llmctl.tokens.bulk import bulk_encoder
from llmctl.tokens.decoding import is_lossless
from llmctl.tokens.encoding import Encode, encoder_of, literal
from llmctl.tokens.foreign import letters_of_bytes

Floats = NDArray[np.float64]
Facts = dict[str, Any]  # Any: JSON
Ratio = tuple[float | None, float | None, float | None]  # value, low, high
Z_95 = 1.959963984540054  # the 0.975 quantile of the standard normal distribution
TOKENS, WORDS, CHARACTERS, BYTES = range(4)  # columns of the sizes of a document
ASCII = 0x80  # the first byte that is no character by itself


@dataclass(frozen=True)
class Subject:
    """A tokenizer that is measured, special tokens read as text."""

    tokenizer: Tokenizer
    encode: Encode  # in bulk where that gives the same ids
    size: int  # entries of the vocabulary
    single: NDArray[np.bool_]  # by id: does it stand for one byte of a longer character?
    unknown: int  # the id for what the vocabulary lacks; -1 where there is none
    exact: bool  # do its ids give back any text, byte by byte?


@dataclass(frozen=True)
class Encoded:
    """The ids of a batch end to end, and how many each text has."""

    ids: NDArray[np.int64]
    lengths_N: NDArray[np.int64]


@dataclass
class Counts:
    """Everything that is known of the documents of one group."""

    used: NDArray[np.bool_]  # by id
    documents: int = 0
    unknown: int = 0
    single: int = 0
    sums: Floats = field(default_factory=lambda: np.zeros(4))  # tokens, words, characters, bytes
    products: Floats = field(default_factory=lambda: np.zeros((4, 4)))  # of a document's sizes, summed


def subject_of(tokenizer: Tokenizer) -> Subject:
    """What is to be known of a tokenizer before it is measured."""
    definition = json.loads(tokenizer.to_str())
    vocabulary: dict[str, int] = tokenizer.get_vocab(with_added_tokens=True)
    byte_level = "ByteLevel" in kinds_of(definition.get("pre_tokenizer")) | kinds_of(definition.get("decoder"))
    letters = {letter for byte, letter in letters_of_bytes().items() if byte >= ASCII}
    bytes_ = letters if byte_level else {f"<0x{byte:02X}>" for byte in range(ASCII, 256)}
    if not byte_level and not definition["model"].get("byte_fallback"):
        bytes_ = set()
    single = np.zeros(max(vocabulary.values(), default=-1) + 1, np.bool_)
    single[[id for piece, id in vocabulary.items() if piece in bytes_]] = True
    fast, _ = bulk_encoder(tokenizer.to_str(), literal(tokenizer))
    return Subject(
        tokenizer, fast or encoder_of(tokenizer), len(vocabulary), single,
        unknown_of(definition["model"], vocabulary), is_lossless(definition),
    )  # fmt: skip


def kinds_of(part: Any) -> set[str]:
    """The types named in a part of a tokenizer.json, sequences opened."""
    if isinstance(part, dict):
        return {str(part.get("type"))}.union(*(kinds_of(value) for value in part.values()))
    return set().union(*(kinds_of(value) for value in part)) if isinstance(part, list) else set()


def unknown_of(model: Facts, vocabulary: dict[str, int]) -> int:
    """The id for what is not in the vocabulary: Unigram gives its number, the others its name."""
    if isinstance(model.get("unk_id"), int):
        return int(model["unk_id"])
    return vocabulary.get(model.get("unk_token") or "", -1)


def encode(subject: Subject, texts: Sequence[str]) -> Encoded:
    """The ids of each text alone."""
    found = subject.encode(list(texts))
    lengths_N = pc.list_value_length(found).to_numpy(zero_copy_only=False).astype(np.int64)
    return Encoded(found.values.to_numpy(zero_copy_only=False).astype(np.int64), lengths_N)


def no_counts(subject: Subject) -> Counts:
    """A group without documents."""
    return Counts(np.zeros_like(subject.single))


def add(counts: Counts, subject: Subject, encoded: Encoded, sizes_N3: Floats, member_N: NDArray[np.bool_]) -> None:
    """Count those texts of a batch that are members of a group; sizes are words, characters and bytes."""
    ids = encoded.ids[np.repeat(member_N, encoded.lengths_N)]
    sizes_N4 = np.column_stack([encoded.lengths_N, sizes_N3])[member_N].astype(np.float64)
    counts.documents += len(sizes_N4)
    counts.sums += sizes_N4.sum(axis=0)
    counts.products += sizes_N4.T @ sizes_N4
    counts.unknown += int(np.count_nonzero(ids == subject.unknown))
    counts.single += int(np.count_nonzero(subject.single[ids]))
    counts.used[ids] = True


def figures(counts: Counts, subject: Subject) -> Facts:
    """The counts and what is derived from them; null where it would be a division by nothing."""
    tokens, words, characters, nbytes = (int(value) for value in counts.sums)
    facts: Facts = {"documents": counts.documents, "words": words, "characters": characters, "bytes": nbytes}
    facts |= {"tokens": tokens, "unknown": counts.unknown, "single_byte": counts.single}
    for name, below in (("tokens_per_word", WORDS), ("tokens_per_character", CHARACTERS)):
        value, low, high = ratio(counts, TOKENS, below)
        facts |= {name: value, f"{name}_low": low, f"{name}_high": high}
    return facts | {
        "bytes_per_token": nbytes / tokens if tokens else None,
        "unknown_share": counts.unknown / tokens if tokens else None,
        "single_byte_share": counts.single / tokens if tokens else None,
        "vocabulary_use": int(np.count_nonzero(counts.used)) / subject.size if subject.size else None,
    }


def ratio(counts: Counts, top: int, below: int) -> Ratio:
    """The ratio of two sizes of a group's documents."""
    pair = [top, below]
    return ratio_of(counts.documents, counts.sums[pair], counts.products[np.ix_(pair, pair)])


def ratio_of(n: int, sums_2: Floats, products_22: Floats) -> Ratio:
    """A ratio of the sums of two sizes of n documents, and its 95 % interval: none of fewer than two documents."""
    if not sums_2[1]:
        return None, None, None
    value = float(sums_2[0] / sums_2[1])
    if n < 2:
        return value, None, None
    spread = products_22[0, 0] - 2 * value * products_22[0, 1] + value**2 * products_22[1, 1]
    half = Z_95 * math.sqrt(max(0.0, float(spread)) * n / (n - 1)) / float(sums_2[1])
    return value, value - half, value + half
