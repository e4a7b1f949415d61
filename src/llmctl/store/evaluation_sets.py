"""Evaluation sets that must not be in a corpus: read, searched for, and marked where the corpus holds them.

In: artifacts, Parquet, JSON Lines or task files. On disk, in the draft: the index over their texts, for the workers, and
for each unit its hits (`hits/UNIT.arrow`, a row a place). In the artifact: `_contaminated/`, the entries that were found.
"""

from __future__ import annotations

import functools
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from llmctl.errors import BadSettings, UserError
from llmctl.settings.dedup import OverlapSettings
from llmctl.settings.knobs import nearest
from llmctl.store.artifacts import manifest_of, require
from llmctl.store.files import fact_of, written_whole
from llmctl.store.signatures import read_arrow, write_arrow
from llmctl.store.tasks import read_rows
from llmctl.store.units import DOCUMENTS, Unit, read_unit
from llmctl.text.duplicates.contamination import Table, pieces_without, search, strongest, table_of
from llmctl.text.duplicates.cuts import Cuts
from llmctl.text.duplicates.evaluation import Entries, indexed, same_words, searchable
from llmctl.text.duplicates.holding import MEASURES, Limits
from llmctl.text.segment import utf8

HITS = pa.schema([
    ("row", pa.int64()), ("entry", pa.int64()), ("measure", pa.int64()), ("score", pa.float64()), ("start", pa.int64()),
    ("end", pa.int64()), ("place", pa.int64()), ("id", pa.string()),
])  # fmt: skip
PHRASES = pa.schema([("entry", pa.int64()), ("place", pa.int64())])
CONTAMINATED = pa.schema([
    ("set", pa.string()), ("row", pa.int64()), ("id", pa.string()), ("column", pa.string()), ("text", pa.large_string()),
    ("measure", pa.string()), ("score", pa.float64()), ("documents", pa.int64()), ("document_id", pa.string()),
])  # fmt: skip
FOLDER = "_contaminated"
COMMONPLACE = "commonplace.arrow"
FEW = 1000  # an entry of few words in a row is a phrase where more than one document in so many has it
UNIT_BITS = 40  # of a document's number stand below its unit's


@dataclass(frozen=True)
class Origin:
    """Where a text of a set stands."""

    path: str
    row: int
    id: str | None
    column: str
    text: str

    @property
    def name(self) -> str:
        """`FILE#row`, or `FILE#id` where the row has an id."""
        return f"{self.path}#{self.id or self.row}"


@dataclass
class Sets:
    """The entries of all sets that can be searched for, and how many could not; the same words are one entry."""

    origins: list[list[Origin]] = field(default_factory=list)
    told: list[dict[str, Any]] = field(default_factory=list)  # Any: JSON

    @property
    def texts(self) -> list[str]:
        """One text of each entry."""
        return [of[0].text for of in self.origins]

    @property
    def groups(self) -> list[int]:
        """Entries with an equal number may share a template: those of one column of one set."""
        known: dict[tuple[str, str], int] = {}
        return [known.setdefault((of[0].path, of[0].column), len(known)) for of in self.origins]

    def name(self, entry: int) -> str:
        """The name of the first row that has it."""
        return self.origins[entry][0].name


def key_files(paths: Sequence[str]) -> list[str]:
    """Everything whose content decides what is found."""
    return [
        str(file) for path in paths for file in ([Path(path)] if Path(path).suffix == ".toml" else []) + files_of(path)
    ]


def files_of(path: str) -> list[Path]:
    """The files with the rows of a set: of an artifact its parts, of a task its test file."""
    place = Path(path)
    if place.is_dir():
        parts = sorted(place.glob("part-*.parquet"))
        if not parts:
            raise UserError(f"--against {path}: the directory holds no part-*.parquet; name a file or an artifact")
        return parts
    return [_test_of(place)] if place.suffix == ".toml" else [place]


def _test_of(task: Path) -> Path:
    """The test file of a task; nothing else of the task matters here."""
    try:
        test = tomllib.loads(require(str(task)).read_text(encoding="utf-8"))["test"]
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSettings(f"--against {task} is not a TOML file: {error}") from None
    except KeyError:
        raise BadSettings(f"--against {task}: the key 'test' is missing, which names the file with the rows") from None
    return task.parent / str(test)


def read_sets(paths: Sequence[str], columns: Sequence[str], short: int) -> Sets:
    """Every text of the sets with at least `short` words; the others are counted, set by set."""
    sets, found = Sets(), list[Origin]()
    for path in paths:
        texts, rows = _texts_of(path, columns)
        long_enough = searchable([of.text for of in texts], short) if texts else np.empty(0, bool)
        if not long_enough.any():
            raise UserError(f"--against {path}: no text of {short} words or more (numbers aside) in {rows:,} rows; choose "
                            "columns with --against-columns, or lower overlap.short")  # fmt: skip
        found += [of for of, is_long in zip(texts, long_enough.tolist(), strict=True) if is_long]
        sets.told.append({"path": path, "rows": rows, "searchable": int(long_enough.sum()),
                          "too_short": int((~long_enough).sum())})  # fmt: skip
    entry: dict[int, list[Origin]] = {}
    for of, first in zip(found, same_words([of.text for of in found]), strict=True):
        entry.setdefault(first, []).append(of)
    sets.origins = list(entry.values())
    return sets


