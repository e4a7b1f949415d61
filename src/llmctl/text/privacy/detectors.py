"""The detectors, one row each; of two that claim the same characters the earlier row has them.

Figures that look like personal data but are not (versions, dates, ISBNs, private addresses) are what the checks are
for; they use the field's own parsers where there are some: `ipaddress`, `phonenumbers`.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

from llmctl.text.privacy import internet, phones, reserved
from llmctl.text.privacy.names import western
from llmctl.text.privacy.spans import Detector

DETECTORS: tuple[Detector, ...] = (
    *reserved.ROWS,  # placeholders and pseudonyms are nobody's
    *internet.ROWS,
    *phones.ROWS,
    *western.ROWS,
)


@functools.lru_cache(maxsize=64)
def detectors_of(entities: Sequence[str]) -> tuple[Detector, ...]:
    """The rows of these entities."""
    return tuple(row for row in DETECTORS if not row.entity or row.entity in entities)
