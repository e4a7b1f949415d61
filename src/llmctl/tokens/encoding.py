"""Texts to ids exactly as `tokenizers` says: of the document alone, no special tokens added.

A special token's name inside a document is text like any other, so no document can end another.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from tokenizers import Tokenizer

Encode = Callable[[Sequence[str]], pa.Array]  # list<uint16|uint32>: the ids of each text


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
    ids = [encoding.ids for encoding in tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]
    offsets = np.concatenate([[0], np.cumsum([len(i) for i in ids])])
    flat = np.fromiter((i for one in ids for i in one), np.uint32, count=int(offsets[-1]))
    return lists(offsets, flat, width(tokenizer))


def lists(offsets: NDArray[np.integer], flat: NDArray[np.integer], kind: pa.DataType) -> pa.Array:
    """Ids laid end to end as one list a text, in the width that is wanted."""
    narrow = pa.array(flat.astype(kind.to_pandas_dtype(), copy=False), kind)
    return pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), narrow)
