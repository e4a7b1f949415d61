"""show TOKENS tokens: token shards as a person reads them: ids, their pieces and the text that they decode to.

Documents evenly spread, one by its id, or the one that holds a position (`store.token_index`: positions count the ids of all
documents in shard order, without separators). Reads the row groups of what is shown; positions are told where they are
asked for or where the shards tell the lengths of their documents, else every id would have to be read for them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from llmctl.errors import UserError
from llmctl.store.token_index import Document, TokenIndex
from llmctl.store.tokenizers import load_tokenizer
from llmctl.store.tokens import TOKENIZER

Facts = dict[str, Any]  # Any: JSON
SHOWN_IDS = 20  # of a document
AROUND = 10  # ids before and behind a position


def tokens_of(place: Path, sample: int, *, at: int | None = None, document: str | None = None) -> Facts:
    """`{path, documents, tokens, at, shown: [{number, id, url, source, lang, start, tokens, ids, pieces, text}]}`."""
    index = TokenIndex(str(place))
    tokenizer = load_tokenizer(place / TOKENIZER)
    positions = at is not None or index.told
    number, offset = index.place(at) if at is not None else (numbered(index, document), 0)
    wanted = [number] if number is not None else spread(index.count, sample)
    found = [index.document(one) for one in wanted]
    return {
        "path": str(place), "documents": index.count, "tokens": int(index.starts[-1]) if positions else None,
        "at": None if at is None else {"position": at, **around(found[0], offset, tokenizer)},
        "shown": [row(one, int(index.starts[one.number]) if positions else None, tokenizer) for one in found],
    }  # fmt: skip


def numbered(index: TokenIndex, id: str | None) -> int | None:
    """The number of the document with an id, if one is asked for."""
    number = index.number_of(id) if id is not None else None
    if id is not None and number is None:
        raise UserError(f"{index.path} holds no document {id!r}; ids are those of the documents that were tokenized")
    return number


def spread(count: int, wanted: int) -> list[int]:
    """`wanted` of `count` numbers, evenly spread from the first on."""
    wanted = min(count, wanted)
    return [n * count // wanted for n in range(wanted)]


def row(document: Document, start: int | None, tokenizer: Tokenizer) -> Facts:
    """One document: what it is called, where it lies, its first ids and pieces, and its text."""
    ids = document.ids.tolist()
    named = {name: document.named.get(name) for name in ("id", "url", "source", "lang")}
    first = ids[:SHOWN_IDS]
    return {
        "number": document.number, **named, "start": start, "tokens": len(ids), "ids": first,
        "pieces": [tokenizer.id_to_token(id) for id in first], "text": tokenizer.decode(ids, skip_special_tokens=False),
    }  # fmt: skip


def around(document: Document, offset: int, tokenizer: Tokenizer) -> Facts:
    """The ids on both sides of a place in a document, and what they decode to; `first` is the offset of the first."""
    ids = document.ids.tolist()
    first, last = max(0, offset - AROUND), offset + 1 + AROUND
    parts = {"before": ids[first:offset], "text": ids[offset : offset + 1], "after": ids[offset + 1 : last]}
    return {
        "document": document.number, "offset": offset, "id": ids[offset], "piece": tokenizer.id_to_token(ids[offset]),
        "first": first, "ids": ids[first:last],
        **{name: tokenizer.decode(part, skip_special_tokens=False) for name, part in parts.items()},
    }  # fmt: skip
