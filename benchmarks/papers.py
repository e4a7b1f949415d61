"""Claim: papers of arXiv's bulk layout become text with their maths, and without comments, references or TeX outside of maths.

`python benchmarks/papers.py BULK.tar [--json]`: one line a paper. `source` counts formulas in the files that were read, by patterns
that know nothing of our reader (comments, listings, floats and what is not printed cut out first); `kept` counts them in the
text, by patterns too. Both differ where a paper's own macros stand for formulas. `comments` are marks planted between the lines
of the source that came through, `references` beginnings of entries of its list of references that did, `commands` what
still looks like a command outside of formulas and listings.
"""

from __future__ import annotations

import argparse
import json
import re
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

from llmctl.text.sources.record import Document, Record
from llmctl.text.sources.scientific import documents, is_scientific
from llmctl.text.sources.tex.packing import is_tar, members, unpack

PLANTED = "planted-remark-7351"
COMMENT = re.compile(r"(?<!\\)((?:\\\\)*)%[^\n]*")
LISTING = re.compile(
    r"\\begin\{(verbatim|lstlisting|minted|comment|reference|slogan)\*?\}.*?\\end\{\1\*?\}|\\verb\*?(\W).*?\2|\\iffalse.*?\\fi",
    re.S,
)
FLOAT = re.compile(
    r"\\begin\{(figure|table|algorithm|deluxetable|floattable|wrapfigure|tikzpicture|thebibliography)\*?\}.*?\\end\{\1\*?\}",
    re.S,
)
GROUP = r"\{(?:[^{}\\]|\\.)*\}"
for _ in range(14):  # groups within groups; a dollar sign in a group does not end a formula
    GROUP = rf"\{{(?:[^{{}}\\]|\\.|{GROUP})*\}}"
FORMULA = re.compile(
    r"\\begin\{(equation|align|gather|multline|alignat|flalign|eqnarray|displaymath|narrowmultline|mathpar|mathparpagebreakable)(\*?)\}"
    r".*?\\end\{\1\2\}|(?<!\\)\$\$.+?\$\$|(?<!\\)\$(?:[^$\\{}]|\\.|"
    + GROUP
    + r")+\$|(?<!\\)\\\[.+?\\\]|(?<!\\)\\\(.+?\\\)",
    re.S,
)
DEFINITION = re.compile(r"^\s*\\(?:re)?(?:newcommand|def|newenvironment|providecommand).*$", re.M)
FENCED = re.compile(r"^\s*(`{3,})[^\n]*\n.*?^\s*\1$|`[^`\n]*`", re.S | re.M)
CAPTIONS = ("Figure: ", "Table: ", "Algorithm: ")
COMMAND = re.compile(r"\\[A-Za-z]+")
ENTRY = re.compile(r"\\bibitem\s*(?:\[[^\]]*\])?\s*\{[^}]*\}(.{60,}?)(?=\\bibitem|\\end\{thebib)", re.S)


def sources(payload: bytes, name: str) -> dict[str, str]:
    """The files of a submission as text."""
    data = unpack(payload)
    files = members(data) if is_tar(data) else {name: data}
    return {path: text.decode("utf-8", "replace") for path, text in files.items()}


def formulas_of_source(text: str) -> int:
    """Formulas between the beginning and the end of the document, outside of floats and listings."""
    text = COMMENT.sub(r"\1", LISTING.sub("", text))
    body = text.partition("\\begin{document}")[2].partition("\\end{document}")[0] or text
    return sum(1 for _ in FORMULA.finditer(FLOAT.sub("", DEFINITION.sub("", body))))


def formulas_of_text(text: str) -> int:
    """Formulas of a document."""
    lines = (line for line in FENCED.sub("", text).split("\n") if not line.startswith(CAPTIONS))
    return sum(1 for _ in FORMULA.finditer("\n".join(lines)))


def entries(text: str) -> list[str]:
    """How the entries of a list of references begin."""
    return [" ".join(entry.split())[:50] for entry in ENTRY.findall(COMMENT.sub(r"\1", text))]


def planted(payload: bytes, name: str) -> Document:
    """The document of a submission with a comment after every line outside of listings and definitions."""
    files = {path: plant(text).encode() for path, text in sources(payload, name).items()}
    main = documents(Record(path=name, payload=payload))[0].metadata["main"]
    return documents(Record(path=main, parts=files))[0]


def plant(text: str) -> str:
    """A comment line after every line of text that no listing holds."""
    kept: list[str] = []
    listings = [match.span() for match in LISTING.finditer(text)]
    position = 0
    for line in text.split("\n"):
        kept.append(line)
        position += len(line) + 1
        if not any(start < position <= end for start, end in listings):
            kept.append(f"% {PLANTED}")
    return "\n".join(kept)


def table(bulk: Path) -> Iterator[dict[str, object]]:
    """The figures of each paper of a bulk file."""
    with tarfile.open(bulk) as archive:
        for member in archive:
            file = archive.extractfile(member)
            if file is not None:
                yield figures(member.name, file.read())


def figures(name: str, payload: bytes) -> dict[str, object]:
    """What became of one paper."""
    record = Record(path=name, payload=payload)
    assert is_scientific(record), name
    start = time.process_time()
    document = documents(record)[0]
    seconds = time.process_time() - start
    files = sources(payload, document.metadata["main"])
    read = [files[path] for path in document.metadata["files"] if not path.endswith(".sty")]
    prose = FORMULA.sub(" ", FENCED.sub(" ", document.text))
    found = document.metadata
    return {
        "paper": Path(name).stem, "tex": sum(map(len, read)), "characters": len(document.text),
        "source": sum(map(formulas_of_source, read)), "kept": formulas_of_text(document.text),
        "headings": found.get("headings", 0),
        "comments": planted(payload, found["main"]).text.count(PLANTED),
        "references": sum(entry in document.text for text in files.values() for entry in entries(text)),
        "commands": len(COMMAND.findall(prose)),
        "unknown": sum(found.get("unknown_commands", {}).values()),
        "seconds": round(seconds, 3),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("bulk", type=Path)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    rows = list(table(arguments.bulk))
    if arguments.json:
        print(json.dumps(rows))
        return
    print("  ".join(rows[0]))
    for row in rows:
        print("  ".join(str(value) for value in row.values()))
    tex, seconds = sum(int(str(row["tex"])) for row in rows), sum(float(str(row["seconds"])) for row in rows)
    print(f"{len(rows)} papers, {tex / 1e6:.2f} MB of TeX read, {tex / 1e6 / seconds:.2f} MB/s")


if __name__ == "__main__":
    main()
