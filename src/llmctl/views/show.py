"""show: any artifact, from its manifest and its files; sections by kind, one row each in SECTIONS."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llmctl.errors import BadSettings, UserError
from llmctl.settings.pretrain import Pretrain
from llmctl.store import lineage
from llmctl.store.artifacts import require

Facts = dict[str, Any]  # Any: JSON
OF_JSON_LINES = ("fertility",)  # sections that JSON Lines have too
SHOWN_TEXT = 300  # characters of a text in a sample


@dataclass(frozen=True)
class Asked:
    """What a section may want to know besides the place."""

    sample: int
    settings: Pretrain = Pretrain()
    seed: int = 0
    tokenizers: tuple[str, ...] = ()
    at: int | None = None
    document: str | None = None


def show(path: str, section: str | None, asked: Asked) -> Facts:
    """What lies at `path`: kind, counts, settings, inputs, a sample; or one section of it."""
    place = require(path)
    if lineage.kind_of(place) == "file" and place.suffix != ".parquet" and section not in OF_JSON_LINES:
        raise UserError(
            f"{path} is no artifact and no Parquet file; `llmctl crawl-ingest {path} -o DOCS` reads raw files"
        )
    if section is None:
        return overview(place, asked.sample)
    if section not in SECTIONS:
        raise BadSettings(f"no section {section!r}; known: {', '.join(SECTIONS)}")
    return SECTIONS[section](place, asked)


def overview(place: Path, sample: int) -> Facts:
    """The manifest without its file list, and the first rows."""
    manifest = lineage.facts_of(place) or {}
    facts = {"path": str(place), "kind": lineage.kind_of(place), **{k: v for k, v in manifest.items() if k != "files"}}
    facts["files"] = len(manifest.get("files", ())) or len(lineage.parts(place))
    facts["rows"] = lineage.row_count(place)
    if (place / "metrics.jsonl").exists():
        facts["last"] = (lineage.json_lines(place / "metrics.jsonl") or [{}])[-1]
    facts["sample"] = [shortened(row) for row in lineage.first_rows(place, "", sample)]
    return facts


def shortened(row: Facts) -> Facts:
    """A row for the eye: long texts and lists end in dots, nulls are left out."""
    short: Facts = {}
    for name, value in row.items():
        if isinstance(value, str) and len(value) > SHOWN_TEXT:
            value = value[:SHOWN_TEXT] + "..."
        if isinstance(value, list) and len(value) > 20:
            value = [*value[:20], "..."]
        if value is not None:
            short[name] = value
    return short


def removed(place: Path, sample: int) -> Facts:
    """Removals by rule, with examples of each rule and the value that broke it."""
    counts: dict[str, int] = {}
    examples: dict[str, list[Facts]] = {}
    for row in lineage.removed_rows(place, ("id", "url", "removed_by", "breaches", "twin_id", "score")):
        for reason in row["removed_by"]:
            counts[reason] = counts.get(reason, 0) + 1
            if len(examples.setdefault(reason, [])) < sample:
                examples[reason].append({k: v for k, v in row.items() if v not in (None, [])})
    ordered = dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
    return {
        "path": str(place),
        "removed": lineage.row_count(place, "_removed"),
        "by_reason": ordered,
        "examples": examples,
    }


def funnel(place: Path) -> Facts:
    """The whole chain behind an artifact: what came in, what stayed, and why the rest went, stage by stage."""
    return {"path": str(place), "funnel": funnel_rows(lineage.chain(str(place)))}


def funnel_rows(links: Sequence[lineage.Link]) -> list[Facts]:
    """One row an artifact of a chain, from the manifests."""
    rows: list[Facts] = []
    for link in links:
        manifest = link.manifest or {}
        counts = manifest.get("counts", {})
        if link.path is None:
            rows.append({"path": link.name, "missing": True})
        elif "in" in counts:
            rows.append({
                "path": str(link.path), "stage": manifest["stage"], "in": counts["in"], "kept": counts["kept"],
                "removed": counts["removed"], "by_reason": counts.get("by_reason", {}), "bytes": manifest.get("bytes"),
                "tokens": counts.get("tokens"), "seconds": manifest.get("seconds"),
            })  # fmt: skip
    return rows


def audit(place: Path) -> Facts:
    """What the stage cost each language, source, length and register, and the words; of all rows."""
    from llmctl.views.audit import audit_of  # kernels: the other sections do not wait for them

    return audit_of(place, None)


def objective(place: Path, asked: Asked) -> Facts:
    """What a model will read and predict: the first examples that training would visit."""
    from llmctl.views.objective import examples_of  # numpy, tokenizers

    return examples_of(place, asked.settings, seed=asked.seed, sample=asked.sample)


def spans(place: Path) -> Facts:
    """What a scrub found, by entity, rule and action."""
    from llmctl.views.privacy import spans_of

    return spans_of(place)


def mixture(place: Path) -> Facts:
    """What a RUN reads of each source: tokens, epochs, tokens per parameter, and what speaks against it."""
    from llmctl.views.mixture import mixture_of  # numpy, tokenizers

    return mixture_of(place)


def fertility(place: Path, asked: Asked) -> Facts:
    """What tokenizers spend on each language and source, side by side, with warnings."""
    from llmctl.views.fertility import fertility_of  # kernels, tokenizers

    return fertility_of(place, asked.tokenizers)


def tokens(place: Path, asked: Asked) -> Facts:
    """Documents of token shards, decoded: some evenly spread, or the one at a position or with an id."""
    from llmctl.views.tokens import tokens_of  # numpy, tokenizers

    return tokens_of(place, asked.sample, at=asked.at, document=asked.document)


SECTIONS: dict[str, Callable[[Path, Asked], Facts]] = {
    "removed": lambda place, asked: removed(place, asked.sample),
    "funnel": lambda place, asked: funnel(place),
    "audit": lambda place, asked: audit(place),
    "objective": objective,
    "spans": lambda place, asked: spans(place),
    "mixture": lambda place, asked: mixture(place),
    "fertility": fertility,
    "tokens": tokens,
}
