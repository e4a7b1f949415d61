"""SentencePiece models as `tokenizers` of the same ids: pieces with scores, as a `.model` file or a GGUF file has them.

bytes of a `.model` -> Model -> Tokenizer. The file is one protocol buffer (google/sentencepiece, sentencepiece_model.proto);
of its fields those are read that decide ids. BPE there merges the pair whose join has the highest score; Unigram takes the
most likely sequence of pieces (Kudo 2018). Both look at a whole document, whose spaces are a letter of their own.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

from llmctl.errors import UserError
from llmctl.tokens.splits import BLANK

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = 1, 2, 3, 4, 5, 6  # SentencePiece.Type
UNIGRAM, BPE = 1, 2  # TrainerSpec.ModelType
VARINT, FIXED64, TEXT, FIXED32 = 0, 1, 2, 5  # wire types of protocol buffers


class Piece(NamedTuple):
    """One entry."""

    piece: str
    score: float
    kind: int


@dataclass(frozen=True)
class Model:
    """What decides ids."""

    pieces: tuple[Piece, ...]
    unknown: int  # the id of what has no piece
    kind: int = BPE
    byte_fallback: bool = True
    charsmap: bytes = b""  # of the normaliser, compiled
    prefixed: bool = True  # a space is put in front
    squeezed: bool = False  # runs of spaces become one, those at the ends none


def read(data: bytes) -> Model:
    """The model in a `.model` file; UserError where it is none, or of a kind other than BPE and Unigram."""
    pieces, trainer, normalizer = list[Piece](), dict[int, Any](), dict[int, Any]()
    try:
        for number, value in fields(data):
            if number == 1:
                said = dict(fields(value))
                pieces.append(Piece(said.get(1, b"").decode(), said.get(2, 0.0), said.get(3, NORMAL)))
            elif number in (2, 3):
                (trainer if number == 2 else normalizer).update(fields(value))
    except (IndexError, struct.error, TypeError, AttributeError, ValueError):  # a field of another kind, or cut short
        pieces = []
    if not pieces:
        raise UserError("it is no SentencePiece model (.model)")
    kind = trainer.get(3, UNIGRAM)
    if kind not in (UNIGRAM, BPE):
        raise UserError(
            "it splits by words or letters alone (SentencePiece's model_type word or char); BPE and Unigram are read"
        )
    unknown = next((id for id, piece in enumerate(pieces) if piece.kind == UNKNOWN), 0)
    return Model(
        tuple(pieces), unknown, kind, byte_fallback=bool(trainer.get(35, 0)), charsmap=normalizer.get(2, b""),
        prefixed=bool(normalizer.get(3, 1)), squeezed=bool(normalizer.get(4, 1)),
    )  # fmt: skip


def fields(data: bytes) -> Iterator[tuple[int, Any]]:  # Any: a number or bytes, by the wire type
    """(number, value) of each field of a protocol buffer message; IndexError or struct.error where it ends too soon."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == VARINT:
            value, at = varint(data, at)
            yield key >> 3, value
        elif key & 7 == TEXT:
            size, at = varint(data, at)
            if at + size > len(data):
                raise IndexError
            yield key >> 3, data[at : at + size]
            at += size
        elif key & 7 in (FIXED32, FIXED64):
            form, size = ("<f", 4) if key & 7 == FIXED32 else ("<d", 8)
            yield key >> 3, float(struct.unpack_from(form, data, at)[0])
            at += size
        else:
            raise ValueError(key)


def varint(data: bytes, at: int) -> tuple[int, int]:
    """(a number of seven bits a byte, where the next field begins)."""
    value = shift = 0
    while True:
        byte = data[at]
        value, at = value | (byte & 0x7F) << shift, at + 1
        if byte < 0x80:
            return value, at
        shift += 7


def tokenizer_of(model: Model) -> Tokenizer:
    """The same as a tokenizer of `tokenizers`."""
    made: models.Model
    if model.kind == BPE:
        vocabulary = {piece.piece: id for id, piece in enumerate(model.pieces)}
        merges = merges_of(vocabulary, [piece.score for piece in model.pieces])
        unknown = model.pieces[model.unknown].piece
        made = models.BPE(
            vocab=vocabulary, merges=merges, unk_token=unknown, fuse_unk=True, byte_fallback=model.byte_fallback
        )
    else:
        made = models.Unigram([(p.piece, p.score) for p in model.pieces], model.unknown, model.byte_fallback)
    tokenizer = Tokenizer(made)
    tokenizer.normalizer = normalizer_of(model)
    if model.kind == UNIGRAM:
        tokenizer.pre_tokenizer = apart([p.piece for p in model.pieces if p.kind in (UNKNOWN, CONTROL)])
    tokenizer.decoder = decoder(prefixed=model.prefixed)
    add_whole(tokenizer, [p.piece for p in model.pieces], [p.kind for p in model.pieces])
    return tokenizer


def apart(names: Sequence[str]) -> pre_tokenizers.PreTokenizer:
    """Splits the names of special tokens after their first letter: in a text they are no pieces, as in SentencePiece.

    Unigram of `tokenizers` takes every entry of the vocabulary for a piece, also in a document that says `</s>`.
    """
    pattern = "|".join(f"{re.escape(name[0])}(?={re.escape(name[1:])})" for name in names if len(name) > 1)
    return pre_tokenizers.Split(Regex(pattern or r"\b\B"), "isolated")


def normalizer_of(model: Model) -> normalizers.Normalizer:
    """Characters by the compiled map, spaces squeezed, a space in front, spaces as letters."""
    steps: list[normalizers.Normalizer] = [normalizers.Precompiled(model.charsmap)] if model.charsmap else []
    if model.squeezed:
        steps += [normalizers.Replace(Regex(r"\A +| +\z"), ""), normalizers.Replace(Regex(" {2,}"), " ")]
    steps += [normalizers.Prepend(BLANK)] if model.prefixed else []
    steps += [normalizers.Replace(" ", BLANK)]
    return normalizers.Sequence(steps) if len(steps) > 1 else steps[0]


def decoder(*, prefixed: bool) -> decoders.Decoder:
    """Letters for spaces become spaces, bytes characters; the space put in front goes."""
    strip = [decoders.Strip(" ", 1, 0)] if prefixed else []
    return decoders.Sequence([decoders.Replace(BLANK, " "), decoders.ByteFallback(), decoders.Fuse(), *strip])


def merges_of(vocabulary: dict[str, int], scores: Sequence[float]) -> list[tuple[str, str]]:
    """Every way to join two tokens into a third, the highest score first (equal ones: the longer left part)."""
    found = [
        (-scores[id], -cut, token[:cut], token[cut:])
        for token, id in vocabulary.items()
        for cut in range(1, len(token))
        if token[:cut] in vocabulary and token[cut:] in vocabulary
    ]
    return [(left, right) for _, _, left, right in sorted(found)]


def add_whole(tokenizer: Tokenizer, tokens: Sequence[str], types: Sequence[int]) -> None:
    """Tokens that are found in raw text before anything else: control tokens (special) and the user's own."""
    kinds = list(zip(tokens, types, strict=False))
    special = [token for token, kind in kinds if kind in (UNKNOWN, CONTROL) and token]
    tokenizer.add_special_tokens([AddedToken(token, normalized=False, special=True) for token in special])
    own = [token for token, kind in kinds if kind == USER_DEFINED and token]
    tokenizer.add_tokens([AddedToken(token, normalized=False) for token in own])
