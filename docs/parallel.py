"""Draw docs/parallel/*.svg and the tables of docs/parallel.md from the code: `python docs/parallel.py [--check]`.

Who holds what comes from `train/layout.py` and `train/shapes.py`, bytes from `train/estimate.py`, the order of passes from
`train/schedule.py`; measured figures from `proofs/*.json`. `--check` exits 1 when what is in the repository is not the code's.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from llmctl.model.transformer import Transformer
from llmctl.settings.knobs import nest, resolve
from llmctl.settings.presets import load
from llmctl.settings.pretrain import Pretrain
from llmctl.tokens.mixture import Order
from llmctl.train.course import Course
from llmctl.train.estimate import estimate
from llmctl.train.layout import Layout, layout_of
from llmctl.train.objectives import specials_of
from llmctl.train.plan import with_context, with_dtype
from llmctl.train.schedule import BACKWARD_COST, bubble, orders, times
from llmctl.train.shapes import DIVIDED, Weight, sliced

ROOT = Path(__file__).resolve().parents[1]
PAGE, PICTURES = ROOT / "docs" / "parallel.md", ROOT / "docs" / "parallel"
VOCABULARY, PROCESSES = 8192, 4  # of the README's tokenizer; of the tables
COLOURS = ("#5b8fc9", "#e0a13c", "#6aa84f", "#b565a7", "#8c8c8c")
EMPTY, LINE, DARK = "#eef1f4", "#7d8590", "#24292f"


class Drawing:
    """An SVG in the making."""

    def __init__(self, width: float, height: float) -> None:
        self.size, self.parts = (width, height), list[str]()

    def box(
        self, x: float, y: float, wide: float, high: float, fill: str, text: str = "", edge: str = "#ffffff"
    ) -> None:
        self.parts.append(
            f"<rect x='{x:.1f}' y='{y:.1f}' width='{wide:.1f}' height='{high:.1f}' fill='{fill}' stroke='{edge}'/>"
        )
        if text:
            self.text(x + wide / 2, y + high / 2 + 4, text, anchor="middle")

    def text(self, x: float, y: float, text: str, *, anchor: str = "start", size: int = 12, bold: bool = False) -> None:
        weight = " font-weight='bold'" if bold else ""
        self.parts.append(
            f"<text x='{x:.1f}' y='{y:.1f}' text-anchor='{anchor}' font-size='{size}'{weight} fill='{DARK}'>{text}</text>"
        )

    def arrow(self, x1: float, y1: float, x2: float, y2: float, *, both: bool = False) -> None:
        start = " marker-start='url(#tip)'" if both else ""
        self.parts.append(
            f"<line x1='{x1:.1f}' y1='{y1:.1f}' x2='{x2:.1f}' y2='{y2:.1f}' stroke='{LINE}' marker-end='url(#tip)'{start}/>"
        )

    def __str__(self) -> str:
        wide, high = self.size
        tip = (
            "<defs><marker id='tip' viewBox='0 0 8 8' refX='7' refY='4' markerWidth='7' markerHeight='7' "
            f"orient='auto-start-reverse'><path d='M0 0L8 4L0 8z' fill='{LINE}'/></marker></defs>"
        )
        head = f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {wide:.0f} {high:.0f}' font-family='sans-serif'>"
        return f"{head}<rect width='100%' height='100%' fill='#ffffff'/>{tip}{''.join(self.parts)}</svg>\n"


def course_of(**keys: Any) -> Course:
    """Training with the preset `tiny` and two key heads, which two processes can share; `group__key=value` on top."""
    named = nest({"model.kv_heads": 2, **{name.replace("__", "."): value for name, value in keys.items()}})
    chosen: Pretrain = with_dtype(with_context(resolve(Pretrain, [load("tiny", "pretrain"), named]), None))
    specials = specials_of(chosen.objective, VOCABULARY, chosen.data.sequence)
    return Course(chosen, Order(0, chosen.data.batch, (1000,), (1,)), specials.vocab_size, specials, 0)


def facts_of(processes: int, **keys: Any) -> dict[str, Any]:
    """What `--dry-run --world-size` knows of a layout."""
    course = course_of(train__dtype="fp32", **keys)
    return estimate(course, layout_of(course.settings, processes))


def draw_data() -> Drawing:
    """Each process has all weights and other sequences; gradients are added up."""
    drawing = Drawing(640, 190)
    for rank in range(4):
        x = 20 + rank * 155
        drawing.text(x + 65, 18, f"process {rank}", anchor="middle", bold=True)
        drawing.box(x, 28, 130, 26, COLOURS[rank], f"sequences {4 * rank}-{4 * rank + 3}")
        drawing.arrow(x + 65, 54, x + 65, 74)
        drawing.box(x, 76, 130, 40, EMPTY, "all weights", LINE)
        drawing.arrow(x + 65, 116, x + 65, 138, both=True)
    drawing.box(20, 140, 595, 26, EMPTY, "gradients: one sum over all (all-reduce), once a step", LINE)
    return drawing


def draw_zero() -> Drawing:
    """Bytes of a process under each stage, on one scale."""
    kinds = ("weights", "gradients", "optimizer", "gathered")
    rows = [("zero 0", {}), *((f"zero {n}", {"parallel__zero": n}) for n in (1, 2, 3))]
    drawing = Drawing(760, 60 + 46 * len(rows))
    known = [(name, facts_of(PROCESSES, train__microbatch=2, **keys)["ranks"][0]["memory"]) for name, keys in rows]
    scale = 520 / max(sum(memory[kind] for kind in kinds) for _, memory in known)
    for column, kind in enumerate(kinds):
        drawing.box(70 + 150 * column, 10, 14, 14, COLOURS[column])
        said = "moments" if kind == "optimizer" else "for a while" if kind == "gathered" else kind
        drawing.text(90 + 150 * column, 22, said)
    for row, (name, memory) in enumerate(known):
        x, y = 70.0, 44 + 46 * row
        drawing.text(10, y + 20, name, bold=True)
        for column, kind in enumerate(kinds):
            drawing.box(x, y, memory[kind] * scale, 30, COLOURS[column])
            x += memory[kind] * scale
        drawing.text(x + 8, y + 20, f"{sum(memory[kind] for kind in kinds) / 1e6:.1f} MB")
    return drawing


def draw_hsdp() -> Drawing:
    """Copies within machines, replicas between them."""
    layout = Layout(replicate=2, shard=4)
    drawing = Drawing(640, 210)
    for rank in range(layout.world):
        place = layout.place(rank)
        x, y = 120 + place["shard"] * 125, 34 + place["replicate"] * 100
        drawing.box(x, y, 105, 44, COLOURS[place["shard"]], f"rank {rank}: part {place['shard']}")
        if place["shard"]:
            drawing.arrow(x - 18, y + 22, x - 2, y + 22, both=True)
        if place["replicate"] == 0:
            drawing.arrow(x + 52, y + 46, x + 52, y + 98, both=True)
    for copy in range(2):
        drawing.text(10, 60 + 100 * copy, f"machine {copy}", bold=True)
    drawing.text(120, 22, "within a machine: gather weights, scatter sums of gradients")
    drawing.text(120, 200, "between machines: add up the parts of the gradient, nothing else")
    return drawing


def matrices() -> Iterator[tuple[str, tuple[int, ...], int | None]]:
    """The matrices of a block: name, shape, dimension that is divided."""
    course = course_of(model__layers=1)
    for name, weight in Transformer(course.settings.model, VOCABULARY).decoder.blocks["0"].named_parameters():
        kind = ".".join(name.split(".")[-2:])
        yield name.removesuffix(".weight"), tuple(weight.shape), DIVIDED.get(kind)


def draw_tensor() -> Drawing:
    """Whose rows and columns of a block's matrices lie where, for two processes."""
    model, scale = course_of().settings.model, 0.26
    drawing, x, y = Drawing(760, 230), 20.0, 40.0
    for process, said in enumerate(("process 0", "process 1 (rows are outputs, columns inputs)")):
        drawing.box(20 + 110 * process, 8, 14, 14, COLOURS[process], edge=LINE)
        drawing.text(40 + 110 * process, 20, said)
    for name, shape, dimension in matrices():
        if len(shape) == 1:
            continue
        part = sliced(Weight(f"decoder.blocks.0.{name}.weight", shape, 1), model, 2, 0)
        drawing.box(x, y, shape[1] * scale, shape[0] * scale, COLOURS[1] if dimension is not None else EMPTY, edge=LINE)
        drawing.box(x, y, part[1] * scale, part[0] * scale, COLOURS[0], edge=LINE)
        drawing.text(x, y + shape[0] * scale + 14, name.replace("feedforward", "ffn"), size=11)
        x += max(shape[1] * scale, 84) + 14
    drawing.text(
        20,
        222,
        "a block ends twice in a sum of the stream over the processes (after output, after down); norms are whole on both",
    )
    return drawing


