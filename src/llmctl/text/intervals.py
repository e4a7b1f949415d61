"""The interval of a share: Wilson's score interval (1927), of which every accuracy, precision and keep rate is told."""

from __future__ import annotations

import math
from typing import Any

Z_95 = 1.959963984540054  # the 0.975 quantile of the standard normal distribution


def wilson(successes: int, n: int, z: float = Z_95) -> tuple[float, float]:
    """The score interval of a proportion; (0, 1) when nothing was observed."""
    if n == 0:
        return 0.0, 1.0
    p = successes / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return (0.0 if successes == 0 else centre - half), (1.0 if successes == n else centre + half)


def share(part: int, whole: int) -> dict[str, Any] | None:
    """`part` of `whole` with its interval, as reports tell it; None of nothing."""
    if not whole:
        return None
    low, high = wilson(part, whole)
    return {"value": part / whole, "low": low, "high": high, "n": whole}
