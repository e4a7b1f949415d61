"""The detectors, one row each; of two that claim the same characters the earlier row has them.

Figures that look like personal data but are not (versions, dates, ISBNs, private addresses) are what the checks are
for; they use the field's own parsers where there are some: `ipaddress`, `phonenumbers`.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

from llmctl.settings.scrub import ENTITIES
from llmctl.text.privacy.identity import births, numbers
from llmctl.text.privacy.masking import placeholder
from llmctl.text.privacy.names import chinese, western
from llmctl.text.privacy.online import handles, internet, macs, spelt, url_credentials
from llmctl.text.privacy.payment import cards, coins
from llmctl.text.privacy.phones import numbers as phones
from llmctl.text.privacy.postal import chinese as postal_chinese
from llmctl.text.privacy.postal import korean as postal_korean
from llmctl.text.privacy.postal import western as postal_western
from llmctl.text.privacy.secrets import assigned, encoded, issued
from llmctl.text.privacy.spans import Detector, as_found

DETECTORS: tuple[Detector, ...] = (
    Detector("", "placeholder", as_found, "masking.py", pattern="|".join(map(placeholder, ENTITIES))),  # nobody's
    *encoded.ROWS,
    *issued.ROWS,
    *assigned.ROWS,
    *url_credentials.ROWS,  # before the e-mail address that `password@host` looks like
    *handles.ROWS,  # before the e-mail address within `@name@host`
    *internet.ROWS,
    *spelt.ROWS,
    *macs.ROWS,
    *cards.ROWS,
    *coins.ROWS,
    *numbers.ROWS,  # before the phone numbers that they look like
    *births.ROWS,
    *phones.ROWS,
    *postal_chinese.ROWS,
    *postal_korean.ROWS,
    *postal_western.ROWS,  # before the names that streets have
    *chinese.ROWS,
    *western.ROWS,
)


@functools.lru_cache(maxsize=64)
def detectors_of(entities: Sequence[str]) -> tuple[Detector, ...]:
    """The rows of these entities."""
    return tuple(row for row in DETECTORS if not row.entity or row.entity in entities)
