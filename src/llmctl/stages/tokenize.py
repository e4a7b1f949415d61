"""tokenize: train a tokenizer or take one, and encode.

documents -> `_tokenizer.json` + rows of `id, ids, url, source, lang`. `ids` hold the document alone: separators and packing are
choices of training. Training reads all documents once; encoding is a row stage like any other.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from tokenizers import Tokenizer

from llmctl.settings.how import How
from llmctl.settings.tokenize import Tokenize
from llmctl.store.artifacts import Draft, Outcome
from llmctl.store.files import fact_of, read_text, write_text
from llmctl.store.rows import Prepared, RowStage, Verdict, run_rows
from llmctl.store.tokenizers import load_tokenizer
from llmctl.store.units import DOCUMENTS, Plan, read_unit
from llmctl.store.verdicts import keep_all
from llmctl.tokens import bpe

VERSION = 2
TOKENIZER = "_tokenizer.json"
KEPT = ("id", "ids", "url", "source", "lang")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # the engine's workers are the parallelism


def run(settings: Tokenize, sources: list[str], out: str | None, how: How) -> Outcome:
    """Tokenize the documents of `sources` into `out`."""
    also = (settings.tokenizer,) if settings.tokenizer else ()
    stage = RowStage("tokenize", VERSION, judge_nothing, prepare=functools.partial(prepare, settings), also=also)
    return run_rows(stage, settings, sources, out, how)


def prepare(settings: Tokenize, draft: Draft, plan: Plan, how: How) -> Prepared:
    """The tokenizer first (trained, or a copy of the one given), then the encoder that uses it."""
    path = draft.path / TOKENIZER
    if not draft.finished("tokenizer"):
        how.progress(0, 0, "tokenizer")
        text = train(settings, plan) if settings.train else given(str(settings.tokenizer))
        write_text(path, text)
        draft.finish("tokenizer", {})
    tokenizer = load(str(path))
    counts = {"vocab": tokenizer.get_vocab_size(with_added_tokens=True)}
    return Prepared(functools.partial(judge, str(path)), files=(fact_of(path, draft.path),), counts=counts)


def train(settings: Tokenize, plan: Plan) -> str:
    """A tokenizer from every document of the plan."""
    return bpe.train_bpe(
        texts_of(plan),
        vocab_size=settings.vocab_size,
        min_frequency=settings.min_frequency,
        end_token=settings.end_token,
    )


def texts_of(plan: Plan) -> Iterator[str]:
    """Every text, in input order, a batch in memory at a time."""
    for unit in plan.units:
        for batch in read_unit(unit, DOCUMENTS, plan.schema):
            yield from batch.rows["text"].to_pylist()


def given(path: str) -> str:
    """A tokenizer.json as it is, once it is known to load."""
    load_tokenizer(Path(path))
    return read_text(Path(path))


@functools.lru_cache(maxsize=2)
def load(path: str) -> Tokenizer:
    """The tokenizer, once a process."""
    return bpe.literal(load_tokenizer(Path(path)))


def judge(path: str, batch: pa.Table, settings: Tokenize) -> Verdict:
    """Encode; nothing is removed."""
    ids = bpe.encode(load(path), batch["text"].to_pylist())
    rows = pa.table({name: ids if name == "ids" else batch[name] for name in KEPT})
    nbytes = pc.sum(pc.binary_length(batch["text"])).as_py() or 0
    return keep_all(rows, counts={"tokens": len(ids.values), "text_bytes": nbytes})


def judge_nothing(batch: pa.Table, settings: Tokenize) -> Verdict:
    """Stands until `prepare` has made the encoder."""
    return keep_all(batch.select([name for name in KEPT if name in batch.column_names]))
