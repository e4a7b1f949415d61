"""A RUN: the one artifact that grows in place, because training is worth looking at (and stopping) while it goes on.

`_identity.json` says from the first moment what it is; metrics and events are appended line by line; checkpoints appear
by rename; `_manifest.json` comes when the last step is done. Killed at any moment, the same command goes on.
"""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from llmctl.errors import OutputExists, UserError
from llmctl.settings.how import How
from llmctl.settings.knobs import plain
from llmctl.store import lock
from llmctl.store.artifacts import MANIFEST, Identity, manifest_facts, manifest_of
from llmctl.store.checkpoints import clear_drafts, refresh_model, steps_of
from llmctl.store.files import (
    disk_error,
    fact_of,
    read_json,
    remove,
    sync_directory,
    sync_file,
    write_json,
    written_whole,
)

IDENTITY, LOCK, METRICS, EVENTS, SETTINGS = "_identity.json", "_lock", "metrics.jsonl", "events.jsonl", "settings.toml"
MIXTURE = "mixture.json"  # what is read of each source
STREAMS = "_streams"

Facts = dict[str, Any]  # Any: a JSON object


@dataclass
class Run:
    """A run under way, held by this process."""

    path: Path
    identity: Identity
    settings: Any  # as resolved
    manifest: Facts | None = None  # once the last step is done
    started: float = field(default_factory=time.monotonic)

    @property
    def streams(self) -> Path:
        """Where sources are laid out flat while the run goes on."""
        return self.path / STREAMS

    def append(self, name: str, facts: Mapping[str, Any]) -> None:
        """Add a line to metrics or events; it is with the operating system when we return (a kill cannot take it)."""
        try:
            with (self.path / name).open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(facts) + "\n")
        except OSError as error:
            raise disk_error(error, self.path / name) from error

    def sync(self) -> None:
        """Force the lines to the disk, before a checkpoint that follows from them."""
        for name in (METRICS, EVENTS):
            if (self.path / name).exists():
                sync_file(self.path / name)

    def finish(self, counts: Mapping[str, Any], **more: Any) -> Facts:
        """The manifest: the run is complete, and an artifact like any other."""
        files = [fact_of(p, self.path) for p in sorted((self.path / "model").iterdir())]
        where = {"engine": "local", "machine": platform.node()}
        self.manifest = manifest_facts(self.identity, self.settings, counts, files, more, self.started, where)
        write_json(self.path / MANIFEST, self.manifest)
        remove(self.streams)
        remove(_aside(self.path))
        return self.manifest


def finished(out: str, identity: Identity, how: How) -> Facts | None:
    """The manifest when this very run is complete; None when there is something to do. OutputExists for another run.

    Reads only, so that a refused command leaves no trace.
    """
    place = Path(out)
    manifest = manifest_of(place)
    if manifest and manifest.get("key") == identity.key:
        return manifest
    if how.force or not place.exists():
        return None
    if not place.is_dir():
        raise OutputExists(f"{out} is a file; choose another --out")
    known = read_json(place / IDENTITY)
    if known and known["key"] != identity.key:
        changed = _first_difference(known["settings"], dict(identity.settings))
        raise OutputExists(f"{out} holds a different run{changed}; choose another --out, or pass --force to replace it")
    if not known and not _is_new(place):
        raise OutputExists(
            f"{out} holds something that is not a run; choose another --out, or pass --force to replace it"
        )
    return None


def _is_new(place: Path) -> bool:
    """Has nobody written more here than the lock, and perhaps half an identity?"""
    return all(child.name == LOCK or child.suffix == ".tmp" for child in place.iterdir())


def _first_difference(old: Mapping[str, Any], new: Mapping[str, Any], above: str = "") -> str:
    for name in (*old, *(n for n in new if n not in old)):
        one, other = old.get(name), new.get(name)
        if one == other:
            continue
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            return _first_difference(one, other, f"{above}{name}.")
        return f" ({above}{name} {one} there, {other} here)"
    return " (of other inputs)" if not above else ""


