"""Pictures and tables as HTML text: inline SVG in the page's own colours, numbers to the right, all text escaped."""

from __future__ import annotations

import html
from collections.abc import Sequence

WIDTH, HEIGHT = 720, 240  # of a picture, in CSS pixels
STYLE = """
:root{--ink:#1b1f24;--soft:#59636e;--line:#d8dee4;--bar:#2f6f9f;--gone:#c8553d;--back:#fff}
@media(prefers-color-scheme:dark){
:root{--ink:#e6edf3;--soft:#9198a1;--line:#30363d;--bar:#6ab0de;--gone:#e5826b;--back:#0d1117}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--back);max-width:60rem;
margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2.5rem;border-bottom:1px solid var(--line)}
table{border-collapse:collapse;width:100%}
td,th{padding:.25rem .6rem;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}.soft{color:var(--soft)}
code{font-size:.9em;overflow-wrap:anywhere}details{margin:.3rem 0}
svg{max-width:100%;height:auto}svg text{font:12px system-ui,sans-serif;fill:var(--ink)}
"""


class Markup(str):
    """Text that is HTML already."""


def escaped(value: object) -> str:
    """Any value as text that a page shows and never runs."""
    return html.escape(str(value))


def cell(value: object) -> str:
    """One value: 1,234 / 0.8636 / escaped text."""
    if isinstance(value, Markup):
        return value
    if isinstance(value, float):
        return f"{value:,.4g}"
    return f"{value:,}" if isinstance(value, int) else escaped("" if value is None else value)


def table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Rows under heads; a column of numbers stands to the right."""
    sides = [
        " class=n" if all(isinstance(r[i], (int, float, type(None))) for r in rows) else "" for i in range(len(heads))
    ]
    top = "".join(f"<th{side}>{escaped(head)}" for head, side in zip(heads, sides, strict=True))
    lines = ("".join(f"<td{side}>{cell(v)}" for v, side in zip(row, sides, strict=True)) for row in rows)
    return f"<table><tr>{top}{''.join(f'<tr>{line}' for line in lines)}</table>"


def figure(kind: str, height: int, body: str, caption: str) -> str:
    """An SVG with its caption."""
    drawn = f"<svg viewBox='0 0 {WIDTH} {height}' role=img aria-label='{escaped(kind)}'>{body}</svg>"
    return f"{drawn}<p class=soft>{escaped(caption)}</p>"


def bars(rows: Sequence[tuple[str, str, int, int]]) -> str:
    """(stage, name, kept, removed) from top to bottom, to one scale."""
    top = max((kept + gone for _, _, kept, gone in rows), default=1) or 1
    step, left = 34, 230
    scale = (WIDTH - left - 80) / top
    body = "".join(
        f"<text x='0' y='{i * step + 22}'>{escaped(stage)} ({escaped(name)})</text>"
        f"<rect x='{left}' y='{i * step + 6}' width='{kept * scale:.1f}' height='22' fill='var(--bar)'/>"
        f"<rect x='{left + kept * scale:.1f}' y='{i * step + 6}' width='{gone * scale:.1f}' height='22' fill='var(--gone)'/>"
        f"<text x='{left + (kept + gone) * scale + 6:.1f}' y='{i * step + 22}'>{kept:,}</text>"
        for i, (stage, name, kept, gone) in enumerate(rows)
    )
    return figure("funnel", len(rows) * step + 8, body, "rows kept (first part of a bar) and removed (second part)")


def lengths(kind: str, rows: Sequence[tuple[str, float]], caption: str) -> str:
    """(name, value) from top to bottom, to one scale from 0."""
    top = max((value for _, value in rows), default=0.0) or 1.0
    step, left = 22, 230
    scale = (WIDTH - left - 60) / top
    body = "".join(
        f"<text x='0' y='{i * step + 14}'>{escaped(name)}</text>"
        f"<rect x='{left}' y='{i * step + 3}' width='{value * scale:.1f}' height='14' fill='var(--bar)'/>"
        f"<text x='{left + value * scale + 6:.1f}' y='{i * step + 14}'>{value:.2f}</text>"
        for i, (name, value) in enumerate(rows)
    )
    return figure(kind, len(rows) * step + 8, body, caption)


def rates(rows: Sequence[tuple[str, float, float, float, float | None]]) -> str:
    """(name, rate, low, high, the rest's rate): a bar from 0 to 1, its interval as a line, the rest as a tick."""
    step, left = 22, 230
    scale = WIDTH - left - 60

    def at(value: float) -> str:
        return f"{left + value * scale:.1f}"

    body = "".join(
        f"<text x='0' y='{y + 14}'>{escaped(name)}</text>"
        f"<rect x='{left}' y='{y + 3}' width='{rate * scale:.1f}' height='14' fill='var(--bar)'/>"
        f"<line x1='{at(low)}' x2='{at(high)}' y1='{y + 10}' y2='{y + 10}' stroke='var(--ink)'/>"
        + (f"<line x1='{at(rest)}' x2='{at(rest)}' y1='{y}' y2='{y + 20}' stroke='var(--gone)' stroke-width='2'/>"
           if rest is not None else "")
        + f"<text x='{left + scale + 8}' y='{y + 14}'>{rate:.1%}</text>"
        for y, (name, rate, low, high, rest) in ((i * step, row) for i, row in enumerate(rows))
    )  # fmt: skip
    caption = "keep rate of a group (bar), its 95 % interval (line), keep rate of the rest (tick)"
    return figure("keep rate by group", len(rows) * step + 8, body, caption)


def curve(loss: Sequence[tuple[int, float]], valid: Sequence[tuple[int, float]]) -> str:
    """Training loss as a line and validation loss as dots, by step."""
    values = [v for _, v in [*loss, *valid]]
    low, high, last = min(values), max(values), max(s for s, _ in [*loss, *valid]) or 1
    span = (high - low) or 1.0

    def place(step: int, value: float) -> tuple[float, float]:
        return 50 + (WIDTH - 60) * step / last, 10 + (HEIGHT - 40) * (high - value) / span

    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*point) for point in loss))
    dots = "".join(
        f"<circle cx='{x:.1f}' cy='{y:.1f}' r='3.5' fill='var(--gone)'/>" for x, y in (place(*p) for p in valid)
    )
    body = (
        f"<text x='0' y='16'>{high:.2f}</text><text x='0' y='{HEIGHT - 26}'>{low:.2f}</text>"
        f"<text x='50' y='{HEIGHT - 6}'>step 0</text><text x='{WIDTH - 60}' y='{HEIGHT - 6}'>{last:,}</text>"
        f"<polyline points='{line}' fill='none' stroke='var(--bar)' stroke-width='1.5'/>{dots}"
    )
    return figure("loss by step", HEIGHT, body, "training loss (line) and validation loss (dots), nats per token")
