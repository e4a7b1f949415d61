"""Byte-level BPE (Sennrich et al. 2016, arXiv:1508.07909; GPT-2's bytes and word pattern): train, and encode batches.

texts -> tokenizer.json text; texts -> token ids of the document alone (no special tokens; a special token's name inside a
document is text like any other, so no document can end another).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers


def train_bpe(texts: Iterator[str], *, vocab_size: int, min_frequency: int, end_token: str) -> str:
    """A tokenizer trained on `texts`, in the `tokenizer.json` format; id 0 is the end token."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size, min_frequency=min_frequency, special_tokens=[end_token],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()), show_progress=False,
    )  # fmt: skip
    tokenizer.train_from_iterator(texts, trainer)
    return str(tokenizer.to_str(pretty=True))


def literal(tokenizer: Tokenizer) -> Tokenizer:
    """The tokenizer for documents: no truncation, no padding, special tokens read as text."""
    tokenizer.no_truncation()
    tokenizer.no_padding()
    tokenizer.encode_special_tokens = True
    return tokenizer


def width(tokenizer: Tokenizer) -> pa.DataType:
    """uint16 where every id fits, else uint32."""
    return pa.uint16() if tokenizer.get_vocab_size(with_added_tokens=True) <= 1 << 16 else pa.uint32()


def encode(tokenizer: Tokenizer, texts: Sequence[str]) -> pa.Array:
    """list<uint16|uint32>: the ids of each text."""
    kind = width(tokenizer)
    ids = [encoding.ids for encoding in tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]
    offsets = np.concatenate([[0], np.cumsum([len(i) for i in ids])]).astype(np.int32)
    flat = np.fromiter((i for one in ids for i in one), kind.to_pandas_dtype(), count=int(offsets[-1]))
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(flat, kind))
