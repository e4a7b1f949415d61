"""show DOCS|TOKENS fertility: what tokenizers spend on the languages and sources of a data set, side by side.

In: documents, evenly spread over the artifact, or those that token shards decode to, and tokenizers. Out: for all, each language
and each source what a word, a character and a byte cost under each tokenizer (`tokens.fertility`), and for each language with
enough text how many times the tokens of a vocabulary of its own (`tokens.own_vocabulary`), with a warning above TOO_MANY.
Memory: the texts that are read, about MOST_BYTES of them; 0.6 GB in all on a crawl. Cost: some 1.5 s a megabyte and tokenizer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from llmctl.errors import BadSettings, UserError
from llmctl.store import lineage
from llmctl.store.tokenizers import load_tokenizer, read_tokenizer
from llmctl.store.tokens import TOKENIZER
from llmctl.store.units import as_parquet
from llmctl.text.segment import find_words, utf8
from llmctl.tokens.fertility import Counts, Encoded, Floats, Subject, add, encode, figures, no_counts, subject_of
from llmctl.tokens.own_vocabulary import (
    ENOUGH_BYTES,
    ENTRIES,
    HALF_BYTES,
    TOO_MANY,
    compared,
    halves,
    too_little,
    train_own,
)

Facts = dict[str, Any]  # Any: JSON
UNKNOWN = "unknown"  # the group of documents without a language or source
OTHERS = "(others)"
MOST_DOCUMENTS, MOST_BYTES = 20_000, 20_000_000  # that are read: half a minute a tokenizer
MOST_GROUPS = 100  # of a kind, a flag an entry of the vocabulary each; what comes later is counted as one
TEXT_OF_IDS = 2  # bytes of text a byte of ids, about: a token of 2 bytes stands for some 4 letters
USUAL_NAMES = ("tokenizer.json", TOKENIZER)  # which say nothing without their folder
RULE = (
    f"a warning is more than {TOO_MANY} times the tokens that a byte-level BPE of at most {ENTRIES:,} entries takes on one half "
    f"of a language's documents after it was trained on the other (at most {HALF_BYTES / 1e6:g} MB each, "
    f"{ENOUGH_BYTES / 1e3:g} kB together at least); low and high: 95 % interval over documents"
)


@dataclass
class Decoded:
    """How far the texts of token shards are what was tokenized."""

    subject: Subject
    documents: int = 0
    unequal: int = 0  # documents whose text does not give the ids that are stored


@dataclass
class Tally:
    """Everything that one pass over the documents gathers."""

    groups: dict[tuple[str, str], list[Counts]] = field(default_factory=dict)  # a tokenizer each
    texts: dict[str, list[str]] = field(default_factory=dict)  # by language
    documents: int = 0
    nbytes: int = 0


def fertility_of(
    given: Path, tokenizers: Sequence[str], documents: int = MOST_DOCUMENTS, nbytes: int = MOST_BYTES
) -> Facts:
    """The figures of each tokenizer (file) on documents or TOKENS; of TOKENS without one, of their own."""
    if given.is_file() and given.suffix != ".parquet" and not tokenizers:
        raise BadSettings(f"{given} holds texts; say whose fertility: --tokenizer FILE, once or several times")
    with as_parquet(given) as place:
        return {**measured(place, tokenizers, documents, nbytes), "path": str(given)}


def measured(place: Path, tokenizers: Sequence[str], documents: int, nbytes: int) -> Facts:
    """The same of a directory or a Parquet file."""
    decoded = decoder_of(place, tokenizers)
    paths = [*tokenizers] or [str(place / TOKENIZER)]
    subjects = {name: subject_of(read_tokenizer(Path(path))) for name, path in named(paths).items()}
    tally = Tally()
    for texts, languages, sources in batches(place, decoded, documents, nbytes):
        count(tally, list(subjects.values()), texts, languages, sources)
    if not tally.documents:
        raise UserError(f"{place} holds no documents; there is nothing to measure")
    own = own_rows(tally.texts, subjects)
    return {
        "path": str(place), "documents": tally.documents, "of": lineage.row_count(place), "bytes": tally.nbytes,
        "decoded": decoded and decoded_facts(decoded), "rule": RULE,
        "tokenizers": [
            {"name": name, "path": path, "vocabulary": subjects[name].size} for name, path in named(paths).items()
        ],
        "verdict": verdict(own), "warnings": [{**row, "message": message(row)} for row in own if row["warned"]],
        "groups": group_rows(tally.groups, subjects), "own": own,
    }  # fmt: skip


def decoder_of(place: Path, tokenizers: Sequence[str]) -> Decoded | None:
    """What decodes the ids of TOKENS; None where there are texts. BadSettings where no tokenizer is known."""
    columns = lineage.columns_of(place)
    if "text" in columns:
        if not tokenizers and not (place / TOKENIZER).is_file():
            raise BadSettings(f"{place} holds texts; say whose fertility: --tokenizer FILE, once or several times")
        return None
    if "ids" not in columns:
        raise UserError(f"{place} holds neither texts nor ids; fertility reads documents or what tokenize wrote")
    return Decoded(subject_of(load_tokenizer(place / TOKENIZER)))


def named(paths: Sequence[str]) -> dict[str, str]:
    """Short names: the file's, with its folder where that says nothing, the whole path where two would be called alike."""
    short = [Path(path).name for path in paths]
    short = [
        f"{Path(p).parent.name}/{name}" if name in USUAL_NAMES else name for p, name in zip(paths, short, strict=True)
    ]
    return {path if short.count(name) > 1 else name: path for path, name in zip(paths, short, strict=True)}


