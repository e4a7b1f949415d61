"""The files of a paper: their text, which of them is the paper, and what `\\input{name}` means.

A main file begins a document and is not included by another that does. Of several the one that reads most text is
taken, letters to editors and answers to referees last.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from llmctl.text.sources import charset
from llmctl.text.sources.pages import html
from llmctl.text.sources.tex.packing import README, inside
from llmctl.text.sources.tex.tokens import sealed_names, tokenize

COMMENT = re.compile(r"(?<!\\)%[^\n]*")
CLASS = re.compile(r"\\document(?:class|style)\s{0,20}(?:\[[^\[\]]{0,2000}\]\s{0,20})?\{([^{}]{1,60})\}")
BODY = re.compile(r"\\begin[ ]?\{document\}")
INPUT = re.compile(
    r"\\(?:input|include|subfile|subfileinclude|import\{[^{}]{0,200}\})(?![A-Za-z])\s{0,5}"
    r"(?:\{([^{}\n]{1,200})\}|([^\s{}\\%]{1,200}))"
)
PARTIAL = ("subfiles", "standalone")  # classes of files that are parts of another
SECONDARY = re.compile(
    r"rebut|cover|letter|respon|reply|supp|referee|review|errata|poster|slides|talk|solution|answers|diff|template|highlights",
    re.I,
)
PRIMARY = re.compile(r"^(?:main|ms|paper|article|manuscript|arxiv|root|thesis|book)$", re.I)
SUFFIXES = ("", ".tex", ".ltx", ".TEX", ".latex")
TEX_SUFFIXES = (".tex", ".ltx", ".latex")
INPUTENC = re.compile(r"\\usepackage\s?\[([\w-]{1,20})\]\s?\{inputenc\}|\\inputencoding\s?\{([\w-]{1,20})\}")
# names of inputenc (LaTeX2e `inputenc.dtx`) that are not already labels of the web
INPUT_ENCODINGS = {
    "latin1": "iso-8859-1", "latin2": "iso-8859-2", "latin3": "iso-8859-3", "latin4": "iso-8859-4", "latin5": "iso-8859-9",
    "latin9": "iso-8859-15", "latin10": "iso-8859-16", "ansinew": "windows-1252", "cp1250": "windows-1250",
    "cp1251": "windows-1251", "cp1252": "windows-1252", "cp1257": "windows-1257", "applemac": "macintosh", "koi8-r": "koi8-r",
    "koi8-u": "koi8-u", "cp866": "ibm866",
}  # fmt: skip
# https://info.arxiv.org/help/00README.html: lines `name toplevelfile`; since 2025 a list in JSON or YAML
NOTE = re.compile(r"^(\S{1,200})[ \t]{1,20}(toplevelfile|ignore)\b", re.M)
JSON_NOTE = re.compile(r"filename\"?:\s{0,9}\"?([^\"\s,]{1,200})\"?,?\s{1,99}\"?usage\"?:\s{0,9}\"?(toplevel|ignore)")
NOTES = 1 << 16  # bytes of it that are read
ANCILLARY = re.compile(r"(?:^|/)anc/")  # https://info.arxiv.org/help/ancillary_files.html
MAX_INPUTS = 2000  # files that are followed to weigh a main file


@dataclass
class Project:
    """Files by path; texts and tokens are made when they are asked for."""

    files: Mapping[str, bytes]
    root: str = ""  # the folder of the main file
    encoding: str | None = None
    charsets: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    sealed: dict[str, str | None] | None = None

    def text(self, path: str) -> str:
        """A file as text: UTF-8, else by the `inputenc` of the project, else by what it looks like."""
        if path not in self.texts:
            header = f"charset={self.encoding}" if self.encoding else None
            text, name = charset.decode(self.files[path], header)
            self.texts[path], self.charsets[path] = html.clean(text), name
        return self.texts[path]

    def find(self, name: str, current: str) -> str | None:
        """The path that `\\input{name}` means in the file `current`: from the main file's folder, or from its own."""
        name = name.strip().strip('"')
        for folder in dict.fromkeys((self.root, posixpath.dirname(current))):
            path = inside(posixpath.join(folder, name)) if name and not name.startswith("/") else None
            for suffix in SUFFIXES if path else ():
                if f"{path}{suffix}" in self.files:
                    return f"{path}{suffix}"
        return None

    def tokens(self, path: str) -> list[str]:
        """The tokens of a file."""
        if self.sealed is None:
            self.sealed = sealed_names(list(self.texts.values()))
        return tokenize(self.text(path), self.sealed)


