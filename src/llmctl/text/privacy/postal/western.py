"""Postal addresses in scripts with spaces: a house number with a street, a box, a military unit, a corner.

A rare word proposes (`Street`, `Apt`, `PO Box`, `rue`, `ul.`, a country), the words before it must read as a street with
its number, and `localities.extended` reads on to the town and the country. A street without a number, a town or a
country alone is no address. What also names other things (`Court`, `Place`) counts only where something certain follows
or the text says that an address does. Costs a few microseconds a proposal.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from llmctl.text.privacy.postal import small, streets, units
from llmctl.text.privacy.postal.localities import UPPER, WORD, extended
from llmctl.text.privacy.postal.places import countries, street_words
from llmctl.text.privacy.spans import Check, Detector, Found, Options

ABBREVIATED = frozenset(street_words("short"))
BACK = 72  # code points before a word in which its street begins
PLACED = re.compile(  # what says that an address follows
    r"(?:\b(?:at|on|near|address(?:es)?|located|lives?|lived|living|resid(?:es?|ed|ing)|visit|[Dd]eliver|[Ss]hip|[Ss]end|sent|mail(?:ed)?|moved|"
    r"taxi|return|off|Adresse|Anschrift|wohnt|wohnhaft|domicili\w+|adresse|direcci\u00f3n|domicilio|indirizzo|endere\u00e7o|adres|adress)"
    r"(?: is| are| was| to| at| in| with| it is| it's|:|,)*|:)\s{1,6}$"
)
ENDS = re.compile(r"[ \t]*(?:[\n;,!?)\]\"\u201d]|\.(?:\s|$)|$)")
DIRECTION = re.compile(
    r",? (?:North|South|East|West|[NSEW]\.?|[NS][EW])(?![\w.])|(?: (?:North|South)?(?:[Ee]ast|[Ww]est))(?!\w)"
)
NOUN = re.compile(r"[ -](?!is |was |has |does |as |its |this |plus |across |always |sits |stands |needs )[a-z]{3,}s\b")
SAINT = re.compile(r"\.? [A-Z]")
NEXT_SUFFIX = re.compile(rf" (?:{WORD} ){{0,2}}(?:Street|Streets|Road|Avenue|Lane|Drive|Boulevard|St\.?|Rd|Ave)(?!\w)")
CAREFUL = frozenset(  # also other words: an address must be announced, or a town must follow
    """Via|via|Markt|Avenue|Boulevard|Plaza|Corso|Largo|Strada|Camino|Carrera|R.|Calea|Lorong|u.|tee|Ring|Am|An der|An den|Im|Zum|
    Zur|Auf der|Auf dem|gate|gade|vei|Vej|pl.|al.|os.""".replace("\n    ", "").split("|")
)
ITALIAN = frozenset(("Via", "Corso", "Largo", "Strada"))  # within a sentence no other language has them with a capital
SLAVIC = frozenset(("ul.", "Ul.", "Ulica", "ulica", "Trg", "trg", "Aleja", "aleja", "plac", "Plac"))  # `Trg revolucije 12`
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
NO_ARTICLE = re.compile(r"The\b")  # `12 The Lane` may be a heading
MILITARY = re.compile(
    r"(?:(?:PSC|CMR|OPC|UMR|UPR) [0-9]{1,4},? Box [0-9]{1,5}|Unit [0-9]{1,5},? Box [0-9]{1,5}|(?:USS|USNS|USNV|USCGC|HMS|RMS) \w[\w' -]{1,30}),?\s{1,3}"
    r"(?:[>?]{1,3} )?$",
    re.IGNORECASE,
)
ZIP = re.compile(r",? [0-9]{5}(?:-[0-9]{4})?(?!\w)")
BOX_NUMBER = re.compile(r"\.? ?(?:#|[Nn]o\.? ?|n\u00ba ?)?[0-9]{1,6}(?: [0-9]{2}(?![0-9])){0,2}(?![\w%])")
APART = re.compile(r"(?:^|[\n,;:(|\u2022\u2013-])[ \t]{0,3}$")  # what an address stands behind if not within a sentence
THOUSANDS = re.compile(r"[0-9]{1,2},?000 ")
IS_STREET = re.compile(r"\b(?:Street|St|Avenue|Ave|Road|Rd|Lane|Drive|Boulevard|Blvd)\b")
ROUTE_BOX = re.compile(r" (?:[Nn]o\.? ?|#)?[0-9]{1,4},? (?:Box|BOX) #?[0-9]{1,5}-?[A-Z]?(?!\w)")
FILLER = re.compile(
    r"(?:es)?(?:[ \t,:?\"]|\n|\b(?:is|are|was|to|with|the|following|it|they|here|new|now|at|validate|my|me|please)\b){0,12}"
)


def numbered(text: str, start: int, end: int, options: Options) -> Found:
    """`12 Oak Street`, `2407 N. 5th Ave.`: the suffix proposes, number and name stand before it."""
    return _numbered(text, start, end, certain=True)


def numbered_if_sure(text: str, start: int, end: int, options: Options) -> Found:
    """`12 Oak Court`, where a unit, a code or a country follows or an address was announced."""
    return _numbered(text, start, end, certain=False)


def _numbered(text: str, start: int, end: int, *, certain: bool) -> Found:
    if text[start - 1 : start] != " " or not _has_number(text, start) or NEXT_SUFFIX.match(text, end, end + 40):
        return []
    street = streets.NUMBERED_NAME.search(text, max(0, start - BACK), start)
    if street is None:
        return _of_unit(text, start, end)
    if _is_no_house(text, street.start(), street.start("name")):
        return []
    first = street.start()
    if "," in text[first : street.start("name")] and streets.NAME_OF_OTHER.search(text, max(0, first - 40), first):
        return []  # `Ferreiro 23, Selwyn Heights`
    if "," in text[first : street.start("name")] and streets.ORDINALS.fullmatch(street["name"]):
        return []  # `5 F.3d 1220, 9th Cir.`
    word = text[start:end]
    short = word in ABBREVIATED
    stop = end + 1 if short and text[end : end + 1] == "." else end
    if way := DIRECTION.match(text, stop, stop + 12):
        stop = way.end()
    last, sure = extended(text, stop)
    placed = PLACED.search(text, max(0, first - 40), first) is not None
    if not sure and (street["spelt"] or (not placed and NO_ARTICLE.match(street["name"]))):
        return []
    if not sure and not placed:
        if not certain or NOUN.match(text, last, last + 24) or (short and SAINT.match(text, end, end + 3)):
            return []
        if streets.YEAR.match(text, first) and not ENDS.match(text, last, last + 3):
            return []
    return [(first, last)]


def _of_unit(text: str, start: int, end: int) -> Found:
    """`Flat 4B, MG Road, Bengaluru 560001`: a unit in the place of the number, and something certain behind."""
    street = streets.NAME_BY_UNIT.search(text, max(0, start - BACK // 2), start)
    if street is None or not units.BEFORE.search(text, max(0, street.start() - BACK), street.start()):
        return []
    last, sure = extended(text, end)
    return [(street.start(), last)] if sure else []


def lower(text: str, start: int, end: int, options: Options) -> Found:
    """`i live at 12 oak street apt 3`: in lower case only where an address is announced."""
    if text[start - 1 : start] != " " or not _has_digit(text, start, BACK // 2):
        return []
    street = streets.LOWER_NAME.search(text, max(0, start - BACK // 2), start)
    if street is None or not PLACED.search(text, max(0, street.start() - 40), street.start()):
        return []
    last, sure = extended(text, end)
    return [(street.start(), last)] if sure or not NOUN.match(text, end, end + 24) else []


def small_street(text: str, start: int, end: int, options: Options) -> Found:
    """`i live at 12 oak street, boston, ma 02134`, in a text without capitals."""
    if text[start - 1 : start] != " " or not _has_digit(text, start, BACK // 2):
        return []
    if not streets.LOWER_NAME.search(text, max(0, start - BACK // 2), start) or NOUN.match(text, end, end + 24):
        return []
    return in_capitals(text, start, end, options)


in_capitals = small.in_capitals(numbered_if_sure)


def named(text: str, start: int, end: int, options: Options) -> Found:
    """`Calle Mayor 5`, `ul. Polna 12`: the word proposes, name and number stand behind it."""
    if crossed := streets.CROSSED.match(text, end, end + 32):
        return [(start, extended(text, crossed.end())[0])]
    word = text[start:end]
    street = streets.NAME_NUMBER.match(text, end, end + BACK)
    small_word = street is None and word in SLAVIC
    if small_word:
        street = streets.SLAVIC_NUMBER.match(text, end, end + BACK)
    if street is None or NEXT_SUFFIX.match(text, end, end + 40):
        return []
    italian = word in ITALIAN and text[max(0, start - 2) : max(0, start - 1)].islower()
    careful = small_word or (word in CAREFUL and not italian)
    own = _behind(text, start, street.end(), careful=careful, years=word not in LONG_STREETS)
    return own if word != "via" or all(streets.DIGIT.search(text, street.end(), last) for _, last in own) else []  # `via Apollo 13, Texas`


def french(text: str, start: int, end: int, options: Options) -> Found:
    """`12 bis rue de la Paix`: number, word, name."""
    if text[start - 1 : start] != " " or not _has_digit(text, start, 12):
        return []
    number = streets.LEADING.search(text, max(0, start - 20), start)
    name = streets.NAME_ONLY.match(text, end, end + BACK)
    if number is None or name is None or NEXT_SUFFIX.match(text, end, end + 40):
        return []
    first, stop = number.start(), name.end() - (text[name.end() - 1] == ".")
    if _is_no_house(text, first, start):
        return []
    last, sure = extended(text, stop)
    doubted = streets.YEAR.match(text, first) or NOUN.match(text, last, last + 24)
    return [] if doubted and not sure else [(first, last)]


def suffixed(text: str, start: int, end: int, options: Options) -> Found:
    """`Gyula utca 76.`, `Lange Strasse 5`: name, word, number."""
    number = streets.NUMBER_BEHIND.match(text, end, end + 12)
    if number is None or text[start - 1 : start] != " ":
        return []
    name = streets.NAME_BEFORE.search(text, max(0, start - BACK), start)
    return _behind(text, name.start(), number.end(), careful=text[start:end] in CAREFUL) if name else []


def compound(text: str, start: int, end: int, options: Options) -> Found:
    """`Musterstrasse 12a`, `Dirk de Derdelaan 149`."""
    if text[start - 1 : start].isalnum() or text[start - 1 : start] == "-":
        return []
    stop = streets.HOUSE_END.match(text, end)
    word = text[start:end].rsplit(" ", 1)[0].lower()
    if stop is None or word.endswith(NO_COMPOUND):
        return []
    if word in ROADS:
        return []
    before = streets.COMPOUND_NAME.search(text, max(0, start - 40), start)
    return _behind(text, before.start() if before else start, stop.end(), careful=word.endswith(CAREFUL_ENDINGS))


def _behind(text: str, first: int, stop: int, *, careful: bool, years: bool = True) -> Found:
    """A street whose number ends at `stop`; a year is no house number unless something certain follows."""
    leading = streets.LEADING_ONE.search(text, max(0, first - 8), first)
    last, sure = extended(text, stop)
    begin = leading.start() if leading else first
    if not sure and not leading:
        year = years and streets.YEAR_END.search(text, max(first, stop - 5), stop)
        placed = PLACED.search(text, max(0, first - 40), first)
        if year or (careful and not placed):
            return []
    return [] if _is_no_house(text, begin, first) else [(begin, last)]


def with_unit(text: str, start: int, end: int, options: Options) -> Found:
    """`28 Edeby 55, Apt. 297`: a unit proposes; what stands before it, with a number, is the street."""
    unit = units.UNIT.match(text, start, start + 24)
    if unit is None or not _has_digit(text, start):
        return []
    stop = start
    while stop > start - 12 and stop and text[stop - 1] in " ,\n\t>?|*":
        stop -= 1
    street = streets.GENERIC.search(text, max(0, stop - BACK), stop)
    if street is None or not (street["first"] or street["last"]) or stop == start:
        return []
    if _is_no_house(text, street.start(), street.start("name")):
        return []
    if not street["last"] and not ({",", "\n"} & set(text[stop:start]) or text[start:end].lower() == "apt"):
        return []  # `Bach 5 Cello Suite 1`
    if text[start:end] in ("Unit", "UNIT") and stop == start - 1:
        return []  # `Apollo 13 Unit 5`
    last, sure = extended(text, stop)
    return [(street.start(), last)] if sure and last >= unit.end() else []


def with_unit_and_number(text: str, start: int, end: int, options: Options) -> Found:
    """The same in a text without capitals, which knows `python 3 apt 2` too."""
    return [(first, last) for first, last in with_unit(text, start, end, options) if text[first].isdigit()]


def box(text: str, start: int, end: int, options: Options) -> Found:
    """`PO Box 12, Springfield, IL 62704`."""
    number = BOX_NUMBER.match(text, end, end + 14)
    if number is None:
        return []
    leading = streets.LEADING_ONE.search(text, max(0, start - 8), start)
    return [(leading.start() if leading else start, extended(text, number.end())[0])]


def route(text: str, start: int, end: int, options: Options) -> Found:
    """`RR 2 Box 152, Salina, KS 67401` (USPS Publication 28, sections 24 and 25)."""
    number = ROUTE_BOX.match(text, end, end + 24)
    return [(start, extended(text, number.end())[0])] if number else []


def military(text: str, start: int, end: int, options: Options) -> Found:
    """`PSC 12, Box 34` or a ship, then `APO AE 09012` (USPS Publication 28, section 238)."""
    code = ZIP.match(text, end, end + 14)
    if code is None:
        return []
    unit = MILITARY.search(text, max(0, start - 48), start)
    return [(unit.start() if unit else start, code.end())]


def corner(text: str, start: int, end: int, options: Options) -> Found:
    """`the corner of Oak Street and 5th Avenue`."""
    streets_of = streets.CORNER.match(text, end, end + 2 * BACK)
    if streets_of is None:
        return []
    first = start - 4 if text[max(0, start - 4) : start].lower() == "the " else start
    stop = streets_of.end()
    return [
        (first, stop - (text[stop - 1] == "." and text[stop - 3 : stop] != "St." and text[stop - 4 : stop] != "Str."))
    ]


def corner_of_streets(text: str, start: int, end: int, options: Options) -> Found:
    """The same in a text without capitals, where any two things may have a corner."""
    return [(first, stop) for first, stop in corner(text, start, end, options) if IS_STREET.search(text, first, stop)]


def ended(text: str, start: int, end: int, options: Options) -> Found:
    """`37 Parva Domus 96, Recco, Italy`: a country proposes, a street with a number before and one behind opens it."""
    return _ended(text, start, end, coded=False)


def coded(text: str, start: int, end: int, options: Options) -> Found:
    """`59 Melody, Springfield, IL 62704`: a region with its code, or a British code, proposes."""
    return _ended(text, start, end, coded=True)


def _ended(text: str, start: int, end: int, *, coded: bool) -> Found:
    begin = max(0, start - 2 * BACK)
    if not _has_digit(text, start, 2 * BACK):
        return []
    for street in streets.STREET.finditer(text, begin, start):
        year = street["last"] and streets.YEAR.fullmatch(street["last"])
        if not street["first"] or street["first"].strip() in ("1", "2", "3") or year or _is_report(street) or not (street["last"] or coded):
            continue
        if text[street.end() : street.end() + 1] not in (",", "\n", "\r"):
            continue
        if _is_no_house(text, street.start(), street.start("name")):
            continue
        last, sure = extended(text, street.end())
        if sure and last >= end:
            return [(street.start(), last)]
    return []


def placed(text: str, start: int, end: int, options: Options) -> Found:
    """`Ermou 12, 105 63 Athens`: no word of it names a street, a town with its code does."""
    name = streets.NAME_PLACED.search(text, max(0, start - BACK), start)
    first = name.start() if name else start
    stop = text.index(",", start, end)
    told = PLACED.search(text, max(0, first - 40), first)
    if not told and (not APART.search(text, max(0, first - 4), first) or streets.REFERENCE.match(text, start)):
        return []
    if _is_no_house(text, first, first) or streets.NOT_ANNOUNCED.match(text, start):
        return []
    last, sure = extended(text, stop)
    whole = sure and last >= end and ENDS.match(text, last, last + 2)
    return [(first, last)] if whole and (told or last > end or not THOUSANDS.search(text, stop, end)) else []


def indian(text: str, start: int, end: int, options: Options) -> Found:
    """`No. 12, 3rd Cross, 5th Main, Indiranagar, Bangalore - 560038`: pieces in any number before a PIN code."""
    begin = max(0, start - 2 * BACK)
    if "," not in text[begin:start] or not _has_digit(text, start, 2 * BACK):
        return []
    pieces = streets.PIECES.search(text, begin, start)
    if pieces is None or _is_no_house(text, pieces.start(), pieces.start()):
        return []
    if not streets.OF_INDIA.search(text, pieces.start(), end):
        return []
    return [(pieces.start(), extended(text, end)[0])]


def _is_report(street: re.Match[str]) -> bool:
    """`2014 SCC 62`, `347 U.S. 483`: volume or year, the letters of a court or reporter, page."""
    return street["name"].replace(".", "").replace(" ", "").isupper() and street["last"] is not None


def announced(text: str, start: int, end: int, options: Options) -> Found:
    """`his address: 5366 Polna 27`: any name with a number, right behind what says so."""
    return _announced(text, start, end, text[start:end].lower().startswith("address"))


def announced_with_number(text: str, start: int, end: int, options: Options) -> Found:
    """The same in a text without capitals, where any word may seem a name."""
    return _announced(text, start, end, label=False)


def _announced(text: str, start: int, end: int, label: bool) -> Found:
    filler = FILLER.match(text, end, end + 40)
    at = filler.end() if filler else end
    if at == end or not (text[at : at + 1].isdigit() or text[at : at + 1] in UPPER):
        return []
    street = streets.SHAPE.match(text, at, at + BACK)
    if street is None or streets.NOT_ANNOUNCED.match(text, street.start("name")):
        return []
    first, number = street["first"], street["last"]
    if first is None and (number is None or streets.YEAR.fullmatch(number)):
        return []
    last, sure = extended(text, street.end())
    if number is not None:
        return [(at, last)] if first or sure or ENDS.match(text, last, last + 2) else []
    return [(at, last)] if sure or (label and ENDS.match(text, last, last + 2)) else []


def _whole(check: Check, behind_town: bool) -> Check:
    """The check, whose spans begin where the address does: at a unit, at the other street of a corner, at the town."""

    def begun(text: str, start: int, end: int, options: Options) -> Found:
        return [(_begin(text, first, behind_town), last) for first, last in check(text, start, end, options)]

    return begun


def _begin(text: str, first: int, behind_town: bool) -> int:
    if before := units.BEFORE.search(text, max(0, first - BACK), first):
        return before.start()
    if behind_town and (town := streets.LOCALITY_BEFORE.search(text, max(0, first - BACK), first)):
        return town.start()
    other = streets.OTHER.search(text, max(0, first - 44), first)
    if other and PLACED.search(text, max(0, other.start() - 40), other.start()):
        return other.start()
    return first


def _has_digit(text: str, start: int, back: int = BACK) -> bool:
    return streets.DIGIT.search(text, max(0, start - back), start) is not None


def _has_number(text: str, start: int) -> bool:
    return streets.DIGIT_OR_SPELT.search(text, max(0, start - BACK), start) is not None


def _is_no_house(text: str, first: int, name: int) -> bool:
    """`Chapter 12 The Lane`, `5 May Road`: a figure of something else."""
    return bool(streets.NO_STREET.search(text, max(0, first - 14), first) or streets.NO_NAME.match(text, name))


def _row(
    rule: str, check: Check, words: Sequence[str] = (), pattern: str = "", *, behind_town: bool = False
) -> Detector:
    source = "USPS Publication 28; UPU S42"
    named_by = (lambda: words) if words else None
    return Detector("address", f"address-{rule}", _whole(check, behind_town), source, pattern=pattern, words=named_by)


ROWS = (
    _row("military", military, streets.MILITARY_STATES),
    _row("corner", corner, ("corner of",)),
    _row("compound", compound, pattern=streets.COMPOUND, behind_town=True),
    _row("named", named, street_words("before"), behind_town=True),
    _row("suffixed", suffixed, street_words("behind"), behind_town=True),
    _row("numbered", numbered, street_words("strong")),
    _row("french", french, street_words("french")),
    _row("box", box, street_words("box")),
    _row("route", route, street_words("route")),
    _row("unit", with_unit, street_words("unit")),
    _row("small", small_street, street_words("lower")),
    _row("small-corner", small.in_capitals(corner_of_streets), ("corner of",)),
    _row("small-unit", small.in_capitals(with_unit_and_number), street_words("small_unit")),
    _row("small-ended", small.in_capitals(ended), small.countries_in_small()),
    _row("small-announced", small.in_capitals(announced_with_number), street_words("announcer")),
    _row("lower", lower, street_words("lower")),
    _row("weak", numbered_if_sure, street_words("weak")),
    _row("ended", ended, tuple(sorted(countries()))),
    _row("coded", coded, pattern=streets.CODED),
    _row("placed", placed, pattern=streets.PLACED),
    _row("indian", indian, pattern=streets.PIN),
    _row("announced", announced, street_words("announcer")),
)
