"""Phone numbers: which words of a run of digits and separators are one, by `phonenumbers` (Google's libphonenumber).

An international number (`+`) counts where it is valid; a national one where it is valid in a known region and grouped
as people of the region group it; and whatever is shaped like a number where the words around announce one, for people
give numbers that no plan of numbers knows. Shapes are tested before words, and words before the library is asked, so
that tables of figures cost little.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import phonenumbers

from llmctl.text.privacy.phones.cues import announcement, is_labelled
from llmctl.text.privacy.spans import Detector, Found, Options, is_ascii_alnum

PHONE = "[+(0-9][0-9 ()+./\u00a0\u2010-\u2013-]{5,}[0-9]"
SUPPORTED = tuple(sorted(phonenumbers.SUPPORTED_REGIONS))  # countries, ISO 3166-1
MIN_DIGITS, MAX_DIGITS = 7, 15  # ITU-T E.164 6.1
MIN_DIGITS_ALONE = 8  # of an announced number without separators
MIN_DIGITS_ALONE_AFTER_VERB = 10
MAX_WORDS = 7  # `+33 (0)6 12 34 56 78` has seven
WORD = re.compile(r"[^ \xa0]+")
STRONG = re.compile(r"[+()\-/\u2010-\u2013]|[0-9]\.[0-9]+\.[0-9]")
PART = re.compile(r"(?:[ \xa0]/[ \xa0]|[ \xa0]*\((?![0-9 +.-]*\)))")  # between numbers; a bracket that is not closed
MOBILE_CN = re.compile(r"(?<![0-9])1[3-9][0-9]{9}(?![0-9])")  # written without spaces in Chinese text
DATE = re.compile(
    r"(?:19|20)[0-9]{2}[-/.\u2010-\u2013][0-9]{1,4}(?:[-/.][0-9]{1,2})?|[0-9]{1,2}[-/.][0-9]{1,2}[-/.](?:19|20)?[0-9]{2}"
)
FIGURES = re.compile(  # dates, years, round amounts
    r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])[0-3][0-9]|[0-3]?[0-9] [01]?[0-9] (?:19|20)[0-9]{2}"
    r"|(?:(?:19|20)[0-9]{2}[ -]*)+|[0-9]{1,3}(?: [0-9]{3})* 000"
)
AMOUNT = re.compile(r"[1-9][0-9]{0,2}(?: [0-9]{3})+")  # grouped as in ISO 80000-1
COUNTED = re.compile(r" (?!(?:for|to|or|and|if|in|when|at|on|from|between|any|now|today|anytime|is|was)\b)[a-z]")
PAIRS = re.compile(r"[0-9]{2}(?:[ .-][0-9]{2}){2}")  # six digits are few, but enough where a call is announced
EXTENSION = re.compile(  # a letter less than RFC 3966's `;ext=`
    r"(?: ?x ?|[ ,]{0,2}(?:ext(?:ension|n)?\b[.:]? ?|ext)|;ext=| ?\u8f6c ?| ?\u5206\u673a ?)[0-9]{1,6}(?![0-9A-Za-z])",
    re.IGNORECASE,
)
NATIONAL = re.compile(  # all that numbers of the regions GATED can look like
    r"\+|(?:^|[ \xa0])[^0-9 \xa0]*0[0-9]"
    r"|(?<![0-9])[2-9][0-9]{2}[^0-9]{1,3}[2-9][0-9]{2}[^0-9]{1,3}[0-9]{4}(?![0-9])"
    r"|(?<![0-9])1[3-9][0-9](?:[0-9]{8}|[^0-9]{1,3}[0-9]{4}[^0-9]{1,3}[0-9]{4})(?![0-9])"
)
GATED = frozenset(("US", "GB", "DE", "FR", "CN"))
NEGATIVE = re.compile(r"^[^+]*[ \xa0]-[0-9]|-\.|\.-")
HAN = re.compile("[\u4e00-\u9fff]")
BOOKS = re.compile(r"(?:isbn|issn|doi|arxiv)(?:-1[03])?[\s:\uff1a]*$", re.IGNORECASE)


def phones(text: str, start: int, end: int, options: Options) -> Found:
    """The phone numbers of a run: the whole, where it is announced; or words within it that are unmistakable."""
    found: Found = []
    cue = announcement(text, start)
    for first, last in _parts(text, start, end):
        if last - first < MIN_DIGITS:
            continue
        if cue or is_labelled(text, last):
            span = _announced(text, first, last, cue == "verb")
            if span is not None:
                found.append(span)
                continue
        if not GATED.issuperset(options.regions) or NATIONAL.search(text[first:last]):
            found += _unannounced(text, first, last, options)
    return found


def _parts(text: str, start: int, end: int) -> Found:
    """A run without what divides numbers."""
    if "(" not in text[start:end] and " / " not in text[start:end]:
        return [(start, end)]
    bounds = [start]
    for match in PART.finditer(text, start + 1, end):
        if "(" in match.group() or _holds_number(text, bounds[-1], match.start()):  # not `0731 / 153 87-0`
            bounds += match.span()
    return list(zip(bounds[::2], [*bounds[1::2], end], strict=True))


def _holds_number(text: str, start: int, end: int) -> bool:
    return sum(map(str.isdigit, text[max(start, end - 2 * MAX_DIGITS) : end])) >= MIN_DIGITS


def _announced(text: str, start: int, end: int, by_verb: bool) -> tuple[int, int] | None:
    """The whole run, if it is shaped like a number: its words say that it is one."""
    start, end = _trimmed(text, start, end)
    if end - start > 2 * MAX_DIGITS:
        return None
    value = text[start:end]
    groups = _groups(value)
    count = sum(map(len, groups))
    if not MIN_DIGITS <= count <= MAX_DIGITS and not PAIRS.fullmatch(value):
        return None
    if len(groups) == 1 and count < (MIN_DIGITS_ALONE_AFTER_VERB if by_verb else MIN_DIGITS_ALONE):
        return None
    if sum(len(group) == 1 for group in groups) > 1 or not _could_be_phone(value, groups):
        return None
    if FIGURES.fullmatch(value) or (by_verb and AMOUNT.fullmatch(value) and COUNTED.match(text, end)):
        return None
    if ("+" in value and not _has_country(value)) or _continues(text, start, end, "_/#$@%&\u20ac\u00a3\u00a5"):
        return None
    return start, _extended(text, end)


def _unannounced(text: str, start: int, end: int, options: Options) -> Found:
    words = [match.span() for match in WORD.finditer(text, start, end)]
    if len(words) > MAX_WORDS and not STRONG.search(text, start, end):
        return [span for span in words if MOBILE_CN.fullmatch(text, *span) and _is_near_han(text, *span)]
    digits = list(accumulate((sum(map(str.isdigit, text[a:b])) for a, b in words), initial=0))
    found: Found = []
    begin = first = 0  # of what follows the last number found; where the next may begin
    while first < len(words):
        last, span = _longest(text, words, digits, begin, first, options)
        if span is None:
            first += 1
            continue
        rest = _longest(text, words[begin:first], digits[begin : first + 1], 0, 0, options) if begin < first else None
        found += [rest[1]] if rest and rest[1] else []  # masking twice must mask nothing more
        found.append(span)
        begin = first = last
    if found and begin < len(words):
        rest = _longest(text, words[begin:], digits[begin:], 0, 0, options)
        found += [rest[1]] if rest[1] and rest[1] not in found else []
    return found


def _longest(
    text: str, words: Sequence[tuple[int, int]], digits: Sequence[int], begin: int, first: int, options: Options
) -> tuple[int, tuple[int, int] | None]:
    """The most words from `first` on that are a number: (the word after it, its span)."""
    for last in range(min(len(words), first + MAX_WORDS), first, -1):
        if MIN_DIGITS <= digits[last] - digits[first] <= MAX_DIGITS:
            whole = first == begin and last == len(words)
            span = _phone(text, words[first][0], words[last - 1][1], whole, options)
            if span is not None:
                return last, span
    return first, None


def _phone(text: str, start: int, end: int, whole: bool, options: Options) -> tuple[int, int] | None:
    if not MIN_DIGITS <= end - start <= 2 * MAX_DIGITS:
        return None
    start, end = _trimmed(text, start, end)
    value = text[start:end]
    groups = _groups(value)
    if not MIN_DIGITS <= sum(map(len, groups)) <= MAX_DIGITS or not _could_be_phone(value, groups):
        return None
    if not (whole or STRONG.search(value) or MOBILE_CN.fullmatch(value)) or _continues(text, start, end):
        return None
    if NEGATIVE.search(value) or ("." in value and not whole):  # of a drawing
        return None
    if MOBILE_CN.fullmatch(value) and not _is_near_han(text, start, end):  # a number of eleven digits is anything
        return None
    return (start, _extended(text, end)) if _is_national_or_international(value, groups, options) else None


def _is_near_han(text: str, start: int, end: int) -> bool:
    """Beside Chinese, or alone in brackets behind a name."""
    bracketed = text[end : end + 1] == ")" and text[max(0, start - 2) : start] == " ("
    return bracketed or HAN.search(text, max(0, start - 40), end + 40) is not None


def _extended(text: str, end: int) -> int:
    """Behind the extension, where there is one."""
    extension = EXTENSION.match(text, end, end + 20)
    return extension.end() if extension else end


def _could_be_phone(value: str, groups: list[str]) -> bool:
    """No date, no decimals, no address: dots separate three groups or more, and never beside spaces."""
    if any(DATE.fullmatch(word) for word in value.split()):
        return False
    if "." in value and (" " in value or len(groups) < 3 or (len(groups) == 4 and max(map(len, groups)) <= 3)):
        return False
    return "+" not in value[2:]


def _continues(text: str, start: int, end: int, joints: str = "_=/#$@%&\u20ac\u00a3\u00a5") -> bool:
    """Whether the number belongs to something longer: a word, a path, an amount, a decimal, an identifier."""
    before, before_that, after = text[start - 1 : start], text[start - 2 : start - 1], text[end : end + 1]
    if is_ascii_alnum(before) or (before and before in joints):
        return True
    if before == "-" and is_ascii_alnum(before_that):
        return True
    if BOOKS.search(text[max(0, start - 12) : start]):
        return True
    if EXTENSION.match(text, end):
        return False
    return is_ascii_alnum(after) or (after != "" and after in "_@%\u20ac\u5143")


def _is_national_or_international(value: str, groups: list[str], options: Options) -> bool:
    if "+" in value:
        return _valid(value, None) is not None or _is_possible(value)
    return any(_is_written_in(value, groups, region) for region in options.regions)


def _is_written_in(value: str, groups: list[str], region: str) -> bool:
    """A national number must be grouped as people of the region group it: `1234 5678` is no phone by itself."""
    digits = "".join(groups)
    if region == "CN" and _is_mobile_cn(groups):
        return _valid(value, region) is not None
    if len(groups) < 2 or (region in ("GB", "DE", "FR", "CN") and digits[0] != "0"):  # their trunk prefix, ITU-T E.164
        return False
    if region == "US":
        groups = groups[1:] if groups[0] in ("1", "001") else groups
        return [len(group) for group in groups] == [3, 3, 4] and _is_north_american("".join(groups))
    number = _valid(value, region)
    if number is None:
        return False
    wanted = _groups(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL))
    return groups == wanted or (digits[0] == "0" and groups[0] == wanted[0] and min(map(len, groups[1:])) > 1)


def _is_mobile_cn(groups: list[str]) -> bool:
    groups = groups[1:] if groups[0] in ("86", "0086") else groups
    return [len(group) for group in groups] in ([11], [3, 4, 4]) and MOBILE_CN.fullmatch("".join(groups)) is not None


@functools.lru_cache(maxsize=1)
def _north_american() -> re.Pattern[str]:
    """What the library takes for valid in some country of +1; its own parser needs 80 microseconds a number."""
    kinds = (
        "fixed_line",
        "mobile",
        "toll_free",
        "premium_rate",
        "shared_cost",
        "personal_number",
        "voip",
        "pager",
        "uan",
    )
    patterns = set()
    for region in phonenumbers.COUNTRY_CODE_TO_REGION_CODE[1]:
        metadata: Any = phonenumbers.PhoneMetadata.metadata_for_region(region)
        descriptions = [getattr(metadata, kind) for kind in kinds]
        patterns |= {kind.national_number_pattern for kind in descriptions if kind and kind.national_number_pattern}
    return re.compile("|".join(f"(?:{pattern})" for pattern in sorted(patterns)))


def _is_north_american(digits: str) -> bool:
    return _north_american().fullmatch(digits) is not None


@functools.lru_cache(maxsize=4096)
def _valid(value: str, region: str | None) -> Any:
    """The number where it is valid, else None."""
    try:
        number = phonenumbers.parse(value, region)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) else None


def _has_country(value: str) -> bool:
    try:
        phonenumbers.parse(value, None)
    except phonenumbers.NumberParseException:
        return False
    return True


def _is_possible(value: str) -> bool:
    """`+`, a country code, as many digits as numbers of that country have: no other figure looks so."""
    try:
        number = phonenumbers.parse(value, None)
    except phonenumbers.NumberParseException:
        return False
    return sum(map(str.isdigit, value)) >= 10 and phonenumbers.is_possible_number(number)


def _groups(value: str) -> list[str]:
    return re.findall(r"[0-9]+", value)


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """From a digit, `+` or a bracket that has a partner, to a digit."""
    while end > start and not text[end - 1].isdigit():
        end -= 1
    while start < end and (text[start] not in "+(0123456789" or (text[start] == "(" and ")" not in text[start:end])):
        start += 1
    return start, end


ROWS = (Detector("phone", "phone", phones, "ITU-T E.164, libphonenumber's metadata", pattern=PHONE),)
