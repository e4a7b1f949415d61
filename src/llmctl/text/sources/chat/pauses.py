"""Logs in which hardly anybody is named -> dialogues by silence, where disentangling has nothing to go on.

The network was fitted on a channel where two messages of five name somebody. Where nobody is named it finds a twelfth of
the conversations instead of a third and leaves every seventh message alone (measured: development files of Kummerfeld et
al. with the names taken out, 7.3 of 100 for 36.4, 14.8 of 100 alone), and what is alone is dropped as too short. So a few
messages without a name are one dialogue until there is a silence, and in longer logs nothing stays alone beside others.
"""

from __future__ import annotations

from itertools import pairwise

from llmctl.text.sources.chat.message import Dialogue, Message
from llmctl.text.sources.chat.replies import Links

FEW = 20  # messages: those of one meeting; hardly two conversations have room in them
# of messages: those that name somebody. Measured: 39 to 57 of 100 in each development file, 0.1 with the names taken out
HARDLY_NAMED = 0.1
SILENCE = 24  # minutes; measured: 99 of 100 annotated replies of the development files come sooner


def is_short(messages: list[Message], named: int) -> bool:
    """Whether a log is so short, and so without names, that only silence divides it."""
    return len(messages) <= FEW and not named


def divided(messages: list[Message]) -> list[Dialogue]:
    """The messages between silences."""
    groups = [messages[:1]] if messages else []
    for before, message in pairwise(messages):
        if _is_near(before, message):
            groups[-1].append(message)
        else:
            groups.append([message])
    return [Dialogue(group, None, f"m{group[0].place}") for group in groups]


def without_singles(messages: list[Message], links: Links, named: int) -> Links:
    """The links, where hardly anybody is named with more: what would stand alone goes with the message before or after it."""
    if named >= HARDLY_NAMED * len(messages):
        return links
    linked = {place for a, b in links if a != b for place in (a, b)}
    more: Links = []
    for i, message in enumerate(messages):
        if message.place in linked:
            continue
        near = [one for one in messages[max(i - 1, 0) : i] + messages[i + 1 : i + 2] if _is_near(one, message)]
        more += [(min(one.place, message.place), max(one.place, message.place)) for one in near[:1]]
    return links + more


def _is_near(one: Message, other: Message) -> bool:
    return abs((one.minute or 0.0) - (other.minute or 0.0)) <= SILENCE
