"""What a state knows a person by: national numbers, papers, the day of birth."""

from __future__ import annotations

from llmctl.text.privacy.identity import births, numbers

ROWS = (*numbers.ROWS, *births.ROWS)
