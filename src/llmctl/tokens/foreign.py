"""Vocabularies of other libraries as a `tokenizer.json` of the same ids.

* tiktoken: the ranks of a `.tiktoken` file; the file does not say how text is split, its name or the user does.
* BERT: a `vocab.txt`, an entry a line; lower case where no entry has a capital.
* GPT-2: `vocab.json` (or `encoder.json`) and the merges beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from tokenizers import AddedToken, Tokenizer, decoders, models
from tokenizers.pre_tokenizers import ByteLevel

from llmctl.errors import UserError
from llmctl.tokens.splits import CL100K, GPT2, NORMALIZERS, O200K, PRETOKENIZERS, QWEN2, byte_level

Ranks = Mapping[bytes, int]
RANK_SPLITS = {"gpt2": GPT2, "cl100k": CL100K, "o200k": O200K, "digits": QWEN2}
END, PROMPT = "<|endoftext|>", "<|endofprompt|>"
FILL = ("<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>")
ENCODINGS: dict[str, tuple[str, dict[str, int]]] = {  # tiktoken 0.14, tiktoken_ext/openai_public.py
    "gpt2": ("gpt2", {END: 50256}),
    "r50k_base": ("gpt2", {END: 50256}),
    "p50k_base": ("gpt2", {END: 50256}),
    "p50k_edit": ("gpt2", {END: 50256, FILL[0]: 50281, FILL[1]: 50282, FILL[2]: 50283}),
    "cl100k_base": ("cl100k", {END: 100257, FILL[0]: 100258, FILL[1]: 100259, FILL[2]: 100260, PROMPT: 100276}),
    "o200k_base": ("o200k", {END: 199999, PROMPT: 200018}),
}
BERT_SPECIALS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


def letters_of_bytes() -> dict[int, str]:
    """The printable letter that stands for each byte (openai/gpt-2, encoder.py, bytes_to_unicode)."""
    shown = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [b for b in range(256) if b not in shown]
    return {b: chr(b) for b in shown} | {b: chr(256 + n) for n, b in enumerate(hidden)}


def from_ranks(ranks: Ranks, name: str, split: str) -> Tokenizer:
    """tiktoken's: of all neighbours whose join is a token, the one of the lowest rank is joined first.

    `split` names how text is divided (RANK_SPLITS); where it is empty, `name` says so and which special tokens there are.
    """
    if not split and name not in ENCODINGS:
        raise UserError(
            f"a .tiktoken file does not say how text is split, and {name!r} is no encoding of OpenAI's "
            f"({', '.join(ENCODINGS)}); set pretokenizer to one of {', '.join(RANK_SPLITS)}"
        )
    pattern, specials = (split, {}) if split else ENCODINGS[name]
    letters = letters_of_bytes()
    spelled = {token: "".join(letters[b] for b in token) for token in ranks}
    vocabulary = {spelled[token]: rank for token, rank in ranks.items()} | specials
    merges = [(spelled[left], spelled[right]) for left, right in merges_of(ranks)]
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges, ignore_merges=pattern != "gpt2"))
    tokenizer.pre_tokenizer = byte_level((RANK_SPLITS[pattern],))
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, normalized=False, special=True) for token in specials])
    return tokenizer


def merges_of(ranks: Ranks) -> list[tuple[bytes, bytes]]:
    """The two tokens that each token is joined from, in the order of the ranks."""
    found = []
    for token, rank in sorted(ranks.items(), key=lambda item: item[1]):
        if len(token) > 1:
            pieces = joined(token, ranks, rank)
            if len(pieces) == 2:
                found.append((pieces[0], pieces[1]))
    return found


def joined(token: bytes, ranks: Ranks, below: int) -> list[bytes]:
    """The pieces of a token when all joins of a rank below its own are done."""
    pieces = [token[i : i + 1] for i in range(len(token))]
    while len(pieces) > 1:
        rank, at = min((ranks.get(a + b, below), i) for i, (a, b) in enumerate(pairwise(pieces)))
        if rank >= below:
            break
        pieces[at : at + 2] = [pieces[at] + pieces[at + 1]]
    return pieces


def from_wordpieces(entries: Sequence[str], normalizer: str) -> Tokenizer:
    """BERT's: the longest entry first, word by word; the normaliser is the one named, or where none is told by the capitals."""
    vocabulary = {entry: id for id, entry in enumerate(entries)}
    if "[UNK]" not in vocabulary or len(vocabulary) < len(entries):
        raise UserError("it is no vocabulary of BERT: [UNK] is not among its entries, or one stands twice")
    cased = any(entry != entry.lower() for entry in entries if not entry.startswith("["))
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=100))
    tokenizer.normalizer = NORMALIZERS[normalizer or ("bert-cased" if cased else "bert")]()
    tokenizer.pre_tokenizer = PRETOKENIZERS["wordpiece"]["bert"]()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.add_special_tokens([name for name in BERT_SPECIALS if name in vocabulary])
    return tokenizer


def from_merges(vocabulary: Mapping[str, int], lines: Sequence[str]) -> Tokenizer:
    """GPT-2's: a vocabulary and its merges, two pieces a line."""
    pairs = [tuple(line.split(" ")) for line in lines if line and not line.startswith("#version")]
    if any(len(pair) != 2 for pair in pairs):
        raise UserError("its merges are not two pieces a line")
    if len({*vocabulary.values()}) < len(vocabulary) or not all(0 <= id < 1 << 31 for id in vocabulary.values()):
        raise UserError("its ids are not whole numbers from 0 on, each once")
    if missing := next((piece for a, b in pairs for piece in (a, b, a + b) if piece not in vocabulary), None):
        raise UserError(f"its vocabulary and merges do not fit together: {missing!r} is no entry")
    tokenizer = Tokenizer(models.BPE(vocab=dict(vocabulary), merges=[(a, b) for a, b in pairs]))
    tokenizer.pre_tokenizer = ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(END, normalized=True, special=True)] if END in vocabulary else [])
    return tokenizer
