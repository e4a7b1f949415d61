"""Stack Exchange `Posts.xml`: every question with its answers, which lie anywhere behind it in the dump.

One pass notes where answers lie, by question (24 bytes an answer, sorted); then any range of bytes gives its questions,
and the answers are read from where they are. Rows are lines (archive.org/details/stackexchange, readme.txt).
"""

from __future__ import annotations

import functools
import json
from codecs import BOM_UTF8
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from llmctl.store import jsonl
from llmctl.store.documents import Span, Unreadable
from llmctl.store.files import written_whole
from llmctl.text.sources.questions.stackexchange import ANSWER, QUESTION, attributes_of, post_from, post_of
from llmctl.text.sources.raw import file_row

FRAME = (b"<?xml", b"<posts>", b"</posts>")  # lines of a dump that hold no row
Integers = npt.NDArray[np.int64]


class Answers(NamedTuple):
    """Where the answers to each question lie: `offset` sorted by `parent`, then by place; `questions` sorted."""

    parent: Integers
    offset: Integers
    questions: Integers


def index(dump: Path, target: Path) -> Path:
    """Note where answers lie; `target` keeps it."""
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        parents, offsets, questions = [], [], []
        with dump.open("rb") as stream:
            for offset, line in jsonl.lines(stream, 0, dump.stat().st_size):
                post = post_of(line or b"")
                if post and post.kind == QUESTION:
                    questions.append(post.id)
                elif post and post.kind == ANSWER and post.parent is not None:
                    parents.append(post.parent)
                    offsets.append(offset)
        by, at = np.array(parents, np.int64), np.array(offsets, np.int64)
        order = np.lexsort((at, by))
        with written_whole(target) as temporary, temporary.open("wb") as stream:
            np.savez(stream, parent=by[order], offset=at[order], questions=np.unique(np.array(questions, np.int64)))
    return target


@functools.lru_cache(maxsize=2)
def answers(target: str) -> Answers:
    """What was noted."""
    with np.load(target) as held:
        return Answers(held["parent"], held["offset"], held["questions"])


def read(span: Span, limit: int) -> Iterator[dict[str, Any] | Unreadable]:
    """The questions that begin in a range of bytes with their answers, and the posts that are neither."""
    known = answers(span.beside)
    path = Path(span.name).relative_to(span.tree).as_posix() if span.tree else span.name
    with Path(span.path).open("rb") as stream, Path(span.path).open("rb") as elsewhere:
        for offset, line in jsonl.lines(stream, span.start, span.end):
            row = {**file_row(b"", path, None, span.name, offset, span.prefix), "payload": None}
            attributes = attributes_of(line or b"")
            post = post_from(attributes) if attributes else None
            if post is None:
                if b"<row" in (line or b"<row") or not (line or b"").removeprefix(BOM_UTF8).lstrip().startswith(FRAME):
                    why = (
                        "line_too_long" if line is None else "broken_archive" if line.startswith(b"<broken") else "xml"
                    )
                    yield {**row, "problem": f"unreadable:{why}"}
            elif post.kind == QUESTION:
                given = {"question": attributes, "answers": list(_answers(elsewhere, known, post.id))}
                metadata = json.dumps(given, ensure_ascii=False)
                yield {**row, "metadata": metadata} if len(metadata) <= limit else {**row, "problem": "too_large"}
            elif post.kind != ANSWER or not _has(known.questions, post.parent):
                yield {**row, "problem": "orphan" if post.kind == ANSWER else "type"}


def _has(questions: Integers, question: int | None) -> bool:
    at = int(np.searchsorted(questions, -1 if question is None else question))
    return at < len(questions) and int(questions[at]) == question


def _answers(stream: IO[bytes], known: Answers, question: int) -> Iterator[dict[str, str]]:
    first, last = np.searchsorted(known.parent, [question, question + 1])
    for offset in known.offset[first:last]:
        stream.seek(int(offset))
        if attributes := attributes_of(stream.readline(jsonl.MAX_LINE)):
            yield attributes
