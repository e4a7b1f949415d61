"""A tokenizer.json on disk, read; apart from models, so that what only tokenizes starts without torch."""

from __future__ import annotations

from pathlib import Path

from tokenizers import Tokenizer

from llmctl.errors import UserError


def load_tokenizer(path: Path) -> Tokenizer:
    """A `tokenizer.json`; truncation and padding that it asks for are ignored."""
    try:
        tokenizer = Tokenizer.from_str(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path} does not exist; put the tokenizer.json that belongs to the model beside it") from None
    except Exception as error:  # the library raises a bare Exception
        raise UserError(f"{path} is not a tokenizer.json: {error}") from None
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer
