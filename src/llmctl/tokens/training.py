"""Train a tokenizer: byte-level BPE, WordPiece or Unigram, one row of TRAINERS each.

texts -> the text of a `tokenizer.json`. The result depends on the texts alone: not on their order, on threads, or on the
process. BPE (Sennrich et al. 2016, arXiv:1508.07909) is `tokenizers`' as it is. WordPiece there numbers the letters that
continue a word in the order of a hash map, so they are given to it sorted. Unigram there differs from run to run (scores
by up to 0.07 on 3 MB of text), so it is trained by SentencePiece (Kudo 2018, arXiv:1804.10959), the reference.
"""

from __future__ import annotations

import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

from llmctl.errors import UserError
from llmctl.tokens import sentencepiece
from llmctl.tokens.splits import NORMALIZERS, PRETOKENIZERS

Texts = Callable[[], Iterator[str]]  # the same texts each time it is called
BYTES = {f"<0x{byte:02X}>" for byte in range(256)}  # entries of Unigram
CONTINUES = "##"  # WordPiece: a letter that continues a word (Wu et al. 2016; BERT)
UNKNOWN = {"wordpiece": "[UNK]", "unigram": "<unk>"}
ALL = 0x110000  # letters: every code point
THREADS = 2  # of SentencePiece, whatever the workers: its sums depend on how many there are


@dataclass(frozen=True)
class Recipe:
    """What a tokenizer is to be."""

    model: str  # a row of TRAINERS
    vocab_size: int  # all entries
    min_frequency: int
    pretokenizer: str
    normalizer: str
    first: tuple[str, ...]  # special tokens with the first ids: the end token, then others
    last: tuple[str, ...]  # special tokens with the last ids: what denoising objectives add
    alphabet: int  # WordPiece: letters at most, the most frequent ones; others are unknown

    @property
    def begins(self) -> list[str]:
        """The tokens with the first ids: also what stands for the unknown, where the model needs it."""
        unknown = UNKNOWN.get(self.model)
        return [*self.first, *([unknown] if unknown and unknown not in self.first else [])]

    @property
    def room(self) -> int:
        """Entries besides the last special tokens."""
        return self.vocab_size - len(self.last)


def train(recipe: Recipe, texts: Texts) -> str:
    """A tokenizer of the recipe; UserError where the vocabulary cannot hold the alphabet of the texts."""
    tokenizer = TRAINERS[recipe.model](recipe, texts)
    if (size := tokenizer.get_vocab_size()) > recipe.room:
        raise UserError(
            f"the letters and special tokens of these texts alone are {size:,} entries; raise --vocab-size to "
            f"{size + len(recipe.last):,} or more" + (", or lower alphabet" if recipe.model == "wordpiece" else "")
        )
    tokenizer.add_special_tokens([AddedToken(name, normalized=False, special=True) for name in recipe.last])
    refuse_names_of_text(recipe, tokenizer)
    return str(tokenizer.to_str(pretty=True))


def refuse_names_of_text(recipe: Recipe, tokenizer: Tokenizer) -> None:
    """UserError where text can have the id of a special token: its name is a letter, a byte or a piece of the vocabulary."""
    names = [*recipe.begins, *recipe.last]
    special = {tokenizer.token_to_id(name) for name in names} - {tokenizer.token_to_id(UNKNOWN.get(recipe.model, ""))}
    tokenizer.encode_special_tokens = True
    for name in names:
        made = {*tokenizer.encode(f"a{name} {name}", add_special_tokens=False).ids, *tokenizer.encode(name).ids}
        if made & special or name.startswith(CONTINUES) or (recipe.model == "unigram" and name in BYTES):
            raise UserError(
                f"the special token {name!r} is also a piece of text here; give it a name with signs, as <|{name}|>"
            )


def skeleton(recipe: Recipe, model: models.Model) -> Tokenizer:
    """A tokenizer without a vocabulary: how text is normalised and split."""
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = NORMALIZERS[recipe.normalizer]()
    tokenizer.pre_tokenizer = PRETOKENIZERS[recipe.model][recipe.pretokenizer]()
    return tokenizer


def train_bpe(recipe: Recipe, texts: Texts) -> Tokenizer:
    """Byte-level BPE: all 256 bytes are entries, so nothing is unknown."""
    tokenizer = skeleton(recipe, models.BPE())
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=recipe.room, min_frequency=recipe.min_frequency, special_tokens=recipe.begins,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()), show_progress=False,
    )  # fmt: skip
    tokenizer.train_from_iterator(texts(), trainer)
    return tokenizer


