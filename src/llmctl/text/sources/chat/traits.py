"""Messages of a log -> the numbers by which antecedents are judged: who speaks, who is meant, which words, when.

Everything is counted on the log itself, so no language and no channel is assumed: a nick is what has spoken or was
renamed, a rare word is one that few messages hold. Texts of scripts without spaces give pairs of characters as words.
Lists of greetings, thanks, answers and requests were tried: under a point of F1, and for one language only.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from llmctl.text.sources.chat.message import Log

Longs = npt.NDArray[np.int64]
Doubles = npt.NDArray[np.float64]

NAME = re.compile(r"[^\s,:;!?<>()\"'@/\u3001\u3002\uff01\uff08\uff09\uff0c\uff1a\uff1b\uff1f]+")
WORD = re.compile(r"[^\W_]+(?:['_.\-/][^\W_]+)*")
UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]{2,}")
ADDRESS = re.compile(r"\s{0,8}@?([^\s,:;\uff0c\uff1a]{1,64})\s?[,:;\uff0c\uff1a]")  # `nick:` at the start
# a message counts by its first words and names; a line of IRC has 512 bytes (RFC 2812, 2.3)
MAX_TEXT, MAX_WORDS, MAX_NAMES = 1000, 64, 8
MIN_NICK, MIN_SHORT, MAX_SHORT = 2, 3, 16  # characters of a nick in a text; of a nick cut short at its start (`Toma:`)
NEXT, CALL = 20, 30  # messages ahead that still tell of this one: what its speaker says next, who calls for its speaker

QUESTION, ACTION, LINK, COMMAND, EXCLAMATION, DOTS = (1 << bit for bit in range(6))
MARKS = (
    (QUESTION, r"[?\uff1f\u061f]"),
    (LINK, r"https?://|www\."),
    (COMMAND, r"\s{0,8}!\w"),  # a word to the robot of a channel
    (EXCLAMATION, r"[!\uff01]\s{0,8}$"),
    (DOTS, r"\.\.|\u2026"),
)
PATTERNS = tuple((bit, re.compile(pattern, re.I)) for bit, pattern in MARKS)


class Traits(NamedTuple):
    """Arrays by message; words of message i are `words[word_rows[i]:word_rows[i + 1]]`, and so its names."""

    speaker: Longs
    minute: Doubles
    target: Longs  # who is addressed at the start, -1 where nobody is
    marks: Longs
    length: Longs  # words
    words: Longs  # ascending in each message, only those that other messages hold too
    word_rows: Longs
    weight: Doubles  # of each word: its inverse document frequency, 1 for one that two messages hold
    names: Longs
    name_rows: Longs
    next_target: Longs  # whom the speaker addresses with the next message, -1
    caller: Longs  # who is the next to address the speaker, -1

    def named(self) -> int:
        """How many messages name somebody."""
        return int(np.count_nonzero(np.diff(self.name_rows)))


def traits_of(log: Log) -> Traits:
    """The numbers of every message of a log."""
    people = _people(log)
    seen = _read(log, people)
    counts = Counter(word for one in seen for word in one.words)
    ids = {word: i for i, word in enumerate(word for word, count in counts.items() if count > 1)}
    total = math.log(1 + len(seen))
    words = [sorted(ids[word] for word in one.words if word in ids) for one in seen]
    speaker = [people[message.speaker.lower()] for message in log.messages]
    target = [one.target for one in seen]
    marks = [one.marks | (ACTION if message.action else 0) for one, message in zip(seen, log.messages, strict=True)]
    following, caller = _ahead(speaker, target)
    return Traits(
        speaker=np.array(speaker, np.int64),
        minute=np.array([message.minute or 0.0 for message in log.messages], np.float64),
        target=np.array(target, np.int64),
        marks=np.array(marks, np.int64),
        length=np.array([one.length for one in seen], np.int64),
        words=_flat(words),
        word_rows=_rows(words),
        weight=np.array([math.log((1 + len(seen)) / counts[word]) / total for word in ids], np.float64),
        names=_flat([one.names for one in seen]),
        name_rows=_rows([one.names for one in seen]),
        next_target=np.array(following, np.int64),
        caller=np.array(caller, np.int64),
    )


def _people(log: Log) -> dict[str, int]:
    """A number for every nick; nicks that one person changed into share it."""
    first: dict[str, str] = {}
    for _, old, new in log.renames:
        first.setdefault(new.lower(), first.get(old.lower(), old.lower()))
    people: dict[str, int] = {}
    for message in log.messages:
        nick = message.speaker.lower()
        people[nick] = people.setdefault(first.get(nick, nick), len(people))
    return people


def _read(log: Log, people: dict[str, int]) -> list[_Seen]:
    """What every message says; a short form at its start means who spoke last of those whose nick begins so."""
    seen: list[_Seen] = []
    short: dict[str, int] = {}
    for message in log.messages:
        seen.append(_Seen(message.text[:MAX_TEXT], people, short))
        nick = message.speaker.lower()
        short.update((nick[:end], people[nick]) for end in range(MIN_SHORT, min(len(nick), MAX_SHORT)))
    return seen


class _Seen:
    """What one message says: who it addresses, whom it names, its words."""

    def __init__(self, text: str, people: dict[str, int], short: dict[str, int]) -> None:
        found = list(_names(text, people))
        addressed = ADDRESS.match(text)
        at_start = [person for start, person in found if start <= 1]
        if addressed and not at_start and (person := short.get(addressed[1].lower())) is not None:
            at_start = [person]
            found.append((0, person))
        self.target = at_start[0] if at_start else -1
        self.names = list(dict.fromkeys(person for _, person in found))[:MAX_NAMES]
        body = text[addressed.end() :] if addressed and at_start else text
        words = [word for word in _words(body.lower()) if word not in people]
        self.length = len(words)
        self.words = set(words[:MAX_WORDS])
        self.marks = sum(bit for bit, pattern in PATTERNS if pattern.search(body))


def _names(text: str, people: dict[str, int]) -> Iterator[tuple[int, int]]:
    for found in NAME.finditer(text):
        name = found[0].lower()
        if name not in people:
            name = name.rstrip(".-~")
        if len(name) >= MIN_NICK and name in people:
            yield found.start(), people[name]


def _words(text: str) -> list[str]:
    words: list[str] = []
    for found in WORD.finditer(text):
        runs = UNSPACED.findall(found[0])
        words += [run[i : i + 2] for run in runs for i in range(len(run) - 1)] if runs else [found[0]]
    return words


def _ahead(speaker: list[int], target: list[int]) -> tuple[list[int], list[int]]:
    following, caller = [-1] * len(speaker), [-1] * len(speaker)
    said: dict[int, int] = {}
    called: dict[int, int] = {}
    for i in range(len(speaker) - 1, -1, -1):
        me = speaker[i]
        if me in said and said[me] - i <= NEXT:
            following[i] = target[said[me]]
        if me in called and called[me] - i <= CALL:
            caller[i] = speaker[called[me]]
        said[me] = i
        if target[i] >= 0:
            called[target[i]] = i
    return following, caller


def _flat(rows: list[list[int]]) -> Longs:
    return np.array([value for row in rows for value in row], np.int64)


def _rows(rows: list[list[int]]) -> Longs:
    return np.cumsum([0, *map(len, rows)], dtype=np.int64)
