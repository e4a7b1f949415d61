"""A value found once is personal wherever it stands in its document: a number far from the word that announced it, a
name without its title.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence

from llmctl.text.privacy.names.mentions import is_mention, mentions
from llmctl.text.privacy.spans import Span, is_ascii_alnum

RULE = "repeated"
LONE = re.compile("[\ud800-\udfff]")  # surrogates that no pair has: not UTF-8
MIN_VALUE = 6  # letters and digits: shorter ones stand elsewhere by chance
FEW = 8  # forms that are faster looked for one by one
SEPARATORS = ("", " ", "-", ".")
JOINTS, GLUE = frozenset("-.,"), frozenset("-_./:@")  # between figures of a longer number; in paths and names


def repeated(text: str, spans: Sequence[Span]) -> list[Span]:
    """Where else the values of these spans stand in the text, apart from them; linear in the text."""
    entities: dict[str, str] = {}  # by form
    for span in spans:
        for form in forms(span.entity, text[span.start : span.end], span.rule):
            entities.setdefault(form, span.entity)
    found: list[Span] = []
    taken = sorted((span.start, span.end) for span in spans)
    for start, end in sorted(_occurrences(text, entities), key=lambda place: (place[0], -place[1])):
        entity, at = entities[text[start:end]], bisect_left(taken, (end,)) - 1
        if (at >= 0 and taken[at][1] > start) or (found and found[-1].end > start):
            continue
        if stands(entity, text, start, end):
            found.append(Span(start, end, entity, RULE))
    return found


def forms(entity: str, value: str, rule: str) -> tuple[str, ...]:
    """How a value that a rule found is written elsewhere."""
    return mentions(value, rule) if entity == "name" else FORMS.get(entity, _whole)(value)


def stands(entity: str, text: str, start: int, end: int) -> bool:
    """Whether it is the value that stands there, and no piece of something else."""
    return STANDS.get(entity, _is_alone)(text, start, end)


def _occurrences(text: str, forms: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Everywhere that one of the forms stands."""
    every = list(forms)
    if len(every) > FEW:
        import ahocorasick_rs

        automaton = ahocorasick_rs.AhoCorasick([form for form in every if not LONE.search(form)])
        places = automaton.find_matches_as_indexes(LONE.sub("?", text), overlapping=True)
        yield from ((start, end) for _, start, end in places)
        return
    for form in every:
        at = text.find(form)
        while at >= 0:
            yield at, at + len(form)
            at = text.find(form, at + 1)


def _whole(value: str) -> tuple[str, ...]:
    return (value,) if sum(map(str.isalnum, value)) >= MIN_VALUE else ()


def _grouped(phone: str) -> tuple[str, ...]:
    """With other separators, and with none."""
    groups, sign = re.findall(r"\d+", phone), "+" if phone.startswith("+") else ""
    return tuple(dict.fromkeys([*_whole(phone), *(sign + separator.join(groups) for separator in SEPARATORS)]))


def _cased(number: str) -> tuple[str, ...]:
    """In capitals, in small letters, and without separators."""
    plain = re.sub(r"[\W_]", "", number)
    return tuple(
        form for way in (number, plain) for form in dict.fromkeys((way, way.upper(), way.lower())) if _whole(form)
    )


def _signed(handle: str) -> tuple[str, ...]:
    """With its sign: the name in the address of a profile is a word elsewhere."""
    return _whole("@" + handle.lstrip("@"))


def _no_form(value: str) -> tuple[str, ...]:
    return ()


def _is_alone(text: str, start: int, end: int) -> bool:
    """Not a piece of a longer word or number: `id_562839104.pdf` holds it, `562839104-22` does not."""
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    if is_ascii_alnum(before[-1:]) or is_ascii_alnum(after[:1]):
        return False
    return not (before[-1:] in JOINTS and before[:-1].isdigit()) and not (after[:1] in JOINTS and after[1:].isdigit())


def _is_handle(text: str, start: int, end: int) -> bool:
    """Not in a path or a longer name: `pkg/@ann/core` is a package."""
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    if is_ascii_alnum(before[-1:]) or is_ascii_alnum(after[:1]):
        return False
    return not (before[-1:] in GLUE and is_ascii_alnum(before[:-1])) and not (
        after[:1] in GLUE and is_ascii_alnum(after[1:])
    )


FORMS: dict[str, Callable[[str], tuple[str, ...]]] = {
    "phone": _grouped,
    "id-number": _cased,
    "handle": _signed,
    "birth-date": _no_form,  # a day is everybody's
}
STANDS: dict[str, Callable[[str, int, int], bool]] = {"name": is_mention, "handle": _is_handle}
