"""Sets as they are on disk: columns within columns, texts that stand in several rows, phrases that say nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from llmctl.errors import BadSettings
from llmctl.store.evaluation_sets import (
    HITS,
    Origin,
    Sets,
    lay_commonplace,
    lay_contaminated,
    open_hits,
    read_sets,
)
from llmctl.store.signatures import write_arrow
from llmctl.text.duplicates.holding import CONTAINED, NGRAM, SHARE

PASSAGE = "The river rises in the hills and reaches the sea after ninety miles."


def laid(path: Path, *rows: dict[str, Any]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def test_texts_in_lists_and_objects_are_entries_too(tmp_path: Path) -> None:
    row = {"id": "q1", "question": {"stem": "Where does the long river rise?",
           "choices": [{"label": "A", "text": "in the hills of the north"}, {"label": "B", "text": "nowhere"}]}}  # fmt: skip
    path = laid(tmp_path / "set.jsonl", row)
    sets = read_sets([path], [], 5)
    assert [(of[0].name, of[0].column, of[0].text) for of in sets.origins] == [
        (f"{path}#q1", "question.stem", "Where does the long river rise?"),
        (f"{path}#q1", "question.choices.text", "in the hills of the north"),
    ]
    assert sets.told == [{"path": path, "rows": 1, "searchable": 2, "too_short": 3}]


def test_a_column_may_be_chosen_with_what_is_in_it(tmp_path: Path) -> None:
    path = laid(
        tmp_path / "set.jsonl",
        {"a": {"b": PASSAGE, "c": "one more text of six words"}, "d": "and here five words stand"},
    )
    assert [of[0].column for of in read_sets([path], ["a"], 5).origins] == ["a.b", "a.c"]
    assert [of[0].column for of in read_sets([path], ["a.b", "d"], 5).origins] == ["a.b", "d"]
    with pytest.raises(BadSettings, match="no column 'e'"):
        read_sets([path], ["e"], 5)


def test_the_same_words_are_one_entry_and_every_row_with_them_is_marked(tmp_path: Path) -> None:
    """A passage stands in a row for each of its questions."""
    path = laid(
        tmp_path / "set.jsonl", *({"context": text, "n": i} for i, text in enumerate([PASSAGE, PASSAGE.upper()]))
    )
    sets = read_sets([path], [], 5)
    assert [len(of) for of in sets.origins] == [2]
    hits = pa.table([[0], [0], [SHARE], [1.0], [0], [40], [0], ["doc"]], schema=HITS)
    lay_contaminated(sets, [hits], tmp_path)
    rows = pq.read_table(tmp_path / "_contaminated").to_pylist()
    assert [(row["row"], row["text"]) for row in rows] == [(0, PASSAGE), (1, PASSAGE.upper())]
    assert sets.told[0]["held"] == 2


def test_columns_and_sets_have_templates_of_their_own(tmp_path: Path) -> None:
    one = laid(tmp_path / "one.jsonl", {"q": "one two three four five", "a": "six seven eight nine ten"})
    two = laid(tmp_path / "two.jsonl", {"q": "eleven twelve thirteen fourteen fifteen"})
    assert read_sets([one, two], [], 5).groups == [0, 1, 2]


def entry(number: int) -> list[Origin]:
    return [Origin("set", number, None, "text", f"text {number}")]


def hits_in(work: Path, unit: str, rows: list[tuple[int, int, int, int]]) -> None:
    """Hits of a unit: row, entry, measure, place."""
    table = [{"row": row, "entry": e, "measure": m, "score": 0.5, "start": 0, "end": 9, "place": p, "id": f"{unit}{row}"}
             for row, e, m, p in rows]  # fmt: skip
    write_arrow(work / "hits" / f"{unit}.arrow", pa.Table.from_pylist(table, HITS))


def left(work: Path) -> set[tuple[int, int, int]]:
    """(entry, measure, place) of the hits of both units that count."""
    return {(h["entry"], h["measure"], h["place"]) for unit in "ab" for h in open_hits(work, unit).to_pylist()}


def test_an_ngram_that_more_than_ten_documents_have_is_a_phrase(tmp_path: Path) -> None:
    """Counted over all units, and by the place in the entry; a whole entry of many words is never one."""
    hits_in(tmp_path, "a", [(row, *hit) for row in range(8) for hit in ((0, NGRAM, 0), (1, NGRAM, 0), (2, SHARE, 0))])
    hits_in(tmp_path, "b", [*((row, 0, NGRAM, 0) for row in range(3)), (3, 1, NGRAM, 0), (4, 0, NGRAM, 20),
                            *((row, 2, SHARE, 0) for row in range(9)), (9, 0, SHARE, 0),
                            (5, 1, NGRAM, 0), (5, 1, NGRAM, 0)])  # fmt: skip
    sets = Sets([entry(0), entry(1), entry(2)], [{"path": "set"}])
    lay_commonplace(sets, tmp_path, ["a", "b"], 100, 10)
    assert left(tmp_path) == {(0, NGRAM, 20), (0, SHARE, 0), (1, NGRAM, 0), (2, SHARE, 0)}
    assert sets.told == [{"path": "set", "commonplace": 1}]
    lay_commonplace(sets, tmp_path, ["a", "b"], 100, 0)
    assert (0, NGRAM, 0) in left(tmp_path)


def test_an_entry_of_few_words_is_a_phrase_where_one_document_in_a_thousand_has_it(tmp_path: Path) -> None:
    hits_in(tmp_path, "a", [(row, 0, CONTAINED, 0) for row in range(12)])
    hits_in(tmp_path, "b", [])
    lay_commonplace(Sets([entry(0)], []), tmp_path, ["a", "b"], 11_000, 10)
    assert left(tmp_path) == set()
    lay_commonplace(Sets([entry(0)], []), tmp_path, ["a", "b"], 12_000, 10)
    assert left(tmp_path) == {(0, CONTAINED, 0)}
