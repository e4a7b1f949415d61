"""The street of a postal address: which words name one in which language, and where it begins and ends.

English puts the number before (`12 Oak Street`), French too, most of Europe behind (`Calle Mayor 5`, `Musterstrasse 12`).
"""

from __future__ import annotations

import re

from llmctl.text.privacy.localities import PARTICLE, UPPER, WORD

# USPS Publication 28, appendix C1: the suffixes that name hardly anything but a street, and those that also name other things
STRONG = (
    "Street", "Streets", "St", "Str", "Avenue", "Ave", "Av", "Road", "Rd", "Boulevard", "Blvd", "Lane", "Ln", "Drive",
    "Parkway", "Pkwy", "Highway", "Hwy", "Terrace", "Crescent", "Cres", "Turnpike", "Alley", "Mews", "Expressway",
    "STREET", "ST", "AVENUE", "AVE", "ROAD", "RD", "BOULEVARD", "BLVD", "LANE", "LN", "DRIVE",
)  # fmt: skip
WEAK = (
    "Dr", "Court", "Ct", "Place", "Pl", "Way", "Circle", "Cir", "Square", "Sq", "Trail", "Trl", "Close", "Grove",
    "Gardens", "Row", "Walk", "Loop", "Pike", "Plaza", "Path", "Run", "Ridge", "Hill", "Hills", "Park", "Point", "Quay",
    "Wharf", "Green", "Rise", "Heights", "Vale", "Crossing", "Landing", "Route", "Terr", "Ter", "Parade", "Esplanade",
    "Gate", "Croft", "Mount", "View", "Yard", "Wynd", "Brae", "Embankment", "Village", "Meadows", "Creek", "Bypass", "Causeway", "Broadway", "DR", "CT", "PL", "WAY", "CIR", "SQ",
)  # fmt: skip
ABBREVIATED = frozenset("St Str Ave Av Rd Blvd Ln Pkwy Hwy Cres Dr Ct Pl Cir Sq Trl Terr Ter".split())
BEFORE = (  # the number stands behind
    "Via", "Viale", "Piazza", "Piazzale", "Corso", "Vicolo", "Largo", "Strada", "Calle", "C/", "Avda", "Avenida", "Av.",
    "Paseo", "Plaza", "Pza", "Ronda", "Camino", "Carrera", "Travessa", "Rua", "Pra\u00e7a", "Alameda", "Estrada", "Rodovia",
    "ul.", "Ul.", "al.", "pl.", "os.", "ulica", "Trg", "trg", "Rue", "rue", "Quai", "Chemin", "Stra\u00dfe", "Am", "Unter den",
    "Boulevard", "Avenue", "\u039b\u03b5\u03c9\u03c6\u03cc\u03c1\u03bf\u03c2", "\u03a0\u03bb\u03b1\u03c4\u03b5\u03af\u03b1", "\u039f\u03b4\u03cc\u03c2",
    "\u0443\u043b.", "\u0443\u043b\u0438\u0446\u0430", "\u043f\u0440.", "\u043f\u0440-\u0442", "\u043f\u0440\u043e\u0441\u043f\u0435\u043a\u0442", "\u043f\u0435\u0440.", "\u043f\u0435\u0440\u0435\u0443\u043b\u043e\u043a", "\u0431\u0443\u043b\u044c\u0432\u0430\u0440", "\u0431\u0443\u043b.",
    "\u043d\u0430\u0431.", "\u043d\u0430\u0431\u0435\u0440\u0435\u0436\u043d\u0430\u044f", "\u0448\u043e\u0441\u0441\u0435", "\u043f\u043b.", "\u0432\u0443\u043b.",
)  # fmt: skip
FRENCH = ("rue", "Rue", "avenue", "Avenue", "boulevard", "Boulevard", "bd", "Bd", "all\u00e9e", "All\u00e9e", "impasse", "Impasse",
          "quai", "Quai", "chemin", "Chemin", "place", "Place", "cours", "Cours", "route", "Route")  # fmt: skip
