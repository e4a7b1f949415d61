"""Raw files as records: where they are found, how they are split, and rows of RAW_SCHEMA in batches bounded by bytes.

A table of readers: WARC and ARC by ranges of records, archives by ranges of members, JSON Lines, dumps and turn lists by
bytes, Parquet by rows, any other file as one record. What a file is, is decided in `text.sources.formats`; what its
records become, in the kinds of `text.sources`. Columns that a document has not are kept in `metadata`.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa

from llmctl.errors import UserError
from llmctl.store import archives, documents, jsonl, posts, tables, trees
from llmctl.store.artifacts import manifest_of, require
from llmctl.store.documents import BATCH_BYTES, Batch, SourceFile, Span, Unreadable
from llmctl.store.units import Reader
from llmctl.text.sources.companions import Companions, annotation_of, log_of
from llmctl.text.sources.formats import HEAD, ROW, Sniffed, sniff, unpacked_name
from llmctl.text.sources.raw import RAW_SCHEMA, file_row, raw_row
from llmctl.text.sources.scientific import arxiv_id
from llmctl.text.sources.web_archives import arc, warc

BATCH_RECORDS = 64
CONTAINERS = ("warc", "arc", "jsonl", "parquet", "posts")  # hold records of their own, which an archive hides
WEB_ARCHIVES = {"warc": warc, "arc": arc}
Rows = Iterator[dict[str, Any] | Unreadable]
Split = Callable[[SourceFile, Span, Path, int], list[Span]]


def reader(max_record_bytes: int) -> Reader:
    """The reader of raw records; a larger decoded record is cut and marked `too_large`."""
    return Reader(find, spans_of, columns_of, functools.partial(read, max_record_bytes), schema_of)


def find(source: str) -> list[Path]:
    """The files of one SOURCE: itself, the parts of an artifact, or every file below a directory, in name order."""
    place = require(source)
    if place.is_file():
        annotation = annotation_of(str(place), _is_file)
        return [place, Path(annotation)] if annotation else [place]
    if manifest_of(place) or any(place.glob("part-*.parquet")):
        return documents.find(source)
    found = [place / name for name in trees.files_below(place)]
    if not found:
        raise UserError(f"{source} holds no files; check the path")
    return found


def spans_of(file: SourceFile, spool: Path, target: int) -> list[Span]:
    """The file cut into ranges of about `target` bytes; none where it belongs to the record of another file."""
    form = _sniff(file.path).format.reader
    base = Span(str(file.path), file.name, form, file.digest, 0, file.path.stat().st_size, tree=file.tree)
    base = replace(base, size=base.end)
    if file.tree:
        kept = spool / f"{hashlib.sha256(file.tree.encode()).hexdigest()[:16]}.companions.json"
        if path_of(base) in trees.of_directory(Path(file.tree), kept).absorbed:
            return []
        base = replace(base, beside=str(kept))
    elif log_of(str(file.path), _is_file):
        return []
    return FORMS[form].split(file, base, spool, target)


def _is_file(name: str) -> bool:
    return Path(name).is_file()


def path_of(span: Span) -> str:
    """Where the file of a span lies in its source."""
    return Path(span.name).relative_to(span.tree).as_posix() if span.tree else Path(span.name).name


def _sniff(path: Path) -> Sniffed:
    try:
        with path.open("rb") as stream:
            return sniff(path.name, stream.read(HEAD))
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}") from None


def _record_ranges(file: SourceFile, base: Span, spool: Path, target: int) -> list[Span]:
    edges = [0]
    with file.path.open("rb") as stream:
        for record in WEB_ARCHIVES[base.form].index(stream):
            if record.offset - edges[-1] >= target:
                edges.append(record.offset)
    return _cut(base, [*edges, base.end])


def _cut(base: Span, edges: Sequence[int]) -> list[Span]:
    return [replace(base, start=a, end=b, size=b - a) for a, b in pairwise(edges)]


def _whole_file(file: SourceFile, base: Span, spool: Path, target: int) -> list[Span]:
    return [base]


def _of_documents(file: SourceFile, base: Span, spool: Path, target: int) -> list[Span]:
    try:
        cut = documents.spans_of(file, spool, target, needs=ROW)
    except UserError:
        if not file.tree:
            raise
        return [replace(base, form="damaged")]  # one of many files does not stop the others
    return [replace(span, form=base.form, tree=base.tree) for span in cut]


def _by_lines(file: SourceFile, base: Span, spool: Path, target: int) -> list[Span]:
    path = jsonl.unpack(file.path, spool / f"{file.digest}.lines") if _sniff(file.path).packing else file.path
    size = path.stat().st_size
    if base.form == "posts":
        base = replace(base, beside=str(posts.index(path, spool / f"{file.digest}.answers.npz")))
    return _cut(replace(base, path=str(path)), [*range(0, size, target), size])


def _member_ranges(file: SourceFile, base: Span, spool: Path, target: int) -> list[Span]:
    """Ranges of members by their numbers in the index; a submission to arXiv is one record, whatever it is packed in."""
    if arxiv_id(path_of(base)):
        return [replace(base, form="whole")]
    plain = archives.unpacked(file.path, _sniff(file.path).packing, spool / f"{file.digest}.archive")
    found = archives.index(plain, spool / f"{file.digest}.members.parquet")
    trees.of_archive(plain, found, spool / f"{file.digest}.companions.json")
    edges, sizes = [0], [0]
    for number, member in enumerate(found):
        if sizes[-1] >= target:
            edges.append(number)
            sizes.append(0)
        sizes[-1] += member.size + 512
    base = replace(base, path=str(plain), beside=str(spool / file.digest))
    pairs = zip(pairwise([*edges, len(found)]), sizes, strict=True)
    return [replace(base, start=a, end=b, size=size) for (a, b), size in pairs]


def columns_of(span: Span) -> dict[str, pa.DataType]:
    """Raw records have one schema; nothing is looked up."""
    return {}


def schema_of(found: Sequence[Mapping[str, pa.DataType]]) -> pa.Schema:
    """One schema for every format."""
    return RAW_SCHEMA


def read(max_record_bytes: int, span: Span, schema: pa.Schema) -> Iterator[Batch]:
    """The records of a span as rows of RAW_SCHEMA."""
    held: list[dict[str, Any]] = []
    lost: list[Unreadable] = []
    size = 0
    for row in FORMS[span.form].read(span, max_record_bytes):
        if isinstance(row, Unreadable):
            lost.append(row)
            continue
        held.append(row)
        size += sum(len(row[name] or "") for name in ("payload", "text", "metadata"))
        size += sum(len(content) for _, content in row["parts"] or ())
        if len(held) >= BATCH_RECORDS or size >= BATCH_BYTES:
            yield Batch(pa.Table.from_pylist(held, schema=RAW_SCHEMA), tuple(lost))
            held, lost, size = [], [], 0
    if held or lost:
        yield Batch(pa.Table.from_pylist(held, schema=RAW_SCHEMA), tuple(lost))


def _web_archive(span: Span, max_record_bytes: int) -> Rows:
    with Path(span.path).open("rb") as stream:
        for record in WEB_ARCHIVES[span.form].read(stream, span.start, span.end, max_record_bytes):
            yield raw_row(record, span.name, span.prefix)


def _file(span: Span, max_record_bytes: int) -> Rows:
    known = trees.load(span.beside) if span.beside else Companions()
    path = path_of(span)
    names = [path, *known.parts.get(path, ())]
    if not span.tree and (annotation := annotation_of(span.path, _is_file)):
        names.append(Path(annotation).name)
    root = Path(span.tree) if span.tree else Path(span.path).parent

    def content(name: str, limit: int) -> bytes:
        return _content(Path(span.path) if name == path else root / name, limit)

    yield _record(span, 0, names, known, content, max_record_bytes)


def _content(path: Path, limit: int) -> bytes:
    with path.open("rb") as stream:
        return stream.read(limit)


def _members(span: Span, max_record_bytes: int) -> Rows:
    found = archives.members(f"{span.beside}.members.parquet")
    known = trees.load(f"{span.beside}.companions.json")
    by_name = {member.name: member for member in found}
    with archives.Archive(span.path) as held:
        for member in found[span.start : span.end]:

            def content(name: str, limit: int, member: archives.Member = member) -> bytes:
                return held.read(member if name == member.name else by_name[name], limit)

            if member.problem:
                row = file_row(b"", member.name, None, span.name, member.offset, span.prefix)
                yield {**row, "payload": None, "problem": member.problem}
            elif member.name not in known.absorbed:
                names = [member.name, *known.parts.get(member.name, ())]
                yield _record(span, member.offset, names, known, content, max_record_bytes)


def _record(
    span: Span,
    offset: int,
    names: Sequence[str],
    known: Companions,
    content: Callable[[str, int], bytes],
    limit: int,
) -> dict[str, Any]:
    """The first of the named files as a record, with the others as its parts, all together of at most `limit` bytes."""
    path, *others = names
    row = file_row(b"", path, None, span.name, offset, span.prefix)
    try:
        packed = content(path, limit + 1)
        sniffed = sniff(path, packed[:HEAD])
        payload = archives.inflated(packed, sniffed.packing, limit + 1)
        row["path"] = unpacked_name(path) if sniffed.packing else path
        parts, left = [], limit - len(payload)
        for name in others:
            parts.append((name, content(name, max(left, 0) + 1)))
            left -= len(parts[-1][1])
    except archives.BROKEN:
        return {**row, "payload": None, "problem": "unreadable:broken_archive"}
    if sniffed.format.reader in CONTAINERS:
        return {**row, "payload": None, "problem": "nested"}
    row |= {"content_type": sniffed.format.content_type, "license": known.license_above(path)}
    if left < 0:
        return {**row, "payload": None, "problem": "too_large"}
    return {**row, "payload": payload, "parts": parts or None}


def _damaged(span: Span, max_record_bytes: int) -> Rows:
    yield Unreadable(f"{span.prefix}:0", span.name, 0, "parquet")


def _turns(span: Span, max_record_bytes: int) -> Rows:
    with Path(span.path).open("rb") as stream:
        for offset, line in jsonl.lines(stream, span.start, span.end):
            row = file_row(line or b"", path_of(span), None, span.name, offset, span.prefix)
            too_large = line is None or len(line) > max_record_bytes
            yield {**row, "payload": None, "problem": "too_large"} if too_large else row


@dataclass(frozen=True)
class Form:
    """How records lie in a form of file: what it is cut into, and how a piece is read."""

    split: Split
    read: Callable[[Span, int], Rows]


FORMS = {
    "warc": Form(_record_ranges, _web_archive),
    "arc": Form(_record_ranges, _web_archive),
    "archive": Form(_member_ranges, _members),
    "jsonl": Form(_of_documents, tables.read_jsonl),
    "parquet": Form(_of_documents, tables.read_parquet),
    "posts": Form(_by_lines, posts.read),
    "turns": Form(_by_lines, _turns),
    "whole": Form(_whole_file, _file),
    "damaged": Form(_whole_file, _damaged),
}
