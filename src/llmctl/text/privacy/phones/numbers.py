"""Phone numbers: which words of a run of digits and separators are one, by the plans of numbers (`plans.py`).

Besides what a plan knows, whatever is shaped like a number counts where the words around announce one, for people give
numbers that no plan knows. Shapes are tested before words, and words before the library is asked, so that tables of
figures cost little.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import accumulate, islice

import phonenumbers

from llmctl.text.privacy.phones.cues import EXTENSION, announcement, label
from llmctl.text.privacy.phones.lists import column_from, listed_after
from llmctl.text.privacy.phones.plans import MAX_SIGNIFICANT, MOBILE_CN, groups_of, has_country, is_known, is_whole
from llmctl.text.privacy.pseudonyms import is_reserved
from llmctl.text.privacy.spans import Detector, Found, Options, is_ascii_alnum

PHONE = "[+(0-9][0-9 ()+./\u00a0\u2010-\u2013-]{5,}[0-9]"
SUPPORTED = tuple(sorted(phonenumbers.SUPPORTED_REGIONS))  # countries, ISO 3166-1
MIN_DIGITS, MAX_DIGITS = 7, 15  # ITU-T E.164 6.1
MIN_DIGITS_ALONE = {"sure": 7, "noun": 8, "verb": 10}  # of a number without separators, by what announces it
MIN_LONG = 10  # digits of a number to which nothing more is expected
MAX_LISTED = 10  # numbers with a mere blank between them
MAX_WORDS = 7  # `+33 (0)6 12 34 56 78` has seven
WORD = re.compile(r"[^ \xa0]+")
STRONG = re.compile(r"[+()\-/\u2010-\u2013]|[0-9]\.[0-9]+\.[0-9]")
PART = re.compile(  # between numbers; a bracket that is not closed
    r"(?:[ \xa0]/[ \xa0]|/|(?<=[0-9])[ \xa0]+(?=\+[1-9])|[ \xa0]*\((?![0-9 +.-]*\)))"
)
DATE = re.compile(
    r"(?:19|20)[0-9]{2}[-/.\u2010-\u2013][0-9]{1,4}(?:[-/.][0-9]{1,2})?|1[0-8][0-9]{2}[-/.][01]?[0-9][-/.][0-3]?[0-9]"
    r"|[0-9]{1,2}[-/.][0-9]{1,2}[-/.](?:19|20)?[0-9]{2}|[0-3]?[0-9][-/.][0-3]?[0-9][-/.]1[0-8][0-9]{2}"
)
NEVER = re.compile(rf"[0-9](?: [0-9])+|{DATE.pattern}")  # most runs of tables, and no number whatever is said before
_SLASHED = r"\+?[0-9(][0-9 ().-]{5,24}[0-9]/"
SLASHED = re.compile(  # the numbers before: all of them, or as many as no path has
    rf"(?:<PHONE>/|(?:(?<![\w/.=&?-])|(?:{_SLASHED}){{3}})(?:{_SLASHED}){{1,4}})$"
)
FIGURES = re.compile(  # dates, years, round amounts
    r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])[0-3][0-9]|[0-3]?[0-9] [01]?[0-9] (?:19|20)[0-9]{2}"
    r"|(?:(?:19|20)[0-9]{2}[ -]*)+|[0-9]{1,3}(?: [0-9]{3})* 000"
)
AMOUNT = re.compile(r"[1-9][0-9]{0,2}(?: [0-9]{3})+")  # grouped as in ISO 80000-1
COUNTED = re.compile(
    r" (?!(?:for|to|or|and|if|in|when|at|on|from|between|any|now|today|anytime|is|was|before|after|until|till|as|with|but"
    r"|so|this|please|asap|whenever|tomorrow|tonight)\b)[a-z]| ?[\u4e00-\u9fff]"
)
YEAR = re.compile("(?:19|20)[0-9]{2}(?![0-9])")
CARD = re.compile(r"(?:[0-9]{4}[ \xa0-]){3}[0-9]{4}")
ROUND_THE_CLOCK = re.compile("24[/-]7(?![0-9/-])")
FIGURE = re.compile("[0-9]{1,5}")
MEASURED = re.compile(rf"[%A-Za-z]|{COUNTED.pattern}")  # `24 hours`, `9am`, `50% off`
POSTCODE = re.compile(r"[0-9]{4,5} [A-Z\u00c0-\u00dc]")  # `10115 Berlin`
PAIRS = re.compile(r"[0-9]{2}(?:[ .-][0-9]{2}){2}")  # six digits are few, but enough where a call is announced
NATIONAL = re.compile(  # all that numbers of the regions GATED can look like
    r"\+|(?:^|[ \xa0])[^0-9 \xa0]*0[0-9]"
    r"|(?<![0-9])[2-9][0-9]{2}[^0-9]{1,3}[2-9][0-9]{2}[^0-9]{1,3}[0-9]{4}(?![0-9])"
    r"|(?<![0-9])1[3-9][0-9](?:[0-9]{8}|[^0-9]{1,3}[0-9]{4}[^0-9]{1,3}[0-9]{4})(?![0-9])"
)
GATED = frozenset(("US", "GB", "DE", "FR", "CN"))
NEGATIVE = re.compile(r"^[^+]*[ \xa0]-[0-9]|-\.|\.-")
ZEROS = re.compile(r"[+(]{0,2}0[ ()./-]?0[ ()./-]?0")  # of pseudonyms
HAN = re.compile("[\u4e00-\u9fff]")
BOOKS = re.compile(r"(?:isbn|issn|doi|arxiv)(?:-1[03])?[\s:\uff1a]*$", re.IGNORECASE)


def phones(text: str, start: int, end: int, options: Options) -> Found:
    """The phone numbers of a run: those that are announced; or words within it that are unmistakable."""
    if NEVER.fullmatch(text, start, end):
        return []
    found: Found = []
    cue, told = announcement(text, start), ""
    for first, last in _parts(text, start, end, options):
        if last - first < MIN_DIGITS:
            continue
        told = cue or label(text, last)
        own = _announced(text, first, last, told, options) if told else []
        if not own and (not GATED.issuperset(options.regions) or NATIONAL.search(text[first:last])):
            own, told = _unannounced(text, first, last, options), ""
        found += own
    if found and not ZEROS.match(text, found[-1][0]) and (told or MOBILE_CN.fullmatch(text, *found[-1])):
        found += listed_after(text, *found[-1], partial(_shaped, cue="noun"))
    if not ZEROS.match(text, start):
        found += column_from(text, start, end, partial(is_whole, options=options))
    return found


def _parts(text: str, start: int, end: int, options: Options) -> Found:
    """A run without what divides numbers."""
    run = text[start:end]
    if "(" not in run and " / " not in run and (end - start <= 2 * MIN_DIGITS or not ("/" in run or "+" in run[1:])):
        return [(start, end)]
    bounds = [start]
    for match in PART.finditer(text, start + 1, end):
        if "(" in match.group() or _stands_between(text, bounds[-1], *match.span(), end, options):
            bounds += match.span()
    return list(zip(bounds[::2], [*bounds[1::2], end], strict=True))


def _stands_between(text: str, begin: int, start: int, end: int, stop: int, options: Options) -> bool:
    """Whether a slash or blanks have a number on the left, and a bare slash one on the right (not `0731 / 153 87-0`)."""
    left = text[max(begin, start - 2 * MAX_DIGITS) : start]
    if text[start:end] != "/":
        return _digits(left) >= MIN_DIGITS
    left, right = left.rpartition("/")[2], text[end : min(stop, end + 2 * MAX_DIGITS)].partition("/")[0]
    if _digits(right) < MIN_DIGITS:
        return False
    return right[0] == "+" or _digits(left.split(" ")[-1]) >= MIN_DIGITS or is_whole(left, options)


def _digits(value: str) -> int:
    return sum(map(str.isdigit, value))


def _announced(text: str, start: int, end: int, cue: str, options: Options) -> Found:
    """The numbers of an announced run, one behind the other; what comes behind the last is not announced."""
    words = [match.span() for match in islice(WORD.finditer(text, start, end), MAX_LISTED * MAX_WORDS + 1)]
    is_longer = sum(_digits(text[slice(*word)]) for word in words) > MAX_DIGITS
    if is_longer and not CARD.fullmatch(text, start, end) and not _behind_reserved(text, words, 0):
        for parts in _alike(text, words):
            spans = [_shaped(text, *part, cue) for part in parts]
            if None not in spans:
                return [span for span in spans if span]
    found: Found = []
    while True:
        stop = _stop(text, start, end, options)
        if found and stop == end and not is_whole(text[start:end], options):
            return found + _unannounced(text, start, end, options)
        span = _shaped(text, start, stop, cue)
        if span is None:
            return found
        found.append(span)
        following = WORD.search(text, stop, end)
        if following is None or end - following.start() < MIN_DIGITS:
            return found
        start = following.start()


def _stop(text: str, start: int, end: int, options: Options) -> int:
    """Where a number ends that other figures follow; `end` where all is one, or nobody knows."""
    window = min(end, start + 4 * MAX_DIGITS)
    ends = [match.end() for match in islice(WORD.finditer(text, start, window), MAX_WORDS + 1)]
    may_be_one = end - start <= 2 * MAX_DIGITS and len(ends) <= MAX_WORDS
    if may_be_one and is_whole(text[start:end], options):
        return end
    count = _digits(text[start:end]) if may_be_one else MAX_DIGITS + 1
    is_known_long = MIN_DIGITS <= count <= MAX_DIGITS and is_known(text[start:end], groups_of(text[start:end]), options)
    for stop in reversed(ends):
        if MIN_DIGITS <= stop - start <= 2 * MAX_DIGITS and stop < end and is_whole(text[start:stop], options):
            if ZEROS.match(text, start):
                return stop
            is_enough = _digits(text[start:stop]) >= MIN_LONG and not is_known_long
            if is_enough or _is_other(text, stop, end, options):
                return stop
    if len(ends) > 1 and MAX_SIGNIFICANT + 1 < count <= MAX_DIGITS and "+" not in text[start:end]:
        return ends[-2] if _is_other(text, ends[-2], end, options) else end
    return end


def _is_other(text: str, start: int, end: int, options: Options) -> bool:
    """Whether figures behind a number are no more of it: a year, a count of things, a postcode, another number."""
    following = WORD.search(text, start, end)
    if following is None:
        return False
    first = following.start()
    if YEAR.match(text, first) or ROUND_THE_CLOCK.match(text, first):
        return True
    if following.end() == end and FIGURE.fullmatch(text, first, end) and not EXTENSION.match(text, end):
        return MEASURED.match(text, end) is not None or POSTCODE.match(text, first) is not None
    ends = [match.end() for match in islice(WORD.finditer(text, first, end), 2)]
    return any(is_whole(text[first:last], options) for last in ends)


def _shaped(text: str, start: int, end: int, cue: str) -> tuple[int, int] | None:
    """The whole run, if it is shaped like a number: its words say that it is one."""
    start, end = _trimmed(text, start, end)
    if end - start > 2 * MAX_DIGITS:
        return None
    value = text[start:end]
    groups = groups_of(value)
    count = sum(map(len, groups))
    if not MIN_DIGITS <= count <= MAX_DIGITS and not PAIRS.fullmatch(value):
        return None
    if len(groups) == 1 and (count < MIN_DIGITS_ALONE[cue] or (count == MIN_DIGITS and _is_count(text, start, end))):
        return None
    if sum(len(group) == 1 for group in groups) > 1 or not _could_be_phone(value, groups):
        return None
    if FIGURES.fullmatch(value) or (cue == "verb" and AMOUNT.fullmatch(value) and COUNTED.match(text, end)):
        return None
    if ("+" in value and not has_country(value)) or _continues(text, start, end, "_/#$@%&\u20ac\u00a3\u00a5"):
        return None
    return start, _extended(text, end)


def _is_count(text: str, start: int, end: int) -> bool:
    """Seven digits are many things: no local number begins with 0 or 1, few end in 000, and none counts what follows."""
    return text[start] in "01" or text.endswith("000", start, end) or COUNTED.match(text, end) is not None


def _unannounced(text: str, start: int, end: int, options: Options) -> Found:
    words = [match.span() for match in WORD.finditer(text, start, end)]
    first = 0
    while behind := _behind_reserved(text, words, first):
        first = behind
    words = words[first:]
    if listed := _listed(text, words, options):
        return listed
    if len(words) > MAX_WORDS and not STRONG.search(text, start, end):
        return [span for span in words if MOBILE_CN.fullmatch(text, *span) and _is_near_han(text, *span)]
    digits = list(accumulate((_digits(text[a:b]) for a, b in words), initial=0))
    found: Found = []
    begin = first = 0  # of what follows the last number found; where the next may begin
    while first < len(words):
        if behind := _behind_reserved(text, words, first):
            begin = first = behind
            continue
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


def _behind_reserved(text: str, words: Sequence[tuple[int, int]], first: int) -> int:
    """The word behind the pseudonym that begins with this one, of a card as well; 0 where none does."""
    if first == len(words) or not ZEROS.match(text, words[first][0]):
        return 0
    for last in range(min(len(words), first + MAX_WORDS), first, -1):
        value = text[words[first][0] : words[last - 1][1]]
        if is_reserved("phone", value) or is_reserved("phone", value.rpartition(")")[0]):
            return last
    return 0


def _listed(text: str, words: Sequence[tuple[int, int]], options: Options) -> Found:
    """The numbers that a run is made of, where all are written alike and nothing stands between them."""
    for parts in _alike(text, words):
        if max(map(len, groups_of(text[slice(*parts[0])]))) == 2:  # pairs are any table's
            continue
        spans = [_phone(text, *part, True, options) for part in parts]
        if None not in spans:
            return [span for span in spans if span]
    return []


def _alike(text: str, words: Sequence[tuple[int, int]]) -> Iterator[Found]:
    """The ways to divide words into a few parts of the same groups of digits, as many as a number has."""
    for size in range(1, min(MAX_WORDS, len(words) // 2) + 1):
        if len(words) % size or len(words) > MAX_LISTED * size:
            continue
        parts = [(words[i][0], words[i + size - 1][1]) for i in range(0, len(words), size)]
        shapes = {tuple(map(len, groups_of(text[a:b]))) for a, b in parts}
        if len(shapes) == 1 and MIN_DIGITS <= sum(shapes.pop()) <= MAX_DIGITS:
            yield parts


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
    groups = groups_of(value)
    if not MIN_DIGITS <= sum(map(len, groups)) <= MAX_DIGITS or not _could_be_phone(value, groups):
        return None
    if not (whole or STRONG.search(value) or MOBILE_CN.fullmatch(value)) or _continues(text, start, end):
        return None
    if NEGATIVE.search(value) or ("." in value and not whole):  # of a drawing
        return None
    if MOBILE_CN.fullmatch(value) and not _is_near_han(text, start, end):  # a number of eleven digits is anything
        return None
    return (start, _extended(text, end)) if is_known(value, groups, options) else None


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
    if before == "/" and SLASHED.search(text, max(0, start - 4 * 2 * MAX_DIGITS), start):
        joints = ""
    if is_ascii_alnum(before) or (before and before in joints):
        return True
    if before == "-" and is_ascii_alnum(before_that):
        return True
    if BOOKS.search(text[max(0, start - 12) : start]):
        return True
    if EXTENSION.match(text, end):
        return False
    return is_ascii_alnum(after) or (after != "" and after in "_@%\u20ac\u5143")


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """From a digit, `+` or a bracket that has a partner, to a digit."""
    while end > start and not text[end - 1].isdigit():
        end -= 1
    while start < end and (text[start] not in "+(0123456789" or (text[start] == "(" and ")" not in text[start:end])):
        start += 1
    return start, end


ROWS = (Detector("phone", "phone", phones, "ITU-T E.164, libphonenumber's metadata", pattern=PHONE),)
