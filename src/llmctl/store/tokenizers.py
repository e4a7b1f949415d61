"""Tokenizers on disk, read; apart from models, so that what only tokenizes starts without torch."""

from __future__ import annotations

import base64
import binascii
import json
from pathlib import Path

from tokenizers import Tokenizer

from llmctl.errors import BadSettings, UserError
from llmctl.tokens import foreign, sentencepiece

MERGES = ("merges.txt", "vocab.bpe")  # beside a vocabulary of GPT-2's kind


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


def read_tokenizer(path: Path) -> Tokenizer:
    """A tokenizer of any known form; truncation and padding that it asks for are ignored."""
    tokenizer = Tokenizer.from_str(import_tokenizer(path))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def files_of(path: Path) -> list[Path]:
    """The files that a tokenizer named by its first is read from."""
    merges = _merges(path) if path.suffix == ".json" and path.is_file() and _is_vocabulary(path) else None
    return [path, *([merges] if merges else [])]


def import_tokenizer(path: Path, split: str = "", normalizer: str = "") -> str:
    """A tokenizer of any known form as the text of a `tokenizer.json`; one that is that already as it is.

    `split` says how the text of .tiktoken ranks is split, `normalizer` what a vocab.txt is for (empty: told by the file).
    """
    known = {".tiktoken": _ranks, ".model": _sentencepiece, ".txt": _wordpieces}
    if path.suffix not in known and not (path.suffix == ".json" and path.is_file() and _is_vocabulary(path)):
        if split or normalizer:
            raise BadSettings(
                f"{path} says by itself how text is split and normalised; leave out pretokenizer and normalizer"
            )
        load_tokenizer(path)
        return path.read_text(encoding="utf-8")
    told = {"pretokenizer": split and path.suffix != ".tiktoken", "normalizer": normalizer and path.suffix != ".txt"}
    if unused := [name for name, given in told.items() if given]:
        raise BadSettings(
            f"{path} says by itself how its text is split and normalised; leave out {' and '.join(unused)}"
        )
    try:
        made = known.get(path.suffix, _merged)(path, split, normalizer)
    except FileNotFoundError:
        raise UserError(f"{path} does not exist") from None
    except (UserError, UnicodeDecodeError) as error:
        raise UserError(f"cannot read {path}: {error}") from None
    return str(made.to_str(pretty=True))


def _ranks(path: Path, split: str, normalizer: str) -> Tokenizer:
    ranks: dict[bytes, int] = {}
    for line in path.read_bytes().split(b"\n"):
        token, _, rank = line.partition(b" ")
        if token:
            try:
                ranks[base64.b64decode(token, validate=True)] = int(rank)
            except (binascii.Error, ValueError):
                raise UserError(f"the line {line[:40]!r} is not a token in base64 and its rank") from None
    if sorted(ranks.values()) != list(range(len(ranks))) or any(bytes([b]) not in ranks for b in range(256)):
        raise UserError("its ranks do not count from 0, or not all bytes have one")
    return foreign.from_ranks(ranks, path.stem, split)


def _sentencepiece(path: Path, split: str, normalizer: str) -> Tokenizer:
    return sentencepiece.tokenizer_of(sentencepiece.read(path.read_bytes()))


def _wordpieces(path: Path, split: str, normalizer: str) -> Tokenizer:
    entries = path.read_text(encoding="utf-8").split("\n")
    return foreign.from_wordpieces(entries[:-1] if entries[-1] == "" else entries, normalizer)


def _merged(path: Path, split: str, normalizer: str) -> Tokenizer:
    merges = _merges(path)
    if merges is None:
        raise UserError(f"it is a vocabulary without its merges; put {' or '.join(MERGES)} beside it")
    vocabulary = json.loads(path.read_text(encoding="utf-8"))
    return foreign.from_merges(vocabulary, merges.read_text(encoding="utf-8").split("\n"))


def _merges(path: Path) -> Path | None:
    return next((path.with_name(name) for name in MERGES if path.with_name(name).is_file()), None)


def _is_vocabulary(path: Path) -> bool:
    """Is it an object of tokens and their ids, not a tokenizer.json?"""
    try:
        found = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and len(found) > 0 and all(type(id) is int for id in found.values())
