"""Postal addresses, in Chinese and Japanese, and in scripts with spaces."""
