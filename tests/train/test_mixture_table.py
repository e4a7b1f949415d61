"""What a run will read of each source, counted by hand, and each warning at its bound."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from token_shards import trained_tokenizer

from llmctl.model.size import Part
from llmctl.settings.pretrain import Data
from llmctl.store.labels import Labels
from llmctl.store.tokens import Tokens
from llmctl.train.mixture_table import mixture_facts, mixture_lines
from llmctl.train.sources import Streams, streams_of

KINDS = Labels(("conversation", "web"), np.array([1, 0, 1, 0, 1], np.uint16))
MODEL = [Part("embedding", 5), Part("decoder positions", 4), Part("decoder attention", 20), Part("head", 7)]  # 36


def tokens(path: str, documents: int, kinds: Labels | None = None, langs: list[int] | None = None) -> Tokens:
    """Documents of 9 tokens, 10 with the end token."""
    labels = Labels(("en", "sw", "zh"), np.array(langs, np.uint16)) if langs else Labels()
    lengths = np.full(documents, 9, np.int64)
    return Tokens(path, trained_tokenizer(), "", lengths, kinds or Labels((), np.zeros(documents, np.uint16)), labels)


def facts(*, weights: list[str] | None = None, parameters: int = 36, steps: int = 20, **data: Any) -> dict[str, Any]:
    """Of 10 and of 5 documents, which fill 11 and 5 windows of 9 tokens; 80 sequences of them."""
    chosen = Data(sequence=9, batch=4, **data)
    opened = [tokens("web", 10), tokens("code", 5, KINDS)]
    model = [*MODEL, Part("decoder norms", parameters - 36)]
    return mixture_facts(streams_of(opened, chosen, weights or ["0.75", "0.25"], 0), chosen, steps=steps, model=model)


def test_the_figures_are_those_of_a_hand_count() -> None:
    found = facts()
    assert found["sources"] == [
        {"path": "web", "share": 0.75, "available": 99, "seen": 540, "epochs": 5.4545, "tokens_per_parameter": 15.0,
         "languages": []},
        {"path": "code", "share": 0.25, "available": 45, "seen": 180, "epochs": 4.0, "tokens_per_parameter": 5.0,
         "languages": []},
    ]  # fmt: skip
    together = {"share": 1.0, "available": 144, "seen": 720, "epochs": 5.0, "tokens_per_parameter": 20.0}
    parameters = {"parameters": 36, "parameters_without_embeddings": 20}
    assert found.items() >= {**together, **parameters, "conversation": 0.1, "temperature": 1.0}.items()


def said(words: str, found: dict[str, Any]) -> list[str]:
    return [text for text in found["warnings"] if words in text]


@pytest.mark.parametrize(("parameters", "count"), [(36, 0), (37, 1)])
def test_fewer_than_20_tokens_per_parameter_are_warned_of(parameters: int, count: int) -> None:
    found = said("arXiv:2203.15556", facts(parameters=parameters))
    assert len(found) == count and all("--max-steps 21 " in text for text in found)


@pytest.mark.parametrize(("weights", "count"), [(["0.75", "0.25"], 0), (["0.74", "0.26"], 1)])
def test_more_than_4_epochs_of_a_source_are_warned_of(weights: list[str], count: int) -> None:
    (text,) = said("arXiv:2305.16264", facts(weights=weights))
    assert "web 5." in text and text.count("code 4.20 times") == count


def test_4_epochs_of_every_source_are_not_warned_of() -> None:
    assert not said("arXiv:2305.16264", facts(weights=["11", "5"], steps=16))


@pytest.mark.parametrize(("bound", "count"), [(0.1, 0), (0.0999, 1), (0.2, 0)])
def test_too_much_conversation_is_warned_of_with_the_reason(bound: float, count: int) -> None:
    found = said("declarative instructions and direct questions", facts(max_conversation=bound))
    assert len(found) == count and all(text.startswith("10.0% of the tokens") for text in found)


def streams(sequence: int, langs: list[int]) -> tuple[Streams, Data]:
    data = Data(sequence=sequence, batch=4, temperature=2)
    return streams_of([tokens("web", len(langs), langs=langs)], data, None, 0), data


def test_a_language_that_fills_no_window_is_left_out_by_name() -> None:
    mixed, data = streams(12, [0] * 9 + [1] + [2] * 4)
    found = mixture_facts(mixed, data, steps=5, model=MODEL)
    (text,) = said("left out", found)
    assert text.endswith("data.sequence=12 is not read: web (sw) with 10 tokens")
    assert found["left_out"] == [{"path": "web", "language": "sw", "tokens": 10}]
    assert [row["language"] for row in found["sources"][0]["languages"]] == ["en", "zh"]
    shares = [row["share"] for row in found["sources"][0]["languages"]]
    assert shares == pytest.approx([0.6, 0.4], abs=1e-5)  # roots of 90 and 40 tokens: 3 to 2


def test_a_temperature_of_one_language_changes_nothing_and_says_so() -> None:
    mixed, data = streams(12, [2] * 9)
    assert said(
        "changes nothing: all documents are of one language, zh", mixture_facts(mixed, data, steps=5, model=MODEL)
    )


def test_a_person_reads_a_line_a_source_and_a_line_a_language() -> None:
    mixed, data = streams(9, [0] * 9 + [2] * 4)
    head, web, en, zh, together, last = mixture_lines(mixture_facts(mixed, data, steps=5, model=MODEL))
    assert head.split() == ["tokens", "of", "share", "available", "to", "be", "seen", "epochs", "per", "parameter"]
    assert web.split() == ["web", "100.00%", "117", "180", "1.54", "5"]
    assert en.split() == ["en", "60.00%", "81", "108", "1.33", "3"]
    assert zh.split()[:4] == ["zh", "40.00%", "36", "72"] and together.split()[0] == "together"
    assert last == "  36 parameters, 20 of them not embeddings; conversation 0.0% of the tokens; temperature 2"
