"""tokenize: train a tokenizer or take one, and encode.

documents -> `_tokenizer.json` + rows of `id, ids, tokens, url, source, lang`. `ids` hold the document alone: separators and
packing are choices of training. Training reads a sample of the documents; encoding is a row stage like any other, in bulk
where that gives the same ids, which every batch proves by a sample.
"""

from __future__ import annotations

import functools
import json
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash
from numpy.typing import NDArray
from tokenizers import Tokenizer

from llmctl.errors import UserError
from llmctl.settings.how import How
from llmctl.settings.tokenize import Tokenize
from llmctl.store import megatron, training_text
from llmctl.store.artifacts import Draft, Outcome
from llmctl.store.files import fact_of, read_text, write_text
from llmctl.store.rows import Prepared, RowStage, Verdict, run_rows, workers_for
from llmctl.store.tokenizers import files_of, import_tokenizer, load_tokenizer
from llmctl.store.units import Plan
from llmctl.store.verdicts import keep_all
from llmctl.tokens import bulk, training
from llmctl.tokens.decoding import Decode, decoder_of, is_lossless
from llmctl.tokens.encoding import Encode, encoder_of, literal, special_ids, width

VERSION = 3
TOKENIZER, MEGATRON = "_tokenizer.json", "_megatron"
KEPT = ("id", "ids", "tokens", "url", "source", "lang")
EXACT = "tokenizers"  # the encoder that is right by definition
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # workers encode; training in threads costs half as much again


class Encoder(NamedTuple):
    """How a worker encodes: by the tokenizer at a path, in bulk or not, decoding again or not."""

    path: str
    bulk: bool
    verify: bool


class Tools(NamedTuple):
    """The same, made."""

    tokenizer: Tokenizer
    exact: Encode  # by `tokenizers`: what is right
    encode: Encode
    bulk: bool
    name: str  # of the bulk encoder, or why there is none
    decode: Decode | None
    lossless: bool
    special: NDArray[np.int64]  # ids that no text should have


def run(settings: Tokenize, sources: list[str], out: str | None, how: How) -> Outcome:
    """Tokenize the documents of `sources` into `out`."""
    also = tuple(map(str, files_of(Path(settings.tokenizer)))) if settings.tokenizer else ()

    def stage(distrusted: str) -> RowStage:
        passes = functools.partial(prepare, settings, distrusted)
        return RowStage("tokenize", VERSION, judge_nothing, prepare=passes, also=also)

    try:
        outcome = run_rows(stage(""), settings, sources, out, how)
    except bulk.Differs as difference:
        outcome = run_rows(stage(str(difference)), settings, sources, out, how)
    return replace(outcome, warnings=[*outcome.warnings, *warnings(settings, outcome)])


def warnings(settings: Tokenize, outcome: Outcome) -> list[str]:
    """What a user should know of how it was encoded."""
    where: Mapping[str, Any] = outcome.manifest.get("where") or {}
    said = [str(where["distrusted"])] if "distrusted" in where else []
    if outcome.out == "-" and (settings.train or settings.export):
        said.append("-o - gives ids alone: what was trained or exported is kept only with -o TOKENS, a directory")
    if changed := where.get("changed", 0):
        said.append(
            f"{changed:,} of {where['verified']:,} documents do not come back byte for byte: this tokenizer normalises its "
            f"input, or has no token for all of it"
        )
    if "special" in where:
        said.append(
            f"{where['special']:,} ids of special tokens stand in documents whose text has their names: this tokenizer takes "
            f"them for the tokens, which a Unigram model does with every entry of its vocabulary"
        )
    if settings.verify and where and "verified" not in where:
        said.append(
            f"{outcome.out} was encoded before without --verify, and nothing was decoded now; --force encodes it again"
        )
    return said


def prepare(settings: Tokenize, distrusted: str, draft: Draft, plan: Plan, how: How) -> Prepared:
    """The tokenizer first (trained, or the one given), then the encoder that uses it.

    `distrusted` says why the bulk encoder's ids were found wrong: all units are encoded again without it.
    """
    path = draft.path / TOKENIZER
    made = draft.finished("tokenizer")
    if made is None:
        how.progress(0, 0, "tokenizer")
        text, made = train(settings, draft, plan, how) if settings.train else (given(settings), {})
        write_text(path, text)
        draft.finish("tokenizer", made)
    if distrusted and not draft.finished("distrusted"):
        draft.forget(plan.units)
        draft.finish("distrusted", {"distrusted": distrusted})
    known = draft.finished("distrusted") or {}
    tools = load(Encoder(str(path), settings.bulk and not known, settings.verify))
    encoder = Encoder(str(path), tools.bulk, settings.verify)
    where = {"encoder": tools.name if tools.bulk else EXACT, **known}
    where |= {"not_in_bulk": tools.name} if settings.bulk and not known and not tools.bulk else {}
    counts = {"vocab": tools.tokenizer.get_vocab_size(with_added_tokens=True)}
    return Prepared(
        functools.partial(judge, encoder), files=(fact_of(path, draft.path),), counts=counts, where=where,
        more={"trained_on": made} if settings.train else {},
        last=functools.partial(export, draft.path, width(tools.tokenizer)) if settings.export else None,
    )  # fmt: skip


