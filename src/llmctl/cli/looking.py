"""The views at the door: values for `--json`, and the same as text for a person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from llmctl.cli.options import layers_of, read_how
from llmctl.cli.table import BY_NAME
from llmctl.cli.telling import (
    audit_text,
    fertility_text,
    funnel_text,
    mixture_text,
    objective_text,
    spans_text,
    stage_text,
    tokens_text,
    tree_text,
)
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
    return facts, TEXTS[section[0]](path, facts) if section and section[0] in TEXTS else tree_text(facts)


TEXTS: dict[str, Callable[[str, Facts], str]] = {  # of the sections that are more than nested values
    "funnel": lambda path, facts: funnel_text(facts["funnel"]),
    "objective": objective_text,
    "audit": lambda path, facts: audit_text(facts),
    "spans": lambda path, facts: spans_text(facts),
    "mixture": lambda path, facts: mixture_text(facts),
    "fertility": lambda path, facts: fertility_text(facts),
    "tokens": lambda path, facts: tokens_text(facts),
}
FOR = {  # options of `show` that mean something to one section alone
    "preset": "TOKENS objective", "set": "TOKENS objective", "seed": "TOKENS objective",
    "tokenizer": "DOCS|TOKENS fertility", "at": "TOKENS tokens", "document": "TOKENS tokens",
}  # fmt: skip


def _asked(values: Facts, section: list[str]) -> Asked:
    """The options of `show`, each refused where the section has no use for it."""
    for name, place in FOR.items():
        if values[name] not in (None, []) and section != place.split()[1:]:
            raise BadSettings(f"--{name} is for `show {place}`; leave it out")
    if values["at"] is not None and values["document"] is not None:
        raise BadSettings("--at and --document both say which document; leave one out")
    asked = Asked(
        number("sample", values["sample"]),
        tokenizers=tuple(values["tokenizer"]),
        at=None if values["at"] is None else number("at", values["at"]),
        document=values["document"],
    )
    if section != ["objective"]:
        return asked
    settings = resolve(Pretrain, layers_of("pretrain", values))
    return replace(asked, settings=settings, seed=read_how(BY_NAME["show"], values).seed)


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
