"""The files of a directory: in the order of their names, hidden ones aside; what cannot be looked into is told."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from llmctl.errors import UserError
from llmctl.store.trees import files_below


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Files in folders, some of them hidden."""
    for name in ("b.txt", "a/z.txt", "a/.hidden", ".git/config", "a/c/d.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    return tmp_path


def test_files_are_in_the_order_of_their_names_and_hidden_ones_are_none(tree: Path) -> None:
    assert files_below(tree) == ["a/c/d.txt", "a/z.txt", "b.txt"]


def test_links_that_lead_in_circles_are_not_followed(tree: Path) -> None:
    (tree / "a" / "loop").symlink_to(tree)
    assert files_below(tree) == ["a/c/d.txt", "a/z.txt", "b.txt"]


def test_a_folder_that_cannot_be_read_is_told(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.scandir

    def refuse(place: Any) -> Iterator[os.DirEntry[str]]:  # who is root may read everything: the system says no here
        if str(place).endswith("a"):
            raise PermissionError(13, "Permission denied", str(place))
        return real(place)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(UserError, match=r"cannot read the folder .*a: Permission denied"):
        files_below(tree)
