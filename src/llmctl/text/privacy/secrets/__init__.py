"""Secrets: keys with their issuer's prefix, keys in containers, and random values beside a name that says what they are."""

from __future__ import annotations

from llmctl.text.privacy.secrets import assigned, encoded, issued

ROWS = (*encoded.ROWS, *issued.ROWS, *assigned.ROWS)
