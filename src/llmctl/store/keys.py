"""Key files: secrets that are read and never written."""

from __future__ import annotations

from llmctl.errors import UserError
from llmctl.store.artifacts import require

MOST = 1_000_000  # bytes; a key is short
VARIED = 8  # different bytes that a key has at least


def read_key(path: str, least: int) -> bytes:
    """The content of a key file, without a line break at its end; at least `least` bytes.

    A pipe would be empty when it is read again for the key of the artifact, so only a regular file will do.
    """
    file = require(path)
    if not file.is_file():
        raise UserError(f"{path} is no regular file; a key is read more than once, so write it to a file")
    if file.stat().st_size > MOST:
        raise UserError(f"{path} has {file.stat().st_size:,} bytes; a key is short: head -c 32 /dev/urandom > {path}")
    key = file.read_bytes().rstrip(b"\r\n")
    if len(key) < least or len(set(key)) < VARIED:
        raise UserError(
            f"{path} holds {len(key)} bytes, {len(set(key))} different ones, which can be guessed; a key has {least} or"
            f" more: head -c 32 /dev/urandom > {path}"
        )
    return key