def declared_encoding(texts: Iterable[str]) -> str | None:
    """The charset that `inputenc` names."""
    for text in texts:
        if match := INPUTENC.search(text):
            return INPUT_ENCODINGS.get((match[1] or match[2]).lower())
    return None


def included(text: str) -> list[str]:
    """The names that a file includes."""
    return [braced or bare for braced, bare in INPUT.findall(text)]


def begins_document(text: str) -> bool:
    """Whether a file begins a document of its own."""
    kind = CLASS.search(text)
    if kind and kind[1].strip() in PARTIAL:
        return False
    return bool(BODY.search(text))


def main_files(files: Mapping[str, bytes]) -> list[str]:
    """The main files among TeX sources by path (whole or their first 64 kB), the best first; none: no project.

    A file that begins a document but is included by another is no main file; the other is. Where no file begins one
    (plain TeX, drafts), those with a class and then those that nobody includes are main files.
    """
    named, ignored = _notes(files)
    sources = {
        path: data for path, data in files.items() if path.lower().endswith(TEX_SUFFIXES) and path not in ignored
    }
    if mains := [path for path in named if path in sources]:
        return mains
    project = Project({path: data for path, data in sources.items() if not ANCILLARY.search(path)})
    texts = {path: COMMENT.sub("", project.text(path)) for path in project.files}
    edges = inclusions(list(texts), texts.__getitem__)
    mains = [path for path, text in texts.items() if begins_document(text)]
    if not mains:
        mains = [path for path, text in texts.items() if CLASS.search(text)]
    if not mains:
        used = {other for others in edges.values() for other in others}
        mains = [path for path in texts if path not in used] or list(texts)
    including: dict[str, list[str]] = {path: [] for path in texts}
    for path, others in edges.items():
        for other in others:
            including[other].append(path)
    roots = dict.fromkeys(_root(including, path) for path in mains)
    sizes = {path: sum(len(files[other]) for other in reached(edges, path)) for path in roots}
    return sorted(roots, key=lambda path: (_rank(path), -sizes[path], path))


def inclusions(paths: Sequence[str], text: Callable[[str], str]) -> dict[str, list[str]]:
    """Which of these files each of them includes; `text` gives one, without comments, and is asked once for each."""
    project = Project(dict.fromkeys(paths, b""))
    edges = {}
    for path in paths:
        project.root = posixpath.dirname(path)
        found = (project.find(name, path) for name in included(text(path)))
        edges[path] = [other for other in found if other and other != path]
    return edges


def _notes(files: Mapping[str, bytes]) -> tuple[list[str], set[str]]:
    """What arXiv's `00README` says: the files that TeX is given, and those that are to be ignored."""
    note = next((data for path, data in files.items() if posixpath.basename(path).lower().startswith(README)), b"")
    text = note[:NOTES].decode("utf-8", "replace")
    pairs = [(path, use) for path, use in NOTE.findall(text)] + [(path, use) for path, use in JSON_NOTE.findall(text)]
    named = [path for path, use in pairs if use.startswith("toplevel")]
    return list(dict.fromkeys(named)), {path for path, use in pairs if use == "ignore"}


def _root(including: Mapping[str, list[str]], main: str) -> str:
    """The file where TeX begins to read `main`: one that includes it, directly or not, and that nobody includes."""
    around = (path for path in reached(including, main) if not including[path])
    return min(around, key=lambda path: (_rank(path), path), default=main)


def _rank(path: str) -> int:
    """Papers before what accompanies them."""
    stem = posixpath.splitext(posixpath.basename(path))[0]
    return 0 if PRIMARY.match(stem) else 2 if SECONDARY.search(stem) else 1


def reached(edges: Mapping[str, list[str]], path: str) -> set[str]:
    """A file and all that it includes, directly or not."""
    seen = {path}
    ahead = [path]
    while ahead and len(seen) < MAX_INPUTS:
        for other in edges.get(ahead.pop(), []):
            if other not in seen:
                seen.add(other)
                ahead.append(other)
    return seen
