"""What every format of a conversation is read into: messages in the order of the file, and what was no message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class Message:
    """One message; `place` is its number in the source (line of a log, turn of a list), from 0."""

    place: int
    speaker: str
    text: str
    minute: float | None = None  # since the first stamp of the log, None where it has no stamps
    action: bool = False  # `/me` of IRC: the text says what the speaker does


@dataclass(slots=True)
class Log:
    """A log of a channel: its messages, and every other line by what it is."""

    messages: list[Message] = field(default_factory=list)
    system: list[int] = field(default_factory=list)  # lines of joins, parts, topics, modes, days
    unknown: list[int] = field(default_factory=list)  # lines that no pattern knows and no message stands before
    joined: int = 0  # lines that went on the message before
    renames: list[tuple[int, str, str]] = field(default_factory=list)  # line, nick, the nick it changed into


@dataclass(slots=True)
class Dialogue:
    """Messages that belong together, in the order of the source.

    `antecedents` says what each place replies to (places before it, within the dialogue); None: every turn replies to
    the one before it, nothing branches. `notes` goes into the metadata, `part` tells it apart within its record.
    """

    messages: list[Message]
    antecedents: Mapping[int, list[int]] | None = None
    part: str = ""
    notes: dict[str, object] = field(default_factory=dict)
