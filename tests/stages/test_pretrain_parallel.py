"""Several processes learn what one learns, whatever they share, and one layout goes on with what another began.

The whole tables, of all layouts and models, are `make prove NAME=parallel` and `NAME=reshard`.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from parallel_cases import FALL, LAYOUTS, ONE, ROOT, TOLERANCE, differences, learned, resumed, trained


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("parallel")


@pytest.fixture(scope="module")
def alone(place: Path) -> Path:
    """The run of one process."""
    return trained(place, ONE)


def test_one_process_learns_and_clips_some_of_its_gradients(alone: Path) -> None:
    fall, clipped = learned(alone)
    assert fall >= FALL
    assert set(clipped) == {True, False}


@pytest.mark.parametrize("layout", ["dp2", "zero3-on-2", "tp2", "pp2-1f1b", "dp2-tp2-pp2"])
def test_a_layout_learns_what_one_process_learns(place: Path, alone: Path, layout: str) -> None:
    found = differences(alone, trained(place, LAYOUTS[layout]))
    assert found.are_rounding, found


@pytest.mark.parametrize(("before", "after"), [("zero3-on-2", "pp2-interleaved"), ("pp2-1f1b", "tp2")])
def test_a_run_stopped_in_one_layout_goes_on_in_another(place: Path, alone: Path, before: str, after: str) -> None:
    found = differences(alone, resumed(place, LAYOUTS[before], LAYOUTS[after]))
    assert found.are_rounding, found


def test_a_gradient_that_is_not_summed_is_seen(place: Path, alone: Path) -> None:
    broken = (str(ROOT / "tests" / "broken_sums.py"), "data_parallel")
    found = differences(alone, trained(place, LAYOUTS["dp2"], out=place / "broken", program=broken))
    assert found.same_batches
    assert found.weights > 100 * TOLERANCE
