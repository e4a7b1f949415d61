"""Passports and driving licences: numbers without check digits, which go only where the text says what they are.

The word proposes; what follows it, past `number`, `is` and punctuation, must have a form that some state uses. China
named before the word narrows the forms: Chinese passports have a letter and eight digits, not seven.
"""

from __future__ import annotations

import re

from llmctl.text.privacy.spans import Detector, Found, Options, is_ascii_alnum

PASSPORT = (
    "[Pp]assports?|PASSPORT|[Pp]asseport|[Pp]asaporte|[Pp]assaporte?o?|Reisepass(?:nummer)?|[Pp]aspoort(?:nummer)?|"
    "[Pp]aszport|[\u041f\u043f]\u0430\u0441\u043f\u043e\u0440\u0442|\u62a4\u7167|\u8b77\u7167"
)
LICENCE = (
    "[Dd]riv(?:er['\u2019]?s?'?|ing|ers['\u2019]) [Ll]icen[cs]e|DRIVER['\u2019]?S? LICENSE|[Ll]icencia de conducir|"
    "[Pp]ermiso de conducir|[Pp]ermis de conduire|[Pp]atente di guida|[Cc]arta de condu\u00e7\u00e3o|"
    "F\u00fchrerschein(?:nummer)?|[Rr]ijbewijs(?:nummer)?|\u9a7e\u9a76\u8bc1|\u9a7e\u7167|\u99d5\u7167"
)
FILLING = re.compile(  # between the word and the number
    r"(?:[ \xa0.:\uff1a,#()\[\]=\u2116\u00b0\u00ba\"'-]|\n|numbers?|num|nos?|nr|card|book|id|is|are|was|with|the|of|my|"
    r"his|her|has|as|"
    r"num[\u00e9e]ro|n[\u00fau]mero|nummer|n\u00famero|\u0441\u0435\u0440\u0438\u044f|\u043d\u043e\u043c\u0435\u0440|"
    r"est|es|\u00e8|\u00e9|ist|lautet|\u53f7\u7801|\u865f\u78bc|\u53f7|\u865f|\u4e3a|\u70ba|\u662f|\u7f16\u53f7|"
    r"\u8a3c\u53f7|\u8bc1\u53f7){0,10}",
    re.IGNORECASE,
)
SAYS_NUMBER = re.compile(
    "[:\uff1a#\u2116]|num|n[or]|nummer|\u53f7|\u865f|\u043d\u043e\u043c\u0435\u0440|\u0441\u0435\u0440\u0438\u044f|"
    "is|\u4e3a|\u662f",
    re.IGNORECASE,
)
CHINESE_FORMS = "[DEGHKPS][0-9]{8}|E[A-HJ-NP-Z][0-9]{7}|M[AB][0-9]{7}|1[45][0-9]{7}"  # GA/T 704; HK, Macao
TAIWAN_FORMS = "[0-9]{9}"
BOOKLET_FORMS = (  # ICAO 9303-4: nine characters at most; the forms by which states fill them, PRADO of the EU
    "[A-Z][0-9]{7,8}|[A-Z]{2}[0-9]{6,7}|[A-Z]{1,2} (?:[0-9]{6,8}|[0-9]{3} [0-9]{3,4}|[0-9]{2} [0-9]{2} [0-9]{2,3})|"
    "[A-Z]{3}[0-9]{6}|[0-9]{2}[A-Z]{2}[0-9]{5}|[A-Z][0-9]{6}[A-Z]{2}|"
    "[A-Z]{2}[0-9A-Z]{6}[0-9]|[CFGHJKLMNPRTVWXYZ][0-9CFGHJKLMNPRTVWXYZ]{8}|[A-Z][0-9]{3}[A-Z][0-9]{4}|[0-9]{8,9}|"
    "[0-9]{2} ?[0-9]{2} ?(?:\u2116 ?|\u043d\u043e\u043c\u0435\u0440 )?[0-9]{6}"
)
LICENCE_FORMS = (  # AAMVA DL/ID card design, Directive 2006/126/EC, DVLA INF1D, GA 482
    "[A-Z]{0,3}[0-9]{6,14}[A-Z]?|[A-Z][0-9]{3}(?:[ -][0-9]{2,4}){2,4}(?:-[0-9])?|[A-Z][0-9]{4}[ -][0-9]{5}[ -][0-9]{5}|"
    "[A-Z9]{5}[0-9]{6}[A-Z9]{2}[0-9A-Z]{3}(?: [0-9]{2})?|[0-9]{2}[A-Z]{3}[0-9]{5,7}|[A-Z]{3,7}[0-9]{3}[0-9A-Z]{2}|"
    "[A-Z0-9]{11}|[0-9]{3}[ -][0-9]{3}[ -][0-9]{3}|[A-Z]{1,2}-?[0-9]{6,8}|[0-9]{12}|[0-9]{17}[0-9Xx]"
)
NO_MORE = "(?![0-9A-Za-z_]|[-./][0-9A-Za-z])"
CHINESE, TAIWAN, BOOKLETS, LICENCES = (
    re.compile(f"(?:{forms}){NO_MORE}", re.IGNORECASE)
    for forms in (CHINESE_FORMS, TAIWAN_FORMS, BOOKLET_FORMS, LICENCE_FORMS)
)
MIN_DIGITS = 4
JOINT = re.compile(r"[,;]? (?:and|or|und|oder|et|ou|y|o|e) |[,;] ?| ?/ ?| |[\u3001\uff0c\uff1b\u548c\u6216]")
MAX_LISTED = 20  # numbers behind one word
CHINESE_BEFORE = re.compile("([DEGHKPS][0-9]{8}|E[A-HJ-NP-Z][0-9]{7})(?:\u53f7|\u7684|\u53f7\u7684)?(?:\u4e2d\u56fd)?$")
OF_CHINA = ("\u4e2d\u534e\u4eba\u6c11\u5171\u548c\u56fd", "\u4e2d\u570b", "\u4e2d\u56fd")


