"""How text falls into pieces before it is merged: the published patterns, and the presets of a vocabulary of one's own.

Patterns are facts of the models that use them, in the syntax of Oniguruma; each row names its source. Byte-level presets
lose nothing. Where a pattern is one that the bulk encoder knows, the preset uses that spelling.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from tokenizers import Regex, normalizers, pre_tokenizers

CONTRACTIONS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
WORDS = r"[^\r\n\p{L}\p{N}]?\p{L}+"
REST = r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
UPPER, LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"

GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"  # openai/gpt-2, encoder.py
CL100K = f"{CONTRACTIONS}|{WORDS}|\\p{{N}}{{1,3}}|{REST}"  # tiktoken 0.14, openai_public.py; Llama 3's tokenizer.json
QWEN2 = f"{CONTRACTIONS}|{WORDS}|\\p{{N}}|{REST}"  # Qwen2's tokenizer.json: as CL100K, every digit by itself
O200K = "|".join((
    f"[^\\r\\n\\p{{L}}\\p{{N}}]?{UPPER}*{LOWER}+{CONTRACTIONS}?",
    f"[^\\r\\n\\p{{L}}\\p{{N}}]?{UPPER}+{LOWER}*{CONTRACTIONS}?",
    r"\p{N}{1,3}", r" ?[^\s\p{L}\p{N}]+[\r\n/]*", r"\s*[\r\n]+", r"\s+(?!\S)", r"\s+",
))  # fmt: skip  # tiktoken 0.14, openai_public.py
HAN_AND_KANA = "[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+"
DEEPSEEK3 = (  # DeepSeek-V3's tokenizer.json: numbers by three digits, runs of Han and kana apart from all else
    r"\p{N}{1,3}",
    HAN_AND_KANA,
    "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+"
    "| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+",
)

BLANK = "\u2581"  # SentencePiece writes a space so


def byte_level(patterns: Sequence[str]) -> pre_tokenizers.PreTokenizer:
    """Split by each pattern in turn, then bytes as printable letters."""
    letters = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    return pre_tokenizers.Sequence([*(pre_tokenizers.Split(Regex(p), "isolated") for p in patterns), letters])


PRETOKENIZERS: Mapping[str, Mapping[str, Callable[[], pre_tokenizers.PreTokenizer]]] = {
    "bpe": {
        "gpt2": lambda: pre_tokenizers.ByteLevel(add_prefix_space=False),
        "digits": lambda: byte_level((QWEN2,)),  # Llama splits all numbers into digits (arXiv:2302.13971, section 2.1)
        "cjk": lambda: byte_level(DEEPSEEK3),
    },
    "wordpiece": {
        "bert": pre_tokenizers.BertPreTokenizer,
        "digits": lambda: pre_tokenizers.Sequence([pre_tokenizers.BertPreTokenizer(), pre_tokenizers.Digits(True)]),
    },
    "unigram": {
        "metaspace": lambda: pre_tokenizers.Metaspace(BLANK, "always"),
        "digits": lambda: pre_tokenizers.Sequence([pre_tokenizers.Metaspace(BLANK, "always"), pre_tokenizers.Digits(True)]),
    },
}  # fmt: skip

NORMALIZERS: Mapping[str, Callable[[], normalizers.Normalizer | None]] = {
    "none": lambda: None,
    "nfc": normalizers.NFC,
    "nfkc": normalizers.NFKC,
    "lowercase": lambda: normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()]),
    "bert": lambda: normalizers.BertNormalizer(lowercase=True),
    "bert-cased": lambda: normalizers.BertNormalizer(lowercase=False),
}
