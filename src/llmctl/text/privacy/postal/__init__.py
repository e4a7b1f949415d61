"""Postal addresses, in Chinese and Japanese, and in scripts with spaces."""

from __future__ import annotations

from llmctl.text.privacy.postal import chinese, western

ROWS = (*chinese.ROWS, *western.ROWS)
