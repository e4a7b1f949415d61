"""Between readers and kinds of sources: a raw record as a reader found it, and the documents that a kind makes of it.

A kind is one file of this package with `is_KIND(record)` and `documents(record, ...)`. It either gives documents, or
raises `Refused` with the one reason why the record holds none; it opens nothing and never fails on hostile bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Record:
    """A raw record, before anybody says what kind it is."""

    payload: bytes = b""  # as a server or a file had it, decoded from its transfer and packing
    text: str | None = None  # rows of tables bring text instead of bytes
    path: str = ""  # where it lies in its source, with forward slashes: `repository/src/a.py`
    content_type: str | None = None
    url: str | None = None
    date: str | None = None
    license: str | None = None  # of the record itself or of the nearest licence file above it (SPDX where known)
    crawled: bool = False  # a record of a web archive: never code, whatever its name
    given: Mapping[str, Any] = field(default_factory=dict)  # Any: further columns of a row of JSON Lines or Parquet
    parts: Mapping[str, bytes] = field(default_factory=dict)  # files that belong to it, by path in the source


@dataclass(slots=True)
class Document:
    """A document of a record; what is None is as the record says."""

    text: str
    metadata: dict[str, Any] = field(default_factory=dict)  # Any: what JSON holds
    part: str = ""  # tells the documents of one record apart, joins their ids; empty where there is one
    url: str | None = None
    date: str | None = None
    license: str | None = None


class Refused(Exception):
    """Why a record gives no document: a removal reason, and where a number broke a limit that number."""

    def __init__(
        self, reason: str, value: float | None = None, low: float | None = None, high: float | None = None
    ) -> None:
        super().__init__(reason)
        self.reason, self.value, self.low, self.high = reason, value, low, high
