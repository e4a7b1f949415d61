"""Every layout of parallel training learns what one process learns, and the comparison sees when one does not.

Ten steps through the command, in which the loss falls by a fifth: losses, gradient norms and final weights within 1e-5 of one
process, the same batches. All layouts for the causal decoder; a chosen subset for every other model, objective and batch.
Then sums over processes are left out on purpose, and each omission must be seen. Half an hour on two cores, resumable.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from measuring import ROOT, remember, remembered

sys.path.insert(0, str(ROOT / "tests"))

from parallel_cases import CAUSAL, FALL, LAYOUTS, ONE, TOLERANCE, VARIANTS, Differences, differences, learned, trained

SUBSET = ("zero3-on-2", "tp2-sequence", "pp2-1f1b")  # for every variant
MORE = (
    ("dp2", "batch of 7"),
    ("dp2-accumulated", "dropout"),
    ("tp2", "vocabulary of 263"),
    ("dp2-tp2-pp2", "prefix decoder, prefix-lm"),
    ("dp2-tp2-pp2", "multi-query"),
    ("dp2-tp2-pp2", "packed documents, prefix-lm"),
    ("hsdp", "batch of 7, encoder-decoder"),
    ("pp2-interleaved", "encoder-decoder, span corruption, t5"),
    ("pp2-interleaved", "untied"),
    ("pp2-gpipe", "batch of 7, encoder-decoder"),
    ("zero1-pp2", "t5 bias"),
    ("zero3-tp2", "multi-query"),
    ("zero1-tp2-pp2", "encoder-decoder, span corruption, t5"),
    ("dp2-tp2-sequence-pp2", "dropout, encoder-decoder"),
)
BROKEN = (("data_parallel", "dp2"), ("sharded", "zero1-on-2"), ("sharded", "zero3-on-2"), ("shares", "dp2-tp2"),
          ("shares", "dp2-pp2"), ("shares", "tp2-sequence"), ("copies", "pp2-1f1b"))  # fmt: skip
DRIVER = str(ROOT / "tests" / "broken_sums.py")


def run(place: Path, data: Path) -> tuple[dict[str, Any], dict[str, bool]]:
    """All cases, then the omissions."""
    alone = {variant: dict(zip(("fall", "clipped"), learned(trained(place, ONE, variant), variant), strict=True))
             for variant in VARIANTS}  # fmt: skip
    found = {f"{layout} | {variant}": case(place, layout, variant) for layout, variant in cases()}
    broken = {f"{name} | {layout}": case(place, layout, CAUSAL, name) for name, layout in BROKEN}
    claims = {
        f"the loss of every model falls by {FALL:.0%} in ten steps of one process": all(
            one["fall"] >= FALL for one in alone.values()
        ),
        "every model's gradient is clipped in some steps and not in others": all(
            any(one["clipped"]) and not all(one["clipped"]) for one in alone.values()
        ),
        f"a causal decoder is the same (within {TOLERANCE:g}) in each of {len(LAYOUTS)} layouts": all(
            same(found[f"{layout} | {CAUSAL}"]) for layout in LAYOUTS
        ),
        f"{len(VARIANTS) - 1} other models are the same in the layouts chosen for them": all(
            same(facts) for name, facts in found.items() if not name.endswith(f"| {CAUSAL}")
        ),
        "each sum that is left out is seen": all("weights" in f and not same(f) for f in broken.values()),
    }
    return {"alone": alone, "largest_differences": found, "with_a_sum_left_out": broken}, claims


def cases() -> Iterator[tuple[str, str]]:
    """(layout, variant)."""
    yield from ((layout, CAUSAL) for layout in LAYOUTS)
    yield from ((layout, variant) for variant in VARIANTS if variant != CAUSAL for layout in SUBSET)
    yield from MORE


def case(place: Path, layout: str, variant: str, broken: str = "") -> dict[str, Any]:
    """The differences of a case from one process, kept; a run that fails is a figure too."""
    name = f"{layout} | {variant}{broken and f' | {broken}'}"
    kept = place / f"{name.replace(' ', '-')}.json"
    if not (facts := remembered(kept)):
        began = time.monotonic()
        how: dict[str, Any] = {"program": (DRIVER, broken), "out": place / kept.stem} if broken else {}
        try:
            made = trained(place, LAYOUTS[layout], variant, **how)
            facts = figures(differences(trained(place, ONE, variant), made))
        except (RuntimeError, AssertionError) as error:
            facts = {"failed": str(error)[:2000]}
        facts["seconds"] = round(time.monotonic() - began, 1)
        if "failed" not in facts:
            remember(kept, facts)  # what failed is tried again
        print(f"{name}: {facts}", flush=True)
    return dict(facts)


def figures(found: Differences) -> dict[str, Any]:
    """Differences as they are kept: two digits are enough."""
    return {k: float(f"{v:.2g}") if isinstance(v, float) else v for k, v in asdict(found).items()}


def same(facts: dict[str, Any]) -> bool:
    """Is it within the tolerance?"""
    return "failed" not in facts and Differences(**{k: v for k, v in facts.items() if k != "seconds"}).are_rounding
