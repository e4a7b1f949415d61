"""Values that are nobody's: the placeholders and pseudonyms that scrubbing itself writes."""

from __future__ import annotations

from llmctl.settings.scrub import ENTITIES
from llmctl.text.privacy.masking import placeholder
from llmctl.text.privacy.spans import Detector, as_found

ROWS = (Detector("", "placeholder", as_found, "text/privacy/masking.py", pattern="|".join(map(placeholder, ENTITIES))),)
