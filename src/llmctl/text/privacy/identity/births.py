"""Birth dates: days that a text announces as somebody's birth.

The announcing word proposes (`born`, `DOB`, `geboren am`); a day follows it, past small words and at most a place, or in
Chinese stands just before it. A date that nothing announces is not personal. Births before 1900 are
history; an encyclopedia's `born 1 May 1975` is announced like any other, and who wants it kept leaves the entity out.
"""

from __future__ import annotations

import re

from llmctl.text.privacy.checkdigits import is_day
from llmctl.text.privacy.spans import Detector, Found, Options

MONTHS = (  # English, German, French, Spanish, Italian, Portuguese, Dutch, Polish, Russian
    "january jan januar janvier enero gennaio janeiro januari stycznia \u044f\u043d\u0432\u0430\u0440\u044f j\u00e4nner",
    "february feb februar f\u00e9vrier febrero febbraio fevereiro februari lutego \u0444\u0435\u0432\u0440\u0430\u043b\u044f",
    "march mar m\u00e4rz mars marzo mar\u00e7o maart marca \u043c\u0430\u0440\u0442\u0430",
    "april apr avril abril aprile kwietnia \u0430\u043f\u0440\u0435\u043b\u044f",
    "may mai mayo maggio maio mei maja \u043c\u0430\u044f",
    "june jun juni juin junio giugno junho czerwca \u0438\u044e\u043d\u044f",
    "july jul juli juillet julio luglio julho lipca \u0438\u044e\u043b\u044f",
    "august aug ao\u00fbt agosto augustus sierpnia \u0430\u0432\u0433\u0443\u0441\u0442\u0430",
    "september sep septembre septiembre settembre setembro wrze\u015bnia \u0441\u0435\u043d\u0442\u044f\u0431\u0440\u044f sept",
    "october oct oktober octobre octubre ottobre outubro pa\u017adziernika \u043e\u043a\u0442\u044f\u0431\u0440\u044f",
    "november nov novembre noviembre novembro listopada \u043d\u043e\u044f\u0431\u0440\u044f",
    "december dec dezember d\u00e9cembre diciembre dicembre dezembro grudnia \u0434\u0435\u043a\u0430\u0431\u0440\u044f",
)
MONTH_OF = {name: number for number, names in enumerate(MONTHS, 1) for name in names.split()}
BIRTH = (  # "\\b" where a word begins or ends in an ASCII letter
    "\\b(?:[Bb]orn|BORN|D\\.?O\\.?B\\.?|[Dd]ob|[Bb]irth ?[Dd]a(?:te|y)|BIRTH ?DATE|[Dd]ate ?[Oo]f ?[Bb]irth|"
    "DATE OF BIRTH|"
    "date_of_birth|birth_date|birthDate|dateOfBirth|[Gg]eboren|geb\\.|Geb\\.|Geburts(?:datum|tag)|[Nn]aissance|"
    "NAISSANCE|"
    "[Nn]acid[oa]s?|[Nn]acimiento|NACIMIENTO|[Nn]aci\u00f3|[Nn]at[oa]|[Nn]ascita|NASCITA|[Nn]ascid[oa]|[Nn]asceu|"
    "[Nn]ascimento|NASCIMENTO|[Gg]eboortedatum|[Uu]rodzon[ya]|[Uu]rodzenia|ur\\.|b\\.)|"
    "\\bn\u00e9(?:\\(?e\\)?)? |\\bN\u00e9e? |[\u0420\u0440]\u043e\u0434\u0438\u043b(?:\u0441\u044f|\u0430\u0441\u044c)|"
    "[\u0420\u0440]\u043e\u0436\u0434[\u0435\u0451]\u043d|"
    "[\u0414\u0434]\u0430\u0442\u0430 \u0440\u043e\u0436\u0434\u0435\u043d\u0438\u044f|"
    "\u51fa\u751f|\u751f\u4e8e|\u751f\u65bc|\u751f\u65e5|\u65e5\u751f|[0-9]\u751f|"
    "\u964d\u751f|\u8bde\u751f|\u751f\u5e74\u6708\u65e5|\uc0dd\ub144\uc6d4\uc77c|\ucd9c\uc0dd|\\(\\* ?"
)
_GAP = r"[ \u00a0\t]"
SMALL = (  # between the word and the day, at most six of them and a place
    r"(?:[ \u00a0\t:\uff1a,(\uff08\[|*=>\"'\u2013\u2014-]|</?(?:b|strong|td|th|dt|dd|span)>|"
    r"(?:on|the|is|was|date|am|le|el|il|em|den|op|day|dnia|r|\u00e0|a|del|de|es|est|ist|fecha|data|um|o|dia|"
    r"d[i\u00ed]a|"
    r"birth|of|number|as|and|first|his|her|my|day|"
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:sonn|mon|diens|donners|frei|sams)tag|mittwoch)"
    r"(?![^\W\d_])|"
    r"\u65e5\u671f|\u65f6\u95f4|\u65e5|\u5e74\u6708\u65e5?|\u4e8e|\u65bc|\u4e3a|\u70ba|\u662f|\u5728|\u516c\u5386|"
    r"\u9633\u5386|[\u043f\u0432]|\u0433\u043e\u0434\u0430?){0,12}"
)
CAPITAL = r"(?-i:[A-Z\u00c0-\u00de\u0410-\u042f])[\w'.-]*"
PLACE = (
    rf"(?:(?:in|at|\u00e0|en|em|a|w|we|\u0432|te|zu) {CAPITAL}(?:,? (?:{CAPITAL}|de|del|la|of|am|an der|sur|"
    rf"upon)){{0,5}}"
    r"[, ]{1,2}(?:(?:on|am|le|el|il|em|op|den|dnia) (?:the )?)?)?"
)
NAME = "|".join(sorted(MONTH_OF, key=len, reverse=True))
YEAR = r"(?:19|20)[0-9]{2}"
DAY = re.compile(
    rf"(?P<y1>{YEAR})(?P<s1>[-/.])(?P<m1>[0-9]{{1,2}})(?P=s1)(?P<d1>[0-9]{{1,2}})(?![0-9])|"
    rf"(?P<y2>{YEAR}) ?[\u5e74\ub144] ?(?P<m2>[0-9]{{1,2}}) ?[\u6708\uc6d4] ?(?P<d2>[0-9]{{1,2}}) ?[\u65e5\u53f7\uc77c]|"
    rf"(?P<a>[0-9]{{1,2}})(?P<s3>[-/.]|\. )(?P<b>[0-9]{{1,2}})(?P=s3)(?P<y3>{YEAR}|[0-9]{{2}})(?![0-9])|"
    rf"(?P<d4>[0-9]{{1,2}})(?:st|nd|rd|th|\.|\u00ba|\u00b0|er)?(?:{_GAP}|-)(?:of |de |"
    rf"di )?(?P<m4>{NAME})\.?,?(?:{_GAP}|-)"
    rf"(?:of |de |del )?(?P<y4>{YEAR})(?![0-9])|"
    rf"(?P<m5>{NAME})\.?{_GAP}(?P<d5>[0-9]{{1,2}})(?:st|nd|rd|th)?,? ?(?P<y5>{YEAR})(?![0-9])|"
    rf"(?P<y6>{YEAR})(?P<m6>[0-9]{{2}})(?P<d6>[0-9]{{2}})(?![0-9])",
    re.IGNORECASE,
)
ANNOUNCED = re.compile(rf"{SMALL}{PLACE}(?P<day>{DAY.pattern})", re.IGNORECASE)
BELOW = re.compile(rf"[ \t:\uff1a*|]{{0,8}}\n[ \t*|]{{0,8}}(?P<day>{DAY.pattern})", re.IGNORECASE)  # as in a table
LABEL = re.compile(
    "d.?o.?b|date|datum|\u0434\u0430\u0442\u0430|\u51fa\u751f|\u751f\u5e74|\uc0dd\ub144|nac?imiento|nascita|"
    "naissance|nascimento|urodzenia",
    re.IGNORECASE,
)
STATED = re.compile("[:\uff1a=|]|is |was |\u662f|\u4e3a")  # what a birthday needs: many an event is held on one
CHINESE_BEFORE = re.compile(
    rf"(?<![0-9])(?P<day>(?P<y1>{YEAR}) ?\u5e74 ?(?P<m1>[0-9]{{1,2}}) ?\u6708 ?(?P<d1>[0-9]{{1,2}}) ?\u65e5|"
    rf"(?P<y2>{YEAR})(?P<s>[-/.])(?P<m2>[0-9]{{1,2}})(?P=s)(?P<d2>[0-9]{{1,2}}))"
    rf"[ \uff0c,]?(?:\u5728[^\uff0c\u3002\uff1b\n0-9]{{1,16}})?$"
)
ENDS = re.compile(
    r"[\uff0c,\u3002\uff1b;\u3001)\uff09(\uff08\u4e8e\u65bc\u5728\u4eba\u307e\s]|$"
)  # behind `day` and `born`, with which other words begin
REACH = 110  # code points: small words, a place, a day


