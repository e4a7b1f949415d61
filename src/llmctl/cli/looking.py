"""The views at the door: values for `--json`, and the same as text for a person."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from llmctl.cli.options import layers_of, read_how
from llmctl.cli.table import BY_NAME
from llmctl.errors import BadSettings
from llmctl.settings.knobs import resolve
from llmctl.settings.pretrain import Pretrain
from llmctl.views.report import report as write_report
from llmctl.views.show import Asked
from llmctl.views.show import show as shown
from llmctl.views.trace import trace as traced
from llmctl.views.why import why as life

Facts = dict[str, Any]  # Any: JSON
Looked = tuple[Facts, str]


def show(values: Facts) -> Looked:
    """`show PATH [SECTION]`."""
    path, *section = values["sources"]
    if len(section) > 1:
        raise BadSettings(f"show takes one PATH and at most one SECTION, not {len(section) + 1} words")
    facts = shown(path, section[0] if section else None, _asked(values, section))
    if section == ["funnel"]:
        return facts, funnel_text(facts["funnel"])
    if section == ["objective"]:
        return facts, objective_text(path, facts)
    if section == ["audit"]:
        return facts, audit_text(facts)
    if section == ["mixture"]:
        return facts, mixture_text(facts)
    return facts, tree_text(facts)


def _asked(values: Facts, section: list[str]) -> Asked:
    """The options of `show`; settings and seed mean something to `objective` alone."""
    sample = number("sample", values["sample"])
    if section != ["objective"]:
        for name in ("preset", "set", "seed"):
            if values[name]:
                raise BadSettings(f"--{name} is for `show TOKENS objective`; leave it out")
        return Asked(sample)
    settings = resolve(Pretrain, layers_of("pretrain", values))
    return Asked(sample, settings, read_how(BY_NAME["show"], values).seed)


def why(values: Facts) -> Looked:
    """`why ID PATH...`."""
    if len(values["sources"]) < 2:
        raise BadSettings("why needs an ID and at least one PATH")
    facts = life(values["sources"][0], values["sources"][1:])
    return facts, "\n".join([f"document {facts['id']}", *(stage_text(stage) for stage in facts["stages"])])


def trace(values: Facts) -> Looked:
    """`trace RUN --step N`."""
    if values["step"] is None:
        raise BadSettings("trace needs --step N")
    facts = traced(values["sources"], number("step", values["step"]))
    lines = [f"step {facts['step']}  batch {facts['batch_hash']}  {len(facts['documents'])} pieces of documents"]
    lines += [
        f"  {d['id']}  [{d['start']}, {d['end']})  {d.get('source') or ''}  {d.get('url') or ''}".rstrip()
        for d in facts["documents"]
    ]
    return facts, "\n".join(lines)


def report(values: Facts) -> Looked:
    """`report PATH... -o HTML`."""
    if not values["out"]:
        raise BadSettings("report needs -o FILE.html")
    facts = write_report(values["sources"], values["out"])
    return facts, f"report: {', '.join(facts['sections']) or 'nothing to show'} -> {facts['out']}"


def number(name: str, text: str) -> int:
    """A whole number of an option, or exit 2."""
    if not str(text).isdigit():
        raise BadSettings(f"--{name} is a whole number, not {text!r}")
    return int(text)


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
            f"{row['lang']}: different words in {row['draw']:,}: {_figure(row['expected_words_before'])} before, "
            f"{_figure(row['expected_words_after'])} after; bits a word: {_figure(row['entropy_before'])} before, "
            f"{_figure(row['entropy_after'])} after"
        )
    return "\n".join(lines)


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
        lines.append(f"    {b['rule']}: {_figure(b['value'])}, allowed [{_figure(b['low'])}, {_figure(b['high'])}]")
    told = {b["rule"] for b in stage.get("breaches") or ()}
    for r in stage.get("rules", ()):
        if r["rule"] not in told:
            within = f"within [{_figure(r['low'])}, {_figure(r['high'])}]"
            judged = r["value"] is not None and not (r["low"] is None and r["high"] is None)
            lines.append(f"    {r['rule']}: {_figure(r['value'])}, {within if judged else 'not judged'}")
    if "twin" in stage:
        text = stage["twin"]["text"] or "its text is not in this artifact"
        lines.append(f"    twin {stage['twin']['id']} at {stage['twin']['score']:.4f}: {text[:100]!r}")
    for folder in ("_spans", "_cuts"):
        lines += [f"    {folder[1:-1]} {json.dumps(span, ensure_ascii=False)}" for span in stage.get(folder, ())]
    return "\n".join(lines)


def _figure(value: float | None) -> str:
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
