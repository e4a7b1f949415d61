"""The street of a postal address: which words name one in which language, and where it begins and ends.

English puts the number before (`12 Oak Street`), French too, most of Europe behind (`Calle Mayor 5`, `Musterstrasse 12`).
"""

from __future__ import annotations

import re
from itertools import product

from llmctl.text.privacy.postal.localities import PARTICLE, WORD

ENDINGS = (  # of one word, before the number: German, Dutch, Scandinavian, Finnish
    "stra(?:ss|\u00df)e|str\\.|gasse|platz|allee|damm|ufer|weg|steig|straat|laan|plein|plaats|gracht|kade|dijk|singel|"
    "hof|veien|vegen|gata|gaten|gatan|v\u00e4gen|gr\u00e4nd|stigen|vej|gade|str\u00e6de|all\u00e9|"
    "vegur|str(?:\u00e6|ae)ti|braut|bakken|backen|svingen|stien|torget|dreef|"
    "-Str\\.|-Stra(?:ss|\u00df)e|-Allee|-Platz|-Weg|-Ring|-Ufer|-Damm|katu|kuja|polku|tie|chaussee|promenade|graben|pfad|aukio|kaari"
)
TAIL = (  # `12-14`, `3/1/5`, `12/B`, `12a`, `12 B 34` (Finland), `123-II` and `123 hs` (Amsterdam), `5 bis`
    r"(?:[-/][0-9]{1,4}){0,2}(?: [A-H] [0-9]{1,3}(?![\w.])|/[A-Z](?!\w)| (?:hs|huis|bis|ter)\b|-(?:[IVX]{1,4}|hs|bis)\b"
    r"| ?[a-zA-Z](?!\w|-[0-9]{4}|\. ?[0-9]))?"
)
HOUSE = rf"[0-9]{{1,4}}{TAIL}(?!\w)"  # behind a name; five digits are a postal code
NUMBER = r"[0-9]{1,5}(?:[-/][0-9]{1,4})?(?: ?[a-zA-Z](?!\w))?"
ORDINAL = r"[0-9]{1,3}(?:st|nd|rd|th)"
ORDINALS = re.compile(ORDINAL)
_PART = rf"(?!(?:Apt|Suite|Unit|Ste|Flat)\b\.? ?(?:#|[0-9]|[A-Z]\b))(?:{WORD}|{ORDINAL})"
NAME = rf"(?:{PARTICLE} ?){{0,3}}{_PART}(?:(?<![^\W\d_]{{6}}\.) (?:{PARTICLE} ?){{0,3}}{_PART}){{0,4}}"  # within a sentence
FREE = r"(?<![\w.,/#$\u20ac\u00a3:-])"  # no decimal, price, time or range before
TWO = rf"{FREE}(?:[0-9]{{1,5}}(?:-[0-9]{{1,5}})? )?{NUMBER},? "
NUMBERED_NAME = re.compile(rf"(?:{TWO}|(?<!\w)(?P<spelt>One|Two|Three|Four|Five|Ten) )(?P<name>{NAME}) $")
LEADING = re.compile(rf"{FREE}(?:[0-9]{{1,5}} )?{NUMBER},? (?:(?:bis|ter),? )?$")
LEADING_ONE = re.compile(rf"{FREE}[0-9]{{1,5}} $")
NAME_NUMBER = re.compile(
    rf"\.? ?{NAME}(?:, ?| )"
    r"(?:(?:n[.\u00b0\u00ba]|[Nn]o[.:]|[Nn]r\.|n\u00fam\.|\u0434\.|\u0434\u043e\u043c|\u0431\u0443\u0434\.|\u2116|km) ?)?"
    rf"{HOUSE}(?![\w%\u20ac$]|[.,:][0-9])"
)
SLAVIC_NUMBER = re.compile(
    rf" [^\W\d_]{{4,20}}(?: [^\W\d_]{{4,20}})?(?: {NAME})? {HOUSE}(?![\w%\u20ac$]|[.,:][0-9])"
)  # `Trg revolucije 12`
CROSSED = re.compile(  # `Calle 72 # 10-34`: streets of Colombia have numbers, the house that of the corner and metres from it
    r" [0-9]{1,3} ?[A-Z]?(?: (?:Bis|Sur|Norte|Este|Oeste))?,? (?:#|[Nn]o\.?|N[\u00b0\u00ba]) ?[0-9]{1,3} ?[A-Z]? ?- ?"
    r"[0-9]{1,3}(?!\w)"
)
NAME_ONLY = re.compile(rf" {NAME}")
GENERIC = re.compile(
    rf"{FREE}(?P<first>(?:[0-9]{{1,5}} )?{NUMBER},? )?(?P<name>{NAME})(?: (?P<last>{HOUSE})(?!\w)\.?)?(?: {WORD}){{0,2}}$"
)
SHAPE = re.compile(
    rf"(?P<first>(?:[0-9]{{1,5}} )?{NUMBER},? )?(?P<name>{NAME})(?: (?P<last>{HOUSE})(?![\w%]|[.,:][0-9])\.?)?"
)
SIDE = (
    rf"(?:[Pp]\.?[Oo]\.? Box {NUMBER}|(?:{NUMBER} )?(?:(?:ul|al|pl|rue|calle|via|trg)\.? )?{NAME}"
    rf"(?:(?: [^\W\d_]{{1,6}}\.?)? {NUMBER}(?!\w)\.?)?)"
)
CORNER = re.compile(rf" {SIDE}(?: St\.)? (?:and|&) {SIDE}(?: St\.)?")
NUMBER_BEHIND = re.compile(rf" (?:No[.:]? ?)?{HOUSE}(?![\w%])\.?")
MONTHS = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December|"
    r"Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)"
)
NO_STREET = re.compile(  # what stands before a figure, and makes it no house
    r"(?<!\w)(?:chapter|section|part|page|pp?\.|figure|fig\.|table|vol\.?|volume|issue|episode|act|scene|book|version|level|"
    r"season|grade|line|step|item|route|highway|interstate|article|art\.|\u00a7|verse|unit|ed\.|v\.|top|"
    rf"{MONTHS})\.?,? $",
    re.IGNORECASE,
)
NO_NAME = re.compile(  # what stands behind a figure, and makes it a date, an hour or a part of something
    rf"(?:{MONTHS}\b|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|"
    r"(?:Montag|Dienstag|Mittwoch|Donnerstag|Freitag|Samstag|Sonntag|"
    r"Chapter|Section|Part|Page|Figure|Fig|Table|Volume|Vol|Book|Act|Version|Level|Room|Building|Stage|Step|Phase|"
    r"Star (?:Hotel|Resort|Restaurant|General|Review|Rating)s?|"
    r"Type|Class|Group|Series|Model|Windows|Office|Article|Line|Number|Game|Day|Week|Year|Unit|AD|BC|PM|AM|GMT|UTC)\b)"
)
NOT_ANNOUNCED = re.compile(
    rf"{NO_NAME.pattern}|(?:Congress|Senate|House|Court|Stage|Gate|Terminal|Hall|Floor|Suite|Apt)\b"
)
YEAR = re.compile(r"(?:1[5-9]|20)[0-9]{2}(?![0-9])")
DIGIT = re.compile("[0-9]")
DIGIT_OR_SPELT = re.compile("[0-9]|One |Two |Three |Four |Five |Ten ")
YEAR_END = re.compile(r" (?:19|20)[0-9]{2}\.?$")
HOUSE_END = re.compile(rf"{TAIL}(?![\w%]|[.,:][0-9])")
_ARTICLE = r"(?:[Dd](?:ie|er|as|en|em)|[Dd]iese[rmns]?|[EeKk]?[Ee]ine[rmns]?|[Jj]ede[rmns]?)"
NAME_BEFORE = re.compile(  # no `In der Stra\u00dfe`, `Die Stra\u00dfe`
    rf"(?<![\w.-])(?!(?:(?:In|An|Auf|Aus|Bei|Von|Vor|Neben|Hinter) )?{_ARTICLE} $)"
    rf"(?:{WORD} (?:[^\W\d_]{{3,}} )?){{1,3}}$"
)
_SIZES = (  # `S\u00f8ndre Havnevej`, `Stora Nygatan`, `Lange Nieuwstraat`
    "S\u00f8ndre|Nordre|N\u00f8rre|S\u00f8nder|\u00d8stre|Vestre|Store|Stora|Lille|Lilla|Gamle|Gamla|Nye|Nya|Norra|S\u00f6dra|\u00d6stra|V\u00e4stra|\u00d8vre|"
    "\u00d6vre|Nedre|Indre|Inre|Ytre|Yttre|Sankt|Sint|Oude|Nieuwe|Lange|Korte|Grote|Kleine|Alte|Neue|Gro\u00dfe|Grosse|Obere|Untere"
)
COMPOUND_NAME = re.compile(
    rf"(?<![\w.-])(?!Unter|Hinter|Unser|Dieser|Jeder|Einer){WORD}(?<=\w{{3}}er) $|"
    rf"(?<![\w.-]){WORD} (?:van |de |van der |van den |den )$|(?<![\w.-])(?:{_SIZES}) $|"
    rf"{FREE}(?!(?:19|20)[0-9]{{2}} )[0-9]{{1,5}} (?:{WORD} ){{1,2}}$"
)
COMPOUND = f"[A-Z\u00c0-\u00de\u0100-\u017f](?:[A-Za-z\u00c0-\u017f'-]|\\.-)+(?:{ENDINGS}) [0-9]{{1,5}}"
STREET = re.compile(rf"{FREE}(?P<first>(?:[0-9]{{1,5}} )?{NUMBER},? )?(?P<name>{NAME})(?: (?P<last>{HOUSE})(?!\w)\.?)?")
NAME_BY_UNIT = re.compile(rf"(?P<name>{NAME}) $")  # `Flat 4B, MG Road`, where no number stands
LOCALITY_BEFORE = re.compile(  # `1062 Budapest, Andr\u00e1ssy \u00fat 60`; Hungary, Russia, and many German speakers
    rf"(?<![\w.,-])(?:[A-Z]{{1,2}}-)?[0-9]{{4,6}},? (?:\u0433\. ?)?{WORD}(?:[ -]{WORD}){{0,2}}, $"
)
OTHER = re.compile(rf"(?<![\w.-]){WORD}(?: {WORD})? and $")
OFFICES, STATES = ("APO", "FPO", "DPO"), ("AA", "AE", "AP")  # USPS Publication 28, section 238
MILITARY_STATES = tuple(
    case(gap.join(pair)) for case in (str.upper, str.lower) for gap in (" ", ", ") for pair in product(OFFICES, STATES)
)
CODED = r",? [A-Z]{2,3},? [0-9]{5}|[A-Z]{1,2}[0-9][0-9A-Z]? [0-9][A-Z]{2}\b"  # a region with its code; BS 7666
_CAPITALS, _LETTERS = "A-Z\u00c0-\u00de\u0100-\u017f", "A-Za-z\u00c0-\u024f"
PLACED = (  # `Ermou 12, 105 63 Athens`: a street by its town's code, which has five figures and more
    f"[{_CAPITALS}][{_LETTERS}'.-]+ [0-9]{{1,4}}(?:[-/][0-9]{{1,4}})?[a-zA-Z]?, (?:[A-Z]{{1,2}}-)?"
    f"(?:[0-9]{{5}}|[0-9]{{3}} [0-9]{{2}}|[0-9]{{2}}-[0-9]{{3}}|[0-9]{{4}} [A-Z]{{2}}) [{_CAPITALS}][{_LETTERS}-]+"
)
NAME_PLACED = re.compile(
    rf"(?<![\w.,/-])(?:(?:via|viale|piazza|corso|calle|avenida|rua|rue|avenue) (?:{PARTICLE} ){{0,2}})?"
    rf"(?:(?!(?:KG|GmbH|AG|Co|Inc|Ltd|SA|SpA|BV|NV|Universit\w*)\b){WORD} (?:{PARTICLE} ){{0,2}}){{0,3}}$"
)
PIN = "[A-Za-z]{3,}(?: ?[-\u2013] ?| )[1-9][0-9]{2} ?[0-9]{3}\\b"  # India Post
_PIECE = rf"(?:{WORD}|{ORDINAL}|[0-9]{{1,4}}|&)(?: (?:{WORD}|{ORDINAL}|[0-9]{{1,4}}|&)){{0,5}}"
PIECES = re.compile(
    r"(?<![\w.,/-])(?:(?:Flat|Plot|House|Door|Shop|H\.?|D\.?) )?(?:No[.:]? ?)?"
    r"(?:[A-Z]-?)?[0-9]{1,4}(?:[-/][0-9A-Z]{1,4}){0,3}[A-Za-z]?,? "
    rf"(?:{_PIECE},\s){{1,6}}(?:{_PIECE} )?$"
)
OF_INDIA = re.compile(
    r"(?:[0-9](?:st|nd|rd|th) (?:Main|Cross|Block|Phase|Stage|Street|Floor)|Sector[ -][0-9]{1,3}[A-Z]?|"
    r"[a-z][Nn]agar|\b(?:Nagar|Marg|Road|Rd|Colony|"
    r"Layout|Society|Chowk|Bazaa?r|Gali|Lane|Enclave|Vihar|Pradesh|Nadu|Karnataka|Kerala|Maharashtra|Delhi|Gujarat|Haryana|"
    r"Punjab|Rajasthan|Telangana|Bengal|Bihar|Odisha|Jharkhand|Uttarakhand|Assam|Goa))\b"
)
REFERENCE = re.compile(  # what has numbers and is no street; letters alone are a standard
    r"[A-Z]{2,6} |(?:Artikel|Art|Gesetz|Seite|Kapitel|Band|Heft|Abschnitt|Tabelle|Abbildung|Zug|Halle|Raum|Zimmer|Nr|Psalm|"
    r"Formel|Formula|Boeing|Airbus|Route|Highway|Track|Round|Match|Stand|Booth|Lap|War|Top|Area|Python|Apollo)\b"
)
NAME_OF_OTHER = re.compile(rf"(?<![\w.-])(?!No\b){WORD} $")  # `Celso Ferreiro 23, Selwyn Heights`
LOWER_NAME = re.compile(  # as people write in chats; no distance (`12 miles down the road`)
    rf"{FREE}{NUMBER} (?:(?:n|s|e|w|north|south|east|west) )?"
    r"(?:(?!(?:an?|the|of|on|in|down|up|from|to|by|off|at|or|and|my|your|his|her|our|this|that|miles?|blocks?|minutes?|feet|"
    r"metres|meters|km|hours?|years?|times|lane|dead|busy|side|other|more|different|per|way|cents?|percent)\b)"
    r"(?:[a-z]{2,}|[0-9]{1,3}(?:st|nd|rd|th)) ){1,3}$"
)