BEHIND = (  # a word of its own behind the name, before the number
    "utca", "u.", "\u00fat", "\u00fatja", "t\u00e9r", "k\u00f6r\u00fat", "tee", "tn", "pst", "mnt", "ulica", "cesta", "n\u00e1m\u011bst\u00ed", "t\u0159\u00edda", "Str.",
    "Strasse", "Stra\u00dfe", "Platz", "Allee", "Weg", "Gasse", "Ring", "Damm", "Ufer", "gade", "gata", "gate", "vei", "terrasse", "plads",
    "Caddesi", "Cad.", "Sokak", "Sok.", "Soka\u011f\u0131", "Bulvar\u0131", "plein", "straat", "laan",
)  # fmt: skip
ENDINGS = (  # of one word, before the number: German, Dutch, Scandinavian, Finnish
    "stra(?:ss|\u00df)e|str\\.|gasse|platz|allee|damm|ufer|weg|steig|straat|laan|plein|plaats|gracht|kade|dijk|singel|"
    "hof|veien|vegen|gata|gaten|gatan|v\u00e4gen|gr\u00e4nd|stigen|vej|gade|str\u00e6de|all\u00e9|vegur|str\u00e6ti|katu|kuja|polku|tie"
)
HOUSE = r"[0-9]{1,4}(?:[-/][0-9]{1,4})?(?: ?[a-zA-Z](?!\w))?(?!\w)"  # behind a name; five digits are a postal code
NUMBER = r"[0-9]{1,5}(?:[-/][0-9]{1,4})?(?: ?[a-zA-Z](?!\w))?"
ORDINAL = r"[0-9]{1,3}(?:st|nd|rd|th)"
_PART = rf"(?!(?:Apt|Suite|Unit|Ste|Flat)\b)(?:{WORD}|{ORDINAL})"
NAME = rf"(?:{PARTICLE} ?){{0,3}}{_PART}(?: (?:{PARTICLE} ?){{0,3}}{_PART}){{0,4}}"
FREE = r"(?<![\w.,/#$\u20ac\u00a3:-])"  # no decimal, price, time or range before
TWO = rf"{FREE}(?:[0-9]{{1,5}} )?{NUMBER},? "
NUMBERED_NAME = re.compile(rf"(?:{TWO}|(?<!\w)(?P<spelt>One|Two|Three|Four|Five|Ten) )(?P<name>{NAME}) $")
LEADING = re.compile(rf"{FREE}(?:[0-9]{{1,5}} )?{NUMBER},? (?:(?:bis|ter),? )?$")
LEADING_ONE = re.compile(rf"{FREE}[0-9]{{1,5}} $")
NAME_NUMBER = re.compile(
    rf"\.? ?{NAME}(?:, ?| )(?:(?:n[.\u00b0\u00ba]|[Nn]o[.:]|\u0434\.|\u0434\u043e\u043c|\u0431\u0443\u0434\.|\u2116|km|s/n) ?)?{HOUSE}(?![\w%\u20ac$]|[.,:][0-9])"
)
NAME_ONLY = re.compile(rf" {NAME}")
GENERIC = re.compile(
    rf"{FREE}(?P<first>(?:[0-9]{{1,5}} )?{NUMBER},? )?(?P<name>{NAME})(?: (?P<last>{HOUSE})(?!\w)\.?)?(?: {WORD}){{0,2}}$"
)
SHAPE = re.compile(
    rf"(?P<first>(?:[0-9]{{1,5}} )?{NUMBER},? )?(?P<name>{NAME})(?: (?P<last>{HOUSE})(?![\w%]|[.,:][0-9])\.?)?"
)
SIDE = rf"(?:[Pp]\.?[Oo]\.? Box {NUMBER}|(?:{NUMBER} )?{NAME}(?:(?: [^\W\d_]{{1,6}}\.?)? {NUMBER}(?!\w)\.?)?)"
CORNER = re.compile(rf" {SIDE}(?: St\.)? (?:and|&) {SIDE}(?: St\.)?")
NUMBER_BEHIND = re.compile(rf" (?:No[.:]? ?)?{HOUSE}(?![\w%])\.?")
NO_STREET = re.compile(  # what stands before a figure, and makes it no house
    r"(?:[Cc]hapter|[Ss]ection|[Pp]art|[Pp]age|[Pp]p?\.|[Ff]igure|[Ff]ig\.|[Tt]able|[Vv]ol\.?|[Vv]olume|[Ii]ssue|[Ee]pisode|"
    r"[Aa]ct|[Ss]cene|[Bb]ook|[Vv]ersion|[Ll]evel|[Ss]eason|[Gg]rade|[Ll]ine|[Ss]tep|[Ii]tem|[Rr]oute|[Hh]ighway|[Ii]nterstate|"
    r"[Aa]rticle|Art\.|\u00a7|[Vv]erse|Unit|[Ee]d\.|[Vv]\.|[Tt]op|[Jj]anuary|[Ff]ebruary|[Mm]arch|[Aa]pril|[Mm]ay|[Jj]une|[Jj]uly|[Aa]ugust|"
    r"[Ss]eptember|[Oo]ctober|[Nn]ovember|[Dd]ecember|[Jj]an|[Ff]eb|[Mm]ar|[Aa]pr|[Jj]un|[Jj]ul|[Aa]ug|[Ss]ept?|[Oo]ct|[Nn]ov|[Dd]ec)\.?,? $"
)
MONTH = re.compile(
    r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?(?![a-z])|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|"
    r"(?:Chapter|Section|Part|Page|Figure|Fig|Table|Volume|Vol|Book|Act|Version|Level|Room|Building|Stage|Step|Phase|"
    r"Type|Class|Group|Series|Model|Windows|Office|Article|Line|Number|Game|Day|Week|Year|Unit|The|AD|BC|PM|AM|GMT|UTC)\b"
)
YEAR = re.compile(r"(?:1[0-9]|20)[0-9]{2}(?![0-9])")
UPPER_FIRST = frozenset(UPPER)
DIGIT = re.compile("[0-9]")
DIGIT_OR_SPELT = re.compile("[0-9]|One |Two |Three |Four |Five |Ten ")
YEAR_END = re.compile(r" (?:19|20)[0-9]{2}\.?$")
HOUSE_END = re.compile(r"(?:[-/][0-9]{1,4})?(?: ?[a-zA-Z](?!\w))?(?![\w%]|[.,:][0-9])")
NAME_BEFORE = re.compile(rf"(?<![\w.-])(?:{WORD} (?:[^\W\d_]{{3,}} )?){{1,3}}$")
COMPOUND_NAME = re.compile(rf"(?<![\w.-]){WORD} (?:van |de |van der |van den |den )$|{FREE}[0-9]{{1,5}} (?:{WORD} ){{1,2}}$")
COMPOUND = (
    f"[A-Z\u00c0-\u00de\u0100-\u017f][A-Za-z\u00c0-\u017f'-]+(?:{ENDINGS}) [0-9]{{1,5}}"
)
STREET = re.compile(
    rf"{FREE}(?P<first>(?:[0-9]{{1,5}} )?{NUMBER},? )?(?P<name>{NAME})(?: (?P<last>{HOUSE})(?!\w)\.?)?"
)
BOXES = ("P.O. Box", "PO Box", "P. O. Box", "P.O. BOX", "PO BOX", "P.O.Box", "Post Office Box", "p.o. box", "Postfach", "Postbus",
         "Apartado de Correos", "Caixa Postal", "Casella Postale", "bo\u00eete postale", "Bo\u00eete postale")  # fmt: skip
UNITS = ("Apt", "APT", "Apartment", "Suite", "SUITE", "Ste", "STE", "Unit", "UNIT", "Flat", "apt")
ANNOUNCERS = ("address", "Address", "ADDRESS", "addresses", "lives at", "live at", "lived at", "lives in", "lived in", "live in",
    "located at", "resides at", "residing at", "office is at", "Meet me at", "meet at", "sent to", "send to", "ship to", "moved to",
    "deliver to", "Deliver to", "taxi to", "return to", "you off at", "is at", "arrived at")  # fmt: skip
NOT_ANNOUNCED = re.compile(rf"{MONTH.pattern}|(?:No|Nos|Congress|Senate|House|Court|Highway|Shop|Stage|Gate|Terminal|Hall|Floor|Suite|Apt)\\b")
