"""Key files: secrets that are read and never written."""

from __future__ import annotations

from llmctl.errors import UserError
from llmctl.store.artifacts import require


def read_key(path: str, least: int) -> bytes:
    """The content of a key file, without a line break at its end; at least `least` bytes."""
    file = require(path)
    if file.is_dir():
        raise UserError(f"{path} is a directory, not a key file")
    key = file.read_bytes().rstrip(b"\r\n")
    if len(key) < least:
        raise UserError(
            f"{path} holds {len(key)} bytes, which can be guessed; a key has {least} or more:"
            f" head -c 32 /dev/urandom > {path}"
        )
    return key
