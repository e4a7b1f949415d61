"""Draw the import graph of src/llmctl into docs/architecture.md and docs/imports.svg: `python docs/draw.py [--check]`.

Floors from the door down, a box a package, an arrow where one imports another; `--check` exits 1 when the drawing in
the repository is not the code's.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "llmctl"
FLOORS = (
    ("cli",), ("stages", "views"), ("train", "infer"), ("store",), ("text", "tokens", "model", "engine"), ("settings", "errors"),
)  # fmt: skip
BEGIN, END = "<!-- imports: begin (docs/draw.py) -->", "<!-- imports: end -->"
WIDTH, BOX, HIGH, STEP = 760, 150, 44, 100


def room_of(module: str) -> str:
    """`llmctl.store.rows` -> `store`."""
    return module.split(".")[1] if "." in module else ""


def imports() -> dict[str, dict[str, int]]:
    """Room -> room it imports -> number of importing files."""
    found: dict[str, dict[str, int]] = {}
    for path in sorted(SOURCE.rglob("*.py")):
        room = path.relative_to(SOURCE).parts[0].removesuffix(".py")
        targets = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("llmctl."):
                targets.add(room_of(str(node.module)))
        for target in targets - {room}:
            found.setdefault(room, {}).setdefault(target, 0)
            found[room][target] += 1
    return found


def places() -> dict[str, tuple[float, float]]:
    """The middle of each room's box."""
    spots = {}
    for floor, rooms in enumerate(FLOORS):
        for i, room in enumerate(rooms):
            spots[room] = (WIDTH * (i + 1) / (len(rooms) + 1), 40 + floor * STEP)
    return spots


def files_and_lines(room: str) -> tuple[int, int]:
    """How large a room is."""
    paths = [SOURCE / f"{room}.py"] if (SOURCE / f"{room}.py").exists() else sorted((SOURCE / room).rglob("*.py"))
    return len(paths), sum(path.read_text(encoding="utf-8").count("\n") for path in paths)


def svg(graph: dict[str, dict[str, int]]) -> str:
    """The picture: arrows first, boxes over them."""
    spots = places()
    arrows = []
    for room, targets in sorted(graph.items()):
        for target in sorted(targets):
            if room in spots and target in spots:
                (x1, y1), (x2, y2) = spots[room], spots[target]
                arrows.append(
                    f"<line x1='{x1:.0f}' y1='{y1 + HIGH / 2:.0f}' x2='{x2:.0f}' y2='{y2 - HIGH / 2 - 4:.0f}' "
                    "stroke='#7d8590' marker-end='url(#tip)'/>"
                )
    boxes = []
    for room, (x, y) in spots.items():
        boxes.append(
            f"<rect x='{x - BOX / 2:.0f}' y='{y - HIGH / 2:.0f}' width='{BOX}' height='{HIGH}' "
            "rx='6' fill='#ddf4ff' stroke='#2f6f9f'/>"
            f"<text x='{x:.0f}' y='{y + 5:.0f}' text-anchor='middle' font-weight='bold'>{room}</text>"
        )
    tip = "<defs><marker id='tip' viewBox='0 0 8 8' refX='7' refY='4' markerWidth='7' markerHeight='7' orient='auto'>"
    size = f"viewBox='0 0 {WIDTH} {10 + len(FLOORS) * STEP}'"
    head = f"<svg xmlns='http://www.w3.org/2000/svg' {size} font-family='sans-serif' font-size='14'>"
    return (
        f"{head}{tip}<path d='M0 0L8 4L0 8z' fill='#7d8590'/></marker></defs>{''.join(arrows)}{''.join(boxes)}</svg>\n"
    )


def table(graph: dict[str, dict[str, int]]) -> str:
    """The same in words."""
    lines = ["| floor | room | imports |", "|--|--|--|"]
    for floor, rooms in zip(range(len(FLOORS) - 1, -1, -1), FLOORS, strict=True):
        for room in rooms:
            lines.append(
                f"| {floor} | `{room}` | {', '.join(f'`{t}`' for t in sorted(graph.get(room, {})) if t) or 'nothing of ours'} |"
            )
    return "\n".join(lines)


def main() -> int:
    """Write, or with --check compare."""
    graph = imports()
    page = ROOT / "docs" / "architecture.md"
    text = page.read_text(encoding="utf-8")
    start, stop = text.index(BEGIN) + len(BEGIN), text.index(END)
    wanted = {
        page: f"{text[:start]}\n\n![imports go down](imports.svg)\n\n{table(graph)}\n\n{text[stop:]}",
        ROOT / "docs" / "imports.svg": svg(graph),
    }
    stale = [
        path for path, content in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != content
    ]
    if "--check" in sys.argv:
        if stale:
            sys.stderr.write(f"not as the code is: {', '.join(p.name for p in stale)}; run `python docs/draw.py`\n")
        return int(bool(stale))
    for path in stale:
        path.write_text(wanted[path], encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
