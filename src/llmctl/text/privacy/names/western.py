"""Names of people in scripts with spaces: listed names and words that announce persons propose, the words around decide.

A listed given name with a capitalised word behind it is a name; alone it is one where it is neither an English word nor
a place. Family names need a given name, initials, a title, an office, or speech beside them. Words that make institutions
and places of names are looked for on both sides. What it costs: some three proposals in a kilobyte of English prose.
"""

from __future__ import annotations

from collections.abc import Sequence

from llmctl.text.privacy.names import announced, cyrillic, forms, letters, persons, surroundings
from llmctl.text.privacy.names.evidence import (
    AMBIGUOUS,
    MANY_GIVEN,
    MANY_SURNAMES,
    NAMED,
    PERSON,
    SURNAME,
    extent,
    is_full_name,
    is_given,
)
from llmctl.text.privacy.names.gazetteer import common, kinds, proposing, words
from llmctl.text.privacy.names.lower_case import small, small_names
from llmctl.text.privacy.names.runs import INITIAL, LOWER, UPPER, Token, run_from, words_before
from llmctl.text.privacy.spans import Detector, Found, Options

UNLISTED = (
    rf"{UPPER}{LOWER}+ (?:{UPPER}\.? )?{UPPER}{LOWER}+"
    "(?:sson|sd[o\u00f3]ttir|[oe]vi[c\u0107\u010d]|i[\u0107\u010d]|[oe]v[a\u00e1]?|owicz|iewicz|czyk|enko|shvili|adze|idze"
    "|qvist|opoulos|akis)"
)
OWNING = (
    f"{UPPER}{LOWER}+['\u2019]s (?:wife|husband|son|daughter|mother|father|brother|sister|kids?|parents|girlfriend|boyfriend"
    "|birthday|funeral|wedding|childhood|smile|lips|shoulders?|bedroom|apartment|boss|uncle|aunt|cousin|nephew|niece"
    "|grand(?:mother|father|son|daughter|parents|children)|widow|killers?|eyes|hands|face|voice|hair)\\b"
)


def listed(text: str, start: int, end: int, options: Options) -> Found:
    """A listed name: the run of words that it belongs to, if that is a person's."""
    if surroundings.is_glued(text, start, end):
        return []
    known, before = kinds(), surroundings.word_before(text, start)
    follows = before[:1].isupper()
    if follows and known.get(before, 0) & NAMED:
        return []  # that one is asked about the same run
    if not follows and not surroundings.goes_on(text, end):
        return _alone(text, start, end, before) if _may_stand_alone(text, start, end, before) else []
    earlier = words_before(text, start) if follows else []
    if any(known.get(token.word, 0) & NAMED for token in earlier):
        return []
    run = run_from(text, earlier[0].start if earlier else start)
    at = next((i for i, token in enumerate(run) if token.start == start), None)
    return [] if at is None else _of_run(text, run, at)


def _may_stand_alone(text: str, start: int, end: int, before: str) -> bool:
    """The cheap half of what a lone name needs."""
    kind = kinds()[text[start:end]]
    if is_given(kind):
        return True
    if kind & AMBIGUOUS:
        return False
    return surroundings.is_spoken(before, surroundings.word_after(text, end))


def _alone(text: str, start: int, end: int, before: str) -> Found:
    """One word between words that no name has."""
    tables, name = words(), Token(start, end, text[start:end])
    behind = surroundings.word_after(text, end)
    if (
        behind in tables["institutions"]
        or before.lower() in tables["places_before"]
        or name.word in tables["no_beginning"]
        or (text[end : end + 1] == "." and f"{name.word}." in tables["abbreviated_ranks"])
    ):
        return []
    return [] if surroundings.is_street(text, start, end) else _lone(text, name, before, behind)


def _of_run(text: str, run: Sequence[Token], at: int) -> Found:
    """The name that begins with the word `at` of a run, or with the initials before it."""
    tables, asked = words(), at
    while at > 0 and INITIAL.fullmatch(run[at - 1].word) and run[at - 1].word not in ("I", "A"):
        at -= 1
    name = extent(run[at:], kinds())
    is_full, behind_it = len(name) > 1 and is_full_name(name), len(run) - at - 1
    if not is_full and (len(name) != 1 or behind_it > 1):
        return []
    behind = surroundings.word_after(text, run[-1].end)
    if behind in tables["institutions"] or _is_institution(run[asked + 1 :]):
        return []
    before = run[at - 1].word if at else surroundings.word_before(text, run[0].start)
    if run[at].word in tables["no_beginning"] or before.lower() in tables["places_before"]:
        return []
    if surroundings.is_street(text, run[0].start, run[-1].end):
        return []
    if is_full:
        return [(name[0].start, name[-1].end)]
    if behind_it:  # within a sentence only names have capitals (`heard Stevie Wonder sing`)
        is_name = len(run[-1].word) > 1 and before.islower() and _is_given(name[0])
        return [(name[0].start, run[-1].end)] if is_name else []
    if at and before not in tables["offices"] and before.lower() not in common():
        return []  # an unknown word before it: half of some other name
    return _lone(text, name[0], before, behind)


def _is_given(token: Token) -> bool:
    return is_given(kinds().get(token.word, 0))


def _lone(text: str, name: Token, before: str, behind: str) -> Found:
    """One word."""
    tables, kind = words(), kinds().get(name.word, 0)
    if before in tables["offices"]:
        return [name[:2]] if not kind & AMBIGUOUS or kind & MANY_SURNAMES else []
    if before.lower() in tables["prepositions"] or (len(name.word) < 3 and not kind & PERSON):
        return []
    if surroundings.is_quoted(text, name.start, name.end):
        return []
    is_clear = kind & MANY_GIVEN and name.word not in tables["openers"]
    if not is_clear and surroundings.begins_other_sentence(text, name.start, name.end):
        return []
    if kind & SURNAME and surroundings.is_partner(text, name.start, name.end):
        return []
    named = is_given(kind) or (not kind & AMBIGUOUS and surroundings.is_spoken(before, behind))
    return [name[:2]] if named else []


def _is_institution(run: Sequence[Token]) -> bool:
    return any(token.word.lower() in words()["institutions"] for token in run)


def owning(text: str, start: int, end: int, options: Options) -> Found:
    """`X's wife`, `X's birthday`: what only people have."""
    stop = text.find("'", start, end) if "'" in text[start:end] else text.find("\u2019", start, end)
    word = text[start:stop]
    if surroundings.is_glued(text, start, stop) or words_before(text, start) or word.lower() in common():
        return []
    if kinds().get(word, 0) or surroundings.word_before(text, start).lower() in words()["prepositions"]:
        return []  # listed names are asked
    return [(start, stop)]


def patronymic(text: str, start: int, end: int, options: Options) -> Found:
    """Two words or more of no list, the last with an ending that only family names have."""
    if surroundings.is_glued(text, start, end) or words_before(text, start):
        return []
    run = run_from(text, start)
    if any(kinds().get(token.word, 0) & NAMED for token in run):
        return []  # those are asked
    return _of_run(text, run, 0) if run else []


ROWS = (
    *announced.ROWS,
    *forms.ROWS,
    *letters.ROWS,
    *cyrillic.ROWS,
    Detector("name", "owning", owning, "usage: what only people have", pattern=OWNING),
    Detector("name", "patronymic", patronymic, "endings of family names, European", pattern=UNLISTED),
    Detector("name", "lower_case", small, "US Census 1990, Wikidata: names that people have", words=small_names),
    Detector("name", "name", listed, "US Census 1990, Wikidata: names that people have", words=proposing),
    *persons.ROWS,  # what the lists do not have
)
