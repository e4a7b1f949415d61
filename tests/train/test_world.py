"""What one process does where several could be."""

from __future__ import annotations

import pytest

from llmctl.errors import BadSettings
from llmctl.train.world import World, decided, joined


def test_one_process_decides_for_itself() -> None:
    assert decided(World(), lambda: 3) == 3


def test_a_number_of_processes_is_refused_before_they_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "3")
    monkeypatch.setenv("RANK", "0")  # no MASTER_ADDR: whoever tried to meet the others would fail in another way

    def check(size: int) -> None:
        raise BadSettings(f"not {size}")

    with pytest.raises(BadSettings, match="not 3"), joined(check):
        pass
