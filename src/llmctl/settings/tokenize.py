"""tokenize: train a tokenizer or take one, and encode."""

from __future__ import annotations

from dataclasses import dataclass

from llmctl.settings.knobs import BadValue, Size, knob


@dataclass(frozen=True)
class Tokenize:
    """documents -> tokenizer + token shards."""

    train: str | None = knob(
        None, "train a tokenizer on these documents: byte-level BPE", option=True, choices=("bpe",)
    )
    vocab_size: int = knob(
        8192, "entries of the trained vocabulary, the end token and 256 bytes included", option=True, low=257
    )
    min_frequency: int = knob(2, "a pair seen less often is not merged", low=1)
    end_token: str = knob("<|endoftext|>", "the trained vocabulary's separator of documents")
    tokenizer: str | None = knob(None, "a tokenizer.json to use", option=True, metavar="FILE", keyed=False)
    shard_bytes: Size = knob(Size(0), "bytes of a unit of work (0: by the size of the input)", low=0)

    def __post_init__(self) -> None:
        if (self.train is None) == (self.tokenizer is None):
            raise BadValue("tokenize needs either --train bpe or --tokenizer FILE")
