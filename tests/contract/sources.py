"""A tree of every kind of source, written here out of sentences of our own, on disk and packed."""

from __future__ import annotations

import io
import json
import random
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import quoteattr

from contract.corpus import sentence

CHATS, PAGES, MODULES, BOOKS, QUESTIONS, TURNS, CHAPTERS = 900, 40, 40, 6, 60, 60, 4
LICENSE = (
    "MIT License\n\nCopyright (c) 2020 Nobody\n\nPermission is hereby granted, free of charge, to any person obtaining "
    'a copy of this software, to deal in the Software without restriction.\n\nTHE SOFTWARE IS PROVIDED "AS IS", '
    "WITHOUT WARRANTY OF ANY KIND.\n"
)
MAIN = r"""\documentclass{article}\title{On ferries}
\begin{document}\maketitle
% nobody reads this
\section{First}
\input{sections/one}
\end{document}
"""


def files(seed: int = 5) -> Iterator[tuple[str, bytes]]:
    """(path, content) of every file."""
    chance = random.Random(seed)

    def some(count: int) -> str:
        return " ".join(sentence(chance) for _ in range(count))

    yield (
        "chat/talk.jsonl",
        "".join(
            json.dumps({"messages": [{"role": r, "content": some(2)} for r in ("user", "assistant")]}) + "\n"
            for _ in range(CHATS)
        ).encode(),
    )
    yield "chat/turns.txt", "".join(f"{some(1)} __eou__ {some(1)} __eou__\t1\n" for _ in range(TURNS)).encode()
    for number in range(PAGES):
        body = "".join(f"<p>{some(4)}</p>" for _ in range(4))
        yield f"site/page{number}.html", f"<html><title>Page {number}</title><body>{body}</body></html>".encode()
    yield "repo/LICENSE", LICENSE.encode()
    for number in range(MODULES):
        lines = "".join(f"    total += {n} * step  # {some(1)[:60]}\n" for n in range(12))
        yield (
            f"repo/src/module{number}.py",
            f"def work{number}(step):\n    total = 0\n{lines}    return total\n".encode(),
        )
    for number in range(BOOKS):
        chapters = "\n\n\n".join(
            f"CHAPTER {n + 1}\n\n" + "\n\n".join(some(8) for _ in range(12)) for n in range(CHAPTERS)
        )
        yield f"books/book{number}.txt", f"BOOK {number}\n\n\n{chapters}\n".encode()
    yield "paper/main.tex", MAIN.encode()
    yield "paper/sections/one.tex", f"It is known that $x^2 \\ge 0$. {some(6)}\n".encode()
    yield "qa/Posts.xml", posts(chance).encode()
    yield "broken/torn.html.gz", b"\x1f\x8b\x08\x00torn"
    yield "broken/picture.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"


def posts(chance: random.Random) -> str:
    """A dump: questions, and behind all of them two answers to each but every sixth."""
    rows = [f'<row Id="{n}" PostTypeId="1" Score="2" AcceptedAnswerId="{1000 + n}" CreationDate="2019-01-01T00:00:00.000" '
            f'Title={quoteattr(sentence(chance))} Body={quoteattr("<p>" + sentence(chance) + "</p>")} Tags="&lt;sea&gt;" />'
            for n in range(QUESTIONS)]  # fmt: skip
    rows += [f'<row Id="{start + n}" PostTypeId="2" ParentId="{n}" Score="{start % 7}" CreationDate="2019-01-02T00:00:00.000" '
             f'Body={quoteattr("<p>" + sentence(chance) + "</p>")} />'
             for start in (1000, 2000) for n in range(QUESTIONS) if n % 6]  # fmt: skip
    rows += ['<row Id="9000" PostTypeId="2" ParentId="77777" Score="1" Body="&lt;p&gt;Whose?&lt;/p&gt;" />',
             '<row Id="9001" PostTypeId="5" Body="a tag" />', '<row Id="9002" PostTypeId="1" Body="torn']  # fmt: skip
    return '<?xml version="1.0" encoding="utf-8"?>\n<posts>\n' + "".join(f"  {row}\n" for row in rows) + "</posts>\n"


def write_tree(root: Path) -> Path:
    """The files below a directory."""
    for name, content in files():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    return root


def write_tar(path: Path) -> Path:
    """The files as a packed tar."""
    with tarfile.open(path, "w:gz", compresslevel=1) as held:
        for name, content in files():
            entry = tarfile.TarInfo(f"./{name}")
            entry.size = len(content)
            held.addfile(entry, io.BytesIO(content))
    return path


def write_zip(path: Path) -> Path:
    """The files as a zip."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as held:
        for name, content in files():
            held.writestr(name, content)
    return path
