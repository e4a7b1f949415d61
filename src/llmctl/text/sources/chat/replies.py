"""A reply graph over the lines of a log -> dialogues: its connected components.

The annotation of Kummerfeld et al. (ACL 2019): a line `a b -` for a message `b` that replies to line `a`, `b b -` for one
that begins a conversation; a message may reply to several. Lines of the system may stand between: they connect, and are
no messages. Union by size over the links: as good as linear.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from llmctl.text.sources.chat.message import Dialogue, Message

LINK = re.compile(r"(\d{1,9})[ \t]+(\d{1,9})(?:[ \t]+-)?[ \t]*")
Links = list[tuple[int, int]]  # (antecedent, message): places, the antecedent never after the message


def read_links(annotation: str) -> tuple[Links, int]:
    """The links of an annotation, in either order of their ends, and the count of lines that are none."""
    links, broken = [], 0
    for line in annotation.split("\n"):
        if found := LINK.fullmatch(line):
            a, b = int(found[1]), int(found[2])
            links.append((min(a, b), max(a, b)))
        else:
            broken += bool(line.strip())
    return links, broken


def dialogues(messages: Iterable[Message], links: Links) -> list[Dialogue]:
    """The components that hold messages, by their first; messages without a link belong to none."""
    parent = _joined(links)
    groups: dict[int, list[Message]] = {}
    for message in messages:
        if message.place in parent:
            groups.setdefault(_root(parent, message.place), []).append(message)
    said = {message.place for group in groups.values() for message in group}
    antecedents: dict[int, list[int]] = {}
    for before, place in dict.fromkeys(links):
        if before != place and before in said and place in said:
            antecedents.setdefault(place, []).append(before)
    return [Dialogue(group, _within(antecedents, group), f"m{group[0].place}") for group in groups.values()]


def _within(antecedents: Mapping[int, list[int]], group: list[Message]) -> dict[int, list[int]]:
    return {m.place: sorted(antecedents[m.place]) for m in group if m.place in antecedents}


def _joined(links: Links) -> dict[int, int]:
    parent: dict[int, int] = {}
    size: dict[int, int] = {}
    for ends in links:
        a, b = (_root(parent, parent.setdefault(place, place)) for place in ends)
        if a != b:
            small, large = sorted((a, b), key=lambda place: size.get(place, 1))
            parent[small] = large
            size[large] = size.get(large, 1) + size.get(small, 1)
    return parent


def _root(parent: dict[int, int], place: int) -> int:
    while parent[place] != place:
        parent[place] = parent[parent[place]]
        place = parent[place]
    return place
