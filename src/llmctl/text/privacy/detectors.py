"""The detectors, one row each; of two that claim the same characters the earlier row has them.

Figures that look like personal data but are not (versions, dates, ISBNs, private addresses) are what the checks are
for; they use the field's own parsers where there are some: `ipaddress`, `phonenumbers`.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

from llmctl.settings.scrub import ENTITIES
from llmctl.text.privacy import identity, names, online, payment, phones, postal, secrets
from llmctl.text.privacy.masking import placeholder
from llmctl.text.privacy.spans import Detector, as_found

DETECTORS: tuple[Detector, ...] = (
    Detector("", "placeholder", as_found, "masking.py", pattern="|".join(map(placeholder, ENTITIES))),  # nobody's
    *secrets.ROWS,
    *online.ROWS,
    *payment.ROWS,
    *identity.ROWS,  # before the phone numbers that they look like
    *phones.ROWS,
    *postal.ROWS,
    *names.ROWS,
)


@functools.lru_cache(maxsize=64)
def detectors_of(entities: Sequence[str]) -> tuple[Detector, ...]:
    """The rows of these entities."""
    return tuple(row for row in DETECTORS if not row.entity or row.entity in entities)