@contextmanager
def growing(out: str, identity: Identity, settings: Any, how: How) -> Iterator[Run]:
    """The run `out`, locked and made ready: new, or as its last checkpoint left it."""
    place = Path(out)
    finished(out, identity, how)  # what another process may have put there since we looked
    try:
        if place.exists() and not place.is_dir():
            remove(place)  # only reached with --force
        place.mkdir(parents=True, exist_ok=True)
        _replace_another(place, identity)
    except OSError as error:
        raise disk_error(error, place) from error
    with lock.held(place / LOCK):
        _settle(place, identity, settings, how)
        yield Run(place, identity, settings)


def _replace_another(place: Path, identity: Identity) -> None:
    """With --force the run that stands there steps aside; it is deleted when the new one is finished."""
    known = read_json(place / IDENTITY)
    if (known and known["key"] == identity.key) or _is_new(place):
        return
    with lock.held(place / LOCK):
        remove(_aside(place))
        place.rename(_aside(place))
        place.mkdir()


def _aside(place: Path) -> Path:
    return place.with_name(f".{place.name}.replaced")


def _settle(place: Path, identity: Identity, settings: Any, how: How) -> None:
    clear_drafts(place)
    for name in (METRICS, EVENTS):
        _cut_torn_line(place / name)
    for stray in place.glob("*.tmp"):
        remove(stray)
    if not (place / IDENTITY).exists():  # before anything else: what is here is ours
        inputs = [{"path": i.path, "key": i.key} for i in identity.inputs]
        facts = {"stage": identity.stage, "version": identity.version, "key": identity.key}
        write_json(place / IDENTITY, {**facts, "settings": dict(identity.settings), "inputs": inputs})
    if not (place / SETTINGS).exists():
        head = f"# llmctl pretrain ... -o {place.name} --seed {how.seed}\n"
        with written_whole(place / SETTINGS) as temporary:
            temporary.write_text(head + to_toml(plain(settings)), encoding="utf-8")
    if steps := steps_of(place):
        refresh_model(place, steps[-1])


def _cut_torn_line(path: Path) -> None:
    """A line that a crash cut short is no line."""
    if not path.exists():
        return
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        os.truncate(path, whole)
        sync_directory(path.parent)


def read_lines(path: Path) -> list[Facts]:
    """The whole lines of metrics or events (a torn last one is left out)."""
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").split("\n")[:-1]
    return [json.loads(line) for line in lines if line]


def read_metrics(run: Path) -> tuple[dict[int, Facts], dict[int, Facts]]:
    """Steps by number (from 0), evaluations by steps done; of repeated ones the last line counts."""
    lines = read_lines(run / METRICS)
    steps = {line["step"]: line for line in lines if "loss" in line}
    evaluations = {line["step"]: line for line in lines if "val_loss" in line}
    return dict(sorted(steps.items())), dict(sorted(evaluations.items()))


def read_skips(run: Path) -> list[tuple[int, int]]:
    """The ranges of sequences that the run skips (half open, positions in the global order)."""
    return [(e["from"], e["until"]) for e in read_lines(run / EVENTS) if e["event"] == "skip"]


def identity_of(run: str) -> Facts:
    """What a run is: stage, key, keyed settings and inputs."""
    found = read_json(Path(run) / IDENTITY)
    if not isinstance(found, dict):
        raise UserError(f"{run} is not a run of llmctl pretrain ({IDENTITY} is missing); name what was given to -o")
    return found


def to_toml(table: Mapping[str, Any], above: str = "") -> str:
    """Nested plain values as TOML; a value that is none (not set) is left as a comment."""
    lines = []
    for key, value in table.items():
        name = key.rstrip("_")  # `from_`
        if not isinstance(value, Mapping):
            lines.append(f"# {name} = none" if value is None else f"{name} = {json.dumps(value)}")
    for name, value in table.items():
        if isinstance(value, Mapping):
            lines += ["", f"[{above}{name}]", to_toml(value, f"{above}{name}.").rstrip("\n")]
    return "\n".join(lines) + "\n"