def births(text: str, start: int, end: int, options: Options) -> Found:
    """The day that the word announces."""
    word = text[start:end]
    if word[0] < "\u3000" and text[start - 1 : start].isalpha():
        return []
    match = ANNOUNCED.match(text, end, end + REACH)
    if match and "irth" in word and word[-1] in "yY" and not STATED.search(text, end, match.start("day")):
        return []
    if match is None and LABEL.search(word):
        match = BELOW.match(text, end, end + REACH)
    if match is None and word[-1] > "\u3000" and (word[-1] != "\u751f" or ENDS.match(text, end)):
        stop = start + (word[0] == "\u65e5" or word[0].isdigit())
        match = CHINESE_BEFORE.search(text, max(0, stop - 36), stop)
    return [match.span("day")] if match and _is_birth(match) else []


def _is_birth(match: re.Match[str]) -> bool:
    """Whether the figures are a day of some year."""
    groups = {name: value for name, value in match.groupdict().items() if value}
    if "a" in groups:
        return is_day(groups["a"], groups["b"]) or is_day(groups["b"], groups["a"])
    month = next(value for name, value in groups.items() if name[0] == "m")
    day = next(value for name, value in groups.items() if name[0] == "d" and name != "day")
    return is_day(month if month.isdigit() else MONTH_OF[month.lower()], day)


ROWS = (Detector("birth-date", "announced-birth", births, "ISO 8601, and how people write days", pattern=BIRTH),)
