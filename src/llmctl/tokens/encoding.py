"""Texts to ids exactly as `tokenizers` says: of the document alone, no special tokens added.

A special token's name inside a document is text like any other, so no document can end another.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from tokenizers import Tokenizer

from llmctl.errors import UserError

Encode = Callable[[Sequence[str]], pa.Array]  # list<uint16|uint32>: the ids of each text


def literal(tokenizer: Tokenizer) -> Tokenizer:
    """The tokenizer for documents: no truncation, no padding, special tokens read as text."""
    tokenizer.no_truncation()
    tokenizer.no_padding()
    tokenizer.encode_special_tokens = True
    return tokenizer


def width(tokenizer: Tokenizer) -> pa.DataType:
    """uint16 where every id fits, else uint32; ids may have gaps."""
    return (
        pa.uint16() if max(tokenizer.get_vocab(with_added_tokens=True).values(), default=0) < 1 << 16 else pa.uint32()
    )


def encoder_of(tokenizer: Tokenizer) -> Encode:
    """The tokenizer as a function of texts, for many batches."""
    return partial(encode, tokenizer, kind=width(tokenizer))


def encode(tokenizer: Tokenizer, texts: Sequence[str], kind: pa.DataType | None = None) -> pa.Array:
    """list<uint16|uint32>: the ids of each text; UserError where the tokenizer cannot encode one."""
    try:
        ids = [encoding.ids for encoding in tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]
    except Exception as error:  # the library raises a bare Exception
        raise UserError(f"this tokenizer cannot encode every text ({error}); mend its file or use another") from None
    offsets = np.concatenate([[0], np.cumsum([len(i) for i in ids])])
    flat = np.fromiter((i for one in ids for i in one), np.uint32, count=int(offsets[-1]))
    return lists(offsets, flat, kind or width(tokenizer))


def lists(offsets: NDArray[np.integer], flat: NDArray[np.integer], kind: pa.DataType) -> pa.Array:
    """Ids laid end to end as one list a text, in the width that is wanted."""
    narrow = pa.array(flat.astype(kind.to_pandas_dtype(), copy=False), kind)
    return pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), narrow)


def special_ids(definition: dict[str, Any], tokenizer: Tokenizer) -> NDArray[np.int64]:
    """The ids of special tokens that the text of a document should never have: all but that of the unknown."""
    model = definition["model"]
    unknown = {
        model.get("unk_token"),
        (model.get("vocab") or [[None]])[model["unk_id"]][0] if model.get("unk_id") else None,
    }
    names = (token["content"] for token in definition.get("added_tokens") or [] if token["special"])
    return np.array([tokenizer.token_to_id(name) for name in names if name not in unknown], np.int64)
