"""How well spans are found: exact-span precision, recall and F1 of each entity on documents whose spans are known.

A span is right when it begins and ends where a true one of the same entity does (CoNLL-2003: Tjong Kim Sang and De
Meulder, section 4). Precision and recall have Wilson's interval, F1 that of a bootstrap over documents. Beside them
characters: `hidden`, the share of the true ones that lie in a span of ours, of whatever entity, and `labelled`, the share
of ours that lie in a true span of whatever label; an address told in pieces is hidden all the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from llmctl.text.intervals import share
from llmctl.text.privacy.spans import Span

LABELS = {  # what data sets call our entities
    "email": ("email_address", "e_mail"),
    "phone": ("phone_number", "landline", "mobile", "telephone", "tel"),
    "ip": ("ip_address", "ipv4", "ipv6"),
    "card": ("credit_card", "bank_card", "credit_card_number", "creditcard"),
    "iban": ("iban_code",),
    "id-number": ("us_ssn", "ssn", "id_card", "passport", "us_passport", "us_driver_license", "gov_id", "national_id"),
    "secret": ("key", "api_key", "password", "token"),
    "url-credentials": ("url_credentials",),
    "handle": ("user", "username", "user_name"),
    "mac": ("mac_address",),
    "crypto": ("bitcoin_address", "crypto_address"),
    "name": ("person", "per", "person_name"),
    "address": ("street_address", "postal_address"),
    "birth-date": ("date_of_birth", "dob", "birthday", "birth_date"),
}
ENTITY_OF = {label: entity for entity, labels in LABELS.items() for label in (entity.replace("-", "_"), *labels)}
RESAMPLES = 1_000
GoldSpan = tuple[int, int, str]  # start, end in code points, our entity or "" for one that is not ours


@dataclass(frozen=True)
class Gold:
    """A document and its true spans."""

    text: str
    spans: tuple[GoldSpan, ...]


def entity_of(label: str) -> str:
    """Our name for a label of a data set; empty for what is not ours."""
    return ENTITY_OF.get(label.lower().replace("-", "_").replace(" ", "_"), "")


def table(
    documents: Sequence[Gold], found: Sequence[Sequence[Span]], entities: Sequence[str], seed: int
) -> list[dict[str, Any]]:
    """A row for each of the entities that the documents know or that was found."""
    random = np.random.default_rng(seed)
    return [row for entity in entities if (row := _row(entity, documents, found, random))]


def _row(
    entity: str, documents: Sequence[Gold], found: Sequence[Sequence[Span]], random: np.random.Generator
) -> dict[str, Any] | None:
    true = [{span[:2] for span in document.spans if span[2] == entity} for document in documents]
    ours = [{(span.start, span.end) for span in spans if span.entity == entity} for spans in found]
    right = np.array([len(t & o) for t, o in zip(true, ours, strict=True)])
    known, taken = np.array([len(t) for t in true]), np.array([len(o) for o in ours])
    counted = int(known.sum()), int(taken.sum()), int(right.sum())
    row: dict[str, Any] = dict(zip(("entity", "known", "found", "right"), (entity, *counted), strict=True))
    if not counted[0]:
        return row if counted[1] else None
    every = [{span[:2] for span in document.spans} for document in documents]
    all_ours = [{(span.start, span.end) for span in spans} for spans in found]
    return {
        **row, "hidden": _covered(true, all_ours), "labelled": _covered(ours, every),
        "precision": share(counted[2], counted[1]), "recall": share(counted[2], counted[0]),
        "f1": _f1(right, known, taken, random),
    }  # fmt: skip


def _covered(spans: Sequence[set[tuple[int, int]]], by: Sequence[set[tuple[int, int]]]) -> float | None:
    """The share of the characters of some spans that lie in others."""
    inside = whole = 0
    for own, others in zip(spans, by, strict=True):
        places = {place for start, end in others for place in range(start, end)} if own else set()
        whole += sum(end - start for start, end in own)
        inside += sum(place in places for start, end in own for place in range(start, end))
    return inside / whole if whole else None


def clean(documents: Sequence[Gold], found: Sequence[Sequence[Span]]) -> dict[str, Any] | None:
    """Of the documents without any span, those in which something was found, and what."""
    none = [spans for document, spans in zip(documents, found, strict=True) if not document.spans]
    hit = [spans for spans in none if spans]
    entities = Counter(span.entity for spans in hit for span in spans)
    of_none = share(len(hit), len(none))
    return of_none and {**of_none, "hit": len(hit), "entities": dict(entities.most_common())}


def _f1(right: Any, known: Any, taken: Any, random: np.random.Generator) -> dict[str, Any]:
    """2 right / (known + found), with the middle 95 % of as many documents drawn again and again."""
    draws = []
    for _ in range(RESAMPLES):
        times = np.bincount(random.integers(0, len(right), len(right)), minlength=len(right))
        whole = times @ (known + taken)
        draws.append(2 * (times @ right) / whole if whole else 1.0)
    low, high = np.quantile(draws, [0.025, 0.975])
    return {"value": float(2 * right.sum() / (known + taken).sum()), "low": float(low), "high": float(high)}


def told(rows: Sequence[dict[str, Any]], without: dict[str, Any] | None, others: dict[str, int]) -> list[str]:
    """The table for a person."""
    lines = [
        f"{'entity':<16} {'known':>6} {'found':>6} {'right':>6}  {'precision':<22}{'recall':<22}{'F1':<22}hidden  labelled"
    ]
    for row in rows:
        shares = "".join(
            f"{'-' if (of := row.get(name)) is None else f'{of:.3f}':<8}" for name in ("hidden", "labelled")
        )
        head = f"{row['entity']:<16} {row['known']:6,} {row['found']:6,} {row['right']:6,}  "
        lines.append(head + ("".join(f"{_interval(row[of]):<22}" for of in ("precision", "recall", "f1")) + shares
                             if row["known"] else "no true span: each may be right or wrong"))  # fmt: skip
    if without:
        hits = ", ".join(f"{entity} {n}" for entity, n in without["entities"].items())
        lines.append(f"documents without a span: {without['n']:,}, of which {without['hit']:,} hit"
                     f" ({_interval(without)}){f': {hits}' if hits else ''}")  # fmt: skip
    if others:
        lines.append("labels that are no entity here: " + ", ".join(f"{name} {n:,}" for name, n in others.items()))
    return [line.rstrip() for line in lines]


def _interval(of: dict[str, Any] | None) -> str:
    return "-" if of is None else f"{of['value']:.3f} [{of['low']:.3f}, {of['high']:.3f}]"
