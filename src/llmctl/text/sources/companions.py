"""Files of one tree (a directory, an archive) that belong to others: TeX inputs, reply graphs, licences.

In: the names of all files, and a function that gives the beginning (64 kB) of one. Out: which records take which further files
as their parts, which files are therefore no records of their own, and the licence of every folder that has one.
Linear in the number of files; only the beginnings of TeX files and licence files are looked at.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from llmctl.text.sources.programs.licenses import is_license_name, license_of_directory
from llmctl.text.sources.tex.project import COMMENT, inclusions, reached

TEX = (".tex", ".ltx", ".latex")
STYLES = (".sty", ".cls", ".clo", ".def", ".tikz")  # files that TeX reads without being told their place
LOGS = (".raw.txt", ".ascii.txt", ".log", ".txt")  # of a log and its annotation; the first that is there is the log
ANNOTATION = ".annotation.txt"  # of a log with a reply graph (Kummerfeld et al. 2019, arXiv 1810.11118, data/)
COPIES = (".ascii.txt",)  # of the same log


@dataclass(frozen=True)
class Companions:
    """What belongs to what in one tree."""

    parts: dict[str, list[str]] = field(default_factory=dict)  # a record's file -> further files that it reads
    absorbed: frozenset[str] = frozenset()  # files that are no records of their own
    licenses: dict[str, str] = field(default_factory=dict)  # folder -> SPDX id

    def license_above(self, name: str) -> str | None:
        """The licence of the nearest folder around a file."""
        folders = (str(folder) for folder in PurePosixPath(name).parents)
        return next((self.licenses[folder] for folder in folders if folder in self.licenses), None)


def companions(names: Sequence[str], head: Callable[[str], bytes]) -> Companions:
    """What belongs to what among files named with forward slashes."""
    parts, absorbed = _logs(set(names))
    for paper, inputs in _papers(names, head):
        absorbed.update(inputs)
        if inputs:
            parts[paper] = inputs
    return Companions(parts, frozenset(absorbed), _licenses(names, head))


def _licenses(names: Sequence[str], head: Callable[[str], bytes]) -> dict[str, str]:
    """The licence of every folder with a file that is one."""
    texts: dict[str, dict[str, str]] = defaultdict(dict)
    for name in names:
        if is_license_name(PurePosixPath(name).name):
            texts[folder_of(name)][PurePosixPath(name).name] = head(name).decode("utf-8", "replace")
    found = {folder: license_of_directory(files) for folder, files in texts.items()}
    return {folder: license for folder, license in found.items() if license}


def _logs(names: set[str]) -> tuple[dict[str, list[str]], set[str]]:
    """Logs with their annotations; a second copy of the same log is none of its own."""
    parts: dict[str, list[str]] = {}
    absorbed: set[str] = set()
    for annotation in sorted(name for name in names if name.endswith(ANNOTATION)):
        if log := log_of(annotation, names.__contains__):
            stem = annotation.removesuffix(ANNOTATION)
            parts[log] = [annotation]
            absorbed.add(annotation)
            absorbed.update(copy for suffix in COPIES if (copy := stem + suffix) in names and copy != log)
    return parts, absorbed


def log_of(annotation: str, exists: Callable[[str], bool]) -> str | None:
    """The log that a reply graph belongs to."""
    stem = annotation.removesuffix(ANNOTATION)
    return next((stem + suffix for suffix in LOGS if stem != annotation and exists(stem + suffix)), None)


def annotation_of(log: str, exists: Callable[[str], bool]) -> str | None:
    """The reply graph of a log."""
    stems = (log.removesuffix(suffix) for suffix in LOGS if log.endswith(suffix))
    found = (stem + ANNOTATION for stem in stems if exists(stem + ANNOTATION))
    return next((name for name in found if name != log and log_of(name, exists) == log), None)


def _papers(names: Sequence[str], head: Callable[[str], bytes]) -> Iterator[tuple[str, list[str]]]:
    """(TeX file that no other includes, what it includes and the styles around it) of each; files are read one by one."""
    sources = [name for name in names if name.lower().endswith(TEX)]
    edges = inclusions(sources, lambda name: COMMENT.sub("", head(name).decode("utf-8", "replace")))
    included = {other for others in edges.values() for other in others}
    styles: dict[str, list[str]] = defaultdict(list)
    for name in names:
        if name.lower().endswith(STYLES):
            styles[folder_of(name)].append(name)
    seen: set[str] = set()
    for name in sorted(sources, key=lambda name: name in included):  # files that include each other: the first of them
        if name not in included or name not in seen:
            seen |= reached(edges, name)
            around = [style for folder in PurePosixPath(name).parents for style in styles.get(str(folder), ())]
            yield name, [*sorted(reached(edges, name) - {name}), *around]


def folder_of(name: str) -> str:
    """The folder of a file; `.` at the root."""
    return str(PurePosixPath(name).parent)
