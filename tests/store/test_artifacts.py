"""An artifact appears whole: keys, drafts, markers, the lock, and what a kill between any two steps leaves."""

from __future__ import annotations

import json
import multiprocessing
from pathlib import Path

import pytest

from llmctl.errors import OutputExists, UserError
from llmctl.settings.how import How
from llmctl.store import artifacts, lock
from llmctl.store.artifacts import Identity, Input, building, draft_path, input_of
from llmctl.store.files import written_whole

ONE = Identity("stage", 1, {"a": 1}, (Input("in", "k1"),))
OTHER = Identity("stage", 1, {"a": 2}, (Input("in", "k1"),))
COUNTS = {"in": 1, "kept": 1, "removed": 0}


def make(out: Path, identity: Identity, text: str = "x", **how: bool) -> bool:
    """Build one file unless it is there; returns whether there was something to do."""
    with building(str(out), identity, {"a": 1}, How(**how)) as draft:
        if draft.already:
            return False
        (draft.path / "part-0.txt").write_text(text)
        draft.publish(COUNTS)
        return True


@pytest.mark.parametrize(
    "other",
    [
        Identity("stages", 1, {"a": 1}, (Input("in", "k1"),)),
        Identity("stage", 2, {"a": 1}, (Input("in", "k1"),)),
        Identity("stage", 1, {"a": 1, "b": None}, (Input("in", "k1"),)),
        Identity("stage", 1, {"a": 1}, (Input("in", "k2"),)),
        Identity("stage", 1, {"a": 1}, (Input("in", "k1"), Input("in", "k1"))),
    ],
)
def test_everything_that_decides_bytes_is_in_the_key(other: Identity) -> None:
    assert other.key != ONE.key


def test_neither_paths_nor_the_order_of_settings_are_in_the_key() -> None:
    a = Identity("stage", 1, {"a": 1, "b": 2}, (Input("here", "k1"),))
    b = Identity("stage", 1, {"b": 2, "a": 1}, (Input("there", "k1"),))
    assert a.key == b.key


def test_raw_input_is_known_by_content_and_an_artifact_by_its_key(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("text")
    (tmp_path / "b").write_text("text")
    assert input_of(str(tmp_path / "a")).key == input_of(str(tmp_path / "b")).key
    make(tmp_path / "out", ONE)
    assert input_of(str(tmp_path / "out")).key == ONE.key


def test_it_is_published_once_and_left_alone_after(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert make(out, ONE)
    assert not make(out, ONE, "changed")
    assert (out / "part-0.txt").read_text() == "x"
    assert [p.name for p in tmp_path.iterdir()] == ["out"]
    assert json.loads((out / "_manifest.json").read_text())["files"][0]["bytes"] == 1


def test_another_run_is_refused_and_force_replaces_it(tmp_path: Path) -> None:
    make(tmp_path / "out", ONE)
    with pytest.raises(OutputExists, match="--force"):
        make(tmp_path / "out", OTHER, "y")
    assert make(tmp_path / "out", OTHER, "y", force=True)
    assert (tmp_path / "out" / "part-0.txt").read_text() == "y"
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_an_empty_directory_may_be_the_target(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert make(tmp_path / "out", ONE)


def test_counts_that_do_not_add_up_are_a_bug(tmp_path: Path) -> None:
    with pytest.raises(AssertionError), building(str(tmp_path / "out"), ONE, {}, How()) as draft:
        draft.publish({"in": 2, "kept": 1, "removed": 0})
    assert not (tmp_path / "out").exists()


def test_finished_units_outlive_the_run_and_stray_files_do_not(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), building(str(tmp_path / "out"), ONE, {}, How()) as draft:
        draft.finish("00000", {"rows": 3})
        (draft.path / "part-1.123.tmp").write_text("half")
        raise KeyboardInterrupt
    with building(str(tmp_path / "out"), ONE, {}, How()) as draft:
        assert draft.finished("00000") == {"rows": 3}
        assert draft.finished("00001") is None
        assert not (draft.path / "part-1.123.tmp").exists()


def test_a_draft_of_another_identity_is_cleared(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), building(str(tmp_path / "out"), ONE, {}, How()) as draft:
        (draft.path / "part-0.txt").write_text("of ONE")
        draft.finish("00000", {})
        raise KeyboardInterrupt
    with building(str(tmp_path / "out"), OTHER, {}, How()) as draft:
        assert draft.finished("00000") is None
        assert not (draft.path / "part-0.txt").exists()


@pytest.mark.parametrize("moment", ["before the old one steps aside", "before the new one takes its place"])
def test_killed_while_publishing_over_an_old_one_it_ends_with_the_new_one(
    moment: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    make(out, OTHER, "old")
    renamed: list[Path] = []
    rename = Path.rename

    def killed(self: Path, target: Path) -> Path:
        renamed.append(self)
        if len(renamed) == (1 if moment.startswith("before the old") else 2):
            raise KeyboardInterrupt
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", killed)
    with pytest.raises(KeyboardInterrupt):
        make(out, ONE, "new", force=True)
    monkeypatch.undo()
    make(out, ONE, "must not be needed", force=True)
    assert (out / "part-0.txt").read_text() == "new"
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_another_run_that_published_before_we_had_the_lock_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    held = lock.held

    def slow(path: Path):
        monkeypatch.undo()
        draft_path(out).rename(tmp_path / "ours")
        make(out, OTHER, "theirs")
        (tmp_path / "ours").rename(draft_path(out))
        return held(path)

    monkeypatch.setattr(artifacts.lock, "held", slow)
    with pytest.raises(OutputExists):
        make(out, ONE, "ours")
    assert (out / "part-0.txt").read_text() == "theirs"
    assert not draft_path(out).exists()


def hold(path: Path, ready, leave) -> None:
    with lock.held(path):
        ready.set()
        leave.wait(60)


def test_a_lock_is_refused_while_its_process_lives_and_taken_over_when_it_is_dead(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    ready, leave = context.Event(), context.Event()
    holder = context.Process(target=hold, args=(tmp_path / "lock", ready, leave))
    holder.start()
    assert ready.wait(60)
    with pytest.raises(UserError, match=f"process {holder.pid} on"), lock.held(tmp_path / "lock"):
        pass
    holder.kill()
    holder.join()
    with lock.held(tmp_path / "lock"):
        assert (tmp_path / "lock").exists()
    assert not (tmp_path / "lock").exists()


def test_a_file_that_fails_half_way_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), written_whole(tmp_path / "file") as temporary:
        temporary.write_text("half")
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []
