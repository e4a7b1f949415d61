"""docs/scrub.md is true: its shell block runs, in its order, on a few documents."""

from __future__ import annotations

import json
import re
from pathlib import Path

from conftest import ROOT
from test_docs import shell

from llmctl.settings.scrub import ENTITIES
from llmctl.text.privacy.detectors import DETECTORS

PAGE = (ROOT / "docs" / "scrub.md").read_text(encoding="utf-8")
ROWS = [
    {"id": "d0", "text": "The tide comes in twice a day, and nobody at the harbour writes it down."},
    {
        "id": "d1",
        "text": "Write to Ann Lee, ann@mail.test, or call +1 415 555 2671 before noon, says the note on the door.",
    },
]
GOLD = {"text": "Write to ann@mail.test.", "spans": [{"start": 9, "end": 22, "type": "EMAIL"}]}


def test_the_shell_block_runs(tmp_path: Path) -> None:
    (tmp_path / "docs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    (tmp_path / "gold.jsonl").write_text(json.dumps(GOLD) + "\n")
    (block,) = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    done = shell(block, tmp_path)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert "email" in done.stdout and "ann@mail.test" not in done.stdout.split("scrub (evaluate)")[0]


def test_every_entity_has_a_line_and_every_row_belongs_to_one() -> None:
    told = re.findall(r"^\| `([a-z-]+)` \|", PAGE, re.MULTILINE)
    assert [entity for entity in told if entity in ENTITIES] == [e for e in ENTITIES if e in told]
    assert set(ENTITIES) <= set(told)
    assert {row.entity for row in DETECTORS} - {""} == set(ENTITIES)