def draw_sequence() -> Drawing:
    """Where in a block the stream is whole, and where each process has a part of its tokens."""
    drawing = Drawing(760, 130)
    steps = (
        "norm",
        "gather",
        "attention",
        "scatter sums",
        "add, norm",
        "gather",
        "feed-forward",
        "scatter sums",
        "add",
    )
    for column, name in enumerate(steps):
        x, between = 10 + column * 83, name in ("gather", "scatter sums")
        inner = name in ("attention", "feed-forward")
        drawing.text(x + 38, 20, name, anchor="middle", size=11, bold=between)
        if between:
            drawing.arrow(x + 8, 66, x + 70, 66)
            continue
        for part in range(4):
            drawing.box(
                x,
                34 + 16 * part,
                76,
                15,
                EMPTY if inner else COLOURS[part],
                "all tokens" if inner else f"quarter {part + 1}",
            )
    drawing.text(
        10,
        122,
        "norms, dropout and the residual stream: a quarter of the tokens a process; inside, all tokens and a quarter of the heads",
        size=11,
    )
    return drawing


def draw_pipeline(schedule: str, chunks: int = 1, pipeline: int = 4, pieces: int = 8) -> Drawing:
    """Who works on which micro-batch when: the real order; a backward pass takes twice as long as a forward pass."""
    each = orders(schedule, pipeline, chunks, pieces)
    begun = times(each, pipeline * chunks)
    costs = {True: 1, False: BACKWARD_COST}
    end = max(
        start + costs[item.forward]
        for order, starts in zip(each, begun, strict=True)
        for item, start in zip(order, starts, strict=True)
    )
    scale = 780 / end
    drawing = Drawing(860, 60 + 34 * pipeline)
    waits = bubble(schedule, pipeline, chunks, pieces)
    drawing.text(60, 18, f"{schedule}: {pipeline} processes, {pieces} micro-batches"
                 f"{f', {chunks} stages each' if chunks > 1 else ''}; each process waits {waits:.1%} of a step")  # fmt: skip
    for rank, (order, starts) in enumerate(zip(each, begun, strict=True)):
        drawing.text(4, 50 + 34 * rank, f"rank {rank}")
        drawing.box(60, 30 + 34 * rank, 780, 30, EMPTY)
        for item, start in zip(order, starts, strict=True):
            late = item.stage // pipeline
            colour = ("#9cc2e8", "#5b8fc9")[late % 2] if item.forward else ("#b9dba5", "#6aa84f")[late % 2]
            drawing.box(60 + start * scale, 30 + 34 * rank, costs[item.forward] * scale, 30, colour, str(item.piece))
    drawing.text(
        60,
        52 + 34 * pipeline,
        "blue forward, green backward, grey waiting" + ("; dark: the process's second stage" if chunks > 1 else ""),
        size=11,
    )
    return drawing


