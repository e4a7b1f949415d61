"""Rules turn values into reasons."""

from __future__ import annotations

import numpy as np
import pytest

from llmctl.text.quality.rules import Rule, broken

RULES = [Rule("words", "words", low=50, high=100), Rule("symbols", "symbol_ratio", high=0.1)]


def judged(words: float, symbols: float) -> list[str]:
    return broken({"words": np.array([words]), "symbol_ratio": np.array([symbols])}, RULES, 1)[0].to_pylist()[0]


@pytest.mark.parametrize(
    ("words", "symbols", "reasons"),
    [(50, 0.1, []), (100, 0, []), (49, 0, ["words"]), (101, 0.2, ["words", "symbols"]), (np.nan, np.nan, [])],
)
def test_limits_belong_to_what_stays_and_reasons_keep_the_order_of_the_table(words, symbols, reasons):
    assert judged(words, symbols) == reasons


def test_a_breach_carries_value_and_limits():
    values = {"words": np.array([70, 3]), "symbol_ratio": np.array([0.5, 0.0])}
    assert broken(values, RULES, 2)[1].to_pylist() == [
        [{"rule": "symbols", "value": 0.5, "low": None, "high": 0.1}],
        [{"rule": "words", "value": 3.0, "low": 50.0, "high": 100.0}],
    ]


def test_no_rows_and_no_rules_give_empty_lists():
    assert broken({}, [], 2)[0].to_pylist() == [[], []]
    assert broken({"words": np.array([]), "symbol_ratio": np.array([])}, RULES, 0)[1].to_pylist() == []
