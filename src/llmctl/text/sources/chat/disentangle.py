"""A log without a reply graph -> for every message the one that it replies to, or itself: a new conversation.

Messages are taken in order. Each of the last WINDOW messages, and the start of a conversation, is scored by a small
network on the evidence for it; the best is the antecedent. The weights (`replies.tsv`: a line for each kind of
evidence) were fitted by `benchmarks/disentangle.py --fit` on the training files of Kummerfeld et al. (ACL 2019), and by
them alone; figures stand in docs/sources/conversation.md. Costs about 0.1 ms a message, whatever the length of the log.
"""

from __future__ import annotations

import pkgutil
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numba import njit

from llmctl.text.sources.chat.evidence import ALONE, NAMES, WINDOW, Past, Walk, describe, describe_alone, names_person
from llmctl.text.sources.chat.message import Log
from llmctl.text.sources.chat.traits import Doubles, Longs, Traits, traits_of

TABLE = "replies.tsv"
# numba keeps what it compiled of this file until this file changes, with evidence.py and traits.py inlined: this is their
# hash, which a test holds it to, so that who changes them changes this file, and no stale kernel meets other arrays
INLINED = "37777c5f036f1178"


class Network(NamedTuple):
    """Weights: evidence x units for candidates, the same for a start, biases of the units, and what each unit counts."""

    reply: Doubles
    alone: Doubles
    bias: Doubles
    vote: Doubles


class Record(NamedTuple):
    """What fitting wants: where evidence is kept (message i fills case `case[i]`, -1 for none), and links as annotated."""

    case: Longs
    forced: Longs  # the antecedent that a message gets whatever the scores are, -1 for none
    reply: Any  # cases x WINDOW x evidence
    alone: Any  # cases x evidence


def antecedents(log: Log, traits: Traits | None = None) -> list[int]:
    """For every message the number of its antecedent, its own where it begins a conversation; `traits` where known."""
    if not log.messages:
        return []
    links: list[int] = follow(traits or traits_of(log), network(), nothing(len(log.messages))).tolist()
    return links


@lru_cache(maxsize=1)
def network() -> Network:
    """The weights of the packaged table."""
    packaged = pkgutil.get_data(__package__, TABLE)
    assert packaged, f"{TABLE} is packaged with this file"
    return parse(packaged.decode("ascii"))


def parse(table: str) -> Network:
    """Weights of a table: a line each, named; they stand in the order of the evidence."""
    rows = [line.split("\t") for line in table.split("\n") if line and not line.startswith("#")]
    names = [row[0] for row in rows]
    expected = [*(f"reply {name}" for name in NAMES), *(f"alone {name}" for name in ALONE), "bias", "vote"]
    assert names == expected, "replies.tsv is of other evidence: fit again (benchmarks/disentangle.py --fit)"
    weights = np.array([[float(cell) for cell in row[1:]] for row in rows])
    n, m = len(NAMES), len(ALONE)
    return Network(weights[:n].copy(), weights[n : n + m].copy(), weights[-2].copy(), weights[-1].copy())


def nothing(messages: int) -> Record:
    """A record that keeps no evidence and forces no link."""
    empty = np.empty((0, 0), np.float32)
    none = np.full(messages, -1, np.int64)
    return Record(none, none, empty.reshape(0, 0, 0), empty)


@njit(cache=True, nogil=True)
def follow(t: Any, net: Any, record: Any) -> Any:
    """The antecedent of every message. (Any: numba's arrays have no static type.)"""
    count = len(t.speaker)
    people = max(t.speaker.max(), t.target.max()) + 1
    past = Past(
        np.full(count, -1, np.int64), np.full(count, -1, np.int64), np.zeros(count, np.int64),
        np.full(people, -1, np.int64), np.full(people, -1, np.int64),
        np.zeros(count, np.int64), np.full(count, -1, np.int64),
    )  # fmt: skip
    links = np.empty(count, np.int64)
    reply, alone = np.empty(len(net.reply), np.float64), np.empty(len(net.alone), np.float64)
    for i in range(count):
        links[i] = best(t, past, net, i, reply, alone, record)
        if record.forced[i] >= 0:
            links[i] = record.forced[i]
        remember(t, past, i, links[i])
    return links


@njit(cache=True, nogil=True)
def best(t: Any, past: Any, net: Any, i: Any, reply: Any, alone: Any, record: Any) -> Any:
    """The antecedent of message i: the likeliest in the likeliest conversation.

    What speaks for a conversation is spread over its messages, so their chances are added up before they compete.
    """
    case, me, begin = record.case[i], t.speaker[i], max(0, i - WINDOW)
    scores = np.empty(i - begin, np.float64)
    own, own_last, called, people = 0, -1, False, 0
    for j in range(i - 1, begin - 1, -1):
        describe(t, past, i, j, Walk(own, own_last, called, people), reply)
        if case >= 0:
            record.reply[case, i - 1 - j] = reply
        scores[j - begin] = score(reply, net.reply, net.bias, net.vote)
        if t.speaker[j] == me:
            own, own_last = own + 1, max(own_last, j)
        called = called or t.target[j] == me or names_person(t, j, me)
        people += past.last_of[t.speaker[j]] == j
    describe_alone(t, past, i, called, alone)
    if case >= 0:
        record.alone[case] = alone
    return likeliest(past.root[begin:i], scores, score(alone, net.alone, net.bias, net.vote), begin, i)


@njit(cache=True, nogil=True)
def likeliest(roots: Any, scores: Any, alone: Any, begin: Any, i: Any) -> Any:
    """The best message of the conversation that has the greatest chance, or i itself where none has more."""
    highest = alone
    for a in range(len(scores)):
        highest = max(highest, scores[a])
    chances = np.exp(scores - highest)
    chosen, greatest = i, np.exp(alone - highest)
    for a in range(len(scores)):
        chance, first = 0.0, a
        for b in range(len(scores)):
            if roots[b] == roots[a]:
                chance += chances[b]
                if scores[b] > scores[first]:
                    first = b
        if chance > greatest:
            chosen, greatest = begin + first, chance
    return chosen


@njit(cache=True, nogil=True)
def score(row: Any, weights: Any, bias: Any, vote: Any) -> Any:
    """What the network makes of a row: the votes of its units; most evidence is 0 and costs nothing."""
    units = bias.copy()
    for k in range(len(row)):
        if row[k] != 0.0:
            for unit in range(len(units)):
                units[unit] += row[k] * weights[k, unit]
    total = 0.0
    for unit in range(len(units)):
        total += max(units[unit], 0.0) * vote[unit]
    return total


@njit(cache=True, nogil=True)
def remember(t: Any, past: Any, i: Any, j: Any) -> None:
    """Put message i behind its antecedent j."""
    root, me = i if j == i else past.root[j], t.speaker[i]
    past.root[i], past.before[i] = root, past.last[root]
    past.last[root] = i
    past.size[root] += 1
    if j != i:
        past.replies[j] += 1
        if t.speaker[j] != me:
            past.partner[me] = t.speaker[j]
    if t.target[i] >= 0:
        past.partner[me] = t.target[i]
    past.last_of[me] = i
