"""The contract of every artifact: identity, draft, markers, manifest, publish.

An artifact is built in a hidden draft directory beside its target (`.NAME.draft`), one durable marker per finished unit
of work, the manifest last, then one rename. The same command after a kill continues from the markers.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import platform
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from llmctl import __version__
from llmctl.engine import ENGINES
from llmctl.errors import OutputExists, UserError
from llmctl.settings.how import How
from llmctl.settings.knobs import plain
from llmctl.store import lock
from llmctl.store.files import disk_error, fact_of, read_json, remove, sha256_of, sync_directory, write_json

MANIFEST = "_manifest.json"
WORK = "_work"
Facts = dict[str, Any]  # Any: JSON


class Named(Protocol):
    """A unit of work: small, picklable, with a name that its marker and its files carry."""

    @property
    def name(self) -> str: ...


@dataclass(frozen=True)
class Input:
    """What an artifact was made from: the path as given, and the key of its content."""

    path: str
    key: str


@dataclass(frozen=True)
class Identity:
    """What an artifact is: equal identities give equal bytes."""

    stage: str
    version: int
    settings: Mapping[str, Any]  # only what decides bytes (`plain(settings, keyed_only=True)`)
    inputs: tuple[Input, ...]

    @property
    def key(self) -> str:
        """hash(stage, its VERSION, resolved settings, keys of the inputs): 32 hexadecimal digits of a SHA-256."""
        parts = [self.stage, self.version, self.settings, [i.key for i in self.inputs]]
        text = json.dumps(parts, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Outcome:
    """What a stage hands to the door: where, what, and the sentence for a human."""

    out: str | None
    manifest: Mapping[str, Any]
    headline: str
    already: bool = False
    next_step: str | None = None
    failed_gates: Sequence[str] = field(default_factory=tuple)
    warnings: Sequence[str] = field(default_factory=tuple)  # what a user should know of a result that stands


def manifest_of(path: Path) -> dict[str, Any] | None:
    """The manifest of an artifact directory, or None."""
    found = read_json(path / MANIFEST) if path.is_dir() else None
    return found if isinstance(found, dict) else None


def input_of(path: str) -> Input:
    """An input with its key: an artifact's own, else the hash of the content of its files."""
    place = Path(path)
    manifest = manifest_of(place)
    if manifest and "key" in manifest:
        return Input(path, manifest["key"])
    if place.is_dir():
        files = sorted(p for p in place.rglob("*") if p.is_file())
        digests = [[str(p.relative_to(place)), sha256_of(p)] for p in files]
        return Input(path, hashlib.sha256(json.dumps(digests).encode()).hexdigest()[:32])
    return Input(path, sha256_of(place)[:32])


def versions() -> dict[str, str]:
    """The versions that stood behind a run (recorded, never keyed)."""
    names = ("pyarrow", "numpy", "numba", "torch", "tokenizers", "datasketch", "fasttext-community", "trafilatura")
    found = {"llmctl": __version__, "python": platform.python_version()}
    for name in names:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


