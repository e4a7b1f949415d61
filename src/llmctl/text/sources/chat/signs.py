"""The beginning of a text -> whether it is surely a log of a channel: a false yes would cost somebody's document.

Programs write logs too: lines with stamps, `<error>` before the text, columns between tabs. So what looks like a log is
one only where people speak: names are no elements of HTML and no levels, columns bear marks of WeeChat or people who
address each other, and where nothing has a stamp `<nick> text` must be on practically every line, by turns. One pass.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise

from llmctl.text.sources.chat import irc
from llmctl.text.sources.chat.traits import ADDRESS

# Of a log: lines that are messages, lines that some pattern knows, lines without stamps that are messages, messages
MIN_SAID, MIN_KNOWN, MIN_UNSTAMPED, MIN_MESSAGES = 0.3, 0.9, 0.95, 3
MAX_FOREIGN = 0.5  # of messages: those of names that are no nicks; a log may hold one person who is called so
MIN_RUNS = 1.5  # times that somebody begins to speak: two people who take turns, one of them twice
# `<li> text` and `<?xml ...?>` look like messages; names of elements are no nicks (WHATWG HTML 4), nor is markup,
# nor are levels of logs (RFC 5424, 6.2.1; log4j, syslog's short forms)
FOREIGN = re.compile(
    r"(?:a|b|i|p|u|s|br|hr|li|ol|ul|dl|dt|dd|td|th|tr|em|h[1-6]|div|pre|body|head|html|span|code|table|strong|"
    r"emerg|emergency|alert|crit|critical|fatal|severe|err|error|fault|warn|warning|notice|info|information|informational|"
    r"debug|verbose|trace|default|fine|finer|finest|config)$|[/?!]|.*=",
    re.I,
)
PARAMETER = re.compile(r"[A-Z]\d?$")  # `<T> ...`: of a type, where there is no stamp


@dataclass(slots=True)
class _Signs:
    """What the lines of a text show."""

    lines: int = 0
    known: int = 0
    stamped: int = 0
    foreign: int = 0
    nicks: list[str] = field(default_factory=list)  # of each message
    unsure: int = 0  # messages in columns, which may be of any table
    marked: bool = False  # by WeeChat, for who comes, goes or acts
    addressed: set[str] = field(default_factory=set)

    def add(self, line: irc.Line) -> None:
        """One more line."""
        self.lines, self.stamped = self.lines + 1, self.stamped + line.stamped
        self.known += line.kind != "unknown"
        self.marked = self.marked or line.prefix in irc.SURE_MARKS
        if line.kind not in ("message", "action"):
            return
        self.unsure += line.prefix is not None
        self.foreign += bool(FOREIGN.match(line.nick))
        self.nicks.append(line.nick)
        if addressed := ADDRESS.match(line.text):
            self.addressed.add(addressed[1])


def is_log(head: str) -> bool:
    """Whether a text is a log of a channel, by its first lines."""
    signs = _Signs()
    spoken = []
    for line in irc.lines(head):
        if line.kind != "blank":
            signs.add(line)
            if line.kind == "message":
                spoken.append(line.nick)
    if len(signs.nicks) < MIN_MESSAGES or signs.foreign > MAX_FOREIGN * len(signs.nicks):
        return False
    if signs.stamped < signs.lines / 2:
        return _is_sure_without_stamps(signs, spoken)
    if signs.unsure > len(signs.nicks) / 2 and not (signs.marked or signs.addressed & set(signs.nicks)):
        return False
    return len(signs.nicks) >= MIN_SAID * signs.lines and signs.known >= MIN_KNOWN * signs.lines


def _is_sure_without_stamps(signs: _Signs, spoken: list[str]) -> bool:
    """Whether lines without stamps are `<nick> text`, actions of the same nicks, and nothing else, by turns."""
    nicks = set(spoken)
    said = sum(nick in nicks for nick in signs.nicks)
    runs = 1 + sum(a != b for a, b in pairwise(spoken))
    return (
        said >= MIN_UNSTAMPED * signs.lines
        and not signs.foreign
        and len(nicks) > 1
        and runs >= MIN_RUNS * len(nicks)
        and not all(map(PARAMETER.match, nicks))
    )
