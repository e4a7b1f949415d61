"""A run stopped in one layout goes on in any other as if nothing had happened.

Killed with SIGKILL after the checkpoint of step 5 of 10, copied, and gone on with by the same command under another layout,
each to each: losses, gradient norms and final weights within 1e-5 of an undisturbed run of one process, the same batches.
A quarter of an hour on two cores, resumable.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from measuring import ROOT, remember, remembered
from parallel import figures, same

sys.path.insert(0, str(ROOT / "tests"))

from parallel_cases import LAYOUTS, ONE, TOLERANCE, Layout, differences, resumed, trained

AMONG = (ONE, *(LAYOUTS[name] for name in ("dp2", "zero3-on-2", "tp2", "pp2-interleaved", "zero1-tp2")))


def run(place: Path, data: Path) -> tuple[dict[str, Any], dict[str, bool]]:
    """Each to each."""
    found = {f"{a.name} to {b.name}": case(place, a, b) for a in AMONG for b in AMONG}
    return {"layouts": [layout.name for layout in AMONG], "largest_differences": found}, {
        f"{len(found)} of {len(found)} continuations are the undisturbed run (within {TOLERANCE:g}, the same batches)": all(
            map(same, found.values())
        )
    }


def case(place: Path, before: Layout, after: Layout) -> dict[str, Any]:
    """The differences of one continuation from the undisturbed run, kept."""
    kept = place / f"{before.name}-to-{after.name}.json"
    if not (facts := remembered(kept)):
        try:
            facts = figures(differences(trained(place, ONE), resumed(place, before, after)))
        except (RuntimeError, AssertionError) as error:
            facts = {"failed": str(error)[:2000]}
        if "failed" not in facts:
            remember(kept, facts)  # what failed is tried again
        print(f"{kept.stem}: {facts}", flush=True)
    return dict(facts)
