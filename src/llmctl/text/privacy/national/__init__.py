"""National numbers, by continent; the rows of `identity.py`."""

from __future__ import annotations

from llmctl.text.privacy.national import africa_oceania, america, asia, europe

NUMBERS = (*asia.NUMBERS, *america.NUMBERS, *europe.NUMBERS, *africa_oceania.NUMBERS)
