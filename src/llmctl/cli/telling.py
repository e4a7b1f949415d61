"""What the views found, as text for a person: aligned rows, bars of text, one document or example after the other."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

Facts = dict[str, Any]  # Any: JSON
SHOWN_TEXT = 300  # characters of a decoded document
FIGURES = ("tok/word", "tok/char", "byte/tok", "unknown", "1 byte", "vocab", "/ own")  # of a tokenizer and a group
LEGEND = (
    "1 byte: tokens that are one byte of a longer character; vocab: entries seen; / own: times the tokens of a vocabulary of "
    "the language's own, ! where that is a warning"
)


def funnel_text(rows: list[Facts]) -> str:
    """The funnel as bars of text."""
    known = [row for row in rows if "in" in row]
    top = max((row["in"] for row in known), default=1) or 1
    lines = [f"missing: {row['path']}" for row in rows if row.get("missing")]
    for row in known:
        bar = "#" * round(30 * row["kept"] / top) + "." * round(30 * row["removed"] / top)
        worst = ", ".join(f"{k} {v:,}" for k, v in list(row["by_reason"].items())[:4])
        lines.append(f"{row['stage']:<12} {row['in']:>10,} -> {row['kept']:>10,}  {bar:<30}  {worst}".rstrip())
    return "\n".join(lines)


def objective_text(path: str, facts: Facts) -> str:
    """Each example as a person reads it."""
    from llmctl.views.objective import readings

    lines = []
    for number, (example, text) in enumerate(zip(facts["examples"], readings(Path(path), facts), strict=True), start=1):
        mode = f"denoiser {example['denoiser']}, " if example["denoiser"] else ""
        lines += [
            f"example {number}: {mode}{len(example['source'])} tokens, {len(example['inputs'])} read, "
            f"{len(example['targets'])} predicted",
            f"  inputs   {text['inputs']!r}",
            f"  targets  {text['targets']!r}",
        ]
    return "\n".join(lines)


def audit_text(facts: Facts) -> str:
    """Warnings, then a bar a group, then the words before and after."""
    lines = [f"warning: {row['message']}" for row in facts["warnings"]] or ["no group loses far more than the rest"]
    left_out = f", {facts['unreadable']:,} unreadable ones left out" if facts["unreadable"] else ""
    lines.append(f"{facts['kept']:,} of {facts['rows']:,} documents kept{left_out}")
    width = max((len(row["group"]) for row in facts["groups"]), default=0)
    for row in facts["groups"]:
        bar = "#" * round(20 * row["keep_rate"])
        rest = "" if row["rest"] is None else f"  rest {row['rest']:6.1%}"
        why = ", ".join(f"{name} {n:,}" for name, n in row["reasons"].items())
        interval = f"[{row['low']:.1%}, {row['high']:.1%}]"
        name = f"{row['by']:<10} {row['group']:<{width}}"
        lines.append(f"{name} {row['n']:>9,} {row['keep_rate']:6.1%} {bar:<20} {interval:<16}{rest}  {why}".rstrip())
    for row in facts["diversity"]:
        lines.append(
            f"{row['lang']}: different words in {row['draw']:,}: {figure(row['expected_words_before'])} before, "
            f"{figure(row['expected_words_after'])} after; bits a word: {figure(row['entropy_before'])} before, "
            f"{figure(row['entropy_after'])} after"
        )
    return "\n".join(lines)


def fertility_text(facts: Facts) -> str:
    """Warnings, what was read, then a group a row and the tokenizers side by side."""
    names = [one["name"] for one in facts["tokenizers"]]
    lines = [f"warning: {row['message']}" for row in facts["warnings"]]
    lines.append(facts["verdict"])
    lines.append(f"{facts['documents']:,} of {facts['of']:,} documents, {facts['bytes']:,} bytes of text")
    if facts["decoded"]:
        lines.append(f"decoded from ids: {facts['decoded']['note'] or 'the texts are those that were tokenized'}")
    own = {(row["lang"], row["tokenizer"]): own_figure(row) for row in facts["own"]}
    rows = []
    for first in range(0, len(facts["groups"]), len(names)):
        beside = facts["groups"][first : first + len(names)]
        cells = [beside[0]["by"], beside[0]["group"], f"{beside[0]['documents']:,}"]
        for row in beside:
            beside_own = own.get((row["group"], row["tokenizer"]), "-") if row["by"] == "lang" else ""
            cells += [*fertility_cells(row), beside_own]
        rows.append(cells)
    return "\n".join([*lines, *side_by_side(names, rows), f"{LEGEND}; {facts['rule']}"])


def fertility_cells(row: Facts) -> list[str]:
    """The figures of one group under one tokenizer."""
    ratios = [row[name] for name in ("tokens_per_word", "tokens_per_character", "bytes_per_token")]
    shares = [row[name] for name in ("unknown_share", "single_byte_share", "vocabulary_use")]
    return ["-" if r is None else f"{r:.2f}" for r in ratios] + ["-" if s is None else f"{s:.1%}" for s in shares]


def own_figure(row: Facts) -> str:
    """Times the tokens of a vocabulary of its own; marked where that is a warning."""
    if row["why"]:
        return str(row["why"])
    return f"{row['ratio']:.2f}{' !' if row['warned'] else ''}"


def side_by_side(names: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows of three cells and then FIGURES for each name, in columns, the first two to the left; a name stands over its own."""
    table = [["", "", "documents", *FIGURES * len(names)], *rows]
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    over = [sum(widths[:3]) + 4]
    for first, name in zip(range(3, len(widths), len(FIGURES)), names, strict=True):
        lacking = len(name) - sum(widths[first : first + len(FIGURES)]) - 2 * (len(FIGURES) - 1)
        widths[first] += max(0, lacking)
        over.append(len(name) if lacking > 0 else len(name) - lacking)
    lines = ["  ".join(f"{name:<{width}}" for name, width in zip(("", *names), over, strict=True))]
    for row in table:
        lines.append(
            "  ".join(f"{c:<{w}}" if n < 2 else f"{c:>{w}}" for n, (c, w) in enumerate(zip(row, widths, strict=True)))
        )
    return [line.rstrip() for line in lines]


