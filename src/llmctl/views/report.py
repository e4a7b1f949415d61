"""report: one self-contained page about artifacts and what they were made from.

Funnel, removals by rule with examples, loss curve, evaluation; figures are the manifests' own, pictures are inline SVG,
and nothing is fetched from anywhere. Sections are rows of a table: a later issue adds one, not a second report.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from llmctl.store import lineage
from llmctl.store.files import written_whole
from llmctl.views.show import funnel, removed

Facts = dict[str, Any]  # Any: JSON
WIDTH, HEIGHT = 720, 240  # of a picture, in CSS pixels
STYLE = """
:root{--ink:#1b1f24;--soft:#59636e;--line:#d8dee4;--bar:#2f6f9f;--gone:#c8553d;--back:#fff}
@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9198a1;--line:#30363d;--bar:#6ab0de;--gone:#e5826b;--back:#0d1117}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--back);max-width:60rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2.5rem;border-bottom:1px solid var(--line)}
table{border-collapse:collapse;width:100%}td,th{padding:.25rem .6rem;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}.soft{color:var(--soft)}code{font-size:.9em;overflow-wrap:anywhere}
svg{max-width:100%;height:auto}svg text{font:12px system-ui,sans-serif;fill:var(--ink)}details{margin:.4rem 0}
"""


def report(paths: Sequence[str], out: str) -> Facts:
    """Write the page about `paths` to `out`; returns what it holds."""
    links = list({str(k.path): k for p in paths for k in lineage.chain(p) if k.path is not None}.values())
    bodies = [(title, body) for title, section in SECTIONS if (body := section(links))]
    shown = "".join(f"<h2>{title}</h2>{body}" for title, body in bodies)
    head = f"<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'><title>llmctl report</title><style>{STYLE}</style>"
    names = ", ".join(f"<code>{_e(p)}</code>" for p in paths)
    place = Path(out)
    place.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(place) as temporary:
        temporary.write_text(
            f"{head}<h1>llmctl report</h1><p class=soft>about {names}, and what was made into it</p>{shown}</html>\n",
            "utf-8",
        )
    return {
        "out": out,
        "about": list(paths),
        "sections": [title for title, _ in bodies],
        "artifacts": [str(k.path) for k in links],
    }


def _e(value: object) -> str:
    return html.escape(str(value))


def _table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Numbers to the right, text to the left; a cell that is markup comes as `Markup`."""
    numeric = [all(isinstance(row[i], (int, float)) or row[i] is None for row in rows) for i in range(len(heads))]
    top = "".join(f"<th{' class=n' if n else ''}>{_e(h)}" for h, n in zip(heads, numeric, strict=True))
    body = "".join(
        "<tr>" + "".join(f"<td{' class=n' if n else ''}>{_cell(v)}" for v, n in zip(row, numeric, strict=True))
        for row in rows
    )
    return f"<table><tr>{top}{body}</table>"


class Markup(str):
    """Text that is HTML already."""


def _cell(value: object) -> str:
    if isinstance(value, Markup):
        return value
    if isinstance(value, float):
        return f"{value:,.4g}"
    return f"{value:,}" if isinstance(value, int) else _e("" if value is None else value)


def _funnel_section(links: Sequence[lineage.Link]) -> str:
    rows = [row for link in links[-1:] for row in funnel(_path(link), 0)["funnel"] if "in" in row]
    seen = {row["path"] for row in rows}
    rows = [
        r
        for link in links[:-1]
        for r in funnel(_path(link), 0)["funnel"]
        if "in" in r and r["path"] not in seen and not seen.add(r["path"])
    ] + rows
    if not rows:
        return ""
    documents = [r for r in rows if r["stage"] in ("crawl-ingest", "filter", "dedup", "scrub", "tokenize")]
    cells = [
        (
            r["path"],
            r["stage"],
            r["in"],
            r["kept"],
            r["removed"],
            (r["bytes"] or {}).get("kept"),
            r["tokens"],
            r["seconds"],
        )
        for r in rows
    ]
    return _funnel_picture(documents) + _table(
        ("artifact", "stage", "in", "kept", "removed", "text bytes", "tokens", "seconds"), cells
    )


def _funnel_picture(rows: Sequence[Facts]) -> str:
    if not rows:
        return ""
    top = max(r["in"] for r in rows) or 1
    step, left = 34, 200
    bars = []
    for i, row in enumerate(rows):
        y, kept, gone = (
            i * step + 6,
            (WIDTH - left - 90) * row["kept"] / top,
            (WIDTH - left - 90) * row["removed"] / top,
        )
        bars.append(
            f"<text x=0 y={y + 16}>{_e(row['stage'])} <tspan class=soft>{_e(Path(row['path']).name)}</tspan></text>"
            f"<rect x={left} y={y} width={kept:.1f} height=22 fill=var(--bar) /><rect x={left + kept:.1f} y={y} width={gone:.1f} height=22 fill=var(--gone) />"
            f"<text x={left + kept + gone + 6:.1f} y={y + 16}>{row['kept']:,}</text>"
        )
    label = "documents kept (blue) and removed (red) at each stage"
    return f"<svg viewBox='0 0 {WIDTH} {len(rows) * step + 8}' role=img aria-label='{label}'>{''.join(bars)}</svg><p class=soft>{label}</p>"


def _removals_section(links: Sequence[lineage.Link]) -> str:
    pieces = []
    for link in links:
        facts = removed(_path(link), 2) if lineage.parts(_path(link), "_removed") else {}
        if facts.get("removed"):
            rows = [
                (reason, count, Markup(_examples(facts["examples"][reason])))
                for reason, count in facts["by_reason"].items()
            ]
            pieces.append(f"<h3><code>{_e(link.path)}</code></h3>" + _table(("rule", "rows", "examples"), rows))
    return "".join(pieces)


def _examples(rows: Sequence[Facts]) -> str:
    lines = []
    for row in rows:
        broken = "; ".join(
            f"{b['rule']} {_cell(b['value'])} not in [{_cell(b['low'])}, {_cell(b['high'])}]"
            for b in row.get("breaches", ())
        )
        twin = f" twin {row['twin_id']} ({row['score']:.3f})" if row.get("twin_id") else ""
        lines.append(
            f"<details><summary><code>{_e(row['id'])}</code></summary><span class=soft>{_e(row.get('url', ''))} {_e(broken)}{_e(twin)}</span></details>"
        )
    return "".join(lines)


def _loss_section(links: Sequence[lineage.Link]) -> str:
    pieces = []
    for link in links:
        path = _path(link) / "metrics.jsonl"
        lines = lineage.json_lines(path) if link.path and link.path.is_dir() else []
        steps = {line["step"]: line["loss"] for line in lines if "loss" in line}
        valid = {line["step"]: line["val_loss"] for line in lines if "val_loss" in line}
        if steps:
            pieces.append(
                f"<h3><code>{_e(link.path)}</code></h3>" + _curve(sorted(steps.items()), sorted(valid.items()))
            )
            pieces.append(
                _table(
                    ("steps", "last loss", "last validation loss"),
                    [(len(steps), steps[max(steps)], valid[max(valid)] if valid else None)],
                )
            )
    return "".join(pieces)


def _curve(loss: Sequence[tuple[int, float]], valid: Sequence[tuple[int, float]]) -> str:
    values = [v for _, v in [*loss, *valid]]
    low, high, last = min(values), max(values), max(s for s, _ in [*loss, *valid]) or 1
    span = (high - low) or 1.0

    def points(line: Sequence[tuple[int, float]]) -> str:
        return " ".join(
            f"{50 + (WIDTH - 60) * s / last:.1f},{10 + (HEIGHT - 40) * (high - v) / span:.1f}" for s, v in line
        )

    dots = "".join(
        f"<circle cx={p.partition(',')[0]} cy={p.partition(',')[2]} r=3.5 fill=var(--gone) />"
        for p in points(valid).split()
    )
    return (
        f"<svg viewBox='0 0 {WIDTH} {HEIGHT}' role=img aria-label='loss by step'><text x=0 y=16>{high:.2f}</text><text x=0 y={HEIGHT - 30}>{low:.2f}</text>"
        f"<text x=50 y={HEIGHT - 8}>step 0</text><text x={WIDTH - 70} y={HEIGHT - 8}>{last:,}</text>"
        f"<polyline points='{points(loss)}' fill=none stroke=var(--bar) stroke-width=1.5 />{dots}</svg><p class=soft>training loss (line) and validation loss (dots), nats per token</p>"
    )


def _evaluation_section(links: Sequence[lineage.Link]) -> str:
    pieces = []
    for link in links:
        summary = (link.manifest or {}).get("summary")
        if summary:
            names = [
                n
                for n in ("model", "task", "shots", "select", "order", "labels", "n", "accuracy", "low", "high")
                if n in summary[0]
            ]
            pieces.append(
                f"<h3><code>{_e(link.path)}</code></h3>" + _table(names, [[row[n] for n in names] for row in summary])
            )
    return "".join(pieces) and "".join(pieces) + "<p class=soft>low and high: 95 % Wilson interval</p>"


def _path(link: lineage.Link) -> Path:
    assert link.path is not None
    return link.path


SECTIONS: tuple[tuple[str, Callable[[Sequence[lineage.Link]], str]], ...] = (
    ("Funnel", _funnel_section),
    ("Removals by rule", _removals_section),
    ("Training", _loss_section),
    ("Evaluation", _evaluation_section),
)
