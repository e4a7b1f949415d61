"""A verdict split into kept and removed rows, where the rows already have the columns of the evidence."""

import pyarrow as pa

from llmctl.store.verdicts import Verdict, breaches, reasons, removed_schema


def verdict_on_removed_rows() -> Verdict:
    rows = pa.table(
        {"id": ["a", "b"], "removed_by": [["old"], ["old"]], "breaches": ["x", "y"], "score": ["good", "bad"]}
    )
    told = breaches([(), ({"rule": "new", "value": 1.0, "low": 2.0, "high": None},)])
    return Verdict(rows, reasons([(), ("new",)]), told, evidence={"score": pa.array([None, 0.9], pa.float64())})


def test_rows_that_an_earlier_stage_removed_are_told_their_reasons_anew() -> None:
    kept, removed = verdict_on_removed_rows().split()
    assert kept.to_pylist() == [{"id": "a", "score": "good"}]
    assert removed["removed_by"].to_pylist() == [["new"]]
    assert removed["score"].to_pylist() == [0.9]


def test_every_column_of_the_removed_rows_is_named_once() -> None:
    names = removed_schema(verdict_on_removed_rows()).names
    assert len(names) == len(set(names))