def tokens_text(facts: Facts) -> str:
    """The documents that were asked for: where they lie, their first ids and pieces, and their text."""
    total = "" if facts["tokens"] is None else f", {facts['tokens']:,} tokens"
    lines = [f"{facts['documents']:,} documents{total}"]
    if facts["at"]:
        at = facts["at"]
        ids = " ".join(f"[{id}]" if at["first"] + n == at["offset"] else str(id) for n, id in enumerate(at["ids"]))
        lines += [
            f"position {at['position']:,}, token {at['offset']:,} of document {at['document']:,}: "
            f"id {at['id']}, piece {at['piece']!r}",
            f"  ids     {ids}",
            f"  text    {at['before']!r} {at['text']!r} {at['after']!r}",
        ]
    for one in facts["shown"]:
        told = [str(one[name]) for name in ("id", "source", "lang", "url") if one.get(name) is not None]
        where = "" if one["start"] is None else f" from position {one['start']:,}"
        more = " ..." if one["tokens"] > len(one["ids"]) else ""
        dots = "..." if len(one["text"]) > SHOWN_TEXT else ""
        lines += [
            f"document {one['number']:,}: {'  '.join(told)}  {one['tokens']:,} tokens{where}",
            f"  ids     {' '.join(map(str, one['ids']))}{more}",
            f"  pieces  {' '.join(map(str, one['pieces']))}{more}",
            f"  text    {one['text'][:SHOWN_TEXT]!r}{dots}",
        ]
    return "\n".join(lines)


def spans_text(facts: Facts) -> str:
    """What a scrub found, in columns."""
    from llmctl.views.privacy import COLUMNS, cells, headline

    rows = [list(COLUMNS), *([*row[:3], *map(figure, row[3:])] for row in cells(facts))]
    widths = [max(len(row[n]) for row in rows) for n in range(len(COLUMNS))]
    lines = ["  ".join(f"{c:<{w}}" if n < 3 else f"{c:>{w}}" for n, (c, w) in enumerate(zip(row, widths, strict=True)))
             for row in rows]  # fmt: skip
    gone = ", ".join(f"{rule} {n:,}" for rule, n in facts["removed"].items())
    return "\n".join([headline(facts), *lines, *([f"documents removed: {gone}"] if gone else [])])


def mixture_text(facts: Facts) -> str:
    """The table of a run's sources."""
    from llmctl.views.mixture import mixture_text as text_of

    return text_of(facts)


def stage_text(stage: Facts) -> str:
    """One stage of a document's life."""
    lines = [
        f"{stage['stage']} ({stage['path']}): {'kept' if stage['kept'] else 'removed by ' + ', '.join(stage['removed_by'])}"
    ]
    for b in stage.get("breaches") or ():
        lines.append(f"    {b['rule']}: {figure(b['value'])}, allowed [{figure(b['low'])}, {figure(b['high'])}]")
    told = {b["rule"] for b in stage.get("breaches") or ()}
    for r in stage.get("rules", ()):
        if r["rule"] not in told:
            within = f"within [{figure(r['low'])}, {figure(r['high'])}]"
            judged = r["value"] is not None and not (r["low"] is None and r["high"] is None)
            lines.append(f"    {r['rule']}: {figure(r['value'])}, {within if judged else 'not judged'}")
    if "twin" in stage:
        text = stage["twin"]["text"] or "its text is not in this artifact"
        lines.append(f"    twin {stage['twin']['id']} at {stage['twin']['score']:.4f}: {text[:100]!r}")
    for folder in ("_spans", "_cuts"):
        lines += [f"    {folder[1:-1]} {json.dumps(span, ensure_ascii=False)}" for span in stage.get(folder, ())]
    return "\n".join(lines)


def figure(value: float | None) -> str:
    """A figure, or a dash where there is none."""
    return "-" if value is None else f"{value:.6g}"


def tree_text(facts: Any, depth: int = 0) -> str:
    """Nested values, one a line, for reading."""
    lines = []
    for name, value in facts.items():
        if isinstance(value, dict) and value:
            lines += [f"{'  ' * depth}{name}:", tree_text(value, depth + 1)]
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            lines.append(f"{'  ' * depth}{name}:")
            lines += [f"{'  ' * (depth + 1)}{json.dumps(item, ensure_ascii=False, default=str)}" for item in value]
        else:
            lines.append(
                f"{'  ' * depth}{name}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)}"
            )
    return "\n".join(lines)
