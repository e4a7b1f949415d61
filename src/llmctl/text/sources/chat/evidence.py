"""What speaks for one message being the antecedent of another, as numbers; and what speaks for a new conversation.

Kummerfeld et al. (ACL 2019, 3.4 and appendix) and Elsner and Charniak (2010) name the kinds: distance, time, speakers, mentions,
words. To these come the conversations found so far (who took part, who spoke last), which pairs of messages cannot
show, and what the speaker says next. Plain loops that numba compiles; a row is filled group by group, in the order of
NAMES, most numbers 0 or 1. A change here changes INLINED in disentangle.py.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from llmctl.text.sources.chat.traits import ACTION, COMMAND, DOTS, EXCLAMATION, LINK, QUESTION, Longs

WINDOW = 50  # messages back in which an antecedent is looked for; measured: 98.8 % of the annotated links of train
DISTANCES = (1, 2, 3, 5, 9, 19, 39)  # messages: upper edges of the bins
GAPS = (0.0, 1.0, 2.0, 4.0, 8.0, 20.0)  # minutes
LENGTHS = (1, 2, 4, 8, 15)  # words
SHORT, LONG = 2, 8  # words
BACK_WORDS, BACK_PEOPLE = 6, 12  # messages of a conversation that are looked through for words, for people
RELATIONS = ("own", "addresses", "addressed_by", "other_meant", "meant_other", "nobody_meant")
D, G = len(DISTANCES) + 1, len(GAPS) + 1


def _bins(name: str, count: int) -> list[str]:
    return [f"{name}_{i}" for i in range(count)]


def _listed(names: str) -> list[str]:
    return names.split()


GROUPS = {
    "distance": [name for relation in RELATIONS for name in _bins(f"{relation}_distance", D)],
    "gap": [name for relation in RELATIONS for name in _bins(f"{relation}_gap", G)],
    "people": _listed(
        "addresses names addressed_by named_by addresses_last own_last last mutual own_same_target own_other_target "
        "own_new_target own_dropped_target own_no_target called_since called_latest same_target target_there "
        "own_since_0 own_since_count between_0 between_1 between_3 between_more next_addresses called_next_by "
        "next_addresses_other called_next_by_other"
    ),
    "words": _listed(
        "shared rarest shared_by_length own_shared rare_shared asked asked_unanswered asks own_asks own_asked "
        "short_before long_before short_after_last own_link exclaimed"
    ),
    "thread": _listed(
        "here not_here last_here last_of_mine target_here size_1 size_2 size_6 size_16 other_alone shared_with_thread "
        "rarest_with_thread idle_minutes idle_messages took_part both_took_part neither_took_part new_here "
        "target_took_part only_i_took_part partner partner_of mutual_partner unreplied "
        "replied_often busy_with_other engaged dialogue_of_others constant"
    ),
}
ALONE = [
    *_bins("silent", D),
    *_bins("silent_gap", G),
    *_listed(
        "first addresses names called addresses_absent first_unaddressed first_addressed "
        "question link action command exclaims dots first_question "
        "open_question long_open_question long_open first_long_open first_short next_addresses called_next "
        "first_called_next last_word called_by_newcomer thread_went_on no_partner uncalled_long_question "
        "busy returning constant"
    ),
    *_bins("length", len(LENGTHS) + 1),
    *_bins("quiet", G),
]
NAMES = [name for group in GROUPS.values() for name in group]
AT = dict(zip(GROUPS, np.cumsum([0, *map(len, GROUPS.values())]).tolist(), strict=False))
GAP_AT, PEOPLE_AT, WORDS_AT, THREAD_AT = AT["gap"], AT["people"], AT["words"], AT["thread"]


class Past(NamedTuple):
    """What has been decided so far, by message, by person (`last_of`, `partner`), by first message of a conversation."""

    root: Longs  # the first message of a message's conversation
    before: Longs  # the message before it in the conversation, -1
    replies: Longs
    last_of: Longs  # the last message of a person, -1
    partner: Longs  # whom a person spoke with last, -1
    size: Longs
    last: Longs  # the last message of a conversation


class Walk(NamedTuple):
    """What lies between a message and the candidate: counted on the way back."""

    own: int  # messages of the speaker
    own_last: int  # the last of them, -1
    called: bool  # somebody has addressed or named the speaker
    people: int  # other speakers


@njit(cache=True, nogil=True)
def bin_of(value: Any, edges: Any) -> Any:
    """The number of edges that the value is beyond. (Any, here and below: numba's arrays have no static type.)"""
    count = 0
    for edge in edges:
        if value > edge:
            count += 1
    return count


@njit(cache=True, nogil=True)
def shared_words(t: Any, i: Any, j: Any) -> tuple[Any, Any]:
    """The words that two messages share: the sum of their squared weights, and the greatest weight."""
    a, b, total, rarest = t.word_rows[i], t.word_rows[j], 0.0, 0.0
    while a < t.word_rows[i + 1] and b < t.word_rows[j + 1]:
        if t.words[a] == t.words[b]:
            weight = t.weight[t.words[a]]
            total += weight * weight
            rarest = max(rarest, weight)
            a += 1
            b += 1
        elif t.words[a] < t.words[b]:
            a += 1
        else:
            b += 1
    return total, rarest


@njit(cache=True, nogil=True)
def names_person(t: Any, i: Any, person: Any) -> Any:
    """Whether message i names a person anywhere but at its start."""
    if t.target[i] == person:
        return False
    named = False
    for k in range(t.name_rows[i], t.name_rows[i + 1]):
        named = named or t.names[k] == person
    return named


@njit(cache=True, nogil=True)
def describe(t: Any, past: Any, i: Any, j: Any, walk: Any, row: Any) -> None:
    """Fill the row of candidate j for message i."""
    row[:] = 0.0
    own = t.speaker[i] == t.speaker[j]
    means = t.target[i] == t.speaker[j]
    meant = t.target[j] == t.speaker[i]
    names, named = names_person(t, i, t.speaker[j]), names_person(t, j, t.speaker[i])
    relation = 5
    if own:
        relation = 0
    elif means or names:
        relation = 1
    elif meant or named:
        relation = 2
    elif t.target[i] >= 0:
        relation = 3
    elif t.target[j] >= 0:
        relation = 4
    row[relation * D + bin_of(i - j, DISTANCES)] = 1.0
    row[GAP_AT + relation * G + bin_of(t.minute[i] - t.minute[j], GAPS)] = 1.0
    _people_evidence(t, past, i, j, walk, row[PEOPLE_AT:WORDS_AT], (own, means, meant, names, named))
    _word_evidence(t, past, i, j, row[WORDS_AT:THREAD_AT], own)
    _thread_evidence(t, past, i, j, row[THREAD_AT:], own)


@njit(cache=True, nogil=True)
def _people_evidence(t: Any, past: Any, i: Any, j: Any, walk: Any, row: Any, who: Any) -> None:
    own, means, meant, names, named = who
    target, target_before, other = t.target[i], t.target[j], t.speaker[j]
    last = past.last_of[other] == j
    row[0], row[1], row[2], row[3] = means, names, meant, named
    row[4], row[5], row[6], row[7] = last and means, last and own, last, means and meant
    if own:
        row[8] = target >= 0 and target_before == target
        row[9] = target >= 0 and target_before >= 0 and target_before != target
        row[10] = target >= 0 and target_before < 0
        row[11] = target < 0 and target_before >= 0
        row[12] = target < 0 and target_before < 0
    row[13] = (meant or named) and walk.own_last >= 0 and j > walk.own_last
    row[14] = (meant or named) and not walk.called
    row[17], row[18] = walk.own == 0, min(walk.own, 3)
    row[24] = t.caller[i] == other
    if own:
        return
    row[15] = target >= 0 and target_before == target
    row[16] = target >= 0 and not means and past.last_of[target] >= 0
    row[16] = row[16] and past.root[past.last_of[target]] == past.root[j]
    row[19], row[20], row[21], row[22] = walk.people == 0, walk.people == 1, 2 <= walk.people <= 3, walk.people > 3
    row[23] = target < 0 and t.next_target[i] == other
    row[25] = target < 0 and t.next_target[i] >= 0 and t.next_target[i] != other
    row[26] = target < 0 and t.caller[i] >= 0 and t.caller[i] != other


@njit(cache=True, nogil=True)
def _word_evidence(t: Any, past: Any, i: Any, j: Any, row: Any, own: Any) -> None:
    shared, rarest = shared_words(t, i, j)
    marks, before = t.marks[i], t.marks[j]
    asks, asked = marks & QUESTION > 0, before & QUESTION > 0
    row[0], row[1], row[2] = shared, rarest, shared / np.sqrt(1.0 + min(t.length[i], t.length[j]))
    row[3], row[4] = own * shared, rarest > 0.5
    row[8], row[9] = own and asks, own and asked
    row[10], row[11] = t.length[j] <= SHORT, t.length[j] > LONG
    row[12] = t.length[i] <= SHORT and past.last_of[t.speaker[j]] == j
    row[13], row[14] = own and marks & LINK > 0, before & EXCLAMATION > 0
    if own:
        return
    row[5], row[6], row[7] = asked, asked and past.replies[j] == 0, asks


@njit(cache=True, nogil=True)
def _thread_evidence(t: Any, past: Any, i: Any, j: Any, row: Any, own: Any) -> None:
    me, other, target, root = t.speaker[i], t.speaker[j], t.target[i], past.root[j]
    mine, last, size = past.last_of[me], past.last[root], past.size[root]
    here = mine >= 0 and past.root[mine] == root
    row[0], row[1], row[2], row[3] = here and not own, mine >= 0 and not here, last == j, last == j and here
    row[4] = target >= 0 and past.last_of[target] >= 0 and past.root[past.last_of[target]] == root
    row[5], row[6], row[7], row[8] = size == 1, size == 2, 3 <= size <= 6, size > 15
    row[9] = size == 1 and not own
    shared, rarest, at = 0.0, 0.0, last
    took_part, target_part = False, False
    for k in range(BACK_PEOPLE):
        if at < 0:
            break
        if k < BACK_WORDS:
            total, weight = shared_words(t, i, at)
            shared, rarest = shared + total, max(rarest, weight)
        took_part = took_part or t.speaker[at] == me
        target_part = target_part or (target >= 0 and t.speaker[at] == target)
        at = past.before[at]
    row[10], row[11] = min(shared, 3.0), rarest
    row[12], row[13] = np.log1p(max(0.0, t.minute[i] - t.minute[last])), np.log1p(i - last)
    row[14], row[15] = took_part and not own, took_part and target_part
    row[16], row[17] = target >= 0 and not took_part and not target_part, size > 1 and not took_part
    row[18], row[19] = target_part and not took_part, took_part and target >= 0 and not target_part
    row[20], row[21] = past.partner[me] == other, past.partner[other] == me
    row[22] = past.partner[me] == other and past.partner[other] == me
    row[23], row[24] = past.replies[j] == 0, past.replies[j] > 1
    row[28] = 1.0
    if own:
        return
    row[25] = t.target[j] >= 0 and t.target[j] != me and target != other
    row[26] = target < 0 and past.partner[other] >= 0 and past.partner[other] != me
    row[27] = size > 2 and not took_part and target < 0


@njit(cache=True, nogil=True)
def describe_alone(t: Any, past: Any, i: Any, called: Any, row: Any) -> None:
    """Fill the row for message i beginning a conversation; `called`: somebody in the window means its speaker."""
    row[:] = 0.0
    me, target, marks, mine = t.speaker[i], t.target[i], t.marks[i], past.last_of[t.speaker[i]]
    first, open_, asks, long = mine < 0, target < 0, marks & QUESTION > 0, t.length[i] > LONG
    if not first:
        row[bin_of(i - mine, DISTANCES)] = 1.0
        row[D + bin_of(t.minute[i] - t.minute[mine], GAPS)] = 1.0
    n = D + G
    row[n], row[n + 1], row[n + 2], row[n + 3] = first, not open_, t.name_rows[i + 1] > t.name_rows[i], called
    row[n + 4] = not open_ and (past.last_of[target] < 0 or i - past.last_of[target] > WINDOW)
    row[n + 5], row[n + 6] = first and open_, first and not open_
    row[n + 7], row[n + 8], row[n + 9] = asks, marks & LINK > 0, marks & ACTION > 0
    row[n + 10], row[n + 11], row[n + 12] = marks & COMMAND > 0, marks & EXCLAMATION > 0, marks & DOTS > 0
    row[n + 13], row[n + 14], row[n + 15] = first and asks, asks and open_, asks and long and open_
    row[n + 16], row[n + 17], row[n + 18] = long and open_, first and long and open_, first and t.length[i] <= SHORT
    caller = t.caller[i]
    row[n + 19], row[n + 20], row[n + 21] = open_ and t.next_target[i] >= 0, caller >= 0, first and caller >= 0
    row[n + 22], row[n + 23] = t.next_target[i] < 0, caller >= 0 and past.last_of[caller] < 0
    row[n + 24] = not first and past.last[past.root[mine]] != mine
    row[n + 25], row[n + 26] = not first and past.partner[me] < 0, caller < 0 and long and asks
    row[n + 27] = not first and past.partner[me] >= 0 and i - mine < 20
    row[n + 28] = not first and open_ and t.minute[i] - t.minute[mine] > 5
    row[n + 29] = 1.0
    n += 30
    row[n + bin_of(t.length[i], LENGTHS)] = 1.0
    if i > 0:
        row[n + len(LENGTHS) + 1 + bin_of(t.minute[i] - t.minute[i - 1], GAPS)] = 1.0
