"""Tokens that an objective adds above the text vocabulary, named in the tokenizer file so that every tool can read them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from tokenizers import Tokenizer

from llmctl.errors import UserError


def reserved(vocabulary: Mapping[str, int], names: Sequence[str]) -> int:
    """The id of the first of `names` where a vocabulary ends with just these in their order, else the first id above it."""
    above = max(vocabulary.values(), default=-1) + 1
    first = above - len(names)
    return first if all(vocabulary.get(name) == first + number for number, name in enumerate(names)) else above


def with_added(tokenizer_json: str, names: Sequence[str], first: int) -> str:
    """The `tokenizer.json` with special tokens `names` at the ids `first`, `first` + 1, ...; a name in use gets a `+`."""
    vocabulary = Tokenizer.from_str(tokenizer_json).get_vocab(with_added_tokens=True)
    if all(vocabulary.get(name) == first + number for number, name in enumerate(names)):  # reserved when it was trained
        return tokenizer_json
    ids = vocabulary.values()
    if len(set(ids)) != first:  # `tokenizers` numbers added tokens by itself, from the size of the vocabulary on
        raise UserError(
            f"the tokenizer has {len(set(ids)):,} ids below {first:,}, and tokens that an objective adds need ids without gaps; "
            f"use another tokenizer, or objective.name=lm or prefix-lm"
        )
    definition = json.loads(tokenizer_json)
    added = definition.setdefault("added_tokens", [])
    known = {token["content"] for token in added} | vocabulary.keys()
    for number, name in enumerate(names):
        while name in known:
            name += "+"
        flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
        added.append({"id": first + number, "content": name, **flags})
    return json.dumps(definition, ensure_ascii=False, indent=2)
