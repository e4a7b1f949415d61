"""Ids back to texts, many at once, and whether a tokenizer gives every text back.

Byte-level vocabularies are decoded as columns: each id is its bytes, a document their join. Others by `tokenizers`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from tokenizers import Tokenizer

from llmctl.tokens.foreign import letters_of_bytes

Decode = Callable[[pa.Array], pa.Array]  # list<ids> -> the bytes of each document


def decoder_of(tokenizer: Tokenizer) -> Decode:
    """What turns the ids of documents into their bytes."""
    known = bytes_of_ids(json.loads(tokenizer.to_str()), tokenizer.get_vocab(with_added_tokens=True))
    if known is None:
        return lambda ids: pa.array(
            [t.encode() for t in tokenizer.decode_batch(ids.to_pylist(), skip_special_tokens=False)], pa.binary()
        )
    table = pa.array(known, pa.binary())
    nothing = pa.scalar(b"", pa.binary())

    def decode(ids: pa.Array) -> pa.Array:
        pieces = pa.ListArray.from_arrays(ids.offsets, table.take(ids.values))
        return pc.binary_join(pieces, nothing)

    return decode


def bytes_of_ids(definition: dict[str, Any], vocabulary: dict[str, int]) -> list[bytes] | None:
    """The bytes of every id of a byte-level vocabulary; None for any other, whose tokens depend on their neighbours."""
    if (definition.get("decoder") or {}).get("type") != "ByteLevel":
        return None
    byte_of = {letter: byte for byte, letter in letters_of_bytes().items()}
    added = {token["content"] for token in definition["added_tokens"]}
    found = [b""] * (max(vocabulary.values(), default=-1) + 1)
    for token, id in vocabulary.items():
        spelled = token not in added and all(letter in byte_of for letter in token)
        found[id] = bytes(byte_of[letter] for letter in token) if spelled else token.encode()
    return found


def is_lossless(definition: dict[str, Any]) -> bool:
    """Does every text come back byte for byte, by what the definition says? True for byte-level BPE without a normaliser."""
    model, steps = definition["model"], _steps(definition.get("pre_tokenizer"))
    splits, letters = steps[:-1], steps[-1:]
    return bool(
        model["type"] == "BPE"
        and not definition.get("normalizer")
        and (definition.get("decoder") or {}).get("type") == "ByteLevel"
        and letters
        and letters[0]["type"] == "ByteLevel"
        and not letters[0]["add_prefix_space"]
        and all(s["type"] in ("Split", "Digits") and s.get("behavior", "Isolated") == "Isolated" for s in splits)
        and set(letters_of_bytes().values()) <= model["vocab"].keys()
        and not any(token["lstrip"] or token["rstrip"] for token in definition["added_tokens"])
    )


def _steps(pre_tokenizer: dict[str, Any] | None) -> list[dict[str, Any]]:
    if pre_tokenizer and pre_tokenizer["type"] == "Sequence":
        return list(pre_tokenizer["pretokenizers"])
    return [pre_tokenizer] if pre_tokenizer else []
