"""Streets by a word beside which a name stands, or by the code of the town behind them: much of Europe, Latin America.

The number stands behind (`Calle Mayor 5`, `Gyula utca 76.`, `Musterstrasse 12a`) or before (`12 rue de la Paix`).
"""

from __future__ import annotations

import re

from llmctl.text.privacy.postal import around, streets
from llmctl.text.privacy.postal.localities import extended
from llmctl.text.privacy.spans import Found, Options

CAREFUL = frozenset(  # also other words: an address must be announced, or a town must follow
    """Via|via|Markt|Avenue|Boulevard|Plaza|Corso|Largo|Strada|Camino|Carrera|R.|Calea|Lorong|u.|tee|Ring|Am|An der|An den|Im|Zum|
    Zur|Auf der|Auf dem|gate|gade|vei|Vej|pl.|al.|os.""".replace("\n    ", "").split("|")
)
ITALIAN = frozenset(("Via", "Corso", "Largo", "Strada"))  # within a sentence no other language has them with a capital
SLAVIC = frozenset(
    ("ul.", "Ul.", "Ulica", "ulica", "Trg", "trg", "Aleja", "aleja", "plac", "Plac")
)  # `Trg revolucije 12`
LONG_STREETS = frozenset(
    ("Rua", "rua", "Avenida", "avenida", "Av.", "Avda", "Travessa", "Calle", "calle", "Rodovia", "Estrada")
)  # numbers in metres
CAREFUL_ENDINGS = ("tie", "hof", "weg", "dijk", "gade", "kade", "platz", "steig", "singel")
NO_COMPOUND = ("brigade", "bahnsteig", "arbeitsplatz", "dekade")
ROADS = {
    kind + end
    for kind in ("bundes", "land", "landes", "kreis", "staats", "reichs", "europa")
    for end in ("stra\u00dfe", "strasse")
}
APART = re.compile(r"(?:^|[\n,;:(|\u2022\u2013-])[ \t]{0,3}$")  # what an address stands behind if not within a sentence
THOUSANDS = re.compile(r"[0-9]{1,2},?000 ")


def named(text: str, start: int, end: int, options: Options) -> Found:
    """`Calle Mayor 5`, `ul. Polna 12`: the word proposes, name and number stand behind it."""
    if crossed := streets.CROSSED.match(text, end, end + 32):
        return [(start, extended(text, crossed.end())[0])]
    word = text[start:end]
    street = streets.NAME_NUMBER.match(text, end, end + around.BACK)
    small_word = street is None and word in SLAVIC
    if small_word:
        street = streets.SLAVIC_NUMBER.match(text, end, end + around.BACK)
    if street is None or around.NEXT_SUFFIX.match(text, end, end + 40):
        return []
    italian = word in ITALIAN and text[max(0, start - 2) : max(0, start - 1)].islower()
    careful = small_word or (word in CAREFUL and not italian)
    own = _behind(text, start, street.end(), careful=careful, years=word not in LONG_STREETS)
    if word == "via" and not all(streets.DIGIT.search(text, street.end(), last) for _, last in own):
        return []  # `via Apollo 13, Houston, Texas`
    return own


def french(text: str, start: int, end: int, options: Options) -> Found:
    """`12 bis rue de la Paix`: number, word, name."""
    if text[start - 1 : start] != " " or not around.has_digit(text, start, 12):
        return []
    number = streets.LEADING.search(text, max(0, start - 20), start)
    name = streets.NAME_ONLY.match(text, end, end + around.BACK)
    if number is None or name is None or around.NEXT_SUFFIX.match(text, end, end + 40):
        return []
    first, stop = number.start(), name.end() - (text[name.end() - 1] == ".")
    if around.is_no_house(text, first, start):
        return []
    last, sure = extended(text, stop)
    doubted = streets.YEAR.match(text, first) or around.NOUN.match(text, last, last + 24)
    return [] if doubted and not sure else [(first, last)]


def suffixed(text: str, start: int, end: int, options: Options) -> Found:
    """`Gyula utca 76.`, `Lange Strasse 5`: name, word, number."""
    number = streets.NUMBER_BEHIND.match(text, end, end + 12)
    if number is None or text[start - 1 : start] != " ":
        return []
    name = streets.NAME_BEFORE.search(text, max(0, start - around.BACK), start)
    return _behind(text, name.start(), number.end(), careful=text[start:end] in CAREFUL) if name else []


def compound(text: str, start: int, end: int, options: Options) -> Found:
    """`Musterstrasse 12a`, `Dirk de Derdelaan 149`."""
    if text[start - 1 : start].isalnum() or text[start - 1 : start] == "-":
        return []
    stop = streets.HOUSE_END.match(text, end)
    word = text[start:end].rsplit(" ", 1)[0].lower()
    if stop is None or word.endswith(NO_COMPOUND) or word in ROADS:
        return []
    before = streets.COMPOUND_NAME.search(text, max(0, start - 40), start)
    return _behind(text, before.start() if before else start, stop.end(), careful=word.endswith(CAREFUL_ENDINGS))


def placed(text: str, start: int, end: int, options: Options) -> Found:
    """`Ermou 12, 105 63 Athens`: no word of it names a street, a town with its code does."""
    name = streets.NAME_PLACED.search(text, max(0, start - around.BACK), start)
    first = name.start() if name else start
    stop = text.index(",", start, end)
    told = around.ANNOUNCED.search(text, max(0, first - 40), first)
    if not told and (not APART.search(text, max(0, first - 4), first) or streets.REFERENCE.match(text, start)):
        return []
    if around.is_no_house(text, first, first) or streets.NOT_ANNOUNCED.match(text, start):
        return []
    last, sure = extended(text, stop)
    whole = sure and last >= end and around.ENDS.match(text, last, last + 2)
    return [(first, last)] if whole and (told or last > end or not THOUSANDS.search(text, stop, end)) else []


def _behind(text: str, first: int, stop: int, *, careful: bool, years: bool = True) -> Found:
    """A street whose number ends at `stop`; a year is no house number unless something certain follows."""
    leading = streets.LEADING_ONE.search(text, max(0, first - 8), first)
    last, sure = extended(text, stop)
    begin = leading.start() if leading else first
    if not sure and not leading:
        year = years and streets.YEAR_END.search(text, max(first, stop - 5), stop)
        placed = around.ANNOUNCED.search(text, max(0, first - 40), first)
        if year or (careful and not placed):
            return []
    return [] if around.is_no_house(text, begin, first) else [(begin, last)]
