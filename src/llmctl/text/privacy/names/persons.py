"""Persons whose names are in no list, by what English texts tell of persons alone: age, office, life, speech, address.

Two capitalised words or more, none of them a mere English word or a place, before `, 34, said`, `, director of`, `(born
1970)`, `<a@b.c>`, `was born`, `lives in`, `'s wife`; one is enough before what only persons do (`smiled`) and between the
end of a quotation and `she said`.
"""

from __future__ import annotations

import re

from llmctl.text.privacy.names import surroundings
from llmctl.text.privacy.names.evidence import (
    AMBIGUOUS,
    GIVEN,
    MANY_GIVEN,
    MANY_SURNAMES,
    NAMED,
    SURNAME,
    WORD,
    extent,
    is_given,
    is_unlisted,
)
from llmctl.text.privacy.names.gazetteer import Kind, common, kinds, words
from llmctl.text.privacy.names.runs import LOWER, UPPER, Token, run_from, words_before
from llmctl.text.privacy.spans import Detector, Found, Options

APOSTROPHE, DASH, ENDS, QUOTE = "['\u2019]", "[-\u2013]", "[,!?.\u2026-]", "[\"\u201d\u2019']"
NAME = rf"(?:Mc|O{APOSTROPHE})?{UPPER}{LOWER}+(?:-{UPPER}{LOWER}+)?"
PARTICLES = r"(?:(?:van|von|der|den|de|di|da|ten|del|la|al|el|bin) ){0,2}"
FULL = rf"{NAME} (?:{UPPER}\.? ){{0,2}}{PARTICLES}{NAME}"
OFFICES = (
    "[Pp]resident|[Dd]irector|[Cc]hair(?:man|woman|person)?|[Pp]rofessor|[Ff]ounder|[Cc]o-founder|[Mm]anager|[Cc]urator"
    "|[Ss]ecretary|[Tt]reasurer|[Dd]ean|[Aa]uthor|[Ee]ditor|[Oo]wner|[Hh]ead|[Ll]ecturer|[Mm]inister|CEO|CTO|CFO|COO"
)
KIN = "wife|husband|son|daughter|mother|father|brother|sister|parents|girlfriend|boyfriend|widow|birthday|funeral"
LIVES = (
    r"(?:was|is) (?:born|raised|educated|buried|married|sentenced|arrested|an? [1-9]\d[- ]year[- ]old)"
    r"|lives? (?:in|at|with|on|near)|lived (?:in|at|with|near)|grew up|graduated|studied (?:at|under|law|medicine)"
    r"|(?:taught|teaches) at|died|married|told (?:me|us|him|her|them)|works as|worked as"
)
HUMAN = (
    "smiled|laughed|nodded|shrugged|sighed|whispered|shouted|muttered|grinned|frowned|exclaimed|giggled|blushed|wept"
    r"|winked|murmured|chuckled|sobbed|married|told (?:me|us|him|her)|was born (?:on|to|at|near|in [A-Z]\w*|into)"
)
SAID = (
    "said|says|asked|asks|replied|cried|answered|exclaimed|whispered|shouted|muttered|murmured|laughed|added|explained"
)
TOLD = (
    rf"{FULL}(?:, (?:1[4-9]|[2-9]\d), [a-z]|, (?:{OFFICES}) (?:of|at|for)\b| \( ?(?:born|b\.|aged) |\"? <[0-9A-Za-z._+-]+@"
    rf"| (?:{LIVES})\b|{APOSTROPHE}s (?:{KIN})\b)"
)
LIFETIME = rf"{FULL} \( ?[12]\d\d\d ?{DASH} ?[12]\d\d\d ?\)"
YOUNG = "as an? (?:child|teenager|boy|girl|youth|student|young (?:man|woman))|at (?:the age of|age) "
DONE = rf"{NAME}(?: {NAME})? (?:(?:{HUMAN})\b|(?:[a-z]+ ){{1,5}}(?:{YOUNG}))"
SPOKEN = rf"{ENDS}\\?{QUOTE} ?(?:{SAID}) {NAME}(?: {NAME})?"
LISTED = rf"{NAME}(?:, {NAME}){{1,12}},? and {NAME}"
ITEM = re.compile(NAME)
VERB, TALKED = re.compile(f"(?:{SAID})\\b"), re.compile(r"[^\W\d_]+")
STATING = frozenset(("said", "says", "added", "explained"))
QUOTATION, FEW_WORDS = 200, 5  # code points of what is quoted that are looked at; words of a short one
SPEAKER = re.compile(r"[a-z] ")
YEARS = re.compile(rf"(\d{{4}}) ?{DASH} ?(\d{{4}})")
LEAST_YEARS, MOST_YEARS = 25, 105  # of a life; what ends sooner is a war, a band, a term
PLACE = int(Kind.PLACE)
PLURALS = ("ans", "ians", "eans", "ese", "ites", "men")  # of peoples


