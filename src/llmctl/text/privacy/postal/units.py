"""What parts a house: flat, floor, staircase, door, by word and number or letter; and the care of whom it stands in.

The words are rows of streets.txt: `inside` stand before their number, `floor` behind it, `alone` without one.
"""

from __future__ import annotations

import re

from llmctl.text.privacy.postal.places import street_words

ORDINAL = (
    r"(?:[0-9]{1,3}(?:st|nd|rd|th|er|[e\u00e8]me|e|\.?[\u00ba\u00aa\u00b0]|\.)? ?|[IVX]{1,4}\.? |"
    r"(?:Ground|First|Second|Third|Fourth|Fifth|Sixth|Seventh|Eighth|Ninth|Tenth|Top|Lower|Upper) )"
)


def _any(kind: str) -> str:
    return "|".join(map(re.escape, sorted(street_words(kind), key=len, reverse=True)))


_NUMBER = r"(?:[0-9]{1,5}(?:-[0-9]{1,4})?[A-Za-z]?|[A-Z](?:-?[0-9]{1,4})?)"
UNIT = re.compile(
    rf"(?:(?:{_any('inside')})[.:]? ?#? ?(?:(?:[Nn]o|[Nn]r)\.? ?)?{_NUMBER}"
    r"|# ?[0-9]{1,5}(?:-[0-9]{1,4})?[A-Za-z]?|[0-9]{1,3}\u00ba ?[A-Z]?\b)(?!\w)"
)
FLOOR = re.compile(  # or the number of a flat in Norway, of a box in France
    rf"(?:{ORDINAL}(?:{_any('floor')})(?!\w)\.?(?: [0-9]{{1,3}}\.?(?![\w]))?"
    rf"|(?:{_any('alone')})(?!\w)|[HLUK][0-9]{{4}}(?!\w)|BP [0-9]{{1,6}}(?!\w))"
)
_SMALL = r"Flat|Apt\.?|Unit|Suite|Ste\.?|Apartment|Room"
_BEFORE = r"(?:Flat|Apt\.?|Apartment|Unit|Suite|Ste\.?|Room|Level|Shop|Floor|Tower|Block|Plot|Lot|Door|House|H\.|PMB)"
BEFORE = re.compile(  # what stands before a number and its street
    rf"(?<![\w.])(?:{_BEFORE} (?:No\.? ?)?#?(?:[0-9]{{1,5}}[A-Za-z]?|[A-Z](?:-?[0-9]{{1,4}})?)(?:, ?|,?\n)|"
    rf"(?:{_SMALL}) [0-9]{{1,4}}[A-Za-z]? |"
    rf"{ORDINAL}(?:Floor|floor)(?:, ?|,?\n)){{1,3}}$|(?<![\w.])(?:(?:{_BEFORE} )?No\.?|{_SMALL}) ?$"
)
CARE = re.compile(r"(?:c/o|C/O|c/-) ")
