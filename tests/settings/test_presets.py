"""Presets: named, from files, and their slips."""

from pathlib import Path

import pytest

from llmctl.settings import presets
from llmctl.settings.dedup import Dedup
from llmctl.settings.knobs import BadValue, resolve


def test_a_mistyped_stage_table_names_the_nearest(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("[fliter]\nlang = ['en']\n")
    with pytest.raises(BadValue, match="did you mean 'filter'"):
        presets.load(str(path), "filter")


def test_the_stages_own_keys_may_stand_at_the_top(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("lang = ['en']\n")
    assert presets.load(str(path), "filter") == {"lang": ["en"]}


@pytest.mark.parametrize(
    ("name", "shingle", "bands", "rows", "threshold"),
    [
        ("fineweb", 5, 14, 8, 0.75),
        ("rpv2", 13, 9, 13, 0.8),
        ("dolma3", 5, 26, 11, 0.8),
        ("refinedweb", 5, 450, 20, 0.8),
    ],
)
def test_a_preset_of_dedup_has_the_bands_of_its_source(
    name: str, shingle: int, bands: int, rows: int, threshold: float
) -> None:
    settings = resolve(Dedup, [presets.load(name, "dedup")])
    assert (settings.near.shingle, settings.near.bands, settings.near.rows) == (shingle, bands, rows)
    assert settings.threshold == threshold


@pytest.mark.parametrize("name", ["fineweb", "refinedweb"])
def test_the_rules_of_a_preset_stay_when_it_is_of_dedup_too(name: str) -> None:
    assert "rules" in presets.load(name, "filter") and "near" not in presets.load(name, "filter")