def train_wordpiece(recipe: Recipe, texts: Texts) -> Tokenizer:
    """WordPiece: first which letters begin and continue words, then the vocabulary on top of them, sorted."""
    letters = wordpieces(recipe, texts, (), None, vocab_size=0).get_vocab()
    begin = sorted(letters.keys() - {*recipe.begins} - {c for c in letters if c.startswith(CONTINUES) and len(c) > 2})
    if len(begin) > recipe.alphabet:
        begin = most_frequent(recipe, texts, recipe.alphabet)
    known = set(begin)
    continuing = sorted(c for c in letters if c.startswith(CONTINUES) and len(c) > 2 and c[2:] in known)
    tokenizer = wordpieces(recipe, texts, continuing, begin, vocab_size=recipe.room)
    definition = json.loads(tokenizer.to_str())
    definition["added_tokens"] = [t for t in definition["added_tokens"] if t["content"] in recipe.begins]
    return Tokenizer.from_str(json.dumps(definition))


def wordpieces(
    recipe: Recipe, texts: Texts, continuing: Sequence[str], begin: list[str] | None, *, vocab_size: int
) -> Tokenizer:
    """One training; `continuing` letters are numbered before all others, `begin` are the only letters (None: all)."""
    tokenizer = skeleton(recipe, models.WordPiece(unk_token=UNKNOWN["wordpiece"]))
    tokenizer.decoder = decoders.WordPiece(CONTINUES, cleanup=False)
    trainer = trainers.WordPieceTrainer(
        vocab_size=vocab_size, min_frequency=recipe.min_frequency, special_tokens=[*recipe.begins, *continuing],
        initial_alphabet=begin or [], limit_alphabet=ALL if begin is None else len(begin), show_progress=False,
    )  # fmt: skip
    tokenizer.train_from_iterator(texts(), trainer)
    return tokenizer


def most_frequent(recipe: Recipe, texts: Texts, count: int) -> list[str]:
    """The most frequent letters of the normalised texts, of equals the smaller code points."""
    normalizer = skeleton(recipe, models.WordPiece()).normalizer
    found: Counter[int] = Counter()
    for text in texts():
        told = normalizer.normalize_str(text) if normalizer else text
        points, counts = np.unique(np.frombuffer(told.encode("utf-32-le"), np.uint32), return_counts=True)
        found.update(dict(zip(points.tolist(), counts.tolist(), strict=True)))
    ordered = sorted((c for c in found if not chr(c).isspace()), key=lambda c: (-found[c], c))
    return sorted(map(chr, ordered[:count]))


def train_unigram(recipe: Recipe, texts: Texts) -> Tokenizer:
    """Unigram with the 256 bytes for what is rare; spaces are a letter of their own. Holds all lines: their order counts there."""
    from sentencepiece import SentencePieceTrainer

    model = io.BytesIO()
    normalizer = NORMALIZERS[recipe.normalizer]()
    lines = (line for text in texts() for line in (normalizer.normalize_str(text) if normalizer else text).split("\n"))
    try:
        SentencePieceTrainer.train(
            sentence_iterator=iter(sorted(line for line in lines if line)), model_writer=model, model_type="unigram",
            vocab_size=max(1, recipe.room - len(recipe.begins) + 1), hard_vocab_limit=False, byte_fallback=True,
            normalization_rule_name="identity", remove_extra_whitespaces=False, max_sentence_length=1 << 30,
            input_sentence_size=0, shuffle_input_sentence=False, split_digits=recipe.pretokenizer == "digits",
            unk_id=0, bos_id=-1, eos_id=-1, pad_id=-1, num_threads=THREADS, minloglevel=3,
        )  # fmt: skip
    except (RuntimeError, OSError) as error:
        raise UserError(f"no Unigram vocabulary comes of these texts: {reason(error, recipe)}") from None
    pieces = sentencepiece.read(model.getvalue()).pieces
    vocabulary = [(name, 0.0) for name in recipe.begins]
    vocabulary += [(p.piece, p.score) for p in pieces if p.kind in (sentencepiece.NORMAL, sentencepiece.BYTE)]
    tokenizer = skeleton(recipe, models.Unigram(vocabulary, recipe.begins.index(UNKNOWN["unigram"]), True))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([tokenizer.pre_tokenizer, sentencepiece.apart(recipe.begins)])
    tokenizer.decoder = sentencepiece.decoder(prefixed=True)
    tokenizer.add_special_tokens([AddedToken(name, normalized=False, special=True) for name in recipe.begins])
    return tokenizer


def reason(error: Exception, recipe: Recipe) -> str:
    """SentencePiece's error in our words, where it is one that texts and settings give."""
    if "sentences_.empty" in str(error):
        return "they are empty"
    if needed := re.search(r"required_chars\.? ?\d+ vs (\d+)", str(error).replace("\n", " ")):
        return f"--vocab-size needs to be at least {int(needed[1]) + len(recipe.begins) + len(recipe.last):,}"
    return str(error).rpartition("] ")[2].strip() or str(error)


TRAINERS: dict[str, Callable[[Recipe, Texts], Any]] = {
    "bpe": train_bpe, "wordpiece": train_wordpiece, "unigram": train_unigram,
}  # fmt: skip
