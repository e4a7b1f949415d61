"""report: one self-contained page about artifacts and what they were made from.

Funnel, removals by rule with examples, loss curve, evaluation; figures are the manifests' own, pictures are inline SVG,
and nothing is fetched from anywhere. Sections are rows of a table: a later issue adds one, not a second report.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from llmctl.store import lineage
from llmctl.store.files import write_text
from llmctl.views import pictures, privacy
from llmctl.views.pictures import Markup, cell, escaped, table
from llmctl.views.show import funnel_rows, removed

Facts = dict[str, Any]  # Any: JSON
Links = Sequence[lineage.Link]
ON_DOCUMENTS = ("crawl-ingest", "filter", "dedup", "scrub", "tokenize")
FUNNEL = ("artifact", "stage", "in", "kept", "removed", "text bytes", "tokens", "seconds")
SUMMARY = ("model", "task", "shots", "select", "order", "labels", "n", "accuracy", "low", "high", "loss")
OBJECTIVES = 2  # of each rule
AUDITED = 20_000  # rows of an artifact that its audit reads, at most: some 10 s
GROUPS_SHOWN = 12  # of each kind; `show OUT audit` has all
AUDIT = ("by", "group", "n", "kept", "keep_rate", "low", "high", "rest", "ratio", "reasons")
DIVERSITY = (
    "lang", "words_before", "words_after", "expected_words_before", "expected_words_after", "expected_words_change",
    "entropy_before", "entropy_after", "entropy_change",
)  # fmt: skip

MEASURED, MEASURED_BYTES = 4_000, 4_000_000  # documents of TOKENS that are decoded, and their text, about: some 10 s
FERTILITY = (
    "by", "group", "documents", "tokens", "tokens_per_word", "tokens_per_character", "bytes_per_token", "unknown_share",
    "single_byte_share", "vocabulary_use",
)  # fmt: skip
DRAWN = {"tokens_per_character": "tokens per character", "bytes_per_token": "bytes of UTF-8 text per token"}


def report(paths: Sequence[str], out: str) -> Facts:
    """Write the page about `paths` to `out`; returns what it holds."""
    links = list({str(k.path): k for p in paths for k in lineage.chain(p) if k.path is not None}.values())
    bodies = [(title, body) for title, section in SECTIONS if (body := section(links))]
    shown = "".join(f"<h2>{title}</h2>{body}" for title, body in bodies)
    about = ", ".join(f"<code>{escaped(p)}</code>" for p in paths)
    page = (
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>llmctl report</title><style>{pictures.STYLE}</style>"
        f"<h1>llmctl report</h1><p class=soft>about {about} and what was made into it</p>{shown}</html>\n"
    )
    write_text(Path(out), page)
    titles = [title for title, _ in bodies]
    return {"out": out, "about": list(paths), "sections": titles, "artifacts": [str(k.path) for k in links]}


def funnel_section(links: Links) -> str:
    """The chain of stages as bars and as figures."""
    rows = [row for row in funnel_rows(links) if "in" in row]
    if not rows:
        return ""
    drawn = [(r["stage"], Path(r["path"]).name, r["kept"], r["removed"]) for r in rows if r["stage"] in ON_DOCUMENTS]
    cells = [
        (
            r["path"],
            r["stage"],
            r["in"],
            r["kept"],
            r["removed"],
            (r["bytes"] or {}).get("kept") or None,
            r["tokens"],
            r["seconds"],
        )
        for r in rows
    ]
    return (pictures.bars(drawn) if drawn else "") + table(FUNNEL, cells)


def removals_section(links: Links) -> str:
    """Every artifact's removals by rule, with rows that broke it."""
    pieces = []
    for link in links:
        assert link.path is not None
        facts = removed(link.path, OBJECTIVES) if link.path.is_dir() and lineage.parts(link.path, "_removed") else {}
        if facts.get("removed"):
            rows = [(rule, n, Markup(examples(facts["examples"][rule]))) for rule, n in facts["by_reason"].items()]
            pieces.append(heading(link) + table(("rule", "rows", "examples"), rows))
    return "".join(pieces)


def examples(rows: Sequence[Facts]) -> str:
    """Removed rows that open to their evidence."""
    return "".join(
        f"<details><summary><code>{escaped(row['id'])}</code></summary>{evidence(row)}</details>" for row in rows
    )


def evidence(row: Facts) -> str:
    """Where a removed row came from, every rule it broke with value and limits, and its twin."""
    pieces = [escaped(row["url"])] if row.get("url") else []
    for b in row.get("breaches", ()):
        pieces.append(f"{escaped(b['rule'])} {cell(b['value'])}, allowed [{cell(b['low'])}, {cell(b['high'])}]")
    if row.get("twin_id"):
        pieces.append(f"twin <code>{escaped(row['twin_id'])}</code> at {row['score']:.4f}")
    return f"<span class=soft>{'<br>'.join(pieces)}</span>"


def audit_section(links: Links) -> str:
    """What every filter cost each group, from at most AUDITED rows of it; warnings first."""
    pieces = []
    for link in links:
        assert link.path is not None
        if (link.manifest or {}).get("stage") == "filter" and lineage.parts(link.path):
            pieces.append(heading(link) + audited(link.path))
    return "".join(pieces)


