"""Secrets: keys with their issuer's prefix, keys in containers, and random values beside a name that says what they are."""