class Draft:
    """An artifact under construction: a directory, its markers, and its publication."""

    def __init__(self, out: Path, identity: Identity, settings: Any, how: How) -> None:
        self.out, self.identity, self.how = out, identity, how
        self.settings = settings  # as resolved, for the manifest
        self.path = draft_path(out)
        self.work = self.path / WORK
        self.started = time.monotonic()
        self.manifest: dict[str, Any] | None = None  # set once published, or when it was there already

    @property
    def already(self) -> bool:
        """Is the artifact complete: there before we began, or published by us?"""
        return self.manifest is not None

    def finished(self, unit: str) -> dict[str, Any] | None:
        """The facts of a unit of work that an earlier run (or this one) finished."""
        found: dict[str, Any] | None = read_json(self.work / "done" / f"{unit}.json")
        return found

    def finish(self, unit: str, facts: Mapping[str, Any]) -> None:
        """Mark a unit as finished, durably; its files must be on disk under their final names."""
        (self.work / "done").mkdir(parents=True, exist_ok=True)
        write_json(self.work / "done" / f"{unit}.json", facts)

    def finish_all(
        self, work: Callable[[Any], Facts], units: Sequence[Named], *, workers: int, what: str = ""
    ) -> list[Facts]:
        """`work` on every unit that is not finished yet, marked as it comes back: the facts of all, in their order.

        `what` tells passes of one stage apart: it stands before the names of the markers and in the progress.
        """
        facts = {u.name: found for u in units if (found := self.finished(what + u.name)) is not None}
        todo = [unit for unit in units if unit.name not in facts]
        told = what.rstrip("-") or self.identity.stage
        self.how.progress(len(facts), len(units), told)
        for unit, fact in ENGINES[self.how.engine](work, todo, workers=workers):
            self.finish(what + unit.name, fact)
            facts[unit.name] = fact
            self.how.progress(len(facts), len(units), told)
        return [facts[unit.name] for unit in units]

    def forget(self, units: Sequence[Named]) -> None:
        """Take the markers of some units away: they are done again, over what they left."""
        for unit in units:
            remove(self.work / "done" / f"{unit.name}.json")

    def clear(self) -> None:
        """Forget every finished unit and its files."""
        for child in [*self.path.iterdir(), *self.work.iterdir()]:
            if child not in (self.work, self.work / "lock", self.work / "identity.json"):
                remove(child)

    def publish(
        self,
        counts: Mapping[str, Any],
        files: Sequence[Mapping[str, Any]] | None = None,
        where: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> dict[str, Any]:
        """Write the manifest, take the scaffolding down, rename the draft to its target."""
        if files is None:
            files = [
                fact_of(p, self.path)
                for p in sorted(self.path.rglob("*"))
                if p.is_file() and WORK not in p.relative_to(self.path).parts
            ]
        place = {"engine": self.how.engine, "workers": self.how.workers, "machine": platform.node(), **(where or {})}
        manifest = manifest_facts(self.identity, self.settings, counts, files, more, self.started, place)
        write_json(self.path / MANIFEST, manifest)
        self.manifest = manifest
        return manifest


def draft_path(out: Path) -> Path:
    """Where the artifact `out` is built."""
    return out.with_name(f".{out.name}.draft")


def manifest_facts(
    identity: Identity, settings: Any, counts: Mapping[str, Any], files: Sequence[Mapping[str, Any]],
    more: Mapping[str, Any], started: float, where: Mapping[str, Any],
) -> Facts:  # fmt: skip
    """What every manifest says (formats.md); `started` is a reading of the monotonic clock."""
    assert counts["in"] == counts["kept"] + counts["removed"], f"counts do not add up: {counts}"
    return {
        "stage": identity.stage,
        "key": identity.key,
        "version": identity.version,
        "settings": plain(settings),
        "inputs": [{"path": i.path, "key": i.key} for i in identity.inputs],
        "counts": dict(counts),
        "files": list(files),
        **more,
        "versions": versions(),
        "seconds": round(time.monotonic() - started, 3),
        "where": dict(where),
    }


@contextmanager
def building(out: str, identity: Identity, settings: Any, how: How) -> Iterator[Draft]:
    """The draft of the artifact `out`, locked; published when the body has called `publish` and leaves.

    Yields a draft with `.already` when the same artifact is there (nothing is left to do then). Raises OutputExists when
    another one is there (unless `how.force`), UserError when a living run holds the draft or the place cannot be written.
    """
    target = Path(out.rstrip("/") or "/")
    draft = Draft(target, identity, settings, how)
    standing = _standing(target, identity, how)
    if standing:
        draft.manifest = standing
        yield draft
        return
    try:
        draft.work.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise disk_error(error, target) from error
    with lock.held(draft.work / "lock"):
        if _overtaken(draft, identity):
            yield draft
            return
        _settle(draft, identity)
        yield draft
        if draft.already:
            _raise_up(draft, target)


def _standing(target: Path, identity: Identity, how: How) -> dict[str, Any] | None:
    if not target.exists():
        return None
    manifest = manifest_of(target)
    if manifest and manifest.get("key") == identity.key:
        return manifest
    if target.is_dir() and not any(target.iterdir()):
        return None
    if not manifest and not any(target.glob("part-*.parquet")):
        raise OutputExists(
            f"{target} holds what is no artifact of llmctl, which --force does not replace; choose another --out"
        )
    if how.force:
        return None
    held = f"a different run ({manifest['stage']})" if manifest else "an artifact without a manifest"
    raise OutputExists(f"{target} holds {held}; choose another --out, or pass --force to replace it")


def _overtaken(draft: Draft, identity: Identity) -> bool:
    """Did another run publish while we came to the lock? Its artifact stands, and our draft goes."""
    try:
        draft.manifest = _standing(draft.out, identity, draft.how)
    except OutputExists:
        remove(draft.path)
        raise
    if draft.manifest:
        remove(draft.path)
    return draft.already


def _settle(draft: Draft, identity: Identity) -> None:
    """Continue an interrupted draft of the same identity; clear one of another."""
    known = read_json(draft.work / "identity.json")
    manifest = manifest_of(draft.path)
    if manifest and manifest.get("key") == identity.key:
        draft.manifest = manifest  # killed between the manifest and the rename
        return
    if manifest or (known and known["key"] != identity.key):
        for child in draft.path.iterdir():
            if child.name != WORK:
                remove(child)
        for child in draft.work.iterdir():
            if child.name != "lock":
                remove(child)
        known = None
    for stray in draft.path.rglob("*.tmp"):
        remove(stray)
    if not known:
        write_json(draft.work / "identity.json", {"key": identity.key, "stage": identity.stage})


def _raise_up(draft: Draft, target: Path) -> None:
    """Take the scaffolding down and rename; the old artifact steps aside first and is deleted last."""
    aside = target.with_name(f".{target.name}.replaced")
    try:
        remove(aside)
        for child in draft.work.iterdir():
            if child.name != "lock":
                remove(child)
        if target.exists():
            target.rename(aside)
        remove(draft.work)
        draft.path.rename(target)
        sync_directory(target.parent)
        remove(aside)
    except OSError as error:
        raise disk_error(error, target) from error


def counts_line(manifest: Mapping[str, Any]) -> str:
    """`1,234 in = 1,000 kept + 234 removed`, and how many documents where records gave several."""
    counts = manifest["counts"]
    documents = counts.get("documents", counts["kept"])
    several = f" ({documents:,} documents)" if documents != counts["kept"] else ""
    return f"{counts['in']:,} in = {counts['kept']:,} kept + {counts['removed']:,} removed{several}"


def require(path: str) -> Path:
    """An existing path, or one sentence."""
    place = Path(path)
    if not place.exists():
        raise UserError(f"{path} does not exist; check the path, or make it with an earlier stage")
    return place