def draw_mesh() -> Drawing:
    """All three: ranks by their places."""
    layout = Layout(pipeline=2, shard=2, tensor=2)
    drawing = Drawing(700, 210)
    for rank in range(layout.world):
        place = layout.place(rank)
        x = 70 + place["pipeline"] * 330 + place["tensor"] * 140
        y = 40 + place["shard"] * 76
        drawing.box(x, y, 120, 56, COLOURS[place["shard"]], f"rank {rank}", LINE)
        if place["tensor"]:
            drawing.arrow(x - 18, y + 28, x - 2, y + 28, both=True)
        if place["shard"]:
            drawing.arrow(x + 60, y - 18, x + 60, y - 2, both=True)
    for stage in range(2):
        drawing.text(200 + 330 * stage, 24, f"stage {stage}", anchor="middle", bold=True)
    drawing.arrow(332, 68, 396, 68, both=True)
    drawing.arrow(332, 144, 396, 144, both=True)
    drawing.text(
        70, 200, "beside each other: tensor; above each other: data (other sequences); left to right: pipeline"
    )
    return drawing


def pictures() -> dict[Path, str]:
    """Every picture by its place."""
    drawn = {
        "data": draw_data(), "zero": draw_zero(), "hsdp": draw_hsdp(), "tensor": draw_tensor(), "sequence": draw_sequence(),
        "gpipe": draw_pipeline("gpipe"), "1f1b": draw_pipeline("1f1b"), "interleaved": draw_pipeline("interleaved", 2),
        "mesh": draw_mesh(),
    }  # fmt: skip
    return {PICTURES / f"{name}.svg": str(drawing) for name, drawing in drawn.items()}


