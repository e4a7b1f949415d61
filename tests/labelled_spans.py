"""Real and generated texts with known spans, and the counts that precision and recall are made of."""

from __future__ import annotations

import io
import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import zstandard

from llmctl.text.privacy.detectors import detectors_of
from llmctl.text.privacy.scan import find_spans
from llmctl.text.privacy.spans import Options

ALL = ("email", "ip", "phone")
REGIONS = Options(False, ("US", "GB", "DE", "FR", "CN"))
NAMES = {"PHONE_NUMBER": "phone", "PHONE": "phone", "LANDLINE": "phone", "EMAIL_ADDRESS": "email", "EMAIL": "email",
         "IP_ADDRESS": "ip"}  # fmt: skip


def jsonl(path: Path) -> list[dict]:
    with path.open("rb") as raw:
        text = io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(raw), encoding="utf-8", newline="\n")
        return [json.loads(line) for line in text if line.strip()]


@dataclass
class Score:
    """Found spans of the same kind that touch a true one, whole ones among them, missed ones, and false ones."""

    hit: Counter = field(default_factory=Counter)
    whole: Counter = field(default_factory=Counter)
    missed: Counter = field(default_factory=Counter)
    false: Counter = field(default_factory=Counter)

    def recall(self, entity: str) -> float:
        return self.hit[entity] / max(1, self.hit[entity] + self.missed[entity])

    def precision(self, entity: str) -> float:
        return self.hit[entity] / max(1, self.hit[entity] + self.false[entity])


def scored(path: Path) -> Score:
    score = Score()
    for row in jsonl(path):
        true = [(s["start"], s["end"], NAMES[s["type"]]) for s in row["spans"] if s["type"] in NAMES]
        found = [(s.start, s.end, s.entity) for s in find_spans([row["text"]], detectors_of(ALL), REGIONS)[0]]
        for span in true:
            touched = [f for f in found if f[2] == span[2] and f[0] < span[1] and span[0] < f[1]]
            (score.hit if touched else score.missed)[span[2]] += 1
            score.whole[span[2]] += span in touched
        for f in found:
            score.false[f[2]] += not any(f[2] == t[2] and f[0] < t[1] and t[0] < f[1] for t in true)
    return score