def batches(
    place: Path, decoded: Decoded | None, documents: int, nbytes: int
) -> Iterator[tuple[pa.Array, list[str], list[str]]]:
    """(texts, languages, sources) of at most so many documents of about so many bytes, evenly spread over the artifact."""
    column = "ids" if decoded else "text"
    size = lineage.column_bytes(place, column) * (TEXT_OF_IDS if decoded else 1)
    most = min(documents, int(lineage.row_count(place) * min(1.0, nbytes / max(size, 1))) + 1)
    for rows in lineage.kept_rows(place, (column, "lang", "source"), most):
        readable = rows.filter(pc.is_valid(rows[column]))
        texts = decode(decoded, readable) if decoded else readable["text"].cast(pa.large_string()).combine_chunks()
        if len(texts):
            yield texts, labels(readable, "lang"), labels(readable, "source")


def labels(rows: pa.Table, column: str) -> list[str]:
    """A column of names; what has none is `unknown`."""
    if column not in rows.column_names:
        return [UNKNOWN] * rows.num_rows
    return [value or UNKNOWN for value in rows[column].to_pylist()]


def decode(decoded: Decoded, rows: pa.Table) -> pa.Array:
    """The texts of ids, and whether they give the same ids again."""
    ids = rows["ids"].to_pylist()
    texts = decoded.subject.tokenizer.decode_batch(ids, skip_special_tokens=False)
    again = encode(decoded.subject, texts)
    ends = np.cumsum(again.lengths_N).tolist()
    pairs = zip(ids, [0, *ends], ends, strict=False)
    decoded.unequal += sum(again.ids[a:b].tolist() != one for one, a, b in pairs)
    decoded.documents += len(ids)
    return pa.array(texts, pa.large_string())


def decoded_facts(decoded: Decoded) -> Facts:
    """What is known of decoded texts, and a sentence where they may not be what was tokenized."""
    note = None
    if decoded.unequal:
        note = f"the texts of {decoded.unequal:,} of {decoded.documents:,} documents do not give their ids again"
    elif not decoded.subject.exact:
        note = "texts are as the tokenizer writes them: what it normalised, split off or did not know is not in them"
    return {"documents": decoded.documents, "unequal": decoded.unequal, "lossless": note is None, "note": note}


def count(
    tally: Tally, subjects: Sequence[Subject], texts: pa.Array, languages: Sequence[str], sources: Sequence[str]
) -> None:
    """Count a batch of texts under every tokenizer, for all of them, their languages and their sources."""
    plain, sizes_N3 = texts.to_pylist(), sizes_of(texts)
    encoded = [encode(subject, plain) for subject in subjects]
    tally.documents += len(plain)
    tally.nbytes += int(sizes_N3[:, 2].sum())
    for language, text in zip(languages, plain, strict=True):
        tally.texts.setdefault(language, []).append(text)
    add_groups(tally, subjects, encoded, sizes_N3, {"all": ["all"] * len(plain), "lang": languages, "source": sources})