LAYOUTS: tuple[tuple[str, int, dict[str, Any]], ...] = (
    ("alone", 1, {}),
    ("data 4", 4, {}),
    ("data 4, zero 1", 4, {"parallel__zero": 1}),
    ("data 4, zero 2", 4, {"parallel__zero": 2}),
    ("data 4, zero 3", 4, {"parallel__zero": 3}),
    ("data 4, zero 3, recompute full", 4, {"parallel__zero": 3, "train__recompute": "full"}),
    ("tensor 2", 2, {"parallel__tensor": 2}),
    ("tensor 2, sequence", 2, {"parallel__tensor": 2, "parallel__sequence": True}),
    ("pipeline 2, gpipe", 2, {"parallel__pipeline": 2, "parallel__schedule": "gpipe"}),
    ("pipeline 2, 1f1b", 2, {"parallel__pipeline": 2}),
    ("pipeline 2, interleaved", 2, {"parallel__pipeline": 2, "parallel__schedule": "interleaved"}),
    (
        "data 2 x tensor 2 x pipeline 2, zero 1",
        8,
        {"parallel__tensor": 2, "parallel__pipeline": 2, "parallel__zero": 1},
    ),
)


def table_of_layouts() -> str:
    """MB of the process that holds most."""
    kinds = ("weights", "gradients", "optimizer", "gathered", "activations")
    lines = [f"| layout | {' | '.join(kinds)} | together | sent a step | waits |", "|--|" + "--:|" * 8]
    for name, processes, keys in LAYOUTS:
        facts = facts_of(processes, **keys)
        most = max(facts["ranks"], key=lambda entry: entry["memory"]["together"])
        sizes = [most["memory"][kind] for kind in (*kinds, "together")] + [sum(most["sent"].values())]
        lines.append(f"| {name} | {' | '.join(f'{size / 1e6:.1f}' for size in sizes)} | {facts['bubble']:.1%} |")
    return "\n".join(lines)


def table_of_measured() -> str:
    """Claims and figures of the proofs of parallel training, as far as they were run."""
    lines = ["| proof | claim | holds |", "|--|--|--|"]
    for name in ("parallel", "reshard", "dry_run", "elastic"):
        path = ROOT / "proofs" / f"{name}.json"
        if path.exists():
            claims = json.loads(path.read_text(encoding="utf-8"))["claims"]
            lines += [f"| `{name}` | {claim} | {'yes' if holds else 'NO'} |" for claim, holds in claims.items()]
    return "\n".join(lines) if len(lines) > 2 else "No proof of parallel training has been run yet (`make prove`)."


TABLES = {"layouts": table_of_layouts, "measured": table_of_measured}


def main() -> int:
    """Write, or with --check compare."""
    text = PAGE.read_text(encoding="utf-8")
    for name, table in TABLES.items():
        pattern = rf"(<!-- {name}: begin [^>]*-->\n).*?(<!-- {name}: end -->)"
        text = re.sub(pattern, lambda found, table=table: f"{found[1]}\n{table()}\n\n{found[2]}", text, flags=re.DOTALL)
    wanted = {PAGE: text, **pictures()}
    stale = [p for p, content in wanted.items() if not p.exists() or p.read_text(encoding="utf-8") != content]
    if "--check" in sys.argv:
        if stale:
            sys.stderr.write(f"not as the code is: {', '.join(p.name for p in stale)}; run `python docs/parallel.py`\n")
        return int(bool(stale))
    PICTURES.mkdir(exist_ok=True)
    for path in stale:
        path.write_text(wanted[path], encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
