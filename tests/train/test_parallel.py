"""A global batch is divided among ranks without loss, and every token weighs the same whatever the layout."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmctl.errors import BadSettings
from llmctl.train.parallel import World, check_layout, decided, share_of


@given(st.integers(1, 50), st.integers(1, 9))
def test_shares_are_whole_disjoint_and_even(count: int, size: int) -> None:
    shares = [range(count)[share_of(count, World(rank, size))] for rank in range(size)]
    assert [row for share in shares for row in share] == list(range(count))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


def test_fewer_sequences_than_processes_are_refused_by_setting() -> None:
    check_layout(4, World(0, 4))
    with pytest.raises(BadSettings, match=r"data\.batch=3 is smaller than the 4 processes"):
        check_layout(3, World(0, 4))


def test_one_process_decides_for_itself() -> None:
    assert decided(World(), lambda: 3) == 3
