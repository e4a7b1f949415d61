"""National numbers, by continent; the rows of `numbers.py`."""

from __future__ import annotations

from llmctl.text.privacy.identity.national import africa_oceania, america, asia, europe

NUMBERS = (*asia.NUMBERS, *america.NUMBERS, *europe.NUMBERS, *africa_oceania.NUMBERS)