def _texts_of(path: str, columns: Sequence[str]) -> tuple[list[Origin], int]:
    """(the texts of a set, or of these columns of it; how many rows it has)."""
    wanted = columns or (("text",) if _is_artifact(path) else ())
    rows = [row for file in files_of(path) for row in read_rows(file)]
    found = [
        Origin(path, number, _id(row), name, text)
        for number, row in enumerate(rows)
        for name, text in _strings(row, "")
        if name != "id" and (not wanted or any(name == c or name.startswith(f"{c}.") for c in wanted))
    ]
    known = {name for row in rows for name in row} | {name for row in rows for name, _ in _strings(row, "")}
    unknown = [name for name in columns if name not in known]
    if unknown:
        raise BadSettings(f"--against-columns: {path} has no column {unknown[0]!r}{nearest(unknown[0], known)}")
    return found, len(rows)


def _is_artifact(path: str) -> bool:
    return Path(path).is_dir() and manifest_of(Path(path)) is not None


def _id(row: dict[str, Any]) -> str | None:
    return str(row["id"]) if row.get("id") not in (None, "") else None


def _strings(value: Any, name: str) -> Iterator[tuple[str, str]]:  # Any: JSON
    """The strings of a row with their names, those in lists and objects too (`choices.text`)."""
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, list):
        for part in value:
            yield from _strings(part, name)
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from _strings(part, f"{name}.{key}" if name else key)


def lay_index(sets: Sets, path: Path) -> None:
    """The index over the entries as one file."""
    write_arrow(path.with_name("names.arrow"), pa.table({"name": [of[0].name for of in sets.origins]}))
    entries = indexed(sets.texts, sets.groups)
    with written_whole(path) as temporary, temporary.open("wb") as sink:
        np.savez(sink, **entries._asdict())


@functools.lru_cache(maxsize=1)
def open_index(path: str) -> tuple[Entries, Table]:
    """The index, and the hash table over it; read once a worker."""
    with np.load(path) as arrays:
        entries = Entries(**{name: arrays[name] for name in Entries._fields})
    return entries, table_of(entries)


def limits_of(overlap: OverlapSettings) -> Limits:
    """When an entry is held."""
    return Limits(overlap.ngram, overlap.share_ngram, overlap.share, overlap.similarity)


def search_unit(overlap: OverlapSettings, work: str, schema: pa.Schema, unit: Unit) -> dict[str, Any]:
    """The hits of one unit. Runs in a worker."""
    entries, table = open_index(f"{work}/entries.npz")
    tables, rows = [HITS.empty_table()], 0
    for batch in read_unit(unit, DOCUMENTS, schema):
        if batch.rows.num_rows:
            hits = search(utf8(batch.rows["text"]), entries, table, limits_of(overlap))
            ids = batch.rows["id"].combine_chunks().cast(pa.string()).take(pa.array(hits.row))
            columns = [hits.row + rows, hits.entry, hits.measure, hits.score, hits.start, hits.end, hits.place, ids]
            tables.append(pa.table(columns, schema=HITS))
            rows += batch.rows.num_rows
    found = pa.concat_tables(tables)
    write_arrow(Path(work) / "hits" / f"{unit.name}.arrow", found)
    return {"hits": found.num_rows, "rows": rows}


