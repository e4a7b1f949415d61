"""The text of an IRC log -> its messages, with the lines that are none.

Clients write one line an event: a stamp, then `<nick> text`, `* nick does` or an event of the channel. What differs is
a table: how stamps look, and how the rest of a line looks. Patterns are matched at the start of a line, their
repetitions bounded, so a log is read in time linear in its length. Lines are counted as `\\n` ends them, from 0, as the
reply annotations of Kummerfeld et al. (ACL 2019, data/README.md) count.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from llmctl.text.sources.chat.message import Log, Message
from llmctl.text.sources.chat.transcript import speaker_of

HALF_DAY, DAY = 720, 1440  # minutes
BACK = 60  # minutes: a clock that goes back by less was set, one that goes back by more went past twelve
# mIRC codes: bold, colour with its numbers, reset, reverse, italic, strike, monospace, underline (modern.ircdocs.horse/formatting)
CODES = re.compile("\x03(?:\\d{1,2}(?:,\\d{1,2})?)?|\x04[0-9a-fA-F]{6}|[\x02\x0f\x11\x16\x1d\x1e\x1f]")
CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
CLOCK = r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,]\d{1,6})?)?(?: ?(?P<half>[AaPp])[Mm])?"
STAMPS = (
    re.compile(rf"[\[(]{CLOCK}[\])]"),  # Ubuntu's logs, XChat, mIRC
    re.compile(
        rf"[\[(]?(?P<year>\d{{4}})-(?P<month>\d\d)-(?P<day>\d\d)[T ]{CLOCK}(?:Z|[+-]\d\d:?\d\d)?[\])]?"
    ),  # ISO 8601
    re.compile(rf"(?P<name>[A-Z][a-z]{{2}}) (?P<day>[ \d]\d) {CLOCK}"),  # XChat's log files
    re.compile(CLOCK),  # irssi
)
MONTHS = {
    "Jan": 1, "Feb": 2, "Mar": 3, "Apr": 4, "May": 5, "Jun": 6, "Jul": 7, "Aug": 8, "Sep": 9, "Oct": 10, "Nov": 11, "Dec": 12,
}  # fmt: skip
NICK = r"(?P<nick>[^\s<>]{1,64})"
SAYS = r"(?P<nick>[^\s<>](?:[^<>]{0,62}[^\s<>])?)"  # Ubuntu's logs have nicks with a space in them
EVENTS = (
    r"(?:has )?(?:joined|left|quit|parted)(?:$| [#&+!(\[])|has (?:(?:set|changed) the topic|kicked \S{1,64} from)\b|"
    r"sets? mode|(?:sets?|changes?) (?:the )?topic|(?:gives|removes) (?:voice|channel operator|ban)|"
    r"(?:is|are) now known as|\[[^\]\s]{1,200}\] has (?:joined|left|quit)|"
    r"\([^)\s]{1,200}\) (?:has )?(?:[Jj]oined|[Ll]eft|[Qq]uit)"
)
# What follows the stamp, the first that matches: an event of the channel, a message, an action.
LINES = (
    ("system", re.compile(r"(?:===|\*\*\*+|-!-|---|-->|<--|--|<-|->|!)(?:\s|$)")),
    ("system", re.compile(r"(?:\*\*\*\* |Session (?:Start|Close|Time|Ident)|Log (?:opened|closed))")),
    ("system", re.compile(rf"\s{{0,8}}\*\s{{1,8}}[^\s<>]{{1,64}} (?:{EVENTS})")),
    ("message", re.compile(rf"\s{{0,8}}<[ @+%&~!]?{SAYS}\s?>(?:[ \t]|$)(?P<text>.*)", re.S)),
    ("action", re.compile(rf"\s{{0,8}}\*\s{{1,8}}{NICK}(?:\s|$)(?P<text>.*)", re.S)),
)
# WeeChat writes columns: stamp, prefix (a nick, or a mark), text
WEECHAT = {"-->": "system", "<--": "system", "--": "system", "=!=": "system", "*": "action", " *": "action"}
SURE_MARKS = ("-->", "<--", " *")  # a table may hold the others too
RENAMED = re.compile(r"(?P<old>[^\s<>]{1,64}) is now known as (?P<new>[^\s<>]{1,64})")


def read_log(text: str) -> Log:
    """The messages of a log; a line that no pattern knows goes on the message before it."""
    log, clock = Log(), _Clock()
    wrapped: list[str] | None = None  # the text of the last message, while lines may go on it
    texts: list[list[str]] = []
    for number, line in enumerate(text.split("\n")):
        kind, stamp, fields = classify(CODES.sub("", line))
        minute = clock.minute(stamp) if stamp else clock.now
        if kind in ("message", "action"):
            wrapped = [fields["text"]]
            texts.append(wrapped)
            log.messages.append(Message(number, speaker_of(fields["nick"]), "", minute, kind == "action"))
        elif kind == "unknown" and wrapped:
            wrapped.append(line)
            log.joined += 1
        else:
            wrapped = None
            {"system": log.system, "unknown": log.unknown, "blank": []}[kind].append(number)
        if kind == "system" and (renamed := RENAMED.search(line[:400])):
            log.renames.append((number, renamed["old"], renamed["new"]))
    for message, lines in zip(log.messages, texts, strict=True):
        message.text = _cleaned(" ".join(lines))
    return log


def classify(line: str) -> tuple[str, re.Match[str] | None, dict[str, str]]:
    """A line as (blank, system, message, action or unknown), its stamp, and the nick and text of what somebody said."""
    stamp = next((found for pattern in STAMPS if (found := pattern.match(line))), None)
    rest = line[stamp.end() :] if stamp else line
    if not rest.strip():
        return ("unknown" if stamp else "blank"), stamp, {}
    if stamp and rest.startswith("\t"):
        return _columns(rest[1:], stamp)
    rest = rest.removeprefix(" ")
    for kind, pattern in LINES:
        if found := pattern.match(rest):
            return kind, stamp, found.groupdict()
    return "unknown", stamp, {}


def _columns(rest: str, stamp: re.Match[str]) -> tuple[str, re.Match[str], dict[str, str]]:
    column, tab, text = rest.partition("\t")
    prefix = column
    kind = WEECHAT.get(prefix, "message" if tab and prefix.strip() else "unknown")
    if kind == "action":
        prefix, _, text = text.partition(" ")
    if not prefix or len(prefix) > 65 or any(character.isspace() for character in prefix):
        kind = "system" if kind == "system" else "unknown"
    return kind, stamp, {"nick": prefix.lstrip("@+%&~!") or prefix, "text": text, "prefix": column}


def _cleaned(text: str) -> str:
    return " ".join(CONTROLS.sub(" ", CODES.sub("", text)).split())


class _Clock:
    """Minutes since the first stamp: by dates where the stamps have them, else by what the clock went on."""

    def __init__(self) -> None:
        self.now: float | None = None
        self.before = 0.0

    def minute(self, stamp: re.Match[str]) -> float:
        """The minute of a stamp; a clock that was set back stands still."""
        fields = stamp.groupdict()
        hour = int(fields["hour"]) % (12 if fields["half"] else 24) + (
            12 if (fields["half"] or "") in ("p", "P") else 0
        )
        at = hour * 60 + int(fields["minute"]) + int(fields["second"] or 0) / 60
        at += _days(fields) * DAY
        if self.now is None:
            self.now = 0.0
        else:
            gone = at - self.before
            # clocks of twelve hours are the same as those of 24 here: half a day of silence is as good as none
            self.now += max(gone, 0) if fields.get("day") else (gone if gone >= 0 else self._around(gone))
        self.before = at
        return self.now

    def _around(self, gone: float) -> float:
        return 0.0 if gone > -BACK else gone % HALF_DAY


def _days(fields: dict[str, str | None]) -> int:
    """Days by a stamp's date, 0 where it has none; the year of `Dec 19` is not known, and one is as good as another."""
    month = int(fields["month"] or 0) if fields.get("month") else MONTHS.get(fields.get("name") or "", 0)
    try:
        return date(int(fields.get("year") or 2000), month, int(fields.get("day") or 0)).toordinal() if month else 0
    except ValueError:
        return 0


class Line(NamedTuple):
    """What a line is, by which a text is judged to be a log."""

    kind: str
    stamped: bool
    nick: str
    text: str
    prefix: str | None  # the column before the text, where there are columns


def lines(text: str) -> Iterator[Line]:
    """What each line is."""
    for line in text.split("\n"):
        kind, stamp, fields = classify(CODES.sub("", line))
        yield Line(kind, stamp is not None, fields.get("nick", ""), fields.get("text", ""), fields.get("prefix"))
