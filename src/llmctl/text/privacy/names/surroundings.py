"""What stands around a name: pieces of code, streets, sentences. Each looks at a constant number of characters."""

from __future__ import annotations

import re

from llmctl.text.privacy.names.gazetteer import Kind, common, kinds, words
from llmctl.text.privacy.names.runs import LETTER, last_word
from llmctl.text.privacy.postal.places import regions

SPACES = (" ", "\xa0")
HYPHENS = ("-", "'", "\u2019", "\u2010", "\u2011")
NEXT_WORD = re.compile(r"(?:['\u2019]s?)?[ \xa0]?([^\W\d_]+\.?|&)")
NEXT_LOWER = re.compile(r"[ \xa0]([^\W\d_A-Z]+)(?:[ \xa0]([^\W\d_A-Z]+)(?:[ \xa0]([^\W\d_A-Z]+))?)?")
CONTRACTED = re.compile(r"['\u2019](?:t|ll|re|ve|d|m)(?![^\W\d_])")
HOUSE_NUMBER = re.compile(r"(?:^|[^\d.,])\d{1,5}[A-Za-z]?,? ?$")
YEAR = re.compile(r"(?:1\d|20)\d\d,? ?$")
NUMBER_AFTER = re.compile(  # a house number, `Springfield, IL`, the chapter and verse of a book
    r",? (?!(?:1\d|20)\d\d(?!\d))\d+(?![\d:%])|, [A-Z]{2}(?![A-Za-z])| \d+:\d+(?![:\d])"
)
REGION_AFTER = re.compile(r", ([A-Z][a-z]+(?: [A-Z][a-z]+)?)")  # `Charlotte, North Carolina`
GLUE_BEFORE, GLUE_AFTER = frozenset("_/\\@#$=<{[|~^*+%"), frozenset("_/\\@#$=({[|~^*+%")
PLAIN_BEFORE, PLAIN_AFTER = frozenset(("", " ", "\n", "(", '"')), frozenset(("", " ", "\n", ",", ")", ";", "!", "?"))
QUOTES = frozenset("\"'`()[]{}<>")
SENTENCE_ENDS = frozenset(".!?\n:;*#>-\u2022\u3002")
PARTNER_BEFORE = re.compile(r"([^\W\d_]+)(?:,| and|, and) $")
PARTNER_AFTER = re.compile(r"(?:,| and|, and| &) ([^\W\d_]+)")
LETTERS_OR_DIGITS = re.compile(rf"{LETTER}|\d")
SAID = frozenset(("said", "says", "asked", "replied", "cried"))


def is_glued(text: str, start: int, end: int) -> bool:
    """Whether a word is a piece of a longer one, of a path, a handle or an identifier."""
    before, after = text[start - 1 : start], text[end : end + 1]
    if before in PLAIN_BEFORE and after in PLAIN_AFTER:
        return False
    if joins(before) or joins(after) or before in GLUE_BEFORE or after in GLUE_AFTER:
        return True
    if before in (".", "-", "'", "\u2019", ":") and text[start - 2 : start - 1].isalnum():
        return True
    if after in (".", ":") and text[end + 1 : end + 2].isalnum():
        return True
    if after == "-" and text[end + 1 : end + 2].isdigit():  # `Adler-32`
        return True
    return after in ("'", "\u2019") and CONTRACTED.match(text, end) is not None


def joins(char: str) -> bool:
    """Whether a letter or digit beside a word makes it a longer one; Chinese, Japanese and Korean letters do not."""
    return char.isalnum() and LETTERS_OR_DIGITS.match(char) is not None


def goes_on(text: str, end: int) -> bool:
    """Whether a word behind may belong to the name: capitalised, an initial, or a particle."""
    after = text[end : end + 6]
    if not after[1:2].isalpha():
        return False
    if after[0] in SPACES:
        return after[1].isupper() or after[1:5].rstrip().partition(" ")[0] in words()["particles"]
    return after[0] in HYPHENS


def word_after(text: str, end: int) -> str:
    """In lower case; a possessive is passed over, and the German for `was`."""
    match = NEXT_WORD.match(text, end, end + 24)
    return match.group(1).lower() if match and match.group(1) != "war" else ""


def word_before(text: str, start: int) -> str:
    return last_word(text, start - 1) if text[start - 1 : start] in SPACES else ""


def is_spoken(before: str, behind: str) -> bool:
    """Whether the words beside a name say that it speaks or acts."""
    return behind in words()["speech"] or before in SAID


def is_quoted(text: str, start: int, end: int) -> bool:
    """One word between brackets or straight quotes: a literal, a key, an index."""
    return text[start - 1 : start] in QUOTES and text[end : end + 1] in QUOTES


def begins_other_sentence(text: str, start: int, end: int) -> bool:
    """Whether it begins a sentence that goes on in no English word: in other languages it may be any word."""
    before = text[max(0, start - 3) : start].rstrip(" \xa0")
    if before and before[-1] not in SENTENCE_ENDS:
        return False
    match = NEXT_LOWER.match(text, end, end + 40)
    followers = [word for word in match.groups() if word] if match else []
    strange = [len(word) > 1 and word not in common() for word in followers]
    return bool(strange) and (strange[0] or sum(strange) > 1)


def is_street(text: str, start: int, end: int) -> bool:
    """A number before or behind that is no year, or the letters of a state behind."""
    if NUMBER_AFTER.match(text, end):
        return True
    region = REGION_AFTER.match(text, end)
    if region and region[1] in regions():
        return True
    number = text[max(0, start - 3) : start - 1]
    if text[start - 1 : start] != " " or not number[-1:].isalnum() or not any(map(str.isdigit, number)):
        return False
    before = text[max(0, start - 8) : start]
    return HOUSE_NUMBER.search(before) is not None and not YEAR.search(before)


def is_partner(text: str, start: int, end: int) -> bool:
    """Whether a family name stands before or behind it in a list: a firm is named so, and its people are not."""
    before = PARTNER_BEFORE.search(text, max(0, start - 24), start)
    after = PARTNER_AFTER.match(text, end, end + 24)
    beside = [kinds().get(match.group(1), 0) for match in (before, after) if match]
    return any(kind & int(Kind.SURNAME) and not kind & int(Kind.GIVEN) for kind in beside)
