"""show RUN mixture: what a run reads of each source, as it was worked out before its first step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from llmctl.errors import UserError
from llmctl.store.files import read_json
from llmctl.store.runs import MIXTURE
from llmctl.train.mixture_table import mixture_lines

Facts = dict[str, Any]  # Any: JSON


def mixture_of(place: Path) -> Facts:
    """The table of a RUN, growing or finished; UserError for anything else."""
    found = read_json(place / MIXTURE) if place.is_dir() else None
    if not isinstance(found, dict):
        raise UserError(f"{place} has no {MIXTURE}; name the RUN of a `llmctl pretrain` that has begun")
    return {"path": str(place), **found}


def mixture_text(facts: Facts) -> str:
    """The same for a person, warnings first."""
    return "\n".join([*(f"warning: {text}" for text in facts["warnings"]), *mixture_lines(facts)])
