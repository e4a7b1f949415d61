"""What money moves by: card numbers, accounts, addresses of coins."""

from __future__ import annotations

from llmctl.text.privacy.payment import cards, coins

ROWS = (*cards.ROWS, *coins.ROWS)
