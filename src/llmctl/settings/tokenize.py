"""tokenize: train a tokenizer or take one, and encode."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from llmctl.settings.knobs import BadValue, Size, knob

MODELS = ("bpe", "wordpiece", "unigram")
SPLITS = {  # of each model, its own first
    "bpe": ("gpt2", "digits", "cjk"),
    "wordpiece": ("bert", "digits"),
    "unigram": ("metaspace", "digits"),
}
IMPORTED = ("gpt2", "cl100k", "o200k", "digits")  # of the ranks of a .tiktoken file
TRAINING = ("vocab_size", "min_frequency", "alphabet", "end_token", "special_tokens", "mode_tokens", "sentinels",
            "train_bytes", "sources", "languages")  # fmt: skip
NORMALIZERS = ("none", "nfc", "nfkc", "lowercase", "bert", "bert-cased")


@dataclass(frozen=True)
class Tokenize:
    """documents -> tokenizer + token shards."""

    train: str | None = knob(
        None, "train a tokenizer on these documents: byte-level BPE, WordPiece, Unigram", option=True, choices=MODELS
    )
    vocab_size: int = knob(8192, "entries of the trained vocabulary, all special tokens included", option=True, low=257,
                          high=10_000_000)  # fmt: skip
    tokenizer: str | None = knob(
        None, "one to use: tokenizer.json, .tiktoken, SentencePiece .model, BERT's vocab.txt, GPT-2's vocab.json",
        option=True, metavar="FILE", keyed=False,
    )  # fmt: skip
    pretokenizer: str = knob(
        "", "how text is split: bpe gpt2|digits|cjk, wordpiece bert|digits, unigram metaspace|digits (the first of them); "
        "of .tiktoken ranks gpt2|cl100k|o200k|digits (by the name of the file)", option=True, metavar="NAME",
    )  # fmt: skip
    verify: bool = knob(False, "decode every document again and compare bytes", option=True, keyed=False)
    export: tuple[str, ...] = knob(
        (), "lay the ids out for other trainers too: megatron", option=True, metavar="LIST", choices=("megatron",)
    )
    normalizer: str = knob("", "what is done to text before it is split (wordpiece: bert, else none)",
                           choices=("", *NORMALIZERS))  # fmt: skip
    min_frequency: int = knob(2, "a pair seen less often is not merged (bpe, wordpiece)", low=1)
    alphabet: int = knob(1000, "wordpiece: letters at most; rarer ones are unknown", low=1)
    end_token: str = knob("<|endoftext|>", "the trained vocabulary's separator of documents, id 0")
    special_tokens: tuple[str, ...] = knob((), "further special tokens of the trained vocabulary, after the end token")
    mode_tokens: bool = knob(False, "name UL2's modes [R] [S] [X] at the end of the trained vocabulary")
    sentinels: int = knob(
        0, "sentinels <extra_id_0> ... at the end of the trained vocabulary, for denoising", low=0, high=1_000_000
    )
    train_bytes: Size = knob(
        Size(1_000_000_000), "text to train on at most, drawn by the ids of documents (0: all)", low=0
    )
    sources: Mapping[str, float] = knob({}, "share of each source in the training text, `all` for the rest")
    languages: Mapping[str, float] = knob({}, "share of each language in the training text, `all` for the rest")
    bulk: bool = knob(True, "encode with gigatoken where it gives the ids of tokenizers", keyed=False)
    shard_bytes: Size = knob(Size(0), "bytes of a unit of work (0: by the size of the input)", low=0)

    def __post_init__(self) -> None:
        if (self.train is None) == (self.tokenizer is None):
            raise BadValue("tokenize needs either --train bpe|wordpiece|unigram or --tokenizer FILE")
        given = {name: getattr(self, name) for name in TRAINING} if self.tokenizer else {}
        changed = [name for name, value in given.items() if value != self.__dataclass_fields__[name].default and value]
        if changed:
            raise BadValue(f"{changed[0].replace('_', '-')} is for --train; leave it out beside --tokenizer")
        names = (self.end_token, *self.special_tokens, *self.added)
        if self.train and (len({*names}) < len(names) or not all(names)):
            raise BadValue("end_token and special_tokens need names, each another, and none of the sentinels and modes")
        known = SPLITS[self.train] if self.train else IMPORTED
        if self.pretokenizer and self.pretokenizer not in known:
            what = f"--train {self.train}" if self.train else "a .tiktoken file"
            raise BadValue(f"pretokenizer: no {self.pretokenizer!r} for {what}; known: {', '.join(known)}")
        for name in ("sources", "languages"):
            weights = getattr(self, name)
            if any(not 0 <= weight < float("inf") for weight in weights.values()) or (
                weights and not any(weights.values())
            ):
                raise BadValue(f"{name}: shares are numbers from 0, and one of them is above 0")
        if self.train and len(self.added) + 256 >= self.vocab_size:
            raise BadValue(
                f"--vocab-size {self.vocab_size} leaves no room beside {len(self.added)} sentinels and modes"
            )

    @property
    def split(self) -> str:
        """How the text of a trained vocabulary is split."""
        return self.pretokenizer or SPLITS[self.train or "bpe"][0]

    @property
    def norm(self) -> str:
        """What is done to the text of a trained vocabulary first."""
        return self.normalizer or ("bert" if self.train == "wordpiece" else "none")

    @property
    def added(self) -> tuple[str, ...]:
        """The special tokens at the end, as objectives name them: modes, then sentinels."""
        modes = ("[R]", "[S]", "[X]") if self.mode_tokens else ()
        return (*modes, *(f"<extra_id_{n}>" for n in range(self.sentinels)))
