"""A mixture file names sources and weights, or is refused in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from llmctl.errors import BadSettings, UserError
from llmctl.store.mixtures import Mixture, is_mixture, read_mixture

GOOD = """
temperature = 3
[[source]]
path = "tokens/web"
weight = 0.70
[[source]]
path = "/data/code"
weight = 3
"""


def test_paths_begin_where_the_file_lies_and_weights_stay_as_written(tmp_path: Path) -> None:
    (tmp_path / "mixture.toml").write_text(GOOD)
    sources = ((str(tmp_path / "tokens/web"), "0.70"), ("/data/code", "3"))
    assert read_mixture(str(tmp_path / "mixture.toml")) == Mixture(sources, 3.0)


def test_weights_and_temperature_may_be_left_out(tmp_path: Path) -> None:
    (tmp_path / "mixture.toml").write_text('[[source]]\npath = "web"')
    assert read_mixture(str(tmp_path / "mixture.toml")) == Mixture(((str(tmp_path / "web"), ""),), None)


BAD = {
    "temperature = ": "is not a mixture file in TOML",
    "temperature = 2": r"names no source; write a table \[\[source\]\]",
    'source = "web"': "names no source",
    'sources = ["web"]': "no key 'sources'; did you mean 'source'",
    "[[source]]\nweight = 1": "a source has no path",
    "[[source]]\npath = 7": "a source has no path",
    '[[source]]\npath = "web"\nweigth = 1': "no key 'weigth'; did you mean 'weight'",
    '[[source]]\npath = "web"\nweight = true': "the weight of web is a number above 0, not True",
    '[[source]]\npath = "web"\nweight = [1]': "the weight of web is a number above 0",
    'temperature = 0.5\n[[source]]\npath = "web"': "temperature is at least 1, not 0.5",
    'temperature = "hot"\n[[source]]\npath = "web"': "temperature is a number, not 'hot'",
}


@pytest.mark.parametrize(("text", "sentence"), BAD.items())
def test_what_cannot_be_is_named(text: str, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "mixture.toml").write_text(text)
    with pytest.raises(BadSettings, match=sentence):
        read_mixture(str(tmp_path / "mixture.toml"))


def test_a_file_that_is_not_there_is_the_user_s_to_find(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"cannot read the mixture file .*none\.toml: No such file") as found:
        read_mixture(str(tmp_path / "none.toml"))
    assert found.value.exit_code == 1


def test_a_directory_is_a_source_whatever_its_name(tmp_path: Path) -> None:
    (tmp_path / "tokens.toml").mkdir()
    assert [is_mixture(str(tmp_path / name)) for name in ("tokens.toml", "mixture.toml", "web")] == [False, True, False]