def told(text: str, start: int, end: int, options: Options) -> Found:
    """Two words or more."""
    return _person(text, start, 2)


def lifetime(text: str, start: int, end: int, options: Options) -> Found:
    """Two words or more before the years of a life."""
    years = YEARS.search(text, start, end)
    is_life = years is not None and LEAST_YEARS <= int(years[2]) - int(years[1]) <= MOST_YEARS
    return _person(text, start, 2) if is_life else []


def done(text: str, start: int, end: int, options: Options) -> Found:
    """One word, or two, before what only persons do or were."""
    run = run_from(text, start)
    if len(run) > 1:
        return _person(text, start, 2)
    if len(run) != 1 or kinds().get(run[0].word, 0) or run[0].word.endswith(PLURALS):
        return []
    if surroundings.word_before(text, start).lower() in words()["prepositions"]:
        return []
    return _person(text, start, 1)


def spoken(text: str, start: int, end: int, options: Options) -> Found:
    """Whoever said what stands before in quotation marks."""
    said = SPEAKER.search(text, start, end)
    run = run_from(text, said.end()) if said else []
    known, name = kinds(), extent(run, kinds())
    if (
        not run
        or len(name) < len(run)
        or run[0].word in words()["titles"]
        or text[run[-1].end : run[-1].end + 1] in ("-", "'", "\u2019")
    ):
        return []
    kind = known.get(run[0].word, 0)
    listed = len(name) == 1 and bool(kind & NAMED) and bool(not kind & AMBIGUOUS or kind & (MANY_GIVEN | MANY_SURNAMES))
    unlisted = is_unlisted(name, 1) and (len(name) > 1 or bool(kind & NAMED) or _is_talk(text, start, end))
    return [(name[0].start, name[-1].end)] if listed or unlisted else []


def _is_talk(text: str, start: int, end: int) -> bool:
    """Whether one person speaks to another: asks, shouts, says `I` or little; firms say much, and `we`."""
    verb = VERB.search(text, start, end)
    if verb is None or text[start] in "!?" or verb[0] not in STATING:
        return True
    quoted = re.split('["\u201c\u201d\u2018\n]', text[max(0, start - QUOTATION) : start])[-1]
    spoken_words = TALKED.findall(quoted)
    if not words()["firms_say"].isdisjoint(spoken_words):
        return False
    return len(spoken_words) <= FEW_WORDS or not words()["persons_say"].isdisjoint(spoken_words)


def enumerated(text: str, start: int, end: int, options: Options) -> Found:
    """Words of no list between listed given names: `Brosca, Anna, Mark and Oolva`."""
    items = [(match.group(), match.span()) for match in ITEM.finditer(text, start, end)]
    kind = {word: kinds().get(word, 0) for word, _ in items}
    if any(own & PLACE and not is_given(own) for own in kind.values()):
        return []
    if not any(is_given(own) and not own & SURNAME for own in kind.values()):
        return []  # a firm, maybe
    listed = {word for word, own in kind.items() if is_given(own) or own & MANY_GIVEN}
    if len(listed) < max(2, len(items) / 2) or words_before(text, start) or surroundings.is_glued(text, start, end):
        return []
    if len(run_from(text, items[-1][1][0])) != 1 or surroundings.word_after(text, end) in words()["institutions"]:
        return []
    if any(word.lower() in common() for word in kind.keys() - listed):
        return []
    return [span for word, span in items if not kind[word] or (word in listed and not is_given(kind[word]))]


def _person(text: str, start: int, least: int) -> Found:
    """The capitalised words that stand here, without the common words and offices that may begin the sentence."""
    run: list[Token] = words_before(text, start)
    run = run_from(text, run[0].start) if run else run_from(text, start)
    tables, known = words(), kinds()
    while run and _is_mere(run[0].word, known.get(run[0].word, 0)):
        run = run[1:]
    if not run or run[0].start > start + 24 or surroundings.is_glued(text, run[0].start, run[0].end):
        return []
    if surroundings.word_before(text, run[0].start).lower() in tables["places_before"]:
        return []
    return [(run[0].start, run[-1].end)] if is_unlisted(run, least) else []


def _is_mere(word: str, kind: int) -> bool:
    return (
        word in words()["offices"]
        or word in words()["titles"]
        or (not kind & GIVEN and bool(kind & WORD or word.lower() in common()))
    )


ROWS = (
    Detector("name", "person", told, "usage: what is told of persons alone", pattern=TOLD),
    Detector("name", "lifetime", lifetime, "usage: the years of a life", pattern=LIFETIME),
    Detector("name", "person", done, "usage: what persons alone do", pattern=DONE),
    Detector("name", "enumeration", enumerated, "usage: names beside names", pattern=LISTED),
    Detector("name", "speaker", spoken, "usage: who said it", pattern=SPOKEN),
)
