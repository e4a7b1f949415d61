"""Messages -> the text of a document: a line each, `<speaker> text`, and who the speakers are.

Further lines of a message are indented by two spaces, an action is `/me` and what is done, a tree's depth is two spaces a
level before the speaker. Speakers stand as the source names them, or numbered by who speaks first in the document; then
names in texts are replaced too: those addressed at the start in any case of letters, others as they are spelt, but for
nicks that look like a word (`the`, `mia`): no list of words is at hand, so they stand where they address nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from llmctl.text.sources.chat.message import Message
from llmctl.text.sources.chat.policies import Layout
from llmctl.text.sources.chat.traits import ADDRESS, MIN_NICK, NAME

INDENT = "  "
MAX_SPEAKER = 64  # characters
MAX_SPACED = 50  # names with a space that are looked for in texts: each costs a comparison at every letter
IN_SPEAKER = re.compile(r"[<>\s]+")
NAMES, NUMBERED = "names", "numbered"
SPEAKERS = (NAMES, NUMBERED)


def speaker_of(name: str) -> str:
    """A name that fits between `<` and `>`."""
    return IN_SPEAKER.sub(" ", name[: 4 * MAX_SPEAKER]).strip()[:MAX_SPEAKER].rstrip() or "unknown"


def write(layout: Layout, people: People | None = None) -> str:
    """The text of a document; with `people`, its speakers numbered."""
    lines = []
    for depth, message in layout:
        speaker, text = message.speaker, message.text
        if people:
            speaker = people.number(speaker)
            text = people.without_names(text)
        first, *more = f"{'/me ' if message.action else ''}{text}".split("\n")
        lines.append(f"{INDENT * depth}<{speaker}> {first}".rstrip())
        lines += [f"{INDENT * (depth + 1)}{line}".rstrip() for line in more]
    return "\n".join(lines)


def speakers_of(messages: Iterable[Message]) -> list[str]:
    """Who speaks, in the order of first speaking."""
    return list(dict.fromkeys(message.speaker for message in messages))


class People:
    """The numbers of one document: its speakers first, then those whom it only names, as it comes to them."""

    def __init__(self, speakers: Iterable[str], known: Known) -> None:
        self.known = known
        self.numbers: dict[str, str] = {}
        for speaker in speakers:
            self.number(speaker)

    def number(self, name: str) -> str:
        """`Speaker 1` for who spoke first; spellings of a nick in other letters are one person, roles are nobody."""
        if name.lower() not in self.known.lower:
            return name
        return self.numbers.setdefault(name.lower(), f"Speaker {len(self.numbers) + 1}")

    def without_names(self, text: str) -> str:
        """A text with the names that the source knows replaced."""
        addressed = ADDRESS.match(text)
        head = addressed.end() if addressed else 0

        def replaced(found: re.Match[str]) -> str:
            name, at = found[0], found.start()
            called = at < head or text[max(at - 1, 0) : at] == "@"
            for end in (len(name), len(name.rstrip(".-~"))):
                if self.known.holds(name[:end], called=called):
                    return self.number(name[:end]) + name[end:]
            return name

        if self.known.spaced:
            text = self.known.spaced.sub(lambda found: self.number(found[0]), text)
        return NAME.sub(replaced, text)


class Known:
    """The names of people in a source."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = {name for name in names if len(name) >= MIN_NICK}
        self.lower = {name.lower() for name in names}
        spaced = sorted((name for name in self.names if " " in name), key=lambda name: (-len(name), name))
        pattern = "|".join(map(re.escape, spaced[:MAX_SPACED]))
        self.spaced = re.compile(rf"(?<!\w)(?:{pattern})(?!\w)") if spaced else None

    def holds(self, name: str, *, called: bool) -> bool:
        """Whether the source has a speaker of this name, and it is not a mere word here."""
        if called:
            return len(name) >= MIN_NICK and name.lower() in self.lower
        return name in self.names and not (name.isalpha() and name.islower())
