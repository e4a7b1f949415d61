"""A dialogue -> what becomes documents of it: lists of messages, each with its depth.

Branching replies can be laid out in several ways, and each costs something: `component` keeps every message once, in
the order of time, so branches interleave; `longest` keeps the longest path from a beginning to an end and loses what is
off it; `all-paths` gives every such path without the beginning that an earlier one has shown, so each message comes
once and later documents begin in the middle; `atomic` gives every message alone; `tree` keeps every message once, below
what it replies to. Paths and trees follow one antecedent of each message, the latest; `longest` sees all of them.
Dolma's Reddit subset tried the same shapes (allenai/dolma, sources/reddit), its all-paths with prefixes repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from llmctl.text.sources.chat.message import Dialogue, Message

Layout = list[tuple[int, Message]]
MAX_DEPTH = 32  # deeper replies stand at this depth: indents of a chain of n would be n * n characters


def _component(dialogue: Dialogue) -> list[Layout]:
    return [[(0, message) for message in dialogue.messages]]


def _atomic(dialogue: Dialogue) -> list[Layout]:
    return [[(0, message)] for message in dialogue.messages]


def _longest(dialogue: Dialogue) -> list[Layout]:
    """The longest path; of equal ones that with the earliest end, and before it the latest antecedents."""
    if dialogue.antecedents is None:
        return _component(dialogue)
    by_place = {message.place: message for message in dialogue.messages}
    length: dict[int, int] = {}
    before: dict[int, int] = {}
    for place in by_place:  # antecedents come first
        known = dialogue.antecedents.get(place, [])
        if known:
            before[place] = max(known, key=lambda one: (length[one], one))
        length[place] = 1 + (length[before[place]] if known else 0)
    path = [max(length, key=lambda place: (length[place], -place))]
    while path[-1] in before:
        path.append(before[path[-1]])
    return [[(0, by_place[place]) for place in reversed(path)]]


def _all_paths(dialogue: Dialogue) -> list[Layout]:
    if dialogue.antecedents is None:
        return _component(dialogue)
    paths: list[Layout] = []
    shown = None
    for _, message in _in_depth(dialogue, dialogue.antecedents):
        known = dialogue.antecedents.get(message.place)
        if not known or known[-1] != shown:
            paths.append([])
        paths[-1].append((0, message))
        shown = message.place
    return paths


def _tree(dialogue: Dialogue) -> list[Layout]:
    if dialogue.antecedents is None:
        return _component(dialogue)
    return [_in_depth(dialogue, dialogue.antecedents)]


def _in_depth(dialogue: Dialogue, antecedents: Mapping[int, list[int]]) -> Layout:
    """Every message behind its latest antecedent and what came of earlier replies to that."""
    replies: dict[int, list[Message]] = {}
    beginnings: list[Message] = []
    for message in dialogue.messages:
        known = antecedents.get(message.place)
        (replies.setdefault(known[-1], []) if known else beginnings).append(message)
    layout: Layout = []
    waiting = [(0, message) for message in reversed(beginnings)]
    while waiting:
        depth, message = waiting.pop()
        layout.append((depth, message))
        waiting += [(min(depth + 1, MAX_DEPTH), reply) for reply in reversed(replies.get(message.place, []))]
    return layout


POLICIES: dict[str, Callable[[Dialogue], list[Layout]]] = {
    "component": _component,
    "longest": _longest,
    "all-paths": _all_paths,
    "atomic": _atomic,
    "tree": _tree,
}