def export(root: Path, kind: pa.DataType) -> list[dict[str, Any]]:
    """The ids as other trainers read them, laid beside the shards; the files' lines in the manifest."""
    return [fact_of(path, root) for path, _ in megatron.export(root, root / MEGATRON, kind)]


def train(settings: Tokenize, draft: Draft, plan: Plan, how: How) -> tuple[str, dict[str, int]]:
    """(a tokenizer of the documents of the plan, how many documents and bytes it was trained on)."""
    told = Counter[str]()
    chosen = training_text.rates_of(settings, draft, plan, workers_for(plan, how))
    recipe = training.Recipe(
        str(settings.train), settings.vocab_size, settings.min_frequency, settings.split, settings.norm,
        first=(settings.end_token, *settings.special_tokens), last=settings.added, alphabet=settings.alphabet,
    )  # fmt: skip

    def texts() -> Any:  # an iterator of texts, anew for every pass over them
        told.clear()
        return training_text.texts_of(settings, plan, chosen, told)

    return training.train(recipe, texts), dict(told)


def given(settings: Tokenize) -> str:
    """The tokenizer file as a tokenizer.json, once it is known to load."""
    return import_tokenizer(Path(str(settings.tokenizer)), settings.pretokenizer, settings.normalizer)


@functools.lru_cache(maxsize=2)
def load(encoder: Encoder) -> Tools:
    """The tools of an encoder, once a process."""
    text = read_text(Path(encoder.path))
    tokenizer = literal(load_tokenizer(Path(encoder.path)))
    fast, name = bulk.bulk_encoder(text, tokenizer) if encoder.bulk else (None, EXACT)
    decode = decoder_of(tokenizer) if encoder.verify else None
    lossless = is_lossless(json.loads(text))
    exact = encoder_of(tokenizer)
    special = special_ids(json.loads(text), tokenizer)
    return Tools(tokenizer, exact, fast or exact, fast is not None, name, decode, lossless, special)


def judge(encoder: Encoder, batch: pa.Table, settings: Tokenize) -> Verdict:
    """Encode; nothing is removed."""
    tools = load(encoder)
    ids = tools.encode(batch["text"].to_pylist())
    lengths = pc.list_value_length(ids).cast(pa.uint32())
    made = {"ids": ids, "tokens": lengths}
    rows = pa.table({name: made[name] if name in made else batch[name] for name in KEPT})
    counts = {"tokens": len(ids.values), "text_bytes": pc.sum(pc.binary_length(batch["text"])).as_py() or 0}
    if batch.num_rows:
        counts |= by_group(batch, lengths)
        counts |= compare(tools, batch) if encoder.bulk else {}
        counts |= verify(tools, ids, batch) if encoder.verify else {}
        named = int(np.isin(ids.values.to_numpy(), tools.special).sum())
        counts |= {"where/special": named} if named else {}
    return keep_all(rows, counts=counts)


def compare(tools: Tools, batch: pa.Table) -> dict[str, int]:
    """Encode one document of the batch (an excerpt of a long one) by `tokenizers` too; bulk.Differs where ids do."""
    hashes = [xxhash.xxh3_64_intdigest(id.encode()) for id in batch["id"].to_pylist()]
    row = int(np.argmin(hashes))
    text = bulk.excerpt(batch["text"][row].as_py(), hashes[row])
    if bulk.first_difference(tools.encode, tools.exact, [text]) is not None:
        raise bulk.Differs(
            f"gigatoken encodes document {batch['id'][row].as_py()} in another way than tokenizers does; all was encoded by "
            f"tokenizers"
        )
    return {"where/compared": 1}


def verify(tools: Tools, ids: pa.Array, batch: pa.Table) -> dict[str, int]:
    """Decode again and compare bytes; UserError where a tokenizer that loses nothing lost something."""
    assert tools.decode
    same = pc.equal(tools.decode(ids), batch["text"].combine_chunks().cast(pa.large_binary()).cast(pa.binary()))
    lost = batch.num_rows - (pc.sum(same).as_py() or 0)
    if lost and tools.lossless:
        row = same.index(False).as_py()
        raise UserError(
            f"document {batch['id'][row].as_py()} does not come back byte for byte, though nothing in the tokenizer loses "
            f"anything; encode it with --set bulk=false"
        )
    return {"where/verified": batch.num_rows, "where/changed": lost}


def by_group(batch: pa.Table, lengths: pa.Array) -> dict[str, int]:
    """Documents, tokens, bytes and characters by language and by source, for the manifest's counts."""
    text = batch["text"]
    sizes = {"tokens": lengths, "bytes": pc.binary_length(text), "characters": pc.utf8_length(text)}
    found: dict[str, int] = {}
    for name, missing in (("lang", "und"), ("source", "other")):
        groups = pc.fill_null(batch[name], missing).combine_chunks()
        table = pa.table({"group": groups, **sizes}).group_by("group", use_threads=False)
        for row in table.aggregate([(column, "sum") for column in sizes] + [([], "count_all")]).to_pylist():
            place = f"by_{name}/{row['group'].replace('/', '_')}"
            found[f"{place}/documents"] = row["count_all"]
            found |= {f"{place}/{column}": row[f"{column}_sum"] or 0 for column in sizes}
    return found


def judge_nothing(batch: pa.Table, settings: Tokenize) -> Verdict:
    """Stands until `prepare` has made the encoder."""
    return keep_all(batch.select([name for name in KEPT if name in batch.column_names]))
