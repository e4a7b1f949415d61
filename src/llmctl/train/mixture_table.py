"""What a run will read of each source, and what speaks against it: a table, before the first step is taken.

Per source (and with a temperature per language of it): tokens of an epoch, tokens that the run will see, how often that is all
of them, tokens a parameter. The order is a pure function, so what will be seen is counted, not estimated; only the share of
conversation is, from what a stream holds. Parameters are all of them, as Hoffmann et al. count them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from math import ceil
from typing import Any

from llmctl.model.size import Part
from llmctl.settings.pretrain import Data
from llmctl.store.tokens import Tokens
from llmctl.tokens.mixture import drawn
from llmctl.train.sources import Streams

Facts = dict[str, Any]  # Any: JSON

MIN_TOKENS_PER_PARAMETER = 20  # Hoffmann et al. 2022, arXiv:2203.15556, table 3: about 20 at every size
MAX_EPOCHS = (
    4  # Muennighoff et al. 2023, arXiv:2305.16264: up to 4 epochs repeated tokens are nearly as good as new ones
)
CONVERSATION = "conversation"  # of the column `source`
NAMED = 3  # sources that a warning names
TABLES = (
    "embedding",
    "head",
)  # parts of a model that Kaplan et al. 2020 (arXiv:2001.08361) leave out, beside positions


@dataclass(frozen=True)
class Read:
    """What a run reads of one stream."""

    tokens: Tokens
    share: Fraction  # of the sequences
    available: int  # tokens that one epoch predicts
    seen: int  # tokens that the run predicts

    @property
    def conversation(self) -> Fraction:
        """The tokens of conversation among those seen: as many as the stream has in its whole."""
        mine = self.tokens.kinds.are(CONVERSATION)
        held = int(self.tokens.lengths[mine].sum()) + int(mine.sum())
        return Fraction(self.seen * held, self.tokens.stream)


def readings(streams: Streams, data: Data, steps: int) -> list[Read]:
    """What so many steps read of each stream."""
    order = streams.order
    seen = drawn(steps * order.batch, order.shares)
    rows = zip(streams.tokens, order.shares, order.windows, seen, strict=True)
    whole = sum(order.shares)
    return [Read(t, Fraction(s, whole), w * data.sequence, n * data.sequence) for t, s, w, n in rows]


def mixture_facts(streams: Streams, data: Data, *, steps: int, model: Sequence[Part]) -> Facts:
    """The table as values, and its warnings; `model` is every part of the model."""
    reads, parameters = readings(streams, data, steps), sum(part.parameters for part in model)
    kept = [p for p in model if p.name not in TABLES and not p.name.endswith("positions")]
    tokens = sum(read.seen for read in reads)
    return {
        "parameters": parameters,
        "parameters_without_embeddings": sum(part.parameters for part in kept),
        "temperature": data.temperature or 1.0,
        **_row(reads, parameters),
        "conversation": round(float(sum(read.conversation for read in reads) / tokens), 6),
        "sources": list(_sources(reads, parameters)),
        "left_out": [{"path": t.path, "language": t.language, "tokens": t.stream} for t in streams.left_out],
        "warnings": warnings(streams, reads, data, parameters),
    }


def _sources(reads: Sequence[Read], parameters: int) -> Iterator[Facts]:
    for path, group in groupby(reads, key=lambda read: read.tokens.path):
        mine = list(group)
        languages = [{"language": r.tokens.language, **_row([r], parameters)} for r in mine if r.tokens.language]
        yield {"path": path, **_row(mine, parameters), "languages": languages}


def _row(reads: Sequence[Read], parameters: int) -> Facts:
    """Figures of some streams together."""
    available, seen = sum(read.available for read in reads), sum(read.seen for read in reads)
    return {
        "share": round(float(sum(read.share for read in reads)), 6),
        "available": available,
        "seen": seen,
        "epochs": round(seen / available, 4),
        "tokens_per_parameter": round(seen / parameters, 4),
    }


def warnings(streams: Streams, reads: Sequence[Read], data: Data, parameters: int) -> list[str]:
    """What a user should know before training, each one sentence with its reason."""
    tokens = sum(read.seen for read in reads)
    conversation = sum((read.conversation for read in reads), Fraction(0)) / tokens
    repeated = [(r.tokens.name, r.seen / r.available) for r in reads if r.seen > MAX_EPOCHS * r.available]
    said = []
    if tokens < MIN_TOKENS_PER_PARAMETER * parameters:
        steps = ceil(MIN_TOKENS_PER_PARAMETER * parameters / (data.batch * data.sequence))
        said.append(
            f"{tokens / parameters:.3g} tokens per parameter, below {MIN_TOKENS_PER_PARAMETER} (Hoffmann et al. 2022, "
            f"arXiv:2203.15556): a smaller model would learn more from as much compute; --max-steps {steps} reaches it"
        )
    if repeated:
        said.append(
            f"read more than {MAX_EPOCHS} times: {_named(repeated)} (Muennighoff et al. 2023, arXiv:2305.16264: up to "
            f"{MAX_EPOCHS} epochs repeated tokens are nearly as good as new ones, later they teach less and less)"
        )
    if conversation > Fraction(str(data.max_conversation)):
        said.append(
            f"{float(conversation):.1%} of the tokens are conversation, above data.max_conversation="
            f"{data.max_conversation:g}: too much of it can make a model take declarative instructions and direct "
            "questions for the opening of a conversation, which weakens the effect of instructions"
        )
    return [*said, *_of_languages(streams, data)]


def _of_languages(streams: Streams, data: Data) -> Iterator[str]:
    """What a temperature leaves out, or finds nothing to do with."""
    if streams.left_out:
        names = ", ".join(f"{t.name} with {t.stream:,} tokens" for t in streams.left_out)
        yield f"left out, since a language that fills no window of data.sequence={data.sequence} is not read: {names}"
    languages = {tokens.language for tokens in streams.tokens}
    if languages != {None} and len(languages) == 1:
        yield f"data.temperature={data.temperature:g} changes nothing: all documents are of one language, {languages.pop()}"


def _named(repeated: Sequence[tuple[str, float]]) -> str:
    worst = sorted(repeated, key=lambda item: -item[1])
    names = ", ".join(f"{name} {epochs:.2f} times" for name, epochs in worst[:NAMED])
    return f"{names}{f' and {len(worst) - NAMED} more' if len(worst) > NAMED else ''}"


def mixture_lines(facts: Mapping[str, Any]) -> list[str]:
    """The table for a person."""
    rows = [(row["path"], row, row["languages"]) for row in facts["sources"]]
    flat = [line for name, row, inner in rows for line in ((name, row), *((f"  {i['language']}", i) for i in inner))]
    wide = max(len("together"), *(len(name) for name, _ in flat))
    lines = [
        f"  {'tokens of':<{wide}}   share {'available':>15} {'to be seen':>15} {'epochs':>8} {'per parameter':>13}"
    ]
    lines += [
        f"  {name:<{wide}} {row['share']:>7.2%} {row['available']:>15,} {row['seen']:>15,} {row['epochs']:>8.2f} "
        f"{row['tokens_per_parameter']:>13.4g}"
        for name, row in [*flat, ("together", facts)]
    ]
    bare = facts["parameters_without_embeddings"]
    tempered = f"; temperature {facts['temperature']:g}" if facts["temperature"] > 1 else ""
    parameters = f"{facts['parameters']:,} parameters, {bare:,} of them not embeddings"
    return [*lines, f"  {parameters}; conversation {facts['conversation']:.1%} of the tokens{tempered}"]
