"""Phone numbers: what libphonenumber knows, and what the words around announce."""

from __future__ import annotations

from llmctl.text.privacy.phones import numbers

ROWS = numbers.ROWS