def lay_commonplace(sets: Sets, work: Path, units: Sequence[str], documents: int, common: int) -> None:
    """What so many documents say that it is a phrase, no copy of an entry: it is no hit from here on.

    GPT-3 (2005.14165 C) ignores n-grams that more than 10 training documents have: most are common cultural phrases or
    legal boilerplate. Here too entries of fewer words, where more than one document in FEW has them as well.
    """
    seen: Counter[tuple[int, int]] = Counter()
    short: set[int] = set()
    for unit in units:
        hits = read_arrow(work / "hits" / f"{unit}.arrow").select(["row", "entry", "place", "measure"]).to_pylist()
        partial = [hit for hit in hits if MEASURES[hit["measure"]] in ("ngram", "contained")]
        seen.update((entry, place) for _, entry, place in {(hit["row"], hit["entry"], hit["place"]) for hit in partial})
        short |= {hit["entry"] for hit in partial if MEASURES[hit["measure"]] == "contained"}
    many = max(common, documents // FEW)
    phrases = sorted(of for of, n in seen.items() if common and n > (many if of[0] in short else common))
    columns = [[of[i] for of in phrases] for i in range(2)]
    write_arrow(work / COMMONPLACE, pa.table(columns, schema=PHRASES))
    for told in sets.told:
        if count := sum(sets.origins[entry][0].path == told["path"] for entry in {of[0] for of in phrases}):
            told["commonplace"] = count


def open_hits(work: Path, unit: str) -> pa.Table:
    """The hits of a unit, without phrases that are commonplace."""
    hits = read_arrow(work / "hits" / f"{unit}.arrow")
    phrases = read_arrow(work / COMMONPLACE) if (work / COMMONPLACE).exists() else PHRASES.empty_table()
    if not phrases.num_rows:
        return hits
    known = set(zip(*(phrases[name].to_pylist() for name in PHRASES.names), strict=True))
    places = zip(*(hits[name].to_pylist() for name in (*PHRASES.names, "measure")), strict=True)
    partial = [MEASURES.index("ngram"), MEASURES.index("contained")]
    return hits.filter(
        pa.array([measure not in partial or (e, p) not in known for e, p, measure in places], pa.bool_())
    )


def hits_of(work: Path, number: pa.Array) -> pa.Table:
    """The hits of the documents of a batch; `row` counts from its first."""
    if not len(number):
        return HITS.empty_table()
    first = number[0].as_py()
    hits = open_hits(work, f"{first >> UNIT_BITS:05d}")
    start = first & ((1 << UNIT_BITS) - 1)
    rows = hits["row"].to_numpy()
    a, b = np.searchsorted(rows, [start, start + len(number)])
    return hits.slice(a, b - a).set_column(0, "row", pa.array(rows[a:b] - start))


def entries_held(work: Path, number: pa.Array) -> pa.Array:
    """For each document of a batch the name of the entry that it holds most of, or null."""
    hits = hits_of(work, number)
    best = strongest(hits["row"].to_numpy(), hits["entry"].to_numpy(), hits["score"].to_numpy(), len(number))
    names = read_arrow(work / "names.arrow")["name"].combine_chunks()
    held = hits["entry"].combine_chunks().take(pa.array(best, mask=best < 0))
    return names.take(held)


def contaminated_cuts(
    work: Path, number: pa.Array, texts: pa.ChunkedArray, around: int
) -> tuple[Cuts, dict[int, float]]:
    """(what GPT-3's splitting takes from the documents of a batch, the documents of which nothing is left: their scores)."""
    spans: dict[int, list[tuple[int, int]]] = {}
    scores: dict[int, float] = {}
    for hit in hits_of(work, number).to_pylist():
        spans.setdefault(hit["row"], []).append((hit["start"], hit["end"]))
        scores[hit["row"]] = max(scores.get(hit["row"], 0.0), hit["score"])
    cuts: list[tuple[int, int, int]] = []
    gone = {}
    for row, found in spans.items():
        chars = len(texts[row].as_py())
        pieces = pieces_without(chars, found, around)
        bounds = [0, *(place for piece in pieces for place in piece), chars]
        cuts += [(row, a, b) for a, b in zip(bounds[::2], bounds[1::2], strict=True) if b > a]
        if not pieces:
            gone[row] = scores[row]
    places = np.array(cuts, np.int64).reshape(-1, 3)
    return Cuts(places[:, 0], places[:, 1], places[:, 2], ["contaminated"] * len(cuts)), gone


def lay_contaminated(sets: Sets, tables: Sequence[pa.Table], root: Path) -> dict[str, Any]:
    """`_contaminated/part-00000.parquet`, the entries that documents hold; the fact of the file."""
    hits = pa.concat_tables([HITS.empty_table(), *tables]).combine_chunks()
    entry, score = hits["entry"].to_numpy(), hits["score"].to_numpy()
    order = np.lexsort((np.arange(len(entry)), -score, entry))
    firsts = order[np.concatenate([[True], np.diff(entry[order]) > 0])] if len(order) else order
    ids = hits["id"].to_pylist()
    documents: dict[int, set[str]] = {}
    for number, id in zip(entry.tolist(), ids, strict=True):
        documents.setdefault(number, set()).add(id)
    measures = hits["measure"].to_pylist()
    rows = [
        {"set": of.path, "row": of.row, "id": of.id, "column": of.column, "text": of.text,
         "measure": MEASURES[measures[k]], "score": float(score[k]), "documents": len(documents[e]), "document_id": ids[k]}
        for k, e in zip(firsts.tolist(), entry[firsts].tolist(), strict=True) for of in sets.origins[e]
    ]  # fmt: skip
    path = root / FOLDER / "part-00000.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(path) as temporary:
        pq.write_table(pa.Table.from_pylist(rows, CONTAMINATED), temporary, compression="zstd", compression_level=3)
    for told in sets.told:
        told["held"] = len({row["row"] for row in rows if row["set"] == told["path"]})
    return fact_of(path, root, len(rows))
