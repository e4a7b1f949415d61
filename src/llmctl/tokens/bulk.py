"""The same ids many times faster, where the optional `gigatoken` knows the tokenizer; and the proof that they are the same.

texts -> ids. What it was told of a tokenizer leaves out special tokens, whose names are text inside a document. It is
trusted for nothing: PROBES and a sample of every batch are encoded by `tokenizers` too, and one difference ends its use.
"""

from __future__ import annotations

import importlib.metadata
import json
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from tokenizers import Tokenizer

from llmctl.tokens.encoding import Encode, encoder_of, lists, width

SAMPLE = 2_000  # characters of a document that are compared, at most: whole texts would cost more than they prove
PROBES = (
    "", " ", "a", "  two  spaces ", "\n", "\r\n\r\n", "tab\tbed\t\t", "\x00\x01\x7f", "\u2028\u2029\x85\x0b\x0c",
    "\ufeff", "I'm we'LL they'\u017f it\u2019s", "1 12 123 1234567890 \u0661\u0662\u0663 \u00bd\u2167", "\ufffd",
    "e\u0301 \u00e9 \u1e9b\u0323", "\u0301\u0327\u0301", "\u4eca\u5929\u5f88\u597d\u3002\u6771\u4eac\u306b\u30c6\u30b9\u30c8",
    "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35", "\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f1e9\U0001f1ea", "...!?-", "a" * 300,
    "\u0627\u0644\u0633\u0644\u0627\u0645 \u0939\u093f\u0928\u094d\u0926\u0940 \ud55c\uad6d\uc5b4", " " * 70 + "x",
    "def f(x):\n    return x**2  # \u2265", "<|endoftext|>a<|endoftext|>", "snake_case camelCase UPPER",
    "\u00a0\u3000\u200b", "\U0010ffff\ue000",
)  # fmt: skip


class Differs(Exception):
    """The bulk encoder gave other ids than `tokenizers` for a text."""


def bulk_encoder(tokenizer_json: str, exact: Tokenizer) -> tuple[Encode | None, str]:
    """(an encoder that agrees with `exact` on the probes, its name and version), or (None, why there is none)."""
    try:
        import gigatoken
    except ImportError:
        return None, "gigatoken is not installed (pip install 'llmctl[speed]')"
    definition = plain(tokenizer_json)
    if any(t["lstrip"] or t["rstrip"] or t["single_word"] for t in definition["added_tokens"]):
        return None, "added tokens that take spaces with them are not known to gigatoken"
    try:
        backend = gigatoken.Tokenizer.from_json(json.dumps(definition))
    except Exception as error:  # whatever it does not know, it says in an error of its own
        return None, f"gigatoken does not know this tokenizer ({str(error).splitlines()[0].strip()})"
    kind = width(exact)

    def encode_all(texts: Sequence[str]) -> pa.Array:
        if not texts:
            return lists(np.zeros(1, np.int64), np.empty(0, np.uint32), kind)
        found = backend.encode_batch(list(texts), parallel=False).layout
        return lists(np.asarray(found.offsets.data), np.asarray(found.content.data), kind)

    probes = [*PROBES, *(f"a{t['content']} b{t['content']}{t['content']}" for t in definition["added_tokens"])]
    if (at := first_difference(encode_all, encoder_of(exact), probes)) is not None:
        return None, f"gigatoken encodes {probes[at]!r} in another way"
    return encode_all, f"gigatoken {importlib.metadata.version('gigatoken')}"


def plain(tokenizer_json: str) -> dict[str, list[dict[str, object]]]:
    """The definition as documents are encoded: without special tokens, templates, truncation and padding."""
    definition: dict[str, list[dict[str, object]]] = json.loads(tokenizer_json)
    added = [token for token in definition.get("added_tokens") or [] if not token["special"]]
    nothing = dict.fromkeys(("truncation", "padding", "post_processor"))
    return {**definition, **nothing, "added_tokens": added}  # type: ignore[dict-item]  # None is what the file has


def first_difference(fast: Encode, exact: Encode, texts: Sequence[str]) -> int | None:
    """The first text that two encoders disagree on."""
    same = [a == b for a, b in zip(fast(texts).to_pylist(), exact(texts).to_pylist(), strict=True)]
    return None if all(same) else same.index(False)


def excerpt(text: str, at: int) -> str:
    """The text where it is short, else a piece of it from a place that `at` (any number) chooses."""
    if len(text) <= SAMPLE:
        return text
    start = at % (len(text) - SAMPLE + 1)
    return text[start : start + SAMPLE]
