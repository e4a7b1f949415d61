"""A tree of files, on disk or in an archive, as records: which file is one, and what belongs to it.

`text.sources.companions` decides from names and beginnings; here the names are listed, the beginnings read, and the
answer kept in the draft, so that every worker reads the same.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from llmctl.errors import UserError
from llmctl.store.archives import BROKEN, Archive, Member
from llmctl.store.files import write_json
from llmctl.text.sources.companions import Companions, companions
from llmctl.text.sources.formats import HEAD


def of_directory(root: Path, target: Path) -> Companions:
    """What belongs to what below a directory; names are relative to it."""
    return _kept(target, lambda: companions(files_below(root), lambda name: _head(root / name)))


def of_archive(archive: Path, members: Sequence[Member], target: Path) -> Companions:
    """What belongs to what in an archive."""
    return _kept(target, lambda: _of_archive(archive, members))


def _of_archive(archive: Path, members: Sequence[Member]) -> Companions:
    known = {member.name: member for member in members if not member.problem}
    with Archive(str(archive)) as held:
        return companions(list(known), lambda name: _member_head(held, known[name]))


def _kept(target: Path, find: Callable[[], Companions]) -> Companions:
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        found = find()
        write_json(target, {**dataclasses.asdict(found), "absorbed": sorted(found.absorbed)})
    return load(str(target))


@functools.lru_cache(maxsize=4)
def load(target: str) -> Companions:
    """What was kept."""
    known = json.loads(Path(target).read_text(encoding="utf-8"))
    return Companions(known["parts"], frozenset(known["absorbed"]), known["licenses"])


def files_below(root: Path) -> list[str]:
    """Every file below a directory in name order, hidden ones and those in hidden folders aside."""
    found = []
    for folder, folders, names in os.walk(root, onerror=_unreadable):
        folders[:] = [name for name in folders if not name.startswith(".")]
        places = (Path(folder) / name for name in names if not name.startswith("."))
        found += [path.relative_to(root).as_posix() for path in places if path.is_file()]
    return sorted(found)


def _unreadable(error: OSError) -> None:
    raise UserError(f"cannot read the folder {error.filename}: {error.strerror}; allow it, or leave it out")


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(HEAD)
    except OSError:
        return b""  # who reads the file as a record says why it cannot be read


def _member_head(held: Archive, member: Member) -> bytes:
    try:
        return held.read(member, HEAD)
    except BROKEN:
        return b""
