"""Presets: named, from files, and their slips."""

from pathlib import Path

import pytest

from llmctl.settings import presets
from llmctl.settings.knobs import BadValue


def test_a_mistyped_stage_table_names_the_nearest(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("[fliter]\nlang = ['en']\n")
    with pytest.raises(BadValue, match="did you mean 'filter'"):
        presets.load(str(path), "filter")


def test_the_stages_own_keys_may_stand_at_the_top(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("lang = ['en']\n")
    assert presets.load(str(path), "filter") == {"lang": ["en"]}
