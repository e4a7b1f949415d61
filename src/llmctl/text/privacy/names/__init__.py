"""Names of people: gazetteers and the rules of the words around them."""

from __future__ import annotations

from llmctl.text.privacy.names import chinese, western

ROWS = (*chinese.ROWS, *western.ROWS)