def passports(text: str, start: int, end: int, options: Options) -> Found:
    """What follows the word, or in Chinese stands before it."""
    chinese = text[start] in "\u62a4\u8b77"
    if chinese:
        before = CHINESE_BEFORE.search(text, max(0, start - 20), start)
        if before and not is_ascii_alnum(text[before.start() - 1 : before.start()]):
            return [before.span(1)]
    forms = [CHINESE] if chinese else [BOOKLETS]
    if chinese and not text[max(0, start - 8) : start].endswith(OF_CHINA):
        forms += [TAIWAN, BOOKLETS]
    return _number_after(text, start, end, forms)


def licences(text: str, start: int, end: int, options: Options) -> Found:
    """What follows the word."""
    return _number_after(text, start, end, [LICENCES])


def _number_after(text: str, start: int, end: int, forms: list[re.Pattern[str]]) -> Found:
    """The number that one of the forms has; digits alone only where a word or a colon says that a number follows."""
    if text[start - 1 : start].isalpha() and not text[start] > "\u3000":
        return []
    filling = FILLING.match(text, end, end + 40)
    at = filling.end() if filling else end
    if at == end and is_ascii_alnum(text[at - 1 : at]):
        return []
    says = bool(SAYS_NUMBER.search(text, end, at))
    for form in forms:
        match = form.match(text, at, at + 32)
        if match and _is_filled(match.group()) and (says or match.group().isupper()):
            return _listed(text, match)
    return []


def _listed(text: str, match: re.Match[str]) -> Found:
    """The number and those of the same letters and digits that it is joined with."""
    found, shape, form = [match.span()], _shape(match.group()), match.re
    while len(found) < MAX_LISTED and (joint := JOINT.match(text, found[-1][1])):
        following = form.match(text, joint.end(), joint.end() + 32)
        if not following or _shape(following.group()) != shape or not _is_filled(following.group()):
            break
        found.append(following.span())
    return found


def _shape(value: str) -> str:
    return re.sub("[A-Z]", "A", re.sub("[0-9]", "0", value.upper()))


def _is_filled(value: str) -> bool:
    """Of one case, with digits enough, and not one of them over and over; in capitals if in groups (`to 12 34 56`)."""
    in_one_case = value.isdigit() or value.isupper() or (value.islower() and value[2:3] != " " != value[1:2])
    return in_one_case and sum(map(str.isdigit, value)) >= MIN_DIGITS and len(set(value)) > 2


ROWS = (
    Detector("id-number", "passport", passports, "ICAO 9303-4", pattern=PASSPORT),
    Detector("id-number", "driving-licence", licences, "AAMVA, Directive 2006/126/EC", pattern=LICENCE),
)