def audited(place: Path) -> str:
    """The audit of one artifact."""
    from llmctl.views.audit import KINDS, audit_of  # kernels: a page without a filter does not wait for them

    facts = audit_of(place, AUDITED)
    seen = facts["rows"] + facts["unreadable"]
    note = f"from {seen:,} of {facts['of']:,} rows" + (", evenly spread" if seen < facts["of"] else "")
    if facts["unreadable"]:
        note += f"; {facts['unreadable']:,} of them are unreadable and left out"
    warned = "".join(f"<li>{escaped(row['message'])}" for row in facts["warnings"])
    shown = [row for by in KINDS for row in [r for r in facts["groups"] if r["by"] == by][:GROUPS_SHOWN]]
    drawn = [(f"{r['by']}: {r['group']}", r["keep_rate"], r["low"], r["high"], r["rest"]) for r in shown]
    cells = [
        [", ".join(f"{k} {n:,}" for k, n in r[name].items()) if name == "reasons" else r[name] for name in AUDIT]
        for r in shown
    ]
    return (
        (f"<ul>{warned}</ul>" if warned else "<p>no group loses far more than the rest</p>")
        + f"<p class=soft>{escaped(note)}; {escaped(facts['rule'])}; the rest of a register are documents of its language</p>"
        + (pictures.rates(drawn) + table(AUDIT, cells) if shown else "")
        + (
            table(DIVERSITY, [[r[name] for name in DIVERSITY] for r in facts["diversity"]])
            if facts["diversity"]
            else ""
        )
    )


def privacy_section(links: Links) -> str:
    """What every scrub found, by entity, rule and action."""
    pieces = []
    for link in links:
        assert link.path is not None
        if (link.manifest or {}).get("stage") == "scrub":
            facts = privacy.spans_of(link.path)
            rows = table(privacy.COLUMNS, privacy.cells(facts)) if facts["table"] else ""
            pieces.append(f"{heading(link)}<p>{escaped(privacy.headline(facts))}</p>{rows}")
    note = "<p class=soft>per_thousand: spans to a thousand documents; values are recorded nowhere</p>"
    return "".join([*pieces, note]) if pieces else ""


def tokenizer_section(links: Links) -> str:
    """What the tokenizer of every TOKENS spends on each language, from at most MEASURED of its documents; warnings first."""
    pieces = []
    for link in links:
        assert link.path is not None
        if (link.path / "_tokenizer.json").is_file() and lineage.row_count(link.path):
            pieces.append(heading(link) + measured(link.path))
    return "".join(pieces)


def measured(place: Path) -> str:
    """The fertility of one TOKENS, of the texts that its ids decode to."""
    from llmctl.views.fertility import fertility_of  # kernels, tokenizers

    facts = fertility_of(place, (), MEASURED, MEASURED_BYTES)
    decoded = facts["decoded"] or {"note": "their column `text`, not their ids"}
    note = f"from {facts['documents']:,} of {facts['of']:,} documents" + (", decoded" if facts["decoded"] else "")
    note += f"; {decoded['note']}" if decoded["note"] else ""
    warned = "".join(f"<li>{escaped(row['message'])}" for row in facts["warnings"])
    shown = [row for row in facts["groups"] if row["by"] == "lang"][:GROUPS_SHOWN]
    drawn = [
        pictures.lengths(told, [(r["group"], r[name]) for r in shown if r[name] is not None], f"{told}, by language")
        for name, told in DRAWN.items()
    ]
    rows = [row for row in facts["groups"] if row["by"] != "lang" or row in shown]
    return (
        f"<p>{escaped(facts['verdict'])}</p>"
        + (f"<ul>{warned}</ul>" if warned else "")
        + f"<p class=soft>{escaped(note)}; {escaped(facts['rule'])}</p>"
        + "".join(drawn)
        + table(FERTILITY, [[row[name] for name in FERTILITY] for row in rows])
    )


def training_section(links: Links) -> str:
    """The loss of every RUN, step by step."""
    pieces = []
    for link in links:
        assert link.path is not None
        lines = lineage.json_lines(link.path / "metrics.jsonl") if link.path.is_dir() else []
        loss = {line["step"]: line["loss"] for line in lines if "loss" in line}
        valid = {line["step"]: line["val_loss"] for line in lines if "val_loss" in line}
        if loss:
            last = (
                len(loss),
                loss[max(loss)],
                valid[max(valid)] if valid else None,
                (link.manifest or {}).get("unigram_entropy"),
            )
            pieces.append(heading(link) + pictures.curve(sorted(loss.items()), sorted(valid.items())))
            pieces.append(
                table(("steps", "last loss", "last validation loss", "unigram entropy of the tokens"), [last])
            )
    return "".join(pieces)


def evaluation_section(links: Links) -> str:
    """Every condition's accuracy with its interval."""
    pieces = []
    for link in links:
        summary = (link.manifest or {}).get("summary")
        if summary:
            names = [n for n in SUMMARY if n in summary[0]]
            pieces.append(heading(link) + table(names, [[row[n] for n in names] for row in summary]))
    note = "<p class=soft>low and high: 95 % Wilson interval of the accuracy</p>"
    return "".join([*pieces, note]) if pieces else ""


def heading(link: lineage.Link) -> str:
    """The artifact that a piece of a section is about."""
    return f"<h3><code>{escaped(link.path)}</code></h3>"


SECTIONS: tuple[tuple[str, Callable[[Links], str]], ...] = (
    ("Funnel", funnel_section),
    ("Removals by rule", removals_section),
    ("Audit", audit_section),
    ("Personal data", privacy_section),
    ("Tokenizer", tokenizer_section),
    ("Training", training_section),
    ("Evaluation", evaluation_section),
)
