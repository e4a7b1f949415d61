"""Sources as they are given: words, weights, one mixture file; and the streams that a temperature makes of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from token_shards import write_tokens

from llmctl.errors import BadSettings, UserError
from llmctl.settings.pretrain import Data
from llmctl.store.tokens import open_tokens
from llmctl.train.sources import given_sources, streams_of


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with `web` (en, zh) and `code` (en), 10 tokens a document with its end."""
    monkeypatch.chdir(tmp_path)
    write_tokens(tmp_path / "web", [[n] * 9 for n in range(20)], langs=["en", "zh", "en", "en"] * 5)
    write_tokens(tmp_path / "code", [[n] * 9 for n in range(8)], langs=["en"] * 8)
    (tmp_path / "mixture.toml").write_text(
        'temperature = 4\n[[source]]\npath = "web"\nweight = 0.7\n[[source]]\npath = "code"\nweight = 0.30\n'
    )
    return tmp_path


def test_a_mixture_file_is_what_its_words_are(place: Path) -> None:
    assert given_sources(["mixture.toml"]) == (["web", "code"], ["0.7", "0.30"], 4.0)
    assert given_sources(["web=0.7", "code=0.30"]) == (["web", "code"], ["0.7", "0.30"], None)


@pytest.mark.parametrize("words", [["mixture.toml", "web"], ["mixture.toml=0.5"], ["web=1", "mixture.toml=2"]])
def test_a_mixture_file_stands_alone(words: list[str], place: Path) -> None:
    with pytest.raises(BadSettings, match=r"the mixture file mixture\.toml names all sources; give it alone"):
        given_sources(words)


@pytest.mark.parametrize("weight", ["0", "-1", "nan", "inf", '"much"'])
def test_a_weight_in_a_file_is_a_number_above_0(weight: str, place: Path) -> None:
    (place / "mixture.toml").write_text(f'[[source]]\npath = "web"\nweight = {weight}\n')
    with pytest.raises(BadSettings, match="the weight of web is a number above 0"):
        given_sources(["mixture.toml"])


def opened() -> list:
    return [open_tokens("web"), open_tokens("code")]


def test_without_a_temperature_a_source_is_one_stream(place: Path) -> None:
    for temperature in (None, 1):
        streams = streams_of(opened(), Data(sequence=10, temperature=temperature), None, 0)
        assert [tokens.name for tokens in streams.tokens] == ["web", "code"]
        assert streams.order.windows == streams.order.shares == (19, 7)


def test_weights_are_divided_within_each_source(place: Path) -> None:
    streams = streams_of(opened(), Data(sequence=10, temperature=2), ["0.5", "0.5"], 0)
    assert [tokens.name for tokens in streams.tokens] == ["web (en)", "web (zh)", "code (en)"]
    assert streams.order.windows == (14, 4, 7)
    whole = sum(streams.order.shares)
    root = 3**0.5
    expected = [root / (1 + root) / 2, 1 / (1 + root) / 2, 1 / 2]
    assert [share / whole for share in streams.order.shares] == pytest.approx(expected, abs=1e-6)


def test_without_weights_languages_are_divided_over_all_sources(place: Path) -> None:
    streams = streams_of(opened(), Data(sequence=10, temperature=2), None, 0)
    en, zh = 230**0.5, 50**0.5
    expected = [en * 150 / 230, zh, en * 80 / 230]
    whole = sum(streams.order.shares)
    assert [share / whole * (en + zh) for share in streams.order.shares] == pytest.approx(expected, rel=1e-4)


def test_a_source_without_a_language_that_fills_a_window_is_refused(place: Path) -> None:
    with pytest.raises(UserError, match=r"no language of code fills a window of data\.sequence=90; lower it"):
        streams_of(opened(), Data(sequence=90, temperature=2), None, 0)