def sizes_of(texts: pa.Array) -> Floats:
    """Words (UAX #29), characters (code points) and bytes (UTF-8) of each text."""
    words = np.diff(find_words(utf8(texts)).rows)
    return np.column_stack([words, pc.utf8_length(texts), pc.binary_length(texts)]).astype(np.float64)


def add_groups(
    tally: Tally,
    subjects: Sequence[Subject],
    encoded: Sequence[Encoded],
    sizes_N3: Floats,
    kinds: Mapping[str, Sequence[str]],
) -> None:
    """Count a batch in every group that its texts belong to."""
    for by, labels in kinds.items():
        for label in dict.fromkeys(labels):
            many = sum(kind == by for kind, _ in tally.groups) >= MOST_GROUPS
            key = (by, OTHERS if many and (by, label) not in tally.groups else label)
            counts = tally.groups.setdefault(key, [no_counts(subject) for subject in subjects])
            member_N = np.array([other == label for other in labels], np.bool_)
            for one, subject, ids in zip(counts, subjects, encoded, strict=True):
                add(one, subject, ids, sizes_N3, member_N)


def group_rows(groups: Mapping[tuple[str, str], list[Counts]], subjects: Mapping[str, Subject]) -> list[Facts]:
    """One row a group and tokenizer: all documents, then languages, then sources, the largest first."""
    kinds = ("all", "lang", "source")
    ordered = sorted(groups.items(), key=lambda item: (kinds.index(item[0][0]), -item[1][0].documents, item[0][1]))
    return [
        {"by": by, "group": group, "tokenizer": name, **figures(one, subject)}
        for (by, group), counts in ordered
        for one, (name, subject) in zip(counts, subjects.items(), strict=True)
    ]


def own_rows(texts: Mapping[str, Sequence[str]], subjects: Mapping[str, Subject]) -> list[Facts]:
    """One row a language and tokenizer beside a vocabulary of the language's own; `why` says where there can be none."""
    rows: list[Facts] = []
    sizes = {min(ENTRIES, subject.size) for subject in subjects.values()}
    for lang, found in sorted(texts.items(), key=lambda item: (-len(item[1]), item[0])):
        trained, measured = halves(found)
        why = too_little(trained, measured)
        owns = {size: train_own(trained, size) for size in sizes} if why is None else {}
        for name, subject in subjects.items():
            row: Facts = {"lang": lang, "tokenizer": name, "documents": len(measured), "why": why, "warned": False}
            if why is None:
                own = owns[min(ENTRIES, subject.size)]
                row |= {"own_vocabulary": own.size, **compared(subject, own, measured)}
                row["warned"] = row["ratio"] is not None and row["ratio"] > TOO_MANY
            rows.append(row)
    return rows


def verdict(own: Sequence[Facts]) -> str:
    """What the comparisons say together, as a sentence."""
    compared = {row["lang"] for row in own if row["why"] is None}
    if not compared:
        return "no language was compared with a vocabulary of its own: of each there is too little text"
    left_out = len({row["lang"] for row in own}) - len(compared)
    badly = len({row["lang"] for row in own if row["warned"]})
    told = f"languages that a tokenizer serves badly: {badly} of {len(compared)}"
    return told + (f"; of {left_out} more there is too little text to tell" if left_out else "")


def message(row: Facts) -> str:
    """A warning as a sentence."""
    interval = "" if row["low"] is None else f" (95 % interval {row['low']:.1f} to {row['high']:.1f})"
    return (
        f"{row['lang']}: {row['tokenizer']} takes {row['ratio']:.1f} times the tokens{interval} that a vocabulary of its own would "
        f"({row['own_vocabulary']:,} entries trained on the other half of these texts): it was trained on other text, or on "
        "little of this; train one with llmctl tokenize --train, or give the language more weight"
    )
