"""The tokenizer of a GGUF file, rebuilt from its metadata as one of Hugging Face.

In: an open file. Out: a `tokenizers.Tokenizer` with the ids of the file. Two kinds: `gpt2`, byte-level BPE whose text is
first split as `tokenizer.ggml.pre` names; and `llama`, SentencePiece BPE, whose merges follow from the scores. Anything
else is refused by name, since a split guessed wrong gives plausible ids and wrong numbers. Splits and defaults are those
of llama.cpp (src/llama-vocab.cpp: llm_tokenizer_bpe, impl::load), and each is checked there against its own expected ids.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tokenizers import Tokenizer, decoders, models, processors

from llmctl.store.gguf_files import Gguf
from llmctl.tokens import sentencepiece
from llmctl.tokens.splits import CL100K, GPT2, QWEN2
from llmctl.tokens.splits import byte_level as split_to_bytes


@dataclass(frozen=True)
class Split:
    """How text falls into pieces before merging: by each pattern in turn. The rest are llama.cpp's defaults with it."""

    patterns: tuple[str, ...]
    whole_first: bool = False  # a piece that is a token stays whole, whatever the merges say
    begins: bool = False  # the BOS token goes in front, unless the file says otherwise


DIGITS = Split((r"\p{N}", GPT2))
LLAMA3 = Split((CL100K,), whole_first=True, begins=True)
SPLITS = {
    "gpt-2": Split((GPT2,)),
    "default": Split((r"[\p{P}\$\+<=>\^~\|]+", GPT2, r"\p{N}+", "[0-9][0-9][0-9]")),
    "smollm": DIGITS,
    "starcoder": DIGITS,
    "refact": DIGITS,
    "codeshell": DIGITS,
    "llama-bpe": LLAMA3,
    "llama3": LLAMA3,
    "llama-v3": LLAMA3,
    "falcon3": LLAMA3,
    "qwen2": Split((QWEN2,)),
    "deepseek-coder": Split(
        ("[\r\n]", r"\s?\p{L}+", r"\s?\p{P}+", "[\u4e00-\u9fa5\u0800-\u4e00\uac00-\ud7ff]+", r"\p{N}")
    ),
}


def tokenizer_of(file: Gguf) -> Tokenizer:
    """The tokenizer that the file describes; UserError names what is not understood."""
    kind = file.needed("tokenizer.ggml.model")
    if kind not in BUILDERS:
        raise file.refuse(f"has a tokenizer of kind {kind!r}; understood are {', '.join(BUILDERS)}")
    tokens: list[str] = file.needed("tokenizer.ggml.tokens")
    tokenizer, begins = BUILDERS[kind](file, tokens)
    if file.said.get("tokenizer.ggml.add_bos_token", begins):
        begin = file.whole("tokenizer.ggml.bos_token_id")
        tokenizer.post_processor = processors.TemplateProcessing(
            single=[tokens[begin], "$A"], pair=[tokens[begin], "$A", "$B"], special_tokens=[(tokens[begin], begin)]
        )
    return tokenizer


def byte_level(file: Gguf, tokens: Sequence[str]) -> tuple[Tokenizer, bool]:
    """`gpt2`: bytes as printable letters, merged in the order of the file; and whether a BOS token is usual."""
    name = file.needed("tokenizer.ggml.pre")
    if name not in SPLITS:
        raise file.refuse(f"splits its text as {name!r} (tokenizer.ggml.pre); understood are {', '.join(SPLITS)}")
    split = SPLITS[name]
    merges = [(left, right) for left, _, right in (m.partition(" ") for m in file.needed("tokenizer.ggml.merges"))]
    vocabulary = {token: id for id, token in enumerate(tokens)}
    try:
        tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges, ignore_merges=split.whole_first))
    except Exception as error:  # the library raises a bare Exception for a merge of pieces that are no tokens
        raise file.refuse(f"has a vocabulary that does not fit together ({error})") from None
    tokenizer.pre_tokenizer = split_to_bytes(split.patterns)
    tokenizer.decoder = decoders.ByteLevel()
    sentencepiece.add_whole(tokenizer, tokens, file.said.get("tokenizer.ggml.token_type", []))
    return tokenizer, split.begins


def sentence_piece(file: Gguf, tokens: Sequence[str]) -> tuple[Tokenizer, bool]:
    """`llama`: the pair whose join has the highest score is merged first; unknown characters become bytes."""
    types = file.said.get("tokenizer.ggml.token_type", []) or [sentencepiece.NORMAL] * len(tokens)
    pieces = map(sentencepiece.Piece, tokens, file.needed("tokenizer.ggml.scores"), types)
    unknown = file.whole("tokenizer.ggml.unknown_token_id", 0)
    prefixed = bool(file.said.get("tokenizer.ggml.add_space_prefix", True))
    return sentencepiece.tokenizer_of(sentencepiece.Model(tuple(pieces), unknown, prefixed=prefixed)), True


BUILDERS = {"gpt2": byte_level, "llama": sentence_piece}
