"""Files that a paper includes: read next, once, where they are found in the project and are not open already."""

from __future__ import annotations

from llmctl.text.sources.tex.paper import Handler, Paper, source


def include(paper: Paper, token: str) -> None:
    """`\\input{file}`, `\\input file`, `\\import{folder}{file}`: read next, once it is found in the project and not open."""
    stream = paper.stream
    folder = source(stream.argument()) if token in ("\\import", "\\subimport") else ""
    stream.skip_spaces()
    if stream.peek() == "{":
        name = source(stream.argument())
    else:
        name, _, rest = stream.pop().partition(" ")
        stream.push([rest] if rest else [])
    path = paper.project.find(f"{folder}/{name}" if folder else name, stream.files[-1] if stream.files else "")
    if path is None:
        paper.counts["missing_files"] += 1
        return
    if path in stream.files:
        return
    if path in paper.files:
        stream.budget -= len(paper.project.text(path)) + 1
        if stream.budget < 0:
            return
    else:
        paper.files.append(path)
    stream.open_file(path, paper.project.tokens(path))


def use_package(paper: Paper, _: str) -> None:
    """`\\usepackage{macros}`: a style file of the project, for what it defines."""
    paper.stream.optional()
    for name in source(paper.stream.argument()).split(","):
        path = paper.project.find(name.strip() + ".sty", "")
        if path and path not in paper.files:
            paper.files.append(path)
            paper.render(paper.project.tokens(path))


def end_input(paper: Paper, _: str) -> None:
    """`\\endinput`: the rest of this file is not read."""
    files = len(paper.stream.files)
    paper.stream.skip_rest(files - 1 if files > 1 else 0)


INCLUSION: dict[str, Handler] = {
    **dict.fromkeys(["\\input", "\\include", "\\subfile", "\\import", "\\subimport", "\\subfileinclude"], include),
    **dict.fromkeys(["\\usepackage", "\\RequirePackage"], use_package),
    "\\endinput": end_input,
}
